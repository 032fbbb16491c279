"""COLLADA files say which axis is up and how long their unit is, and tools disagree on whether to listen to the axis.

RViz ignores it, others turn the shape; robots' packages are made for the one or the other. Here the robot decides:
the reading in which its shapes reach from joint to joint is the right one. The answer, and the unit, are written into
the origin and scale of each shape, so that whoever reads the file as it is gets the shape right.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.errors import InvalidModel, MissingDependency
from gesture_robot.robots.mesh_files import read_mesh
from gesture_robot.robots.urdf_types import Geometry, UrdfTree

CHOICES = ("applied", "ignored")
_HEAD_BYTES = 100_000
_MOST_READ = 40
"""So many files are looked at, the smallest first; each costs about 10 ms."""
_MARK = "collada_up_axis"
_Z_FROM_Y_UP: Array = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


@lru_cache(maxsize=1024)
def _head(path: str) -> tuple[bool, float]:
    """Whether y is up, and the unit [m]."""
    try:
        with Path(path).open("rb") as file:
            text = file.read(_HEAD_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return False, 1.0
    up = re.search(r"<up_axis>\s*(\w+)", text)
    unit = re.search(r"<unit\b[^>]*\bmeter\s*=\s*[\"']\s*([0-9.eE+-]+)", text)
    return up is None or up.group(1) == "Y_UP", float(unit.group(1)) if unit else 1.0


def settle(robot: ElementTree.Element, tree: UrdfTree, choice: str | None = None) -> str:
    """Write the up axis and unit of every COLLADA mesh into its shape's origin and scale.

    Args:
        robot: the <robot> element with mesh paths resolved, changed in place.
        tree: the same robot.
        choice: one of CHOICES; None: by the robot's own shapes.

    Returns:
        What was chosen; "" where no mesh has another axis than z up.
    """
    turned = {m.get("filename", "") for m in robot.iter("mesh") if _is_collada(m) and _head(m.get("filename", ""))[0]}
    used = (choice or _judged(tree, turned)) if turned else ""
    if used:
        robot.set(_MARK, used)
    for link in robot.findall("link"):
        for shape in [*link.findall("visual"), *link.findall("collision")]:
            mesh = shape.find("geometry/mesh")
            if mesh is not None and _is_collada(mesh):
                y_up, unit = _head(mesh.get("filename", ""))
                _bake(shape, mesh, y_up and used == "applied", unit)
    return used


def settled(urdf_xml: str) -> str:
    """What was chosen for a description; "" where nothing had to be."""
    return ElementTree.fromstring(urdf_xml).get(_MARK, "")


def _is_collada(mesh: ElementTree.Element) -> bool:
    return mesh.get("filename", "").lower().endswith(".dae")


def _bake(shape: ElementTree.Element, mesh: ElementTree.Element, turn: bool, unit: float) -> None:
    scale = [unit * float(v) for v in mesh.get("scale", "1 1 1").split()]
    if turn:
        origin = shape.find("origin")
        if origin is None:
            origin = ElementTree.SubElement(shape, "origin")
        turned = _matrix(origin.get("rpy", "0 0 0")) @ _Z_FROM_Y_UP
        origin.set("rpy", " ".join(f"{v:.9g}" for v in _rpy(turned)))
        scale = [scale[0], scale[2], scale[1]]
    if turn or unit != 1.0:
        mesh.set("scale", " ".join(f"{v:.9g}" for v in scale))


def _judged(tree: UrdfTree, turned: set[str]) -> str:
    """The reading in which the shapes come nearer to the joints of their links."""
    joints: dict[str, list[Array]] = {}
    for joint in tree.joints.values():
        if joint.kind != "fixed":
            joints.setdefault(joint.parent, [np.zeros(3)]).append(joint.parent_from_joint[:3, 3])
    shapes = [
        (joints[link.name], shape)
        for link in tree.links.values()
        for shape in (link.collisions or link.visuals)
        if link.name in joints and shape.mesh in turned and Path(shape.mesh).is_file()
    ]
    shapes.sort(key=lambda row: Path(row[1].mesh).stat().st_size)
    gaps = np.zeros(2)
    for points, shape in shapes[:_MOST_READ]:
        try:
            gaps += [_gap(shape, turn, points) for turn in (np.eye(3), _Z_FROM_Y_UP)]
        except (InvalidModel, MissingDependency):
            continue
    return "applied" if gaps[1] < gaps[0] - 1e-3 else "ignored"


def _gap(shape: Geometry, turn: Array, points: list[Array]) -> float:
    """Sum [m] of the distances of points in the link from the box around a shape."""
    pose = shape.link_from_shape
    corners = (read_mesh(shape.mesh).vertices @ turn.T * shape.size) @ pose[:3, :3].T + pose[:3, 3]
    low, high = corners.min(axis=0), corners.max(axis=0)
    return float(sum(np.linalg.norm(np.maximum(np.maximum(low - p, p - high), 0.0)) for p in points))


def _matrix(rpy: str) -> Array:
    from gesture_robot.robots.urdf import rotation_from_rpy

    return rotation_from_rpy(*(float(v) for v in rpy.split()))


def _rpy(matrix: Array) -> tuple[float, float, float]:
    """Roll, pitch, yaw of a rotation; with the nose straight up or down the yaw is put into the roll."""
    pitch = math.asin(min(max(-matrix[2, 0], -1.0), 1.0))
    if abs(matrix[2, 0]) > 1.0 - 1e-12:
        return math.atan2(-matrix[1, 2], matrix[1, 1]), pitch, 0.0
    return math.atan2(matrix[2, 1], matrix[2, 2]), pitch, math.atan2(matrix[1, 0], matrix[0, 0])
