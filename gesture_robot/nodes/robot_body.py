"""A simulated body on a node's time, as ros2_control's joint trajectory controller would drive a real one. No ROS."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gesture_robot.datatypes import JointTrajectory, RobotState
from gesture_robot.errors import InvalidInput

CATCH_UP_S = 0.5
"""Physics that fell behind is run up to this long at once (8 ms of work); time lost beyond it is left out."""
AHEAD_S = 10.0
AT_REST = 1e-6
LATE_S = 0.2
"""A trajectory that ended longer ago has a stamp that cannot be right."""


class PacedBody:
    """Steps a body by the time that passed, and evaluates trajectories by their stamps on that time."""

    def __init__(self, robot: Any, now_s: float):
        """Args: a `protocols.Robot` that can `advance`, at rest; the node's time."""
        self.robot = robot
        self._node_from_body_s = now_s - robot.time_s
        self._done_s = float(robot.time_s)
        self.skipped_s = 0.0
        """Time that was left out so far."""
        self.late = 0
        """Trajectories that were over when they came, on a busy computer; the robot rests at the end of the last."""

    def advance(self, now_s: float) -> None:
        """Let the body live until `now_s`."""
        behind_s = now_s - self._node_from_body_s - self._done_s
        if behind_s > CATCH_UP_S:
            self._node_from_body_s += behind_s - CATCH_UP_S
            self.skipped_s += behind_s - CATCH_UP_S
            behind_s = CATCH_UP_S
        if behind_s > 0.0:
            self.robot.advance(behind_s)
            self._done_s += behind_s

    def read(self) -> RobotState:
        """Measured joints; the stamp is on the node's time."""
        state: RobotState = self.robot.read()
        return replace(state, stamp_s=self._done_s + self._node_from_body_s)

    def follow(self, trajectory: JointTrajectory, now_s: float) -> None:
        """Replace what is followed.

        Raises:
            InvalidInput: what a joint trajectory controller refuses too: other joints than the robot's, an end that is
                not at rest or lies in the past; and a start so far ahead that it can only be a mistake.
        """
        ended_s = now_s - trajectory.start_s - float(trajectory.times_s[-1])
        check_trajectory(trajectory, self.robot.joint_names, now_s - LATE_S)
        if ended_s > 0.0:
            self.late += 1
            return
        self.robot.follow(replace(trajectory, start_s=trajectory.start_s - self._node_from_body_s))


def check_trajectory(trajectory: JointTrajectory, joint_names: tuple[str, ...], now_s: float) -> None:
    """Raises InvalidInput for a trajectory that ros2_control would refuse; see `PacedBody.follow`."""
    given = set(trajectory.joint_names)
    foreign, missing = sorted(given - set(joint_names)), [name for name in joint_names if name not in given]
    if foreign:
        raise InvalidInput(f"joint '{foreign[0]}' is not of this robot, whose joints are {', '.join(joint_names)}.")
    if missing:
        raise InvalidInput(f"every joint is needed; {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not "
                           "in the trajectory.")
    if np.abs(trajectory.velocities[-1]).max() > AT_REST:
        raise InvalidInput("the last velocities must be 0: a trajectory ends at rest.")
    end_s = trajectory.start_s + float(trajectory.times_s[-1])
    if end_s < now_s:
        raise InvalidInput(f"the trajectory ended {now_s - end_s:.2f} s ago; is its stamp of another clock?")
    if trajectory.start_s > now_s + AHEAD_S:
        raise InvalidInput(f"the trajectory starts in {trajectory.start_s - now_s:.0f} s, at most {AHEAD_S:g} s ahead "
                           "is taken; is its stamp of another clock?")
