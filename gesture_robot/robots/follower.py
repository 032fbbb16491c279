"""What a joint trajectory controller does: evaluate the cubic through the points, then hold the last one."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array, frozen_array
from gesture_robot.datatypes import JointTrajectory
from gesture_robot.errors import UnknownName


def hermite_coefficients(times_s: Array, positions: Array, velocities: Array) -> Array:
    """(T - 1, 4, J) coefficients of t^0..t^3, t from the segment's start, of the cubic Hermite spline."""
    span = np.diff(times_s)[:, None]
    slope = np.diff(positions, axis=0) / span
    start, end = velocities[:-1], velocities[1:]
    return np.stack(
        [positions[:-1], start, (3 * slope - 2 * start - end) / span, (start + end - 2 * slope) / span**2], axis=1
    )


def sample_trajectory(trajectory: JointTrajectory, times_s: Array) -> tuple[Array, Array, Array]:
    """Positions, velocities and accelerations (N, J) at `times_s` (N,) on the same clock as `start_s`.

    Outside the points the nearest one holds, at rest.
    """
    local = np.asarray(times_s, dtype=float) - trajectory.start_s
    points = trajectory.times_s
    if len(points) == 1:
        held = np.repeat(trajectory.positions, len(local), axis=0)
        return held, np.zeros_like(held), np.zeros_like(held)
    coefficients = hermite_coefficients(points, trajectory.positions, trajectory.velocities)
    segment = np.clip(np.searchsorted(points, local, side="right") - 1, 0, len(points) - 2)
    t = (np.clip(local, points[0], points[-1]) - points[segment])[:, None]
    c0, c1, c2, c3 = np.moveaxis(coefficients[segment], 1, 0)
    moving = ((local >= points[0]) & (local <= points[-1]))[:, None]
    return ((c3 * t + c2) * t + c1) * t + c0, ((3 * c3 * t + 2 * c2) * t + c1) * moving, (6 * c3 * t + 2 * c2) * moving


class TrajectoryFollower:
    """The commanded state of all joints over time. A new trajectory replaces the old one for the joints it names.

    A trajectory whose first point lies ahead is reached by a cubic from the state commanded now, as ros2_control does;
    joints it does not name stop where they are commanded now.
    """

    def __init__(self, joint_names: tuple[str, ...], positions: Array):
        self.joint_names = joint_names
        self.hold(positions)

    def hold(self, positions: Array) -> None:
        """Command these positions (J,) at rest from now on."""
        held = frozen_array(positions, (len(self.joint_names),), "positions")
        self._times_s = np.zeros(1)
        self._positions = held[None]
        self._coefficients = np.zeros((0, 4, len(held)))

    def follow(self, trajectory: JointTrajectory, now_s: float) -> None:
        """Replace what is followed; raises UnknownName for a joint this robot does not have."""
        for joint in trajectory.joint_names:
            if joint not in self.joint_names:
                raise UnknownName("joint", joint, self.joint_names)
        columns = [self.joint_names.index(joint) for joint in trajectory.joint_names]
        position, velocity, _ = self.command(now_s)
        times = trajectory.start_s + trajectory.times_s
        positions, velocities = np.tile(position, (len(times), 1)), np.zeros((len(times), len(position)))
        positions[:, columns], velocities[:, columns] = trajectory.positions, trajectory.velocities
        if times[0] > now_s:
            others = np.ones(len(position), dtype=bool)
            others[columns] = False
            times = np.concatenate([[now_s], times])
            positions = np.vstack([position, positions])
            velocities = np.vstack([np.where(others, 0.0, velocity), velocities])
        self._times_s, self._positions = times, positions
        self._coefficients = hermite_coefficients(times, positions, velocities)

    def command(self, now_s: float) -> tuple[Array, Array, Array]:
        """Position, velocity, acceleration (J,) commanded at `now_s`."""
        times = self._times_s
        if now_s >= times[-1] or now_s < times[0]:
            held = self._positions[-1 if now_s >= times[-1] else 0]
            return held, np.zeros_like(held), np.zeros_like(held)
        segment = int(np.searchsorted(times, now_s, side="right")) - 1
        t = now_s - times[segment]
        c0, c1, c2, c3 = self._coefficients[segment]
        return ((c3 * t + c2) * t + c1) * t + c0, (3 * c3 * t + 2 * c2) * t + c1, 6 * c3 * t + 2 * c2
