"""How well a robot's joints show a human motion: angles between directions."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.retarget.human import measure
from gesture_robot.robots.kinematics import Kinematics


def direction_errors(model: RobotModel, positions: Array, rotations: Array) -> dict[str, Array]:
    """Angles [rad] between human and robot, frame by frame.

    Args:
        model: the robot.
        positions: (T, J) its joints.
        rotations: (T, 55, 3) the human pose at the same times, SMPL-X axes.

    Returns:
        (T,) for left_upper_arm, left_forearm, left_fingers, left_palm, the same of the right (in the chest frame), and
        head (in the base), as far as the robot has them.
    """
    human, kinematics, limbs = measure(rotations), Kinematics(model), model.limbs
    found: dict[str, Array] = {}
    if limbs.head_link:
        at_rest = kinematics.pose(model.rest, limbs.head_link)[:3, :3]
        head = (
            kinematics.pose(positions, limbs.head_link)[:, :3, :3] @ at_rest[0]
        )  # the direction that is forward at rest
        found["head"] = _angle(head, human.base_from_head[:, :, 0])
    chest_link = limbs.chest_link or limbs.base_link
    link_from_chest = kinematics.pose(model.rest, chest_link)[:3, :3].T
    for side, arm in (("left", limbs.left_arm), ("right", limbs.right_arm)):
        if arm is None:
            continue
        links = (chest_link, arm.upper_arm_link, arm.forearm_link, arm.hand_link)
        poses = kinematics.link_poses(positions, links)
        chest, shoulder, elbow, wrist = (poses[link] for link in links)
        base_from_chest = chest[:, :3, :3] @ link_from_chest
        robot = {
            "upper_arm": elbow[:, :3, 3] - shoulder[:, :3, 3],
            "forearm": wrist[:, :3, 3] - elbow[:, :3, 3],
            "fingers": -wrist[:, :3, 2],
            "palm": wrist[:, :3, 1] * (-1.0 if side == "left" else 1.0),
        }
        person = human.arms[side]
        for name, wanted in (
            ("upper_arm", person.upper),
            ("forearm", person.fore),
            ("fingers", person.fingers),
            ("palm", person.palm),
        ):
            found[f"{side}_{name}"] = _angle(np.einsum("tji,tj->ti", base_from_chest, robot[name]), wanted)
    return found


def summary_deg(errors: dict[str, Array]) -> dict[str, dict[str, float]]:
    """Mean, 95th percentile and maximum in degrees."""
    return {
        name: {
            "mean": round(float(np.degrees(e.mean())), 2),
            "p95": round(float(np.degrees(np.percentile(e, 95))), 2),
            "max": round(float(np.degrees(e.max())), 2),
        }
        for name, e in errors.items()
    }


def _angle(a: Array, b: Array) -> Array:
    """(T,) between (T, 3) vectors; exact for small angles too."""
    cross = np.linalg.norm(np.cross(a, b), axis=-1)
    return np.asarray(np.arctan2(cross, np.einsum("ti,ti->t", a, b)))
