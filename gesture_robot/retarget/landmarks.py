"""Where a robot's shoulders, elbows, wrists and axes are at rest, in frames with the robot's front, left and up."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import Arm, RobotModel
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import tree_of


class Landmarks:
    """Fixed places and directions of one robot at rest. Lengths in metres, directions unit."""

    def __init__(self, model: RobotModel):
        self.model, self.tree, self.kinematics = model, tree_of(model), Kinematics(model)
        self._at: dict[str, Array] = {}
        self.chest = model.limbs.chest_link or model.limbs.base_link
        self.root_turn = aligned(np.array(model.limbs.front_axis, float))
        """(3, 3) base_from_root: x to the front."""
        self.chest_turn = self.root_turn @ self.at(self.chest)[:3, :3]
        """(3, 3) the chest link's axes to the robot's front, left and up."""

    def at(self, link: str) -> Array:
        """(4, 4) root_from_link at rest."""
        if link not in self._at:
            self._at[link] = self.kinematics.pose(self.model.rest, link)
        return self._at[link]

    def from_chest(self, link: str) -> Array:
        """(4, 4) chest_from_link at rest, the chest's axes along the robot's front, left and up."""
        found, pose = np.eye(4), self.at(link)
        found[:3, :3] = self.root_turn @ pose[:3, :3]
        found[:3, 3] = self.root_turn @ (pose[:3, 3] - self.at(self.chest)[:3, 3])
        return found

    def arm(self, arm: Arm) -> tuple[Array, Array, Array]:
        """Shoulder, elbow, wrist (3,) in the chest frame."""
        found = [self.from_chest(link)[:3] @ np.append(at, 1.0) for link, at in (
            (arm.upper_arm_link, arm.shoulder_m), (arm.forearm_link, arm.elbow_m), (arm.hand_link, arm.wrist_m))]
        return found[0], found[1], found[2]

    def arm_length(self, arm: Arm) -> float:
        """Shoulder to elbow to wrist."""
        shoulder, elbow, wrist = self.arm(arm)
        return float(np.linalg.norm(elbow - shoulder) + np.linalg.norm(wrist - elbow))

    def wrist_in_forearm(self, arm: Arm) -> Array:
        """(3,) in the forearm link, the joints after it at rest."""
        pose = np.linalg.inv(self.at(arm.forearm_link)) @ self.at(arm.hand_link)
        return np.asarray(pose[:3] @ np.append(arm.wrist_m, 1.0))

    def directions(self, arm: Arm) -> tuple[Array, Array, Array]:
        """Shoulder to elbow and the hinge in the upper arm link, elbow to wrist in the forearm link.

        The hinge is upper x fore where the elbow is in the middle of its range.
        """
        model, bent = self.model, self.model.rest.copy()
        elbow = self.elbow_joint(arm)
        row = model.index(elbow)
        bent[row] = 0.5 * (model.lower[row] + model.upper[row])
        upper_link, fore_link, hand_link = self.kinematics.link_poses(
            bent, (arm.upper_arm_link, arm.forearm_link, arm.hand_link)).values()
        shoulder, joint, wrist = (pose[:3, :3] @ np.array(at) + pose[:3, 3] for pose, at in (
            (upper_link, arm.shoulder_m), (fore_link, arm.elbow_m), (hand_link, arm.wrist_m)))
        upper, fore = unit(joint - shoulder), unit(wrist - joint)
        hinge = np.cross(upper, fore)
        if np.linalg.norm(hinge) < 1e-3:  # straight in the middle of its range: take the joint's own axis
            hinge = fore_link[:3, :3] @ self.tree.joints[elbow].axis
        return upper_link[:3, :3].T @ upper, fore_link[:3, :3].T @ fore, upper_link[:3, :3].T @ unit(hinge)

    def hinge(self, arm: Arm) -> Array:
        """(3,) the hinge at rest in the chest frame."""
        return np.asarray(self.from_chest(arm.upper_arm_link)[:3, :3] @ self.directions(arm)[2])

    def elbow_joint(self, arm: Arm) -> str:
        """The joint of the arm that carries the forearm link."""
        link = arm.forearm_link
        while self.tree.parent_joint[link] not in arm.joints:
            link = self.tree.joints[self.tree.parent_joint[link]].parent
        return self.tree.parent_joint[link]


def palm_axis(arm: Arm, side: int) -> Array:
    """(3,) unit vector out of the palm in the hand link; `side` 0 is left."""
    given = (0.0, 1.0 if side else -1.0, 0.0) if arm.palm_axis is None else arm.palm_axis
    return np.array(given, float)


def aligned(front: Array) -> Array:
    """(3, 3) base_from_root for a robot whose front is `front` in its root; z stays up."""
    x = np.array([front[0], front[1], 0.0]) / np.hypot(front[0], front[1])
    return np.array([x, [-x[1], x[0], 0.0], [0.0, 0.0, 1.0]])


def unit(vector: Array) -> Array:
    """The vector at length 1."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))
