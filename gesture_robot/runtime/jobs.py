"""Work beside the control loop.

Threading model: the loop never waits for perception or planning while it runs live. In simulated time a job's
result is taken exactly `latency_s` after it was handed in, however long it took: runs repeat exactly, the second core
is used, and the simulated robot is not faster than a real one.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from gesture_robot.runtime.timing import Timings

Result = TypeVar("Result")


class Job(Generic[Result]):
    """Something that was handed in at `started_s`."""

    def __init__(self, future: Future[Result], started_s: float, due_s: float, live: bool):
        self._future, self.started_s, self._due_s, self._live = future, started_s, due_s, live

    def ready(self, now_s: float) -> bool:
        """May the result be taken? In simulated time this waits for it once it is due."""
        return self._future.done() if self._live else now_s >= self._due_s - 1e-9

    def result(self) -> Result:
        """The result, or the exception the work raised."""
        return self._future.result()


class Worker:
    """One thread that does jobs in order."""

    def __init__(self, name: str, *, live: bool, latency_s: float, timings: Timings | None = None):
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._name, self._timings = name, timings if timings is not None else Timings()
        self.live, self._latency_s = live, latency_s

    def submit(self, work: Callable[[], Result], now_s: float) -> Job[Result]:
        """Start `work`; its result is due `latency_s` later."""
        return Job(self._pool.submit(self._timed, work), now_s, now_s + self._latency_s, self.live)

    def _timed(self, work: Callable[[], Result]) -> Result:
        with self._timings.measure(self._name):
            return work()

    def close(self) -> None:
        """Drop what has not begun and wait for what has."""
        self._pool.shutdown(wait=True, cancel_futures=True)
