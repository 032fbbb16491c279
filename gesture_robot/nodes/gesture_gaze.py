"""Where the robot looks: from decisions and joint states to a direction for the gaze layer."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import JointState

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import InvalidInput
from gesture_robot.gesture.gaze import GazeLayer
from gesture_robot.msg import Decision as DecisionMessage
from gesture_robot.nodes.convert.joints import robot_state
from gesture_robot.nodes.convert.people import decision_value
from gesture_robot.robots.head_camera import camera_pose
from gesture_robot.robots.kinematics import Kinematics

FUTURE_S = 1.0
"""A decision stamped later than this cannot be."""


class GazeTarget:
    """Keeps the newest look_at and the eyes' place; turns the gaze when either changes."""

    def __init__(self, model: RobotModel, gaze: GazeLayer, stale_s: float):
        self._model, self._gaze, self._stale_s = model, gaze, stale_s
        self._kinematics = Kinematics(model)
        self._positions = np.array(model.rest)
        self._decided_s = -np.inf
        self._looks = False

    def move(self, message: JointState) -> None:
        """Take joint states; raises InvalidInput."""
        self._positions = np.array(robot_state(message, self._model.joint_names, 0.0).positions)

    def decide(self, message: DecisionMessage, decided_s: float, now_s: float, gaze_s: float) -> None:
        """Take a decision made on a picture of `decided_s`; the gaze turns from `gaze_s` on.

        Raises:
            InvalidInput: NaN, a foreign frame, a stamp in the future.
        """
        decision = decision_value(message)
        if decided_s > now_s + FUTURE_S:
            raise InvalidInput("stamped in the future. Do both sides use the same clock?")
        base = self._model.limbs.base_link
        if decision.look_at_base is not None and message.header.frame_id != base:
            raise InvalidInput(f"look_at must be in the frame '{base}', got '{message.header.frame_id}'.")
        self._decided_s = min(decided_s, now_s)
        if decision.look_at_base is None or now_s - self._decided_s > self._stale_s:
            self.ahead(gaze_s)
            return
        self._looks = True
        self._gaze.target(self._direction(decision.look_at_base), gaze_s)

    def ahead(self, gaze_s: float) -> None:
        """Look at nothing any more."""
        if self._looks:
            self._looks = False
            self._gaze.target(None, gaze_s)

    def stale_for(self, now_s: float, gaze_s: float) -> float:
        """Seconds since the last decision when it was looked at until now, and the robot looks ahead from now on."""
        age_s = now_s - self._decided_s
        if not self._looks or age_s <= self._stale_s:
            return 0.0
        self.ahead(gaze_s)
        return age_s

    def _direction(self, look_at_base: Array) -> Array:
        line = look_at_base - camera_pose(self._kinematics, self._model, self._positions)[:3, 3]
        return np.asarray(line / max(float(np.linalg.norm(line)), 1e-6))
