"""From the joints that show the human to the joints that the robot may take, frame by frame, compiled.

Joint limits first (`kernel_limits`). Then links: near each other they slide past (a velocity damper: Faverjon and
Tournassoud 1987), and a step is taken only when its path, and the braking path that could follow it, keep their
distance (`kernel_guard`). If not, the limbs concerned brake; the last braking path was looked at, so one way is left
always.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import inner_kernel, kernel
from gesture_robot.retarget.kernel_bounds import CollisionPlan
from gesture_robot.retarget.kernel_distance import pair_distances, pair_slopes
from gesture_robot.retarget.kernel_guard import GuardWork, braking_blocked, guard_work, path_blocked
from gesture_robot.retarget.kernel_limits import LimitPlan, follow_all, stop_step
from gesture_robot.retarget.kernel_tree import body_poses
from gesture_robot.robots.moving_tree import MovingTree

VELOCITY, COLLISION, STOPPED = 1, 2, 4
"""Why a frame is not what the human shows: joint limits in time, links too near, a limb brought to rest for it."""
OFF_RAD = 0.01
"""A guard counts as active where it keeps a joint further than this from where it should be."""
STEER_M, STEER_BUFFER_M = 0.02, 0.002
"""Sliding begins this much outside the margin and aims to stay a little outside, so that it is not blocked."""
RANGE_M = 0.05
"""Distances are measured up to here."""
BY_DESIGN, TOUCHING_M = 0.5, 0.001
"""Links that are near each other at rest keep this share of it; those that are nearer than this touch by design."""
STEER_RATE, STEER_BRAKE_MPS2 = 12.0, 3.0
STEER_PAIRS, STEER_SWEEPS = 12, 4
RESOLUTION_M = 0.01
_LIMBS_AT_ONCE = 6
FAR_RAD, SLOW_RAD_S, ARRIVED_RAD = 0.7, 0.3, 0.3
PATIENCE, DETOUR = 4, 24
"""Frames: an arm that links keep at rest so far from its place for so long goes by way of the open pose, at most for so
long."""


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
    given_up: Array
    """(2, J) the answer to which the last detour was made."""


def make_guard(tree: MovingTree, shapes: CollisionPlan, yielding: Array, margin_m: float, rest: Array,
               limb: Array, open_pose: Array) -> Guard:
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
    """
    pairs, joints = len(shapes.pairs), shapes.reach.shape[1]
    normal, first, second = np.zeros((3, pairs, 3))
    guard = Guard(int(margin_m > 0.0 and pairs > 0), np.full(pairs, margin_m), np.full(pairs, STEER_M), tree, shapes,
                  yielding, np.full(pairs, margin_m), np.zeros(pairs), normal, first, second,
                  np.zeros((STEER_PAIRS, joints)), np.zeros(STEER_PAIRS), guard_work(tree, shapes), limb,
                  open_pose, np.zeros(2, np.int64), np.zeros(2, np.int64), np.full((2, joints), 1e3))
    if guard.active:
        look(guard, rest)
        touching = guard.distance < TOUCHING_M
        guard.margin[:] = np.where(touching, -1.0, np.minimum(BY_DESIGN * guard.distance, margin_m))
        guard.steer[:] = np.minimum(STEER_M, guard.distance - guard.margin)
        guard.needed[:] = guard.margin
    return guard


@kernel
def central_velocities(answers: Array, dt_s: float, out: Array) -> None:
    """(T, J) velocities of answers (T, J): central differences, one-sided at both ends."""
    last = len(answers) - 1
    for frame in range(last + 1):
        before, after = max(frame - 1, 0), min(frame + 1, last)
        span = max(after - before, 1) * dt_s
        for joint in range(answers.shape[1]):
            out[frame, joint] = (answers[after, joint] - answers[before, joint]) / span


@kernel
def follow_path(limits: LimitPlan, guard: Guard, q: Array, v: Array, answers: Array, velocities: Array,
                positions: Array, speeds: Array, reasons: Array) -> None:
    """Follow answers (T, J) from the state q, v (J,), which moves along.

    Fills positions and speeds (T, J), and reasons (T, J): a sum of VELOCITY, COLLISION, STOPPED for each joint.
    """
    next_q, next_v = np.empty(len(q)), np.empty(len(q))
    for frame in range(len(answers)):
        guarded_step(limits, guard, q, v, answers[frame], velocities[frame], next_q, next_v, reasons[frame])
        for joint in range(len(q)):
            q[joint] = positions[frame, joint] = next_q[joint]
            v[joint] = speeds[frame, joint] = next_v[joint]


@inner_kernel
def guarded_step(limits: LimitPlan, guard: Guard, q: Array, v: Array, target: Array, target_v: Array, next_q: Array,
                 next_v: Array, reason: Array) -> None:
    """One frame of `follow_path`; fills next_q, next_v and reason (J,)."""
    count = len(q)
    wanted, wanted_v = target, target_v
    if guard.detour[0] > 0 or guard.detour[1] > 0:
        wanted, wanted_v = _detour(guard, target, target_v)
    follow_all(limits, q, v, wanted, wanted_v, next_q, next_v)
    for joint in range(count):
        reason[joint] = VELOCITY if abs(next_q[joint] - target[joint]) > OFF_RAD else 0
    if guard.active == 0:
        return
    look(guard, q)
    steered = next_q.copy()
    if _slide(limits, guard, q, steered):
        wished = (steered - q) / limits.dt_s
        follow_all(limits, q, v, steered, wished, next_q, next_v)
    if not _is_free(limits, guard, q, v, next_q, next_v):
        _brake_limbs(limits, guard, q, v, next_q, next_v, reason)
    for joint in range(count):
        if reason[joint] & VELOCITY == 0 and abs(next_q[joint] - target[joint]) > OFF_RAD:
            reason[joint] |= COLLISION
    _open_up(guard)
    for side in range(2):
        _watch(guard, side, q, target, next_q, next_v, reason)


@inner_kernel
def _detour(guard: Guard, target: Array, target_v: Array) -> tuple[Array, Array]:
    """Targets (J,) with arms on a detour sent to the open pose."""
    wanted, wanted_v = target.copy(), target_v.copy()
    for joint in range(len(target)):
        side = guard.limb[joint]
        if side >= 0 and guard.detour[side] > 0:
            wanted[joint], wanted_v[joint] = guard.open_pose[joint], 0.0
    return wanted, wanted_v


@inner_kernel
def _watch(guard: Guard, side: int, q: Array, target: Array, next_q: Array, next_v: Array, reason: Array) -> None:
    """Send an arm around what it cannot slide past, once for each place where it should be."""
    off, moved, to_open, changed, held = 0.0, 0.0, 0.0, 0.0, False
    for joint in range(len(q)):
        if guard.limb[joint] == side:
            off = max(off, abs(target[joint] - next_q[joint]))
            moved = max(moved, abs(next_v[joint]))
            to_open = max(to_open, abs(guard.open_pose[joint] - next_q[joint]))
            changed = max(changed, abs(target[joint] - guard.given_up[side, joint]))
            held = held or reason[joint] & (COLLISION | STOPPED) > 0
    if guard.detour[side] > 0:
        guard.detour[side] = 0 if to_open < ARRIVED_RAD else guard.detour[side] - 1
        return
    guard.stuck[side] = guard.stuck[side] + 1 if held and off > FAR_RAD and moved < SLOW_RAD_S else 0
    if guard.stuck[side] >= PATIENCE and changed > FAR_RAD:
        guard.stuck[side], guard.detour[side] = 0, DETOUR
        for joint in range(len(q)):
            guard.given_up[side, joint] = target[joint]


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
    for pair in range(len(guard.needed)):
        guard.needed[pair] = min(guard.margin[pair], guard.distance[pair])


@kernel
def may_move(limits: LimitPlan, guard: Guard, q: Array, v: Array) -> bool:
    """Whether the robot can brake from (q, v) without links coming too near."""
    if guard.active == 0:
        return True
    return braking_blocked(guard.tree, guard.shapes, q, v, limits.acceleration, limits.dt_s,  # type: ignore
                           guard.needed, RESOLUTION_M, guard.work) < 0


@inner_kernel
def _open_up(guard: Guard) -> None:
    """Pairs that began nearer than the margin keep what distance they had at the last look."""
    for pair in range(len(guard.needed)):
        if guard.needed[pair] < guard.margin[pair]:
            guard.needed[pair] = min(guard.margin[pair], max(guard.needed[pair], guard.distance[pair] - 1e-6))


@kernel
def approach_speed(room: float) -> float:
    """How fast [m/s] a distance with `room` [m] to spare may shrink; negative: it must grow."""
    soft = room - STEER_BUFFER_M
    if soft <= 0.0:
        return STEER_RATE * soft
    return min(STEER_RATE * soft, math.sqrt(2.0 * STEER_BRAKE_MPS2 * soft))


@inner_kernel
def _slide(limits: LimitPlan, guard: Guard, q: Array, wished: Array) -> bool:
    """Change the wished next joints (J,) so that near links slide past each other; whether anything changed."""
    near = _near_pairs(guard)
    if near == 0:
        return False
    dt, changed = limits.dt_s, False
    for _ in range(STEER_SWEEPS):
        worst = 0.0
        for k in range(near):
            shrinking, push = 0.0, 0.0
            for joint in range(len(q)):
                slope = guard.slope[k, joint]
                shrinking += slope * (wished[joint] - q[joint]) / dt
                push += guard.yielding[joint] * slope * slope
            missing = -approach_speed(guard.room[k]) - shrinking
            if missing <= 0.0 or push < 1e-6:
                continue
            changed, worst = True, max(worst, missing)
            for joint in range(len(q)):
                wished[joint] += dt * missing * guard.yielding[joint] * guard.slope[k, joint] / push
        if worst < 1e-4:
            break
    return changed


@inner_kernel
def _near_pairs(guard: Guard) -> int:
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


@inner_kernel
def _blocking_pair(limits: LimitPlan, guard: Guard, q: Array, v: Array, next_q: Array, next_v: Array) -> int:
    """A pair that comes too near on the way to the next state or while braking from there; -1: none."""
    pair = path_blocked(guard.tree, guard.shapes, q, v, next_q, next_v, limits.dt_s, guard.needed, RESOLUTION_M,
                        guard.work)
    if pair < 0:
        pair = braking_blocked(guard.tree, guard.shapes, next_q, next_v, limits.acceleration, limits.dt_s,
                               guard.needed, RESOLUTION_M, guard.work)
    return pair  # type: ignore[no-any-return]


@inner_kernel
def _is_free(limits: LimitPlan, guard: Guard, q: Array, v: Array, next_q: Array, next_v: Array) -> bool:
    return _blocking_pair(limits, guard, q, v, next_q, next_v) < 0  # type: ignore[no-any-return]


@inner_kernel
def _brake_limbs(limits: LimitPlan, guard: Guard, q: Array, v: Array, next_q: Array, next_v: Array,
                 reason: Array) -> None:
    """Brake the joints between blocked pairs, then all of them."""
    brake_q, brake_v = np.empty(len(q)), np.empty(len(q))
    stop_step(limits, q, v, brake_q, brake_v)
    for _ in range(_LIMBS_AT_ONCE):
        pair = _blocking_pair(limits, guard, q, v, next_q, next_v)
        if pair < 0:
            return
        for joint in range(len(q)):
            if guard.shapes.reach[pair, joint] > 0.0:
                next_q[joint], next_v[joint] = brake_q[joint], brake_v[joint]
                reason[joint] |= STOPPED
    for joint in range(len(q)):
        next_q[joint], next_v[joint] = brake_q[joint], brake_v[joint]
        reason[joint] |= STOPPED
