"""Is a joint path free of self-collision, everywhere and not only at its ends? Compiled.

Conservative advancement (Mirtich, Canny 1995): a pair's distance changes by reach x joint travel at most. A look from
which a pair has room for all that the joints still travel clears it; two looks clear what lies between them when their
rooms together exceed the travel. Where neither does, the piece is halved, until the pair moves at most `resolution_m`
between two looks: with the needed distance at both, at least needed - resolution / 2 is kept between.

Paths (`kernel_path`) are a cubic between two points, positions and velocities, which is what a joint trajectory
controller draws, or braking to rest.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import inner_kernel, kernel
from gesture_robot.retarget.kernel_bounds import (
    CollisionPlan,
    DistanceWork,
    distance_work,
    pairs_in_range,
    place_bounds,
    place_pair_bounds,
)
from gesture_robot.retarget.kernel_distance import measure
from gesture_robot.retarget.kernel_path import (
    COLUMNS,
    body_travel,
    joint_travel,
    pair_travel,
    path_at,
    set_braking,
    set_cubic,
    set_standing,
)
from gesture_robot.retarget.kernel_tree import body_poses, pair_poses
from gesture_robot.robots.moving_tree import MovingTree

SAME_M = 1e-6
"""Nearer than needed by less than this is not nearer: rounding of a pair that keeps its distance."""
FINEST_M = 0.0005
"""Pairs that need less than the resolution are looked at more often, but never more often than this."""
_DEEPEST = 40
_HALF_BRAKED = 2.0 - math.sqrt(0.5)
"""Where half of the way of braking is behind: the first look clears most there."""


class GuardWork(NamedTuple):
    """Scratch arrays of one thread for one robot."""

    path: Array
    """(J, COLUMNS) see `kernel_path`."""
    q: Array
    """(J,)"""
    travel: Array
    """(J,) of each joint on the piece in question, up to a look."""
    onwards: Array
    """(J,) and from there on."""
    turned: Array
    """(N + 1,) how far each body turns at most on the path [rad]."""
    stack: Array
    """(_DEEPEST + 2, 4) pieces to be cleared: both ends, distances there."""
    wanted: Array
    """(N + 1,) bodies between the pair in question."""
    rotations: Array
    positions: Array
    """Poses of the bodies."""
    distance: DistanceWork


def guard_work(tree: MovingTree, plan: CollisionPlan) -> GuardWork:
    """New scratch arrays."""
    joints, bodies = plan.reach.shape[1], tree.parent.shape[0] + 1
    path, stack = np.zeros((joints, COLUMNS)), np.zeros((_DEEPEST + 2, 4))
    rows = (np.zeros(joints), np.zeros(joints), np.zeros(joints), np.zeros(bodies))
    poses = (np.zeros(bodies), np.zeros((bodies, 3, 3)), np.zeros((bodies, 3)))
    return GuardWork(path, *rows, stack, *poses, distance_work(plan))


@kernel
def needed_at(distance: Array, margin_m: float, needed: Array) -> None:
    """What each pair must keep: the margin, or what it has where that is less: it may part, not get nearer.

    Args:
        distance: (P,) where the robot is [m].
        margin_m: what is asked of pairs that have it.
        needed: (P,) written [m].
    """
    for pair in range(distance.shape[0]):
        needed[pair] = min(margin_m, distance[pair])


@kernel
def path_blocked(
    tree: MovingTree,
    plan: CollisionPlan,
    q0: Array,
    v0: Array,
    q1: Array,
    v1: Array,
    dt_s: float,
    needed_m: Array,
    resolution_m: float,
    work: GuardWork,
) -> int:
    """A pair that comes nearer than needed on the cubic joint path over one interval; -1 when there is none.

    Args:
        tree: the robot.
        plan: its shapes and pairs.
        q0: (J,) positions and
        v0: (J,) velocities at the start.
        q1: (J,) positions and
        v1: (J,) velocities at the end.
        dt_s: time between.
        needed_m: (P,) least distance of each pair.
        resolution_m: most relative motion of a pair between two looks where it has no room.
        work: scratch.
    """
    set_cubic(q0, v0, q1, v1, dt_s, work.path)
    return _blocked(tree, plan, 0.0, 0.5, 1.0, needed_m, resolution_m, work)  # type: ignore[no-any-return]


@kernel
def braking_blocked(
    tree: MovingTree,
    plan: CollisionPlan,
    q: Array,
    v: Array,
    max_acceleration: Array,
    dt_s: float,
    needed_m: Array,
    resolution_m: float,
    work: GuardWork,
) -> int:
    """The same on the path on which every joint loses max_acceleration x dt per interval until it rests.

    Velocities run linearly within an interval, as in `control.limits.JointLimits.brake`.
    """
    set_standing(q, work.path)
    set_braking(q, v, max_acceleration, dt_s, work.path)
    return _blocked(tree, plan, 1.0, _HALF_BRAKED, 2.0, needed_m, resolution_m, work)  # type: ignore[no-any-return]


@inner_kernel
def _blocked(
    tree: MovingTree,
    plan: CollisionPlan,
    begin: float,
    middle: float,
    end: float,
    needed_m: Array,
    resolution_m: float,
    work: GuardWork,
) -> int:
    """One look inside the path for all pairs; those that it does not clear are followed one by one."""
    seen = work.distance
    path_at(work.path, middle, work.q)
    body_poses(tree, work.q, work.rotations, work.positions)
    place_bounds(plan, work.rotations, work.positions, seen)
    joint_travel(work.path, begin, middle, work.travel)
    joint_travel(work.path, middle, end, work.onwards)
    body_travel(tree, plan.spheres, work.q, work.travel, work.onwards, work.turned, seen.grown)
    for pair in range(plan.pairs.shape[0]):
        seen.limit[pair] = seen.distance[pair] = needed_m[pair]
    count = pairs_in_range(plan.pairs, plan.spheres, seen.centre, seen.limit, seen.grown, seen.near)
    for k in range(count):
        pair = seen.near[k]
        before, after = pair_travel(plan.reach, pair, work.travel), pair_travel(plan.reach, pair, work.onwards)
        seen.limit[pair] += max(before, after)
    measure(plan, work.rotations, work.positions, count, seen, seen.distance, seen.nowhere, seen.nowhere, seen.nowhere)
    for pair in range(plan.pairs.shape[0]):
        there, needed = seen.distance[pair], needed_m[pair]
        if there < seen.limit[pair] and (
            there < needed - SAME_M or _enters(tree, plan, pair, needed, resolution_m, begin, middle, end, there, work)
        ):
            return pair
    return -1


@inner_kernel
def _distance_at(tree: MovingTree, plan: CollisionPlan, pair: int, u: float, range_m: float, work: GuardWork) -> float:
    """Distance of one pair at one point of the path."""
    path_at(work.path, u, work.q)
    first, second = plan.pairs[pair, 0], plan.pairs[pair, 1]
    pair_poses(tree, work.q, first, second, work.wanted, work.rotations, work.positions)
    seen = work.distance
    place_pair_bounds(plan, work.rotations, work.positions, pair, seen.ends)
    seen.near[0], seen.limit[pair] = pair, range_m
    measure(plan, work.rotations, work.positions, 1, seen, seen.distance, seen.nowhere, seen.nowhere, seen.nowhere)
    return seen.distance[pair]  # type: ignore[no-any-return]


@inner_kernel
def _enters(
    tree: MovingTree,
    plan: CollisionPlan,
    pair: int,
    needed: float,
    resolution_m: float,
    begin: float,
    middle: float,
    end: float,
    there: float,
    work: GuardWork,
) -> bool:
    """Whether a pair that is `there` far apart at `middle` is nearer than needed elsewhere on the path.

    At the beginning the robot is where it is: it cannot be elsewhere, and what leads on from there is looked at.
    """
    joint_travel(work.path, begin, middle, work.travel)
    way = pair_travel(plan.reach, pair, work.travel)
    at_begin = needed
    if there < needed + way:
        at_begin = max(_distance_at(tree, plan, pair, begin, needed + way, work), needed)
    joint_travel(work.path, middle, end, work.travel)
    way = pair_travel(plan.reach, pair, work.travel)
    at_end = needed if there >= needed + way else _distance_at(tree, plan, pair, end, needed + way, work)
    if at_end < needed - SAME_M:
        return True
    _push(work.stack, 0, begin, middle, at_begin, there)
    _push(work.stack, 1, middle, end, there, at_end)
    waiting = 2
    while waiting > 0:
        waiting -= 1
        piece = work.stack[waiting]
        start, stop, first, last = piece[0], piece[1], piece[2], piece[3]
        joint_travel(work.path, start, stop, work.travel)
        way = pair_travel(plan.reach, pair, work.travel)
        if first + last - 2.0 * needed >= way or way <= max(min(resolution_m, needed), FINEST_M):
            continue
        half = 0.5 * (start + stop)
        between = _distance_at(tree, plan, pair, half, needed + way, work)
        if between < needed - SAME_M or waiting + 2 > _DEEPEST:
            return True
        _push(work.stack, waiting, half, stop, between, last)
        _push(work.stack, waiting + 1, start, half, first, between)
        waiting += 2
    return False


@inner_kernel
def _push(stack: Array, row: int, begin: float, end: float, first: float, last: float) -> None:
    stack[row, 0], stack[row, 1], stack[row, 2], stack[row, 3] = begin, end, first, last
