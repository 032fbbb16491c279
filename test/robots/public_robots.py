"""Ten robots as their makers describe them, from the distribution example-robot-data, and what is to be found on them.

`pip install example-robot-data` brings them; EXAMPLE_ROBOT_DATA may name an unpacked copy. Tests that need them are
marked with `needs_robots`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from gesture_robot.robots.urdf_packages import package_file

PACKAGE = "package://example-robot-data/robots"


@dataclass(frozen=True)
class PublicRobot:
    """A description and its true parts; arm joints of the left side, {0} {1} stand for what names the sides."""

    urdf: str
    arm: str
    sides: tuple[str, str]
    elbow: str
    hand_joints: int
    torso: str = ""
    neck: str = ""
    front: tuple[float, float, float] = (1.0, 0.0, 0.0)

    @property
    def uri(self) -> str:
        return f"{PACKAGE}/{self.urdf}"

    @property
    def path(self) -> Path:
        found = package_file(self.uri)
        assert found is not None, "use needs_robots"
        return found

    def arm_joints(self, side: int) -> tuple[str, ...]:
        return tuple(self.arm.format(self.sides[side]).split())

    def elbow_joint(self, side: int) -> str:
        return self.elbow.format(self.sides[side])


def _numbered(pattern: str, count: int) -> str:
    return " ".join(pattern.replace("#", str(k + 1)) for k in range(count))


ROBOTS = {
    "g1": PublicRobot(
        "g1_description/urdf/g1_29dof_with_hand_rev_1_0.urdf",
        "{0}_shoulder_pitch_joint {0}_shoulder_roll_joint {0}_shoulder_yaw_joint {0}_elbow_joint {0}_wrist_roll_joint "
        "{0}_wrist_pitch_joint {0}_wrist_yaw_joint",
        ("left", "right"), "{0}_elbow_joint", 5, "waist_yaw_joint waist_roll_joint waist_pitch_joint",
    ),
    "talos": PublicRobot(
        "talos_data/robots/talos_full_v2.urdf", _numbered("arm_{0}_#_joint", 7), ("left", "right"),
        "arm_{0}_4_joint", 1, "torso_1_joint torso_2_joint", "head_1_joint head_2_joint",
    ),
    "romeo": PublicRobot(
        "romeo_description/urdf/romeo.urdf",
        "{0}ShoulderPitch {0}ShoulderYaw {0}ElbowRoll {0}ElbowYaw {0}WristRoll {0}WristYaw {0}WristPitch",
        ("L", "R"), "{0}ElbowYaw", 1, "TrunkYaw", "NeckYaw NeckPitch HeadPitch HeadRoll",
    ),
    "icub": PublicRobot(
        "icub_description/robots/icub.urdf",
        "{0}_shoulder_pitch {0}_shoulder_roll {0}_shoulder_yaw {0}_elbow {0}_wrist_prosup {0}_wrist_pitch "
        "{0}_wrist_yaw",
        ("l", "r"), "{0}_elbow", 0, "torso_pitch torso_roll torso_yaw", "neck_pitch neck_roll neck_yaw",
        (-1.0, 0.0, 0.0),
    ),
    "tiago_dual": PublicRobot(
        "tiago_description/robots/tiago_dual.urdf", _numbered("arm_{0}_#_joint", 7), ("left", "right"),
        "arm_{0}_4_joint", 26, "", "head_1_joint head_2_joint",
    ),
    "tiago_pro": PublicRobot(
        "tiago_pro_description/robots/tiago_pro.urdf", _numbered("arm_{0}_#_joint", 7), ("left", "right"),
        "arm_{0}_4_joint", 1, "", "head_1_joint head_2_joint",
    ),
    "baxter": PublicRobot(
        "baxter_description/urdf/baxter.urdf", "{0}_s0 {0}_s1 {0}_e0 {0}_e1 {0}_w0 {0}_w1 {0}_w2", ("left", "right"),
        "{0}_e1", 1, "", "head_pan",
    ),
    "pr2": PublicRobot(
        "pr2_description/urdf/pr2.urdf",
        "{0}_shoulder_pan_joint {0}_shoulder_lift_joint {0}_upper_arm_roll_joint {0}_elbow_flex_joint "
        "{0}_forearm_roll_joint {0}_wrist_flex_joint {0}_wrist_roll_joint",
        ("l", "r"), "{0}_elbow_flex_joint", 1, "", "head_pan_joint head_tilt_joint",
    ),
    "centauro": PublicRobot(
        "centauro_description/urdf/centauro.urdf", _numbered("j_arm{0}_#", 6), ("1", "2"), "j_arm{0}_4", 0, "torso_yaw",
    ),
    "alex": PublicRobot(
        "alex_description/urdf/alex_nub_hands.urdf",
        "{0}ShoulderPitch {0}ShoulderRoll {0}ShoulderYaw {0}ElbowPitch {0}WristYaw {0}WristRoll {0}GripperYaw",
        ("Left", "Right"), "{0}ElbowPitch", 0, "SpineYaw SpineRoll SpinePitch", "NeckYaw NeckPitch",
    ),
}  # fmt: skip

AVAILABLE = all(package_file(robot.uri) is not None for robot in ROBOTS.values())
needs_robots = pytest.mark.skipif(not AVAILABLE, reason="needs: pip install example-robot-data==6.0.0")
