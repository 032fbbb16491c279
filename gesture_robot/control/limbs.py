"""Groups of joints that are slowed or held together: torso, neck, each arm with its hand, and what is left."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel


class Limbs:
    """Names of the groups and which joints belong to each."""

    def __init__(self, model: RobotModel):
        parts: dict[str, tuple[str, ...]] = {"torso": model.limbs.torso, "neck": model.limbs.neck}
        for name, arm in (("left_arm", model.limbs.left_arm), ("right_arm", model.limbs.right_arm)):
            parts[name] = (*arm.joints, *arm.hand_joints) if arm is not None else ()
        known = {joint for joints in parts.values() for joint in joints}
        parts |= {joint: (joint,) for joint in model.joint_names if joint not in known}
        parts = {name: joints for name, joints in parts.items() if joints}
        self.names: tuple[str, ...] = tuple(parts)
        self.members: Array = np.array([[joint in joints for joint in model.joint_names] for joints in parts.values()])
        """(G, J) bool."""
        self.arms: Array = np.array([name.endswith("_arm") for name in parts])
        """(G,) bool."""
        self.of_joint: Array = np.argmax(self.members, axis=0)
        """(J,) row of each joint's group."""

    def any(self, joints: Array) -> Array:
        """(G,) bool: groups with a marked joint; `joints` is (J,) bool."""
        return np.asarray((self.members & joints).any(axis=1))

    def listed(self, groups: Array) -> tuple[str, ...]:
        """Names of the marked groups; `groups` is (G,) bool."""
        return tuple(name for name, marked in zip(self.names, groups, strict=True) if marked)
