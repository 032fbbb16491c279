"""How well a robot's joints show a human motion: angles between directions, and where the wrists are.

Human directions come from joint positions by forward kinematics, robot directions from the landmarks of its arms
(datatypes.Arm): shoulder to elbow, elbow to wrist. Two frames are used: the chest's, which is fixed in the link that
carries the arms, and the world's, in which the pelvis or the base stands. Where the robot cannot lean at all, only the
world frame asks for something that it can do; `bar_frame` tells which one counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.body.skeleton import ARM_LENGTH_M, FOREARM_M, UPPER_ARM_M
from gesture_robot.checks import Array
from gesture_robot.datatypes import Arm, LimbMap, RobotModel
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.retarget.human import HumanPose, measure
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import tree_of

FRAMES = ("chest", "world")
LIMBS = ("upper_arm", "forearm")


@dataclass(frozen=True, slots=True, eq=False)
class ArmPose:
    """One robot arm over T frames, REP-103 axes of the chest: x forward, y left, z up, turned with the chest link."""

    shoulder: Array
    """(T, 3) [m]."""
    elbow: Array
    wrist: Array
    fingers: Array
    """(T, 3) unit, from the wrist to the knuckles."""
    palm: Array
    """(T, 3) unit, out of the palm."""


@dataclass(frozen=True, slots=True, eq=False)
class RobotPose:
    """The parts that figures look at, over T frames."""

    world_from_chest: Array
    """(T, 3, 3) identity at rest; the world has x out of the robot's front and z up."""
    head: Array | None
    """(T, 3) unit, in the world, the direction that is forward at rest; None without a head."""
    arms: dict[str, ArmPose]


def bar_frame(model: RobotModel) -> str:
    """The frame in which direction errors count: "chest" where a revolute joint turns the torso, else "world"."""
    joints = tree_of(model).joints
    leans = any(name in joints and joints[name].kind != "prismatic" for name in model.limbs.torso)
    return "chest" if leans else "world"


def robot_pose(model: RobotModel, positions: Array) -> RobotPose:
    """Landmarks of a robot at joints (T, J)."""
    limbs, kinematics = model.limbs, Kinematics(model)
    world_from_root = world_axes(limbs)
    chest_link = limbs.chest_link or limbs.base_link
    sides = [(s, a) for s, a in (("left", limbs.left_arm), ("right", limbs.right_arm)) if a is not None]
    links = [chest_link, *([limbs.head_link] if limbs.head_link else [])]
    for _, arm in sides:
        links += [arm.upper_arm_link, arm.forearm_link, arm.hand_link]
    links = list(dict.fromkeys(links))
    poses, at_rest = kinematics.link_poses(positions, links), kinematics.link_poses(model.rest, links)
    chest = world_from_root @ poses[chest_link][:, :3, :3] @ at_rest[chest_link][:3, :3].T @ world_from_root.T
    chest_from_root = np.swapaxes(chest, 1, 2) @ world_from_root
    head = None
    if limbs.head_link:
        forward = at_rest[limbs.head_link][:3, :3].T @ np.array(limbs.front_axis)
        head = poses[limbs.head_link][:, :3, :3] @ forward @ world_from_root.T
    return RobotPose(chest, head, {side: _arm(side, arm, poses, chest_from_root) for side, arm in sides})


def direction_errors(
    model: RobotModel, positions: Array, rotations: Array, *, frame: str = "chest"
) -> dict[str, Array]:
    """Angles [rad] between human and robot, frame by frame.

    Args:
        model: the robot.
        positions: (T, J) its joints.
        rotations: (T, 55, 3) the human pose at the same times, SMPL-X axes.
        frame: "chest" or "world", for the arms.

    Returns:
        (T,) for left_upper_arm, left_forearm, left_fingers, left_palm, the same of the right, and head (always in the
        world), as far as the robot has them.

    Raises:
        UnknownName: another frame. InvalidInput: as many positions as poses are needed.
    """
    if frame not in FRAMES:
        raise UnknownName("frame of directions", frame, FRAMES)
    if len(positions) != len(rotations):
        raise InvalidInput(f"as many robot positions as human poses are needed: {len(positions)}, {len(rotations)}.")
    human, robot = measure(rotations), robot_pose(model, positions)
    return pose_errors(human, robot, frame=frame)


def pose_errors(human: HumanPose, robot: RobotPose, *, frame: str = "chest") -> dict[str, Array]:
    """`direction_errors` of poses at hand: a HumanPose and a RobotPose; other tools' robots are measured so too."""
    found: dict[str, Array] = {}
    if robot.head is not None:
        found["head"] = angles(robot.head, human.base_from_head[:, :, 0])
    ours, theirs = robot.world_from_chest, human.base_from_chest
    for side, arm in robot.arms.items():
        person = human.arms[side]
        for name, shown, wanted in (
            ("upper_arm", arm.elbow - arm.shoulder, person.upper),
            ("forearm", arm.wrist - arm.elbow, person.fore),
            ("fingers", arm.fingers, person.fingers),
            ("palm", arm.palm, person.palm),
        ):
            if frame == "world":
                shown, wanted = turned(ours, shown), turned(theirs, wanted)
            found[f"{side}_{name}"] = angles(shown, wanted)
    return found


def wrist_errors(human: HumanPose, robot: RobotPose, *, frame: str = "chest") -> dict[str, Array]:
    """Distance of each wrist from the human's, seen from the shoulder, the human arm scaled to the robot's length.

    Returns:
        Per side (T,) as a share of the robot's arm length.
    """
    found: dict[str, Array] = {}
    for side, arm in robot.arms.items():
        person = human.arms[side]
        wanted = (UPPER_ARM_M * person.upper + FOREARM_M * person.fore) / ARM_LENGTH_M
        shown = (arm.wrist - arm.shoulder) / arm_length_m(arm)
        if frame == "world":
            ours, theirs = robot.world_from_chest, human.base_from_chest
            shown, wanted = turned(ours, shown), turned(theirs, wanted)
        found[side] = np.asarray(np.linalg.norm(shown - wanted, axis=-1))
    return found


def arm_length_m(arm: ArmPose) -> float:
    """Shoulder to elbow to wrist [m]; fixed, as the elbow lies on its joint's axis."""
    upper = np.linalg.norm(arm.elbow - arm.shoulder, axis=-1)
    fore = np.linalg.norm(arm.wrist - arm.elbow, axis=-1)
    return float(np.median(upper + fore))


def summary_deg(errors: dict[str, Array], mask: Array | None = None) -> dict[str, dict[str, float]]:
    """Mean, 95th percentile and maximum in degrees, over the frames of a mask (T,) if one is given."""
    if mask is not None:
        errors = {name: e[mask] for name, e in errors.items()}
    return {
        name: {
            "mean": round(float(np.degrees(e.mean())), 2),
            "p95": round(float(np.degrees(np.percentile(e, 95))), 2),
            "max": round(float(np.degrees(e.max())), 2),
        }
        for name, e in errors.items()
        if len(e)
    }


def world_axes(limbs: LimbMap) -> Array:
    """(3, 3) rotation from the root link to x out of the robot's front, y to its left, z up."""
    front = np.array(limbs.front_axis, float)
    up = np.array([0.0, 0.0, 1.0])
    return np.stack([front, np.cross(up, front), up])


def angles(a: Array, b: Array) -> Array:
    """(T,) [rad] between (T, 3) vectors; exact for small angles too."""
    cross = np.linalg.norm(np.cross(a, b), axis=-1)
    return np.asarray(np.arctan2(cross, np.einsum("ti,ti->t", a, b)))


def turned(frames: Array, vectors: Array) -> Array:
    """(T, 3) vectors by (T, 3, 3) rotations."""
    return np.asarray(np.einsum("tij,tj->ti", frames, vectors))


def palm_axis(side: str, arm: Arm) -> tuple[float, float, float]:
    """Unit vector out of the palm in the hand link; where the arm names none it faces the body."""
    return arm.palm_axis if arm.palm_axis is not None else (0.0, -1.0 if side == "left" else 1.0, 0.0)


def _arm(side: str, arm: Arm, poses: dict[str, Array], chest_from_root: Array) -> ArmPose:
    upper, fore, hand = (poses[link] for link in (arm.upper_arm_link, arm.forearm_link, arm.hand_link))
    points = ((upper, arm.shoulder_m), (fore, arm.elbow_m), (hand, arm.wrist_m))
    shoulder, elbow, wrist = (turned(chest_from_root, p[:, :3, :3] @ np.array(m) + p[:, :3, 3]) for p, m in points)
    fingers, palm = (
        turned(chest_from_root, hand[:, :3, :3] @ np.array(a)) for a in (arm.finger_axis, palm_axis(side, arm))
    )
    return ArmPose(shoulder, elbow, wrist, fingers, palm)
