"""Parameters that every node has."""

from __future__ import annotations

from dataclasses import dataclass

from gesture_robot.settings import check_settings, setting


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """Parameters that every node has; a node's own dataclass extends this one."""

    autostart: bool = setting(True, "configure and activate by itself, also after a crash; false: a manager does it")

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True, slots=True)
class RobotNodeConfig(NodeConfig):
    """Parameters of nodes that know the robot's joints."""

    robot: str = setting("wren", "name of a known robot, path of a URDF, or empty: the topic robot_description")
