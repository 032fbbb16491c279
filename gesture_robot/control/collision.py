"""Self-collision guard: is a whole path free, with nothing able to slip through between two looks at it?

MuJoCo gives the distances between links at one configuration (about 15 us). Between looks a bound is used: joint j moves
a point of link b by at most r_bj times its own motion, r_bj being the longest the chain from the joint to the far end
of the link can get. So one look from which every pair has room to spare clears a long piece of the path (conservative
advancement, Mirtich and Canny 1995). Close to contact the looks are at most `RESOLUTION_M` of relative motion apart:
two looks with the full margin leave at least margin - RESOLUTION_M / 2 between them.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import MissingDependency

RANGE_M = 0.06
"""Distances are measured up to here; further apart counts as this far."""
RESOLUTION_M = 0.01
_STEER_M = 0.03
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
        self._compile(model)
        self._pairs, self._reach = self._pair_reach()
        self._needed_m = np.full(len(self._pairs), margin_m)
        self._nearest_m = 0.0
        self._known: tuple[Array, Array] | None = None
        """A configuration and a lower bound of the room (P,) there."""
        stiff = (*model.limbs.torso, *model.limbs.neck)
        self._yielding = np.array([_STIFF if name in stiff else 1.0 for name in model.joint_names])
        self.looks = 0
        """Configurations looked at, for measuring cost."""

    # --- sliding ----------------------------------------------------------------------------------------------

    def steer(self, position: Array, velocity: Array, driven: Array) -> Array:
        """See PathGuard: a velocity damper (Faverjon and Tournassoud 1987), least change, arms before torso and neck.

        The distance of a near pair may shrink no faster than a braking of `_STEER_BRAKE_MPS2` can end in time.
        """
        if self._nearest_m > self.margin_m + _STEER_M:
            return velocity
        room, slopes = self._slopes(position)
        allowed = -np.minimum(_STEER_RATE * room, np.sqrt(2.0 * _STEER_BRAKE_MPS2 * room))
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

    def _slopes(self, position: Array) -> tuple[Array, Array]:
        """Room (P',) [m] and its change per joint motion (P', J) of the nearest contacts, the nearest last."""
        self.distances(position)
        compiled, data = self._compiled, self._data
        bodies = self._body_of_geom[data.contact.geom].reshape(-1, 2)
        rows = self._row_of_pair[bodies[:, 0], bodies[:, 1]]
        room = np.maximum(data.contact.dist - self._needed_m[rows], 0.0)
        near = [int(k) for k in np.argsort(room)[:_STEER_PAIRS] if room[k] < _STEER_M][::-1]
        self._mujoco.mj_comPos(compiled, data)
        slopes, first, second = np.zeros((len(near), len(position))), np.zeros((3, compiled.nv)), np.zeros((3, compiled.nv))
        for row, k in enumerate(near):
            contact = data.contact[k]
            self._mujoco.mj_jac(compiled, data, first, None, contact.pos, int(bodies[k, 0]))
            self._mujoco.mj_jac(compiled, data, second, None, contact.pos, int(bodies[k, 1]))
            slopes[row] = contact.frame[:3] @ (second - first) @ self._spread
        return room[near], slopes

    # --- single configurations --------------------------------------------------------------------------------

    def colliding(self, configurations: Array) -> list[tuple[tuple[str, str], ...]]:
        """Pairs of links nearer than the margin, for each of the (N, J) configurations."""
        found = []
        for position in np.atleast_2d(np.asarray(configurations, float)):
            near = np.flatnonzero(self.distances(position) < self.margin_m)
            found.append(tuple(self._pairs[row] for row in near))
        return found

    def distances(self, position: Array) -> Array:
        """(P,) [m] of every pair in `pairs` at one configuration (J,), negative inside each other, at most RANGE_M."""
        self.looks += 1
        data = self._data
        data.qpos[:] = self._spread @ position + self._offset
        self._mujoco.mj_kinematics(self._compiled, data)
        self._mujoco.mj_collision(self._compiled, data)
        distances = np.full(len(self._pairs), RANGE_M)
        if data.ncon:
            bodies = self._body_of_geom[data.contact.geom]
            np.minimum.at(distances, self._row_of_pair[bodies[:, 0], bodies[:, 1]], data.contact.dist)
        return distances

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Pairs of links that are watched."""
        return self._pairs

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
        following = steps[1:].sum(axis=0)
        if self._known is not None and np.array_equal(self._known[0], positions[0]):
            room = self._known[1] - steps[0]
            if (room >= following).all():  # what was seen before still clears the whole path
                self._remember(positions[1], room)
                return np.zeros(len(room), bool)
        room, here, last = self._room(positions[1]), 1, len(positions) - 1
        self._remember(positions[1], room)
        if (room < -_SAME_M).any():
            return room < -_SAME_M
        blocked = self._inside_tick(positions, velocities, tick_s, 0, steps[0], room)
        if blocked.any() or (following <= room).all():
            self._open_up(positions, room)
            return blocked
        travel = np.concatenate([np.zeros((1, len(self._pairs))), np.cumsum(steps, axis=0)])
        while here < last:
            fits = (travel[here + 1:] - travel[here] <= room).all(axis=1)
            if fits.all():
                break
            ahead = int(np.argmin(fits))
            if ahead == 0:
                blocked = self._inside_tick(positions, velocities, tick_s, here, steps[here], room)
            here += max(ahead, 1)
            room = self._room(positions[here])
            blocked = blocked | (room < -_SAME_M)
            if blocked.any():
                break
        return blocked

    def _remember(self, position: Array, room: Array) -> None:
        self._nearest_m = self.margin_m + float(room.min())
        # while a pair may stay nearer than the margin, every look counts: it may have opened up
        self._known = (position, room) if (self._needed_m >= self.margin_m).all() else None

    def _room(self, position: Array) -> Array:
        """(P,) [m] by which each pair is further apart than it must be."""
        return self.distances(position) - self._needed_m

    def _inside_tick(self, positions: Array, velocities: Array, tick_s: float, tick: int, step: Array, room: Array) -> Array:
        """(P,) bool: pairs too near between the two ends of one tick, each of which is free by itself.

        Args:
            step: (P,) [m] the most each pair travels in this tick.
            room: (P,) [m] at one of the two ends.
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

    # --- set-up -----------------------------------------------------------------------------------------------

    def _compile(self, model: RobotModel) -> None:
        try:
            import mujoco
        except ImportError as error:
            raise MissingDependency("mujoco", "mujoco", f"the self-collision guard needs it: {error}") from None
        from gesture_robot.robots.mujoco_model import build_spec, compile_spec, set_positions

        spec = build_spec(model, actuators=False, visuals=False)
        for geom in spec.geoms:
            geom.margin = 0.5 * RANGE_M  # contacts appear below the sum of both margins
        self._mujoco: Any = mujoco
        self._compiled = compile_spec(spec, model)
        self._data = mujoco.MjData(self._compiled)
        self._body_of_geom = np.asarray(self._compiled.geom_bodyid).copy()

        def qpos(position: Array) -> Array:
            set_positions(self._compiled, self._data, model, position)
            return np.array(self._data.qpos)

        count = len(model.joint_names)
        self._offset = qpos(np.zeros(count))
        self._spread = np.stack([qpos(unit) - self._offset for unit in np.eye(count)], axis=1)

    def _pair_reach(self) -> tuple[tuple[tuple[str, str], ...], Array]:
        """Watched pairs, and (P, J) how far a radian (or metre) of each joint moves one link against the other at most."""
        from gesture_robot.robots.mujoco_model import collision_pairs

        compiled = self._compiled
        body = {compiled.body(i).name: i for i in range(compiled.nbody)}
        pairs = tuple(p for p in collision_pairs(self.model) if p[0] in body and p[1] in body)
        chains = {name: self._reach_of(index) for name, index in body.items()}
        rows = np.zeros((len(pairs), compiled.njnt))
        self._row_of_pair = np.full((compiled.nbody, compiled.nbody), 0, dtype=int)
        for row, (first, second) in enumerate(pairs):
            a, b = chains[first], chains[second]
            for joint in a.keys() ^ b.keys():  # a joint behind both links moves them together
                rows[row, joint] = a.get(joint, 0.0) + b.get(joint, 0.0)
            self._row_of_pair[body[first], body[second]] = self._row_of_pair[body[second], body[first]] = row
        return pairs, rows @ np.abs(self._spread)

    def _reach_of(self, body: int) -> dict[int, float]:
        """Per joint that moves the body: largest distance of the body's shapes from that joint."""
        compiled = self._compiled
        shapes = np.flatnonzero(self._body_of_geom == body)
        reach = max((float(np.linalg.norm(compiled.geom_pos[g]) + compiled.geom_rbound[g]) for g in shapes), default=0.0)
        found: dict[int, float] = {}
        while body > 0:
            for joint in range(compiled.body_jntadr[body], compiled.body_jntadr[body] + compiled.body_jntnum[body]):
                slides = compiled.jnt_type[joint] == self._mujoco.mjtJoint.mjJNT_SLIDE
                found[joint] = 1.0 if slides else reach
                if slides:
                    reach += float(np.abs(compiled.jnt_range[joint]).max())
            reach += float(np.linalg.norm(compiled.body_pos[body]))
            body = int(compiled.body_parentid[body])
        return found


def _travel(velocities: Array, tick_s: float) -> Array:
    """(n, J) how far each joint travels at most between the points; speeds run linearly, so turning back is covered."""
    speeds = np.abs(velocities)
    return np.asarray(0.5 * tick_s * (speeds[1:] + speeds[:-1]))

