"""Parameters of the gesture node."""

from __future__ import annotations

from dataclasses import dataclass, field

from gesture_robot.gesture.gaze import GazeConfig
from gesture_robot.gesture.player import PlayerConfig
from gesture_robot.nodes.config.common import RobotNodeConfig
from gesture_robot.settings import setting


@dataclass(frozen=True, slots=True)
class GestureNodeConfig(RobotNodeConfig):
    """Parameters of the gesture node."""

    engine: str = setting("beat", "generator of co-speech motion: beat, onnx or rest")
    device: str = setting("auto", "where an engine with a network runs: auto, cpu, cuda ...")
    style: str = setting("lively", "way of moving of speech that names none: neutral, lively, calm or formal")
    seed: int = setting(0, "the same seed gives the same motion", low=0, high=2**31)
    fps: float = setting(30.0, "body frames per second", unit="Hz", low=10.0, high=120.0)
    ahead_s: float = setting(0.08, "frames are sent this long before they are due", unit="s", low=0.0, high=0.5)
    stale_s: float = setting(0.7, "a decision older than this is not looked at any more", unit="s", low=0.1, high=10.0)
    gaze: GazeConfig = field(default_factory=GazeConfig)
    player: PlayerConfig = field(default_factory=PlayerConfig)
