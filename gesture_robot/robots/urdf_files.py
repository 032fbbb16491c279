"""URDF files on disk: reading the text, and finding the meshes it names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

from gesture_robot.errors import InvalidModel
from gesture_robot.robots.collada import settle
from gesture_robot.robots.mesh_files import unusable
from gesture_robot.robots.urdf import HELD, parse_urdf, root_element
from gesture_robot.robots.urdf_packages import package_folders
from gesture_robot.robots.urdf_types import UrdfTree


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


def resolve_meshes(
    text: str, folder: Path, source: str, roots: Iterable[Path] = (), collada_up_axis: str | None = None
) -> str:
    """Return the URDF text with the path of every mesh that is there absolute; the others stay as they are written.

    Floating and planar joints become fixed. What COLLADA files say about up axis and unit is settled (collada.py),
    by `collada_up_axis` where it is given.

    Relative paths count from the URDF's `folder`; `package://NAME/...` is looked for where ROS and Python keep
    packages, in `roots` (a root may be the package itself or a folder that holds it) and in the folders above the
    URDF. What needs a shape says which mesh is missing (`missing_meshes`); kinematics needs none.
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
    if any(mesh.get("filename", "").lower().endswith(".dae") for mesh in robot.iter("mesh")):
        settle(robot, parse_urdf(ElementTree.tostring(robot, encoding="unicode"), source), collada_up_axis)
    return ElementTree.tostring(robot, encoding="unicode")


def shape_notes(tree: UrdfTree) -> tuple[str, ...]:
    """What is wrong with the shapes of a robot: meshes that are missing or too large, links that have none."""
    bad: dict[str, list[str]] = {}
    for link in tree.links.values():
        for shape in (*link.visuals, *link.collisions):
            if shape.kind == "mesh" and (reason := unusable(shape.mesh)) and link.name not in bad.get(reason, []):
                bad.setdefault(reason, []).append(link.name)
    notes = [f"{', '.join(links)}: goes without a shape, {reason}" for reason, links in bad.items()]
    if not any(link.collisions for link in tree.links.values()):
        notes.append("no link has a collision shape; self-collision is judged by what else is known of the links.")
    return tuple(notes)


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
