"""The action say: goals as they come from rclpy, and their ends.

A goal that cannot be said is accepted and then aborted: a rejected one could not carry the reason. Its result is handed
over when it is settled, so that nothing waits in the one executor; until then it counts as accepted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse

from gesture_robot.action import Say
from gesture_robot.datatypes import EMOTIONS, Speech
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.gesture.library import gesture_names
from gesture_robot.gesture.styles import STYLES
from gesture_robot.nodes import topics

if TYPE_CHECKING:
    from gesture_robot.nodes.base import StageNode

WAITING, PLANNING, SPEAKING = "waiting", "planning", "speaking"
MOST_CHARS = 1_000_000
SUCCEED, ABORT, CANCELED = "succeed", "abort", "canceled"


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A piece that was handed to the player."""

    speech: Speech
    start_s: float

    @property
    def end_s(self) -> float:
        """When its last sample is heard."""
        return self.start_s + self.speech.duration_s


@dataclass(eq=False)
class Utterance:
    """One goal on its way."""

    id: str
    request: Say.Goal
    handle: Any
    language: str
    pieces: Iterator[Speech] | None = None
    """Made in the planning thread."""
    state: str = WAITING
    chunks: int = 0
    planning: bool = False
    complete: bool = False
    """All pieces are announced."""
    failure: str = ""
    """Why there will be no more pieces, when that is not the end of the text."""
    end_s: float = float("-inf")
    _pending: deque[Heard] = field(default_factory=deque)
    _spoken_s: float = 0.0

    @property
    def key(self) -> bytes:
        """What names its goal."""
        return goal_key(self.handle)

    @property
    def emotion(self) -> str:
        """Of voice and face."""
        return str(self.request.emotion or "neutral")

    def add(self, speech: Speech, start_s: float) -> None:
        """A piece will be heard."""
        self._pending.append(Heard(speech, start_s))
        self.chunks, self.end_s, self.state = self.chunks + 1, self._pending[-1].end_s, SPEAKING

    def spoken_s(self, now_s: float) -> float:
        """Seconds of sound heard so far; forgets what is over, so memory stays flat."""
        while self._pending and self._pending[0].end_s <= now_s:
            self._spoken_s += self._pending.popleft().speech.duration_s
        under_way_s = now_s - self._pending[0].start_s if self._pending else 0.0
        return self._spoken_s + max(under_way_s, 0.0)

    def word(self, now_s: float) -> str:
        """The word that is heard now, or empty."""
        for piece in self._pending:
            for word in piece.speech.words:
                if word.start_s <= now_s - piece.start_s < word.end_s:
                    return word.text
        return ""


def check_goal(goal: Say.Goal) -> None:
    """Raises InvalidInput for what cannot be said; languages are the engine's to judge."""
    if not goal.text.strip():
        raise InvalidInput("the text holds nothing to say: give at least one word.")
    if len(goal.text) > MOST_CHARS:
        raise InvalidInput(f"the text has {len(goal.text)} characters, at most {MOST_CHARS} can be said at once.")
    for kind, name, known in (("emotion", goal.emotion, EMOTIONS), ("style", goal.style, STYLES),
                              ("gesture", goal.gesture, gesture_names())):
        if name and name not in known:
            raise UnknownName(kind, name, known)


class SayServer:
    """rclpy's side of the action."""

    def __init__(self, node: StageNode, begin: Callable[[Any], None], cancel: Callable[[bytes], bool]):
        """`begin` takes the handle of a new goal; `cancel` ends the goal of that id soon, False when there is none."""
        self._cancel = cancel
        self._results: dict[bytes, tuple[str, Say.Result]] = {}
        self._server = ActionServer(
            node, Say, topics.SAY, self._hand_over, goal_callback=lambda _: GoalResponse.ACCEPT,
            handle_accepted_callback=begin, cancel_callback=self._on_cancel)

    def settle(self, handle: Any, how: str, result: Say.Result) -> None:
        """End a goal: succeed, abort or canceled."""
        self._results[goal_key(handle)] = how, result
        handle.execute()

    def _hand_over(self, handle: Any) -> Say.Result:
        how, result = self._results.pop(goal_key(handle))
        getattr(handle, how)()
        return result

    def _on_cancel(self, handle: Any) -> CancelResponse:
        return CancelResponse.ACCEPT if self._cancel(goal_key(handle)) else CancelResponse.REJECT


def goal_key(handle: Any) -> bytes:
    """What names a goal."""
    return bytes(handle.goal_id.uuid)
