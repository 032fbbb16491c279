"""One thread for nodes with a fast beat.

rclpy builds its list of what to wait for anew at every wake-up and wakes up twice per timer: 0.8 ms of processor time,
more than a whole tick of control. So beats are kept here, on the steady clock, and run between the looks at
everything else, which come every `LOOK_S` while a beat runs. Without beats this is rclpy's own executor.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rclpy.executors import (
    ConditionReachedException,
    ExternalShutdownException,
    ShutdownException,
    SingleThreadedExecutor,
    TimeoutException,
)

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


class BeatExecutor(SingleThreadedExecutor):
    """Runs the callbacks of its nodes, and the `beats` of those that have some."""

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
            rest_s = due_s - time.monotonic()
            if rest_s > 0.0:
                time.sleep(rest_s)
        raise ExternalShutdownException

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
