"""Joint limits, compiled: the next state of every joint, inside position, velocity and acceleration limits for good.

States (position, velocity) follow each other at the motion's frame rate; between two of them a joint moves on the cubic
that a joint trajectory controller draws, whose acceleration runs linearly from a to b:

    dv = dt (a + b) / 2        dq = v dt + dt^2 (a / 3 + b / 6)

A step is allowed when a and b keep the acceleration limit, the velocity never leaves its limit in between, and greedy
braking (dt x max_acceleration per frame until at rest) from the new state ends inside the position limits. Braking is
therefore always possible, so an allowed next step always exists.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import inner_kernel, kernel
from gesture_robot.datatypes import RobotModel

BRAKING_SHARE = 0.7
"""Share of the acceleration limit for catching up: the rest is left for a target that moves."""
MENDED_SHARE = 0.24
"""A velocity may be wrong by so much of one frame's acceleration: the next frame can mend it (4 x 0.24 < 1)."""
_SLACK = 1e-9
_ROUNDING = 1e-12


class LimitPlan(NamedTuple):
    """Limits of J joints and the time between two states."""

    lower: Array
    upper: Array
    velocity: Array
    acceleration: Array
    dt_s: float


def limit_plan(model: RobotModel, fps: float) -> LimitPlan:
    """The model's limits, a hair inside so that rounding never breaks them.

    A limit on jerk is kept from frame to frame: accelerations (at the ends of a frame, and means of frames) differ by
    no more than jerk x dt between neighbours when none exceeds half of that.
    """
    share = 1.0 - 1e-6
    acceleration = np.minimum(model.max_acceleration, 0.5 * np.asarray(model.max_jerk) / fps)
    return LimitPlan(np.array(model.lower), np.array(model.upper), share * model.max_velocity, share * acceleration,
                     1.0 / fps)


@kernel
def braking_way(velocity: float, step: float, dt_s: float) -> float:
    """How far a joint goes while it brakes greedily, `step` of speed per frame; signed like the velocity."""
    count = math.floor(abs(velocity) / step)
    rest = abs(velocity) / step - count
    return math.copysign(step * dt_s * (0.5 * count * count + count * rest + 0.5 * rest), velocity)


@kernel
def fastest_towards(room: float, step: float, dt_s: float) -> float:
    """Largest next velocity whose half frame and greedy braking way fit into `room`; negative for negative room."""
    ways = room / (step * dt_s)
    if ways <= 0.0:
        return 2.0 * room / dt_s
    whole = math.floor(0.5 * (math.sqrt(1.0 + 8.0 * ways) - 1.0))
    return (whole + (ways - 0.5 * whole * (whole + 1.0)) / (whole + 1.0)) * step


@kernel
def braked(velocity: float, step: float) -> float:
    """Velocity one frame later under full braking."""
    return math.copysign(max(abs(velocity) - step, 0.0), velocity)


@kernel
def step_allowed(plan: LimitPlan, joint: int, q: float, v: float, next_q: float, next_v: float) -> bool:
    """Whether one joint may go from (q, v) to (next_q, next_v) in one frame."""
    dt, top, most = plan.dt_s, plan.velocity[joint], plan.acceleration[joint]
    if abs(next_v) > top:
        return False
    sums = 2.0 * (next_v - v) / dt
    half = 6.0 * (next_q - q - v * dt) / (dt * dt)
    a, b = half - sums, 2.0 * sums - half
    if abs(a) > most or abs(b) > most:
        return False
    if a * b < 0.0 and abs(v + 0.5 * a * a * dt / (a - b)) > top:  # fastest or slowest in between
        return False
    return _stays_inside(plan, joint, q, v, a, b) and _can_stop(plan, joint, next_q, next_v)


@inner_kernel
def _can_stop(plan: LimitPlan, joint: int, q: float, v: float) -> bool:
    end = q + braking_way(v, plan.acceleration[joint] * plan.dt_s, plan.dt_s)
    return plan.lower[joint] - _ROUNDING <= min(q, end) and max(q, end) <= plan.upper[joint] + _ROUNDING


@inner_kernel
def _stays_inside(plan: LimitPlan, joint: int, q: float, v: float, a: float, b: float) -> bool:
    """Whether the cubic's turning points lie inside the position limits (its ends are looked at elsewhere)."""
    dt = plan.dt_s
    rise = (b - a) / dt  # velocity: v + a t + rise t^2 / 2
    if abs(rise) < 1e-9:
        first = second = -v / a if abs(a) > 1e-12 else -1.0
    else:
        root = a * a - 2.0 * rise * v
        if root <= 0.0:
            return True
        first, second = (-a - math.sqrt(root)) / rise, (-a + math.sqrt(root)) / rise
    for t in (first, second):
        if 0.0 < t < dt:
            at = q + t * (v + t * (0.5 * a + t * rise / 6.0))
            if at < plan.lower[joint] - _ROUNDING or at > plan.upper[joint] + _ROUNDING:
                return False
    return True


@kernel
def velocity_bounds(plan: LimitPlan, joint: int, q: float, v: float) -> tuple[float, float]:
    """Lowest and highest next velocity under constant acceleration that keep every limit now and afterwards."""
    dt = plan.dt_s
    step = plan.acceleration[joint] * dt
    middle, slowed = q + 0.5 * dt * v, braked(v, step)
    high = min(v + step, plan.velocity[joint], fastest_towards(plan.upper[joint] - middle, step, dt))
    low = max(v - step, -plan.velocity[joint], -fastest_towards(middle - plan.lower[joint], step, dt))
    return min(low, slowed), max(high, slowed)


@kernel
def follow(plan: LimitPlan, joint: int, q: float, v: float, target: float,
           target_v: float) -> tuple[float, float, bool]:
    """Next state of one joint on its way to (target, target_v), and whether it is exactly there.

    The target is met where limits allow it, with another velocity where that helps; else the joint closes in as fast
    as it can still brake, relative to the target's own velocity.
    """
    target = min(max(target, plan.lower[joint]), plan.upper[joint])
    top = plan.velocity[joint]
    target_v = min(max(target_v, -top), top)
    if step_allowed(plan, joint, q, v, target, target_v):
        return target, target_v, True
    found, near_v = _velocity_at(plan, joint, q, v, target, target_v)
    if found and step_allowed(plan, joint, q, v, target, near_v):
        return target, near_v, True
    dt = plan.dt_s
    step = plan.acceleration[joint] * dt
    error = target - q - 0.5 * dt * (v + target_v)  # what remains after half a frame at both speeds
    closing = math.copysign(fastest_towards(abs(error), BRAKING_SHARE * step, dt), error)
    low, high = velocity_bounds(plan, joint, q, v)
    next_v = min(max(target_v + closing, low), high)
    return q + 0.5 * dt * (v + next_v), next_v, False


@inner_kernel
def _velocity_at(plan: LimitPlan, joint: int, q: float, v: float, target: float, wished: float) -> tuple[bool, float]:
    """Velocity nearest to `wished` with which the target can be met within the acceleration limits."""
    dt, most = plan.dt_s, plan.acceleration[joint] * (1.0 - _SLACK)
    half = 6.0 * (target - q - v * dt) / (dt * dt)
    low = max(v + 0.5 * dt * (half - most), v + 0.25 * dt * (half - most), -plan.velocity[joint])
    high = min(v + 0.5 * dt * (half + most), v + 0.25 * dt * (half + most), plan.velocity[joint])
    near = min(max(wished, low), high)
    return low <= high and abs(near - wished) <= MENDED_SHARE * most * dt, near


@kernel
def stop_step(plan: LimitPlan, q: Array, v: Array, next_q: Array, next_v: Array) -> None:
    """Full braking of all joints for one frame; (J,) each."""
    for joint in range(len(q)):
        next_v[joint] = braked(v[joint], plan.acceleration[joint] * plan.dt_s)
        next_q[joint] = q[joint] + 0.5 * plan.dt_s * (v[joint] + next_v[joint])


@kernel
def follow_all(plan: LimitPlan, q: Array, v: Array, target: Array, target_v: Array, next_q: Array,
               next_v: Array) -> None:
    """`follow` for all joints (J,)."""
    for joint in range(len(q)):
        next_q[joint], next_v[joint], _ = follow(plan, joint, q[joint], v[joint], target[joint], target_v[joint])


@kernel
def possible_speed(plan: LimitPlan, q: Array, v: Array) -> Array:
    """(J,) the velocity nearest to v with which joints at q can still stop inside their limits; 0 where none can."""
    found = np.zeros(len(q))
    for joint in range(len(q)):
        speed = min(max(v[joint], -plan.velocity[joint]), plan.velocity[joint])
        if _can_stop(plan, joint, q[joint], speed):
            found[joint] = speed
    return found
