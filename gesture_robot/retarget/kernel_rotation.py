"""Rotations and vectors in plain loops, for compiled kernels. Matrices (3, 3), vectors (3,); results go into `out`."""

from __future__ import annotations

import math

from gesture_robot.checks import Array
from gesture_robot.compiled import kernel


@kernel
def set_rotation(axis: Array, angle: float, out: Array) -> None:
    """Rotation by `angle` [rad] about the unit vector `axis` (Rodrigues)."""
    s, c = math.sin(angle), math.cos(angle)
    x, y, z, v = axis[0], axis[1], axis[2], 1.0 - c
    out[0, 0], out[0, 1], out[0, 2] = c + v * x * x, v * x * y - s * z, v * x * z + s * y
    out[1, 0], out[1, 1], out[1, 2] = v * x * y + s * z, c + v * y * y, v * y * z - s * x
    out[2, 0], out[2, 1], out[2, 2] = v * x * z - s * y, v * y * z + s * x, c + v * z * z


@kernel
def set_rotvec(rotvec: Array, out: Array) -> None:
    """Rotation of an axis-angle vector [rad]."""
    x, y, z = rotvec[0], rotvec[1], rotvec[2]
    square = x * x + y * y + z * z
    angle = math.sqrt(square)
    if angle < 1e-6:  # the series to second order: exact to rounding here
        a, b = 1.0 - square / 6.0, 0.5 - square / 24.0
    else:
        a, b = math.sin(angle) / angle, (1.0 - math.cos(angle)) / square
    c = 1.0 - b * square
    out[0, 0], out[0, 1], out[0, 2] = c + b * x * x, b * x * y - a * z, b * x * z + a * y
    out[1, 0], out[1, 1], out[1, 2] = b * x * y + a * z, c + b * y * y, b * y * z - a * x
    out[2, 0], out[2, 1], out[2, 2] = b * x * z - a * y, b * y * z + a * x, c + b * z * z


@kernel
def multiply(a: Array, b: Array, out: Array) -> None:
    """Set out = a b; `out` must be neither of them."""
    for i in range(3):
        for j in range(3):
            out[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j]


@kernel
def multiply_transposed(a: Array, b: Array, out: Array) -> None:
    """Set out = a^T b; `out` must be neither of them."""
    for i in range(3):
        for j in range(3):
            out[i, j] = a[0, i] * b[0, j] + a[1, i] * b[1, j] + a[2, i] * b[2, j]


@kernel
def turn(a: Array, v: Array, out: Array) -> None:
    """Set out = a v; `out` must not be v."""
    for i in range(3):
        out[i] = a[i, 0] * v[0] + a[i, 1] * v[1] + a[i, 2] * v[2]


@kernel
def turn_back(a: Array, v: Array, out: Array) -> None:
    """Set out = a^T v; `out` must not be v."""
    for i in range(3):
        out[i] = a[0, i] * v[0] + a[1, i] * v[1] + a[2, i] * v[2]


@kernel
def set_cross(a: Array, b: Array, out: Array) -> None:
    """Set out = a x b; `out` must be neither of them."""
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]


@kernel
def dot(a: Array, b: Array) -> float:
    """Scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]  # type: ignore[no-any-return]


@kernel
def make_unit(v: Array) -> float:
    """Scale v to length 1 in place (left alone when shorter than 1e-12); returns the length it had."""
    length = math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
    if length > 1e-12:
        v[0] /= length
        v[1] /= length
        v[2] /= length
    return length


@kernel
def angle_between(a: Array, b: Array) -> float:
    """Angle [rad] between unit vectors, exact for small ones too."""
    x = a[1] * b[2] - a[2] * b[1]
    y = a[2] * b[0] - a[0] * b[2]
    z = a[0] * b[1] - a[1] * b[0]
    return math.atan2(math.sqrt(x * x + y * y + z * z), a[0] * b[0] + a[1] * b[1] + a[2] * b[2])


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
