"""Where a speaker raises the brows: the loudest stressed syllables, or loud peaks when there are no phonemes."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import Speech
from gesture_robot.face.coarticulation import smooth
from gesture_robot.face.ipa import VOWELS, stress, visemes

BETWEEN_RAISES_S = 1.1
SPEECH_DBFS = -45.0


def vowel_loudness(level_db: Array, fps: float) -> Array:
    """(T,) factor for the jaw, 0.85 to 1.15: louder than this speech's mean opens more. 1 in silence."""
    voiced = level_db > SPEECH_DBFS
    if not voiced.any():
        return np.ones(len(level_db))
    above_db = np.where(voiced, level_db - level_db[voiced].mean(), 0.0)
    return np.clip(1.0 + 0.02 * smooth(above_db, fps, 0.05), 0.85, 1.15)  # type: ignore[no-any-return]


def brow_raises(speech: Speech, level_db: Array, fps: float, rng: np.random.Generator,
                last_raise_s: float = -10.0) -> tuple[list[tuple[float, float]], float]:
    """(time [s], strength [0, 1]) of each raise, at least `BETWEEN_RAISES_S` apart, and the time of the last.

    Brow raises accompany accents (Cave et al. 1996 found about 70 % of them with a rise of pitch) but not every accent
    has one, so only the strongest are taken and the strength varies.
    """
    candidates = _stressed(speech, level_db, fps) or _peaks(level_db, fps)
    if not candidates:
        return [], last_raise_s
    floor = float(np.quantile([level for _, level in candidates], 0.60))
    chosen: list[tuple[float, float]] = []
    for time_s, level in candidates:
        if level >= floor and time_s - last_raise_s >= BETWEEN_RAISES_S:
            chosen.append((time_s, float(rng.uniform(0.65, 1.0))))
            last_raise_s = time_s
    return chosen, last_raise_s


def _stressed(speech: Speech, level_db: Array, fps: float) -> list[tuple[float, float]]:
    """(middle [s], level) of vowels with primary stress."""
    found = []
    for phoneme in speech.phonemes:
        if stress(phoneme.text) == 1.0 and any(v in VOWELS for v, _ in visemes(phoneme.text)):
            low, high = int(phoneme.start_s * fps), int(phoneme.end_s * fps) + 1
            if low < len(level_db):
                found.append((0.5 * (phoneme.start_s + phoneme.end_s), float(level_db[low:high].max())))
    return found


def _peaks(level_db: Array, fps: float) -> list[tuple[float, float]]:
    """(time [s], level) of syllable-long peaks of loudness."""
    slow = smooth(level_db, fps, 0.06)
    if len(slow) < 3:
        return []
    top = np.flatnonzero((slow[1:-1] > slow[:-2]) & (slow[1:-1] >= slow[2:]) & (slow[1:-1] > SPEECH_DBFS)) + 1
    return [(float(k / fps), float(slow[k])) for k in top]
