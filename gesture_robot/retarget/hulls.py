"""Shapes as rounded convex hulls: some vertices and a radius, together never smaller than what they stand for.

What a shape grows by is stated (`inflation_m`). Meshes become their convex hull, as MuJoCo takes them, with at most
`MOST_VERTICES` vertices: the hull may be shrunk first and given back by the rounding, which suits smooth shells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.retarget.kernel_gjk import HullSet
from gesture_robot.robots.mesh_files import read_mesh

if TYPE_CHECKING:  # scipy's parts are imported where shapes are made: they take half a second
    from scipy.spatial import ConvexHull

MOST_VERTICES = 96
FINE_M = 0.0015
"""Vertices are added until what sticks out is below this."""
_SHRUNK = (0.0, 0.3, 0.6, 0.85)
"""Shares of the inscribed sphere's radius that are tried as rounding."""
_LEAST_SIDES, _MOST_SIDES = 12, 64


@dataclass(frozen=True, slots=True, eq=False)
class RoundedHull:
    """All points within `radius_m` of the convex hull of `vertices` (K, 3) [m]."""

    vertices: Array
    radius_m: float
    inflation_m: float = 0.0
    """Largest distance of a point of this from the shape that it stands for."""


def sphere_hull(radius_m: float) -> RoundedHull:
    """Around the origin."""
    return RoundedHull(np.zeros((1, 3)), radius_m)


def capsule_hull(start: Array, end: Array, radius_m: float) -> RoundedHull:
    """Around the segment between two points (3,)."""
    return RoundedHull(np.array([start, end], float), radius_m)


def box_hull(size: tuple[float, ...]) -> RoundedHull:
    """Edges x, y, z [m], around the origin."""
    signs = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    return RoundedHull(signs * np.asarray(size), 0.0)


def cylinder_hull(radius_m: float, length_m: float, fine_m: float = FINE_M) -> RoundedHull:
    """Prism around a cylinder along z, with as many sides as keep it within `fine_m` (up to `_MOST_SIDES`)."""
    sides = _LEAST_SIDES
    while sides < _MOST_SIDES and radius_m / math.cos(math.pi / sides) - radius_m > fine_m:
        sides += 2
    outer = radius_m / math.cos(math.pi / sides)
    angles = 2.0 * math.pi * np.arange(sides) / sides
    ring = np.column_stack([outer * np.cos(angles), outer * np.sin(angles), np.full(sides, 0.5 * length_m)])
    return RoundedHull(np.concatenate([ring, ring * (1.0, 1.0, -1.0)]), 0.0, outer - radius_m)


def hull_of_mesh(path: str, scale: tuple[float, ...]) -> Array:
    """(K, 3) corners of the convex hull of a mesh file, scaled axis by axis (negative mirrors) [m].

    Raises:
        InvalidModel: the file is missing, too large, or not a mesh.
        MissingDependency: trimesh, or pycollada for .dae, is not installed.
    """
    return hull_corners(read_mesh(path).vertices * np.asarray(scale, float))


def hull_corners(points: Array) -> Array:
    """(K, 3) the points (N, 3) that span their convex hull; flat sets are joggled, single points stay."""
    points = np.unique(np.asarray(points, float), axis=0)
    if len(points) <= 4:
        return points
    hull = _hull(points)
    return points if hull is None else points[np.sort(hull.vertices)]


def reduced_hull(points: Array, most: int = MOST_VERTICES) -> RoundedHull:
    """At most `most` vertices and a radius that hold all of the points (N, 3); the one that grows least."""
    from scipy.spatial import HalfspaceIntersection, QhullError

    corners = hull_corners(points)
    if len(corners) <= min(most, 12):
        return RoundedHull(corners, 0.0)
    hull = _hull(corners)
    if hull is None or hull.volume <= 1e-12:
        return _thinned(corners, corners, np.zeros((0, 4)), most)
    planes = hull.equations
    centre, depth = _inscribed(planes)
    tries = [_thinned(corners, corners, planes, most)]
    for share in _SHRUNK[1:]:
        shifted = planes + np.array([0.0, 0.0, 0.0, share * depth])
        try:
            inner = HalfspaceIntersection(shifted, centre).intersections
        except QhullError:
            continue
        tries.append(_thinned(hull_corners(inner[np.isfinite(inner).all(axis=1)]), corners, planes, most))
    # a little more size is a fair price for fewer vertices, each of which costs time
    return min(tries, key=lambda h: max(h.inflation_m, FINE_M) + 2e-5 * len(h.vertices))


def bounding_capsule(shape: RoundedHull) -> tuple[Array, float]:
    """Ends (2, 3) and radius of a capsule around a shape, about the smallest [m]."""
    vertices = shape.vertices
    middle = 0.5 * (vertices.min(axis=0) + vertices.max(axis=0))
    _, _, axes = np.linalg.svd(vertices - vertices.mean(axis=0), full_matrices=True)
    best: tuple[float, Array, float] | None = None
    for axis in np.concatenate([axes, np.eye(3)]):
        ends, radius = _capsule_along(vertices, middle, axis)
        radius += shape.radius_m
        volume = float(radius**2 * (np.linalg.norm(ends[1] - ends[0]) + 4.0 / 3.0 * radius))
        if best is None or volume < best[0] - 1e-12:
            best = (volume, ends, radius)
    assert best is not None
    return best[1], best[2] + 1e-9  # rounding must not let a vertex out


def bounding_sphere(points: Array, radii: Array) -> tuple[Array, float]:
    """Centre (3,) and radius around balls (K, 3), (K,) [m]: a few steps towards the farthest (Badoiu, Clarkson)."""
    centre = 0.5 * ((points - radii[:, None]).min(axis=0) + (points + radii[:, None]).max(axis=0))
    best, size = centre, math.inf
    for step in range(1, 60):
        far = np.linalg.norm(points - centre, axis=1) + radii
        k = int(np.argmax(far))
        if far[k] < size:
            best, size = centre, float(far[k])
        centre = centre + (points[k] - centre) / (step + 1.0)
    return best, size + 1e-9


def hull_set(hulls: Sequence[Array], bodies: Sequence[int]) -> HullSet:
    """What the distance kernel needs of the vertices (K, 3) of several hulls."""
    links, rows, first = [_neighbours(vertices) for vertices in hulls], [], 0
    octants = np.array([[1.0 - 2.0 * (o & 1), 1.0 - (o & 2), 1.0 - 0.5 * (o & 4)] for o in range(8)])
    for vertices, body in zip(hulls, bodies, strict=True):
        lowest = first + np.argmin(vertices @ octants.T, axis=0)
        rows.append([first, first + len(vertices), body, *lowest])
        first += len(vertices)
    offsets = np.concatenate([[0], np.cumsum([len(vertices) for vertices in hulls])])
    flat = [np.array(sorted(near), np.int64) + begin for begin, of in zip(offsets, links, strict=False) for near in of]
    starts = first + 1 + np.concatenate([[0], np.cumsum([len(near) for near in flat])])
    return HullSet(
        np.ascontiguousarray(np.concatenate([*hulls, np.zeros((0, 3))])),
        np.concatenate([starts, *flat]).astype(np.int64),
        np.array(rows, np.int64).reshape(-1, 11),
    )


def _neighbours(vertices: Array) -> list[set[int]]:
    """Per vertex those at the other ends of its edges; all others where the hull is flat or Qhull left one out."""
    count = len(vertices)
    everyone = [set(range(count)) - {k} for k in range(count)]
    hull = _hull(vertices) if count > 4 else None
    if hull is None:
        return everyone
    found: list[set[int]] = [set() for _ in range(count)]
    for simplex in hull.simplices.tolist():
        for corner in simplex:
            found[corner].update(simplex)
    near = [others - {k} for k, others in enumerate(found)]
    return near if all(near) and _downhill_ends_right(vertices, near) else everyone


def _downhill_ends_right(vertices: Array, near: list[set[int]]) -> bool:
    """Whether every vertex without a lower neighbour is the lowest of all, for many directions."""
    directions = np.random.default_rng(0).normal(size=(200, 3))
    heights = vertices @ (directions / np.linalg.norm(directions, axis=1)[:, None]).T
    stops = [(heights[k] <= heights[sorted(others)]).all(axis=0) for k, others in enumerate(near)]
    excess = np.where(np.array(stops), heights - heights.min(axis=0), 0.0)
    return bool(excess.max() < 1e-9)


def _hull(points: Array) -> ConvexHull | None:
    from scipy.spatial import ConvexHull, QhullError

    for options in ("", "QJ"):
        try:
            return ConvexHull(points, qhull_options=options or None)
        except (QhullError, ValueError):
            continue
    return None


def _inscribed(planes: Array) -> tuple[Array, float]:
    """Centre and radius of the largest ball inside the half-spaces (F, 4)."""
    from scipy.optimize import linprog

    solved = linprog(
        [0.0, 0.0, 0.0, -1.0],
        np.column_stack([planes[:, :3], np.ones(len(planes))]),
        -planes[:, 3],
        bounds=[(None, None)] * 3 + [(0.0, None)],
    )
    return solved.x[:3], float(solved.x[3])


def _thinned(vertices: Array, corners: Array, planes: Array, most: int) -> RoundedHull:
    """The vertices that keep the hull of all, rounded until every corner is inside.

    Args:
        vertices: (N, 3) to choose from, all inside the hull of `corners`.
        corners: (K, 3) that must end up inside.
        planes: (F, 4) of the hull of `corners`.
        most: number to keep.
    """
    directions = np.array([[x, y, z] for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if x or y or z])
    seeds = [int(np.argmax(vertices @ d)) for d in directions[np.abs(directions).sum(axis=1) != 2]]
    chosen = list(dict.fromkeys(seeds))
    aim = _outside(vertices[chosen], vertices)
    while aim is not None and len(chosen) < min(most, len(vertices)) and aim.max() > FINE_M:
        chosen.append(int(np.argmax(aim)))
        aim = _outside(vertices[chosen], vertices)
    kept = hull_corners(vertices[chosen])
    radius = float(distances_to_hull(kept, corners).max()) + 1e-9
    inside = -(kept @ planes[:, :3].T + planes[:, 3]).max(axis=1) if len(planes) else np.zeros(len(kept))
    return RoundedHull(kept, radius, max(float((radius - inside).max()), 0.0))


def _outside(kept: Array, points: Array) -> Array | None:
    """(N,) how far points are outside the planes of a hull; None where it is flat."""
    hull = _hull(kept)
    return None if hull is None else (points @ hull.equations[:, :3].T + hull.equations[:, 3]).max(axis=1)


def distances_to_hull(kept: Array, points: Array) -> Array:
    """(N,) distances of points (N, 3) from the convex hull of `kept` (K, 3), zero inside [m]."""
    hull = _hull(kept)
    if hull is None:
        return np.linalg.norm(points[:, None] - kept, axis=2).min(axis=1)
    result = np.zeros(len(points))
    out = np.flatnonzero((points @ hull.equations[:, :3].T + hull.equations[:, 3]).max(axis=1) > 0.0)
    triangles = kept[hull.simplices]
    for begin in range(0, len(out), 256):
        rows = out[begin : begin + 256]
        result[rows] = _distance_to_triangles(points[rows], triangles)
    return result


def _distance_to_triangles(points: Array, triangles: Array) -> Array:
    """(N,) smallest distance of each point to any of the triangles (F, 3, 3)."""
    a, u, v = triangles[:, 0], triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    w = points[:, None] - a
    uu, uv, vv = (u * u).sum(1), (u * v).sum(1), (v * v).sum(1)
    wu, wv = (w * u).sum(2), (w * v).sum(2)
    area = np.maximum(uu * vv - uv * uv, 1e-300)
    s, t = (vv * wu - uv * wv) / area, (uu * wv - uv * wu) / area
    inside = (s >= 0.0) & (t >= 0.0) & (s + t <= 1.0)
    s, t = np.where(inside, s, 0.0), np.where(inside, t, 0.0)  # slivers would overflow
    flat = np.linalg.norm(w - s[..., None] * u - t[..., None] * v, axis=2)
    result = np.where(inside, flat, np.inf).min(axis=1)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        start, edge = triangles[:, i], triangles[:, j] - triangles[:, i]
        w = points[:, None] - start
        part = np.clip((w * edge).sum(2) / np.maximum((edge * edge).sum(1), 1e-300), 0.0, 1.0)
        result = np.minimum(result, np.linalg.norm(w - part[..., None] * edge, axis=2).min(axis=1))
    return np.asarray(result)


def _capsule_along(vertices: Array, middle: Array, axis: Array) -> tuple[Array, float]:
    along = (vertices - middle) @ axis
    across: Array = vertices - middle - along[:, None] * axis
    shift, _ = bounding_sphere(across, np.zeros(len(across)))
    radius = float(np.linalg.norm(across - shift, axis=1).max())
    slack = np.sqrt(np.maximum(radius**2 - ((across - shift) ** 2).sum(axis=1), 0.0))
    low, high = float((along + slack).min()), float((along - slack).max())
    if low > high:
        low = high = 0.5 * (low + high)
    ends = middle + shift + np.array([[low], [high]]) * axis
    part = np.clip(along, low, high)
    return ends, float(np.linalg.norm(across - shift + (along - part)[:, None] * axis, axis=1).max())
