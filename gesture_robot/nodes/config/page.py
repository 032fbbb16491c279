"""Parameters of the page node."""

from __future__ import annotations

from dataclasses import dataclass

from gesture_robot.nodes.config.common import RobotNodeConfig
from gesture_robot.settings import setting


@dataclass(frozen=True, slots=True)
class PageNodeConfig(RobotNodeConfig):
    """Parameters of the page node."""

    bind: str = setting("127.0.0.1:8080", "HOST:PORT of the page; beyond this machine only with a token, port 0 = any")
    token_file: str = setting(
        "", "file with the token that the page asks for; empty: GESTURE_ROBOT_PAGE_TOKEN of the environment, or none"
    )
    host_names: str = setting("", "further names under which browsers reach the page, with commas between them")
    answer_s: float = setting(
        0.6, "a browser that did not answer for longer than this does not count: no heartbeat", unit="s",
        low=0.3, high=10.0
    )
    patience_s: float = setting(3.0, "a service without an answer for this long is said not to answer", unit="s",
                                low=0.5, high=60.0)
    stale_s: float = setting(0.7, "people and pictures older than this are not shown", unit="s", low=0.1, high=10.0)
