"""Joints that the operator moves by hand: sliders to trajectories that start where the joint is and end at rest.

Pure: time is an argument, nothing is sent from here. `control` is the gate behind it and limits what comes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import JointTrajectory, RobotModel
from gesture_robot.errors import InvalidInput

PERIOD_S = 0.05
"""How often `trajectory` should be sent: well within the time-out of the source teleop."""
SPEED_SHARE, ACCELERATION_SHARE = 0.5, 0.6
SHORTEST_S, LONGEST_S = 0.3, 20.0
POINT_EVERY_S, MOST_POINTS = 0.1, 24


@dataclass(frozen=True, slots=True)
class _Move:
    """One cubic from a state to rest at `target`."""

    start_s: float
    duration_s: float
    position: float
    velocity: float
    target: float

    def at(self, time_s: float | Array) -> tuple[Array, Array]:
        """Positions and velocities; before and after it the ends."""
        t = np.clip((np.asarray(time_s, float) - self.start_s) / self.duration_s, 0.0, 1.0)
        way, first = self.target - self.position, self.velocity * self.duration_s
        position = self.position + first * t + (3 * way - 2 * first) * t**2 + (first - 2 * way) * t**3
        velocity = (first + 2 * (3 * way - 2 * first) * t + 3 * (first - 2 * way) * t**2) / self.duration_s
        return position, np.where(t < 1.0, velocity, 0.0)


class ManualJoints:
    """Which joints the operator holds, and where they go."""

    def __init__(self, model: RobotModel):
        self._model = model
        self._moves: dict[str, _Move] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Joints under the operator's hand."""
        return tuple(self._moves)

    def set(self, joint: str, target: float, position: float, now_s: float) -> None:
        """Take a joint over, or send it elsewhere.

        Args:
            joint: its name.
            target: [rad or m]; cut to the joint's limits.
            position: where it is measured to be; counts only when it is taken over.
            now_s: time.

        Raises:
            UnknownName: no such joint.
            InvalidInput: NaN.
        """
        row = self._model.index(joint)
        if not np.isfinite([target, position, now_s]).all():
            raise InvalidInput(f"the position of {joint} must be a number, got {target}.")
        target = float(np.clip(target, self._model.lower[row], self._model.upper[row]))
        velocity = 0.0
        if joint in self._moves:
            position, velocity = (float(v) for v in self._moves[joint].at(now_s))
        self._moves[joint] = self._plan(row, now_s, float(position), velocity, target)

    def release(self) -> None:
        """Give all joints back."""
        self._moves.clear()

    def trajectory(self, now_s: float) -> JointTrajectory | None:
        """From now to rest at the targets; None when no joint is held."""
        if not self._moves:
            return None
        left_s = max(m.start_s + m.duration_s - now_s for m in self._moves.values())
        left_s = max(left_s, PERIOD_S)
        times = np.linspace(0.0, left_s, min(2 + int(left_s / POINT_EVERY_S), MOST_POINTS))
        states = [m.at(now_s + times) for m in self._moves.values()]
        positions, velocities = np.stack([p for p, _ in states], 1), np.stack([v for _, v in states], 1)
        velocities[-1] = 0.0
        return JointTrajectory(self.names, now_s, times, positions, velocities)

    def _plan(self, row: int, now_s: float, position: float, velocity: float, target: float) -> _Move:
        """The shortest cubic within the shares of the joint's limits."""
        fastest = SPEED_SHARE * float(self._model.max_velocity[row])
        hardest = ACCELERATION_SHARE * float(self._model.max_acceleration[row])
        duration_s = SHORTEST_S
        while duration_s < LONGEST_S:
            move = _Move(now_s, duration_s, position, velocity, target)
            speeds = move.at(now_s + np.linspace(0.0, duration_s, 17)[:-1])[1]
            way = target - position
            pushes = (6 * way / duration_s - 4 * velocity, 2 * velocity - 6 * way / duration_s)
            within = max(abs(p) for p in pushes) / duration_s <= hardest
            if within and np.abs(speeds).max() <= max(fastest, abs(velocity)) + 1e-9:
                return move
            duration_s *= 1.15
        return _Move(now_s, LONGEST_S, position, velocity, target)
