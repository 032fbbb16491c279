"""Distances between the bodies of a robot at one configuration, compiled.

Far pairs are dismissed by bounding spheres, then by a capsule around each shape, then by the first plane that GJK finds
between them; what remains is exact. Lengths in metres, results in the root link's frame. Scratch belongs to one thread.
"""

from __future__ import annotations

import math

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import Int, inner_kernel, kernel
from gesture_robot.retarget.kernel_bounds import (
    CollisionPlan,
    DistanceWork,
    distance_work,
    pairs_in_range,
    place_bounds,
    segment_gap,
)
from gesture_robot.retarget.kernel_gjk import (
    NEAREST,
    POINT_A,
    RESULT,
    ROTATION,
    START,
    TRANSLATION,
    hull_distance,
)
from gesture_robot.retarget.kernel_overlap import overlap_depth
from gesture_robot.retarget.kernel_rotation import place
from gesture_robot.robots.moving_tree import MovingTree

__all__ = [
    "CollisionPlan",
    "DistanceWork",
    "distance_work",
    "distances_within",
    "measure",
    "pair_distances",
    "pair_slopes",
]


@kernel
def pair_distances(
    plan: CollisionPlan,
    rotations: Array,
    positions: Array,
    range_m: float,
    work: DistanceWork,
    distance: Array,
    normal: Array,
    point_a: Array,
    point_b: Array,
) -> None:
    """Distances of all pairs at the configuration that `body_poses` has written.

    Args:
        plan: the shapes and pairs.
        rotations: (N + 1, 3, 3) of the bodies in the root, and
        positions: (N + 1, 3) [m].
        range_m: larger distances count as this.
        work: scratch.
        distance: (P,) written: negative inside each other [m].
        normal: (P, 3) written within the range: unit, from the first body to the second.
        point_a: (P, 3) written within the range: nearest point on the first body [m].
        point_b: (P, 3) the same on the second.
    """
    for pair in range(distance.shape[0]):
        work.limit[pair] = range_m
    distances_within(plan, rotations, positions, work.limit, work, distance, normal, point_a, point_b)


@kernel
def distances_within(
    plan: CollisionPlan,
    rotations: Array,
    positions: Array,
    limit: Array,
    work: DistanceWork,
    distance: Array,
    normal: Array,
    point_a: Array,
    point_b: Array,
) -> None:
    """`pair_distances` with a range of its own (P,) for each pair [m]; far below zero: the pair costs nothing."""
    place_bounds(plan, rotations, positions, work)
    for pair in range(distance.shape[0]):
        work.limit[pair] = distance[pair] = limit[pair]
    for body in range(work.grown.shape[0]):
        work.grown[body] = 0.0
    count = pairs_in_range(plan.pairs, plan.spheres, work.centre, work.limit, work.grown, work.near)
    measure(plan, rotations, positions, count, work, distance, normal, point_a, point_b)


@kernel
def measure(
    plan: CollisionPlan,
    rotations: Array,
    positions: Array,
    count: int,
    work: DistanceWork,
    distance: Array,
    normal: Array,
    point_a: Array,
    point_b: Array,
) -> None:
    """Distances of the first `count` pairs of `work.near`, each at most its `work.limit`; see `pair_distances`.

    Comes after `place_bounds`, or `place_pair_bounds` of these pairs. With `work.nowhere` for normals and points only
    distances are written.
    """
    for row in range(count):
        pair = work.near[row]
        first, second, begin, end = plan.pairs[pair, 0], plan.pairs[pair, 1], plan.pairs[pair, 2], plan.pairs[pair, 3]
        best = work.limit[pair]
        within = _capsule_gaps(plan.shape_pairs, plan.sizes, work.ends, begin, end, best, work.gaps)
        if within > 0:
            _set_relative(rotations, positions, first, second, work.hull)
        for _ in range(within):  # nearest capsules first: they leave the least to do for the others
            k = _least_gap(work.gaps, end - begin)
            if work.gaps[k, 0] >= best:
                break
            work.gaps[k, 0] = math.inf
            _set_start(rotations, first, work.gaps, k, work.hull)
            a, b = plan.shape_pairs[begin + k, 0], plan.shape_pairs[begin + k, 1]
            best = _shape_distance(plan.vertices, plan.links, plan.shapes, plan.sizes, a, b, best, work.hull, work.rows)
        distance[pair] = best
        if best < work.limit[pair] and normal.shape[0] > 0:
            _write_witness(rotations, positions, first, pair, work.hull, normal, point_a, point_b)


@inner_kernel
def _capsule_gaps(
    shape_pairs: Array, sizes: Array, ends: Array, begin: int, end: int, limit_m: float, gaps: Array
) -> int:
    """Lower bounds of the distances of a pair's shapes; how many are below the limit."""
    within = 0
    for row in range(begin, end):
        a, b = shape_pairs[row, 0], shape_pairs[row, 1]
        gap = segment_gap(ends, a, b, gaps, row - begin) - sizes[a, 1] - sizes[b, 1]
        gaps[row - begin, 0] = gap
        within += gap < limit_m
    return within


@inner_kernel
def _least_gap(gaps: Array, count: int) -> int:
    least = 0
    for k in range(1, count):
        if gaps[k, 0] < gaps[least, 0]:
            least = k
    return least


@inner_kernel
def _set_start(rotations: Array, body: int, gaps: Array, k: int, s: Array) -> None:
    """First direction of GJK: between the axes of the capsules."""
    for i in range(3):
        s[START, i] = (
            rotations[body, 0, i] * gaps[k, 1] + rotations[body, 1, i] * gaps[k, 2] + rotations[body, 2, i] * gaps[k, 3]
        )


@inner_kernel
def _shape_distance(
    vertices: Array, links: Array, shapes: Array, sizes: Array, a: int, b: int, best: float, s: Array, n: Array
) -> float:
    """Distance of two shapes where it is below `best` (normal and points go to row RESULT on), else `best`."""
    round_a, round_b = sizes[a, 0], sizes[b, 0]
    x, y, z = s[RESULT, 0], s[RESULT, 1], s[RESULT, 2]
    distance = hull_distance(vertices, links, shapes, a, b, best + round_a + round_b, s, n)
    size = -distance
    if distance == 0.0:
        size = 1.0
        distance = -overlap_depth(vertices, links, -best - round_a - round_b, s, n)
    distance -= round_a + round_b
    if distance >= best:
        s[RESULT, 0], s[RESULT, 1], s[RESULT, 2] = x, y, z
        return best
    for i in range(3):
        if size < 0.0:
            s[RESULT, i] = s[NEAREST, i] / size
        s[RESULT + 1, i] = s[POINT_A, i] + s[RESULT, i] * round_a
        s[RESULT + 2, i] = s[POINT_A, i] - s[NEAREST, i] - s[RESULT, i] * round_b
    return distance  # type: ignore[no-any-return]


@inner_kernel
def _set_relative(rotations: Array, positions: Array, a: int, b: int, s: Array) -> None:
    """Pose a_from_b into the scratch."""
    x, y, z = (
        positions[b, 0] - positions[a, 0],
        positions[b, 1] - positions[a, 1],
        positions[b, 2] - positions[a, 2],
    )
    for i in range(3):
        r0, r1, r2 = rotations[a, 0, i], rotations[a, 1, i], rotations[a, 2, i]
        s[TRANSLATION, i] = r0 * x + r1 * y + r2 * z
        for k in range(3):
            s[ROTATION + i, k] = r0 * rotations[b, 0, k] + r1 * rotations[b, 1, k] + r2 * rotations[b, 2, k]


@inner_kernel
def _write_witness(
    rotations: Array, positions: Array, body: int, pair: int, s: Array, normal: Array, point_a: Array, point_b: Array
) -> None:
    """Normal and nearest points of a pair from the scratch, where they are in its first body, to the root."""
    for i in range(3):
        r0, r1, r2 = rotations[body, i, 0], rotations[body, i, 1], rotations[body, i, 2]
        normal[pair, i] = r0 * s[RESULT, 0] + r1 * s[RESULT, 1] + r2 * s[RESULT, 2]
        point_a[pair, i] = r0 * s[RESULT + 1, 0] + r1 * s[RESULT + 1, 1] + r2 * s[RESULT + 1, 2] + positions[body, i]
        point_b[pair, i] = r0 * s[RESULT + 2, 0] + r1 * s[RESULT + 2, 1] + r2 * s[RESULT + 2, 2] + positions[body, i]


@kernel
def pair_slopes(
    tree: MovingTree,
    plan: CollisionPlan,
    rotations: Array,
    positions: Array,
    pair: int,
    normal: Array,
    point_a: Array,
    point_b: Array,
    slope: Array,
) -> None:
    """How the distance of one pair changes with the joints.

    Args:
        tree: the robot.
        plan: its shapes and pairs.
        rotations: (N + 1, 3, 3) of the bodies in the root, and
        positions: (N + 1, 3) [m].
        pair: row of the pair.
        normal: (3,) of that pair from `pair_distances`, within the range.
        point_a: (3,) the same.
        point_b: (3,) the same.
        slope: (J,) written [m per rad or m].
    """
    for j in range(slope.shape[0]):
        slope[j] = 0.0
    a, b = plan.pairs[pair, 0], plan.pairs[pair, 1]
    while a != b:  # joints behind both bodies move them together
        if a > b:
            _add_slope(tree, rotations, positions, a - 1, -1.0, normal, point_a, slope)
            a = tree.parent[a - 1]
        else:
            _add_slope(tree, rotations, positions, b - 1, 1.0, normal, point_b, slope)
            b = tree.parent[b - 1]


@kernel
def point_slopes(tree: MovingTree, rotations: Array, positions: Array, body: Int, base: Int, point_m: Array,
                 axis: Array, slope: Array) -> None:
    """How a point of a body moves along an axis (3,), both seen from another body, with the joints.

    Args:
        tree: the robot.
        rotations: (N + 1, 3, 3) of the bodies in the root, and
        positions: (N + 1, 3) [m].
        body: carries the point.
        base: the other body.
        point_m: (3,) in the body.
        axis: (3,) unit, in the root.
        slope: (J,) written [m per rad or m].
    """
    at = np.empty(3)
    place(rotations[body], positions[body], point_m, at)
    for j in range(slope.shape[0]):
        slope[j] = 0.0
    a, b = body, base
    while a != b:
        if a > b:
            _add_slope(tree, rotations, positions, a - 1, 1.0, axis, at, slope)
            a = tree.parent[a - 1]
        else:
            _add_slope(tree, rotations, positions, b - 1, -1.0, axis, at, slope)
            b = tree.parent[b - 1]


@inner_kernel
def _add_slope(
    tree: MovingTree,
    rotations: Array,
    positions: Array,
    joint: Int,
    sign: float,
    normal: Array,
    point: Array,
    slope: Array,
) -> None:
    r, axis, body = rotations[joint + 1], tree.axis[joint], joint + 1
    x = r[0, 0] * axis[0] + r[0, 1] * axis[1] + r[0, 2] * axis[2]
    y = r[1, 0] * axis[0] + r[1, 1] * axis[1] + r[1, 2] * axis[2]
    z = r[2, 0] * axis[0] + r[2, 1] * axis[1] + r[2, 2] * axis[2]
    if tree.slides[joint] == 0:
        p0, p1, p2 = point[0] - positions[body, 0], point[1] - positions[body, 1], point[2] - positions[body, 2]
        x, y, z = y * p2 - z * p1, z * p0 - x * p2, x * p1 - y * p0
    slope[tree.source[joint]] += sign * tree.scale[joint] * (normal[0] * x + normal[1] * y + normal[2] * z)
