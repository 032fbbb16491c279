"""Distance between two convex hulls given as vertices, compiled: the algorithm of Gilbert, Johnson and Keerthi (1988).

Everything is in the frame of hull a. The simplex holds up to four differences y = a - b of vertices; its point nearest
to the origin comes from the Voronoi regions of triangle and tetrahedron (Ericson 2005, section 5.1). No state survives
a call, so results do not depend on history.

Compiled calls pay for every array that they pass, so the scratch of one thread is one array (ROWS, 4), of which the
constants below name the rows, and one of integers (8,): rows of the four corners' vertices on a, then on b.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import inner_kernel, kernel
from gesture_robot.retarget.kernel_simplex import edge_weights, looks_out, triangle_weights

ROTATION, TRANSLATION = 0, 3
"""In: rows 0 to 2 and row 3, the pose a_from_b [m]."""
START = 4
"""In: about the direction from b to a; any length."""
NEAREST, POINT_A = 5, 6
"""Out: nearest point of a - b to the origin, from b's witness point to a's; the witness point on a [m]."""
SIMPLEX, ON_A = 7, 11
"""Corners of the simplex in a - b, and their vertices of a; four rows each [m]."""
WEIGHTS, TRIAL = 15, 16
"""Weights of the corners in the nearest point."""
FOUND = 17
"""Last support point: in a - b, then on a [m]."""
RESULT = 19
"""For `kernel_distance`: normal, point on a, point on b of the best shapes so far."""
ROWS = 22
CORNERS, FOUND_A, FOUND_B = 8, 9, 10
"""Among the integers: corners of the simplex; rows of the last support point."""

MAX_STEPS = 64
TOUCHING_M = 1e-9
"""Hulls nearer than this count as overlapping: a direction between them could no longer be told."""
_RELATIVE, _ABSOLUTE_M = 1e-10, 1e-13


def hull_scratch() -> tuple[Array, Array]:
    """New scratch: floats (ROWS, 4) and integers (11,)."""
    return np.zeros((ROWS, 4)), np.zeros(11, np.int64)


class HullSet(NamedTuple):
    """Convex hulls of which `hull_distance` takes two."""

    vertices: Array
    """(V, 3) of all hulls, each in its own frame [m]."""
    links: Array
    """(V + 1 + E,) the neighbours of vertex k along edges of its hull are links[links[k]:links[k + 1]]."""
    shapes: Array
    """(H, 11) of each hull: first vertex, vertex after the last, body that carries it, and for each octant of
    directions (x < 0: 1, y < 0: 2, z < 0: 4) the vertex that is lowest along its middle."""


@inner_kernel
def _lowest(vertices: Array, links: Array, row: int, x: float, y: float, z: float) -> int:
    """Vertex with the smallest product with (x, y, z): downhill along edges, which on a convex hull ends right."""
    best = vertices[row, 0] * x + vertices[row, 1] * y + vertices[row, 2] * z
    while True:
        here = row
        for k in range(links[here], links[here + 1]):
            other = links[k]
            value = vertices[other, 0] * x + vertices[other, 1] * y + vertices[other, 2] * z
            if value < best:
                best, row = value, other
        if row == here:
            return row


@kernel
def find_support(vertices: Array, links: Array, x: float, y: float, z: float, s: Array, n: Array) -> float:
    """Vertex of a - b farthest against (x, y, z), into the scratch; returns direction . vertex.

    The search begins at the vertices found last (FOUND_A, FOUND_B).
    """
    row = _lowest(vertices, links, n[FOUND_A], x, y, z)
    bx = -(s[0, 0] * x + s[1, 0] * y + s[2, 0] * z)  # against the direction, in b
    by = -(s[0, 1] * x + s[1, 1] * y + s[2, 1] * z)
    bz = -(s[0, 2] * x + s[1, 2] * y + s[2, 2] * z)
    other = _lowest(vertices, links, n[FOUND_B], bx, by, bz)
    n[FOUND_A], n[FOUND_B] = row, other
    px, py, pz = vertices[other, 0], vertices[other, 1], vertices[other, 2]
    for i in range(3):
        a = vertices[row, i]
        s[FOUND, i] = a - (s[i, 0] * px + s[i, 1] * py + s[i, 2] * pz + s[TRANSLATION, i])
        s[FOUND + 1, i] = a
    return s[FOUND, 0] * x + s[FOUND, 1] * y + s[FOUND, 2] * z  # type: ignore[no-any-return]


@inner_kernel
def _begin(shapes: Array, a: int, b: int, x: float, y: float, z: float, s: Array, n: Array) -> None:
    """First vertices to search from, by the octant of the direction (in a)."""
    bx = s[0, 0] * x + s[1, 0] * y + s[2, 0] * z
    by = s[0, 1] * x + s[1, 1] * y + s[2, 1] * z
    bz = s[0, 2] * x + s[1, 2] * y + s[2, 2] * z
    n[FOUND_A] = shapes[a, 3 + (x < 0.0) + 2 * (y < 0.0) + 4 * (z < 0.0)]
    n[FOUND_B] = shapes[b, 3 + (bx > 0.0) + 2 * (by > 0.0) + 4 * (bz > 0.0)]


@kernel
def hull_distance(
    vertices: Array, links: Array, shapes: Array, a: int, b: int, limit_m: float, s: Array, n: Array
) -> float:
    """Distance of two hulls; 0.0 when they overlap.

    Args:
        vertices: of a HullSet, as are
        links: and
        shapes: all of them.
        a: row of the one hull.
        b: row of the other.
        limit_m: distances beyond this are of no interest: some lower bound beyond it may be returned.
        s: scratch, with the pose and START in; NEAREST and POINT_A out, valid for a result in (0, limit_m].
        n: scratch.
    """
    x, y, z = s[START, 0], s[START, 1], s[START, 2]
    square = x * x + y * y + z * z
    if square < TOUCHING_M * TOUCHING_M:
        x, y, z, square = 1.0, 0.0, 0.0, 1.0
    _begin(shapes, a, b, x, y, z, s, n)
    count, length, shortest = 0, math.sqrt(square), math.inf
    for _ in range(MAX_STEPS):
        along = find_support(vertices, links, x, y, z, s, n)
        if along > limit_m * length:  # a plane between the hulls tells enough
            return along / length  # type: ignore[no-any-return]
        if count > 0 and (square - along <= (_RELATIVE * length + _ABSOLUTE_M) * length or _known(count, n)):
            break
        keep_support(count, s, n)
        count = _nearest_of_simplex(count + 1, s, n)
        n[CORNERS] = count
        x, y, z = s[NEAREST, 0], s[NEAREST, 1], s[NEAREST, 2]
        square = x * x + y * y + z * z
        if count == 4 or square < TOUCHING_M * TOUCHING_M:
            return 0.0
        length = math.sqrt(square)
        if square >= shortest:  # rounding: nothing is left to gain
            break
        shortest = square
    for i in range(3):
        total = 0.0
        for k in range(count):
            total += s[WEIGHTS, k] * s[ON_A + k, i]
        s[POINT_A, i] = total
    return length


@inner_kernel
def _known(count: int, n: Array) -> bool:
    for k in range(count):
        if n[k] == n[FOUND_A] and n[4 + k] == n[FOUND_B]:
            return True
    return False


@kernel
def keep_support(k: int, s: Array, n: Array) -> None:
    """The last support point becomes corner k of the simplex."""
    for i in range(3):
        s[SIMPLEX + k, i], s[ON_A + k, i] = s[FOUND, i], s[FOUND + 1, i]
    n[k], n[4 + k] = n[FOUND_A], n[FOUND_B]


@inner_kernel
def _nearest_of_simplex(count: int, s: Array, n: Array) -> int:
    """Weights and nearest point of the simplex; corners without weight are dropped; 4 left: the origin is inside."""
    for k in range(4):
        s[WEIGHTS, k] = 0.0
    if count == 1:
        s[WEIGHTS, 0] = 1.0
    elif count == 2:
        edge_weights(s, SIMPLEX, SIMPLEX + 1, 0, 1, s, WEIGHTS)
    elif count == 3:
        triangle_weights(s, SIMPLEX, SIMPLEX + 1, SIMPLEX + 2, 0, 1, 2, s, WEIGHTS)
    elif _tetrahedron(s):
        return 4
    left = 0
    for k in range(count):
        if s[WEIGHTS, k] > 0.0:
            if left < k:
                for i in range(3):
                    s[SIMPLEX + left, i], s[ON_A + left, i] = s[SIMPLEX + k, i], s[ON_A + k, i]
                n[left], n[4 + left] = n[k], n[4 + k]
                s[WEIGHTS, left] = s[WEIGHTS, k]
            left += 1
    for i in range(3):
        total = 0.0
        for k in range(left):
            total += s[WEIGHTS, k] * s[SIMPLEX + k, i]
        s[NEAREST, i] = total
    return left


@inner_kernel
def _tetrahedron(s: Array) -> bool:
    """True when the origin is inside; else the weights of the nearest point on the faces that look at the origin.

    The newest corner is the last; the face without it cannot look at the origin, which GJK has come from.
    """
    best, inside = math.inf, True
    for out in range(3):
        i, j, k = (out + 1) & 3, (out + 2) & 3, (out + 3) & 3
        if not looks_out(s, SIMPLEX + i, SIMPLEX + j, SIMPLEX + k, SIMPLEX + out):
            continue
        inside = False
        for corner in range(4):
            s[TRIAL, corner] = 0.0
        triangle_weights(s, SIMPLEX + i, SIMPLEX + j, SIMPLEX + k, i, j, k, s, TRIAL)
        square = 0.0
        for axis in range(3):
            total = s[TRIAL, i] * s[SIMPLEX + i, axis] + s[TRIAL, j] * s[SIMPLEX + j, axis]
            total += s[TRIAL, k] * s[SIMPLEX + k, axis]
            square += total * total
        if square < best:
            best = square
            for corner in range(4):
                s[WEIGHTS, corner] = s[TRIAL, corner]
    return inside
