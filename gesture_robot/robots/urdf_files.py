"""URDF files on disk: reading the text, and finding the meshes it names."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from gesture_robot.errors import InvalidModel
from gesture_robot.robots.collada import settle
from gesture_robot.robots.mesh_files import unusable
from gesture_robot.robots.urdf import HELD, parse_urdf, root_element
from gesture_robot.robots.urdf_packages import package_folders


def read_urdf_text(path: Path) -> str:
    """The file's text; raises InvalidModel when it is missing, empty or not text."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidModel(
            f"cannot read robot description '{path}': {error.strerror}. Give the path of a .urdf file."
        ) from None
    if not data.strip():
        raise InvalidModel(f"robot description '{path}' is empty. Give a .urdf file.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidModel(
            f"'{path}' is not text, so not a URDF. Give a .urdf file (XML with a <robot> element)."
        ) from None


_SLIP_M = 0.1
"""So far from the mesh that is seen, the same mesh as a collision shape is no intention."""


@dataclass(frozen=True)
class Description:
    """URDF text that names files by absolute paths, and what is wrong with its shapes."""

    urdf_xml: str
    lost: tuple[str, ...]
    """Shapes it goes without."""
    mended: tuple[str, ...]
    """Shapes that were put right."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Both."""
        return self.lost + self.mended


def resolve_meshes(
    text: str, folder: Path, source: str, roots: Iterable[Path] = (), collada_up_axis: str | None = None
) -> Description:
    """Make the path of every mesh absolute and leave out, and note, the shapes whose mesh cannot be used.

    Relative paths count from the URDF's `folder`; `package://NAME/...` is looked for where ROS and Python keep
    packages, in `roots` (a root may be the package itself or a folder that holds it) and in the folders above the
    URDF. Kinematics needs no shape, so a robot without its meshes still moves.

    Floating and planar joints become fixed. What COLLADA files say about up axis and unit is settled (collada.py),
    by `collada_up_axis` where it is given.
    """
    robot = root_element(text, source)
    places = [folder, *folder.parents, *roots]
    found: dict[str, Path | None] = {}
    for mesh in robot.iter("mesh"):
        name = mesh.get("filename", "")
        if name not in found:
            found[name] = _find_mesh(name, folder, places)
        mesh.set("filename", str(found[name] or name))
    for joint in robot.findall("joint"):
        if joint.get("type") in HELD:
            joint.set("type", "fixed")
    lost, mended = _without_unusable(robot), _put_right(robot)
    if any(mesh.get("filename", "").lower().endswith(".dae") for mesh in robot.iter("mesh")):
        settle(robot, parse_urdf(ElementTree.tostring(robot, encoding="unicode"), source), collada_up_axis)
    return Description(ElementTree.tostring(robot, encoding="unicode"), tuple(lost), tuple(mended))


def _without_unusable(robot: ElementTree.Element) -> list[str]:
    """Remove shapes whose mesh is missing, empty or too large; one note for each reason and place."""
    bad: dict[str, dict[str, None]] = {}
    for link in robot.findall("link"):
        for shape in [*link.findall("visual"), *link.findall("collision")]:
            mesh = shape.find("geometry/mesh")
            reason = unusable(mesh.get("filename", "")) if mesh is not None else ""
            if reason:
                link.remove(shape)
                bad.setdefault(reason, {})[link.get("name", "")] = None
    notes = [f"{reason} Without that shape: {', '.join(links)}." for reason, links in bad.items()]
    if not any(link.find("collision") is not None for link in robot.findall("link")):
        notes.append("no link has a collision shape; self-collision is judged by what else is known of the links.")
    return notes


def _put_right(robot: ElementTree.Element) -> list[str]:
    """A collision shape far from where the same mesh is seen is taken where it is seen: its origin is a slip."""
    notes = []
    for link in robot.findall("link"):
        seen = {_mesh_of(shape): shape.find("origin") for shape in link.findall("visual") if _mesh_of(shape)}
        for shape in link.findall("collision"):
            if _mesh_of(shape) not in seen:
                continue
            origin, visual = shape.find("origin"), seen[_mesh_of(shape)]
            apart = np.linalg.norm(np.subtract(_place(origin), _place(visual)))
            if apart > _SLIP_M:
                if origin is not None:
                    shape.remove(origin)
                if visual is not None:
                    shape.append(deepcopy(visual))
                where = f"{link.get('name', '')}: its collision shape lies {apart:.2f} m off the same mesh"
                notes.append(f"{where} as it is seen; put there.")
    return notes


def _mesh_of(shape: ElementTree.Element) -> str:
    mesh = shape.find("geometry/mesh")
    return "" if mesh is None else mesh.get("filename", "")


def _place(origin: ElementTree.Element | None) -> list[float]:
    text = "0 0 0" if origin is None else origin.get("xyz", "0 0 0")
    return [float(value) for value in text.split()]


def _find_mesh(name: str, folder: Path, places: list[Path]) -> Path | None:
    scheme, _, rest = name.rpartition("://")
    if scheme in ("", "file"):
        candidates = [folder / rest]
    else:
        package, _, inside = rest.partition("/")
        candidates = [p / inside for p in package_folders(package)]
        candidates += [p / inside for p in places if p.name == package] + [p / rest for p in places]
        candidates += [p / inside for p in places[1:]]
    return next((c.resolve() for c in candidates if rest and c.is_file()), None)
