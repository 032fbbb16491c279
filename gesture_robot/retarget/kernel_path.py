"""Joint paths for the collision guard, compiled: a cubic for u in [0, 1], then braking for u in [1, 2].

Where they are, and how far joints, bodies and pairs of bodies travel on them.
"""

from __future__ import annotations

import math

from gesture_robot.checks import Array
from gesture_robot.compiled import inner_kernel, kernel
from gesture_robot.robots.moving_tree import MovingTree

COLUMNS = 11
"""A row per joint. For u in [0, 1] a cubic: 0 to 3 its coefficients, 4 and 5 where it turns back (-1: nowhere).

For u in [1, 2] braking: 6 position, 7 velocity, 8 velocity lost per interval, 9 length of an interval [s], 10 how many
intervals the slowest joint takes; velocities run linearly within an interval."""
_NOWHERE = -1.0


@kernel
def set_cubic(q0: Array, v0: Array, q1: Array, v1: Array, dt_s: float, path: Array) -> None:
    """The cubic through two points with given velocities, all (J,)."""
    for j in range(q0.shape[0]):
        step, first, last = q1[j] - q0[j], dt_s * v0[j], dt_s * v1[j]
        square, cube = 3.0 * step - 2.0 * first - last, first + last - 2.0 * step
        path[j, 0], path[j, 1], path[j, 2], path[j, 3] = q0[j], first, square, cube
        path[j, 4] = path[j, 5] = _NOWHERE
        a, b = 3.0 * cube, square  # the derivative is a u^2 + 2 b u + first
        inside = b * b - a * first
        if inside <= 0.0 or (a == 0.0 and b == 0.0):
            continue
        stable = -(b + math.copysign(math.sqrt(inside), b))
        one, two = stable / a if a != 0.0 else _NOWHERE, first / stable if stable != 0.0 else _NOWHERE
        path[j, 4], path[j, 5] = min(one, two), max(one, two)


@kernel
def set_standing(q: Array, path: Array) -> None:
    """In place of a cubic: standing at q (J,), for braking from there."""
    for j in range(q.shape[0]):
        path[j, 0] = q[j]
        path[j, 1] = path[j, 2] = path[j, 3] = 0.0
        path[j, 4] = path[j, 5] = _NOWHERE


@kernel
def set_braking(q: Array, v: Array, max_acceleration: Array, dt_s: float, path: Array) -> None:
    """Every joint (J,) loses max_acceleration x dt per interval until it rests."""
    longest = 0.0
    for j in range(q.shape[0]):
        path[j, 6], path[j, 7], path[j, 8], path[j, 9] = q[j], v[j], max_acceleration[j] * dt_s, dt_s
        longest = max(longest, math.ceil(abs(v[j]) / path[j, 8] - 1e-9))
    for j in range(q.shape[0]):
        path[j, 10] = longest


@kernel
def path_at(path: Array, u: float, q: Array) -> None:
    """Positions (J,) at u."""
    for j in range(q.shape[0]):
        q[j] = _cubic(path, j, u) if u <= 1.0 else _braked(path, j, u - 1.0)


@kernel
def joint_travel(path: Array, begin: float, end: float, travel: Array) -> None:
    """How far each joint travels from `begin` to `end`, there and back counted, (J,)."""
    for j in range(travel.shape[0]):
        total = 0.0
        if begin < 1.0 and (path[j, 1] != 0.0 or path[j, 2] != 0.0 or path[j, 3] != 0.0):
            last = min(end, 1.0)
            here = _cubic(path, j, begin)
            for turn in range(4, 6):
                if begin < path[j, turn] < last:
                    there = _cubic(path, j, path[j, turn])
                    total += abs(there - here)
                    here = there
            total += abs(_cubic(path, j, last) - here)
        if end > 1.0 and path[j, 7] != 0.0:
            total += abs(_braked(path, j, end - 1.0) - _braked(path, j, max(begin - 1.0, 0.0)))
        travel[j] = total


@inner_kernel
def _cubic(path: Array, j: int, u: float) -> float:
    return path[j, 0] + u * (path[j, 1] + u * (path[j, 2] + u * path[j, 3]))  # type: ignore[no-any-return]


@inner_kernel
def _braked(path: Array, j: int, u: float) -> float:
    speed, lost, dt_s = abs(path[j, 7]), path[j, 8], path[j, 9]
    whole = math.ceil(speed / lost - 1e-9)  # intervals until it rests
    passed = u * path[j, 10]
    k = min(math.floor(passed), max(whole - 1.0, 0.0))
    part = min(passed - k, 1.0)
    before = max(speed - k * lost, 0.0)
    after = 0.0 if k >= whole - 1.0 else max(before - lost, 0.0)
    way = dt_s * (k * speed - 0.5 * k * k * lost + part * (before + 0.5 * part * (after - before)))
    return path[j, 6] + math.copysign(way, path[j, 7])  # type: ignore[no-any-return]


@kernel
def body_travel(
    tree: MovingTree, spheres: Array, q: Array, before: Array, after: Array, turned: Array, shifted: Array
) -> None:
    """How far any point of each body's shapes is at most from where it is now, in the root, anywhere on the path."""
    turned[0] = shifted[0] = 0.0
    for joint in range(tree.parent.shape[0]):
        body, parent = joint + 1, tree.parent[joint]
        at = tree.translation[joint]
        arm = math.sqrt(at[0] * at[0] + at[1] * at[1] + at[2] * at[2])
        j = tree.source[joint]
        own = abs(tree.scale[joint]) * max(before[j], after[j])
        turned[body] = turned[parent] + own
        shifted[body] = shifted[parent] + turned[parent] * arm
        if tree.slides[joint] == 1:
            out = abs(tree.scale[joint] * q[j] + tree.offset[joint]) + own
            turned[body] = turned[parent]
            shifted[body] += own + turned[parent] * out
    for body in range(turned.shape[0]):
        x, y, z = spheres[body, 0], spheres[body, 1], spheres[body, 2]
        shifted[body] += turned[body] * (math.sqrt(x * x + y * y + z * z) + spheres[body, 3])


@kernel
def pair_travel(reach: Array, pair: int, travel: Array) -> float:
    """How far the nearest points of a pair move towards each other at most [m]."""
    total = 0.0
    for j in range(travel.shape[0]):
        total += reach[pair, j] * travel[j]
    return total
