"""One robot with all that a look for self-collision needs, for the tests of the collision kernels."""

from __future__ import annotations

import numpy as np

from gesture_robot.retarget.kernel_bounds import distance_work
from gesture_robot.retarget.kernel_distance import pair_distances, pair_slopes
from gesture_robot.retarget.kernel_guard import guard_work
from gesture_robot.retarget.kernel_tree import body_poses
from gesture_robot.retarget.shapes import collision_plan
from gesture_robot.robots.moving_tree import moving_tree

RANGE_M = 0.06


class Look:
    """Distances, normals, nearest points of every pair at one configuration."""

    def __init__(self, model, pairs=None):
        self.model = model
        self.tree, self.bodies = moving_tree(model)
        self.plan, self.names = collision_plan(model, pairs=pairs)
        count, bodies = len(self.plan.pairs), len(self.plan.spheres)
        self.work, self.guard = distance_work(self.plan), guard_work(self.tree, self.plan)
        self.rotations, self.positions = np.zeros((bodies, 3, 3)), np.zeros((bodies, 3))
        self.distance, self.slope = np.zeros(count), np.zeros(len(model.joint_names))
        self.normal, self.point_a, self.point_b = (np.zeros((count, 3)) for _ in range(3))

    def at(self, q, range_m=RANGE_M):
        """(P,) distances, a copy."""
        body_poses(self.tree, np.ascontiguousarray(q), self.rotations, self.positions)
        found = self.distance, self.normal, self.point_a, self.point_b
        pair_distances(self.plan, self.rotations, self.positions, range_m, self.work, *found)
        return self.distance.copy()

    def slopes(self, pair):
        """(J,) of one pair at the configuration last looked at."""
        witness = self.normal[pair], self.point_a[pair], self.point_b[pair]
        pair_slopes(self.tree, self.plan, self.rotations, self.positions, pair, *witness, self.slope)
        return self.slope.copy()

    def near_rest(self, rng, spread=0.4):
        """A random configuration around the rest pose, inside the limits."""
        model = self.model
        return np.clip(model.rest + rng.normal(size=len(model.rest)) * spread, model.lower, model.upper)
