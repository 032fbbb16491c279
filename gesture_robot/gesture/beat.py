"""Co-speech motion without a model: strokes whose ends fall on stressed words, on SMPL-X.

Works from `speech.emphasis.emphases`, so it needs words or only audio. The apex leads the word's onset by
`apex_lead_s`: gestures precede the words they belong to (Habets et al. 2011 find integration at 0 to 160 ms).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from gesture_robot.body.rotations import matrix_from_rotvec, rotvec_from_matrix
from gesture_robot.checks import Array, frozen_array
from gesture_robot.datatypes import BodyMotion, Speech
from gesture_robot.gesture.compose import BEND, FINGERS, FPS, REST_KEY, TWIST, WRIST, compose, key_from_pose, rest_pose
from gesture_robot.gesture.curves import Keys, ease, smooth, wander
from gesture_robot.gesture.planner import Apex, StrokePlanner, choose_apexes
from gesture_robot.gesture.styles import Style, style_for
from gesture_robot.gesture.upper import activity, upper_body
from gesture_robot.settings import check_settings, setting
from gesture_robot.speech.emphasis import emphases

_HAND_LAG_S = 0.05
_SEED_FADE_S = 0.7
_STRESSED, _SHORTEST_LEAD_S = 0.45, 0.05
_DRAG = 0.32  # rad


@dataclass(frozen=True)
class BeatConfig:
    """Settings of BeatGestures."""

    apex_lead_s: float = setting(0.105, "a stroke ends this long before its word begins", unit="s", low=0.0, high=0.3)
    amplitude: float = setting(1.0, "size of all strokes; 1 is a lively presenter", low=0.1, high=1.3)
    end_at_rest: bool = setting(True, "return to rest after the last word; else wait in the gesture space")

    def __post_init__(self) -> None:
        check_settings(self)


class BeatGestures:
    """Implements protocols.GestureGenerator."""

    fps = FPS

    def __init__(self, config: BeatConfig | None = None):
        self.config = config or BeatConfig()

    def generate(self, speech: Speech, *, style: str = "neutral", seed_pose: Array | None = None,
                 rng: np.random.Generator) -> BodyMotion:
        """One utterance from `seed_pose` (55, 3); lasts until the hands are back at rest.

        Raises:
            UnknownName: unknown style. InvalidInput: a seed pose of the wrong shape or with NaN.
        """
        return self._motion(speech, style, seed_pose, rng, to_rest=self.config.end_at_rest)

    def stream(self, chunks: Iterable[Speech], *, style: str = "neutral",
               rng: np.random.Generator) -> Iterator[BodyMotion]:
        """One motion per chunk, exactly as long as its audio (rounded up to a frame), continuing the pose before.

        The hands stay up between chunks: who plays the last one lets them down (MotionPlayer does).
        """
        pose: Array | None = None
        for chunk in chunks:
            motion = self._motion(chunk, style, pose, rng, to_rest=False)
            pose = motion.rotations[-1]
            yield motion

    def _motion(self, speech: Speech, style_name: str, seed_pose: Array | None, rng: np.random.Generator, *,
                to_rest: bool) -> BodyMotion:
        style = style_for(style_name, speech.emotion)
        seed = rest_pose() if seed_pose is None else frozen_array(seed_pose, (55, 3), "seed_pose")
        beats = self._beats(speech)
        curves = self._curves(beats, style, seed, speech.duration_s, rng, to_rest=to_rest)
        end_s = max([speech.duration_s] + ([float(c.times_s[-1]) + 0.1 for c in curves] if to_rest else []))
        count = max(1, int(np.ceil(end_s * FPS - 1e-9)))
        times = np.arange(count) / FPS
        left, right = (_sample(curve, times, bool(beats), rng) for curve in curves)
        talking = activity(times, beats[0].time_s - 0.6, times[-1], fade_out=to_rest) if beats else np.zeros(count)
        talking *= ease(times / 0.5)
        motion = compose(left, right, upper_body(times, left, right, beats, talking, style, rng))
        return _from_seed(motion, seed, times)

    def _beats(self, speech: Speech) -> list[Apex]:
        """Stressed words only, their strength spread over [0, 1].

        Close behind another word's onset the lead is shorter, so that the apex is nearer to its own word.
        """
        found = emphases(speech)
        onsets = np.array([e.word_start_s for e in found])
        apart = np.diff(onsets, prepend=-np.inf) if len(found) else onsets
        leads = np.clip(0.38 * apart + 0.005, min(_SHORTEST_LEAD_S, self.config.apex_lead_s), self.config.apex_lead_s)
        strengths = [(e.strength - _STRESSED) / (1.0 - _STRESSED) for e in found]
        return [Apex(float(onset - lead), float(np.clip(strength - (0.3 if near < 0.18 else 0.0), 0.0, 1.0)))
                for strength, onset, lead, near in zip(strengths, onsets, leads, apart, strict=True) if strength > 0.0]

    def _curves(self, beats: list[Apex], style: Style, seed: Array, duration_s: float, rng: np.random.Generator, *,
                to_rest: bool) -> tuple[Keys, Keys]:
        scaled = Style(**{**style.__dict__, "size": style.size * self.config.amplitude})
        start = key_from_pose(seed, "left"), key_from_pose(seed, "right")
        raised = max(start[0][1], start[1][1]) > -0.8
        apexes = choose_apexes(beats, scaled, 0.30 if raised else 0.38)
        return StrokePlanner(scaled, rng).plan(apexes, start, duration_s, to_rest=to_rest)


def _sample(curve: Keys, times: Array, alive: bool, rng: np.random.Generator) -> Array:
    """Arm channels over time: hand and fingers follow the wrist, and a hand that waits is never dead still."""
    track = curve(times)
    track[:, TWIST:] = curve(times - _HAND_LAG_S)[:, TWIST:]
    if alive:
        lifted = np.clip((track[:, 1:2] - REST_KEY[1]) / 0.3, 0.0, 1.0)
        noise = wander(times, rng, 9, 1.9) * ease(times / 0.5)[:, None] * lifted
        track[:, WRIST] += 0.014 * noise[:, :3]
        track[:, FINGERS] += 0.05 * noise[:, 3:]
        track[:, BEND] += _drag(track, lifted)
    return track


def _drag(track: Array, lifted: Array) -> Array:
    """(T, 2) wrist bend by which a loose hand stays behind the moving forearm, for a forearm that points forward."""
    if len(track) < 2:
        return np.zeros((len(track), 2))
    speed = smooth(np.gradient(track[:, WRIST], 1.0 / FPS, axis=0), FPS, 0.04)
    sine, cosine = np.sin(track[:, TWIST]), np.cos(track[:, TWIST])
    flexion = cosine * speed[:, 0] - sine * speed[:, 1]
    deviation = -sine * speed[:, 0] - cosine * speed[:, 1]
    return np.asarray(lifted * (_DRAG * np.tanh(np.stack([flexion, 0.6 * deviation], axis=-1) / 1.5)))


def _from_seed(motion: BodyMotion, seed: Array, times: Array) -> BodyMotion:
    """Begin exactly at `seed`; what differs from the planned pose fades away."""
    first = matrix_from_rotvec(motion.rotations[0])
    residual = rotvec_from_matrix(np.swapaxes(first, -1, -2) @ matrix_from_rotvec(seed))
    apart = np.abs(residual).max(axis=1) >= 1e-9
    fading = times < _SEED_FADE_S
    if not apart.any():
        return motion
    fade = 1.0 - ease(times[fading] / _SEED_FADE_S)
    where = np.ix_(fading, apart)
    turns = matrix_from_rotvec(fade[:, None, None] * residual[apart])
    rotations = motion.rotations.copy()
    rotations[where] = rotvec_from_matrix(matrix_from_rotvec(motion.rotations[where]) @ turns)
    return BodyMotion(fps=motion.fps, rotations=rotations, root_position=motion.root_position)
