"""The named gestures as scores: keyframes in seconds, arms side-free (see arm_ik), `a` is the amplitude."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.gesture.compose import REST_KEY, WRIST, arm_key

Turn = tuple[float, float, float]


@dataclass
class Score:
    """Keyframes of one gesture; torso and head as (pitch down, turn to the acting side, tilt to the acting side)."""

    arm: list[tuple[float, Array]] = field(default_factory=list)
    other: list[tuple[float, Array]] = field(default_factory=list)
    torso: list[tuple[float, Turn]] = field(default_factory=list)
    head: list[tuple[float, Turn]] = field(default_factory=list)
    shrug: list[tuple[float, float]] = field(default_factory=list)
    two_handed: bool = False
    mask: str = "all"
    swings_from: int = 1000
    """Arm keys from this one on are swings to and fro, which the wrist can do alone."""

    @property
    def end_s(self) -> float:
        """Time of the last key."""
        return max([0.0] + [k[0] for keys in (self.arm, self.other, self.torso, self.head, self.shrug) for k in keys])


def moved(key: Array, shift: Array) -> Array:
    """The key with its wrist shifted by (3,) arm lengths."""
    moved = key.copy()
    moved[WRIST] += shift
    return moved


def _scaled(key: Array, amplitude: float) -> Array:
    """Arm key drawn towards rest by a smaller amplitude (palm and fingers keep their meaning)."""
    scaled = key.copy()
    scaled[WRIST] = REST_KEY[WRIST] + (key[WRIST] - REST_KEY[WRIST]) * (0.7 + 0.3 * amplitude)
    return scaled


def _wave(a: float) -> Score:
    keys, t = [], 0.65
    for i in range(6):
        sideways = (0.17 if i % 2 == 0 else -0.15) * a * (1.0 if i < 4 else 0.75)
        key = _scaled(arm_key((0.40, 0.27, 0.27), (-0.1 - 0.5 * sideways, 0.1, 1.0), "open", swivel=-0.20,
                              deviation=-0.9 * sideways, flexion=-0.10), a)
        key[0] += sideways
        key[1] -= 0.35 * abs(sideways)
        keys.append((t, key))
        t += 0.33 if i < 4 else 0.36
    keys.append((t + 0.62, REST_KEY))
    return Score(arm=keys, swings_from=1,
                 torso=[(0.6, (0.0, -0.05 * a, -0.06 * a)), (t, (0.0, -0.04 * a, -0.05 * a)), (t + 0.6, (0, 0, 0))],
                 head=[(0.55, (-0.05 * a, 0.0, 0.12 * a)), (t - 0.3, (0.02, 0.0, 0.07 * a)), (t + 0.5, (0, 0, 0))])


def _nod(a: float) -> Score:
    return Score(head=[(0.12, (-0.05 * a, 0, 0)), (0.36, (0.30 * a, 0, 0.02)), (0.62, (-0.02 * a, 0, 0)),
                       (0.84, (0.17 * a, 0, 0)), (1.15, (0, 0, 0))], mask="head")


def _shake(a: float) -> Score:
    return Score(head=[(0.22, (0.03, 0.26 * a, 0)), (0.54, (0.04, -0.30 * a, 0.02)), (0.86, (0.04, 0.24 * a, 0)),
                       (1.14, (0.02, -0.12 * a, 0)), (1.45, (0, 0, 0))], mask="head")


def _point(a: float) -> Score:
    ready = arm_key((0.14, -0.42, 0.50), (-0.7, -0.5, 0.0), "point")
    aim = arm_key((0.30, -0.02, 0.90), (-0.55, -0.85, 0.0), "point", swivel=0.15)
    aim = _scaled(aim, a)
    settle = aim.copy()
    settle[WRIST] *= 0.97
    return Score(arm=[(0.42, ready), (0.82, aim), (1.02, settle), (1.70, settle), (2.5, REST_KEY)],
                 torso=[(0.8, (0.05, 0.10 * a, 0.0)), (1.6, (0.04, 0.10 * a, 0.0)), (2.4, (0, 0, 0))],
                 head=[(0.6, (0.03, 0.30 * a, 0.0)), (1.5, (0.03, 0.28 * a, 0.0)), (2.1, (0, 0, 0))])


def _shrug(a: float) -> Score:
    up = _scaled(arm_key((0.40, -0.50, 0.36), (0.25, 1.0, 0.35), "open", flexion=-0.25), a)
    top = moved(up, np.array([0.04, 0.05, 0.0]) * a)
    return Score(arm=[(0.5, top), (0.75, up), (1.15, up), (1.95, REST_KEY)], two_handed=True,
                 shrug=[(0.48, 0.30 * a), (1.0, 0.24 * a), (1.5, 0.0)],
                 torso=[(0.5, (-0.04, 0, 0.0)), (1.7, (0, 0, 0))],
                 head=[(0.5, (-0.03 * a, 0.0, 0.75 * a)), (1.1, (-0.02 * a, 0.0, 0.70 * a)), (1.7, (0, 0, 0))])


def _bow(a: float) -> Score:
    hang = arm_key((0.13, -0.88, 0.34), (-0.96, 0.0, -0.28), "flat")
    return Score(arm=[(0.75, hang), (1.25, hang), (2.15, REST_KEY)], two_handed=True,
                 torso=[(0.08, (-0.02, 0, 0)), (0.85, (0.50 * a, 0, 0)), (1.25, (0.52 * a, 0, 0)), (2.15, (0, 0, 0))],
                 head=[(0.70, (0.22 * a, 0, 0)), (1.30, (0.24 * a, 0, 0)), (2.20, (-0.02, 0, 0)), (2.5, (0, 0, 0))])


def _open_palms(a: float) -> Score:
    gather = arm_key((0.06, -0.50, 0.46), (-0.6, 0.8, 0.1), "relaxed")
    offer = _scaled(arm_key((0.34, -0.47, 0.58), (-0.10, 1.0, 0.45), "open", flexion=-0.18), a)
    sink = moved(offer, np.array([-0.02, -0.04, -0.01]))
    return Score(arm=[(0.45, gather), (0.90, offer), (1.15, sink), (1.65, sink), (2.5, REST_KEY)], two_handed=True,
                 torso=[(0.9, (0.05, 0.0, 0.0)), (1.6, (0.03, 0, 0)), (2.4, (0, 0, 0))],
                 head=[(0.85, (0.07, 0.0, 0.30 * a)), (1.6, (0.0, 0.0, 0.2 * a)), (2.2, (0, 0, 0))])


def _welcome(a: float) -> Score:
    gather = arm_key((0.05, -0.42, 0.42), (-0.8, 0.5, 0.1), "relaxed")
    wide = _scaled(arm_key((0.62, -0.24, 0.52), (-0.35, 0.7, 0.9), "open", flexion=-0.15, swivel=0.2), a)
    return Score(arm=[(0.45, gather), (1.05, wide), (1.30, moved(wide, np.array([-0.03, -0.03, 0]))),
                      (1.70, moved(wide, np.array([-0.04, -0.04, 0]))), (2.6, REST_KEY)], two_handed=True,
                 torso=[(0.45, (0.04, 0, 0)), (1.05, (-0.05 * a, 0, 0)), (2.4, (0, 0, 0))],
                 head=[(0.45, (0.06, 0, 0)), (1.05, (-0.06 * a, 0, 0.25 * a)), (2.2, (0, 0, 0))])


def _think(a: float) -> Score:
    chin = arm_key((-0.16, 0.20, 0.42), (-0.55, 0.35, -0.75), "relaxed", swivel=-0.05, flexion=0.25)
    tap = moved(chin, np.array([0.0, 0.025, 0.0]))
    fold = arm_key((-0.18, -0.50, 0.40), (-0.2, 0.3, -0.9), "relaxed")
    return Score(arm=[(0.75, chin), (1.2, tap), (1.7, chin), (2.2, tap), (3.0, REST_KEY)],
                 other=[(0.8, fold), (2.2, fold), (3.0, REST_KEY)],
                 torso=[(0.9, (0.02, 0.06 * a, 0)), (2.2, (0.02, 0.06, 0)), (3.0, (0, 0, 0))],
                 head=[(0.8, (-0.10 * a, 0.16 * a, 0.10 * a)), (2.1, (-0.12 * a, 0.20 * a, 0.12 * a)),
                       (2.8, (0, 0, 0))])


def _heart(a: float) -> Score:
    join = arm_key((-0.205, -0.02, 0.56), (-0.45, 0.25, 0.75), "heart", swivel=0.45, flexion=0.30)
    push = moved(join, np.array([0.0, 0.03, 0.05]) * a)
    return Score(arm=[(0.8, join), (1.1, push), (1.5, join), (1.9, push), (2.8, REST_KEY)], two_handed=True,
                 torso=[(0.9, (0.03, 0, 0)), (1.9, (0.03, 0, 0)), (2.7, (0, 0, 0))],
                 head=[(0.8, (0.04, 0.0, 0.55 * a)), (1.9, (0.02, 0.0, 0.45 * a)), (2.6, (0, 0, 0))])


def _thumbs_up(a: float) -> Score:
    up = _scaled(arm_key((0.12, -0.22, 0.64), (-1.0, 0.0, 0.05), "thumb"), a)
    dip = moved(up, np.array([0.0, -0.07, 0.03]))
    return Score(arm=[(0.62, moved(up, np.array([0, 0.03, 0.0]))), (0.86, dip), (1.10, up), (1.6, up), (2.4, REST_KEY)],
                 torso=[(0.7, (0.03, 0.03, 0)), (2.2, (0, 0, 0))],
                 head=[(0.62, (-0.04 * a, 0, 0)), (0.9, (0.14 * a, 0, 0.05)), (1.3, (0, 0, 0.04)), (2.0, (0, 0, 0))])


def _hand_on_heart(a: float) -> Score:
    chest = arm_key((-0.15, -0.28, 0.28), (-0.1, 0.1, -1.0), "flat", swivel=0.75, flexion=0.20)
    return Score(arm=[(0.70, chest), (0.95, moved(chest, np.array([0, 0, 0.015]))), (1.7, chest), (2.5, REST_KEY)],
                 torso=[(0.8, (0.06 * a, 0, 0)), (1.6, (0.05 * a, 0, 0)), (2.4, (0, 0, 0))],
                 head=[(0.8, (0.14 * a, 0, 0.08 * a)), (1.5, (0.10 * a, 0, 0.08 * a)), (2.2, (0, 0, 0))])


def _rest(a: float) -> Score:
    return Score(head=[(0.5, (0, 0, 0)), (1.0, (0, 0, 0))])


SCORES: dict[str, Callable[[float], Score]] = {
    "rest": _rest, "wave": _wave, "nod": _nod, "shake": _shake, "point": _point, "shrug": _shrug, "bow": _bow,
    "open_palms": _open_palms, "welcome": _welcome, "think": _think, "heart": _heart, "thumbs_up": _thumbs_up,
    "hand_on_heart": _hand_on_heart}
