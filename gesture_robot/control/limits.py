"""One joint-space step of 10 ms that cannot break a limit, for all joints at once.

Inside a tick the acceleration is constant, so positions are parabolas and the cubic that a joint trajectory controller
draws between two points (positions and velocities) is that very parabola: what holds here holds at any rate.
Braking is greedy: every joint loses `a_max * dt` per tick until it rests, so the rest of a braking path is again a
braking path, and a state from which braking stays inside the limits always has a next state with the same property.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Where joints should be: position and velocity now and one tick later, all (J,)."""

    position: Array
    velocity: Array
    next_position: Array
    next_velocity: Array


class JointLimits:
    """Position, velocity and acceleration limits of J joints at one tick length."""

    def __init__(
        self,
        model: RobotModel,
        tick_s: float = 0.01,
        *,
        bandwidth_rad_s: float = 18.0,
        braking_share: float = 0.6,
        jerk_time_s: float = 0.02,
    ):
        self.lower, self.upper = model.lower, model.upper
        self.max_velocity, self.max_acceleration = model.max_velocity, model.max_acceleration
        self.tick_s, self._rate = tick_s, bandwidth_rad_s
        self._soft_acceleration = braking_share * self.max_acceleration
        self._knee = self._soft_acceleration / bandwidth_rad_s**2
        change = self.max_acceleration * min(1.0, tick_s / jerk_time_s if jerk_time_s > 0 else 1.0)
        self._max_change = np.minimum(change, np.asarray(model.max_jerk) * tick_s)
        self._step = self.max_acceleration * tick_s

    # --- braking ----------------------------------------------------------------------------------------------

    def brake_step(self, velocity: Array) -> Array:
        """(J,) velocity one tick later under full braking."""
        return np.sign(velocity) * np.maximum(np.abs(velocity) - self._step, 0.0)

    def brake(self, position: Array, velocity: Array) -> tuple[Array, Array]:
        """The braking path: positions and velocities (n + 1, J) at each tick, the first being now, the last at rest."""
        count = int(np.ceil(np.max(np.abs(velocity) / self._step) - 1e-9)) if len(velocity) else 0
        ticks = np.arange(max(count, 0) + 1)[:, None]
        velocities = np.sign(velocity) * np.maximum(np.abs(velocity) - ticks * self._step, 0.0)
        velocities[-1] = velocities[-1] * (count <= 0)  # what is left below rounding
        moves = 0.5 * self.tick_s * (velocities[1:] + velocities[:-1])
        return position + np.concatenate([np.zeros((1, len(position))), np.cumsum(moves, axis=0)]), velocities

    def advance(self, position: Array, velocity: Array, next_velocity: Array) -> Array:
        """(J,) position one tick later under the constant acceleration between the two velocities."""
        return position + 0.5 * self.tick_s * (velocity + next_velocity)

    def velocity_bounds(
        self, position: Array, velocity: Array, max_velocity: Array | None = None
    ) -> tuple[Array, Array]:
        """Lowest and highest next velocity (J,) that keep every limit now and while braking afterwards.

        Args:
            position: (J,) inside the limits, with a braking path inside the limits.
            velocity: (J,)
            max_velocity: (J,) a lower speed limit; joints that are faster brake down to it.
        """
        top = self.max_velocity if max_velocity is None else max_velocity
        middle = position + 0.5 * self.tick_s * velocity
        braked = self.brake_step(velocity)
        up, down = self._fastest_towards(np.stack([self.upper - middle, middle - self.lower]))
        high = np.minimum(np.minimum(velocity + self._step, top), up)
        low = np.maximum(np.maximum(velocity - self._step, -top), -down)
        return np.minimum(low, braked), np.maximum(high, braked)

    def _fastest_towards(self, room: Array) -> Array:
        """Largest next velocity whose half tick and greedy braking path fit into `room`.

        With u = v / (a dt) = n + r the way is a dt^2 (n (n + 1) / 2 + r (n + 1)), which is inverted here.
        """
        ways = room / (self._step * self.tick_s)
        whole = np.floor(0.5 * (np.sqrt(1.0 + 8.0 * np.maximum(ways, 0.0)) - 1.0))
        return np.where(
            ways > 0.0,
            (whole + (ways - 0.5 * whole * (whole + 1.0)) / (whole + 1.0)) * self._step,
            2.0 * room / self.tick_s,
        )

    # --- following --------------------------------------------------------------------------------------------

    def approach(
        self, position: Array, velocity: Array, reference: Reference, max_velocity: Array
    ) -> tuple[Array, Array]:
        """What following the reference asks for, before limits.

        Far from the target the speed relative to it falls as the square root of the distance (constant deceleration of
        `braking_share` of the limit), near it linearly; with the feed-forward both poles lie at the bandwidth.

        Returns:
            Wished velocity (J,) and wished acceleration (J,) that leads to it.
        """
        target, target_velocity, feed = self._inside(reference)
        error, closing = target - position, target_velocity - velocity
        far = np.abs(error) > self._knee
        root = np.sqrt(self._soft_acceleration * np.maximum(2.0 * np.abs(error) - self._knee, 1e-12))
        speed = np.where(far, np.sign(error) * root, self._rate * error)
        slope = np.where(far, self._soft_acceleration / root, self._rate)
        wished = target_velocity + speed
        held = np.abs(wished) > max_velocity
        wished = np.clip(wished, -max_velocity, max_velocity)
        feed = np.where(held, 0.0, feed + slope * closing)
        return wished, feed + self._rate * (wished - velocity)

    def _inside(self, reference: Reference) -> tuple[Array, Array, Array]:
        """Reference position, velocity and acceleration, with the part beyond position limits cut off."""
        position = np.clip(reference.position, self.lower, self.upper)
        next_position = np.clip(reference.next_position, self.lower, self.upper)
        outside = (position != reference.position) | (next_position != reference.next_position)
        feed = (reference.next_velocity - reference.velocity) / self.tick_s
        return position, np.where(outside, 0.0, reference.velocity), np.where(outside, 0.0, feed)

    def smooth(self, acceleration: Array, last: Array) -> Array:
        """`acceleration` (J,) held within its limit, growing no faster than the jerk allows; falling is free."""
        wished = np.clip(acceleration, -self.max_acceleration, self.max_acceleration)
        same = wished * last >= 0.0
        floor = np.where(same, np.minimum(np.abs(wished), np.abs(last)), 0.0)
        size = np.minimum(np.abs(wished), floor + self._max_change)
        return np.sign(wished) * size
