"""The two clocks of the loop: simulated (as fast as it goes) and wall (paced). Only this file reads the real time."""

from __future__ import annotations

import time


class SimulatedClock:
    """Never waits."""

    live = False

    def wait_until(self, now_s: float) -> None:
        """Return at once."""

    def wall_s(self) -> float:
        """Real seconds, for measuring only."""
        return time.perf_counter()


class WallClock:
    """Holds the loop back to real time; a loop that fell behind catches up tick by tick."""

    live = True

    def __init__(self) -> None:
        self._start_s = time.perf_counter()

    def wait_until(self, now_s: float) -> None:
        """Sleep until the real time since the start is `now_s`."""
        ahead_s = now_s - (time.perf_counter() - self._start_s)
        if ahead_s > 0.0:
            time.sleep(ahead_s)

    def now_s(self) -> float:
        """Real seconds since the start: the clock audio is played against."""
        return time.perf_counter() - self._start_s

    def wall_s(self) -> float:
        """Real seconds, for measuring only."""
        return time.perf_counter()
