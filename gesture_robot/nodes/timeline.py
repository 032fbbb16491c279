"""A node's time: seconds that never run backwards, whatever the clock of the computer or the simulation does.

Stages count on time that only goes forward. ROS time does not promise that: a simulation is reset, a robot's clock is
set by NTP. `Timeline` follows the clock while it behaves; when it jumps, the node's own time goes on where it was and
only the difference between the two changes. Stamps are converted at the border, with the difference of the moment.
"""

from __future__ import annotations

from collections.abc import Callable

JUMP_S = 0.25
"""A difference that changes by more than this between two looks is a jump; less is followed smoothly."""
FOLLOW = 0.05
SIMULATED_JUMP_S = 1.0


class Timeline:
    """Seconds of one node.

    Args:
        clock_s: the ROS clock: system time, or simulated time.
        steady_s: a clock that only goes forward, at the rate of real time.
        simulated: whether `clock_s` is a simulation's, which may run at any rate or stand still.
    """

    def __init__(self, clock_s: Callable[[], float], steady_s: Callable[[], float], *, simulated: bool = False):
        self._clock_s, self._steady_s, self.simulated = clock_s, steady_s, simulated
        self._last_clock_s = clock_s()
        self._offset_s = 0.0 if simulated else self._last_clock_s - steady_s()
        self._skew_s = 0.0  # ROS clock minus this time line: 0 until the first jump
        self._last_s = float("-inf")
        self.jumps = 0
        self.last_jump_s = 0.0
        """Size of the newest jump of the clock, positive when it was set forward."""

    def now_s(self) -> float:
        """Seconds now; never less than at the call before."""
        now_s = self._simulated_s() if self.simulated else self._real_s()
        self._last_s = max(self._last_s, now_s)
        return self._last_s

    def from_clock(self, stamp_s: float) -> float:
        """A stamp of the ROS clock on this time line."""
        return stamp_s - self._skew_s

    def to_clock(self, time_s: float) -> float:
        """A time of this line as a stamp of the ROS clock."""
        return time_s + self._skew_s

    def _simulated_s(self) -> float:
        clock_s = self._clock_s()
        before_s, self._last_clock_s = self._last_clock_s, clock_s
        started = before_s > 0.0  # simulated time is 0 until the first message of /clock
        if started and not 0.0 <= clock_s - before_s <= SIMULATED_JUMP_S:
            self._jumped(clock_s - before_s)
        return clock_s - self._skew_s

    def _real_s(self) -> float:
        steady_s = self._steady_s()
        drift_s = self._clock_s() - steady_s - self._offset_s
        if abs(drift_s) > JUMP_S:
            self._offset_s += drift_s
            self._jumped(drift_s)
        else:  # slewing is followed, at most as fast as time itself
            self._offset_s += FOLLOW * drift_s
        return steady_s + self._offset_s - self._skew_s

    def _jumped(self, by_s: float) -> None:
        self.jumps += 1
        self.last_jump_s = by_s
        self._skew_s += by_s
