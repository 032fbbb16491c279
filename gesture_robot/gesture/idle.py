"""What a body does when it does nothing: breathing, shifting weight, small glances. A pure function of time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gesture_robot.body.skeleton import JOINT_NAMES
from gesture_robot.checks import Array
from gesture_robot.gesture.curves import ease
from gesture_robot.settings import check_settings, setting

_INDEX = {name: i for i, name in enumerate(JOINT_NAMES)}
_GLANCE_S, _MOVE_S = 3.7, 0.45


@dataclass(frozen=True)
class IdleConfig:
    """Settings of IdleMotion."""

    amplitude: float = setting(1.0, "size of the idle movement; 0 is a statue", low=0.0, high=2.0)
    breath_hz: float = setting(0.25, "breaths per second", unit="Hz", low=0.05, high=1.0)
    glances: bool = setting(True, "small movements of the head every few seconds")
    seed: int = setting(0, "two robots side by side need different ones", low=0)

    def __post_init__(self) -> None:
        check_settings(self)


class IdleMotion:
    """Small rotations that are added to every pose; the same time always gives the same ones."""

    def __init__(self, config: IdleConfig | None = None):
        self.config = config or IdleConfig()
        self._phase = np.random.default_rng(self.config.seed).uniform(0.0, 2.0 * np.pi, 8)

    def rotations(self, t_s: float) -> Array:
        """(55, 3) axis-angle [rad], to be applied after each joint's own rotation."""
        out = np.zeros((55, 3))
        breath = self._breath(t_s)
        out[_INDEX["spine2"], 0] = -0.008 * breath
        out[_INDEX["spine3"], 0] = -0.010 * breath
        out[_INDEX["neck"], 0] = 0.014 * breath  # the head keeps its level while the chest rises
        out[_INDEX["left_collar"], 2], out[_INDEX["right_collar"], 2] = 0.018 * breath, -0.018 * breath
        sway = self._slow(t_s, (0.061, 0.097, 0.143), 0)
        lean = self._slow(t_s, (0.047, 0.083, 0.131), 3)
        out[_INDEX["spine1"], 2], out[_INDEX["spine3"], 2] = 0.020 * sway, -0.008 * sway
        out[_INDEX["spine1"], 1] = 0.015 * lean
        out[_INDEX["spine1"], 0] = 0.008 * self._slow(t_s, (0.071, 0.113, 0.037), 5)
        hang = 0.012 * self._slow(t_s, (0.093, 0.151, 0.059), 2)
        out[_INDEX["left_elbow"], 1], out[_INDEX["right_elbow"], 1] = -0.02 * breath - hang, 0.02 * breath - hang
        if self.config.glances:
            pitch, yaw, roll = self._glance(t_s)
            out[_INDEX["head"]] += (0.6 * pitch, 0.6 * yaw, 0.6 * roll)
            out[_INDEX["neck"]] += (0.4 * pitch, 0.4 * yaw, 0.4 * roll)
        return out * self.config.amplitude

    def _breath(self, t_s: float) -> float:
        """-1 to 1, in quicker than out; rate and depth vary slowly."""
        drift = 0.5 * np.sin(2 * np.pi * 0.031 * t_s + self._phase[6]) + 0.3 * np.sin(2 * np.pi * 0.0171 * t_s)
        angle = 2 * np.pi * self.config.breath_hz * t_s + drift + self._phase[7]
        depth = 0.85 + 0.15 * np.sin(2 * np.pi * 0.043 * t_s + self._phase[5])
        return float(depth * np.sin(angle + 0.35 * np.sin(angle)))

    def _slow(self, t_s: float, rates_hz: tuple[float, ...], first: int) -> float:
        waves = [np.sin(2 * np.pi * rate * t_s + self._phase[(first + i) % 8]) for i, rate in enumerate(rates_hz)]
        return float(sum(waves) / 2.0)

    def _glance(self, t_s: float) -> Array:
        """Pitch, yaw and roll of the head: rests at one small offset, then moves quickly to the next."""
        slot = int(np.floor(t_s / _GLANCE_S))
        begin = (slot + 0.7 * self._hash(slot)[3]) * _GLANCE_S
        before, after = self._hash(slot - 1)[:3], self._hash(slot)[:3]
        offset = before + (after - before) * float(ease((t_s - begin) / _MOVE_S))
        return np.asarray((offset - 0.5) * (0.05, 0.11, 0.05))

    def _hash(self, slot: int) -> Array:
        return _dice(self.config.seed, slot & 0xFFFFFFFF)


@lru_cache(maxsize=16)
def _dice(seed: int, slot: int) -> Array:
    """(4,) in [0, 1), always the same ones."""
    return np.random.default_rng((seed, slot)).random(4)
