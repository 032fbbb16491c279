"""Parameters of the face node."""

from __future__ import annotations

from dataclasses import dataclass, field

from gesture_robot.face.player import PlayerConfig
from gesture_robot.nodes.config.common import NodeConfig
from gesture_robot.settings import setting


@dataclass(frozen=True, slots=True)
class FaceNodeConfig(NodeConfig):
    """Parameters of the face node."""

    engine: str = setting("viseme", "generator of face motion: viseme, still or onnx:MODEL")
    device: str = setting("auto", "where an engine with a network runs: auto, cpu, cuda ...")
    seed: int = setting(0, "the same seed blinks and drifts in the same way", low=0, high=2**31)
    fps: float = setting(60.0, "face frames per second; a message holds two", unit="Hz", low=10.0, high=120.0)
    ahead_s: float = setting(0.05, "frames are sent this long before they are due", unit="s", low=0.0, high=0.5)
    smile_s: float = setting(4.0, "how long the face keeps the expression of a greeting", unit="s", low=0.0, high=60.0)
    stale_s: float = setting(0.5, "without body frames for longer than this the eyes look ahead", unit="s", low=0.1,
                             high=10.0)
    player: PlayerConfig = field(default_factory=PlayerConfig)
