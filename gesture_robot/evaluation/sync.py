"""How gesture and speech meet in time: apex of each stroke against the onset of the nearest word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import Word
from gesture_robot.evaluation.strokes import Strokes


@dataclass(frozen=True)
class SyncSummary:
    """Offsets of apexes from word onsets; negative: the gesture leads."""

    strokes: int
    mean_s: float
    std_s: float
    within_200ms: float
    """Share of strokes within 200 ms of a word's onset."""
    p05_s: float
    p95_s: float

    @property
    def passes(self) -> bool:
        """Mean from -160 to 0 ms and at least 90 % within 200 ms."""
        return self.strokes > 0 and -0.160 <= self.mean_s <= 0.0 and self.within_200ms >= 0.90


def gesture_word_offsets(strokes: Strokes, words: Sequence[Word] | Sequence[float] | Array) -> Array:
    """(N,) apex minus the onset of the nearest word [s], for strokes during the speech.

    A stroke whose apex lies more than one second before the first or after the last onset belongs to no word and is
    not counted (a wave before the greeting). `words` are Words or onset times.
    """
    onsets = np.sort(np.array([w.start_s if isinstance(w, Word) else float(w) for w in words], float))
    apex = np.asarray(strokes.apex_s, float)
    if len(onsets) == 0 or len(apex) == 0:
        return np.zeros(0)
    apex = apex[(apex > onsets[0] - 1.0) & (apex < onsets[-1] + 1.0)]
    after = np.clip(np.searchsorted(onsets, apex), 0, len(onsets) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.abs(apex - onsets[before]) <= np.abs(apex - onsets[after])
    return np.asarray(apex - np.where(nearer, onsets[before], onsets[after]))


def summarize(offsets: Array) -> SyncSummary:
    """Figures of one or several hands' offsets (concatenate them)."""
    offsets = np.asarray(offsets, float)
    if len(offsets) == 0:
        return SyncSummary(0, 0.0, 0.0, 0.0, 0.0, 0.0)
    low, high = np.percentile(offsets, [5, 95])
    return SyncSummary(len(offsets), float(offsets.mean()), float(offsets.std()),
                       float((np.abs(offsets) <= 0.2).mean()), float(low), float(high))
