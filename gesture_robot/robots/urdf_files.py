"""URDF files on disk: reading the text, and finding the meshes it names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

from gesture_robot.errors import InvalidModel
from gesture_robot.robots.urdf import root_element


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


def resolve_meshes(text: str, folder: Path, source: str, roots: Iterable[Path] = ()) -> str:
    """Return the URDF text with every mesh path absolute.

    Relative paths count from the URDF's `folder`; `package://NAME/...` is looked for in `roots` (a root may be the
    package itself or a folder that holds it) and in the folders above the URDF.

    Raises:
        InvalidModel: a mesh that is not there; the message names it and where it was searched.
    """
    robot = root_element(text, source)
    places = [folder, *folder.parents, *roots]
    for mesh in robot.iter("mesh"):
        name = mesh.get("filename", "")
        found, searched = _find_mesh(name, folder, places)
        if found is None:
            where = ", ".join(dict.fromkeys(str(p) for p in searched))
            raise InvalidModel(
                f"{source}: mesh '{name}' is missing; searched {where}. Put the file there or correct its filename."
            )
        mesh.set("filename", str(found))
    return ElementTree.tostring(robot, encoding="unicode")


def _find_mesh(name: str, folder: Path, places: list[Path]) -> tuple[Path | None, list[Path]]:
    scheme, _, rest = name.rpartition("://")
    if scheme in ("", "file"):
        candidates = [folder / rest]
    else:
        package, _, inside = rest.partition("/")
        candidates = [p / inside for p in places if p.name == package] + [p / rest for p in places]
        candidates += [p / inside for p in places[1:]]
    found = next((c.resolve() for c in candidates if rest and c.is_file()), None)
    return found, [c.parent for c in candidates][:6]
