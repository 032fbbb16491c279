"""What a picture needs besides its pixels: the lens, and where the camera was at that moment."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel, RobotState
from gesture_robot.errors import InvalidInput
from gesture_robot.robots.head_camera import BODY_FROM_OPTICAL, camera_pose
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.urdf import rotation_from_rpy

ASSUMED_DEG = 60.0
ROBOT = "robot"
KEEP = 50
FAR_S = 0.5
"""Joint states further from a picture than this do not tell where the camera was."""


class Lens:
    """The camera matrix out of camera_info, or an assumed one."""

    def __init__(self) -> None:
        self._matrix: Array | None = None
        self._size_px = (0, 0)
        self._fault = ""
        self.distorted = False

    def take(self, info: Any) -> None:
        """Remember a sensor_msgs/CameraInfo; raises InvalidInput for one that is not calibrated."""
        matrix = np.array(info.k, float).reshape(3, 3)
        self._matrix, self._size_px = None, (int(info.width), int(info.height))
        self.distorted = bool(np.any(np.asarray(info.d)))
        if not np.isfinite(matrix).all() or matrix[0, 0] <= 0.0 or matrix[1, 1] <= 0.0 or matrix[2, 2] <= 0.0:
            self._fault = "camera_info holds no calibration (k is zero or not finite)"
            raise InvalidInput(f"{self._fault}; a lens of {ASSUMED_DEG:g} deg is assumed.")
        self._matrix, self._fault = matrix, ""

    def matrix(self, width: int, height: int) -> tuple[Array, str]:
        """(3, 3) [px] for a picture of this size, and what is wrong with it; empty: nothing."""
        if self._matrix is not None and self._size_px == (width, height):
            return self._matrix, ""
        why = self._fault or "no camera_info has come"
        if self._matrix is not None:
            why = (f"camera_info is for {self._size_px[0]} x {self._size_px[1]} pixels, "
                   f"pictures have {width} x {height}")
        focal = width / 2.0 / np.tan(np.radians(ASSUMED_DEG) / 2.0)
        assumed = np.array([[focal, 0.0, (width - 1) / 2.0], [0.0, focal, (height - 1) / 2.0], [0.0, 0.0, 1.0]])
        return assumed, f"{why}: a lens of {ASSUMED_DEG:g} deg is assumed, distances are rough"


class CameraPlace:
    """Where the camera is: fixed, or carried by the robot's joints."""

    def __init__(self, text: str, model: RobotModel):
        """Take the parameter camera_pose; raises InvalidInput."""
        self._model, self._kinematics = model, Kinematics(model)
        self._fixed = None if text.strip() == ROBOT else _fixed_pose(text)
        self._states: list[tuple[float, Array]] = []

    def take(self, state: RobotState) -> None:
        """Remember measured joints; those of an earlier time than the newest are left out."""
        if not self._states or state.stamp_s > self._states[-1][0]:
            self._states.append((state.stamp_s, state.positions))
            del self._states[:-KEEP]

    def at(self, stamp_s: float) -> tuple[Array, str]:
        """(4, 4) base_from_camera at a time, and what is wrong with it; empty: nothing."""
        if self._fixed is not None:
            return self._fixed, ""
        positions, why = self._positions(stamp_s)
        return camera_pose(self._kinematics, self._model, positions), why

    def _positions(self, stamp_s: float) -> tuple[Array, str]:
        if not self._states:
            return self._model.rest, "no joint_states have come: the robot's rest pose is assumed"
        times = [t for t, _ in self._states]
        later = bisect_left(times, stamp_s)
        off_s = max(times[0] - stamp_s, stamp_s - times[-1])
        why = "" if off_s <= FAR_S else f"joint_states are {off_s:.1f} s away from the picture: the nearest are taken"
        if later in (0, len(times)):
            return self._states[min(later, len(times) - 1)][1], why
        (start_s, start), (end_s, end) = self._states[later - 1:later + 1]
        share = (stamp_s - start_s) / (end_s - start_s)
        return (1.0 - share) * start + share * end, ""


def _fixed_pose(text: str) -> Array:
    try:
        values = np.array([float(word) for word in text.replace(",", " ").split()])
    except ValueError:
        values = np.zeros(0)
    if len(values) != 6 or not np.isfinite(values).all():
        raise InvalidInput(f"camera_pose must be '{ROBOT}' or six numbers 'x y z roll pitch yaw' [m, rad], "
                           f"got '{text}'.")
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation_from_rpy(*values[3:]), values[:3]
    return np.asarray(pose @ BODY_FROM_OPTICAL)
