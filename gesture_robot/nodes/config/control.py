"""Parameters of the control node."""

from __future__ import annotations

from dataclasses import dataclass, field

from gesture_robot.control.config import ControlConfig
from gesture_robot.nodes.config.common import RobotNodeConfig
from gesture_robot.settings import setting


@dataclass(frozen=True, slots=True)
class ControlNodeConfig(RobotNodeConfig):
    """Parameters of the control node."""

    controller: str = setting(
        "joint_trajectory_controller", "the controller that is commanded, on its topic joint_trajectory"
    )
    release_on_start: bool = setting(
        False, "release at the first activation; for simulations only, a robot's operator releases it"
    )
    stop_heartbeat_s: float = setting(
        0.0, "without a heartbeat for longer than this the robot is stopped; 0 = nothing guards it", unit="s",
        low=0.0, high=60.0
    )
    joint_states_timeout_s: float = setting(
        0.3, "without joint states for longer than this the robot brakes and control waits", unit="s",
        low=0.05, high=10.0
    )
    deviation_rad: float = setting(
        0.35, "a joint measured further than this from where it was commanded was moved by something else", unit="rad",
        low=0.02, high=3.2
    )
    control: ControlConfig = field(default_factory=ControlConfig)
