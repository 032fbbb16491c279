"""Which links of a robot are near each other, how far, and how that changes with its joints, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import inner_kernel, kernel
from gesture_robot.retarget.kernel_bounds import CollisionPlan
from gesture_robot.retarget.kernel_distance import pair_distances, pair_slopes
from gesture_robot.retarget.kernel_guard import GuardWork, guard_work
from gesture_robot.retarget.kernel_tree import body_poses
from gesture_robot.robots.moving_tree import MovingTree

STEER_M = 0.048
"""Pairs are watched from this much outside their margin on: further than two hands meet in a frame."""
RANGE_M = 0.05
"""Distances are measured up to here."""
BY_DESIGN, TOUCHING_M = 0.5, 0.001
"""Links that are near each other at rest keep this share of it; those that are nearer than this touch by design."""
STEER_PAIRS = 12


class TouchWork(NamedTuple):
    """What hands touch, and the last answer in which links do not overlap for that (`kernel_repair`)."""

    hand: Array
    """(2,) body of each hand, -1: none, and"""
    hand_m: Array
    """(2, 3) the middle of its palm in it [m]."""
    parts: Array
    """(2, PARTS) bodies that each hand may touch, as `kernel_contact` counts them."""
    weight: Array
    """(2,) how much each hand touches something now, 0 to 1."""
    part: Array
    """(2,) the body that it touches."""
    repaired: Array
    """(J,) the last answer whose links were kept apart, and"""
    repaired_from: Array
    """(J,) the answer that it was made of."""
    repairing: Array
    """(1,) 0: there are none; 1: there are; 2: and the last steps changed nothing."""
    arms: Array
    """(A,) rows of the joints of both arms."""
    metric: Array
    """(A, A) scratch."""


def touch_work(hand: Array, hand_m: Array, parts: Array, limb: Array) -> TouchWork:
    """With its scratch; for the arguments see TouchWork and Guard."""
    arms = np.flatnonzero(limb >= 0)
    return TouchWork(hand, hand_m, parts, np.zeros(2), np.zeros(2, np.int64), np.zeros(len(limb)), np.zeros(len(limb)),
                     np.zeros(1, np.int64), arms, np.zeros((len(arms), len(arms))))


class Guard(NamedTuple):
    """Self-collision guard of one robot and its scratch; the margin may be lower where links began nearer."""

    active: int
    """0: no guard."""
    margin: Array
    """(P,) distance that each pair should keep [m]."""
    steer: Array
    """(P,) sliding begins with so much room beyond the margin [m]; never at rest."""
    tree: MovingTree
    shapes: CollisionPlan
    yielding: Array
    """(J,) how readily a joint gives way: 1 arms, little torso and neck, 0 what does not move."""
    floor: Array
    """(P,) distance that each pair keeps whatever happens [m]: the margin, or what it had when the robot began."""
    needed: Array
    """(P,) distance that each pair must keep now [m]."""
    distance: Array
    normal: Array
    point_a: Array
    point_b: Array
    """(P,), (P, 3) at the last look."""
    slope: Array
    """(STEER_PAIRS, J)"""
    room: Array
    """(STEER_PAIRS,)"""
    work: GuardWork
    limb: Array
    """(J,) 0 left arm, 1 right arm, -1 neither: hands not counted."""
    open_pose: Array
    """(J,) both arms away from the body."""
    stuck: Array
    """(2,) frames for which links have kept an arm at rest far from where it should be."""
    detour: Array
    """(2,) frames for which an arm still goes to the open pose first."""
    touch: TouchWork
    given_up: Array
    """(2, J) the answer to which the last detour was made."""


def make_guard(tree: MovingTree, shapes: CollisionPlan, yielding: Array, margin_m: float, rest: Array,
               limb: Array,
               open_pose: Array, touch: TouchWork) -> Guard:
    """A guard with its scratch.

    Args:
        tree: the robot.
        shapes: its shapes and pairs.
        yielding: (J,) see Guard.
        margin_m: distance that links should keep; 0: no guard. Pairs that are near each other by design, at rest, keep
            half of what they have there; those that touch at rest are left alone.
        rest: (J,) where nothing touches.
        limb: (J,) see Guard.
        open_pose: (J,) see Guard.
        touch: what hands may touch.
    """
    pairs, joints = len(shapes.pairs), shapes.reach.shape[1]
    normal, first, second = np.zeros((3, pairs, 3))
    guard = Guard(int(margin_m > 0.0 and pairs > 0), np.full(pairs, margin_m), np.full(pairs, STEER_M), tree, shapes,
                  yielding, np.full(pairs, margin_m), np.full(pairs, margin_m), np.zeros(pairs), normal, first,
                  second,
                  np.zeros((STEER_PAIRS, joints)), np.zeros(STEER_PAIRS), guard_work(tree, shapes), limb,
                  open_pose, np.zeros(2, np.int64), np.zeros(2, np.int64), touch, np.full((2, joints), 1e3))
    if guard.active:
        look(guard, rest)
        touching = guard.distance < TOUCHING_M
        guard.margin[:] = np.where(touching, -1.0, np.minimum(BY_DESIGN * guard.distance, margin_m))
        guard.steer[:] = guard.distance - guard.margin
        guard.needed[:] = guard.floor[:] = guard.margin
    return guard


@kernel
def look(guard: Guard, q: Array) -> None:
    """Distances of all pairs at q (J,)."""
    work = guard.work
    body_poses(guard.tree, q, work.rotations, work.positions)
    pair_distances(guard.shapes, work.rotations, work.positions, RANGE_M, work.distance,
                   guard.distance, guard.normal, guard.point_a, guard.point_b)


@kernel
def begin_at(guard: Guard, q: Array) -> None:
    """The robot rests at q: pairs nearer than the margin may stay so, not get nearer."""
    look(guard, q)
    for side in range(2):
        guard.stuck[side] = guard.detour[side] = 0
        guard.given_up[side] = 1e3
    guard.touch.repairing[0] = 0
    for pair in range(len(guard.needed)):
        guard.needed[pair] = guard.floor[pair] = min(guard.margin[pair], guard.distance[pair])


@kernel
def open_up(guard: Guard) -> None:
    """Pairs that began nearer than the margin may stay as near as they are at the last look, not get nearer.

    Braking may bring them back to what they had a frame ago: then that is what they keep, never less than the floor.
    """
    for pair in range(len(guard.needed)):
        if guard.floor[pair] < guard.margin[pair]:
            guard.needed[pair] = min(guard.margin[pair], max(guard.floor[pair], guard.distance[pair] - 1e-6))


@inner_kernel
def near_pairs(guard: Guard) -> int:
    """Collect slopes and rooms of the nearest pairs at the last look, the nearest last; how many."""
    count, above = 0, -1e300
    rows = np.empty(STEER_PAIRS, np.int64)
    while count < STEER_PAIRS:
        best, found = STEER_M, -1
        for pair in range(len(guard.needed)):
            room = guard.distance[pair] - guard.needed[pair]
            if above < room < best and room < guard.steer[pair]:
                best, found = room, pair
        if found < 0:
            break
        rows[count], above = found, best
        count += 1
    for k in range(count):
        pair = rows[count - 1 - k]
        guard.room[k] = guard.distance[pair] - guard.needed[pair]
        pair_slopes(guard.tree, guard.shapes, guard.work.rotations, guard.work.positions, pair, guard.normal[pair],
                    guard.point_a[pair], guard.point_b[pair], guard.slope[k])
    return count
