"""Gives a gesture's score the time it needs, and lays its strokes on words when it accompanies speech."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.gesture.arm_ik import PEAK_OVER_MEAN, least_duration_s
from gesture_robot.gesture.compose import BEND, REST_KEY, WRIST
from gesture_robot.gesture.curves import EVEN_SHARE
from gesture_robot.gesture.scores import Score

_LEAD_S = 0.08
_QUICKER = 0.75
_DOWN_SPEED = 0.5  # arm lengths/s: a hand that comes down slower than 0.6 makes no stroke
_HELD = 0.1


def give_time(score: Score, word_onsets_s: Sequence[float] = ()) -> None:
    """Move the keys of `score` in time, all its parts together.

    Segments are stretched wherever an arm would have to move faster than it can. With onsets, every stroke of the
    acting arm ends `_LEAD_S` before one of them, and swings for which no word is left come from the wrist alone.
    """
    stretched = np.array([[0.0, 0.0]])
    ends = np.sort(np.asarray(word_onsets_s, float)) - _LEAD_S
    if len(ends):
        score.arm, marks = _on_words(score, ends)
        stretched = _slower(stretched, marks)
    for keys in (score.arm, score.other):
        marks, before, here = [[0.0, 0.0]], 0.0, REST_KEY
        for time_s, key in keys:
            least = least_duration_s(here[WRIST], key[WRIST])
            marks.append([time_s, marks[-1][1] + max(time_s - before, least)])
            before, here = time_s, key
        stretched = _slower(stretched, marks)

    def warp(time_s: float) -> float:
        return float(np.interp(time_s, *stretched.T) + max(time_s - stretched[-1, 0], 0.0))

    score.arm, score.other = [(warp(t), k) for t, k in score.arm], [(warp(t), k) for t, k in score.other]
    score.torso, score.head = [(warp(t), k) for t, k in score.torso], [(warp(t), k) for t, k in score.head]
    score.shrug = [(warp(t), k) for t, k in score.shrug]


def _on_words(score: Score, ends: Array) -> tuple[list[tuple[float, Array]], list[list[float]]]:
    """The arm's keys and their (old, new) times."""
    kept: list[tuple[float, Array]] = []
    marks, before, here = [[0.0, 0.0]], 0.0, REST_KEY
    for index, (time_s, key) in enumerate(score.arm):
        span, way = time_s - before, float(np.linalg.norm(key[WRIST] - here[WRIST]))
        least = least_duration_s(here[WRIST], key[WRIST])
        last = index == len(score.arm) - 1
        if last:
            span = max(span, way / (EVEN_SHARE * _DOWN_SPEED))
        elif way > _HELD:
            free = ends[ends >= marks[-1][1] + max(_QUICKER * span, least)]
            if len(free):
                span = float(free[0]) - marks[-1][1]
            elif index >= score.swings_from:
                key = _from_the_wrist(key, score.arm[index - 1][1])
                span = max(span, float(np.linalg.norm(key[WRIST] - here[WRIST])) * PEAK_OVER_MEAN / _DOWN_SPEED)
        kept.append((time_s, key))
        marks.append([time_s, marks[-1][1] + max(span, least)])
        before, here = time_s, key
    return kept, marks


def _from_the_wrist(key: Array, before: Array) -> Array:
    """A swing in which the forearm almost rests and the hand goes on waving."""
    small = key.copy()
    middle = 0.5 * (key[WRIST] + before[WRIST])
    small[WRIST] = middle + 0.12 * (key[WRIST] - middle)
    small[BEND.stop - 1] = np.clip(2.5 * key[BEND.stop - 1], -0.4, 0.4)
    return small


def _slower(stretched: Array, marks: list[list[float]]) -> Array:
    """The later of two maps from old to new times, at the times of both."""
    if len(marks) < 2:
        return stretched
    times = np.union1d(stretched[:, 0], np.array(marks)[:, 0])
    maps = [np.interp(times, *np.transpose(m)) + np.maximum(times - m[-1][0], 0.0) for m in (stretched, marks)]
    return np.stack([times, np.maximum(*maps)], axis=-1)
