"""How far the surface of a trunk, a head or an arm lies from its axis: for contacts, human beside robot.

A contact is kept by where it is on a part (height and angle around it) and by the clearance, not by where it is in
space. Trunk and arms are seen as cylinders (angle from their front, position along the axis), heads as spheres (angle
from the front, elevation). Tables are radii [m]; -1 where there is no surface.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gesture_robot.body.skeleton import ARM_LENGTH_M, OFFSETS, joint_index
from gesture_robot.checks import Array
from gesture_robot.retarget.axes import base_from_smplx

CYLINDER, SPHERE = 0, 1
ANGLES = 24
TRUNK_ALONG = np.linspace(-1.05, 0.10, 14)
"""From the middle of the shoulders [arm lengths], up."""
ARM_ALONG = np.linspace(-0.1, 1.1, 7)
"""Of the bone."""
HEAD_UP = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 13)
_NONE = -1.0
_TRUNK_M = np.array([0.125, 0.165])
"""Half depth and half width of the human trunk."""
_HEAD_M = np.array([0.10, 0.085, 0.13])
_UPPER_ARM_M, _FOREARM_M = 0.045, 0.038
_SHOULDER = base_from_smplx(OFFSETS[joint_index("left_collar")] + OFFSETS[joint_index("left_shoulder")])
HUMAN_SHOULDERS_M = 2.0 * float(_SHOULDER[1])
HUMAN_TRUNK_ORIGIN = np.array([0.0, 0.0, _SHOULDER[2]])
"""(3,) middle of the trunk between the shoulders, in the chest frame from spine3 [m]."""
HUMAN_HEAD_ORIGIN = np.array([0.015, 0.0, 0.05])
"""(3,) centre of the head in the head's frame [m]."""


class Surfaces(NamedTuple):
    """P parts in the same arrays."""

    kind: Array
    """(P,)"""
    rows: Array
    """(P,) of each table."""
    start: Array
    step: Array
    """(P,) positions along the axis of the tables' rows."""
    radius: Array
    """(P, A, ANGLES) [m]."""
    length_m: Array
    """(P,)"""
    origin: Array
    """(P, 3)"""


def stack_surfaces(parts: Sequence[Surface]) -> Surfaces:
    """Parts in the same arrays."""
    radius = np.full((len(parts), max(len(p.along) for p in parts), ANGLES), _NONE)
    for row, part in zip(radius, parts, strict=True):
        row[: len(part.along)] = part.radius
    return Surfaces(np.array([p.kind for p in parts]), np.array([len(p.along) for p in parts]),
                    np.array([p.along[0] for p in parts]), np.array([p.along[1] - p.along[0] for p in parts]), radius,
                    np.array([p.length_m for p in parts]), np.array([p.origin for p in parts]))


class Surface(NamedTuple):
    """One part."""

    kind: int
    along: Array
    """(A,) positions along the axis (in units of `length_m`), or elevations [rad]."""
    radius: Array
    """(A, ANGLES) [m]."""
    length_m: float
    origin: Array
    """(3,) of the axis in the part's frame [m]."""


def human_trunk() -> Surface:
    """An upright elliptic cylinder."""
    angle = np.arange(ANGLES) * 2 * np.pi / ANGLES
    radius = 1.0 / np.sqrt((np.cos(angle) / _TRUNK_M[0]) ** 2 + (np.sin(angle) / _TRUNK_M[1]) ** 2)
    table = np.where(((TRUNK_ALONG > -0.9) & (TRUNK_ALONG < 0.08))[:, None], radius, _NONE)
    return Surface(CYLINDER, TRUNK_ALONG, np.ascontiguousarray(table), ARM_LENGTH_M, HUMAN_TRUNK_ORIGIN)


def human_head() -> Surface:
    """An ellipsoid."""
    ways = sphere_directions()
    return Surface(SPHERE, HEAD_UP, 1.0 / np.linalg.norm(ways / _HEAD_M, axis=-1), 1.0, HUMAN_HEAD_ORIGIN)


def human_arm(length_m: float, upper: bool) -> Surface:
    """A cylinder about the bone; its origin is the joint before it."""
    radius = np.full((len(ARM_ALONG), ANGLES), _UPPER_ARM_M if upper else _FOREARM_M)
    return Surface(CYLINDER, ARM_ALONG, radius, length_m, np.zeros(3))


def cylinder_of(hulls: Sequence[Array], along: Array, length_m: float, origin: Array) -> Surface:
    """Surface of a part given by the corners (K, 3) of convex hulls, its axis along z, its front along x."""
    angle = np.arange(ANGLES) * 2 * np.pi / ANGLES
    starts = origin + np.outer(along * length_m, [0.0, 0.0, 1.0])
    ways = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=-1)
    starts, ways = np.broadcast_arrays(starts[:, None], ways[None])
    return Surface(CYLINDER, along, _exit(hulls, starts, ways), length_m, origin)


def sphere_of(hulls: Sequence[Array], origin: Array) -> Surface:
    """Surface of a head."""
    ways = sphere_directions()
    return Surface(SPHERE, HEAD_UP, _exit(hulls, np.broadcast_to(origin, ways.shape), ways), 1.0, origin)


def no_surface(kind: int = CYLINDER) -> Surface:
    """A part that is not there."""
    along = HEAD_UP if kind == SPHERE else ARM_ALONG
    return Surface(kind, along, np.full((len(along), ANGLES), _NONE), 1.0, np.zeros(3))


def sphere_directions() -> Array:
    """(A, ANGLES, 3) unit vectors of a head's table."""
    angle, up = np.meshgrid(np.arange(ANGLES) * 2 * np.pi / ANGLES, HEAD_UP)
    return np.stack([np.cos(up) * np.cos(angle), np.cos(up) * np.sin(angle), np.sin(up)], axis=-1)


def _exit(hulls: Sequence[Array], starts: Array, ways: Array) -> Array:
    """Where rays leave the last of the convex hulls that they meet; -1: none."""
    from scipy.spatial import ConvexHull, QhullError

    farthest = np.full(starts.shape[:-1], _NONE)
    for corners in hulls:
        try:
            planes = ConvexHull(corners).equations
        except (QhullError, ValueError):  # flat or a point: no volume, no surface
            continue
        speed, room = ways @ planes[:, :3].T, -(starts @ planes[:, :3].T + planes[:, 3])
        with np.errstate(divide="ignore", invalid="ignore"):
            at = room / speed
        leave = np.where(speed > 1e-9, at, np.inf).min(axis=-1)
        enter = np.where(speed < -1e-9, at, -np.inf).max(axis=-1)
        missed = (np.where(np.abs(speed) <= 1e-9, room, np.inf).min(axis=-1) < 0.0) | (enter > leave) | (leave < 0.0)
        farthest = np.where(missed, farthest, np.maximum(farthest, leave))
    return np.ascontiguousarray(farthest)
