"""Where the robot's camera is, for robots that have a camera link and for those that do not."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.robots.kinematics import Kinematics

BODY_FROM_OPTICAL = np.array([[0.0, 0.0, 1.0, 0.0], [-1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
"""REP-103: optical z is forward x, optical x is right -y, optical y is down -z."""


def camera_pose(kinematics: Kinematics, model: RobotModel, positions: Array) -> Array:
    """(..., 4, 4) base from the camera's optical frame at joint `positions` (..., J).

    A robot without an optical frame looks along x of the link that stands in for it, as a head does.
    """
    pose = kinematics.pose(positions, model.limbs.camera_link)
    optical = model.limbs.camera_link.endswith("optical_frame")
    return pose if optical else np.asarray(pose @ BODY_FROM_OPTICAL)
