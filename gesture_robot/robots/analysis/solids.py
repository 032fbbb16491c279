"""Where the shapes of links are: points on them, for questions of size and thickness."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.errors import InvalidModel, MissingDependency
from gesture_robot.robots.analysis.bodies import Poses
from gesture_robot.robots.mesh_files import read_mesh
from gesture_robot.robots.urdf_types import Geometry, UrdfTree

_CORNERS: Array = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
_MOST_POINTS = 4000


def points_on(tree: UrdfTree, links: list[str], poses: Poses, *, seen: bool = False) -> Array:
    """(N, 3) points [m] in the root link on the shapes of some links; unreadable meshes are passed over.

    Args:
        tree: the robot.
        links: whose shapes.
        poses: root_from_link.
        seen: take what is seen of a link, else what can be touched, where it has both.
    """
    found = [np.zeros((0, 3))]
    for name in links:
        link = tree.links[name]
        for shape in (link.visuals or link.collisions) if seen else (link.collisions or link.visuals):
            pose = poses[name] @ shape.link_from_shape
            found.append(_points(shape) @ pose[:3, :3].T + pose[:3, 3])
    return np.concatenate(found)


def _points(shape: Geometry) -> Array:
    """(N, 3) in the shape's own frame; round shapes by the box around them."""
    if shape.kind == "mesh":
        try:
            vertices = read_mesh(shape.mesh).vertices
        except (InvalidModel, MissingDependency):
            return np.zeros((0, 3))
        step = 1 + len(vertices) // _MOST_POINTS
        return np.asarray(vertices[::step] * shape.size)
    if shape.kind == "box":
        half = np.array(shape.size) / 2
    else:
        radius, length = shape.size[0], shape.size[1] if len(shape.size) > 1 else 2 * shape.size[0]
        half = np.array([radius, radius, length / 2 + radius * (shape.kind == "capsule")])
    return _CORNERS * half
