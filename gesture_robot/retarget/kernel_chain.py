"""A few joints in a row that turn directions onto targets (and one point to a place), compiled.

Damped Gauss-Newton inside a box: residuals are weighted differences of unit vectors, so a direction d that is carried
by joint i changes with a_i x d. The damping grows with what is left of the residual (Sugihara, Solvability-unconcerned
inverse kinematics by the Levenberg-Marquardt method, 2011), so steps are calm far away and exact near the answer.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import Int, inner_kernel, kernel
from gesture_robot.retarget.kernel_rotation import angle_between, multiply, set_rotation, turn

TO_REST = 1e-5
"""Weight of the distance from rest: decides only what nothing else decides."""
DAMPING = 0.02
LONGEST_STEP_RAD = 0.6
DONE_RAD = 1e-5
FOLLOW, LOOK_EVERYWHERE, LOOK_ONCE = 0, 1, 2
LOST_RAD = 0.06
"""Upper arm and forearm together."""


class ChainPlan(NamedTuple):
    """C chains of up to n joints and K directions. Frames: 0 is the start, k the one after joint k.

    All chains lie in the same few arrays: compiled code is quicker to make and to call with few arguments.
    """

    size: Array
    """(C,) joints of each chain."""
    ways: Array
    """(C,) directions."""
    rows: Array
    """(C, n) index into the robot's joints."""
    before: Array
    """(C, n, 3, 3) fixed rotation in front of each joint, in the frame before."""
    shift: Array
    """(C, n, 3) its place there [m]."""
    axis: Array
    """(C, n, 3) unit, in the joint's frame."""
    lower: Array
    upper: Array
    rest: Array
    """(C, n)"""
    carried: Array
    """(C, K) frame that carries each direction."""
    local: Array
    """(C, K, 3) the direction there."""
    weight: Array
    """(C, K)"""
    damping: Array
    """(C,) least damping: a direction of motion with less effect than its root is followed calmly."""
    end: Array
    """(C, 3, 3) orientation of the end (the link that follows) in the last frame."""
    point: Array
    """(C, 3) the point that may be asked to be somewhere, in the last frame [m]."""
    seed_count: Array
    """(C,)"""
    seeds: Array
    """(C, S, n) joints to start from."""
    seed_ways: Array
    """(C, S, K, 3) where they point."""


class ChainWork(NamedTuple):
    """Scratch for chains of up to n joints and K directions."""

    frames: Array
    places: Array
    axes: Array
    pointing: Array
    hessian: Array
    gradient: Array
    factor: Array
    step: Array
    free: Array
    trial: Array


def chain_work(joints: int, directions: int) -> ChainWork:
    """Scratch that is large enough."""
    n, k = max(joints, 1), max(directions, 1)
    return ChainWork(np.zeros((n + 1, 3, 3)), np.zeros((n + 1, 3)), np.zeros((n, 3)), np.zeros((k, 3)),
                     np.zeros((n, n)), np.zeros(n), np.zeros((n, n)), np.zeros(n), np.zeros(n, np.int64), np.zeros(n))


@kernel
def chain_forward(plan: ChainPlan, c: Int, q: Array, work: ChainWork) -> None:
    """Fill frames, places, axes and pointing for joints q (n,)."""
    local, ahead = np.empty((3, 3)), np.empty((3, 3))
    frames, places = work.frames, work.places
    for i in range(3):
        places[0, i] = 0.0
        for j in range(3):
            frames[0, i, j] = 1.0 if i == j else 0.0
    for joint in range(plan.size[c]):
        multiply(frames[joint], plan.before[c, joint], ahead)
        set_rotation(plan.axis[c, joint], q[joint], local)
        multiply(ahead, local, frames[joint + 1])
        turn(ahead, plan.axis[c, joint], work.axes[joint])
        turn(frames[joint], plan.shift[c, joint], places[joint + 1])
        for i in range(3):
            places[joint + 1, i] += places[joint, i]
    for k in range(plan.ways[c]):
        turn(frames[plan.carried[c, k]], plan.local[c, k], work.pointing[k])


@kernel
def chain_cost(plan: ChainPlan, c: Int, target: Array, work: ChainWork) -> float:
    """Weighted sum of squared differences after `chain_forward`."""
    cost = 0.0
    for k in range(plan.ways[c]):
        for i in range(3):
            wrong = target[k, i] - work.pointing[k, i]
            cost += plan.weight[c, k] ** 2 * wrong * wrong
    return cost


@kernel
def chain_point(plan: ChainPlan, c: Int, work: ChainWork, out: Array) -> None:
    """Where the point is after `chain_forward`, from the start frame's origin [m]."""
    n = plan.size[c]
    turn(work.frames[n], plan.point[c], out)
    for i in range(3):
        out[i] += work.places[n, i]


@kernel
def solve_chain(plan: ChainPlan, c: Int, target: Array, place: Array, place_weight: float, q: Array, rounds: Int,
                work: ChainWork) -> float:
    """Turn q (n,) in place so that the directions meet `target` (K, 3); returns what is left of the cost.

    Args:
        plan: all chains.
        c: which one.
        target: unit vectors in the start frame.
        place: (3,) where the point should be [m]; counts with `place_weight` [1/m], 0: not at all.
        place_weight: see place.
        q: where to start; the answer, inside the joints' limits.
        rounds: at most so many steps.
        work: scratch; holds the frames of the answer.
    """
    n, low, high = plan.size[c], plan.lower[c], plan.upper[c]
    for i in range(n):
        q[i] = min(max(q[i], low[i]), high[i])
    chain_forward(plan, c, q, work)
    cost = chain_cost(plan, c, target, work)
    if n == 0:
        return cost
    for _ in range(rounds):
        _normal_equations(plan, c, target, place, place_weight, q, cost, work)
        longest = _boxed_step(n, q, low, high, work)
        for i in range(n):
            q[i] = min(max(q[i] + work.step[i], low[i]), high[i])
        chain_forward(plan, c, q, work)
        cost = chain_cost(plan, c, target, work)
        if longest < DONE_RAD:
            break
    return cost


@inner_kernel
def _normal_equations(plan: ChainPlan, c: Int, target: Array, place: Array, place_weight: float, q: Array, cost: float,
                      work: ChainWork) -> None:
    n = plan.size[c]
    hessian, gradient, axes = work.hessian, work.gradient, work.axes
    for i in range(n):
        gradient[i] = TO_REST * (plan.rest[c, i] - q[i])
        for j in range(n):
            hessian[i, j] = 0.0
        hessian[i, i] = TO_REST + plan.damping[c] + DAMPING * cost
    columns = np.empty((n, 3))
    for k in range(plan.ways[c]):
        square, d = plan.weight[c, k] ** 2, work.pointing[k]
        count = plan.carried[c, k]
        for i in range(count):
            columns[i, 0] = axes[i, 1] * d[2] - axes[i, 2] * d[1]
            columns[i, 1] = axes[i, 2] * d[0] - axes[i, 0] * d[2]
            columns[i, 2] = axes[i, 0] * d[1] - axes[i, 1] * d[0]
        _add(columns, count, square, target[k, 0] - d[0], target[k, 1] - d[1], target[k, 2] - d[2], work)
    if place_weight > 0.0:
        at, square = np.empty(3), place_weight**2
        chain_point(plan, c, work, at)
        for i in range(n):
            x, y, z = (at[0] - work.places[i + 1, 0], at[1] - work.places[i + 1, 1], at[2] - work.places[i + 1, 2])
            columns[i, 0] = axes[i, 1] * z - axes[i, 2] * y
            columns[i, 1] = axes[i, 2] * x - axes[i, 0] * z
            columns[i, 2] = axes[i, 0] * y - axes[i, 1] * x
        _add(columns, n, square, place[0] - at[0], place[1] - at[1], place[2] - at[2], work)


@inner_kernel
def _add(columns: Array, count: Int, square: float, x: float, y: float, z: float, work: ChainWork) -> None:
    """One residual (x, y, z) with its columns (count, 3) into the normal equations."""
    for i in range(count):
        a, b, c = square * columns[i, 0], square * columns[i, 1], square * columns[i, 2]
        work.gradient[i] += a * x + b * y + c * z
        for j in range(i + 1):
            work.hessian[i, j] += a * columns[j, 0] + b * columns[j, 1] + c * columns[j, 2]


@inner_kernel
def _boxed_step(n: int, q: Array, low: Array, high: Array, work: ChainWork) -> float:
    """Newton step inside the box: joints that hit an end are fixed there, the rest solved again; its largest part."""
    step, free = work.step, work.free
    for i in range(n):
        free[i] = 1
        step[i] = 0.0
    for _ in range(n + 1):
        _solve_free(n, work)
        hit = False
        for i in range(n):
            least = max(low[i] - q[i], -LONGEST_STEP_RAD)
            most = min(high[i] - q[i], LONGEST_STEP_RAD)
            if free[i] == 1 and (step[i] < least or step[i] > most):
                step[i] = min(max(step[i], least), most)
                free[i] = 0
                hit = True
        if not hit:
            break
    longest = 0.0
    for i in range(n):
        longest = max(longest, abs(step[i]))
    return longest


@inner_kernel
def _solve_free(n: int, work: ChainWork) -> None:
    """Cholesky on the joints that are free, the others' steps given."""
    hessian, factor, step, free, right = work.hessian, work.factor, work.step, work.free, work.trial
    for i in range(n):
        if free[i] == 0:
            continue
        total = work.gradient[i]
        for j in range(n):
            if free[j] == 0:
                total -= (hessian[i, j] if j <= i else hessian[j, i]) * step[j]
        right[i] = total
    for i in range(n):
        if free[i] == 0:
            continue
        for j in range(i + 1):
            if free[j] == 0:
                continue
            total = hessian[i, j]
            for k in range(j):
                if free[k] == 1:
                    total -= factor[i, k] * factor[j, k]
            factor[i, j] = math.sqrt(total) if i == j else total / factor[j, j]
        total = right[i]
        for k in range(i):
            if free[k] == 1:
                total -= factor[i, k] * right[k]
        right[i] = total / factor[i, i]
    for row in range(n):
        i = n - 1 - row
        if free[i] == 0:
            continue
        total = right[i]
        for k in range(i + 1, n):
            if free[k] == 1:
                total -= factor[k, i] * step[k]
        step[i] = total / factor[i, i]


@kernel
def chain_angle(plan: ChainPlan, c: Int, target: Array, count: Int, work: ChainWork) -> float:
    """Sum of the angles [rad] of the first `count` directions after `chain_forward`."""
    total = 0.0
    for k in range(count):
        total += angle_between(work.pointing[k], target[k])
    return total


@kernel
def best_seed(plan: ChainPlan, c: Int, target: Array, near: Array, nearness: float, above: float) -> tuple[int, float]:
    """Seed that points best among those that cost more than `above`, and its cost; -1: none is left.

    A seed costs a little less when it is near `near` (n,).
    """
    best, found = 1e300, -1
    for s in range(plan.seed_count[c]):
        cost = 0.0
        for k in range(plan.ways[c]):
            square = plan.weight[c, k] ** 2
            for i in range(3):
                wrong = target[k, i] - plan.seed_ways[c, s, k, i]
                cost += square * wrong * wrong
        for i in range(plan.size[c]):
            away = plan.seeds[c, s, i] - near[i]
            cost += nearness * away * away
        if above < cost < best:
            best, found = cost, s
    return found, best


@kernel
def find_chain(plan: ChainPlan, c: Int, target: Array, q: Array, search: Int, work: ChainWork) -> float:
    """Follow from q (n,) in place, or start anew from the best seeds where following has lost the target.

    Args:
        plan: all chains.
        c: which one.
        target: unit vectors in the start frame.
        q: the last answer; the new one.
        search: FOLLOW, or LOOK_ONCE at the best seed where the target is lost, or LOOK_EVERYWHERE: there is no last.
        work: scratch; holds the frames of the answer.

    A new start counts only when it points clearly better (5 degrees and a quarter), so that two equally good answers
    never alternate. Returns what is left of the cost.
    """
    n, count, nowhere = plan.size[c], min(2, plan.ways[c]), np.zeros(3)
    cost = solve_chain(plan, c, target, nowhere, 0.0, q, np.int64(24 if search == LOOK_EVERYWHERE else 6), work)
    angle = chain_angle(plan, c, target, count, work)
    if search == FOLLOW or plan.seed_count[c] == 0 or angle < LOST_RAD or n == 0:
        return cost
    trial, kept, above = np.empty(n), q.copy(), -1.0
    best = angle - 0.01 if search == LOOK_EVERYWHERE else 0.75 * angle - 0.09
    for _ in range(6 if search == LOOK_EVERYWHERE else 1):
        seed, above = best_seed(plan, c, target, kept, 0.002 if search == LOOK_EVERYWHERE else 0.01, above)
        if seed < 0:
            break
        for i in range(n):
            trial[i] = plan.seeds[c, seed, i]
        solve_chain(plan, c, target, nowhere, 0.0, trial, np.int64(12), work)
        angle = chain_angle(plan, c, target, count, work)
        if angle < best:
            best = angle
            for i in range(n):
                q[i] = trial[i]
    chain_forward(plan, c, q, work)
    return chain_cost(plan, c, target, work)
