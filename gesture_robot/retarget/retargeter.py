"""Human motion to the joints of one robot, from the robot's own axes.

Torso, then neck, then each arm in two parts, each solved for directions: the upper arm and forearm in the chest frame
by the joints up to the forearm, then fingers and palm by the joints after it. So the hand never pulls the arm off its
direction. The head is solved last against the base, so that it looks where the human head looks, whatever the torso
could follow. Every solution starts from the last one and moves no further than the joints can in one frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.body.rotations import matrix_from_rotvec, rotvec_from_matrix
from gesture_robot.checks import Array, frozen_array
from gesture_robot.datatypes import Arm, BodyMotion, FaceMotion, JointTrajectory, RobotModel
from gesture_robot.retarget.chain import Chain, Feature
from gesture_robot.retarget.human import HumanArm, HumanPose, measure
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import tree_of

_X, _Y, _Z = np.eye(3)
_HEADING_WINDOW_S = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class _ArmSolver:
    side: str
    reach: Chain
    """Up to the forearm."""
    wrist: Chain
    """After it."""
    hand: Array
    """Indices of the joints that close the hand."""


class Retargeter:
    """Maps poses frame by frame; keeps the last answer."""

    def __init__(self, model: RobotModel, fps: float = 30.0):
        """Prepare the chains.

        Args:
            model: the robot; limbs it lacks are left at rest.
            fps: how often `pose` is called; joints move no further than their speed allows in between.
        """
        self.model, self._fps = model, fps
        self._kinematics, limbs = Kinematics(model), model.limbs
        chest, tree = limbs.chest_link or limbs.base_link, tree_of(model)
        at_rest = self._kinematics.link_poses(model.rest, [chest, *([limbs.head_link] if limbs.head_link else [])])
        self._torso = Chain(tree, tree.root, _front_and_up(chest, at_rest[chest], 0.4), limbs.torso)
        self._neck = None
        if limbs.head_link:
            self._neck = Chain(tree, chest, _front_and_up(limbs.head_link, at_rest[limbs.head_link], 0.3), limbs.neck)
        self._chest_from_chest_link = at_rest[chest][:3, :3]
        self._arms = [self._arm_solver(side, arm) for side, arm in (("left", limbs.left_arm), ("right", limbs.right_arm)) if arm]
        self.reset()

    def reset(self) -> None:
        """Forget the last answer; the next pose is solved from rest and may be anywhere."""
        self._last: Array | None = None

    def pose(self, rotations: Array) -> Array:
        """Joints (J,) for one human pose (55, 3) in SMPL-X axes, inside the joint limits.

        Raises:
            InvalidInput: wrong shape or not finite.
        """
        rotations = frozen_array(rotations, (55, 3), "pose rotations")
        return self._solve(measure(rotations[None]), 0)

    def motion(self, body: BodyMotion, face: FaceMotion | None = None) -> JointTrajectory:
        """A whole motion, from its first frame; the person's slow heading is taken out, the robot's base stays.

        Args:
            body: the motion; solved frame by frame at its own rate.
            face: unused by robots whose face is a screen.
        """
        fps, self._fps = self._fps, body.fps
        self.reset()
        human = measure(without_heading(body))
        positions = np.array([self._solve(human, frame) for frame in range(len(body.rotations))])
        self._fps = fps
        velocities = np.gradient(positions, 1.0 / body.fps, axis=0) if len(positions) > 1 else np.zeros_like(positions)
        return JointTrajectory(self.model.joint_names, 0.0, np.arange(len(positions)) / body.fps, positions, velocities)

    # --- inside -----------------------------------------------------------------------------------------------

    def _solve(self, human: HumanPose, frame: int) -> Array:
        model, first = self.model, self._last is None
        answer = model.rest.copy() if first else self._last.copy()  # type: ignore[union-attr]
        room = np.inf if first else model.max_velocity / self._fps
        low, high = np.maximum(model.lower, answer - room), np.minimum(model.upper, answer + room)
        rounds = 30 if first else 4
        chest, head = human.base_from_chest[frame], human.base_from_head[frame]
        self._turn(self._torso, np.stack([chest[:, 0], chest[:, 2]]), answer, low, high, rounds)
        if self._neck is not None:
            base_from_chest = self._torso.frames(answer[self._rows(self._torso)])[-1] @ self._after_torso
            self._turn(self._neck, np.stack([head[:, 0], head[:, 2]]) @ base_from_chest, answer, low, high, rounds)
        for solver in self._arms:
            self._solve_arm(solver, human.arms[solver.side], frame, answer, low, high, rounds)
        self._last = np.clip(answer, model.lower, model.upper)
        return self._last.copy()

    def _solve_arm(self, solver: _ArmSolver, human: HumanArm, frame: int, answer: Array, low: Array, high: Array, rounds: int) -> None:
        link = self._chest_from_chest_link
        reach, wrist = solver.reach, solver.wrist
        self._turn(reach, np.stack([human.upper[frame], human.fore[frame]]) @ link, answer, low, high, rounds)
        forearm = reach.frames(answer[self._rows(reach)])[-1] @ self._after[solver.side]
        self._turn(wrist, np.stack([human.fingers[frame], human.palm[frame]]) @ link @ forearm, answer, low, high, rounds)
        answer[solver.hand] = np.clip(human.closed[frame] * self.model.upper[solver.hand], low[solver.hand], high[solver.hand])

    def _turn(self, chain: Chain, targets: Array, answer: Array, low: Array, high: Array, rounds: int) -> None:
        rows = self._rows(chain)
        answer[rows] = chain.solve(targets, answer[rows], self.model.rest[rows], low[rows], high[rows], rounds)

    def _rows(self, chain: Chain) -> Array:
        return self._rows_of[chain.joints]
