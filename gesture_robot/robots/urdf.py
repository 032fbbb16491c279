"""URDF text to a plain tree, with one clear error for what cannot be used.

The standard library's XML parser reads the text; this module checks what the format demands (one root, no cycle,
finite numbers, known names) and resolves mesh paths. Lengths in metres, angles in radians; `a_from_b` is the pose
of b in a.
"""

from __future__ import annotations

import math
from xml.etree import ElementTree

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.errors import InvalidModel
from gesture_robot.robots.urdf_types import MOVING, Geometry, Inertial, Joint, Link, Mimic, UrdfTree

XACRO_NAMESPACE = "ros.org/wiki/xacro"
HELD = ("floating", "planar")
"""Joints of a base that moves freely; they are read as fixed ones."""


def parse_urdf(text: str, source: str = "robot description") -> UrdfTree:
    """Read URDF text into a tree.

    Args:
        text: the XML.
        source: what to call it in messages, usually the path.

    Raises:
        InvalidModel: not XML, not a URDF, unexpanded xacro, NaN, unknown links, cycle, several roots, bad mimic.
    """
    robot = root_element(text, source)
    materials = {m.get("name", ""): _rgba(m, source) for m in robot.findall("material")}
    links = {n: _link(e, n, materials, source) for n, e in _named(robot, "link", source)}
    joints = {n: _joint(e, n, source) for n, e in _named(robot, "joint", source)}
    if not links:
        raise InvalidModel(f"{source}: holds no <link>, so it describes no robot.")
    root, order = _tree_order(links, joints, source)
    _check_mimic(joints, source)
    return UrdfTree(robot.get("name", "robot"), root, links, joints, order, {joints[n].child: n for n in order})


def root_element(text: str, source: str) -> ElementTree.Element:
    """The <robot> element; raises InvalidModel when the text is not XML, another format, or xacro."""
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise InvalidModel(
            f"{source}: not XML ({error}), so not a URDF. Give a .urdf file with a <robot> element."
        ) from None
    if root.tag != "robot":
        raise InvalidModel(
            f"{source}: its root element is <{root.tag}>, a URDF has <robot>. "
            "Convert it to URDF first (SDF and MJCF are other formats)."
        )
    if XACRO_NAMESPACE in text and any("xacro" in e.tag for e in root.iter()):
        raise InvalidModel(f"{source}: this is xacro, not URDF. Expand it first: xacro robot.urdf.xacro > robot.urdf")
    return root


def _named(robot: ElementTree.Element, tag: str, source: str) -> list[tuple[str, ElementTree.Element]]:
    found: dict[str, ElementTree.Element] = {}
    for element in robot.findall(tag):
        name = element.get("name", "")
        if not name or name in found:
            what = f"the name '{name}' twice" if name else "no name"
            raise InvalidModel(f"{source}: a <{tag}> has {what}; every {tag} needs its own name.")
        found[name] = element
    return list(found.items())


def _link(element: ElementTree.Element, name: str, materials: dict, source: str) -> Link:  # type: ignore[type-arg]
    where = f"{source}: link '{name}'"
    visuals = tuple(_geometry(e, materials, where) for e in element.findall("visual"))
    collisions = tuple(_geometry(e, materials, where) for e in element.findall("collision"))
    return Link(name, visuals, collisions, _inertial(element.find("inertial"), where))


def _inertial(element: ElementTree.Element | None, where: str) -> Inertial | None:
    if element is None:
        return None
    mass = _number(element.find("mass"), "value", where)
    entries = element.find("inertia")
    xx, xy, xz, yy, yz, zz = (_number(entries, key, where) for key in ("ixx", "ixy", "ixz", "iyy", "iyz", "izz"))
    inertia = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    return Inertial(mass, _pose(element.find("origin"), where), inertia)


def _geometry(element: ElementTree.Element, materials: dict, where: str) -> Geometry:  # type: ignore[type-arg]
    holder = element.find("geometry")
    if holder is None or len(holder) == 0:
        raise InvalidModel(f"{where}: a <{element.tag}> has no <geometry>.")
    shape = holder[0]
    keys = {"box": ("size",), "cylinder": ("radius", "length"), "capsule": ("radius", "length"), "sphere": ("radius",)}
    if shape.tag == "mesh":
        size = _numbers(shape.get("scale", "1 1 1"), 3, f"{where}: mesh scale")
    elif shape.tag in keys:
        size = tuple(
            v
            for key in keys[shape.tag]
            for v in _numbers(shape.get(key, ""), 3 if key == "size" else 1, f"{where}: {shape.tag} {key}")
        )
    else:
        raise InvalidModel(f"{where}: unknown shape <{shape.tag}>. Known: box, capsule, cylinder, mesh, sphere.")
    material = element.find("material")
    rgba = None if material is None else _rgba(material, where) or materials.get(material.get("name", ""))
    return Geometry(shape.tag, size, _pose(element.find("origin"), where), shape.get("filename", ""), rgba)


def _joint(element: ElementTree.Element, name: str, source: str) -> Joint:
    where = f"{source}: joint '{name}'"
    kind = element.get("type", "")
    if kind in HELD:  # a base that floats or drives; it is held where it is
        kind = "fixed"
    if kind not in (*MOVING, "fixed"):
        raise InvalidModel(f"{where} has type '{kind}'. Known: continuous, fixed, prismatic, revolute.")
    ends = [e.get("link", "") if (e := element.find(tag)) is not None else "" for tag in ("parent", "child")]
    axis_element, limit, mimic = element.find("axis"), element.find("limit"), element.find("mimic")
    axis = np.array(
        [1.0, 0.0, 0.0] if axis_element is None else _numbers(axis_element.get("xyz", ""), 3, f"{where}: axis")
    )
    if kind != "fixed" and np.linalg.norm(axis) < 1e-9:
        raise InvalidModel(f"{where}: axis is zero; give a direction such as '0 0 1'.")
    values = {
        k: _number(limit, k, where) if limit is not None and limit.get(k) is not None else None
        for k in ("lower", "upper", "velocity", "effort")
    }
    if kind == "continuous":
        values.update(lower=None, upper=None)
    follows = (
        None
        if mimic is None
        else Mimic(
            mimic.get("joint", ""), _number(mimic, "multiplier", where, 1.0), _number(mimic, "offset", where, 0.0)
        )
    )
    return Joint(
        name,
        kind,
        ends[0],
        ends[1],
        _pose(element.find("origin"), where),
        axis / max(float(np.linalg.norm(axis)), 1e-9),
        mimic=follows,
        **values,
    )


def _tree_order(links: dict[str, Link], joints: dict[str, Joint], source: str) -> tuple[str, tuple[str, ...]]:
    children: dict[str, list[str]] = {}
    parents: dict[str, str] = {}
    for joint in joints.values():
        for end in (joint.parent, joint.child):
            if end not in links:
                raise InvalidModel(f"{source}: joint '{joint.name}' names link '{end}', which does not exist.")
        if joint.child in parents:
            raise InvalidModel(
                f"{source}: link '{joint.child}' has two parents, joints '{parents[joint.child]}' and "
                f"'{joint.name}'; a URDF must be a tree."
            )
        parents[joint.child] = joint.name
        children.setdefault(joint.parent, []).append(joint.name)
    roots = [name for name in links if name not in parents]
    if len(roots) > 1:
        raise InvalidModel(
            f"{source}: has several roots ({', '.join(roots)}); join them with a fixed joint to one base link."
        )
    order: list[str] = []
    waiting = list(reversed(children.get(roots[0], []))) if roots else []
    while waiting:
        order.append(waiting.pop())
        waiting.extend(reversed(children.get(joints[order[-1]].child, [])))
    if len(order) < len(joints):
        loop = ", ".join(name for name in joints if name not in order)
        raise InvalidModel(f"{source}: the joints {loop} form a cycle; a URDF must be a tree.")
    return roots[0], tuple(order)


def _check_mimic(joints: dict[str, Joint], source: str) -> None:
    for joint in joints.values():
        seen = {joint.name}
        while joint.mimic is not None:
            leader = joint.mimic.joint
            if leader not in joints or joints[leader].kind not in MOVING:
                raise InvalidModel(
                    f"{source}: joint '{joint.name}' mimics '{leader}', which is no moving joint of this robot."
                )
            if leader in seen:
                raise InvalidModel(f"{source}: joint '{leader}' mimics itself in a circle.")
            seen.add(leader)
            joint = joints[leader]


def _pose(element: ElementTree.Element | None, where: str) -> Array:
    pose = np.eye(4)
    if element is not None:
        pose[:3, 3] = _numbers(element.get("xyz", "0 0 0"), 3, f"{where}: origin xyz")
        pose[:3, :3] = rotation_from_rpy(*_numbers(element.get("rpy", "0 0 0"), 3, f"{where}: origin rpy"))
    return pose


def rotation_from_rpy(roll: float, pitch: float, yaw: float) -> Array:
    """(3, 3) of URDF's fixed-axis roll, pitch, yaw."""
    (sr, sp, sy), (cr, cp, cy) = ([f(a) for a in (roll, pitch, yaw)] for f in (math.sin, math.cos))
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def _rgba(material: ElementTree.Element, where: str) -> tuple[float, float, float, float] | None:
    color = material.find("color")
    if color is None:
        return None
    return _numbers(color.get("rgba", ""), 4, f"{where}: material color")  # type: ignore[return-value]


def _number(element: ElementTree.Element | None, key: str, where: str, default: float | None = None) -> float:
    text = None if element is None else element.get(key)
    if text is None and default is not None:
        return default
    return _numbers(text or "", 1, f"{where}: {key}")[0]


def _numbers(text: str, count: int, where: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split())
    except ValueError:
        values = ()
    if len(values) != count or not all(math.isfinite(v) for v in values):
        raise InvalidModel(f"{where} must be {count} finite number{'s' * (count > 1)}, got '{text}'.")
    return values
