"""Self-collision guard: is a whole path free, with nothing able to slip through between two looks at it?

MuJoCo gives the distances between links at one configuration (about 15 us). Between looks a bound is used: joint j
moves a point of link b by at most r_bj times its own motion, r_bj being the longest the chain from the joint to the far
end of the link can get. So one look from which every pair has room to spare clears a long piece of the path
(conservative advancement, Mirtich and Canny 1995). Close to contact the looks are at most `RESOLUTION_M` of relative
motion apart: two looks with the full margin leave at least margin - RESOLUTION_M / 2 between them.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.control.distances import LinkDistances
from gesture_robot.datatypes import RobotModel

RESOLUTION_M = 0.01
_STEER_M, _STEER_BUFFER_M = 0.03, 0.002
"""Steering begins this much outside the margin and aims to stay a little outside, so that sliding is not blocked."""
_STEER_RATE, _STEER_BRAKE_MPS2, _STEER_PAIRS, _STEER_SWEEPS = 10.0, 1.5, 8, 4
_STIFF = 0.05
"""How readily torso and neck give way, against 1 for the arms."""
_SAME_M = 1e-6


class PathGuard(Protocol):
    """What control asks of a guard."""

    def reset(self, position: Array) -> None:
        """The robot rests at `position` (J,): whatever is nearer than the margin there may stay so, not get nearer."""

    def blocking(self, positions: Array, velocities: Array, tick_s: float) -> Array:
        """(J,) bool: joints that move a pair of links into each other on a path; none when the path is free.

        Args:
            positions: (n + 1, J) at each tick, the first being where the robot is, the last at rest.
            velocities: (n + 1, J), linear within a tick.
            tick_s: time between two points.
        """

    def steer(self, position: Array, velocity: Array, driven: Array) -> Array:
        """(J,) the wished velocity, changed in the `driven` joints so that near links slide past each other."""


class NoGuard:
    """Lets every path pass: for robots without collision shapes, chosen on purpose."""

    def steer(self, position: Array, velocity: Array, driven: Array) -> Array:
        """Unchanged."""
        return velocity

    def reset(self, position: Array) -> None:
        """Nothing to remember."""

    def blocking(self, positions: Array, velocities: Array, tick_s: float) -> Array:
        """No joint is ever held."""
        return np.zeros(positions.shape[1], bool)


class CollisionGuard:
    """Distances between the links of one robot; pairs that may touch are those `robots.mujoco_model` leaves out."""

    def __init__(self, model: RobotModel, margin_m: float = 0.015):
        """Compile the robot's shapes.

        Args:
            model: the robot.
            margin_m: smallest distance allowed between two links that are not neighbours.

        Raises:
            MissingDependency: mujoco is not installed.
            InvalidModel: MuJoCo cannot compile the description.
        """
        self.model, self.margin_m = model, margin_m
        self._links = LinkDistances(model)
        self._reach = self._links.reach
        self._needed_m = np.full(len(self.pairs), margin_m)
        self._last_room = np.zeros(len(self.pairs))
        self._known: tuple[Array, Array] | None = None
        """A configuration and a lower bound of the room (P,) there."""
        stiff = (*model.limbs.torso, *model.limbs.neck)
        self._yielding = np.array([_STIFF if name in stiff else 1.0 for name in model.joint_names])

    # --- sliding ----------------------------------------------------------------------------------------------

    def steer(self, position: Array, velocity: Array, driven: Array) -> Array:
        """See PathGuard: a velocity damper (Faverjon and Tournassoud 1987), least change, arms before torso and neck.

        The distance of a near pair may shrink no faster than a braking of `_STEER_BRAKE_MPS2` can end in time.
        """
        if (self._reach @ np.abs(velocity) <= _approach_speed(self._last_room)).all():
            return velocity
        self._remember(position, self._room(position))
        room, slopes = self._links.slopes(self._needed_m, _STEER_M, _STEER_PAIRS)
        allowed = -_approach_speed(room)
        steered = velocity
        for _ in range(_STEER_SWEEPS):
            worst = 0.0
            for slope, least in zip(slopes, allowed, strict=True):
                missing = least - slope @ steered
                if missing > 0.0:
                    push = self._yielding * driven * slope
                    steered = steered + push * (missing / max(float(slope @ push), 1e-3))
                    worst = max(worst, missing)
            if worst < 1e-4:
                break
        return steered

    # --- single configurations --------------------------------------------------------------------------------

    def colliding(self, configurations: Array) -> list[tuple[tuple[str, str], ...]]:
        """Pairs of links nearer than the margin, for each of the (N, J) configurations."""
        found = []
        for position in np.atleast_2d(np.asarray(configurations, float)):
            near = np.flatnonzero(self.distances(position) < self.margin_m)
            found.append(tuple(self.pairs[row] for row in near))
        return found

    def distances(self, position: Array) -> Array:
        """(P,) [m] of every pair in `pairs` at one configuration (J,), negative inside each other, at most RANGE_M."""
        return self._links.at(position)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Pairs of links that are watched."""
        return self._links.pairs

    # --- paths ------------------------------------------------------------------------------------------------

    def reset(self, position: Array) -> None:
        """See PathGuard."""
        self._known = None
        self._needed_m = np.minimum(self.margin_m, self.distances(position))

    def blocking(self, positions: Array, velocities: Array, tick_s: float) -> Array:
        """See PathGuard."""
        blocked = self._blocked_pairs(positions, velocities, tick_s)
        return np.asarray(self._reach[blocked].any(axis=0))

    def _blocked_pairs(self, positions: Array, velocities: Array, tick_s: float) -> Array:
        """(P,) bool: pairs too near at the first look that finds any."""
        steps = _travel(velocities, tick_s) @ self._reach.T
        following, before = steps[1:].sum(axis=0), np.zeros(len(self.pairs))
        if self._known is not None and np.array_equal(self._known[0], positions[0]):
            before = self._known[1]
            if (before - steps[0] >= following).all():  # what was seen before still clears the whole path
                self._remember(positions[1], before - steps[0])
                return np.zeros(len(before), bool)
        room, here, last = self._room(positions[1]), 1, len(positions) - 1
        self._remember(positions[1], room)
        blocked = room < -_SAME_M
        if not blocked.any():
            blocked = self._inside_tick(positions, velocities, tick_s, 0, steps[0], before + room)
        if blocked.any() or (following <= room).all():
            self._open_up(positions, room)
            return blocked
        travel = np.concatenate([np.zeros((1, len(self.pairs))), np.cumsum(steps, axis=0)])
        while here < last:
            fits = (travel[here + 1 :] - travel[here] <= room).all(axis=1)
            if fits.all():
                break
            ahead, before = int(np.argmin(fits)), room
            room = self._room(positions[here + max(ahead, 1)])
            blocked = room < -_SAME_M
            if ahead == 0 and not blocked.any():
                blocked = self._inside_tick(positions, velocities, tick_s, here, steps[here], before + room)
            if blocked.any():
                break
            here += max(ahead, 1)
        return blocked

    def _remember(self, position: Array, room: Array) -> None:
        self._last_room = room
        # while a pair may stay nearer than the margin, every look counts: it may have opened up
        self._known = (position, room) if (self._needed_m >= self.margin_m).all() else None

    def _room(self, position: Array) -> Array:
        """(P,) [m] by which each pair is further apart than it must be."""
        return self.distances(position) - self._needed_m

    def _inside_tick(
        self, positions: Array, velocities: Array, tick_s: float, tick: int, step: Array, room: Array
    ) -> Array:
        """(P,) bool: pairs too near between the two ends of one tick, each of which is free by itself.

        Args:
            positions: (n + 1, J) of the path.
            velocities: (n + 1, J) of the path.
            tick_s: time between two points.
            tick: which piece of the path.
            step: (P,) [m] the most each pair travels in this tick.
            room: (P,) [m] at both ends together: a pair that travels less cannot use up both.
        """
        tight = step > np.maximum(room, RESOLUTION_M)
        if not tight.any():
            return tight
        cuts = int(np.ceil(step[tight].max() / RESOLUTION_M))
        for u in np.arange(1, cuts) / cuts:
            moved = tick_s * u * (velocities[tick] + 0.5 * u * (velocities[tick + 1] - velocities[tick]))
            blocked = self._room(positions[tick] + moved) < -_SAME_M
            if blocked.any():
                return blocked
        return np.zeros(len(tight), bool)

    def _open_up(self, positions: Array, room: Array) -> None:
        """Pairs that began nearer than the margin must keep what distance they have won, once at rest there."""
        if (self._needed_m < self.margin_m).any() and np.array_equal(positions[1], positions[-1]):
            self._needed_m = np.minimum(self.margin_m, np.maximum(self._needed_m, room + self._needed_m - _SAME_M))


def _approach_speed(room: Array) -> Array:
    """How fast [m/s] a distance with `room` [m] to spare may shrink; negative: it must grow; any speed further away."""
    soft = room - _STEER_BUFFER_M
    braked = np.sqrt(2.0 * _STEER_BRAKE_MPS2 * np.maximum(soft, 0.0))
    return np.where(
        room > _STEER_M, np.inf, np.where(soft > 0.0, np.minimum(_STEER_RATE * soft, braked), _STEER_RATE * soft)
    )


def _travel(velocities: Array, tick_s: float) -> Array:
    """(n, J) how far each joint travels at most between the points; speeds run linearly, so turning back is covered."""
    speeds = np.abs(velocities)
    return np.asarray(0.5 * tick_s * (speeds[1:] + speeds[:-1]))
