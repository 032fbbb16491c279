"""What the decision node has said: goals of the action `say`, and what becomes of them. Nothing here waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient

from gesture_robot.action import Say
from gesture_robot.datatypes import Decision
from gesture_robot.nodes import topics

if TYPE_CHECKING:
    from gesture_robot.nodes.base import StageNode

NO_SPEECH = "the speech node does not run, or not yet"


class Voice:
    """Sends one goal at a time; `on_refused` is called when it was not accepted."""

    def __init__(self, node: StageNode, on_refused: Callable[[], None]):
        self._node, self._on_refused = node, on_refused
        self._client: Any = ActionClient(node, Say, topics.SAY)
        self._goal: Any = None
        self._sent_s = float("-inf")
        self._retry_s = float("-inf")

    def hindrance(self, now_s: float) -> str:
        """Why nothing can be said now; empty when something can."""
        if self._goal is not None:
            return "speech has not yet accepted what was to be said before"
        if now_s < self._retry_s:
            return "speech refused a moment ago"
        return "" if self._client.server_is_ready() else NO_SPEECH

    def say(self, decision: Decision, now_s: float) -> None:
        """Send what a decision says."""
        goal = Say.Goal(text=decision.text, language=decision.language, emotion=decision.expression,
                        gesture=decision.motion)
        self._goal, self._sent_s = self._client.send_goal_async(goal), now_s
        self._goal.add_done_callback(self._answered)

    def update(self, now_s: float) -> None:
        """Give up a goal that nobody answers."""
        if self._goal is not None and now_s - self._sent_s > self._node.config.say_timeout_s:
            self._lose(f"no answer within {self._node.config.say_timeout_s:g} s", now_s)

    def _answered(self, future: Any) -> None:
        handle = future.result()
        if future is not self._goal:  # given up already: must not be said now
            if handle is not None and handle.accepted:
                handle.cancel_goal_async()
            return
        if handle is None or not handle.accepted:
            self._lose("speech refused the goal", self._node.now_s())
            return
        self._goal = None
        handle.get_result_async().add_done_callback(self._ended)

    def _lose(self, why: str, now_s: float) -> None:
        self._goal = None
        self._retry_s = now_s + self._node.config.say_retry_s
        self._node.refuse(topics.SAY, f"{why}; nothing was said, it is tried again")
        self._on_refused()

    def _ended(self, future: Any) -> None:
        response = future.result()
        if response is None or response.status == GoalStatus.STATUS_SUCCEEDED:
            return
        why = response.result.message or "it was cancelled"
        self._node.refuse(topics.SAY, f"not all was said: {why}")

    def destroy(self) -> None:
        """Free the client."""
        self._client.destroy()
