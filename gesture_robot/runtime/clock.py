"""The two clocks of the loop: simulated (as fast as it goes) and wall (paced). Only this file reads the real time."""

from __future__ import annotations

import time
from collections.abc import Callable

MAX_LAG_S = 0.25


class SimulatedClock:
    """Never waits."""

    live = False

    def restart(self) -> None:
        """Nothing to do."""

    def wait_until(self, now_s: float) -> None:
        """Return at once."""


class WallClock:
    """Holds the loop back to real time.

    A loop that fell behind a little catches up tick by tick; time lost beyond `MAX_LAG_S` (a computer that slept or is
    too slow) is left out, so that the robot never hurries after it and sound is never far ahead of motion.
    """

    live = True

    def __init__(self, real_s: Callable[[], float] = time.perf_counter, sleep: Callable[[float], None] = time.sleep):
        self._real_s, self._sleep = real_s, sleep
        self.restart()

    def restart(self) -> None:
        """It is 0 now: models were loaded meanwhile, and everybody who holds this clock goes on with the same time."""
        self._start_s = self._real_s()

    def wait_until(self, now_s: float) -> None:
        """Sleep until the real time since the start is `now_s`."""
        ahead_s = now_s - self.now_s()
        if ahead_s > 0.0:
            self._sleep(ahead_s)
        elif ahead_s < -MAX_LAG_S:
            self._start_s -= ahead_s

    def now_s(self) -> float:
        """Real seconds since the start: the clock audio is played against."""
        return self._real_s() - self._start_s
