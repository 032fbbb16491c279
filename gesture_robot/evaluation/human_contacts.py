"""Gestures whose meaning is a touch: hands together, hand on heart, to the chin, folded arms, ...

Each is solved on the human (a small inverse kinematics over the angles of the arms), so that two landmarks of the body
meet within a millimetre while the contact is held. A robot shows the gesture when the same landmarks meet on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import least_squares

from gesture_robot.body.rotations import quaternion_from_rotvec, rotvec_from_quaternion, slerp
from gesture_robot.body.skeleton import LEFT_HAND, OFFSETS, RIGHT_HAND, forward_kinematics, joint_index
from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import UnknownName
from gesture_robot.evaluation.human_range import (
    ARM_HIGH,
    ARM_JOINTS,
    ARM_LOW,
    HANGING,
    MIRROR,
    PALM,
    arm_rotations,
    clearances_m,
)
from gesture_robot.gesture.curves import ease
from gesture_robot.gesture.hands import finger_rotations, shape

FPS = 30.0
PALM_ALONG = 0.75
"""Where the centre of the palm is, from the wrist (0) to the knuckle of the middle finger (1)."""


@dataclass(frozen=True, slots=True, eq=False)
class Landmark:
    """A point of the body's surface."""

    joint: str
    """SMPL-X joint that carries it."""
    offset_m: tuple[float, float, float]
    """In the joint's frame, SMPL-X axes at the zero pose."""
    normal: tuple[float, float, float]
    """Unit, out of the body."""


@dataclass(frozen=True, slots=True, eq=False)
class Contact:
    """Two landmarks that touch, their surfaces facing each other, in some frames of a motion."""

    name: str
    first: Landmark
    """Always of a hand."""
    second: Landmark
    held: Array
    """(T,) bool."""


def _hand(side: str, along: float, thickness_m: float, *, back: bool = False) -> Landmark:
    """A point of the palm, `along` from the wrist (0) to the knuckle (1), or of the back of the hand."""
    knuckle = OFFSETS[joint_index("left_middle1")]
    sign = -1.0 if back else 1.0
    at = along * knuckle + sign * thickness_m * PALM
    flip = np.array([1.0 if side == "left" else -1.0, 1.0, 1.0])
    return Landmark(f"{side}_wrist", _three(at * flip), _three(sign * PALM * flip))


def _three(values: Array) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


_LEFT_PALM, _RIGHT_PALM = _hand("left", PALM_ALONG, 0.022), _hand("right", PALM_ALONG, 0.022)
_LEFT_FINGERS, _RIGHT_FINGERS = _hand("left", 1.3, 0.014), _hand("right", 1.3, 0.014)
_HEART = Landmark("spine3", (0.045, 0.065, 0.125), (0.2, 0.0, 0.98))
_CHIN, _MOUTH = Landmark("head", (0.0, -0.035, 0.10), (0.0, -0.5, 0.866)), Landmark("head", (0, 0.0, 0.115), (0, 0, 1))
_SCALP = Landmark("head", (-0.075, 0.14, 0.0), (-0.7, 0.714, 0.0))
_HIPS = [Landmark("pelvis", (s * 0.175, 0.01, 0.015), (s * 1.0, 0.0, 0.0)) for s in (1.0, -1.0)]


def _upper_arm(side: str, share: float) -> Landmark:
    """Front of the upper arm, at a share of the way from the shoulder to the elbow."""
    sign = 1.0 if side == "left" else -1.0
    along = share * OFFSETS[joint_index("left_elbow")] * np.array([sign, 1.0, 1.0])
    normal = np.array([0.0, -0.35, 0.94])
    normal /= np.linalg.norm(normal)
    return Landmark(f"{side}_shoulder", _three(along + 0.045 * normal), _three(normal))


@dataclass(frozen=True, slots=True, eq=False)
class _Touch:
    pairs: tuple[tuple[Landmark, Landmark], ...]
    left: tuple[float, ...] | None
    right: tuple[float, ...]
    """Angles in degrees to start the search from; None: the arm hangs."""
    fingers: str = "flat"
    facing: float = 1.0
    """Weight of the surfaces facing each other."""
    keep: float = 0.02
    """Weight of the angles to start from."""
    apart_m: float = 0.0
    """Distance between the hands at the other end of every clap."""
    after_s: float = 0.0
    """The left arm comes so much later than the right, and leaves so much earlier: else they would meet."""


#            elevation azimuth humeral elbow pronation wrist
_TOGETHER = (52.0, 22.0, 42.0, 102.0, -5.0, -50.0, 0.0)
_CROSSED = ((30.0, 12.0, 72.0, 92.0, 40.0, 0.0, 0.0), (44.0, 14.0, 78.0, 98.0, 30.0, 0.0, 0.0))
CONTACTS: dict[str, _Touch] = {
    "prayer": _Touch(((_RIGHT_PALM, _LEFT_PALM),), _TOGETHER, _TOGETHER),
    "applause": _Touch(((_RIGHT_PALM, _LEFT_PALM),), _TOGETHER, _TOGETHER, apart_m=0.14),
    "hand_on_heart": _Touch(((_RIGHT_PALM, _HEART),), None, (30.0, 30.0, 65.0, 115.0, 10.0, 5.0, 0.0)),
    "hand_to_chin": _Touch(((_RIGHT_FINGERS, _CHIN),), None, (45.0, 15.0, 20.0, 135.0, 0.0, 0.0, 0.0), "relaxed", 0.15),
    "hand_to_mouth": _Touch(((_RIGHT_FINGERS, _MOUTH),), None, (50.0, 30.0, 45.0, 135.0, 20.0, 0.0, 0.0), "flat", 0.2),
    "folded_arms": _Touch(
        ((_RIGHT_FINGERS, _upper_arm("left", 0.75)), (_LEFT_FINGERS, _upper_arm("right", 0.6))),
        *_CROSSED,
        "relaxed",
        0.15,
        0.1,
        after_s=0.5,
    ),
    "hands_on_hips": _Touch(
        ((_RIGHT_PALM, _HIPS[1]), (_LEFT_PALM, _HIPS[0])),
        (40.0, 100.0, 40.0, 95.0, 40.0, 10.0, 0.0),
        (40.0, 100.0, 40.0, 95.0, 40.0, 10.0, 0.0),
        "relaxed",
        0.1,
    ),
    "scratch_head": _Touch(
        ((_RIGHT_FINGERS, _SCALP),), None, (95.0, 70.0, -10.0, 135.0, 0.0, 10.0, 0.0), "relaxed", 0.1
    ),
}
"""Contact gestures by name."""
_START_S, _PREPARE_S, _HOLD_S, _RETRACT_S, _CLAP_S = 0.1, 0.7, 1.2, 0.9, 0.50
_CLAPS = 3
_CLEAR_M, _PRESSED_M = 0.01, 0.004
_MORE_RAD = np.radians([0.0, 10.0, 10.0, 5.0, 10.0, 25.0, 15.0])  # a touch goes nearer to the ends of the joints
_SPINE = [joint_index(name) for name in ("spine1", "spine2", "spine3")]
_HEAD = [joint_index("neck"), joint_index("head")]
_LEFT_ARM = ARM_JOINTS["left"] + list(range(LEFT_HAND.start, LEFT_HAND.stop))


def contact_motion(name: str, *, seed: int = 0) -> tuple[BodyMotion, tuple[Contact, ...]]:
    """From rest to the contact, held (or clapped), and back.

    Args:
        name: one of CONTACTS.
        seed: leans and turns trunk and head a little differently.

    Raises:
        UnknownName: no such gesture.
    """
    if name not in CONTACTS:
        raise UnknownName("contact gesture", name, CONTACTS)
    touch = CONTACTS[name]
    rest, held, opened = _key_poses(name, seed)
    claps = _CLAPS if touch.apart_m else 0
    hold_s = claps * _CLAP_S if claps else _HOLD_S
    wait_s = touch.after_s
    times = np.arange(int(round((2 * (_START_S + wait_s) + _PREPARE_S + hold_s + _RETRACT_S) * FPS)) + 1) / FPS
    after = times - _START_S - wait_s - _PREPARE_S
    share = np.repeat(_there(after, hold_s, wait_s)[:, None], 55, axis=1)
    share[:, _LEFT_ARM] = _there(after, hold_s, 0.0)[:, None]
    every = (len(times), 55, 3)
    poses = _mix(np.broadcast_to(rest, every), np.broadcast_to(held, every), share)
    on = (after >= -1e-9) & (after <= hold_s + 1e-9)
    if claps:
        phase = np.where(on, np.mod(after + 1e-9, _CLAP_S) / _CLAP_S, 0.0)
        apart = ease(2.5 * phase) - ease(2.5 * phase - 1.0)  # a fifth of the time together
        poses[on] = _mix(np.broadcast_to(held, poses[on].shape), np.broadcast_to(opened, poses[on].shape),
                         apart[on, None])
        on &= apart < 1e-4
    contacts = tuple(Contact(f"{name}_{k}", a, b, on) for k, (a, b) in enumerate(touch.pairs))
    return BodyMotion(FPS, poses, np.zeros((len(poses), 3))), contacts


def landmark_m(rotations: Array, landmark: Landmark) -> tuple[Array, Array]:
    """Where a landmark is (T, 3) [m] and its normal (T, 3) in poses (T, 55, 3), SMPL-X axes, pelvis at the origin."""
    return _landmark(*forward_kinematics(rotations), landmark)


def _landmark(positions: Array, frames: Array, landmark: Landmark) -> tuple[Array, Array]:
    row = joint_index(landmark.joint)
    at = positions[:, row] + frames[:, row] @ np.array(landmark.offset_m)
    return np.asarray(at), np.asarray(frames[:, row] @ np.array(landmark.normal))


@lru_cache(maxsize=64)
def _key_poses(name: str, seed: int) -> tuple[Array, Array, Array]:
    """(55, 3) at rest, in contact, and with the hands apart."""
    touch, rng = CONTACTS[name], np.random.default_rng([seed, sorted(CONTACTS).index(name)])
    rest = _pose(HANGING, HANGING, touch.fingers)
    base = rest.copy()
    base[_SPINE] = np.radians(rng.uniform([0, -5, -2], [12, 5, 2])) / 3.0
    base[_HEAD] = np.radians(rng.uniform([0, -8, -4], [10, 8, 4])) / 2.0
    held = _solve(touch, base, 0.0)
    return rest, held, _solve(touch, base, touch.apart_m) if touch.apart_m else held


def _solve(touch: _Touch, base: Array, apart_m: float) -> Array:
    """Least squares over the angles of the arms that take part."""
    start = np.radians([*(touch.left or ()), *touch.right])
    low, high = np.tile(ARM_LOW - _MORE_RAD, len(start) // 7), np.tile(ARM_HIGH + _MORE_RAD, len(start) // 7)

    def posed(angles: Array) -> Array:
        poses = np.broadcast_to(base, (len(angles), 55, 3)).copy()
        poses[:, ARM_JOINTS["right"]] = arm_rotations(angles[:, -7:]) * MIRROR
        if touch.left is not None:
            poses[:, ARM_JOINTS["left"]] = arm_rotations(angles[:, :7])
        return poses

    def wrong(angles: Array) -> Array:
        """(K, n) candidates at once -> (K, R): that is what makes the differences of the Jacobian cheap."""
        body = forward_kinematics(posed(angles))
        room = 100.0 * np.minimum(clearances_m(*body, hands=False) - _CLEAR_M, 0.0)
        pressed = 55.0 * np.minimum(clearances_m(*body)[:, 2:] + _PRESSED_M, 0.0)
        parts = [touch.keep * (angles - start), room, pressed]
        for a, b in touch.pairs:
            (at_a, out_a), (at_b, out_b) = _landmark(*body, a), _landmark(*body, b)
            parts += [200.0 * (at_a - at_b - apart_m * out_b), touch.facing * (out_a + out_b)]
        return np.concatenate(parts, axis=1)

    def slopes(angles: Array) -> Array:
        around = np.concatenate([angles[None], angles + 1e-6 * np.eye(len(angles))])
        values = wrong(around)
        return np.asarray((values[1:] - values[0]).T / 1e-6)

    found = least_squares(
        lambda x: wrong(x[None])[0],
        np.clip(start, low + 1e-3, high - 1e-3),
        slopes,
        bounds=(low, high),
        ftol=1e-6,
        max_nfev=150,
    )
    return np.asarray(posed(found.x[None])[0])


def _pose(left: Array, right: Array, fingers: str) -> Array:
    pose = np.zeros((55, 3))
    pose[ARM_JOINTS["left"]], pose[ARM_JOINTS["right"]] = arm_rotations(left), arm_rotations(right) * MIRROR
    hand = finger_rotations(shape(fingers)[None])[0]
    pose[LEFT_HAND], pose[RIGHT_HAND] = hand, hand * MIRROR
    return pose


def _there(after_s: Array, hold_s: float, wait_s: float) -> Array:
    """(T,) share of the held pose, reached `wait_s` before time 0 and left so much after the hold."""
    return np.asarray(ease((after_s + wait_s + _PREPARE_S) / _PREPARE_S)
                      * ease((hold_s + wait_s + _RETRACT_S - after_s) / _RETRACT_S))


def _mix(start: Array, end: Array, share: Array) -> Array:
    """(T, 55, 3) between poses (T, 55, 3), a share (T, 1 or 55) for each joint."""
    turned = slerp(quaternion_from_rotvec(start), quaternion_from_rotvec(end), share)
    return np.asarray(rotvec_from_quaternion(turned))
