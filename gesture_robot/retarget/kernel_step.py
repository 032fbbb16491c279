"""From the joints that show the human to the joints that the robot may take, frame by frame, compiled.

Joint limits first (`kernel_limits`). Then links: near each other they slide past (a velocity damper: Faverjon and
Tournassoud 1987), and a step is taken only when its path, and the braking path that could follow it, keep their
distance (`kernel_guard`). If not, the limbs concerned brake; the last braking path was looked at, so one way is left
always.
"""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import inner_kernel, kernel
from gesture_robot.retarget.kernel_guard import braking_blocked, path_blocked
from gesture_robot.retarget.kernel_limits import LimitPlan, follow_all, stop_step
from gesture_robot.retarget.kernel_near import Guard, look, open_up
from gesture_robot.retarget.kernel_repair import repair
from gesture_robot.retarget.kernel_slide import slide

VELOCITY, COLLISION, STOPPED = 1, 2, 4
"""Why a frame is not what the human shows: joint limits in time, links too near, a limb brought to rest for it."""
OFF_RAD = 0.01
"""A guard counts as active where it keeps a joint further than this from where it should be."""
RESOLUTION_M = 0.01
_HALVINGS, _LIMBS_AT_ONCE = 2, 6
FAR_RAD, SLOW_RAD_S, ARRIVED_RAD = 0.7, 0.3, 0.3
PATIENCE, DETOUR = 4, 24
"""Frames: an arm that links keep at rest so far from its place for so long goes by way of the open pose, at most for so
long."""


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
                touches: Array, positions: Array, speeds: Array, reasons: Array) -> None:
    """Follow answers (T, J) from the state q, v (J,), which moves along.

    Fills positions and speeds (T, J), and reasons (T, J): a sum of VELOCITY, COLLISION, STOPPED for each joint.
    """
    next_q, next_v = np.empty(len(q)), np.empty(len(q))
    for frame in range(len(answers)):
        for side in range(2):
            guard.touch.weight[side] = touches[frame, side]
            guard.touch.part[side] = guard.touch.parts[side, int(touches[frame, 2 + side])]
        guarded_step(limits, guard, q, v, answers[frame], velocities[frame], next_q, next_v, reasons[frame])
        for joint in range(len(q)):
            q[joint] = positions[frame, joint] = next_q[joint]
            v[joint] = speeds[frame, joint] = next_v[joint]


@inner_kernel
def guarded_step(limits: LimitPlan, guard: Guard, q: Array, v: Array, target: Array, target_v: Array, next_q: Array,
                 next_v: Array, reason: Array) -> None:
    """One frame of `follow_path`; fills next_q, next_v and reason (J,)."""
    count = len(q)
    answer, target, target_v = target, target.copy(), target_v.copy()
    if guard.active == 1:
        repair(limits, guard, target, target_v)
    wanted, wanted_v = target, target_v
    if guard.detour[0] > 0 or guard.detour[1] > 0:
        wanted, wanted_v = _detour(guard, target, target_v)
    follow_all(limits, q, v, wanted, wanted_v, next_q, next_v)
    for joint in range(count):
        reason[joint] = VELOCITY if abs(next_q[joint] - target[joint]) > OFF_RAD else 0
        if abs(target[joint] - answer[joint]) > OFF_RAD:
            reason[joint] |= COLLISION
    if guard.active == 0:
        return
    look(guard, q)
    steered = next_q.copy()
    if slide(limits, guard, q, v, steered):
        wished = (steered - q) / limits.dt_s
        follow_all(limits, q, v, steered, wished, next_q, next_v)
    if not _is_free(limits, guard, q, v, next_q, next_v):
        _brake_limbs(limits, guard, q, v, next_q, next_v, reason)
    for joint in range(count):
        if reason[joint] & VELOCITY == 0 and abs(next_q[joint] - target[joint]) > OFF_RAD:
            reason[joint] |= COLLISION
    open_up(guard)
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
def may_move(limits: LimitPlan, guard: Guard, q: Array, v: Array) -> bool:
    """Whether the robot can brake from (q, v) without links coming too near."""
    if guard.active == 0:
        return True
    return braking_blocked(guard.tree, guard.shapes, q, v, limits.acceleration, limits.dt_s,  # type: ignore
                           guard.needed, RESOLUTION_M, guard.work) < 0


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
    for tries in range(_HALVINGS + _LIMBS_AT_ONCE):
        pair = _blocking_pair(limits, guard, q, v, next_q, next_v)
        if pair < 0:
            return
        share = 0.5 if tries < _HALVINGS else 0.0
        for joint in range(len(q)):
            if guard.shapes.reach[pair, joint] > 0.0:
                next_q[joint] = brake_q[joint] + share * (next_q[joint] - brake_q[joint])
                next_v[joint] = brake_v[joint] + share * (next_v[joint] - brake_v[joint])
                reason[joint] |= STOPPED
    for joint in range(len(q)):
        next_q[joint], next_v[joint] = brake_q[joint], brake_v[joint]
        reason[joint] |= STOPPED
