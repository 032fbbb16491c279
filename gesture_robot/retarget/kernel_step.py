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
from gesture_robot.retarget.kernel_brake import COLLISION, RESOLUTION_M, brake_limbs, is_free
from gesture_robot.retarget.kernel_escape import detour, part, watch
from gesture_robot.retarget.kernel_guard import braking_blocked
from gesture_robot.retarget.kernel_limits import LimitPlan, follow_all
from gesture_robot.retarget.kernel_near import Guard, look, open_up
from gesture_robot.retarget.kernel_repair import repair
from gesture_robot.retarget.kernel_slide import slide

VELOCITY = 1
"""Why a frame is not what the human shows: joint limits in time; see also `kernel_brake`."""
OFF_RAD, SLID_RAD = 0.01, 0.001
"""A guard counts as active where it keeps a joint further than this from where it should be; links hold a joint whose
step they change by more than this."""


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

    Fills positions and speeds (T, J), and reasons (T, J): a sum of VELOCITY and `kernel_brake`'s COLLISION, STOPPED.
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
        wanted, wanted_v = detour(guard, target, target_v)
    follow_all(limits, q, v, wanted, wanted_v, next_q, next_v)
    for joint in range(count):
        reason[joint] = VELOCITY if abs(next_q[joint] - target[joint]) > OFF_RAD else 0
        if abs(target[joint] - answer[joint]) > OFF_RAD:
            reason[joint] |= COLLISION
    if guard.active == 0:
        return
    look(guard, q)
    open_up(guard)
    steered = next_q.copy()
    if slide(limits, guard, q, v, steered):
        wished = (steered - q) / limits.dt_s
        for joint in range(count):
            if abs(steered[joint] - next_q[joint]) > SLID_RAD:
                reason[joint] |= COLLISION
        follow_all(limits, q, v, steered, wished, next_q, next_v)
    if not is_free(limits, guard, q, v, next_q, next_v):
        brake_limbs(limits, guard, q, v, next_q, next_v, reason)
        part(limits, guard, q, v, next_q, next_v)
    for joint in range(count):
        if reason[joint] & VELOCITY == 0 and abs(next_q[joint] - target[joint]) > OFF_RAD:
            reason[joint] |= COLLISION
    for side in range(2):
        watch(guard, side, q, target, next_q, next_v, reason)


@kernel
def may_move(limits: LimitPlan, guard: Guard, q: Array, v: Array) -> bool:
    """Whether the robot can brake from (q, v) without links coming too near."""
    if guard.active == 0:
        return True
    return braking_blocked(guard.tree, guard.shapes, q, v, limits.acceleration, limits.dt_s,  # type: ignore
                           guard.needed, RESOLUTION_M, guard.work) < 0
