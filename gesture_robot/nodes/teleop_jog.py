"""Moving joints by hand: short trajectories within the limits that always end at rest. Without ROS."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.control.arbiter import evaluate
from gesture_robot.control.limits import JointLimits
from gesture_robot.datatypes import JointTrajectory, RobotModel, RobotState

_SLOWEST_RAD_S = 0.001
_GENTLE = 0.5
"""Share of the acceleration limits to use."""


class Jogger:
    """Moves the wished joints at wished speeds; the others are left to whoever drives them."""

    def __init__(self, model: RobotModel, period_s: float):
        self._model, self._period_s = model, period_s
        self._limits = JointLimits(model, period_s)
        self._step = _GENTLE * period_s * model.max_acceleration
        self._moved = np.zeros(len(model.joint_names), bool)
        self._path: JointTrajectory | None = None

    def stop(self) -> None:
        """Forget the motion; what was sent ends at rest."""
        self._moved[:], self._path = False, None

    def update(self, wished: Mapping[str, float], measured: RobotState, now_s: float) -> JointTrajectory | None:
        """The next piece, to be asked for every `period_s`; None when nothing moves.

        Args:
            wished: speed [rad/s] by joint of the model.
            measured: joints in the model's order; a joint that begins to move starts there.
            now_s: time.
        """
        target = np.zeros(len(self._moved))
        for name, speed in wished.items():
            target[self._model.index(name)] = speed if abs(speed) > _SLOWEST_RAD_S else 0.0
        position, velocity = self._state(measured, now_s)
        self._moved = (target != 0.0) | (self._moved & (velocity != 0.0))
        if not self._moved.any():
            self._path = None
            return None
        low, high = self._limits.velocity_bounds(position, velocity)
        eased = np.clip(target, velocity - self._step, velocity + self._step)
        following = np.where(self._moved, np.clip(eased, low, high), 0.0)
        positions, velocities = self._limits.brake(self._limits.advance(position, velocity, following), following)
        rows = np.vstack([position, positions]), np.vstack([velocity, velocities])
        times = np.arange(len(positions) + 1) * self._period_s
        self._path = JointTrajectory(self._model.joint_names, now_s, times, *rows)
        joints = np.flatnonzero(self._moved)
        names = tuple(self._model.joint_names[j] for j in joints)
        return JointTrajectory(names, now_s, times, rows[0][:, joints], rows[1][:, joints])

    def _state(self, measured: RobotState, now_s: float) -> tuple[Array, Array]:
        """Where moved joints were sent, and where the others are."""
        here = np.clip(measured.positions, self._model.lower, self._model.upper)
        if self._path is None:
            return here, np.zeros_like(here)
        position, velocity = evaluate(self._path, now_s)
        return np.where(self._moved, position, here), np.where(self._moved, velocity, 0.0)
