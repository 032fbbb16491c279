"""Parameters of the decision node."""

from __future__ import annotations

from dataclasses import dataclass, field

from gesture_robot.decision.config import DecisionConfig
from gesture_robot.nodes.config.common import NodeConfig
from gesture_robot.settings import setting


@dataclass(frozen=True, slots=True)
class DecisionNodeConfig(NodeConfig):
    """Parameters of the decision node."""

    engine: str = setting("rules", "policy: rules or scripted")
    speak: bool = setting(True, "false: greetings are decided but nothing is said, to replay a recording")
    stale_s: float = setting(0.7, "without people messages for this long the robot looks ahead and says nothing new",
                             unit="s", low=0.1, high=10.0)
    say_timeout_s: float = setting(2.0, "speech must accept a greeting within this time, or it counts as not said",
                                   unit="s", low=0.1, high=30.0)
    say_retry_s: float = setting(1.0, "after a greeting that was not accepted the next is tried after this long",
                                 unit="s", low=0.0, high=60.0)
    decision: DecisionConfig = field(default_factory=DecisionConfig)
