"""Parameters of the speech node."""

from __future__ import annotations

from dataclasses import dataclass, field

from gesture_robot.nodes.config.common import NodeConfig
from gesture_robot.settings import setting
from gesture_robot.speech.config import SpeechConfig


@dataclass(frozen=True, slots=True)
class SpeechNodeConfig(NodeConfig):
    """Parameters of the speech node."""

    tts: str = setting("espeak", "engine that turns text into sound: espeak or tone")
    device: str = setting("auto", "where an engine with a network runs: auto, cpu, cuda ...")
    language: str = setting("en", "language of goals that name none, BCP 47")
    sound: bool = setting(True, "play on the sound device; false, or without a device: times only, no sound")
    lead_s: float = setting(0.06, "a piece is announced this long before its first word is heard, for the lips",
                            unit="s", low=0.0, high=2.0)
    ahead_s: float = setting(0.6, "the next sentence is prepared this long before the one before ends", unit="s",
                             low=0.1, high=5.0)
    max_queue: int = setting(16, "goals that may wait; more are aborted", low=0, high=1000)
    speech: SpeechConfig = field(default_factory=SpeechConfig)
