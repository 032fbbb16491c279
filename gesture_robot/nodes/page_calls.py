"""The operator's wishes as service calls and goals; what came of them becomes a line on the page.

Safety: a stop is repeated until control confirms it; the lock `stop` is held meanwhile, so a lost call is no lost stop.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from rclpy.action import ActionClient
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger

from gesture_robot.action import PlayGesture, Say
from gesture_robot.nodes import topics
from gesture_robot.srv import Greet, ListGestures

if TYPE_CHECKING:
    from gesture_robot.nodes.base import StageNode

NOTE_S, MOST_NOTES = 12.0, 3
RETRY_S = 0.25
REPORTED_S = 1.0
"""After this the diagnostics of a node tell what it was asked to do."""


class Notes:
    """The newest answers to the operator."""

    def __init__(self, now_s: Callable[[], float]):
        self._now_s = now_s
        self._lines: list[tuple[float, str]] = []

    def add(self, text: str) -> None:
        """A line that is shown for a while; the same line again only starts its time anew."""
        text = " ".join(text.split())
        self._lines = [line for line in self._lines if line[1] != text][1 - MOST_NOTES:] + [(self._now_s(), text)]

    def lines(self) -> tuple[str, ...]:
        """Oldest first."""
        now_s = self._now_s()
        self._lines = [line for line in self._lines if 0.0 <= now_s - line[0] < NOTE_S]
        return tuple(text for _, text in self._lines)


class Calls:
    """Clients of all nodes. All methods but `lock` run in the executor's thread."""

    def __init__(self, node: StageNode, notes: Notes):
        self._node, self._notes = node, notes
        services = {"stop": (Trigger, topics.STOP), "release": (Trigger, topics.RELEASE),
                    "enable": (SetBool, topics.ENABLE_DECISIONS), "greet": (Greet, topics.GREET),
                    "list": (ListGestures, topics.LIST_GESTURES)}
        actions = {"say": (Say, topics.SAY), "gesture": (PlayGesture, topics.PLAY_GESTURE)}
        self._names = {k: name for k, (_, name) in services.items()}
        self._clients: dict[str, Any] = {k: node.create_client(kind, name) for k, (kind, name) in services.items()}
        self._actions: dict[str, Any] = {k: ActionClient(node, kind, name) for k, (kind, name) in actions.items()}
        self._lock = node.create_publisher(Bool, topics.STOP_LOCK, topics.STREAM)
        self._pending: dict[Any, tuple[float, str]] = {}
        self._asked_s = self._paused_s = float("-inf")
        self.stopping = False
        """A stop was pressed and is not confirmed yet."""
        self.pressed_s = float("-inf")
        self.paused: bool | None = False
        self.gestures: tuple[str, ...] | None = None

    # --- stop and release -------------------------------------------------------------------------------------

    def lock(self) -> None:
        """The fastest way to stop; may be called from any thread."""
        self._lock.publish(Bool(data=True))

    def stop(self) -> None:
        """Call control/stop, again and again until it answers."""
        self.stopping, self.pressed_s = True, self._node.now_s()
        self._ask_stop()

    def confirmed(self) -> None:
        """Control says that it is stopped: the lock has done its work and must not hinder a release."""
        if self.stopping:
            self.stopping = False
            self._lock.publish(Bool(data=False))

    def release(self) -> None:
        """Open the lock, then call control/release."""
        self.stopping = False
        self._lock.publish(Bool(data=False))
        self._call("release", Trigger.Request(), self._released)

    def _ask_stop(self) -> None:
        self._asked_s = self._node.now_s()
        self._call("stop", Trigger.Request(), self._stopped)

    def _stopped(self, response: Any) -> None:
        if response.success:
            self.confirmed()
        else:
            self._notes.add(f"control/stop: {response.message}")

    def _released(self, response: Any) -> None:
        if not response.success:
            self._notes.add(f"not released: {response.message}")

    # --- wishes -----------------------------------------------------------------------------------------------

    def pause(self, paused: bool) -> None:
        """Pause behaviours, or let them go on."""
        def done(response: Any) -> None:
            if response.success:
                self.paused, self._paused_s = paused, self._node.now_s()
            else:
                self._notes.add(f"behaviours not {'paused' if paused else 'resumed'}: {response.message}")

        self._call("enable", SetBool.Request(data=not paused), done)

    def told(self, paused: bool | None) -> None:
        """What the decision node reports counts, but for reports from before the newest answer."""
        if paused is not None and self._node.now_s() - self._paused_s > REPORTED_S:
            self.paused = paused

    def greet(self, person_id: str) -> None:
        """Have somebody greeted; empty: the nearest."""
        def done(response: Any) -> None:
            if not response.accepted:
                self._notes.add(f"not greeted: {response.message}")

        self._call("greet", Greet.Request(person_id=person_id), done)

    def say(self, text: str) -> None:
        """Say something after what is being said."""
        self._goal("say", Say.Goal(text=text), "not said")

    def gesture(self, name: str) -> None:
        """Play a gesture now."""
        self._goal("gesture", PlayGesture.Goal(name=name), f"{name} not played")

    def list_gestures(self) -> None:
        """Ask for the names, unless they are known."""
        if self.gestures is None and self._clients["list"].service_is_ready():
            def done(response: Any) -> None:
                self.gestures = tuple(name for name in response.names if name != "rest")

            self._call("list", ListGestures.Request(), done)

    # --- waiting ----------------------------------------------------------------------------------------------

    def watch(self, patience_s: float) -> None:
        """Repeat an unconfirmed stop; name what does not answer. To be called about ten times a second."""
        now_s = self._node.now_s()
        if self.stopping and now_s - self._asked_s >= RETRY_S:
            self.lock()
            self._ask_stop()
        for future, (asked_s, name) in list(self._pending.items()):
            if now_s - asked_s > patience_s:
                del self._pending[future]
                self._notes.add(f"{name} does not answer.")

    def _call(self, kind: str, request: Any, done: Callable[[Any], None]) -> None:
        client, name = self._clients[kind], self._names[kind]
        if not client.service_is_ready():
            self._notes.add(f"{name}: nobody offers it; is that node running?")
            return
        future = client.call_async(request)
        self._pending[future] = (self._node.now_s(), name)
        future.add_done_callback(partial(self._finish, name, done))

    def _goal(self, kind: str, goal: Any, failed: str) -> None:
        client = self._actions[kind]
        if not client.server_is_ready():
            self._notes.add(f"{failed}: nobody offers {kind}; is that node running?")
            return

        def ended(answer: Any) -> None:
            if not answer.result.completed:
                self._notes.add(f"{failed}: {answer.result.message or 'it was broken off'}")

        def accepted(handle: Any) -> None:
            if handle.accepted:
                result = handle.get_result_async()
                result.add_done_callback(partial(self._finish, kind, ended))
            else:
                self._notes.add(f"{failed}: it was refused")

        future = client.send_goal_async(goal)
        self._pending[future] = (self._node.now_s(), kind)
        future.add_done_callback(partial(self._finish, kind, accepted))

    def _finish(self, name: str, done: Callable[[Any], None], future: Any) -> None:
        self._pending.pop(future, None)
        if not future.cancelled():
            self._node.guarded(name, lambda: done(future.result()))
