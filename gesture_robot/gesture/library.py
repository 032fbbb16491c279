"""Named gestures: wave, nod, point, ... as body motion with preparation, stroke, hold and retraction.

A gesture is a score: arm, torso, head and shoulder keyframes in seconds. Arm keys are side-free (see arm_ik), so one
score serves either hand. Minimum-jerk paths join the keys; hand and fingers follow the wrist a moment later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gesture_robot.checks import Array, check_range
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import UnknownName
from gesture_robot.gesture.arm_ik import least_duration_s
from gesture_robot.gesture.compose import FPS, REST_KEY, WRIST, Upper, arm_key, compose
from gesture_robot.gesture.curves import Keys, ease, wander

SIDES = ("right", "left", "both")
_HAND_LAG_S = 0.06
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

    @property
    def end_s(self) -> float:
        """Time of the last key."""
        return max([0.0] + [k[0] for keys in (self.arm, self.other, self.torso, self.head, self.shrug) for k in keys])


def gesture_names() -> tuple[str, ...]:
    """Every gesture that `make_gesture` knows."""
    return tuple(sorted(_SCORES))


def gesture_mask(name: str, *, side: str = "right") -> str:
    """The body parts a gesture needs (see player.MASKS), so that the others may go on with what they do."""
    score = _score(name, 1.0)
    one_arm = bool(score.arm) and not score.other and not score.two_handed and side != "both"
    return f"{side}_arm+torso+head" if score.mask == "all" and one_arm else score.mask


def make_gesture(name: str, *, side: str = "right", amplitude: float = 1.0,
                 rng: np.random.Generator | None = None) -> BodyMotion:
    """A named gesture that starts and ends at rest.

    Args:
        name: one of `gesture_names()`.
        side: the hand that acts, "both" for both; two-handed gestures (shrug, bow, heart) ignore it.
        amplitude: size of the movement, 1 is natural, 0.2 to 1.5.
        rng: small variation of timing and size; None gives the same motion every time.

    Raises:
        UnknownName: unknown gesture or side. InvalidInput: amplitude out of range.
    """
    if side not in SIDES:
        raise UnknownName("side", side, SIDES)
    score = _score(name, check_range(amplitude, 0.2, 1.5, "amplitude"))
    _give_time(score)
    pace = 1.0 if rng is None else float(rng.uniform(0.96, 1.08))
    times = np.arange(int(np.ceil(score.end_s * pace * FPS)) + 2) / FPS
    active = _arm_track(score.arm, times, pace, rng)
    both = score.two_handed or side == "both"
    other = _arm_track(score.arm if both else score.other, times, pace, rng)
    sign = -1.0 if side == "left" else 1.0
    turn = _turn_track(score.torso, times, pace, sign, both), _turn_track(score.head, times, pace, sign, both)
    shrug = np.repeat(_track([(t, np.array([v])) for t, v in score.shrug], np.zeros(1), times, pace), 2, axis=1)
    left, right = (active, other) if side == "left" else (other, active)
    return compose(left, right, Upper(turn[0], turn[1], shrug))


def _score(name: str, amplitude: float) -> Score:
    if name not in _SCORES:
        raise UnknownName("gesture", name, _SCORES)
    return _SCORES[name](amplitude)


def _give_time(score: Score) -> None:
    """Stretch the whole score wherever an arm would have to move faster than it can."""
    stretched = np.array([[0.0, 0.0]])
    for keys in (score.arm, score.other):
        before, here = 0.0, REST_KEY
        marks = [[0.0, 0.0]]
        for time_s, key in keys:
            least = least_duration_s(here[WRIST], key[WRIST])
            marks.append([time_s, marks[-1][1] + max(time_s - before, least)])
            before, here = time_s, key
        if len(marks) > 1:
            times = np.union1d(stretched[:, 0], np.array(marks)[:, 0])
            slower = [np.interp(times, *np.transpose(m)) + np.maximum(times - m[-1][0], 0.0) for m in (stretched, marks)]
            stretched = np.stack([times, np.maximum(*slower)], axis=-1)

    def warp(time_s: float) -> float:
        last = stretched[-1]
        return float(np.interp(time_s, *stretched.T) + max(time_s - last[0], 0.0))

    score.arm, score.other = [(warp(t), k) for t, k in score.arm], [(warp(t), k) for t, k in score.other]
    score.torso, score.head = [(warp(t), k) for t, k in score.torso], [(warp(t), k) for t, k in score.head]
    score.shrug = [(warp(t), k) for t, k in score.shrug]


def _track(keys: list[tuple[float, Array]], rest: Array, times: Array, pace: float) -> Array:
    if not keys:
        return np.repeat(rest[None], len(times), axis=0)
    first = [] if keys[0][0] == 0.0 else [(0.0, rest)]
    at, values = zip(*(first + list(keys)), strict=True)
    return Keys.at_rest(np.array(at) * pace, np.array(values))(times)


def _arm_track(keys: list[tuple[float, Array]], times: Array, pace: float, rng: np.random.Generator | None) -> Array:
    if rng is not None and len(keys) > 2:
        shift = rng.normal(0.0, 0.02, 3)
        keys = [(t, _moved(k, shift)) for t, k in keys[:-1]] + keys[-1:]
    track = _track(keys, REST_KEY, times, pace)
    late = _track(keys, REST_KEY, times - _HAND_LAG_S, pace)
    track[:, WRIST.stop:] = late[:, WRIST.stop:]
    if len(keys) > 1:  # a held hand is never dead still
        alive = wander(times, rng or np.random.default_rng(1), 3, 2.5) * 0.008
        end = times[-1]
        track[:, WRIST] += alive * (ease(times / 0.4) * ease((end - times) / 0.4))[:, None]
    return track


def _turn_track(keys: list[tuple[float, Turn]], times: Array, pace: float, sign: float, both: bool) -> Array:
    sideways = 0.25 if both else 1.0
    flip = np.array([1.0, -sign * sideways, sign * sideways])  # the right hand acts: turn right (-), tilt right (+)
    return _track([(t, np.array(v)) for t, v in keys], np.zeros(3), times, pace) * flip


def _moved(key: Array, shift: Array) -> Array:
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
        key = _scaled(arm_key((0.36, 0.26, 0.40), (-0.1 - 0.5 * sideways, 0.12, 1.0), "open", swivel=0.42,
                              deviation=-0.9 * sideways, flexion=-0.08), a)
        key[0] += sideways
        key[1] -= 0.35 * abs(sideways)
        keys.append((t, key))
        t += 0.31 if i < 4 else 0.34
    keys.append((t + 0.62, REST_KEY))
    return Score(arm=keys, torso=[(0.6, (0.0, -0.05 * a, -0.06 * a)), (t, (0.0, -0.04 * a, -0.05 * a)), (t + 0.6, (0, 0, 0))],
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
    top = _moved(up, np.array([0.04, 0.05, 0.0]) * a)
    return Score(arm=[(0.5, top), (0.75, up), (1.15, up), (1.95, REST_KEY)], two_handed=True,
                 shrug=[(0.48, 0.30 * a), (1.0, 0.24 * a), (1.5, 0.0)], torso=[(0.5, (-0.04, 0, 0.0)), (1.7, (0, 0, 0))],
                 head=[(0.5, (-0.03 * a, 0.0, 0.75 * a)), (1.1, (-0.02 * a, 0.0, 0.70 * a)), (1.7, (0, 0, 0))])


def _bow(a: float) -> Score:
    hang = arm_key((0.13, -0.88, 0.34), (-0.96, 0.0, -0.28), "flat")
    return Score(arm=[(0.75, hang), (1.25, hang), (2.15, REST_KEY)], two_handed=True,
                 torso=[(0.08, (-0.02, 0, 0)), (0.85, (0.50 * a, 0, 0)), (1.25, (0.52 * a, 0, 0)), (2.15, (0, 0, 0))],
                 head=[(0.70, (0.22 * a, 0, 0)), (1.30, (0.24 * a, 0, 0)), (2.20, (-0.02, 0, 0)), (2.5, (0, 0, 0))])


def _open_palms(a: float) -> Score:
    gather = arm_key((0.06, -0.50, 0.46), (-0.6, 0.8, 0.1), "relaxed")
    offer = _scaled(arm_key((0.34, -0.47, 0.58), (-0.10, 1.0, 0.45), "open", flexion=-0.18), a)
    sink = _moved(offer, np.array([-0.02, -0.04, -0.01]))
    return Score(arm=[(0.45, gather), (0.90, offer), (1.15, sink), (1.65, sink), (2.5, REST_KEY)], two_handed=True,
                 torso=[(0.9, (0.05, 0.0, 0.0)), (1.6, (0.03, 0, 0)), (2.4, (0, 0, 0))],
                 head=[(0.85, (0.07, 0.0, 0.30 * a)), (1.6, (0.0, 0.0, 0.2 * a)), (2.2, (0, 0, 0))])


def _welcome(a: float) -> Score:
    gather = arm_key((0.05, -0.42, 0.42), (-0.8, 0.5, 0.1), "relaxed")
    wide = _scaled(arm_key((0.62, -0.24, 0.52), (-0.35, 0.7, 0.9), "open", flexion=-0.15, swivel=0.2), a)
    return Score(arm=[(0.45, gather), (1.05, wide), (1.30, _moved(wide, np.array([-0.03, -0.03, 0]))),
                      (1.70, _moved(wide, np.array([-0.04, -0.04, 0]))), (2.6, REST_KEY)], two_handed=True,
                 torso=[(0.45, (0.04, 0, 0)), (1.05, (-0.05 * a, 0, 0)), (2.4, (0, 0, 0))],
                 head=[(0.45, (0.06, 0, 0)), (1.05, (-0.06 * a, 0, 0.25 * a)), (2.2, (0, 0, 0))])


def _think(a: float) -> Score:
    chin = arm_key((-0.16, 0.20, 0.42), (-0.55, 0.35, -0.75), "relaxed", swivel=-0.05, flexion=0.25)
    tap = _moved(chin, np.array([0.0, 0.025, 0.0]))
    fold = arm_key((-0.18, -0.50, 0.40), (-0.2, 0.3, -0.9), "relaxed")
    return Score(arm=[(0.75, chin), (1.2, tap), (1.7, chin), (2.2, tap), (3.0, REST_KEY)],
                 other=[(0.8, fold), (2.2, fold), (3.0, REST_KEY)], torso=[(0.9, (0.02, 0.06 * a, 0)), (2.2, (0.02, 0.06, 0)),
                                                                        (3.0, (0, 0, 0))],
                 head=[(0.8, (-0.10 * a, 0.16 * a, 0.10 * a)), (2.1, (-0.12 * a, 0.20 * a, 0.12 * a)), (2.8, (0, 0, 0))])


def _heart(a: float) -> Score:
    join = arm_key((-0.205, -0.02, 0.56), (-0.45, 0.25, 0.75), "heart", swivel=0.45, flexion=0.30)
    push = _moved(join, np.array([0.0, 0.03, 0.05]) * a)
    return Score(arm=[(0.8, join), (1.1, push), (1.5, join), (1.9, push), (2.8, REST_KEY)], two_handed=True,
                 torso=[(0.9, (0.03, 0, 0)), (1.9, (0.03, 0, 0)), (2.7, (0, 0, 0))],
                 head=[(0.8, (0.04, 0.0, 0.55 * a)), (1.9, (0.02, 0.0, 0.45 * a)), (2.6, (0, 0, 0))])


def _thumbs_up(a: float) -> Score:
    up = _scaled(arm_key((0.12, -0.22, 0.64), (-1.0, 0.0, 0.05), "thumb"), a)
    dip = _moved(up, np.array([0.0, -0.07, 0.03]))
    return Score(arm=[(0.62, _moved(up, np.array([0, 0.03, 0.0]))), (0.86, dip), (1.10, up), (1.6, up), (2.4, REST_KEY)],
                 torso=[(0.7, (0.03, 0.03, 0)), (2.2, (0, 0, 0))],
                 head=[(0.62, (-0.04 * a, 0, 0)), (0.9, (0.14 * a, 0, 0.05)), (1.3, (0, 0, 0.04)), (2.0, (0, 0, 0))])


def _hand_on_heart(a: float) -> Score:
    chest = arm_key((-0.22, -0.22, 0.30), (-0.25, 0.0, -1.0), "flat", swivel=0.25, flexion=0.12)
    return Score(arm=[(0.70, chest), (0.95, _moved(chest, np.array([0, 0, 0.015]))), (1.7, chest), (2.5, REST_KEY)],
                 torso=[(0.8, (0.06 * a, 0, 0)), (1.6, (0.05 * a, 0, 0)), (2.4, (0, 0, 0))],
                 head=[(0.8, (0.14 * a, 0, 0.08 * a)), (1.5, (0.10 * a, 0, 0.08 * a)), (2.2, (0, 0, 0))])


def _rest(a: float) -> Score:
    return Score(head=[(0.5, (0, 0, 0)), (1.0, (0, 0, 0))])


_SCORES: dict[str, Callable[[float], Score]] = {
    "rest": _rest, "wave": _wave, "nod": _nod, "shake": _shake, "point": _point, "shrug": _shrug, "bow": _bow,
    "open_palms": _open_palms, "welcome": _welcome, "think": _think, "heart": _heart, "thumbs_up": _thumbs_up,
    "hand_on_heart": _hand_on_heart}
