"""Where links would overlap in an answer whose hands touch something, the nearest one in which they do not, compiled.

A touch brings links together on purpose, and a robot's fingers and arms are not the human's: what puts the palm in its
place may put the fingers into the arm. A few damped Gauss-Newton steps from the last such answer find the joints that
keep hands where they should be on what they touch, then the joints near what the human shows, with links apart:

    minimise  |q - answer|^2_D + sum over hands of touching |hand(q) - hand(answer)|^2 / HAND_M^2    D = 1 / yielding
    such that every distance keeps its margin (linearised; Hildreth's dual coordinate ascent)
"""

from __future__ import annotations

import math

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import inner_kernel, kernel
from gesture_robot.retarget.kernel_distance import point_slopes
from gesture_robot.retarget.kernel_limits import LimitPlan
from gesture_robot.retarget.kernel_near import STEER_PAIRS, Guard, look, near_pairs
from gesture_robot.retarget.kernel_rotation import place, turn_back

HAND_M = 0.01
"""So far off its place a hand counts like a joint that is one radian off."""
DAMPING = 1.0
AT_ALL = 0.001
"""Hands that touch less than this are not led."""
STEPS, SWEEPS, BACK, ENOUGH, STILL_RAD = 2, 24, 0.35, 0.01, 1e-4
OVERLAP_M = 0.002
SPARE_M = 0.003
"""What is aimed at beyond the margin."""
LONGEST_RAD = 0.3


@kernel
def repair(limits: LimitPlan, guard: Guard, target: Array, target_v: Array) -> None:
    """Change an answer (J,) and its velocity (J,) so that its links keep apart, while a hand touches something."""
    if guard.touch.weight[0] < AT_ALL and guard.touch.weight[1] < AT_ALL:
        guard.touch.repairing[0] = 0
        return
    count, touch = len(target), guard.touch
    if _settled(guard, target):
        for joint in range(count):
            target[joint], target_v[joint] = touch.repaired[joint], 0.0
        return
    q, step, tried, goal, before = (np.empty(count), np.empty(count), np.empty(count), np.zeros((2, 3)),
                                    touch.repaired.copy())
    look(guard, target)
    if touch.repairing[0] == 0 and _overlaps(guard) == 0.0:
        return
    for side in range(2):
        _hand_goal(guard, side, goal[side])
    for joint in range(count):
        q[joint] = target[joint]
        if touch.repairing[0] > 0:
            q[joint] = before[joint] + target[joint] - touch.repaired_from[joint]
        q[joint] = min(max(q[joint], limits.lower[joint]), limits.upper[joint])
    look(guard, q)
    wrong, share, enough = _wrong(guard, target, goal, q), 1.0, False
    _set_step(guard, target, goal, q, step)
    for k in range(STEPS):
        for joint in range(count):
            moved = q[joint] + share * step[joint]
            tried[joint] = min(max(moved, limits.lower[joint]), limits.upper[joint])
        look(guard, tried)
        worse = _wrong(guard, target, goal, tried)
        if worse >= wrong:
            share *= BACK
            continue
        enough = wrong - worse < ENOUGH * wrong
        wrong, share = worse, 1.0
        for joint in range(count):
            q[joint] = tried[joint]
        if enough:
            break
        if k + 1 < STEPS:
            _set_step(guard, target, goal, q, step)
    for joint in range(count):
        touch.repaired_from[joint] = target[joint]
        touch.repaired[joint] = q[joint]
        if touch.repairing[0] > 0 and q[joint] != target[joint]:
            target_v[joint] = (q[joint] - before[joint]) / limits.dt_s
        target[joint] = q[joint]
    touch.repairing[0] = 2 if enough else 1


@inner_kernel
def _settled(guard: Guard, target: Array) -> bool:
    """Whether the last steps gained nothing and the answer (J,) is what it was then."""
    if guard.touch.repairing[0] != 2:
        return False
    for joint in range(len(target)):
        if abs(target[joint] - guard.touch.repaired_from[joint]) > STILL_RAD:
            return False
    return True


@inner_kernel
def _wrong(guard: Guard, target: Array, goal: Array, q: Array) -> float:
    """What is minimised, at the last look at q (J,), overlaps weighing OVERLAP_M each."""
    total, away = 0.0, np.empty(3)
    for joint in range(len(q)):
        total += (target[joint] - q[joint]) ** 2 / max(guard.yielding[joint], 1e-6)
    for side in range(2):
        if guard.touch.weight[side] >= AT_ALL and guard.touch.hand[side] >= 0:
            _hand_away(guard, side, goal[side], away)
            total += guard.touch.weight[side] / HAND_M**2 * (away[0] ** 2 + away[1] ** 2 + away[2] ** 2)
    return total + _overlaps(guard)


@inner_kernel
def _overlaps(guard: Guard) -> float:
    """Sum of (overlap / OVERLAP_M)^2 over the pairs that are too near each other at the last look."""
    total = 0.0
    for pair in range(len(guard.needed)):
        missing = SPARE_M - (guard.distance[pair] - guard.needed[pair])
        if missing > 0.0 and guard.steer[pair] > SPARE_M:
            total += (missing / OVERLAP_M) ** 2
    return total


@inner_kernel
def _hand_away(guard: Guard, side: int, goal: Array, out: Array) -> None:
    """From a hand to its goal (3,) on the body that it touches, in the root at the last look."""
    hand, base, work = guard.touch.hand[side], guard.touch.part[side], guard.work
    at = np.empty(3)
    place(work.rotations[hand], work.positions[hand], guard.touch.hand_m[side], at)
    place(work.rotations[base], work.positions[base], goal, out)
    for k in range(3):
        out[k] -= at[k]


@inner_kernel
def _hand_goal(guard: Guard, side: int, out: Array) -> None:
    """Where a hand is (3,) on the body that it touches, at the last look."""
    hand, base = guard.touch.hand[side], guard.touch.part[side]
    if hand < 0:
        return
    at = np.empty(3)
    place(guard.work.rotations[hand], guard.work.positions[hand], guard.touch.hand_m[side], at)
    for k in range(3):
        at[k] -= guard.work.positions[base, k]
    turn_back(guard.work.rotations[base], at, out)


@inner_kernel
def _set_step(guard: Guard, target: Array, goal: Array, q: Array, step: Array) -> None:
    """A step (J,) from q (J,) towards the answer and its hands (2, 3), around the links, at the last look."""
    count = len(q)
    pull, metric = np.empty(count), guard.touch.metric
    for i in range(len(guard.touch.arms)):
        for k in range(i):
            metric[i, k] = 0.0
        metric[i, i] = 1.0 / guard.yielding[guard.touch.arms[i]] + DAMPING
    for joint in range(count):
        pull[joint] = (target[joint] - q[joint]) / max(guard.yielding[joint], 1e-6)
    for side in range(2):
        if guard.touch.weight[side] >= AT_ALL and guard.touch.hand[side] >= 0:
            _pull_hand(guard, side, goal[side], pull, metric)
    _factorise(metric, len(guard.touch.arms))
    _give_way(guard, pull, step)
    _keep_apart(guard, step)
    longest = 0.0
    for joint in range(count):
        longest = max(longest, abs(step[joint]))
    if longest > LONGEST_RAD:
        for joint in range(count):
            step[joint] *= LONGEST_RAD / longest


@inner_kernel
def _pull_hand(guard: Guard, side: int, goal: Array, pull: Array, metric: Array) -> None:
    """Add what pulls a hand to its goal (3,) on the body that it touches to pull (J,) and metric (lower triangle)."""
    hand, base, work = guard.touch.hand[side], guard.touch.part[side], guard.work
    away, axis, slope = np.empty(3), np.zeros(3), np.empty(len(pull))
    _hand_away(guard, side, goal, away)
    weight = guard.touch.weight[side] / HAND_M**2
    for c in range(3):
        for k in range(3):
            axis[k] = 1.0 if k == c else 0.0
        point_slopes(guard.tree, work.rotations, work.positions, hand, base, guard.touch.hand_m[side], axis, slope)
        for i in range(len(guard.touch.arms)):
            row = guard.touch.arms[i]
            pull[row] += weight * slope[row] * away[c]
            for k in range(i + 1):
                metric[i, k] += weight * slope[row] * slope[guard.touch.arms[k]]


@inner_kernel
def _factorise(a: Array, count: int) -> None:
    """Cholesky: the lower triangle of a becomes L with a = L L'."""
    for i in range(count):
        for k in range(i + 1):
            total = a[i, k]
            for j in range(k):
                total -= a[i, j] * a[k, j]
            a[i, k] = math.sqrt(max(total, 1e-12)) if i == k else total / a[k, k]


@inner_kernel
def _give_way(guard: Guard, pull: Array, out: Array) -> None:
    """(J,) how joints give way to a pull (J,): the inverse of the factorised metric times it."""
    arms, factor = guard.touch.arms, guard.touch.metric
    for joint in range(len(out)):
        out[joint] = pull[joint] * guard.yielding[joint] / (1.0 + DAMPING * guard.yielding[joint])
    solved = np.empty(len(arms))
    for i in range(len(arms)):
        solved[i] = pull[arms[i]]
        for k in range(i):
            solved[i] -= factor[i, k] * solved[k]
        solved[i] /= factor[i, i]
    for back in range(len(arms)):
        i = len(arms) - 1 - back
        for k in range(i + 1, len(arms)):
            solved[i] -= factor[k, i] * solved[k]
        solved[i] /= factor[i, i]
        out[arms[i]] = solved[i]


@inner_kernel
def _keep_apart(guard: Guard, step: Array) -> None:
    """Change a step (J,) so that near links keep their margins (Hildreth 1957)."""
    near = near_pairs(guard)
    if near == 0:
        return
    give = OVERLAP_M**2
    ways, push, pressed = np.empty((near, len(step))), np.empty(near), np.zeros(STEER_PAIRS)
    for k in range(near):
        _give_way(guard, guard.slope[k], ways[k])
        push[k] = _product(guard.slope[k], ways[k])
    for _ in range(SWEEPS):
        for k in range(near):
            if push[k] < 1e-9:
                continue
            missing = SPARE_M - guard.room[k] - _product(guard.slope[k], step) - give * pressed[k]
            more = max(missing / (push[k] + give), -pressed[k])
            pressed[k] += more
            for joint in range(len(step)):
                step[joint] += more * ways[k, joint]


@inner_kernel
def _product(a: Array, b: Array) -> float:
    total = 0.0
    for k in range(len(a)):
        total += a[k] * b[k]
    return total
