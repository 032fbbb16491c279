"""The procedural face: phonemes, loudness and emotion to ARKit-52 weights at 60 frames/s.

With phonemes: visemes with co-articulation (`coarticulation`), lips that really meet on p, b, m, and a jaw that opens
more on stressed and loud vowels. Without: jaw and lips from the sound (`loudness`). On top, in both cases, the
speech's emotion and raised brows on strong emphases. Blinks and gaze are not here: the player adds them per frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import FaceMotion, Speech
from gesture_robot.face.arkit import CHANNELS, INDEX, indices
from gesture_robot.face.articulation import (
    CLOSURE_RISE_S,
    TARGETS,
    TAU_S,
    close_lips,
    strength,
)
from gesture_robot.face.coarticulation import Segment, blend, bump, ease, join, smooth
from gesture_robot.face.emphasis import brow_raises, vowel_loudness
from gesture_robot.face.expression import expression, with_expression
from gesture_robot.face.ipa import VOWELS, stress, visemes
from gesture_robot.face.loudness import LoudnessMemory, level_db, mouth_from_sound
from gesture_robot.face.still import frame_count
from gesture_robot.settings import check_settings, setting

LONG_CLOSURE_S = 0.025
"""A closure lasts at least this long, so that one frame in 60 per second shows it."""
CORE = 0.25
"""A sound holds its target for this share of its length on both sides of its middle."""
PAUSE_S = 0.04
"""A gap between two phonemes that is longer shuts the mouth."""
_JAW = INDEX["jawOpen"]


@dataclass(frozen=True)
class VisemeConfig:
    """How the procedural face moves."""

    fps: float = setting(60.0, "frames per second", unit="1/s", low=10.0, high=240.0)
    articulation: float = setting(1.0, "size of mouth movements", low=0.0, high=1.5)
    emotion: float = setting(0.65, "strength of the speech's emotion", low=0.0, high=1.0)
    brows: float = setting(0.45, "height of brow raises on emphases", low=0.0, high=1.0)
    emotion_rise_s: float = setting(0.30, "time in which the emotion comes and goes", unit="s", low=0.02, high=3.0)
    smoothing_s: float = setting(0.012, "width of the filter that rounds off mouth movements", unit="s", low=0.0,
                                 high=0.1)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True, slots=True, eq=False)
class _Memory:
    """What a chunk hands to the next, in the next chunk's time (its first sample is 0)."""

    segments: tuple[Segment, ...] = ()
    closures: tuple[tuple[float, float], ...] = ()
    last_weights: Array | None = None
    emotion: float = 0.0
    loudness: LoudnessMemory = LoudnessMemory()
    last_raise_s: float = -10.0


class VisemeFace:
    """Speech to a face, by rule. Implements `protocols.FaceGenerator`."""

    channels = CHANNELS

    def __init__(self, config: VisemeConfig | None = None):
        self.config = config or VisemeConfig()
        self.fps = self.config.fps

    def generate(self, speech: Speech, *, rng: np.random.Generator) -> FaceMotion:
        """Face for one utterance, as long as the audio; emotion fades in at the start and out at the end."""
        face, _ = self._chunk(speech, _Memory(), rng, last=True)
        return face

    def stream(self, chunks: Iterable[Speech], *, rng: np.random.Generator) -> Iterator[FaceMotion]:
        """One motion per chunk; sounds at a chunk's start know those before it, and the mouth does not jump."""
        memory = _Memory()
        for speech in chunks:
            face, memory = self._chunk(speech, memory, rng, last=False)
            yield face

    def _chunk(self, speech: Speech, memory: _Memory, rng: np.random.Generator, *,
               last: bool) -> tuple[FaceMotion, _Memory]:
        count = frame_count(speech, self.fps)
        time_s = np.arange(count) / self.fps
        segments, closures = sounds(speech)
        level = level_db(speech.samples, speech.rate_hz, self.fps, count)
        loudness = memory.loudness
        if any(visemes(p.text) and visemes(p.text)[0][0] != "silence" for p in speech.phonemes):
            mouth = self._mouth(speech, (*memory.segments, *segments), time_s, level)
        else:
            mouth, loudness = mouth_from_sound(speech.samples, speech.rate_hz, self.fps, count, loudness)
        mouth = np.clip(mouth * self.config.articulation, 0.0, 1.0)
        emotion, emotion_end = self._emotion(speech, time_s, memory.emotion, last)
        weights = with_expression(mouth, emotion, np.ones(count))
        raises, last_raise_s = brow_raises(speech, level, self.fps, rng, memory.last_raise_s)
        weights = self._raise_brows(weights, time_s, raises)
        closure = np.zeros(count)
        for start_s, end_s in (*memory.closures, *closures):
            closure = np.maximum(closure, bump(time_s, start_s, end_s, CLOSURE_RISE_S))
        weights = join(close_lips(weights, closure), memory.last_weights, self.fps)
        face = FaceMotion(self.fps, CHANNELS, np.clip(weights, 0.0, 1.0))
        return face, _remember(speech, segments, closures, weights, emotion_end, loudness, last_raise_s)

    def _mouth(self, speech: Speech, segments: tuple[Segment, ...], time_s: Array, level: Array) -> Array:
        """(T, 52) mouth channels from sounds; loud vowels open more."""
        mouth = smooth(blend(segments, time_s, TAU_S), self.fps, self.config.smoothing_s)
        mouth[:, _JAW] *= vowel_loudness(level, self.fps)
        return mouth

    def _emotion(self, speech: Speech, time_s: Array, start: float, last: bool) -> tuple[Array, float]:
        """(T, 52) the emotion's weights and its strength at the end of the chunk, which the next one starts from."""
        rise = self.config.emotion_rise_s
        strength_ = start + (1.0 - start) * ease(time_s / rise)
        if last:
            strength_ = strength_ * ease((speech.duration_s - time_s) / rise)
        shape = expression(speech.emotion, self.config.emotion)
        return strength_[:, None] * shape, float(strength_[-1]) if len(strength_) else start

    def _raise_brows(self, weights: Array, time_s: Array, raises: list[tuple[float, float]]) -> Array:
        """Add a short raise of the brows around each (time, strength)."""
        lift = np.zeros(len(time_s))
        for centre_s, size in raises:
            lift = np.maximum(lift, size * bump(time_s, centre_s - 0.06, centre_s + 0.08, 0.22))
        out = weights.copy()
        for name, share in (("browInnerUp", 0.8), ("browOuterUp", 1.0), ("eyeWide", 0.25)):
            columns = list(indices(name))
            out[:, columns] += self.config.brows * share * lift[:, None] * (1.0 - out[:, columns])
        return out


def sounds(speech: Speech) -> tuple[tuple[Segment, ...], tuple[tuple[float, float], ...]]:
    """Segments for `blend`, pauses included, and the times (start_s, end_s) at which the lips must be shut."""
    segments: list[Segment] = []
    closures: list[tuple[float, float]] = []
    before_s = 0.0
    segments.append(_pause(-0.3, 0.0))
    for phoneme in speech.phonemes:
        parts = visemes(phoneme.text)
        if phoneme.start_s - before_s > PAUSE_S:
            segments.append(_pause(before_s, phoneme.start_s))
        start_s = phoneme.start_s
        for viseme, share in parts:
            end_s = start_s + share * (phoneme.end_s - phoneme.start_s)
            segments.append(_segment(viseme, start_s, end_s, stress(phoneme.text)))
            if viseme == "bilabial":
                closures.append(_closure(start_s, end_s))
            start_s = end_s
        before_s = max(before_s, phoneme.end_s)
    segments.append(_pause(before_s, max(speech.duration_s, before_s) + 0.3))
    return tuple(segments), tuple(closures)


def _segment(viseme: str, start_s: float, end_s: float, stressed: float) -> Segment:
    if viseme == "silence":
        return _pause(start_s, end_s)
    target = TARGETS[viseme]
    if viseme in VOWELS:
        target = target.copy()
        target[_JAW] *= 0.86 + 0.24 * stressed  # Stress shows in the jaw (Beckman & Edwards 1994).
    return Segment(start_s, end_s, target, strength(viseme), CORE * (end_s - start_s))


def _pause(start_s: float, end_s: float) -> Segment:
    """The lips rest shut until shortly before the next sound."""
    half = 0.5 * (end_s - start_s)
    return Segment(start_s, end_s, TARGETS["silence"], strength("silence"), max(0.6 * half, half - 0.05))


def _closure(start_s: float, end_s: float) -> tuple[float, float]:
    """Lips are together in the middle of a bilabial, so that meeting and parting hardly cut into the vowels around.

    Short ones are widened about their middle.
    """
    length = end_s - start_s
    low, high = start_s + 0.30 * length, end_s - 0.35 * length
    lack = max(0.0, LONG_CLOSURE_S - (high - low)) / 2.0
    return low - lack, high + lack


def _remember(speech: Speech, segments: tuple[Segment, ...], closures: tuple[tuple[float, float], ...],
              weights: Array, emotion: float, loudness: LoudnessMemory, last_raise_s: float) -> _Memory:
    """Sounds of the last half second, shifted to the next chunk's time."""
    shift = speech.duration_s
    kept = tuple(replace(s, start_s=s.start_s - shift, end_s=min(s.end_s, shift) - shift)
                 for s in segments if -0.5 < s.end_s - shift and s.start_s < shift)
    shut = tuple((low - shift, high - shift) for low, high in closures if high - shift > -0.2)
    return _Memory(kept, shut, weights[-1] if len(weights) else None, emotion, loudness, last_raise_s - shift)
