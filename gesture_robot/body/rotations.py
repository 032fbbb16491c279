"""Rotations as axis-angle vectors, matrices and quaternions, for whole batches at once.

scipy's Rotation does the same for flat lists; a 100 Hz tick over 55 joints needs the batched, allocation-light form.
Quaternions are (w, x, y, z).
"""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array

_SMALL = 1e-9


def matrix_from_rotvec(rotvec: Array) -> Array:
    """(..., 3) axis-angle [rad] -> (..., 3, 3), Rodrigues' formula."""
    return matrix_from_quaternion(quaternion_from_rotvec(rotvec))


def quaternion_from_rotvec(rotvec: Array) -> Array:
    """(..., 3) axis-angle [rad] -> (..., 4) unit quaternions."""
    rotvec = np.asarray(rotvec, float)
    angle = np.sqrt(np.einsum("...i,...i->...", rotvec, rotvec))[..., None]
    scale = np.where(angle > _SMALL, np.sin(0.5 * angle) / np.maximum(angle, _SMALL), 0.5)
    return np.concatenate([np.cos(0.5 * angle), scale * rotvec], axis=-1)


def rotvec_from_quaternion(quaternion: Array) -> Array:
    """(..., 4) unit quaternions -> (..., 3) axis-angle with angle in [0, pi]."""
    quaternion = np.where(quaternion[..., :1] < 0.0, -quaternion, quaternion)
    vector = quaternion[..., 1:]
    sine = np.sqrt(np.einsum("...i,...i->...", vector, vector))[..., None]
    angle = 2.0 * np.arctan2(sine, quaternion[..., :1])
    return vector * np.where(sine > _SMALL, angle / np.maximum(sine, _SMALL), 2.0)


def matrix_from_quaternion(quaternion: Array) -> Array:
    """(..., 4) unit quaternions -> (..., 3, 3)."""
    w, x, y, z = np.moveaxis(quaternion, -1, 0)
    rows = [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
            2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
            2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]
    return np.stack(rows, axis=-1).reshape(*quaternion.shape[:-1], 3, 3)


def quaternion_from_matrix(matrix: Array) -> Array:
    """(..., 3, 3) rotations -> (..., 4), taking the numerically largest of the four forms (Shepperd 1978)."""
    m = np.asarray(matrix, float)
    a, b, c = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    trace = a + b + c
    forms = np.empty(m.shape[:-2] + (4, 4))
    forms[..., 0, :] = np.stack([1 + trace, m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0],
                                 m[..., 1, 0] - m[..., 0, 1]], -1)
    forms[..., 1, :] = np.stack([m[..., 2, 1] - m[..., 1, 2], 1 + a - b - c, m[..., 0, 1] + m[..., 1, 0],
                                 m[..., 0, 2] + m[..., 2, 0]], -1)
    forms[..., 2, :] = np.stack([m[..., 0, 2] - m[..., 2, 0], m[..., 0, 1] + m[..., 1, 0], 1 + b - a - c,
                                 m[..., 1, 2] + m[..., 2, 1]], -1)
    forms[..., 3, :] = np.stack([m[..., 1, 0] - m[..., 0, 1], m[..., 0, 2] + m[..., 2, 0],
                                 m[..., 1, 2] + m[..., 2, 1], 1 + c - a - b], -1)
    best = np.argmax(np.stack([trace, a, b, c], -1), axis=-1)
    quaternion = np.take_along_axis(forms, best[..., None, None], axis=-2)[..., 0, :]
    return quaternion / np.linalg.norm(quaternion, axis=-1, keepdims=True)


def rotvec_from_matrix(matrix: Array) -> Array:
    """(..., 3, 3) rotations -> (..., 3) axis-angle with angle in [0, pi]."""
    return rotvec_from_quaternion(quaternion_from_matrix(matrix))


def multiply(first: Array, second: Array) -> Array:
    """Quaternion product (..., 4): rotates by `second`, then by `first` (as matrices do)."""
    w1, v1, w2, v2 = first[..., :1], first[..., 1:], second[..., :1], second[..., 1:]
    vector = w1 * v2 + w2 * v1 + cross(v1, v2)
    return np.concatenate([w1 * w2 - np.einsum("...i,...i->...", v1, v2)[..., None], vector], axis=-1)


def slerp(start: Array, end: Array, weight: Array | float) -> Array:
    """Spherical interpolation of (..., 4) quaternions on the short way; `weight` (...) in [0, 1]."""
    weight = np.asarray(weight, float)[..., None]
    dot = np.einsum("...i,...i->...", start, end)[..., None]
    end, dot = np.where(dot < 0.0, -end, end), np.minimum(np.abs(dot), 1.0)
    angle = np.arccos(dot)
    sine = np.sin(angle)
    near = sine < 1e-6
    safe = np.where(near, 1.0, sine)
    a = np.where(near, 1.0 - weight, np.sin((1.0 - weight) * angle) / safe)
    b = np.where(near, weight, np.sin(weight * angle) / safe)
    mixed = a * start + b * end
    return mixed / np.linalg.norm(mixed, axis=-1, keepdims=True)


def continuous_quaternions(rotvecs: Array) -> Array:
    """(T, ..., 3) axis-angle -> (T, ..., 4) with signs chosen so that neighbours in time are close."""
    quaternions = quaternion_from_rotvec(rotvecs)
    if len(quaternions) > 1:
        flips = np.einsum("...i,...i->...", quaternions[1:], quaternions[:-1]) < 0.0
        signs = np.concatenate([np.ones_like(flips[:1], float), np.where(flips, -1.0, 1.0)])
        quaternions = quaternions * np.cumprod(signs, axis=0)[..., None]
    return quaternions


def cross(a: Array, b: Array) -> Array:
    """(..., 3) cross product; numpy's takes five times as long for a few vectors."""
    return np.stack([a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1], a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2],
                     a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]], axis=-1)
