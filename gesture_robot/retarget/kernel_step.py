"""From the joints that show the human to the joints that the robot may take, frame by frame, compiled."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import kernel
from gesture_robot.retarget.kernel_limits import LimitPlan, follow_all

VELOCITY, COLLISION, STOPPED = 1, 2, 4
"""Why a frame is not what the human shows: joint limits in time, links too near, a limb brought to rest for it."""


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
def follow_path(limits: LimitPlan, q: Array, v: Array, answers: Array, velocities: Array, positions: Array,
                speeds: Array, reasons: Array) -> None:
    """Follow answers (T, J) from the state q, v (J,), which moves along.

    Fills positions and speeds (T, J), and reasons (T,): a sum of VELOCITY, COLLISION, STOPPED.
    """
    count = len(q)
    held = np.zeros(count, np.int64)
    next_q, next_v = np.empty(count), np.empty(count)
    for frame in range(len(answers)):
        follow_all(limits, q, v, answers[frame], velocities[frame], next_q, next_v, held)
        reasons[frame] = VELOCITY if held.any() else 0
        for joint in range(count):
            q[joint] = positions[frame, joint] = next_q[joint]
            v[joint] = speeds[frame, joint] = next_v[joint]
