"""Strokes of a hand from nothing but where the wrist was: no plan, no words.

A stroke is a peak of the wrist's speed over 0.6 arm lengths/s; its apex is the next minimum of the speed or the
moment the hand has turned back, whichever comes first (after Kita et al. 1998: the stroke ends where direction
changes or movement stops).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks, savgol_filter

from gesture_robot.checks import Array, check_range, frozen_array

MIN_PEAK = 0.6
"""Arm lengths per second."""
_WINDOW_S, _DISTANCE_S, _PROMINENCE = 0.233, 0.2, 0.15
_STOPPED = 0.05  # of the peak: a hand that stays where it is has no minimum of its own


@dataclass(frozen=True)
class Strokes:
    """Times [s] of N strokes of one hand, from the first sample."""

    peak_s: Array
    apex_s: Array
    peak_speed: Array
    """(N,) arm lengths per second."""


def wrist_velocity(wrist_m: Array, fps: float, arm_length_m: float) -> Array:
    """(T, 3) wrist positions [m] -> smoothed velocity [arm lengths/s] (7 frames at 30 fps, second order)."""
    wrist = frozen_array(wrist_m, (None, 3), "wrist_m")
    check_range(fps, 5.0, 2000.0, "fps")
    check_range(arm_length_m, 0.05, 2.0, "arm_length_m")
    window = max(5, int(round(_WINDOW_S * fps)) | 1)
    if len(wrist) < window:
        return np.zeros_like(wrist)
    return np.asarray(savgol_filter(wrist, window, 2, deriv=1, delta=1.0 / fps, axis=0) / arm_length_m)


def find_strokes(wrist_m: Array, fps: float, arm_length_m: float) -> Strokes:
    """Strokes of a wrist path (T, 3) [m], in a frame that does not move with the hand.

    Peaks nearer than 0.2 s to a higher one or rising less than 0.15 arm lengths/s above their surroundings are ripple.
    """
    velocity = wrist_velocity(wrist_m, fps, arm_length_m)
    speed = np.linalg.norm(velocity, axis=1)
    peaks, _ = find_peaks(speed, height=MIN_PEAK, distance=max(1, round(_DISTANCE_S * fps)), prominence=_PROMINENCE)
    apexes = np.array([_apex(velocity, speed, int(peak)) for peak in peaks])
    return Strokes(peaks / fps, apexes / fps, speed[peaks])


def _apex(velocity: Array, speed: Array, peak: int) -> float:
    """Sample (with fraction) of the next speed minimum, stop or reversal after `peak`."""
    heading = velocity[peak] / speed[peak]
    for i in range(peak + 1, len(speed) - 1):
        if speed[i] <= speed[i + 1] and speed[i] < speed[i - 1]:
            return i + _vertex(speed[i - 1], speed[i], speed[i + 1])
        if speed[i] < _STOPPED * speed[peak]:
            return float(i)
        along, before = float(velocity[i] @ heading), float(velocity[i - 1] @ heading)
        if along <= 0.0:
            return i - along / min(along - before, -1e-12)
    return float(len(speed) - 1)


def _vertex(before: float, here: float, after: float) -> float:
    curve = before - 2.0 * here + after
    return float(0.5 * (before - after) / curve) if curve > 1e-12 else 0.0
