"""A whole trajectory through control, without a robot: what would be sent, tick by tick."""

from __future__ import annotations

import numpy as np

from gesture_robot.control.config import ControlConfig
from gesture_robot.control.controller import Controller, ControlStatus
from gesture_robot.datatypes import Command, JointTrajectory, RobotModel, RobotState

_SETTLE_S = 5.0
_AGAIN_TICKS = 20
_ARRIVED_RAD_S = 0.005


def through_control(
    wanted: JointTrajectory, model: RobotModel, config: ControlConfig = ControlConfig()
) -> tuple[JointTrajectory, ControlStatus]:
    """Play `wanted` from its first point, at rest, until it is over and the robot rests.

    Returns:
        All joints at every tick from time 0 (the first point of `wanted`), ending at rest, and the last status.
    """
    source = min(config.sources, key=lambda rule: rule.priority).name
    first = model.rest.copy()
    first[[model.index(name) for name in wanted.joint_names]] = wanted.positions[0]
    controller = Controller(
        model,
        RobotState(0.0, model.joint_names, np.clip(first, model.lower, model.upper), np.zeros(len(first))),
        config,
    )
    played = JointTrajectory(
        wanted.joint_names, 0.0, wanted.times_s - wanted.times_s[0], wanted.positions, wanted.velocities
    )
    end_s, positions, velocities = float(played.times_s[-1]), [], []
    for tick in range(int((end_s + _SETTLE_S) / config.tick_s)):
        now_s = tick * config.tick_s
        if tick % _AGAIN_TICKS == 0 and now_s <= end_s + 0.4:
            controller.submit(Command(source, now_s, played), now_s)
        sent = controller.step(now_s)
        positions.append(sent.positions[0])
        velocities.append(sent.velocities[0])
        if now_s > end_s and not sent.velocities.any():
            break
        if now_s > end_s and np.abs(sent.velocities).max() < _ARRIVED_RAD_S:
            controller.stop(now_s, "the end")
    times = np.arange(len(positions)) * config.tick_s
    return JointTrajectory(
        model.joint_names, 0.0, times, np.array(positions), np.array(velocities)
    ), controller.status()
