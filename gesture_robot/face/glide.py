"""A value that moves smoothly to wherever it is told to go, known in closed form at every later time."""

from __future__ import annotations

from typing import Any

import numpy as np

from gesture_robot.checks import Array


class Glide:
    """Critically damped approach of a vector to a target: no overshoot, continuous position and velocity.

        x(t) = g + (e + (v + w e) t) exp(-w t),   e = x0 - g

    Retargeting while it moves keeps position and velocity, so it may be called every tick. 90 % of a step from rest is
    done after 3.9 / w.
    """

    def __init__(self, value: Any, rate: float):
        """Start at rest at `value` (N,); `rate` is w above [1/s]."""
        self.rate = rate
        self.target = np.array(value, dtype=float)
        self._start, self._velocity, self._since_s = self.target.copy(), np.zeros_like(self.target), 0.0

    def to(self, target: Any, now_s: float) -> None:
        """Head for a new target from where it is now."""
        self._start, self._velocity = self.at(now_s), self.velocity(now_s)
        self._since_s, self.target = now_s, np.array(target, dtype=float)

    def at(self, t_s: float) -> Array:
        """(N,) value; before the last `to` it is what it was then."""
        away, slope, t = self._terms(t_s)
        return self.target + (away + slope * t) * np.exp(-self.rate * t)  # type: ignore[no-any-return]

    def velocity(self, t_s: float) -> Array:
        """(N,) per second."""
        away, slope, t = self._terms(t_s)
        return (slope - self.rate * (away + slope * t)) * np.exp(-self.rate * t)  # type: ignore[no-any-return]

    def _terms(self, t_s: float) -> tuple[Array, Array, float]:
        away = self._start - self.target
        return away, self._velocity + self.rate * away, max(0.0, t_s - self._since_s)
