"""Human motions to measure retargeting with: made, not captured, so that anybody may repeat a measurement.

    from gesture_robot.evaluation.human_motions import accuracy_set, contact_clips, gesture_clips, random_motion

    for clip in accuracy_set():                       # 12 clips, about 1,200 frames: range, named gestures, contacts
        trajectory = Retargeter(model).motion(clip.body)
        for contact in clip.contacts:                 # two landmarks that touch in the frames `contact.held`
            print(clip.name, contact.name, contact.held.sum())
    every = gesture_clips() + contact_clips()         # all the named gestures, all the contacts
    body = random_motion(20 * 60.0, seed=1)           # 20 minutes that fill the human range, for speed and safety
    wild = random_pose(np.random.default_rng(0))      # (55, 3), one pose of that range

Minimum-jerk moves between random poses inside human joint limits, at the pace of a lively speaker; limbs keep clear of
the trunk and of each other on the way, by capsules. The pelvis stays upright: what leans is the spine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gesture_robot.body.rotations import quaternion_from_rotvec, rotvec_from_quaternion, slerp
from gesture_robot.body.skeleton import LEFT_HAND, RIGHT_HAND, forward_kinematics, joint_index
from gesture_robot.checks import Array, check_range
from gesture_robot.datatypes import BodyMotion
from gesture_robot.evaluation.human_contacts import CONTACTS, Contact, contact_motion
from gesture_robot.evaluation.human_range import ARM_JOINTS, HANGING, MIRROR, arm_rotations, clearance_m, random_arms
from gesture_robot.gesture.curves import Keys, ease, wander
from gesture_robot.gesture.hands import SHAPES, finger_rotations, shape
from gesture_robot.gesture.library import gesture_names, make_gesture

FPS = 30.0
_SIDES = ("left", "right")
_BOTH_ARMS = ARM_JOINTS["left"] + ARM_JOINTS["right"]
_SPINE = [joint_index(name) for name in ("spine1", "spine2", "spine3")]
_NECK, _HEAD = joint_index("neck"), joint_index("head")
_WRISTS = [joint_index("left_wrist"), joint_index("right_wrist")]
_CLEAR_M = 0.005
_TRIALS, _LOOKS = 6, 7
_PEAK_RAD_S = np.array([1.5, 3.2, 6.0, 6.0] * 2)
"""Fastest turn of collar, shoulder, elbow and wrist, both arms: the 98th percentile of a lively speaker or so."""
_PEAK_OVER_MEAN, _PEAK_M_S, _SHORTEST_S = 1.875, 1.45, 0.32
_LEAN_RAD = np.radians([9.0, 10.0, 6.0])
_LEAN_MEAN_RAD = np.radians([7.0, 0.0, 0.0])  # with its swing 16 deg forward, and turned and tilted 18 deg in all
_GAZE_RAD = np.radians([24.0, 45.0, 14.0])


@dataclass(frozen=True, slots=True, eq=False)
class HumanClip:
    """A motion and the contacts that it shows."""

    name: str
    body: BodyMotion
    contacts: tuple[Contact, ...] = ()


def accuracy_set(seed: int = 0) -> tuple[HumanClip, ...]:
    """Twelve clips, about 1,200 frames: a third random poses, a third named gestures, a third contacts."""
    wide = tuple(HumanClip(f"range_{k}", random_motion(3.67, seed=100 * seed + k)) for k in range(4))
    named = tuple(c for c in gesture_clips(seed) if c.name in ("wave", "point", "open_palms", "welcome"))
    touching = contact_clips(seed, ("prayer", "applause", "folded_arms", "hand_on_heart"))
    return wide + named + touching


def gesture_clips(seed: int = 0) -> tuple[HumanClip, ...]:
    """Every named gesture, with the variation of a seed."""
    return tuple(HumanClip(n, make_gesture(n, rng=np.random.default_rng(seed))) for n in gesture_names())


def contact_clips(seed: int = 0, names: Sequence[str] = tuple(CONTACTS)) -> tuple[HumanClip, ...]:
    """Of contact gestures, by default all: hands together, applause, hand on heart, chin and mouth, folded arms, ..."""
    return tuple(HumanClip(name, *contact_motion(name, seed=seed)) for name in names)


def random_pose(rng: np.random.Generator) -> Array:
    """(55, 3) one pose of the human range, limbs clear of the body."""
    return _clear_pose(rng)[0]


def random_motion(seconds: float, *, seed: int = 0, pace: float = 1.0) -> BodyMotion:
    """Smooth motion through random poses at 30 fps.

    Args:
        seconds: its length; minutes and hours are fine.
        seed: the same seed gives the same motion.
        pace: 1 is a lively speaker's; 2 is twice as fast.

    Raises:
        InvalidInput: a length below one frame or a pace outside 0.1 to 10.
    """
    check_range(seconds, 1.0 / FPS, 1e6, "seconds")
    check_range(pace, 0.1, 10.0, "pace")
    rng, count = np.random.default_rng(seed), max(1, int(round(seconds * FPS)))
    times = np.arange(count) / FPS
    rotations = np.zeros((count, 55, 3))
    _move_trunk(rotations, times, rng)
    _move_fingers(rotations, times, rng)
    _move_arms(rotations, times, rng, pace)
    return BodyMotion(FPS, rotations, np.zeros((count, 3)))


def _move_trunk(rotations: Array, times: Array, rng: np.random.Generator) -> None:
    lean = _LEAN_MEAN_RAD + _LEAN_RAD * np.tanh(0.8 * wander(times, rng, 3, 5.0))
    rotations[:, _SPINE] = lean[:, None, :] * np.array([0.30, 0.35, 0.35])[:, None]
    gaze = _GAZE_RAD * np.tanh(0.6 * wander(times, rng, 3, 4.5))
    rotations[:, _NECK], rotations[:, _HEAD] = 0.45 * gaze, 0.55 * gaze


def _move_fingers(rotations: Array, times: Array, rng: np.random.Generator) -> None:
    for side, hand in zip(_SIDES, (LEFT_HAND, RIGHT_HAND), strict=True):
        at = np.cumsum(rng.uniform(0.7, 1.8, int(times[-1] / 0.7) + 3)) - 1.0
        named = np.array([shape(name) for name in SHAPES])[rng.integers(len(SHAPES), size=len(at))]
        between = rng.uniform(0.4, 1.0, (len(at), 1))
        keys = between * named + (1.0 - between) * shape("relaxed")
        fingers = finger_rotations(Keys.at_rest(at, keys)(times))
        rotations[:, hand] = fingers if side == "left" else fingers * MIRROR


def _move_arms(rotations: Array, times: Array, rng: np.random.Generator, pace: float) -> None:
    """Both arms, move by move; a move that would touch the body gives way to another target."""
    at_s, here = 0.0, _both(np.stack([HANGING, HANGING]))
    here = _clear_pose(rng)[1] if rng.uniform() < 0.5 else here
    while at_s < times[-1] + 1e-9:
        frame = min(int(at_s * FPS), len(times) - 1)
        target, took_s = _next_target(rotations[frame], here, rng)
        took_s = took_s * rng.uniform(0.85, 1.2) / pace
        held_s = rng.exponential(0.06) / pace
        rows = (times >= at_s - 1e-9) & (times < at_s + took_s + held_s)
        share = ease((times[rows] - at_s) / took_s)
        rotations[np.flatnonzero(rows)[:, None], _BOTH_ARMS] = rotvec_from_quaternion(_between(here, target, share))
        here, at_s = target, at_s + took_s + held_s


def _next_target(trunk: Array, here: Array, rng: np.random.Generator) -> tuple[Array, float]:
    """Arms (8, 4) as quaternions to go to, and the shortest natural time for it [s]."""
    for _ in range(20):
        angles = np.stack([random_arms(rng, _TRIALS), random_arms(rng, _TRIALS)], axis=1)
        if rng.uniform() < 0.35:  # hands often do the same
            angles[:, 1] = angles[:, 0]
        targets = np.array([_both(a) for a in angles])
        near = rng.uniform(0.6, 1.0, (_TRIALS, 8))
        near[:, [1, 5]] *= rng.uniform(0.3, 1.0, (_TRIALS, 2))  # the upper arm rarely crosses its whole range
        targets = slerp(np.broadcast_to(here, targets.shape), targets, near)
        way = _between(here[None], targets, np.linspace(0.0, 1.0, _LOOKS)[:, None])
        poses = np.broadcast_to(trunk, (_LOOKS, _TRIALS, 55, 3)).copy()
        poses[:, :, _BOTH_ARMS] = rotvec_from_quaternion(way)
        room = clearance_m(poses.reshape(-1, 55, 3)).reshape(_LOOKS, _TRIALS)
        free = np.flatnonzero(room.min(axis=0) > np.minimum(room[0], _CLEAR_M) - 0.002)
        if len(free):
            pick = int(free[0])
            return targets[pick], _least_s(here, targets[pick], poses[:, pick])
    return here, 0.3


def _least_s(here: Array, target: Array, poses: Array) -> float:
    turn = 2.0 * np.arccos(np.clip(np.abs((here * target).sum(-1)), 0.0, 1.0))
    wrists = forward_kinematics(poses, fingers=False)[0][:, _WRISTS]
    way_m = np.linalg.norm(np.diff(wrists, axis=0), axis=-1).sum(axis=0).max()
    slowest = max(float((turn / _PEAK_RAD_S).max()), float(way_m) / _PEAK_M_S)
    return max(_PEAK_OVER_MEAN * slowest, _SHORTEST_S)


def _clear_pose(rng: np.random.Generator) -> tuple[Array, Array]:
    """A pose (55, 3) whose limbs are clear of the body, and its arms (8, 4) as quaternions."""
    pose, times = np.zeros((1, 55, 3)), np.array([rng.uniform(0.0, 60.0)])
    _move_trunk(pose, times, rng)
    for hand, sign in ((LEFT_HAND, 1.0), (RIGHT_HAND, MIRROR)):
        pose[:, hand] = finger_rotations(shape(str(rng.choice(list(SHAPES))))[None]) * sign
    while True:
        pairs = np.array([_both(pair) for pair in random_arms(rng, 2 * _TRIALS).reshape(_TRIALS, 2, -1)])
        poses = np.repeat(pose, _TRIALS, axis=0)
        poses[:, _BOTH_ARMS] = rotvec_from_quaternion(pairs)
        free = np.flatnonzero(clearance_m(poses) > _CLEAR_M)
        if len(free):
            return poses[free[0]], pairs[free[0]]


def _both(angles: Array) -> Array:
    """(2, 7) angles left and right -> (8, 4) quaternions of _BOTH_ARMS."""
    left, right = arm_rotations(angles)
    return quaternion_from_rotvec(np.concatenate([left, right * MIRROR]))


def _between(start: Array, end: Array, share: Array) -> Array:
    """Quaternions (T, ..., 8, 4) on the way; `share` (T, ...) in [0, 1]."""
    shape_ = np.broadcast_shapes(share.shape + (8, 4), start.shape, end.shape)
    return slerp(np.broadcast_to(start, shape_), np.broadcast_to(end, shape_), np.asarray(share)[..., None])
