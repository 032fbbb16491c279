"""Human motion to the joints of one robot, from the robot's own axes.

Torso, then neck, then each arm in two parts, each solved for directions: the upper arm and forearm in the chest frame
by the joints up to the forearm, then fingers and palm by the joints after it. So the hand never pulls the arm off its
direction. The head is solved last against the base, so that it looks where the human head looks, whatever the torso
could follow. Every solution starts from the last one and moves no further than the joints can in one frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from gesture_robot.body.rotations import matrix_from_rotvec, rotvec_from_matrix
from gesture_robot.checks import Array, frozen_array
from gesture_robot.datatypes import Arm, BodyMotion, FaceMotion, JointTrajectory, RobotModel
from gesture_robot.errors import InvalidModel
from gesture_robot.retarget.chain import Chain, Feature
from gesture_robot.retarget.human import HumanArm, HumanPose, measure
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import tree_of

_X, _Y, _Z = np.eye(3)
_HEADING_WINDOW_S = 4.0
_SMALL_HEADING_RAD = 0.5


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

        Raises:
            InvalidModel: the limb map names no joint, so nothing could ever move.
        """
        _refuse_without_limbs(model)
        self.model, self.fps = model, fps
        self._rows_of: dict[tuple[str, ...], Array] = {}
        self._kinematics, limbs = Kinematics(model), model.limbs
        chest, tree = limbs.chest_link or limbs.base_link, tree_of(model)
        at_rest = self._kinematics.link_poses(model.rest, [chest, *([limbs.head_link] if limbs.head_link else [])])
        self._link_from_chest = at_rest[chest][:3, :3]
        self._torso = Chain(tree, tree.root, _front_and_up(chest, at_rest[chest], 0.4), limbs.torso)
        self._neck = None
        if limbs.head_link:
            self._neck = Chain(tree, chest, _front_and_up(limbs.head_link, at_rest[limbs.head_link], 0.3), limbs.neck)
        self._arms = [
            self._arm_solver(side, arm, chest)
            for side, arm in (("left", limbs.left_arm), ("right", limbs.right_arm))
            if arm
        ]
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
        fps, self.fps = self.fps, body.fps
        self.reset()
        human = measure(without_heading(body))
        positions = np.array([self._solve(human, frame) for frame in range(len(body.rotations))])
        self.fps = fps
        velocities = np.gradient(positions, 1.0 / body.fps, axis=0) if len(positions) > 1 else np.zeros_like(positions)
        return JointTrajectory(self.model.joint_names, 0.0, np.arange(len(positions)) / body.fps, positions, velocities)

    # --- inside -----------------------------------------------------------------------------------------------

    def _solve(self, human: HumanPose, frame: int) -> Array:
        model, first = self.model, self._last is None
        answer = model.rest.copy() if first else self._last.copy()  # type: ignore[union-attr]
        room = np.inf if first else model.max_velocity / self.fps
        low, high = np.maximum(model.lower, answer - room), np.minimum(model.upper, answer + room)
        rounds = 30 if first else 4
        self._turn(self._torso, human.base_from_chest[frame].T[[0, 2]], answer, low, high, rounds)
        if self._neck is not None:
            base_from_chest = self._torso.orientation(answer[self._rows(self._torso)])
            self._turn(self._neck, human.base_from_head[frame].T[[0, 2]] @ base_from_chest, answer, low, high, rounds)
        for solver in self._arms:
            self._solve_arm(solver, human.arms[solver.side], frame, answer, low, high, rounds)
        self._last = np.clip(answer, model.lower, model.upper)
        return self._last.copy()

    def _solve_arm(
        self, solver: _ArmSolver, human: HumanArm, frame: int, answer: Array, low: Array, high: Array, rounds: int
    ) -> None:
        reach = solver.reach
        self._turn(
            reach, np.stack([human.upper[frame], human.fore[frame]]) @ self._link_from_chest, answer, low, high, rounds
        )
        forearm = self._link_from_chest @ reach.orientation(answer[self._rows(reach)], 1)
        self._turn(
            solver.wrist, np.stack([human.fingers[frame], human.palm[frame]]) @ forearm, answer, low, high, rounds
        )
        answer[solver.hand] = np.clip(
            human.closed[frame] * self.model.upper[solver.hand], low[solver.hand], high[solver.hand]
        )

    def _turn(self, chain: Chain, targets: Array, answer: Array, low: Array, high: Array, rounds: int) -> None:
        rows = self._rows(chain)
        answer[rows] = chain.solve(targets, answer[rows], self.model.rest[rows], low[rows], high[rows], rounds)

    def _rows(self, chain: Chain) -> Array:
        if chain.joints not in self._rows_of:
            self._rows_of[chain.joints] = np.array([self.model.index(name) for name in chain.joints], dtype=int)
        return self._rows_of[chain.joints]

    def _arm_solver(self, side: str, arm: Arm, chest: str) -> _ArmSolver:
        """Limb directions are those between link origins, which stay fixed in the upper arm and in the forearm."""
        poses = self._kinematics.link_poses(self.model.rest, [arm.upper_arm_link, arm.forearm_link, arm.hand_link])
        shoulder, elbow, wrist = (poses[link] for link in (arm.upper_arm_link, arm.forearm_link, arm.hand_link))
        upper = Feature(arm.upper_arm_link, _direction_in(shoulder, elbow))
        fore = Feature(arm.forearm_link, _direction_in(elbow, wrist))
        inward = -_Y if side == "left" else _Y
        tree = tree_of(self.model)
        return _ArmSolver(
            side,
            Chain(tree, chest, (upper, fore), arm.joints),
            Chain(
                tree, arm.forearm_link, (Feature(arm.hand_link, -_Z), Feature(arm.hand_link, inward, 0.7)), arm.joints
            ),
            np.array([self.model.index(name) for name in arm.hand_joints], dtype=int),
        )


def without_heading(body: BodyMotion) -> Array:
    """Rotations (T, 55, 3) with the slowly changing heading of the pelvis taken out: small turns and sways stay."""
    root = matrix_from_rotvec(body.rotations[:, 0])
    heading = np.unwrap(np.arctan2(root[:, 0, 2], root[:, 2, 2]))
    window = max(1, int(round(_HEADING_WINDOW_S * body.fps)))
    if np.abs(heading).max() > _SMALL_HEADING_RAD:
        heading = uniform_filter1d(heading, window, mode="nearest")
    else:
        heading = np.zeros_like(heading)
    upright = np.zeros((len(heading), 3))
    upright[:, 1] = -heading
    rotations = body.rotations.copy()
    rotations[:, 0] = rotvec_from_matrix(matrix_from_rotvec(upright) @ root)
    return np.asarray(rotations)


def _refuse_without_limbs(model: RobotModel) -> None:
    limbs = model.limbs
    if not (limbs.torso or limbs.neck or limbs.left_arm or limbs.right_arm):
        raise InvalidModel(
            f"robot '{model.name}': no arm, neck or torso was recognised; give a {model.name}.yaml beside the URDF "
            f"with `limbs:` like config/robots/wren.yaml. Joints: {', '.join(model.joint_names)}."
        )


def _front_and_up(link: str, base_from_link: Array, up_weight: float) -> tuple[Feature, Feature]:
    """The link's directions that point forward and up at rest; forward is what must be met."""
    return Feature(link, base_from_link[:3, :3].T @ _X), Feature(link, base_from_link[:3, :3].T @ _Z, up_weight)


def _direction_in(base_from_link: Array, base_from_next: Array) -> Array:
    way = base_from_link[:3, :3].T @ (base_from_next[:3, 3] - base_from_link[:3, 3])
    return np.asarray(way / max(float(np.linalg.norm(way)), 1e-9))
