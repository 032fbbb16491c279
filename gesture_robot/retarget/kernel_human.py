"""What retargeting needs from one human pose, compiled: frames, limb directions, finger curls, landmarks.

Everything comes out in REP-103 axes (x forward, y left, z up), the arms in the frame of the chest (spine3).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gesture_robot.body.skeleton import OFFSETS, PARENTS, joint_index
from gesture_robot.checks import Array
from gesture_robot.compiled import inner_kernel, kernel
from gesture_robot.retarget.axes import base_from_smplx
from gesture_robot.retarget.kernel_rotation import (
    make_unit,
    multiply,
    multiply_transposed,
    set_cross,
    set_rotvec,
    turn,
    turn_back,
)

STRAIGHT_SINE = 0.15
"""Below this sine of the elbow's angle the upper arm's own twist tells where the elbow would bend."""
FINGER_FULL_RAD = 4.0
"""Sum of a finger's three angles with the hand closed."""
THUMB_FULL_RAD = 2.05
_BODY = np.array([0, 3, 6, 9, 12, 15, 13, 16, 18, 20, 14, 17, 19, 21])
"""Joints that matter, parents first: spine, neck, head, then left and right collar, shoulder, elbow, wrist."""


class HumanPlan(NamedTuple):
    """The body that moves: its proportions and where the surface points of contact lie."""

    joints: Array
    """(B,) SMPL-X joints, parents first."""
    parents: Array
    """(B,) rows of the parents, -1 for the pelvis."""
    offsets: Array
    """(B, 3) in the parent's frame at the zero pose [m], REP-103 axes."""
    knuckle: Array
    """(2, 3) unit vector from the wrist to the middle finger in the hand's frame."""
    palm: Array
    """(2, 3) unit vector out of the palm there."""
    palm_m: Array
    """(2, 3) centre of the palm's surface in the hand's frame, from the wrist [m]."""
    basis: Array
    """(3, 3) base_from_smplx."""


class Human(NamedTuple):
    """One pose. Directions are unit; sides are left, right."""

    chest: Array
    """(3, 3) base_from_chest."""
    head: Array
    """(3, 3) base_from_head."""
    upper: Array
    """(2, 3) shoulder to elbow, chest frame."""
    fore: Array
    """(2, 3) elbow to wrist."""
    hinge: Array
    """(2, 3) about which the elbow bends: upper x fore."""
    fingers: Array
    """(2, 3) wrist to knuckles."""
    palm: Array
    """(2, 3) out of the palm."""
    curl: Array
    """(2, 5) index, middle, pinky, ring, thumb: 0 straight, 1 closed."""
    positions: Array
    """(B, 3) of the joints in the chest frame, from spine3 [m]."""
    palm_point: Array
    """(2, 3) centre of the palm's surface in the chest frame [m]."""
    frames: Array
    """(B, 3, 3) scratch: orientations in the base."""


def human_plan(offsets: Array | None = None) -> HumanPlan:
    """The plan of a body with joint offsets (55, 3) in SMPL-X axes [m]; average proportions when None."""
    given = OFFSETS if offsets is None else offsets
    parents = [int(np.flatnonzero(PARENTS[j] == _BODY)[0]) if j else -1 for j in _BODY]
    knuckles, palms, points = [], [], []
    for side in ("left", "right"):
        reach = base_from_smplx(given[joint_index(f"{side}_middle1")])
        knuckle = reach / np.linalg.norm(reach)
        palm = np.array([0.0, 0.0, -1.0]) + knuckle[2] * knuckle
        palm /= np.linalg.norm(palm)
        knuckles.append(knuckle)
        palms.append(palm)
        points.append(0.75 * reach + 0.015 * palm)  # a hand is about 3 cm thick
    return HumanPlan(_BODY.copy(), np.array(parents), np.ascontiguousarray(base_from_smplx(given[_BODY])),
                     np.array(knuckles), np.array(palms), np.array(points),
                     np.ascontiguousarray(base_from_smplx(np.eye(3)).T))


def empty_human() -> Human:
    """Arrays to be filled by `measure_pose`."""
    upper, fore, hinge, fingers, palm, point = np.zeros((6, 2, 3))
    return Human(np.eye(3), np.eye(3), upper, fore, hinge, fingers, palm, np.zeros((2, 5)), np.zeros((len(_BODY), 3)),
                 point, np.zeros((len(_BODY), 3, 3)))


@kernel
def measure_pose(plan: HumanPlan, rotations: Array, human: Human) -> None:
    """Fill `human` from rotations (55, 3), parent-relative axis-angle in SMPL-X axes."""
    local, rotvec, step = np.empty((3, 3)), np.empty(3), np.empty(3)
    positions, frames = human.positions, human.frames
    for row in range(len(plan.joints)):
        turn(plan.basis, rotations[plan.joints[row]], rotvec)  # a rotation's axis turns like a vector
        set_rotvec(rotvec, local)
        parent = plan.parents[row]
        if parent < 0:
            frames[row] = local
            positions[row] = 0.0
        else:
            multiply(frames[parent], local, frames[row])
            turn(frames[parent], plan.offsets[row], step)
            for k in range(3):
                positions[row, k] = positions[parent, k] + step[k]
    human.chest[:] = frames[3]
    human.head[:] = frames[5]
    _into_chest(human)
    for side in range(2):
        _measure_arm(plan, human, side)
        _measure_fingers(rotations, human, side)


@inner_kernel
def _into_chest(human: Human) -> None:
    """Positions from the base at the pelvis to the chest frame."""
    away, origin = np.empty(3), human.positions[3].copy()
    for row in range(len(human.positions)):
        for k in range(3):
            away[k] = human.positions[row, k] - origin[k]
        turn_back(human.chest, away, human.positions[row])


@inner_kernel
def _measure_arm(plan: HumanPlan, human: Human, side: int) -> None:
    shoulder, elbow, wrist = 7 + 4 * side, 8 + 4 * side, 9 + 4 * side
    upper, fore, hinge, twist, hand = (
        human.upper[side], human.fore[side], human.hinge[side], np.empty(3), np.empty((3, 3)))
    for k in range(3):
        upper[k] = human.positions[elbow, k] - human.positions[shoulder, k]
        fore[k] = human.positions[wrist, k] - human.positions[elbow, k]
    make_unit(upper)
    make_unit(fore)
    set_cross(upper, fore, hinge)
    sine = make_unit(hinge)
    multiply_transposed(human.chest, human.frames[shoulder], hand)
    for k in range(3):  # at the zero pose the elbows bend forward: about -z left, +z right
        twist[k] = hand[k, 2] * (2.0 * side - 1.0)
    share = min(1.0, sine / STRAIGHT_SINE)
    for k in range(3):
        hinge[k] = share * hinge[k] + (1.0 - share) * twist[k]
    make_unit(hinge)
    multiply_transposed(human.chest, human.frames[wrist], hand)
    turn(hand, plan.knuckle[side], human.fingers[side])
    turn(hand, plan.palm[side], human.palm[side])
    turn(hand, plan.palm_m[side], human.palm_point[side])
    for k in range(3):
        human.palm_point[side, k] += human.positions[wrist, k]


@inner_kernel
def _measure_fingers(rotations: Array, human: Human, side: int) -> None:
    first, sign = 25 + 15 * side, 2.0 * side - 1.0
    for finger in range(4):
        total = 0.0
        for k in range(3):
            total += sign * rotations[first + 3 * finger + k, 2]
        human.curl[side, finger] = min(max(total / FINGER_FULL_RAD, 0.0), 1.0)
    total = 0.0
    for k in range(3):  # the left thumb closes across the palm about +y
        total -= sign * rotations[first + 12 + k, 1]
    human.curl[side, 4] = min(max(total / THUMB_FULL_RAD, 0.0), 1.0)
