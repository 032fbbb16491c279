"""Parameters of the robot node: a simulated robot in place of ros2_control, with a camera."""

from __future__ import annotations

from dataclasses import dataclass

from gesture_robot.errors import InvalidInput
from gesture_robot.nodes.config.common import RobotNodeConfig
from gesture_robot.settings import setting

BASE_CAMERA_FRAME = "base_camera"
"""frame_id of pictures from a camera that stands still at the robot's base."""


@dataclass(frozen=True, slots=True)
class RobotHostConfig(RobotNodeConfig):
    """A simulated robot, and where its pictures come from."""

    engine: str = setting("mujoco", "body: mujoco (physics) or echo (follows perfectly)")
    scene: str = setting("visitor", "drawn scene the camera looks at; empty: no camera, unless camera or video is set")
    camera: int = setting(-1, "number of a camera device in place of the scene; -1: none", low=-1, high=255)
    video: str = setting("", "path of a video file in place of the scene; empty: none")
    camera_mount: str = setting("head", "the camera turns with the head, or stands still at the robot's base",
                                choices=("head", "base"))
    camera_fps: float = setting(15.0, "pictures per second", unit="Hz", low=0.1, high=60.0)
    camera_width: int = setting(640, "width of a picture", unit="px", low=16, high=3840)
    camera_height: int = setting(480, "height of a picture", unit="px", low=16, high=2160)
    loop: bool = setting(False, "the scene begins anew when it has ended")
    scene_waits: bool = setting(False, "the scene stands at its beginning until ~/restart_scene is called")
    seed: int = setting(0, "the same seed draws the same pictures", low=0)
    joint_states_hz: float = setting(50.0, "measured joints per second", unit="Hz", low=1.0, high=100.0)
    publish_clock: bool = setting(False, "give the time of the simulation as /clock, for nodes with use_sim_time")
    real_time_factor: float = setting(1.0, "speed of the simulation's own time, with publish_clock", low=0.05,
                                      high=20.0)

    def __post_init__(self) -> None:
        RobotNodeConfig.__post_init__(self)
        if self.camera >= 0 and self.video:
            raise InvalidInput("parameters camera and video exclude each other: set one of them.")
        if self.real_time_factor != 1.0 and not self.publish_clock:
            raise InvalidInput("real_time_factor needs publish_clock:=true; without it the robot lives in real time.")
