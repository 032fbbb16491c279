"""One thread for nodes with a fast beat.

rclpy builds its list of what to wait for anew at every wake-up and wakes up twice per timer: 0.8 ms of processor time,
more than a whole tick of control. So beats are kept here, on the steady clock, and run between the looks at
everything else, which come every `LOOK_S` while a beat runs. Between beats the executor waits for the few inputs that
are urgent, in a list that stays the same: 0.03 ms. Without beats this is rclpy's own executor.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from rclpy.exceptions import InvalidHandle
from rclpy.executors import (
    ConditionReachedException,
    ExternalShutdownException,
    ShutdownException,
    SingleThreadedExecutor,
    TimeoutException,
)
from rclpy.impl.implementation_singleton import rclpy_implementation

Urgent = tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]
"""Subscriptions, services and guard conditions of rclpy."""
LOOK_S = 0.02
"""What is not polled, such as a service, waits at most this long."""


@dataclass
class Beat:
    """Work that is due again and again."""

    period_s: float
    work: Callable[[], None]
    due_s: float = field(default_factory=time.monotonic)
    look_s: float = LOOK_S
    """What is not polled may wait this long, if no other beat is in a greater hurry."""

    def run(self, now_s: float) -> None:
        """Do the work; beats that were missed are left out, the phase is kept."""
        self.due_s += self.period_s * max(1, 1 + int((now_s - self.due_s) / self.period_s))
        self.work()


class UrgentWait:
    """Waits for what is urgent. Entities that another thread destroys meanwhile, at the end, live until it returns."""

    def __init__(self, urgent: Urgent, context: Any):
        self.urgent, self._context = urgent, context
        subscriptions, services, guards = urgent
        with context.handle:
            self._wait_set = rclpy_implementation.WaitSet(
                len(subscriptions), len(guards), 0, 0, len(services), 0, context.handle)

    def wait(self, at_most_s: float) -> bool:
        """Whether something came within this time; raises InvalidHandle when something is destroyed already."""
        with ExitStack() as held:
            for entity in (self._context, *(e for kind in self.urgent for e in kind)):
                if entity.handle is None:
                    raise InvalidHandle("the context is gone")
                held.enter_context(entity.handle)
            return self._wait(at_most_s)

    def _wait(self, at_most_s: float) -> bool:
        wait_set, (subscriptions, services, guards) = self._wait_set, self.urgent
        wait_set.clear_entities()
        for subscription in subscriptions:
            wait_set.add_subscription(subscription.handle)
        for service in services:
            wait_set.add_service(service.handle)
        for guard in guards:
            wait_set.add_guard_condition(guard.handle)
        wait_set.wait(round(at_most_s * 1e9))
        return any(wait_set.get_ready_entities(kind) for kind in ("subscription", "service", "guard_condition"))


class BeatExecutor(SingleThreadedExecutor):
    """Runs the callbacks of its nodes and the beats of those that have some, which poll when something urgent comes."""

    _waiting: UrgentWait | None = None

    def spin(self) -> None:
        """Until the context ends; raises ExternalShutdownException then."""
        looked_s = float("-inf")
        while self._context.ok() and not self._is_shutdown:
            beats = list(self._beats())
            if not beats:
                self.spin_once()
                continue
            now_s = time.monotonic()
            for beat in beats:
                if beat.due_s <= now_s:
                    beat.run(now_s)
            if not self._context.ok():  # a beat may end it all
                break
            due_s = min(beat.due_s for beat in beats)
            if time.monotonic() - looked_s >= min(beat.look_s for beat in beats) - 0.001:
                looked_s = time.monotonic()
                while self._look() and time.monotonic() < due_s:
                    pass
            self._rest(due_s)
        raise ExternalShutdownException

    def _rest(self, until_s: float) -> None:
        """Sleep, but take what is urgent when it comes."""
        nodes: list[Any] = [node for node in self.get_nodes() if getattr(node, "beats", ())]
        subscriptions, services, guards = (tuple(e for node in nodes for e in node.urgent[kind]) for kind in range(3))
        urgent = subscriptions, services, guards
        if self._waiting is None or self._waiting.urgent != urgent:
            self._waiting = UrgentWait(urgent, self._context)
        while (rest_s := until_s - time.monotonic()) > 0.0:
            try:
                if self._waiting.wait(rest_s):
                    for node in nodes:
                        node.poll()
            except InvalidHandle:  # the graph goes down
                time.sleep(rest_s)
            if self._is_shutdown or not self._context.ok():
                return

    def _beats(self) -> Iterator[Beat]:
        for node in self.get_nodes():
            yield from getattr(node, "beats", ())

    def _look(self) -> bool:
        """Handle one thing that is ready, without waiting; False when nothing was."""
        try:
            handler, _, _ = self.wait_for_ready_callbacks(0, None, lambda: False)
        except (TimeoutException, ShutdownException, ConditionReachedException):
            return False
        handler()
        handler.result()  # raises what the callback raised
        return True
