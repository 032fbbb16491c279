"""Arms that links hold: they part from what holds them, and go around what they cannot slide past, compiled."""

from __future__ import annotations

import math

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import inner_kernel
from gesture_robot.retarget.kernel_brake import COLLISION, STOPPED, is_free
from gesture_robot.retarget.kernel_limits import LimitPlan, follow
from gesture_robot.retarget.kernel_near import Guard, look, near_pairs

HELD_M, STILL_RAD_S, PART_RAD = 0.004, 1e-6, 0.02
"""Pairs with less room hold an arm that does not move; it parts from them by so much per frame."""
FAR_RAD, SLOW_RAD_S, ARRIVED_RAD, CLEAR_M = 0.7, 0.3, 0.3, 0.04
PATIENCE, DETOUR = 4, 24
"""Frames: an arm that links keep from closing in on a place so far off, for so long, goes towards the open pose until
it is clear of everything, at most for so long."""


@inner_kernel
def part(limits: LimitPlan, guard: Guard, q: Array, v: Array, next_q: Array, next_v: Array) -> None:
    """Arms that stand still because of links part from what holds them, whatever they should do."""
    still, way = np.ones(2, np.int64), np.zeros(len(q))
    for joint in range(len(q)):
        side = guard.limb[joint]
        if side >= 0 and (abs(v[joint]) > STILL_RAD_S or abs(next_v[joint]) > STILL_RAD_S):
            still[side] = 0
    if still[0] == 0 and still[1] == 0:
        return
    look(guard, q)
    longest = 0.0
    for k in range(near_pairs(guard)):
        if guard.room[k] > HELD_M:
            continue
        for joint in range(len(q)):
            side = guard.limb[joint]
            if side >= 0 and still[side] == 1:
                way[joint] += guard.yielding[joint] * guard.slope[k, joint]
                longest = max(longest, abs(way[joint]))
    if longest < 1e-6:
        return
    if _try_way(limits, guard, q, v, way, longest, next_q, next_v):
        return
    alone = np.zeros(len(q))  # links on both sides: one joint after the other
    for joint in range(len(q)):
        if abs(way[joint]) > 0.1 * longest:
            alone[joint] = way[joint]
            if _try_way(limits, guard, q, v, alone, abs(way[joint]), next_q, next_v):
                return
            alone[joint] = 0.0


@inner_kernel
def _try_way(limits: LimitPlan, guard: Guard, q: Array, v: Array, way: Array, longest: float, next_q: Array,
             next_v: Array) -> bool:
    """Take a small step along a way (J,) if it is free; whether it was."""
    parted, parting = next_q.copy(), next_v.copy()
    for joint in range(len(q)):
        if way[joint] != 0.0:
            parted[joint], parting[joint], _ = follow(limits, joint, q[joint], v[joint],
                                                      q[joint] + PART_RAD * way[joint] / longest, 0.0)
    if not is_free(limits, guard, q, v, parted, parting):
        return False
    for joint in range(len(q)):
        next_q[joint], next_v[joint] = parted[joint], parting[joint]
    return True


@inner_kernel
def detour(guard: Guard, target: Array, target_v: Array) -> tuple[Array, Array]:
    """Targets (J,) with arms on a detour sent to the open pose."""
    wanted, wanted_v = target.copy(), target_v.copy()
    for joint in range(len(target)):
        side = guard.limb[joint]
        if side >= 0 and guard.detour[side] > 0:
            wanted[joint], wanted_v[joint] = guard.open_pose[joint], 0.0
    return wanted, wanted_v


@inner_kernel
def watch(guard: Guard, side: int, q: Array, target: Array, next_q: Array, next_v: Array, reason: Array) -> None:
    """Send an arm around what it cannot slide past, once for each place where it should be."""
    off, closing, to_open, changed, held, first = 0.0, 0.0, 0.0, 0.0, False, -1
    for joint in range(len(q)):
        if guard.limb[joint] == side:
            first = joint if first < 0 else first
            away = target[joint] - next_q[joint]
            if abs(away) > off:
                off, closing = abs(away), math.copysign(next_v[joint], next_v[joint] * away)
            to_open = max(to_open, abs(guard.open_pose[joint] - next_q[joint]))
            changed = max(changed, abs(target[joint] - guard.given_up[side, joint]))
            held = held or reason[joint] & (COLLISION | STOPPED) > 0
    if guard.detour[side] > 0:
        there = to_open < ARRIVED_RAD or _is_clear(guard, first)
        guard.detour[side] = 0 if there else guard.detour[side] - 1
        return
    guard.stuck[side] += 1 if held and off > FAR_RAD and closing < SLOW_RAD_S else -min(guard.stuck[side], 1)
    if guard.stuck[side] >= PATIENCE and changed > FAR_RAD:
        guard.stuck[side], guard.detour[side] = 0, DETOUR
        for joint in range(len(q)):
            guard.given_up[side, joint] = target[joint]


@inner_kernel
def _is_clear(guard: Guard, joint: int) -> bool:
    """Whether everything that this joint moves past something else was clear of it at the last look."""
    for pair in range(len(guard.needed)):
        if guard.shapes.reach[pair, joint] > 0.0 and guard.distance[pair] - guard.needed[pair] < CLEAR_M:
            return False
    return True
