"""How deep two overlapping convex hulls are in each other, compiled: expanding polytope (van den Bergen 2001).

Rare (the guard keeps hulls apart), so it is written for robustness: bounded work, no NaN, and where rounding stops it
the depth found so far is returned.
"""

from __future__ import annotations

import math

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import inner_kernel, kernel
from gesture_robot.retarget.kernel_gjk import (
    CORNERS,
    FOUND,
    NEAREST,
    ON_A,
    POINT_A,
    RESULT,
    SIMPLEX,
    find_support,
    keep_support,
)
from gesture_robot.retarget.kernel_simplex import triangle_weights

MAX_CORNERS = 48
_GAIN_M, _FLAT = 1e-10, 1e-9
_VISIBLE_M = -1e-12
"""Faces in line with the new corner go too: joined to it they would be slivers."""


@kernel
def overlap_depth(vertices: Array, links: Array, least_m: float, s: Array, n: Array) -> float:
    """Depth [m] of two hulls of which `hull_distance` has just said that they overlap.

    Depths below `least_m` are of no interest: some lower bound of the depth, below it too, may be returned.

    Into the scratch: row RESULT the direction from a to b in which b leaves a soonest, POINT_A the witness point on a,
    NEAREST that minus b's (depth x direction).
    """
    s[RESULT, 0], s[RESULT, 1], s[RESULT, 2] = 1.0, 0.0, 0.0
    if not _tetrahedron(vertices, links, s, n):
        return 0.0
    most = 2 * MAX_CORNERS + 8
    points, planes = np.zeros((MAX_CORNERS, 6)), np.zeros((most, 4))
    faces, rim = np.zeros((most, 3), np.int64), np.zeros((3 * most, 2), np.int64)
    for k in range(4):
        for i in range(3):
            points[k, i], points[k, 3 + i] = s[SIMPLEX + k, i], s[ON_A + k, i]
    corners, count, depth = 4, _first_faces(points, faces, planes), 0.0
    while count > 0:
        face = _nearest_face(count, planes)
        depth = max(planes[face, 3], 0.0)
        x, y, z = planes[face, 0], planes[face, 1], planes[face, 2]
        extent = -find_support(vertices, links, -x, -y, -z, s, n)
        if extent <= max(depth + _GAIN_M, least_m) or corners == MAX_CORNERS:
            _write(face, count, points, faces, planes, s)
            break
        for i in range(3):
            points[corners, i], points[corners, 3 + i] = s[FOUND, i], s[FOUND + 1, i]
            s[RESULT, i], s[NEAREST, i] = planes[face, i], depth * planes[face, i]
        count, corners = _replace_visible(corners, count, points, faces, planes, rim), corners + 1
    return depth


@inner_kernel
def _write(face: int, count: int, points: Array, faces: Array, planes: Array, s: Array) -> None:
    """The result from the nearest face, or from the triangle beside it in the same plane that the origin is under."""
    weights, depth, best = np.zeros((1, 3)), max(planes[face, 3], 0.0), math.inf
    for axis in range(3):
        s[RESULT, axis], s[NEAREST, axis] = planes[face, axis], depth * planes[face, axis]
    for row in range(count):
        if planes[row, 3] > planes[face, 3] + 1e-9:
            continue
        i, j, k = faces[row, 0], faces[row, 1], faces[row, 2]
        weights[0, 0], weights[0, 1], weights[0, 2], square = 0.0, 0.0, 0.0, 0.0
        triangle_weights(points, i, j, k, 0, 1, 2, weights, 0)
        u, v, w = weights[0, 0], weights[0, 1], weights[0, 2]
        for axis in range(3):
            total = u * points[i, axis] + v * points[j, axis] + w * points[k, axis]
            square += total * total
        if square >= best:
            continue
        best = square
        for axis in range(3):
            s[POINT_A, axis] = u * points[i, 3 + axis] + v * points[j, 3 + axis] + w * points[k, 3 + axis]


@inner_kernel
def _tetrahedron(vertices: Array, links: Array, s: Array, n: Array) -> bool:
    """Make the simplex a tetrahedron that holds the origin; False (direction written) where a - b is flat."""
    count = n[CORNERS]
    for turn in range(12):
        if count == 4:
            break
        _away_from(count, turn, s)
        x, y, z = s[RESULT, 0], s[RESULT, 1], s[RESULT, 2]
        level = s[SIMPLEX, 0] * x + s[SIMPLEX, 1] * y + s[SIMPLEX, 2] * z
        gain = -find_support(vertices, links, -x, -y, -z, s, n) - level
        if gain < _FLAT:
            gain = level - find_support(vertices, links, x, y, z, s, n)
        if gain >= _FLAT:
            keep_support(count, s, n)
            count += 1
        elif count == 3:  # no extent across the triangle: its normal parts the hulls
            break
    for axis in range(3):
        s[NEAREST, axis], s[POINT_A, axis] = 0.0, s[ON_A, axis]
    return count == 4  # type: ignore[no-any-return]


@inner_kernel
def _away_from(count: int, turn: int, s: Array) -> None:
    """Row RESULT = a unit direction across the first `count` corners; another for another `turn`."""
    y = SIMPLEX
    u0, u1, u2 = s[y + 1, 0] - s[y, 0], s[y + 1, 1] - s[y, 1], s[y + 1, 2] - s[y, 2]
    axis = turn % 3
    if count == 2:  # across the axis that is most across the edge, then across the next
        axis = 0 if abs(u0) <= min(abs(u1), abs(u2)) else (1 if abs(u1) <= abs(u2) else 2)
    w0, w1, w2 = 1.0 * (axis == 0), 1.0 * (axis == 1), 1.0 * (axis == 2)
    if count == 3:
        w0, w1, w2 = s[y + 2, 0] - s[y, 0], s[y + 2, 1] - s[y, 1], s[y + 2, 2] - s[y, 2]
    x0, x1, x2 = w0, w1, w2
    if count > 1:
        x0, x1, x2 = u1 * w2 - u2 * w1, u2 * w0 - u0 * w2, u0 * w1 - u1 * w0
    if count == 2 and turn % 2 == 1:
        x0, x1, x2 = u1 * x2 - u2 * x1, u2 * x0 - u0 * x2, u0 * x1 - u1 * x0
    length = math.sqrt(x0 * x0 + x1 * x1 + x2 * x2)
    if length < 1e-150:
        x0, length = 1.0, 1.0
    s[RESULT, 0], s[RESULT, 1], s[RESULT, 2] = x0 / length, x1 / length, x2 / length


@inner_kernel
def _first_faces(points: Array, faces: Array, planes: Array) -> int:
    """The four faces of the tetrahedron, looking outwards; 0 where it is flat."""
    for out in range(4):
        i, j, k = (out + 1) & 3, (out + 2) & 3, (out + 3) & 3
        if not _face(out, i, j, k, points, faces, planes):
            return 0
        height = 0.0
        for axis in range(3):
            height += planes[out, axis] * (points[out, axis] - points[i, axis])
        if height > 0.0:
            _face(out, i, k, j, points, faces, planes)
    return 4


@inner_kernel
def _face(row: int, i: int, j: int, k: int, points: Array, faces: Array, planes: Array) -> bool:
    """Write face `row` with its plane; False when the three corners are in line."""
    a0, a1, a2 = points[i, 0], points[i, 1], points[i, 2]
    u0, u1, u2 = points[j, 0] - a0, points[j, 1] - a1, points[j, 2] - a2
    v0, v1, v2 = points[k, 0] - a0, points[k, 1] - a1, points[k, 2] - a2
    n0, n1, n2 = u1 * v2 - u2 * v1, u2 * v0 - u0 * v2, u0 * v1 - u1 * v0
    area = math.sqrt(n0 * n0 + n1 * n1 + n2 * n2)
    size = math.sqrt((u0 * u0 + u1 * u1 + u2 * u2) * (v0 * v0 + v1 * v1 + v2 * v2))
    if area <= 1e-11 * size + 1e-30:
        return False
    faces[row, 0], faces[row, 1], faces[row, 2] = i, j, k
    planes[row, 0], planes[row, 1], planes[row, 2] = n0 / area, n1 / area, n2 / area
    planes[row, 3] = (n0 * a0 + n1 * a1 + n2 * a2) / area
    return True


@inner_kernel
def _nearest_face(count: int, planes: Array) -> int:
    best = 0
    for row in range(1, count):
        if planes[row, 3] < planes[best, 3]:
            best = row
    return best


@inner_kernel
def _replace_visible(corner: int, count: int, points: Array, faces: Array, planes: Array, rim: Array) -> int:
    """Cut away the faces that see the new corner and join their rim to it; new number of faces, 0: not possible."""
    x, y, z, edges, row = points[corner, 0], points[corner, 1], points[corner, 2], 0, 0
    while row < count:
        if planes[row, 0] * x + planes[row, 1] * y + planes[row, 2] * z - planes[row, 3] <= _VISIBLE_M:
            row += 1
            continue
        for side in range(3):
            edges = _toggle(faces[row, side], faces[row, (side + 1) % 3], edges, rim)
        count -= 1
        for i in range(3):
            faces[row, i] = faces[count, i]
        for i in range(4):
            planes[row, i] = planes[count, i]
    if count + edges > planes.shape[0]:
        return 0
    for edge in range(edges):
        if not _face(count, rim[edge, 0], rim[edge, 1], corner, points, faces, planes):
            return 0
        count += 1
    return count


@inner_kernel
def _toggle(i: int, j: int, edges: int, rim: Array) -> int:
    """Add an edge, or take it away where its other side is there already."""
    for k in range(edges):
        if rim[k, 0] == j and rim[k, 1] == i:
            rim[k, 0], rim[k, 1] = rim[edges - 1, 0], rim[edges - 1, 1]
            return edges - 1
    rim[edges, 0], rim[edges, 1] = i, j
    return edges + 1
