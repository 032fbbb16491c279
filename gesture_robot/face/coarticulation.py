"""Co-articulation: how neighbouring sounds share the mouth.

Dominance functions after Cohen & Massaro, "Modeling coarticulation in synthetic visual speech" (1993): segment s pulls
channel p towards its target T_sp with a weight that decays on both sides of its centre,

    D_sp(t) = a_sp exp(-|t - t_s| / tau_p),    F_p(t) = sum_s D_sp T_sp / sum_s D_sp.

Symmetric decay keeps the mouth's opening centred on the sound, neither early nor late. Cost grows with the number of
segments, not with its square: each segment touches only the frames near it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array

REACH = 8.0
"""A dominance below exp(-8) of its peak is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """One sound's wish: to be at its target in the middle of start_s..end_s."""

    start_s: float
    end_s: float
    target: Array
    """(C,) channel weights."""
    strength: Array
    """(C,) the a_sp above: how much this sound insists on each channel."""
    core_s: float = 0.0
    """Half the time for which the segment holds its target before its pull decays: long sounds and pauses hold."""


def blend(segments: Sequence[Segment], time_s: Array, tau_s: Array) -> Array:
    """The channels at the times `time_s` (T,), evenly spaced: (T, C).

    Args:
        segments: sounds and pauses in order of time; none gives zeros.
        time_s: (T,) [s], increasing with a constant step.
        tau_s: (C,) decay per channel [s]: the jaw is heavier than the lips.
    """
    count, channels = len(time_s), len(tau_s)
    total, weight = np.zeros((count, channels)), np.full((count, channels), 1e-9)
    step = (time_s[1] - time_s[0]) if count > 1 else 1.0
    for segment in segments:
        centre = 0.5 * (segment.start_s + segment.end_s)
        reach = segment.core_s + REACH * float(tau_s.max())
        low = max(0, int((centre - reach - time_s[0]) / step)) if count else 0
        high = min(count, int((centre + reach - time_s[0]) / step) + 2)
        if low >= high:
            continue
        away = np.maximum(np.abs(time_s[low:high] - centre) - segment.core_s, 0.0)
        dominance = segment.strength * np.exp(-away[:, None] / tau_s)
        total[low:high] += dominance * segment.target
        weight[low:high] += dominance
    return total / weight


def smooth(values: Array, fps: float, sigma_s: float) -> Array:
    """Gaussian smoothing without delay along the first axis; ends are held."""
    from scipy.ndimage import gaussian_filter1d

    if len(values) < 2 or sigma_s <= 0.0:
        return values
    return gaussian_filter1d(values, sigma_s * fps, axis=0, mode="nearest")  # type: ignore[no-any-return]


def bump(time_s: Array, start_s: float, end_s: float, rise_s: float) -> Array:
    """1 inside start..end, falling smoothly to 0 within `rise_s` outside: (T,)."""
    away = np.maximum(np.maximum(start_s - time_s, time_s - end_s), 0.0)
    return ease(1.0 - away / rise_s)


def ease(x: Array) -> Array:
    """0 below 0, 1 above 1, smooth in between."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)  # type: ignore[no-any-return]


def join(weights: Array, last: Array | None, fps: float) -> Array:
    """Take up the last frame (C,) of the chunk before and leave it within 80 ms: (T, C)."""
    if last is None or not len(weights):
        return weights
    left = 1.0 - ease((np.arange(len(weights)) + 1) / (0.08 * fps))
    return weights + left[:, None] * (last - weights[0])
