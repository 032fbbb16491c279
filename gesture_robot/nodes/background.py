"""Work beside the executor, whose results come back to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gesture_robot.errors import GestureRobotError
from gesture_robot.priority import set_niceness


class Background:
    """Part of StageNode, whose other members it uses: one more thread."""

    background_niceness = 0
    """That of the other thread, and of those it begins; see `set_niceness`."""

    def begin_background(self: Any) -> None:
        """Nothing is under way yet."""
        self._calls: deque[Callable[[], None]] = deque()
        self._pool: ThreadPoolExecutor | None = None
        self._done_guard: Any = self.create_guard_condition(self._run_calls)
        self.urgent[2].append(self._done_guard)

    def end_background(self) -> None:
        """Drop what has not begun and wait for what has."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def call_soon(self: Any, work: Callable[[], None]) -> None:
        """Have `work` done in the executor's thread; may be called from any thread."""
        self._calls.append(work)
        self._done_guard.trigger()

    def _run_calls(self: Any) -> None:
        while self._calls:
            self.guarded("work", self._calls.popleft())

    def background(self: Any, work: Callable[[], Any], done: Callable[[Any], None], name: str = "background") -> None:
        """Do `work` in the node's one other thread, jobs in order, then `done(result)` in the executor's thread.

        An error of `work` is reported under `name`, `done` is called with None then.
        """
        def run() -> None:
            try:
                result, error = work(), None
            except Exception as caught:  # noqa: BLE001  handed to the executor's thread
                result, error = None, caught
            self.call_soon(lambda: self._finish(result, error, done, name))

        self._thread().submit(run)

    def aside(self, work: Callable[[], Any]) -> Any:
        """Do `work` in that other thread now, and wait: threads that it begins are as nice. Raises what it raises."""
        return self._thread().submit(work).result()

    def _thread(self: Any) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix=self.stage, initializer=set_niceness,
                                            initargs=(self.background_niceness,))
        return self._pool  # type: ignore[no-any-return]

    def _finish(self: Any, result: Any, error: Exception | None, done: Callable[[Any], None], name: str) -> None:
        if error is not None:
            known = isinstance(error, GestureRobotError)
            self.refuse(name, str(error) if known else f"{type(error).__name__}: {error}")
        done(result)
