"""Parameters of the retarget node."""

from __future__ import annotations

from dataclasses import dataclass

from gesture_robot.nodes.config.common import RobotNodeConfig
from gesture_robot.settings import setting


@dataclass(frozen=True, slots=True)
class RetargetNodeConfig(RobotNodeConfig):
    """Parameters of the retarget node."""

    silent_s: float = setting(0.5, "body frames that came and then stay away for longer than this are reported",
                              unit="s", low=0.1, high=10.0)
    most_frames: int = setting(60, "a message with more body frames is refused: solving them would hold up the next",
                               low=1, high=1000)
