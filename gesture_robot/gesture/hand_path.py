"""One hand's path while it is being planned: keys that grow one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.gesture.compose import TWIST, WRIST
from gesture_robot.gesture.curves import EVEN_SHARE, Keys

_EVEN_SPEED, _THROUGH = 0.43, 0.18  # arm lengths/s


@dataclass
class Hand:
    """One hand's growing list of keys."""

    times: list[float]
    values: list[Array]
    velocities: list[Array]
    bows: list[Array]
    home: Array
    travel: Array
    """Direction of the last stroke."""

    @classmethod
    def start(cls, value: Array, home: Array) -> Hand:
        """A hand at `value` (13,) at time 0."""
        return cls([0.0], [value.copy()], [np.zeros(len(value))], [], home, np.array([0.0, 1.0, 0.0]))

    @property
    def last(self) -> Array:
        """Newest key's channels."""
        return self.values[-1]

    def add(self, time_s: float, value: Array, bow: Array | None = None, velocity: Array | None = None) -> None:
        """Append a key; keys closer than 20 ms to the last one are dropped."""
        if time_s - self.times[-1] < 0.02:
            return
        sideways = np.zeros(len(value))
        if bow is not None:
            sideways[WRIST] = bow
        self.times.append(time_s)
        self.values.append(value)
        self.velocities.append(np.zeros(len(value)) if velocity is None else velocity)
        self.bows.append(sideways)

    def keys(self) -> Keys:
        """The finished curve."""
        values, times, velocities = np.array(self.values), np.array(self.times), np.array(self.velocities)
        bows = np.array(self.bows) if self.bows else np.zeros((0, values.shape[1]))
        if len(times) > 2:  # hands do not stop dead at a key: they drift through it towards what comes next
            slopes = np.diff(values[:, WRIST], axis=0) / np.diff(times)[:, None]
            heading = slopes[:-1] / np.maximum(np.linalg.norm(slopes[:-1], axis=1), 1e-9)[:, None]
            through = 0.5 * slopes[1:]  # sideways or back, never on: the apex stays where the hand turns
            through -= np.maximum((through * heading).sum(1), 0.0)[:, None] * heading
            through *= np.minimum(1.0, _THROUGH / np.maximum(np.linalg.norm(through, axis=1), 1e-9))[:, None]
            free = ~velocities[1:-1].any(axis=1) & (slopes[1:].any(axis=1) & slopes[:-1].any(axis=1))
            velocities[1:-1, WRIST] += through * free[:, None]
        return Keys(times, values, velocities, bows)


def glide(hand: Hand, start_s: float, target: Array, latest_s: float = np.inf) -> float:
    """A slow, even movement from `start_s`: 30 % of the time to speed up and 30 % to slow down; returns its end."""
    hand.add(start_s, hand.last.copy())
    first, begin = hand.last, hand.times[-1]
    distance = float(np.linalg.norm(target[WRIST] - first[WRIST]))
    span = max(0.6, distance / (EVEN_SHARE * _EVEN_SPEED), abs(float(target[TWIST] - first[TWIST])) / 1.0)
    if begin + span > latest_s:  # no time for the whole way: go as far as the speed allows
        span = max(latest_s - begin, 0.3)
        target = first + min(1.0, EVEN_SHARE * _EVEN_SPEED * span / max(distance, 1e-6)) * (target - first)
    cruise = (target - first) / (EVEN_SHARE * span)
    for share, done in ((0.3, 0.15 / EVEN_SHARE), (0.7, 0.55 / EVEN_SHARE)):
        hand.add(begin + share * span, first + done * (target - first), velocity=cruise)
    hand.add(begin + span, target.copy())
    return begin + span
