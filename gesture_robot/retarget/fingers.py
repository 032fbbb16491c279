"""Joints of a robot's hands: how they follow human fingers, and how a hand lies flat on what it touches."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import Arm, RobotModel
from gesture_robot.retarget.body_shapes import BodyShape
from gesture_robot.retarget.kernel_tree import body_poses
from gesture_robot.retarget.landmarks import palm_axis
from gesture_robot.robots.moving_tree import Bodies, MovingTree

CURLS = ("index", "middle", "pinky", "ring", "thumb")
"""Order of the curls in SMPL-X."""
_STEPS, _ROUNDS = 9, 3
_PER_RAD_M = 0.003
"""A joint moves a radian only if the hand gets so much flatter."""


class Fingers(NamedTuple):
    """F joints of hands."""

    side: Array
    row: Array
    open: Array
    closed: Array
    """(F,)"""
    share: Array
    """(F, 5) of the human curls; sums to 1, or to 0 for a joint that no human finger moves."""
    flat: Array
    """(F,) where the least stands out of the palm."""

    def with_flat(self, model: RobotModel, joints: Array, others: list[tuple[int, int]]) -> Fingers:
        """These with flat positions from joints (J,), and other (side, row), which rest unless the hand lies flat."""
        sides, rows = (np.array([pair[k] for pair in others], np.int64) for k in (0, 1))
        row, rest = np.concatenate([self.row, rows]), np.asarray(model.rest)[rows]
        return Fingers(np.concatenate([self.side, sides]), row, np.concatenate([self.open, rest]),
                       np.concatenate([self.closed, rest]), np.concatenate([self.share, np.zeros((len(rows), 5))]),
                       joints[row].copy())


def finger_joints(model: RobotModel) -> Fingers:
    """As the robot's file says; flat is open."""
    sides, rows, opened, closed, shares = [], [], [], [], []
    for side, arm in enumerate((model.limbs.left_arm, model.limbs.right_arm)):
        if arm is None:
            continue
        groups = [(f.shows, f.joints, f.open, f.closed) for f in arm.fingers] or [
            (CURLS[:4], arm.hand_joints, (0.0,) * len(arm.hand_joints),
             tuple(model.upper[model.index(name)] for name in arm.hand_joints))]
        for shows, joints, straight, bent in groups:
            share = np.array([float(name in shows) for name in CURLS]) / len(shows)
            for name, a, b in zip(joints, straight, bent, strict=True):
                sides.append(side)
                rows.append(model.index(name))
                opened.append(a)
                closed.append(b)
                shares.append(share)
    return Fingers(np.array(sides, np.int64), np.array(rows, np.int64), np.array(opened, float),
                   np.array(closed, float), np.array(shares, float).reshape(-1, 5), np.array(opened, float))


class HandShapes:
    """The shapes of one hand, wherever its joints are."""

    def __init__(self, tree: MovingTree, bodies: Bodies, shapes: list[BodyShape], arm: Arm, side: int):
        self._tree, self.body = tree, bodies.body_of_link[arm.hand_link]
        fixed = bodies.body_from_link[arm.hand_link]
        self._turn = fixed[:3, :3]
        self._wrist = self._turn @ np.array(arm.wrist_m) + fixed[:3, 3]
        self._palm = self._turn @ palm_axis(arm, side)
        inside = {self.body}
        for joint, parent in enumerate(tree.parent):
            if int(parent) in inside:
                inside.add(joint + 1)
        self._hulls = [(s.body, s.full.vertices, s.full.radius_m) for s in shapes if s.body in inside]
        self.rows = np.unique([tree.source[body - 1] for body in inside - {self.body}]).astype(int)
        """Rows of the joints that move parts of the hand."""
        self._rotations, self._positions = np.zeros((len(tree.parent) + 1, 3, 3)), np.zeros((len(tree.parent) + 1, 3))

    def corners(self, q: Array) -> list[tuple[Array, float]]:
        """(K, 3) of each shape in the hand link's axes from the wrist, and the rounding around them [m], at joints."""
        body_poses(self._tree, q, self._rotations, self._positions)
        turn, at = self._rotations[self.body], self._positions[self.body]
        found = []
        for body, vertices, radius in self._hulls:
            points = (vertices @ self._rotations[body].T + self._positions[body] - at) @ turn - self._wrist
            found.append((points @ self._turn, radius))
        return found

    def height_m(self, q: Array) -> float:
        """How far the hand stands out of its palm at joints (J,)."""
        palm = self._turn.T @ self._palm
        return max((float((points @ palm).max()) + radius for points, radius in self.corners(q)), default=0.0)


def flatten(model: RobotModel, hand: HandShapes, q: Array) -> Array:
    """Joints (J,) like q with the hand as flat as it can be: one joint after the other, coarse steps."""
    best, start = q.copy(), q
    for _ in range(_ROUNDS):
        before = best.copy()
        for row in hand.rows:
            tried = np.append(np.linspace(model.lower[row], model.upper[row], _STEPS), [start[row], best[row]])
            costs = []
            for value in tried:
                at = best.copy()
                at[row] = value
                costs.append(hand.height_m(at) + _PER_RAD_M * float(np.abs(at[hand.rows] - start[hand.rows]).sum()))
            best[row] = tried[int(np.argmin(costs))]
        if np.array_equal(before, best):
            break
    return best
