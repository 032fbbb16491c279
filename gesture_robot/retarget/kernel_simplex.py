"""Points of edges and triangles nearest to the origin, compiled (Ericson 2005, section 5.1)."""

from __future__ import annotations

from gesture_robot.checks import Array
from gesture_robot.compiled import kernel

FLAT = 1e-10
"""Height of a tetrahedron, as a share of its edges, below which it counts as flat."""


@kernel
def edge_weights(y: Array, a: int, b: int, i: int, j: int, weights: Array, row: int) -> None:
    """Weights i, j of the corners in rows a, b of `y` in the edge's point nearest to the origin."""
    along, square = 0.0, 0.0
    for k in range(3):
        step = y[b, k] - y[a, k]
        along -= y[a, k] * step
        square += step * step
    part = 0.0 if along <= 0.0 else (1.0 if along >= square else along / square)
    weights[row, i], weights[row, j] = 1.0 - part, part


@kernel
def triangle_weights(y: Array, a: int, b: int, c: int, i: int, j: int, k: int, weights: Array, row: int) -> None:
    """Weights i, j, k of the corners in rows a, b, c of `y` in the triangle's point nearest to the origin.

    The others in `row` of `weights` are left as they are, and so are these where they stay zero.
    """
    a0, a1, a2 = y[a, 0], y[a, 1], y[a, 2]
    b0, b1, b2 = y[b, 0], y[b, 1], y[b, 2]
    c0, c1, c2 = y[c, 0], y[c, 1], y[c, 2]
    u0, u1, u2, v0, v1, v2 = b0 - a0, b1 - a1, b2 - a2, c0 - a0, c1 - a1, c2 - a2
    d1, d2 = -(u0 * a0 + u1 * a1 + u2 * a2), -(v0 * a0 + v1 * a1 + v2 * a2)
    d3, d4 = -(u0 * b0 + u1 * b1 + u2 * b2), -(v0 * b0 + v1 * b1 + v2 * b2)
    d5, d6 = -(u0 * c0 + u1 * c1 + u2 * c2), -(v0 * c0 + v1 * c1 + v2 * c2)
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    if d1 <= 0.0 and d2 <= 0.0:
        weights[row, i] = 1.0
    elif d3 >= 0.0 and d4 <= d3:
        weights[row, j] = 1.0
    elif d6 >= 0.0 and d5 <= d6:
        weights[row, k] = 1.0
    elif vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
        edge_weights(y, a, b, i, j, weights, row)
    elif vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
        edge_weights(y, a, c, i, k, weights, row)
    elif va <= 0.0 and d4 - d3 >= 0.0 and d5 - d6 >= 0.0:
        edge_weights(y, b, c, j, k, weights, row)
    else:
        total = va + vb + vc
        weights[row, i], weights[row, j], weights[row, k] = va / total, vb / total, vc / total


@kernel
def looks_out(y: Array, a: int, b: int, c: int, d: int) -> bool:
    """Whether the origin is on the other side of face a, b, c than corner d (or the four are flat)."""
    u0, u1, u2 = y[b, 0] - y[a, 0], y[b, 1] - y[a, 1], y[b, 2] - y[a, 2]
    v0, v1, v2 = y[c, 0] - y[a, 0], y[c, 1] - y[a, 1], y[c, 2] - y[a, 2]
    w0, w1, w2 = y[d, 0] - y[a, 0], y[d, 1] - y[a, 1], y[d, 2] - y[a, 2]
    n0, n1, n2 = u1 * v2 - u2 * v1, u2 * v0 - u0 * v2, u0 * v1 - u1 * v0
    height, origin = n0 * w0 + n1 * w1 + n2 * w2, -(n0 * y[a, 0] + n1 * y[a, 1] + n2 * y[a, 2])
    flat = FLAT * FLAT * (n0 * n0 + n1 * n1 + n2 * n2) * (w0 * w0 + w1 * w1 + w2 * w2)
    if height * height <= flat:
        return True
    return height * origin < 0.0  # type: ignore[no-any-return]
