"""The collision shapes of a robot as rounded hulls, each in the frame of the body that carries it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import Arm, RobotModel
from gesture_robot.errors import InvalidModel, MissingDependency
from gesture_robot.retarget.hulls import (
    RoundedHull,
    box_hull,
    capsule_hull,
    cylinder_hull,
    hull_of_mesh,
    reduced_hull,
    sphere_hull,
)
from gesture_robot.retarget.plan_cache import file_stamp, kept
from gesture_robot.robots.model import tree_of
from gesture_robot.robots.moving_tree import Bodies, MovingTree
from gesture_robot.robots.urdf_types import Geometry, Link, UrdfTree

THICKNESS_SHARE, THINNEST_M, THICKEST_M = 0.15, 0.02, 0.05
"""Radius of the capsule that stands for a link without any shape, as a share of its length, and its bounds."""


@dataclass(frozen=True, slots=True, eq=False)
class BodyShape:
    """One shape: what the kernels use, and the full hull that it stands for."""

    link: str
    body: int
    hull: RoundedHull
    full: RoundedHull
    """Before vertices were left out; both in the body's frame [m]."""


def body_shapes(model: RobotModel, tree: MovingTree, bodies: Bodies) -> tuple[list[BodyShape], tuple[str, ...]]:
    """All shapes, and notes on meshes that cannot be used and on what had to stand in for missing shapes."""
    links: dict[str, Link] = tree_of(model).links
    notes: list[str] = []
    shapes = [s for name, link in links.items() for s in _of_link(name, link.collisions, bodies, notes)]
    bare = not shapes
    wanted = list(links) if bare else _landmark_links(model)
    for name in wanted:
        body = bodies.body_of_link[name]
        if any(s.body == body for s in shapes):
            continue
        beside = [n for n in links if bodies.body_of_link[n] == body]
        found = [s for n in beside for s in _of_link(n, links[n].visuals, bodies, notes)]
        if found:
            notes.append(f"link '{name}' has no collision shape; its visual shape guards it.")
        else:
            found = _stand_in(name, body, model, tree, bodies)
            notes += [f"link '{name}' has no shape; a capsule of {s.hull.radius_m:.3f} m guards it." for s in found]
        shapes += found
    return shapes, tuple(notes)


def _of_link(name: str, geometries: Iterable[Geometry], bodies: Bodies, notes: list[str]) -> list[BodyShape]:
    body, body_from_link = bodies.body_of_link[name], bodies.body_from_link[name]
    made = []
    for geometry in geometries:
        try:
            hull, full = _hulls(geometry)
        except (InvalidModel, MissingDependency) as error:
            notes.append(f"a shape of link '{name}' guards nothing: {error}")
            continue
        pose = body_from_link @ geometry.link_from_shape
        made.append(BodyShape(name, body, _moved(hull, pose), _moved(full, pose)))
    return made


def _moved(hull: RoundedHull, pose: Array) -> RoundedHull:
    return replace(hull, vertices=np.ascontiguousarray(hull.vertices @ pose[:3, :3].T + pose[:3, 3]))


def _hulls(geometry: Geometry) -> tuple[RoundedHull, RoundedHull]:
    """The shape as the kernels use it and in full, in its own frame."""
    size = geometry.size
    if geometry.kind == "mesh":
        return _mesh_hulls(geometry.mesh, size)
    if geometry.kind == "sphere":
        hull = sphere_hull(size[0])
    elif geometry.kind == "box":
        hull = box_hull(size)
    elif geometry.kind == "capsule":
        half = np.array([0.0, 0.0, 0.5 * size[1]])
        hull = capsule_hull(-half, half, size[0])
    else:
        return cylinder_hull(size[0], size[1]), cylinder_hull(size[0], size[1], 0.0)
    return hull, hull


def _mesh_hulls(path: str, scale: tuple[float, ...]) -> tuple[RoundedHull, RoundedHull]:
    def make() -> dict[str, Array]:
        corners = hull_of_mesh(path, scale)
        hull = reduced_hull(corners)
        sizes = np.array([hull.radius_m, hull.inflation_m])
        return {"corners": corners, "vertices": hull.vertices, "sizes": sizes}

    found = kept("mesh", (file_stamp(path), scale), make)
    radius_m, inflation_m = (float(size) for size in found["sizes"])
    return RoundedHull(found["vertices"], radius_m, inflation_m), RoundedHull(found["corners"], 0.0)


def _landmark_links(model: RobotModel) -> list[str]:
    limbs = model.limbs
    names = [limbs.chest_link, limbs.head_link]
    for arm in (limbs.left_arm, limbs.right_arm):
        if arm is not None:
            names += [arm.upper_arm_link, arm.forearm_link, arm.hand_link]
    return [name for name in dict.fromkeys(names) if name]


def _stand_in(name: str, body: int, model: RobotModel, tree: MovingTree, bodies: Bodies) -> list[BodyShape]:
    """A capsule from the body's joint to the next one of its arm; along the fingers for a hand; else none."""
    for arm in (model.limbs.left_arm, model.limbs.right_arm):
        if arm is None or name not in (arm.upper_arm_link, arm.forearm_link, arm.hand_link):
            continue
        end = _next_joint(name, body, arm, tree_of(model), tree, bodies)
        length = float(np.linalg.norm(end))
        if length < THINNEST_M:
            return []
        radius = float(np.clip(THICKNESS_SHARE * length, THINNEST_M, THICKEST_M))
        hull = capsule_hull(np.zeros(3), end, radius)
        return [BodyShape(name, body, hull, hull)]
    return []


def _next_joint(name: str, body: int, arm: Arm, urdf: UrdfTree, tree: MovingTree, bodies: Bodies) -> Array:
    """(3,) where the capsule ends, in the body."""
    if name == arm.hand_link:
        fixed = bodies.body_from_link[name]
        return fixed[:3, 3] + fixed[:3, :3] @ (0.1 * np.asarray(arm.finger_axis))  # type: ignore[no-any-return]
    rows = [
        bodies.joint_names.index(n) for n in (*arm.joints, urdf.parent_joint[arm.hand_link]) if n in bodies.joint_names
    ]
    after = [tree.translation[row] for row in rows if tree.parent[row] == body]
    if after:
        return np.asarray(max(after, key=lambda at: float(np.linalg.norm(at))))
    hand = bodies.body_of_link[arm.hand_link]
    return bodies.body_from_link[arm.hand_link][:3, 3] if hand == body else np.zeros(3)
