"""How far joints can move one body's shapes against another's at most: what lets one look clear a piece of a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.retarget.body_shapes import BodyShape
from gesture_robot.robots.moving_tree import MovingTree


@dataclass(frozen=True, slots=True)
class _End:
    """The shapes of one body of a pair, seen from the joint of the chain that is next to it."""

    vertices: Array
    radii: Array
    point: Array
    """(3,) that joint's origin, in the body [m]."""
    axis: Array
    """(3,) its axis, in the body."""

    def around_m(self) -> float:
        """Farthest from the joint's origin."""
        return float((np.linalg.norm(self.vertices - self.point, axis=1) + self.radii).max())

    def about_m(self) -> float:
        """Farthest from the joint's axis."""
        return float((np.linalg.norm(np.cross(self.vertices - self.point, self.axis), axis=1) + self.radii).max())


def body_pair_reach(model: RobotModel, tree: MovingTree, shapes: Sequence[BodyShape], pairs: Array) -> Array:
    """Largest motion of the nearest points of two bodies towards each other per motion of each joint.

    A joint between two bodies changes their distance by n . (axis x (p - origin)), n along the line that joins the
    nearest points: the same for either of them as p. So the nearer of the two bodies counts.

    Args:
        model: the robot.
        tree: the same, flat.
        shapes: all shapes.
        pairs: (P, 2) bodies.

    Returns:
        (P, J) [m per rad or m]; zero for joints that are not between the two.
    """
    slides_m = _slides(model, tree)
    reach = np.zeros((len(pairs), len(model.joint_names)))
    for row, (first, second) in enumerate(pairs):
        path_a, path_b = joint_paths(tree, int(first), int(second))
        chain = path_a[::-1] + path_b
        gaps = _spacing(tree, slides_m, path_a, path_b)
        near = _end(tree, shapes, int(first), chain[0], bool(path_a))
        far = _end(tree, shapes, int(second), chain[-1], bool(path_b))
        # a slide next to a body that does not move with it: the joint's origin is not fixed in that body
        near_m = near.around_m() + (0.0 if path_a else slides_m[chain[0]])
        far_m = far.around_m() + (0.0 if path_b else slides_m[chain[-1]])
        for place, joint in enumerate(chain):
            to_near = near.about_m() if place == 0 else near_m + sum(gaps[:place])
            to_far = far.about_m() if place == len(chain) - 1 else far_m + sum(gaps[place:])
            most = 1.0 if tree.slides[joint] else min(to_near, to_far)
            reach[row, tree.source[joint]] += abs(tree.scale[joint]) * most
    return reach


def _slides(model: RobotModel, tree: MovingTree) -> Array:
    """(N,) how far each prismatic joint can be from its zero [m]."""
    ends = np.stack([tree.scale * np.asarray(limit)[tree.source] + tree.offset for limit in (model.lower, model.upper)])
    return np.asarray(np.abs(ends).max(axis=0) * tree.slides)


def joint_paths(tree: MovingTree, first: int, second: int) -> tuple[list[int], list[int]]:
    """Joints from the last common body out to each of the two, inner ones first."""
    paths: tuple[list[int], list[int]] = ([], [])
    a, b = first, second
    while a != b:
        if a > b:
            paths[0].insert(0, a - 1)
            a = int(tree.parent[a - 1])
        else:
            paths[1].insert(0, b - 1)
            b = int(tree.parent[b - 1])
    return paths


def _spacing(tree: MovingTree, slides_m: Array, path_a: list[int], path_b: list[int]) -> list[float]:
    """Largest distances between the origins of neighbouring joints along the chain from a to b [m]."""
    lengths = np.linalg.norm(tree.translation, axis=1) + slides_m
    gaps = [float(lengths[joint]) for joint in path_a[:0:-1]]
    if path_a and path_b:
        apart = np.linalg.norm(tree.translation[path_a[0]] - tree.translation[path_b[0]])
        gaps.append(float(apart + slides_m[path_a[0]] + slides_m[path_b[0]]))
    return gaps + [float(lengths[joint]) for joint in path_b[1:]]


def _end(tree: MovingTree, shapes: Sequence[BodyShape], body: int, joint: int, carries: bool) -> _End:
    """The shapes of `body` seen from the joint beside it, which moves the body itself (`carries`) or its neighbour."""
    hulls = [shape.hull for shape in shapes if shape.body == body]
    vertices = np.concatenate([hull.vertices for hull in hulls])
    radii = np.concatenate([np.full(len(hull.vertices), hull.radius_m) for hull in hulls])
    if carries:
        return _End(vertices, radii, np.zeros(3), tree.axis[joint])
    return _End(vertices, radii, tree.translation[joint], tree.rotation[joint] @ tree.axis[joint])
