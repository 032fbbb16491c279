"""Layers of a living face that need no speech: blinks, small eye movements, micro motion. Pure functions of time.

Events are drawn slot by slot from (seed, slot number), so any time can be asked for, in any order, without memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.face.arkit import CHANNELS, indices

BLINK_SLOT_S, BLINK_JITTER_S = 3.5, 0.75
"""Blinks come 2 to 5 s apart: slots of 3.5 s, each time moved by up to 0.75 s."""
DOUBLE_BLINK_CHANCE = 0.15
BLINK_SHORTEST_S, BLINK_LONGEST_S = 0.15, 0.20
_CLOSING, _CLOSED = 0.34, 0.16
"""Shares of a blink: lids fall faster than they rise."""
GLANCE_SLOT_S = 1.5
GLANCE_YAW_RAD, GLANCE_PITCH_RAD = 0.026, 0.017
"""Fixation moves by about 1.5 and 1 degree every 0.6 to 2.5 s."""
GLANCE_TIME_S = 0.04

Blink = tuple[float, float]
"""Start and length [s]."""


def blinks_near(t_s: float, seed: int) -> list[Blink]:
    """Regular blinks that may be going on at `t_s`."""
    slot = int(t_s // BLINK_SLOT_S)
    return [blink for k in (slot - 1, slot) for blink in _blinks_of_slot(seed, k)]


@lru_cache(maxsize=64)
def _blinks_of_slot(seed: int, slot: int) -> tuple[Blink, ...]:
    rng = _rng(seed, slot, 1)
    start_s = (slot + 0.5) * BLINK_SLOT_S + rng.uniform(-BLINK_JITTER_S, BLINK_JITTER_S)
    length_s = rng.uniform(BLINK_SHORTEST_S, BLINK_LONGEST_S)
    if rng.random() < DOUBLE_BLINK_CHANCE:
        return (start_s, length_s), (start_s + length_s + 0.10, BLINK_SHORTEST_S)
    return ((start_s, length_s),)


def lids_closed(t_s: float, blinks: Iterable[Blink]) -> float:
    """How far blinks close the lids at `t_s`, 0 to 1."""
    closed = 0.0
    for start_s, length_s in blinks:
        x = (t_s - start_s) / length_s
        if 0.0 < x < 1.0:
            rise = min(x / _CLOSING, 1.0, (1.0 - x) / (1.0 - _CLOSING - _CLOSED))
            closed = max(closed, rise * rise * (3.0 - 2.0 * rise))
    return closed


def glance(t_s: float, seed: int) -> Array:
    """(2,) small yaw and pitch offsets of the eyes [rad]; they jump from one fixation to the next."""
    slot = int(t_s // GLANCE_SLOT_S)
    start_s, here = _fixation(seed, slot)
    if t_s < start_s:
        start_s, here = _fixation(seed, slot - 1)
        slot -= 1
    before = _fixation(seed, slot - 1)[1]
    x = min((t_s - start_s) / GLANCE_TIME_S, 1.0)
    return before + (here - before) * (x * x * (3.0 - 2.0 * x))


@lru_cache(maxsize=64)
def _fixation(seed: int, slot: int) -> tuple[float, Array]:
    rng = _rng(seed, slot, 2)
    start_s = (slot + 0.5) * GLANCE_SLOT_S + rng.uniform(-0.45, 0.45)
    return start_s, rng.uniform(-1.0, 1.0, 2) * (GLANCE_YAW_RAD, GLANCE_PITCH_RAD)


_MICRO: tuple[tuple[str, float, float], ...] = (  # channel, size, slowest period [s]
    ("browInnerUp", 0.050, 4.3), ("browOuterUp", 0.045, 5.9), ("mouthSmile", 0.060, 7.1), ("cheekSquint", 0.040, 6.3),
    ("eyeSquint", 0.050, 5.1), ("mouthLeft", 0.030, 8.3), ("mouthDimple", 0.030, 9.7), ("browDown", 0.030, 7.7),
)


def micro_motion(t_s: float, seed: int) -> Array:
    """(52,) slow drift of brows, cheeks and mouth corners, so that a waiting face is not a picture."""
    out = np.zeros(len(CHANNELS))
    phases = _phases(seed)
    for (name, size, period_s), phase in zip(_MICRO, phases, strict=True):
        angle = 2.0 * np.pi * t_s / period_s
        wave = 0.6 * np.sin(angle + phase[0]) + 0.4 * np.sin(2.37 * angle + phase[1])
        out[list(indices(name))] = size * max(0.0, 0.5 + 0.5 * wave)
    return out


@lru_cache(maxsize=16)
def _phases(seed: int) -> Array:
    return _rng(seed, 0, 3).uniform(0.0, 2.0 * np.pi, (len(_MICRO), 2))


def _rng(seed: int, slot: int, kind: int) -> np.random.Generator:
    return np.random.default_rng([seed, slot & 0xFFFFFFFF, kind])
