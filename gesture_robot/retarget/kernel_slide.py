"""Links slide past each other, compiled: a velocity damper (Faverjon and Tournassoud 1987) on the next joints."""

from __future__ import annotations

import math

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import inner_kernel, kernel
from gesture_robot.retarget.kernel_limits import LimitPlan, velocity_bounds
from gesture_robot.retarget.kernel_near import Guard, near_pairs

STEER_BUFFER_M = 0.002
"""Sliding aims to stay a little outside the margin, so that it is not blocked."""
STEER_RATE, STEER_BRAKE_MPS2 = 20.0, 6.0
STEER_SWEEPS = 8


@kernel
def approach_speed(room: float) -> float:
    """How fast [m/s] a distance with `room` [m] to spare may shrink; negative: it must grow."""
    soft = room - STEER_BUFFER_M
    if soft <= 0.0:
        return STEER_RATE * soft
    return min(STEER_RATE * soft, math.sqrt(2.0 * STEER_BRAKE_MPS2 * soft))


@inner_kernel
def slide(limits: LimitPlan, guard: Guard, q: Array, v: Array, wished: Array) -> bool:
    """Change the wished next joints (J,) so that near links slide past each other; whether anything changed."""
    near = near_pairs(guard)
    if near == 0:
        return False
    dt, changed = limits.dt_s, False
    low, high = np.empty(len(q)), np.empty(len(q))
    for joint in range(len(q)):
        slowest, fastest = velocity_bounds(limits, joint, q[joint], v[joint])
        low[joint] = min(q[joint] + 0.5 * dt * (v[joint] + slowest), wished[joint])
        high[joint] = max(q[joint] + 0.5 * dt * (v[joint] + fastest), wished[joint])
    for _ in range(STEER_SWEEPS):
        worst = 0.0
        for k in range(near):
            shrinking, push = 0.0, 0.0
            for joint in range(len(q)):
                slope = guard.slope[k, joint]
                shrinking += slope * (wished[joint] - q[joint]) / dt
                if _has_room(slope, wished[joint], low[joint], high[joint]):
                    push += guard.yielding[joint] * slope * slope
            missing = -approach_speed(guard.room[k]) - shrinking
            if missing <= 0.0 or push < 1e-6:
                continue
            changed, worst = True, max(worst, missing)
            for joint in range(len(q)):
                wish = wished[joint] + dt * missing * guard.yielding[joint] * guard.slope[k, joint] / push
                wished[joint] = min(max(wish, low[joint]), high[joint])
        if worst < 1e-4:
            break
    return changed


@inner_kernel
def _has_room(way: float, at: float, low: float, high: float) -> bool:
    """Whether a joint may still go that way."""
    return at < high - 1e-9 if way > 0.0 else at > low + 1e-9
