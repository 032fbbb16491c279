"""A fake robot that follows perfectly: for tests and for trying a pipeline without physics."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array, check_range, frozen_array
from gesture_robot.datatypes import JointTrajectory, RobotModel, RobotState
from gesture_robot.robots.follower import TrajectoryFollower
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.mujoco_robot import Contacts


class EchoRobot:
    """A `protocols.Robot` whose measured joints are the commanded ones."""

    contacts = Contacts()

    def __init__(self, model: RobotModel):
        self.model = model
        self.joint_names = model.joint_names
        self.time_s = 0.0
        self._kinematics = Kinematics(model)
        self._follower = TrajectoryFollower(model.joint_names, model.rest)

    def set_positions(self, positions: Array) -> None:
        """Put the joints (J,) there at once and hold them."""
        self._follower.hold(frozen_array(positions, (len(self.joint_names),), "positions"))

    def read(self) -> RobotState:
        """The commanded joints at `time_s`."""
        position, velocity, _ = self._follower.command(self.time_s)
        return RobotState(self.time_s, self.joint_names, position, velocity)

    def follow(self, trajectory: JointTrajectory) -> None:
        """Replace the running trajectory; its `start_s` is on the clock of `time_s`."""
        self._follower.follow(trajectory, self.time_s)

    def hold(self) -> None:
        """Hold the present position."""
        self._follower.hold(self._follower.command(self.time_s)[0])

    def advance(self, dt_s: float) -> None:
        """Let time pass."""
        self.time_s += check_range(dt_s, 0.0, 3600.0, "dt_s")

    def link_pose(self, link: str) -> Array:
        """base_from_link (4, 4)."""
        return np.array(self._kinematics.pose(self.read().positions, link))

    def close(self) -> None:
        """Nothing to free."""
