"""Joint states and trajectories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from builtin_interfaces.msg import Duration, Time
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory as TrajectoryMessage
from trajectory_msgs.msg import JointTrajectoryPoint

from gesture_robot.checks import Array
from gesture_robot.datatypes import JointTrajectory, RobotState
from gesture_robot.errors import InvalidInput
from gesture_robot.nodes.convert.arrays import sequence


def trajectory_message(trajectory: JointTrajectory, stamp: Time) -> TrajectoryMessage:
    """Positions and velocities at each point; `stamp` is its `start_s`."""
    message = TrajectoryMessage(joint_names=list(trajectory.joint_names))
    message.header.stamp = stamp
    message.points = [
        JointTrajectoryPoint(positions=sequence(p, "d"), velocities=sequence(v, "d"), time_from_start=_duration(t))
        for t, p, v in zip(trajectory.times_s, trajectory.positions, trajectory.velocities, strict=True)]
    return message


def trajectory_value(message: TrajectoryMessage, start_s: float) -> JointTrajectory:
    """A trajectory that begins at `start_s`; points without velocities get those of a smooth curve, ending at rest.

    Raises:
        InvalidInput: no points, wrong lengths, NaN, times that do not increase.
    """
    if not message.points:
        raise InvalidInput("the trajectory has no points; to stop, call control/stop.")
    joints = len(message.joint_names)
    times = np.array([p.time_from_start.sec + p.time_from_start.nanosec * 1e-9 for p in message.points])
    positions = _rows([p.positions for p in message.points], joints, "positions")
    given = [len(p.velocities) for p in message.points]
    if any(given) or len(times) < 2:
        rows = [p.velocities if any(given) else np.zeros(joints) for p in message.points]
        velocities = _rows(rows, joints, "velocities")
    else:
        if (np.diff(times) <= 0.0).any():
            raise InvalidInput("time_from_start must increase from point to point.")
        velocities = np.gradient(positions, times, axis=0)
        velocities[-1] = 0.0
    return JointTrajectory(tuple(message.joint_names), start_s, times, positions, velocities)


def joint_state_message(state: RobotState, stamp: Time) -> JointState:
    """Measured positions and velocities."""
    message = JointState(name=list(state.joint_names), position=sequence(state.positions, "d"),
                         velocity=sequence(state.velocities, "d"))
    message.header.stamp = stamp
    return message


def robot_state(message: JointState, joint_names: tuple[str, ...], stamp_s: float) -> RobotState:
    """The joints of one robot out of a message that may hold more, in their order.

    Raises:
        InvalidInput: a joint is missing, lengths differ, NaN.
    """
    index = {name: row for row, name in enumerate(message.name)}
    missing = [name for name in joint_names if name not in index]
    if missing:
        raise InvalidInput(f"joint_states lacks {', '.join(missing)}.")
    if len(message.position) != len(message.name) or len(message.velocity) not in (0, len(message.name)):
        raise InvalidInput(f"joint_states has {len(message.name)} names, {len(message.position)} positions and "
                           f"{len(message.velocity)} velocities.")
    rows = [index[name] for name in joint_names]
    positions = np.asarray(message.position)[rows]
    velocities = np.asarray(message.velocity)[rows] if len(message.velocity) else np.zeros(len(rows))
    return RobotState(stamp_s, joint_names, positions, velocities)


def _rows(rows: Sequence[Any], joints: int, name: str) -> Array:
    lengths = {len(row) for row in rows}
    if lengths != {joints}:
        raise InvalidInput(f"every point needs {joints} {name}, one for each joint; got {sorted(lengths)}.")
    return np.array([np.asarray(row, float) for row in rows]).reshape(len(rows), joints)


def _duration(seconds: float) -> Duration:
    total = round(float(seconds) * 1e9)
    return Duration(sec=total // 10**9, nanosec=total % 10**9)
