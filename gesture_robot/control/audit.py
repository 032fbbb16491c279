"""Does a stream of joint commands keep the limits? Checked on the controller's own cubic at 1 kHz."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import JointTrajectory, RobotModel
from gesture_robot.errors import InvalidInput

SAMPLE_S = 0.001
TOLERANCE = 1e-6
_ROWS = 2000


@dataclass(frozen=True, slots=True)
class LimitReport:
    """Largest values as fractions of their limits; 1 is the limit itself."""

    position_fraction: float
    """Distance from the middle of the range over half the range."""
    velocity_fraction: float
    acceleration_fraction: float
    violations: int
    """Joint samples outside a limit."""
    samples: int
    """Joint samples looked at."""


Log = tuple[Array, Array, Array]


def audit(motion: Iterable[JointTrajectory] | Log, model: RobotModel) -> LimitReport:
    """Sample the cubic between the points every millisecond, both ends of every piece included.

    Args:
        motion: trajectories, or a log (times (T,), positions (T, J), velocities (T, J)) in the model's joint order.
        model: limits.

    Raises:
        InvalidInput: joints that are not the model's.
    """
    worst, violations, samples = np.zeros(3), 0, 0
    for times, positions, velocities in _logs(motion, model):
        for first in range(0, max(len(times) - 1, 1), _ROWS):
            rows = slice(first, first + _ROWS + 1)
            found, bad, count = _audit_pieces(times[rows], positions[rows], velocities[rows], model)
            worst, violations, samples = np.maximum(worst, found), violations + bad, samples + count
    return LimitReport(float(worst[0]), float(worst[1]), float(worst[2]), violations, samples)


def _logs(motion: Iterable[JointTrajectory] | Log, model: RobotModel) -> Iterable[Log]:
    items = [motion] if isinstance(motion, tuple) and not isinstance(motion[0], JointTrajectory) else motion
    for item in items:
        if isinstance(item, JointTrajectory):
            if set(item.joint_names) != set(model.joint_names):
                raise InvalidInput(f"the audit needs all joints of '{model.name}': {', '.join(model.joint_names)}.")
            order = [item.joint_names.index(name) for name in model.joint_names]
            yield item.times_s, item.positions[:, order], item.velocities[:, order]
        else:
            times, positions, velocities = (np.asarray(part, float) for part in item)  # type: ignore[union-attr]
            if positions.shape != (len(times), len(model.joint_names)) or velocities.shape != positions.shape:
                raise InvalidInput(
                    f"the audit needs positions and velocities of shape ({len(times)}, {len(model.joint_names)}), "
                    f"got {positions.shape} and {velocities.shape}."
                )
            yield times, positions, velocities


def _audit_pieces(times: Array, positions: Array, velocities: Array, model: RobotModel) -> tuple[Array, int, int]:
    if len(times) < 2:
        shape = (1, *positions.shape)
        return _count(positions[None], velocities[None], np.zeros(shape), model)
    length = np.diff(times)
    per_piece = int(np.ceil(length.max() / SAMPLE_S - 1e-6)) + 1
    u = np.linspace(0.0, 1.0, per_piece)[:, None, None]
    h = length[None, :, None]
    p0, p1, m0, m1 = positions[:-1], positions[1:], h * velocities[:-1], h * velocities[1:]
    step = p1 - p0
    third, second = m0 + m1 - 2 * step, 3 * step - 2 * m0 - m1
    p = p0 + u * (m0 + u * (second + u * third))
    v = (m0 + u * (2 * second + u * 3 * third)) / h
    a = (2 * second + u * 6 * third) / h**2
    return _count(p, v, a, model)


def _count(p: Array, v: Array, a: Array, model: RobotModel) -> tuple[Array, int, int]:
    half = 0.5 * (model.upper - model.lower)
    off = np.abs(p - 0.5 * (model.upper + model.lower))
    fractions = off / np.maximum(half, 1e-9), np.abs(v) / model.max_velocity, np.abs(a) / model.max_acceleration
    bad = (off > half + TOLERANCE) | (fractions[1] > 1.0 + TOLERANCE) | (fractions[2] > 1.0 + TOLERANCE)
    moving = half > 1e-9
    position = fractions[0][..., moving].max(initial=0.0)
    return np.array([position, fractions[1].max(initial=0.0), fractions[2].max(initial=0.0)]), int(bad.sum()), bad.size
