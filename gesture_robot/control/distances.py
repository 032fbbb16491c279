"""Distances between the links of a robot at one configuration, and how far joints can move links at most."""

from __future__ import annotations

from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import MissingDependency

RANGE_M = 0.06
"""Distances are measured up to here; further apart counts as this far."""


class LinkDistances:
    """MuJoCo's kinematics and collision detection on the robot's collision shapes; not thread-safe.

    Pairs of links that may touch are those `robots.mujoco_model` leaves out.
    """

    def __init__(self, model: RobotModel):
        """Compile the shapes.

        Raises:
            MissingDependency: mujoco is not installed.
            InvalidModel: MuJoCo cannot compile the description.
        """
        self.model = model
        self._compile(model)
        self.pairs, self.reach = self._pair_reach()
        """Names of the P pairs of links that are watched, and (P, J) how far a radian (or metre) of each joint moves
        the one against the other at most."""
        self.looks = 0
        """Configurations looked at, for measuring cost."""

    def at(self, position: Array) -> Array:
        """(P,) [m] of every pair in `pairs` at one configuration (J,), negative inside each other, at most RANGE_M."""
        self.looks += 1
        data = self._data
        data.qpos[:] = self._spread @ position + self._offset
        self._mujoco.mj_kinematics(self._compiled, data)
        self._mujoco.mj_collision(self._compiled, data)
        distances = np.full(len(self.pairs), RANGE_M)
        if data.ncon:
            bodies = self._body_of_geom[data.contact.geom]
            np.minimum.at(distances, self._row_of_pair[bodies[:, 0], bodies[:, 1]], data.contact.dist)
        return distances

    def slopes(self, needed_m: Array, below_m: float, most: int) -> tuple[Array, Array]:
        """How the nearest contacts change with the joints at the configuration last looked at.

        Args:
            needed_m: (P,) distance each pair must keep.
            below_m: contacts with more room than this are left out.
            most: at most so many contacts.

        Returns:
            Room (C,) [m] beyond what is needed and its change per joint motion (C, J), the nearest contact last.
        """
        compiled, data = self._compiled, self._data
        bodies = self._body_of_geom[data.contact.geom].reshape(-1, 2)
        rows = self._row_of_pair[bodies[:, 0], bodies[:, 1]]
        room = data.contact.dist - needed_m[rows]
        near = [int(k) for k in np.argsort(room)[:most] if room[k] < below_m][::-1]
        self._mujoco.mj_comPos(compiled, data)
        slopes, first, second = (
            np.zeros((len(near), self._spread.shape[1])),
            np.zeros((3, compiled.nv)),
            np.zeros((3, compiled.nv)),
        )
        for row, k in enumerate(near):
            contact = data.contact[k]
            self._mujoco.mj_jac(compiled, data, first, None, contact.pos, int(bodies[k, 0]))
            self._mujoco.mj_jac(compiled, data, second, None, contact.pos, int(bodies[k, 1]))
            slopes[row] = contact.frame[:3] @ (second - first) @ self._spread
        return room[near], slopes

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
        """Watched pairs, and (P, J) how far a radian or metre of each joint moves one against the other at most."""
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
        reach = max(
            (float(np.linalg.norm(compiled.geom_pos[g]) + compiled.geom_rbound[g]) for g in shapes), default=0.0
        )
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
