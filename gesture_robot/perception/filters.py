"""Smoothing that opens with speed: the one-euro filter (Casiez, Roussel, Vogel, CHI 2012) for vectors and rotations.

At rest the lag is 1 / (2 pi cutoff_hz), 72 ms for 2.2 Hz; it shrinks as the signal moves.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from gesture_robot.checks import Array

SPEED_CUTOFF_HZ = 2.0
"""Smoothing of the speed that opens the filter."""


def blend(cutoff_hz: Array | float, step_s: float) -> Array | float:
    """Weight of the newest sample in a first-order low-pass."""
    return 1.0 / (1.0 + 1.0 / (2.0 * np.pi * cutoff_hz * step_s))


class VectorFilter:
    """One-euro filter for an array whose last axis is one vector; each vector has its own speed."""

    def __init__(self, cutoff_hz: float, beta: float):
        self._cutoff_hz, self._beta = cutoff_hz, beta
        self._value: Array | None = None
        self._raw: Array | None = None
        self._speed: Array | None = None

    def update(self, value: Array, step_s: float) -> Array:
        """The smoothed value, `step_s` after the sample before."""
        if (self._value is None or self._raw is None or self._speed is None or self._value.shape != value.shape
                or step_s <= 0.0):
            self._value, self._raw, self._speed = value.copy(), value.copy(), np.zeros_like(value)
            return self._value
        rate = (value - self._raw) / step_s
        self._speed = self._speed + blend(SPEED_CUTOFF_HZ, step_s) * (rate - self._speed)
        speed = np.linalg.norm(self._speed, axis=-1, keepdims=True)
        self._value = self._value + blend(self._cutoff_hz + self._beta * speed, step_s) * (value - self._value)
        self._raw = value.copy()
        return self._value


class RotationFilter:
    """One-euro filter for a rotation matrix (3, 3), along the shortest turn."""

    def __init__(self, cutoff_hz: float, beta: float):
        self._cutoff_hz, self._beta = cutoff_hz, beta
        self._value: Rotation | None = None
        self._raw: Rotation | None = None
        self._speed = np.zeros(3)

    def update(self, matrix: Array, step_s: float) -> Array:
        """The smoothed rotation, `step_s` after the sample before."""
        new = Rotation.from_matrix(matrix)
        if self._value is None or self._raw is None or step_s <= 0.0:
            self._value = new
        else:
            rate = (new * self._raw.inv()).as_rotvec() / step_s
            self._speed = self._speed + blend(SPEED_CUTOFF_HZ, step_s) * (rate - self._speed)
            share = blend(self._cutoff_hz + self._beta * float(np.linalg.norm(self._speed)), step_s)
            self._value = Rotation.from_rotvec(share * (new * self._value.inv()).as_rotvec()) * self._value
        self._raw = new
        return self._value.as_matrix()  # type: ignore[no-any-return]
