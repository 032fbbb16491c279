"""Named gestures: wave, nod, point, ... as body motion with preparation, stroke, hold and retraction.

A gesture is a score: arm, torso, head and shoulder keyframes in seconds. Arm keys are side-free (see arm_ik), so one
score serves either hand. Minimum-jerk paths join the keys; hand and fingers follow the wrist a moment later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from gesture_robot.checks import Array, check_range
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import UnknownName
from gesture_robot.gesture.compose import FPS, REST_KEY, WRIST, Upper, compose
from gesture_robot.gesture.curves import Keys, ease, wander
from gesture_robot.gesture.score_timing import give_time
from gesture_robot.gesture.scores import SCORES, Score, Turn, moved

SIDES = ("right", "left", "both")
_HAND_LAG_S = 0.06

def gesture_names() -> tuple[str, ...]:
    """Every gesture that `make_gesture` knows."""
    return tuple(sorted(SCORES))


def gesture_mask(name: str, *, side: str = "right") -> str:
    """The body parts a gesture needs (see player.MASKS), so that the others may go on with what they do."""
    score = _score(name, 1.0)
    one_arm = bool(score.arm) and not score.other and not score.two_handed and side != "both"
    return f"{side}_arm+torso+head" if score.mask == "all" and one_arm else score.mask


def make_gesture(name: str, *, side: str = "right", amplitude: float = 1.0,
                 rng: np.random.Generator | None = None, word_onsets_s: Sequence[float] = ()) -> BodyMotion:
    """A named gesture that starts and ends at rest.

    Args:
        name: one of `gesture_names()`.
        side: the hand that acts, "both" for both; two-handed gestures (shrug, bow, heart) ignore it.
        amplitude: size of the movement, 1 is natural, 0.2 to 1.5.
        rng: small variation of timing and size; None gives the same motion every time.
        word_onsets_s: when it accompanies speech, the onsets of the words from the gesture's start [s]: its strokes
            then end just before words, and the hand comes down slowly.

    Raises:
        UnknownName: unknown gesture or side. InvalidInput: amplitude out of range.
    """
    if side not in SIDES:
        raise UnknownName("side", side, SIDES)
    score = _score(name, check_range(amplitude, 0.2, 1.5, "amplitude"))
    give_time(score, word_onsets_s)
    pace = 1.0 if rng is None or len(word_onsets_s) else float(rng.uniform(0.96, 1.08))
    times = np.arange(int(np.ceil((score.end_s * pace + _HAND_LAG_S) * FPS)) + 1) / FPS
    active = _arm_track(score.arm, times, pace, rng)
    both = score.two_handed or side == "both"
    other = _arm_track(score.arm if both else score.other, times, pace, rng)
    sign = -1.0 if side == "left" else 1.0
    turn = _turn_track(score.torso, times, pace, sign, both), _turn_track(score.head, times, pace, sign, both)
    shrug = np.repeat(_track([(t, np.array([v])) for t, v in score.shrug], np.zeros(1), times, pace), 2, axis=1)
    left, right = (active, other) if side == "left" else (other, active)
    return compose(left, right, Upper(turn[0], turn[1], shrug))


def _score(name: str, amplitude: float) -> Score:
    if name not in SCORES:
        raise UnknownName("gesture", name, SCORES)
    return replace(_known(name, amplitude))


@lru_cache(maxsize=64)
def _known(name: str, amplitude: float) -> Score:
    """Its keys take most of the time; whoever changes them makes new ones."""
    return SCORES[name](amplitude)


def _track(keys: list[tuple[float, Array]], rest: Array, times: Array, pace: float) -> Array:
    if not keys:
        return np.repeat(rest[None], len(times), axis=0)
    first = [] if keys[0][0] == 0.0 else [(0.0, rest)]
    at, values = zip(*(first + list(keys)), strict=True)
    keyed = Keys.at_rest(np.array(at) * pace, np.array(values))
    if rest.shape == REST_KEY.shape:  # hands travel in arcs, round the body
        way = np.linalg.norm(np.diff(keyed.values[:, WRIST], axis=0), axis=1)
        keyed.bows[:, 2] = np.where(way > 0.4, 0.12 * way, 0.0)
        if way[-1] > 0.2 and way[-1] / (keyed.times_s[-1] - keyed.times_s[-2]) < 0.4:
            keyed = keyed.with_even_end()
    return keyed(times)


def _arm_track(keys: list[tuple[float, Array]], times: Array, pace: float, rng: np.random.Generator | None) -> Array:
    if rng is not None and len(keys) > 2:
        shift = rng.normal(0.0, 0.02, 3)
        keys = [(t, moved(k, shift)) for t, k in keys[:-1]] + keys[-1:]
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
