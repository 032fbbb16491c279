"""Small products on 3-vectors and (3, 3) matrices for compiled kernels: scalar code, results into given arrays."""

from __future__ import annotations

import math

from gesture_robot.checks import Array
from gesture_robot.compiled import kernel


@kernel
def dot3(a: Array, b: Array) -> float:
    """Inner product of two 3-vectors."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]  # type: ignore[no-any-return]


@kernel
def cross3(a: Array, b: Array, out: Array) -> None:
    """Out = a x b; `out` is neither of them."""
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]


@kernel
def product33(a: Array, b: Array, out: Array) -> None:
    """Out = a b for (3, 3) matrices; `out` is neither of them."""
    for i in range(3):
        x, y, z = a[i, 0], a[i, 1], a[i, 2]
        out[i, 0] = x * b[0, 0] + y * b[1, 0] + z * b[2, 0]
        out[i, 1] = x * b[0, 1] + y * b[1, 1] + z * b[2, 1]
        out[i, 2] = x * b[0, 2] + y * b[1, 2] + z * b[2, 2]


@kernel
def place(rotation: Array, position: Array, point: Array, out: Array) -> None:
    """Out = rotation point + position; `out` is not `point`."""
    x, y, z = point[0], point[1], point[2]
    out[0] = rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z + position[0]
    out[1] = rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z + position[1]
    out[2] = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z + position[2]


@kernel
def slide(rotation: Array, axis: Array, distance_m: float, position: Array) -> None:
    """Position (3,) += rotation axis distance, in place."""
    for i in range(3):
        position[i] += distance_m * (rotation[i, 0] * axis[0] + rotation[i, 1] * axis[1] + rotation[i, 2] * axis[2])


@kernel
def turn_about(matrix: Array, axis: Array, angle_rad: float) -> None:
    """Matrix (3, 3) = matrix x rotation by `angle_rad` about the unit vector `axis`, in place.

    Axes along x, y or z, which most joints have, mix two columns only.
    """
    s, c = math.sin(angle_rad), math.cos(angle_rad)
    x, y, z = axis[0], axis[1], axis[2]
    if x * x == 1.0 or y * y == 1.0 or z * z == 1.0:
        first, second, sine = 1, 2, s * x
        if y * y == 1.0:  # the other components may hold rounding: 6e-17 instead of zero
            first, second, sine = 2, 0, s * y
        elif z * z == 1.0:
            first, second, sine = 0, 1, s * z
        for i in range(3):
            p, q = matrix[i, first], matrix[i, second]
            matrix[i, first] = c * p + sine * q
            matrix[i, second] = c * q - sine * p
        return
    d = 1.0 - c
    for i in range(3):
        p, q, r = matrix[i, 0], matrix[i, 1], matrix[i, 2]
        matrix[i, 0] = p * (c + d * x * x) + q * (d * x * y + s * z) + r * (d * x * z - s * y)
        matrix[i, 1] = p * (d * x * y - s * z) + q * (c + d * y * y) + r * (d * y * z + s * x)
        matrix[i, 2] = p * (d * x * z + s * y) + q * (d * y * z - s * x) + r * (c + d * z * z)
