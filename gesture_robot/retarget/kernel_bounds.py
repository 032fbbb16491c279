"""What distance kernels work on, and the bounding spheres and capsules that dismiss far pairs.

Shapes are rounded convex hulls: the points within `radius` of the hull of some vertices.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import inner_kernel, kernel
from gesture_robot.retarget.kernel_gjk import hull_scratch


class CollisionPlan(NamedTuple):
    """H shapes on N + 1 bodies, P watched pairs of bodies with S pairs of shapes in all.

    Few arrays, since every array that a compiled call passes costs time.
    """

    pairs: Array
    """(P, 4) first body, second body, first row of the pair in `shape_pairs`, row after its last."""
    shape_pairs: Array
    """(S, 2) shapes on the first and on the second body."""
    shapes: Array
    """(H, 11),"""
    vertices: Array
    """(V, 3) in the body's frame [m], and"""
    links: Array
    """(V + 1 + E,), see HullSet."""
    sizes: Array
    """(H, 2) rounding of the hull; radius of the capsule around it, rounding included [m]."""
    ends: Array
    """(H, 6) both ends of that capsule's axis, in the body's frame [m]."""
    spheres: Array
    """(N + 1, 4) centre in the body's frame and radius of a sphere around all shapes of a body [m]."""
    reach: Array
    """(P, J) how far a radian (or metre) of each joint moves the one body's shapes against the other's at most [m]."""


class DistanceWork(NamedTuple):
    """Scratch arrays of one thread for one plan."""

    centre: Array
    """(N + 1, 3) of the bodies' spheres in the root [m]."""
    ends: Array
    """(H, 6) of the shapes' capsules in the root [m]."""
    limit: Array
    """(P,) larger distances count as this [m]."""
    grown: Array
    """(N + 1,) by how much the spheres are taken larger [m]; zero at rest."""
    near: Array
    """(P,) pairs that the spheres do not dismiss."""
    distance: Array
    """(P,) [m] where only the number is asked for."""
    gaps: Array
    """(most pairs of shapes in a pair, 4) lower bound of each distance; from b's capsule axis to a's [m]."""
    hull: Array
    """(ROWS, 4) and"""
    rows: Array
    """(11,), see `kernel_gjk`."""
    nowhere: Array
    """(0, 3) in place of normals and points that nobody asks for."""


def distance_work(plan: CollisionPlan) -> DistanceWork:
    """New scratch arrays."""
    pairs, bodies = len(plan.pairs), len(plan.spheres)
    most = max(1, int((plan.pairs[:, 3] - plan.pairs[:, 2]).max(initial=1)))
    hull, rows = hull_scratch()
    return DistanceWork(
        np.zeros((bodies, 3)),
        np.zeros_like(plan.ends),
        np.zeros(pairs),
        np.zeros(bodies),
        np.zeros(pairs, np.int64),
        np.zeros(pairs),
        np.zeros((most, 4)),
        hull,
        rows,
        np.zeros((0, 3)),
    )


@kernel
def place_bounds(plan: CollisionPlan, rotations: Array, positions: Array, work: DistanceWork) -> None:
    """Bounding spheres and capsules at a new configuration; comes before `near_distance`."""
    for body in range(plan.spheres.shape[0]):
        _placed(rotations, positions, body, plan.spheres, body, 0, work.centre)
    for shape in range(plan.shapes.shape[0]):
        _placed(rotations, positions, plan.shapes[shape, 2], plan.ends, shape, 0, work.ends)
        _placed(rotations, positions, plan.shapes[shape, 2], plan.ends, shape, 3, work.ends)


@kernel
def place_pair_bounds(plan: CollisionPlan, rotations: Array, positions: Array, pair: int, ends: Array) -> None:
    """Capsules of the shapes of one pair only; enough for `near_distance` of that pair."""
    for row in range(plan.pairs[pair, 2], plan.pairs[pair, 3]):
        for side in range(2):
            shape = plan.shape_pairs[row, side]
            _placed(rotations, positions, plan.shapes[shape, 2], plan.ends, shape, 0, ends)
            _placed(rotations, positions, plan.shapes[shape, 2], plan.ends, shape, 3, ends)


@inner_kernel
def _placed(rotations: Array, positions: Array, body: int, points: Array, row: int, column: int, out: Array) -> None:
    x, y, z = points[row, column], points[row, column + 1], points[row, column + 2]
    for i in range(3):
        turned = rotations[body, i, 0] * x + rotations[body, i, 1] * y + rotations[body, i, 2] * z
        out[row, column + i] = turned + positions[body, i]


@kernel
def pairs_in_range(pairs: Array, spheres: Array, centre: Array, limit: Array, grown: Array, near: Array) -> int:
    """Rows of the pairs whose spheres, grown, are nearer than the limit, into `near`; how many."""
    count = 0
    for pair in range(pairs.shape[0]):
        a, b = pairs[pair, 0], pairs[pair, 1]
        x, y, z = centre[a, 0] - centre[b, 0], centre[a, 1] - centre[b, 1], centre[a, 2] - centre[b, 2]
        apart = spheres[a, 3] + spheres[b, 3] + grown[a] + grown[b] + limit[pair]
        near[count] = pair
        count += apart > 0.0 and x * x + y * y + z * z < apart * apart
    return count


@kernel
def segment_gap(ends: Array, a: int, b: int, out: Array, k: int) -> float:
    """Distance of two segments, rows a and b; out[k, 1:] = nearest point of a minus that of b (Ericson 5.1.9)."""
    u0, u1, u2 = ends[a, 3] - ends[a, 0], ends[a, 4] - ends[a, 1], ends[a, 5] - ends[a, 2]
    v0, v1, v2 = ends[b, 3] - ends[b, 0], ends[b, 4] - ends[b, 1], ends[b, 5] - ends[b, 2]
    w0, w1, w2 = ends[a, 0] - ends[b, 0], ends[a, 1] - ends[b, 1], ends[a, 2] - ends[b, 2]
    uu, vv = u0 * u0 + u1 * u1 + u2 * u2, v0 * v0 + v1 * v1 + v2 * v2
    uv, uw, vw = u0 * v0 + u1 * v1 + u2 * v2, u0 * w0 + u1 * w1 + u2 * w2, v0 * w0 + v1 * w1 + v2 * w2
    across = uu * vv - uv * uv
    s = 0.0
    if across > 1e-12 * uu * vv:
        s = min(max((uv * vw - uw * vv) / across, 0.0), 1.0)
    t = min(max((uv * s + vw) / vv, 0.0), 1.0) if vv > 0.0 else 0.0
    s = min(max((uv * t - uw) / uu, 0.0), 1.0) if uu > 0.0 else 0.0
    x, y, z = w0 + s * u0 - t * v0, w1 + s * u1 - t * v1, w2 + s * u2 - t * v2
    out[k, 1], out[k, 2], out[k, 3] = x, y, z
    return math.sqrt(x * x + y * y + z * z)
