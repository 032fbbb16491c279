"""Where the robot really is: are its joints still heard, does it rest, is it where it was commanded to be?"""

from __future__ import annotations

from collections import deque

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel, RobotState
from gesture_robot.errors import InvalidInput

REST_S, REST_RAD = 0.15, 0.01
"""The robot rests when no joint moved by more than this for this long."""
LAG_S = 0.3
"""A joint may be anywhere between the positions it was commanded to in this time."""
DEVIATES_S = 0.1
"""A deviation shorter than this is an outlier of the measurement."""
CLOCK_S = 1.0


class JointWatch:
    """Judges measured joints. Times are the caller's seconds."""

    def __init__(self, model: RobotModel, timeout_s: float, deviation_rad: float, tick_s: float):
        self._names, self._timeout_s, self._deviation_rad = model.joint_names, timeout_s, deviation_rad
        self._recent: deque[tuple[float, Array]] = deque(maxlen=1000)
        self._commanded: deque[Array] = deque(maxlen=max(int(LAG_S / tick_s), 1))
        self._off_since_s: float | None = None
        self._off = ""
        self.state: RobotState | None = None
        self._heard_s = -np.inf

    def take(self, state: RobotState, now_s: float) -> None:
        """A measurement came; raises InvalidInput when its stamp cannot be true."""
        if abs(state.stamp_s - now_s) > CLOCK_S:
            raise InvalidInput(
                f"measured joints are stamped {state.stamp_s - now_s:+.1f} s from now. Do both sides use one clock?"
            )
        self.state, self._heard_s = state, now_s
        self._recent.append((now_s, state.positions))
        while self._recent[0][0] < now_s - 2.0 * REST_S:
            self._recent.popleft()
        self._compare(now_s)

    def commanded(self, positions: Array) -> None:
        """The robot was sent to `positions` (J,) in this tick."""
        self._commanded.append(positions)

    def forget_commands(self) -> None:
        """What was commanded so far does not count: control begins anew."""
        self._commanded.clear()
        self._off_since_s, self._off = None, ""

    def trouble(self, now_s: float) -> str:
        """Why control must not go on; empty when all is well."""
        if self.state is None:
            return "no joint_states yet"
        if now_s - self._heard_s > self._timeout_s:
            return "joint_states have stopped"
        return self._off

    def rests(self) -> bool:
        """Whether the robot has been at rest for a while."""
        if len(self._recent) < 2 or self._recent[-1][0] - self._recent[0][0] < REST_S:
            return False
        return bool(np.ptp(np.stack([p for _, p in self._recent]), axis=0).max(initial=0.0) < REST_RAD)

    def _compare(self, now_s: float) -> None:
        if not self._commanded or self.state is None:
            return
        ways = np.stack(self._commanded)
        off = np.maximum(self.state.positions - ways.max(axis=0), ways.min(axis=0) - self.state.positions)
        worst = int(np.argmax(off))
        if not off[worst] > self._deviation_rad:
            self._off_since_s = None
        elif self._off_since_s is None:
            self._off_since_s = now_s
        elif now_s - self._off_since_s >= DEVIATES_S:
            self._off = f"joint '{self._names[worst]}' is not where it was commanded: held, moved or restarted"
