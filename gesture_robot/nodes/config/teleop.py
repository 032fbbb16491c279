"""Parameters of the teleop node."""

from __future__ import annotations

from dataclasses import dataclass

from gesture_robot.nodes.config.common import RobotNodeConfig
from gesture_robot.settings import setting


@dataclass(frozen=True, slots=True)
class TeleopNodeConfig(RobotNodeConfig):
    """Parameters of the teleop node."""

    keyboard: bool = setting(True, "take keys, where there is a terminal")
    joy_map: str = setting("", "file that says what the joystick does; empty: config/joy.yaml")
    rate_hz: float = setting(25.0, "how often a new piece of motion is sent", unit="Hz", low=5.0, high=50.0)
    jog_speed_rad_s: float = setting(0.5, "speed of a joint while its key is held", unit="rad/s", low=0.01, high=5.0)
    key_hold_s: float = setting(
        0.3, "a key counts as held for this long; terminals repeat a held key but do not tell when it is let go",
        unit="s", low=0.05, high=1.0
    )
    joy_timeout_s: float = setting(
        0.5, "a joystick silent for longer than this is gone: motion ends, the heartbeat stops", unit="s",
        low=0.1, high=5.0
    )
