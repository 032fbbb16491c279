"""Do the lips move with the sound? Lag of mouth opening against phoneme times, and closures on p, b, m.

The reference curve is made from the phoneme times and the height of their vowels in the IPA chart alone; it shares no
table with the face engines, so an engine cannot agree with it by construction.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import FaceMotion, Phoneme, Speech
from gesture_robot.errors import InvalidInput
from gesture_robot.face.arkit import CHANNELS, mouth_opening
from gesture_robot.face.screen import mouth_opening_px

_HEIGHT: dict[str, float] = {
    "close": 0.20, "near_close": 0.30, "close_mid": 0.45, "mid": 0.50, "open_mid": 0.70, "near_open": 0.90, "open": 1.0}
_VOWELS: dict[str, str] = {
    "close": "i y ɨ ʉ ɯ u", "near_close": "ɪ ʏ ʊ ᵻ ᵿ", "close_mid": "e ø ɘ ɵ ɤ o", "mid": "ə ɚ",
    "open_mid": "ɛ œ ɜ ɞ ʌ ɔ ɝ", "near_open": "æ ɐ", "open": "a ɶ ɑ ɒ"}
_OPENNESS: dict[str, float] = {v: _HEIGHT[height] for height, vowels in _VOWELS.items() for v in vowels.split()}
_BILABIALS = frozenset("pbm")


def opening_curve_from_phonemes(speech: Speech, fps: float) -> Array:
    """(T,) openness in [0, 1] at k / fps: vowels by their height, consonants and pauses 0.

    Each value is the mean over its own frame's time (+- half a frame), so a low frame rate loses no phoneme.

    Raises:
        InvalidInput: the speech has no phonemes.
    """
    if not speech.phonemes:
        raise InvalidInput("lips against sound needs phoneme times; synthesise with an engine that gives them.")
    fine = 16
    count = int(np.ceil(speech.duration_s * fps - 1e-6))
    curve = np.zeros((count + 1) * fine)
    for phoneme in speech.phonemes:
        vowels = [_OPENNESS[c] for c in unicodedata.normalize("NFD", phoneme.text) if c in _OPENNESS]
        if vowels:
            edges = np.linspace(phoneme.start_s, phoneme.end_s, len(vowels) + 1)
            for value, low, high in zip(vowels, edges[:-1], edges[1:], strict=True):
                curve[round((low * fps + 0.5) * fine):round((high * fps + 0.5) * fine)] = value
    return curve[:count * fine].reshape(count, fine).mean(axis=1)  # type: ignore[no-any-return]


def lag_s(a: Array, b: Array, fps: float, max_lag_s: float = 0.4) -> float:
    """Seconds by which curve `a` comes after curve `b` (negative: before), by normalised cross-correlation.

    The peak is refined below one frame with a parabola through its neighbours.

    Args:
        a: (T,) at `fps`.
        b: (T',) at `fps`, same start; the shorter length counts.
        fps: frames per second of both.
        max_lag_s: largest lag looked for; a third of the curves when they are short.

    Raises:
        InvalidInput: curves shorter than 9 frames, constant, or not finite.
    """
    count = min(len(a), len(b))
    reach = min(round(max_lag_s * fps), count // 3)
    a, b = np.asarray(a, float)[:count], np.asarray(b, float)[:count]
    if reach < 3:
        raise InvalidInput(f"a lag needs two curves of at least 9 frames, got {count}.")
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or np.ptp(a) < 1e-9 or np.ptp(b) < 1e-9:
        raise InvalidInput("a lag needs two finite curves that change.")
    score = np.array([_correlation(a, b, shift) for shift in range(-reach, reach + 1)])
    top = int(np.argmax(score))
    offset = 0.0
    if 0 < top < len(score) - 1:
        left, middle, right = score[top - 1:top + 2]
        curvature = left - 2.0 * middle + right
        offset = 0.5 * (left - right) / curvature if curvature < -1e-12 else 0.0
    return (top - reach + offset) / fps


def mouth_opening_of_frames(frames: Iterable[Array], box_px: tuple[int, int, int, int] | None = None) -> Array:
    """(T,) opening [px] of the drawn mouth in pictures of the screen face, such as the frames of a video.

    Args:
        frames: (H, W, 3) uint8 RGB each.
        box_px: x, y, width, height of the screen face in the frame; None when it fills it.
    """
    values = []
    for frame in frames:
        picture = np.asarray(frame)
        if box_px is not None:
            x, y, width, height = box_px
            picture = picture[y:y + height, x:x + width]
        values.append(mouth_opening_px(picture))
    return np.array(values)


def opening_of_face(face: FaceMotion) -> Array:
    """(T,) mouth opening in [0, 1] of a face motion with ARKit channels."""
    if face.channels != CHANNELS:
        raise InvalidInput("mouth opening needs the 52 ARKit channels in Apple's order.")
    return mouth_opening(face.weights)


def closure_share(opening: Array, phonemes: Iterable[Phoneme], fps: float, shut: float = 0.03) -> float:
    """Share of p, b, m during which the opening falls to `shut` or less; 1 when there are none."""
    seen = []
    for phoneme in phonemes:
        if _BILABIALS & set(phoneme.text):
            low = int(phoneme.start_s * fps)
            part = opening[low:max(low + 2, int(np.ceil(phoneme.end_s * fps)) + 1)]
            if len(part):
                seen.append(float(np.min(part)) <= shut)
    return float(np.mean(seen)) if seen else 1.0


def _correlation(a: Array, b: Array, shift: int) -> float:
    """Pearson correlation of a(t + shift) with b(t) over their overlap."""
    first, second = (a[shift:], b[:len(b) - shift]) if shift >= 0 else (a[:shift], b[-shift:])
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / size if size > 1e-12 else 0.0
