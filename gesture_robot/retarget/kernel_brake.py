"""Whether a step of a robot is free of self-collision, and which joints brake when it is not, compiled."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import inner_kernel
from gesture_robot.retarget.kernel_guard import braking_blocked, path_blocked
from gesture_robot.retarget.kernel_limits import LimitPlan, stop_step
from gesture_robot.retarget.kernel_near import Guard

COLLISION, STOPPED = 2, 4
"""Why a joint is not where it should be: links too near; a limb brought to rest for it."""
RESOLUTION_M = 0.01
_HALVINGS, _LIMBS_AT_ONCE = 2, 8


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
def is_free(limits: LimitPlan, guard: Guard, q: Array, v: Array, next_q: Array, next_v: Array) -> bool:
    """Whether a step from (q, v) to (next_q, next_v), all (J,), and braking from there keep every distance."""
    return _blocking_pair(limits, guard, q, v, next_q, next_v) < 0  # type: ignore[no-any-return]


@inner_kernel
def _brake_stiff(guard: Guard, pair: int, brake_q: Array, brake_v: Array, next_q: Array, next_v: Array,
                 reason: Array) -> bool:
    """Brake what no human part moves, such as a leg on its way to rest: arms go first; whether there was any."""
    found = False
    for joint in range(len(next_q)):
        if guard.shapes.reach[pair, joint] > 0.0 and guard.yielding[joint] == 0.0 and next_q[joint] != brake_q[joint]:
            next_q[joint], next_v[joint] = brake_q[joint], brake_v[joint]
            reason[joint] |= STOPPED
            found = True
    return found


@inner_kernel
def brake_limbs(limits: LimitPlan, guard: Guard, q: Array, v: Array, next_q: Array, next_v: Array,
                 reason: Array) -> None:
    """Brake the joints between blocked pairs, then all of them."""
    brake_q, brake_v = np.empty(len(q)), np.empty(len(q))
    stop_step(limits, q, v, brake_q, brake_v)
    for tries in range(_HALVINGS + _LIMBS_AT_ONCE):
        pair = _blocking_pair(limits, guard, q, v, next_q, next_v)
        if pair < 0:
            return
        if _brake_stiff(guard, pair, brake_q, brake_v, next_q, next_v, reason):
            continue
        share = 0.5 if tries < _HALVINGS else 0.0
        for joint in range(len(q)):
            if guard.shapes.reach[pair, joint] > 0.0:
                next_q[joint] = brake_q[joint] + share * (next_q[joint] - brake_q[joint])
                next_v[joint] = brake_v[joint] + share * (next_v[joint] - brake_v[joint])
                reason[joint] |= STOPPED
    for joint in range(len(q)):
        next_q[joint], next_v[joint] = brake_q[joint], brake_v[joint]
        reason[joint] |= STOPPED
