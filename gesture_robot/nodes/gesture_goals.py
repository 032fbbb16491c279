"""The action play_gesture: one named gesture at a time, the newest goal wins.

A goal is finished in rclpy's own way only at its end: an execute callback that waits would keep the one executor busy
(before Jazzy even a coroutine does). Until then the goal counts as accepted, with feedback.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rclpy.action import ActionServer, CancelResponse, GoalResponse

from gesture_robot.action import PlayGesture
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import GestureRobotError, InvalidInput
from gesture_robot.gesture.library import gesture_mask, make_gesture
from gesture_robot.gesture.stream import BodyStream
from gesture_robot.nodes import topics

if TYPE_CHECKING:
    from gesture_robot.nodes.base import StageNode

FEEDBACK_S = 0.2


@dataclass(eq=False)
class _Running:
    handle: Any
    name: str
    motion: BodyMotion
    start_s: float
    told_s: float = float("-inf")


class GestureGoals:
    """Plays goals on a stream; `stream` is None while nothing can be played, `refusal` says why."""

    def __init__(self, node: StageNode, refusal: Callable[[], str]):
        self.stream: BodyStream | None = None
        self._node, self._refusal = node, refusal
        self._running: _Running | None = None
        self._ends: dict[bytes, tuple[str, PlayGesture.Result]] = {}
        self._server = ActionServer(
            node, PlayGesture, topics.PLAY_GESTURE, self._finish, goal_callback=lambda _: GoalResponse.ACCEPT,
            handle_accepted_callback=self._accepted, cancel_callback=self._may_cancel)

    def destroy(self) -> None:
        """Free the action server."""
        self._server.destroy()

    def update(self, now_s: float) -> None:
        """Feedback, cancel and end of the running goal."""
        goal = self._running
        if goal is None:
            return
        elapsed_s = max(now_s - goal.start_s, 0.0)
        if goal.handle.is_cancel_requested:
            self._interrupt(goal, now_s)
            self._end(goal, "canceled", "canceled", elapsed_s)
        elif elapsed_s >= goal.motion.duration_s:
            self._end(goal, "succeed", "", goal.motion.duration_s)
        elif now_s >= goal.told_s + FEEDBACK_S:
            goal.told_s = now_s
            goal.handle.publish_feedback(PlayGesture.Feedback(elapsed_s=elapsed_s, duration_s=goal.motion.duration_s))

    def abort(self, why: str, now_s: float) -> None:
        """End the running goal, whose motion is interrupted already."""
        if self._running is not None:
            self._end(self._running, "abort", why, max(now_s - self._running.start_s, 0.0))

    # --- rclpy ------------------------------------------------------------------------------------------------

    def _accepted(self, handle: Any) -> None:
        """Refusals are told as the result of an accepted goal: a rejected one has no message."""
        try:
            self._play(handle)
        except GestureRobotError as error:
            self._close(handle, "abort", str(error), 0.0)

    def _may_cancel(self, handle: Any) -> CancelResponse:
        mine = self._running is not None and self._running.handle.goal_id == handle.goal_id
        return CancelResponse.ACCEPT if mine else CancelResponse.REJECT

    def _finish(self, handle: Any) -> PlayGesture.Result:
        how, result = self._ends.pop(bytes(handle.goal_id.uuid))
        getattr(handle, how)()
        return result

    # --- inside -----------------------------------------------------------------------------------------------

    def _play(self, handle: Any) -> None:
        request, why = handle.request, self._refusal()
        if why or self.stream is None:
            raise InvalidInput(why or "nothing can be played now.")
        side, amplitude = request.side or "right", float(request.amplitude) or 1.0
        motion = make_gesture(request.name, side=side, amplitude=amplitude)
        now_s = self._node.now_s()
        if self._running is not None:
            self._interrupt(self._running, now_s)
            self.abort(f"a newer gesture began: {request.name}", now_s)
        start_s = max(self.stream.next_s, now_s)
        self.stream.motions.play(motion, start_s, mask=gesture_mask(request.name, side=side))
        self._running = _Running(handle, request.name, motion, start_s)

    def _interrupt(self, goal: _Running, now_s: float) -> None:
        assert self.stream is not None
        self.stream.motions.interrupt(max(now_s, self.stream.latest_s), goal.motion)

    def _end(self, goal: _Running, how: str, why: str, played_s: float) -> None:
        self._running = None
        self._close(goal.handle, how, why, played_s)

    def _close(self, handle: Any, how: str, why: str, played_s: float) -> None:
        result = PlayGesture.Result(completed=how == "succeed", message=why, duration_s=float(np.float32(played_s)))
        if self._node.context.ok():  # else the process is ending, and nobody can be told
            self._ends[bytes(handle.goal_id.uuid)] = how, result
            handle.execute()
