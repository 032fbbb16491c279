"""Smooth curves in time: keyframes joined by fifth-order polynomials, easing, wandering noise, zero-phase smoothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.errors import InvalidInput


def ease(x: Array | float) -> Array:
    """Minimum jerk from 0 to 1 (Flash & Hogan 1985): 10 x^3 - 15 x^4 + 6 x^5, clamped outside [0, 1]."""
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x * x * x * (10.0 + x * (6.0 * x - 15.0)))


EVEN_SHARE = 0.7
"""Mean over peak speed of an even movement, see Keys.with_even_end."""


@dataclass(frozen=True)
class Keys:
    """Keyframes (K) of D channels; between them a quintic with zero acceleration at the keys, plus an optional bow."""

    times_s: Array
    values: Array
    """(K, D)."""
    velocities: Array
    """(K, D) per second."""
    bows: Array
    """(K-1, D) sideways displacement at the middle of each segment."""

    @classmethod
    def at_rest(cls, times_s: list[float] | Array, values: Array) -> Keys:
        """Keys at which everything stops for a moment."""
        values = np.asarray(values, float)
        return cls(np.asarray(times_s, float), values, np.zeros_like(values), np.zeros((max(len(values) - 1, 0),
                                                                                        values.shape[1])))

    def with_even_end(self) -> Keys:
        """The same keys with the last segment at an even speed: 30 % of it to speed up, 30 % to slow down."""
        begin, end = self.times_s[-2:]
        first, last = self.values[-2:]
        cruise = (last - first) / (EVEN_SHARE * (end - begin))
        shares, done = np.array([0.3, 0.7]), np.array([[0.15], [0.55]]) / EVEN_SHARE
        values = np.concatenate([self.values[:-1], first + done * (last - first), self.values[-1:]])
        velocities = np.concatenate([self.velocities[:-1], [cruise, cruise], self.velocities[-1:]])
        times = np.concatenate([self.times_s[:-1], begin + shares * (end - begin), self.times_s[-1:]])
        return Keys(times, values, velocities, np.concatenate([self.bows[:-1], np.zeros((3, values.shape[1]))]))

    def __call__(self, at_s: Array) -> Array:
        """(T,) times [s] -> (T, D); before the first and after the last key the value is held."""
        if len(self.times_s) == 0 or (np.diff(self.times_s) <= 0.0).any():
            raise InvalidInput("keyframe times must hold at least one time and increase.")
        at_s = np.asarray(at_s, float)
        if len(self.times_s) == 1:
            return np.repeat(self.values, len(at_s), axis=0)
        i = np.clip(np.searchsorted(self.times_s, at_s, side="right") - 1, 0, len(self.times_s) - 2)
        span = (self.times_s[i + 1] - self.times_s[i])
        x = np.clip((at_s - self.times_s[i]) / span, 0.0, 1.0)[:, None]
        h, span = ease(x), span[:, None]
        # Quintic Hermite bases for the two end velocities (zero end accelerations).
        h_start = x - 6 * x**3 + 8 * x**4 - 3 * x**5
        h_end = -4 * x**3 + 7 * x**4 - 3 * x**5
        value = (1 - h) * self.values[i] + h * self.values[i + 1]
        value = value + span * (h_start * self.velocities[i] + h_end * self.velocities[i + 1])
        return np.asarray(value + self.bows[i] * (64.0 * x**3 * (1 - x) ** 3))


def wander(times_s: Array, rng: np.random.Generator, channels: int, period_s: float) -> Array:
    """(T, channels) smooth noise of unit spread: a few incommensurate sines with random phase around `period_s`."""
    factors = np.array([0.53, 0.87, 1.31, 1.93]) * rng.uniform(0.85, 1.15, (channels, 4))
    phases = rng.uniform(0, 2 * np.pi, (channels, 4))
    gains = np.array([1.0, 1.0, 0.6, 0.35])
    waves = np.sin(2 * np.pi * times_s[:, None, None] * factors / period_s + phases)
    return np.asarray((waves * gains).sum(-1) / np.sqrt(0.5 * (gains**2).sum()))


def smooth(values: Array, fps: float, sigma_s: float) -> Array:
    """Gaussian smoothing over time without delay, ends held."""
    sigma = sigma_s * fps
    if sigma < 0.2 or len(values) < 2:
        return values
    reach = int(np.ceil(3.5 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    padded = np.concatenate([np.repeat(values[:1], reach, 0), values, np.repeat(values[-1:], reach, 0)])
    flat = padded.reshape(len(padded), -1)
    return np.stack([np.convolve(c, kernel, "valid") for c in flat.T], -1).reshape(values.shape)
