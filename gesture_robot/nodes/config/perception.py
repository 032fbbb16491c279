"""Parameters of the perception node."""

from __future__ import annotations

from dataclasses import dataclass, field

from gesture_robot.nodes.config.common import RobotNodeConfig
from gesture_robot.perception.config import PerceptionConfig
from gesture_robot.perception.stage import StageConfig
from gesture_robot.settings import setting


@dataclass(frozen=True, slots=True)
class PerceptionNodeConfig(RobotNodeConfig):
    """Parameters of the perception node."""

    engine: str = setting("mediapipe", "what finds people in pictures: mediapipe or scripted")
    max_fps: float = setting(15.0, "pictures beyond this rate are left out", unit="Hz", low=1.0, high=120.0)
    calm_fps: float = setting(10.0, "with everybody in sight engaged only so many pictures are looked at",
                              unit="Hz", low=1.0, high=120.0)
    idle_fps: float = setting(5.0, "with nobody in sight only so many pictures are looked at, until somebody is found",
                              unit="Hz", low=1.0, high=120.0)
    idle_after_s: float = setting(3.0, "how long nobody must be in sight for that", unit="s", low=0.0, high=600.0)
    camera_pose: str = setting("robot", "robot: the camera is the robot's own, in its head; else six numbers "
                               "'x y z roll pitch yaw' [m, rad] of the camera (x forward) in the robot's base")
    camera_frame: str = setting("", "frame_id that pictures should have; empty: the robot's camera link")
    base_frame: str = setting("", "frame of everything that is published; empty: the robot's base link")
    hri: str = setting("auto", "topics of ROS4HRI (REP-155): auto, where hri_msgs is installed, or off",
                       choices=("auto", "off"))
    stage: StageConfig = field(default_factory=StageConfig)
    search: PerceptionConfig = field(default_factory=PerceptionConfig)
