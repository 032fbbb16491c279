"""Where `package://NAME/...` may be: ROS prefixes, and Python distributions that carry robot descriptions."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from gesture_robot.errors import InvalidModel

EXAMPLES = "example-robot-data"
EXAMPLES_VARIABLE = "EXAMPLE_ROBOT_DATA"
"""Folder of an unpacked example-robot-data (the one that holds robots/), for those who did not pip install it."""
_CMEEL = Path("cmeel.prefix") / "share"


def package_folders(name: str) -> list[Path]:
    """Folders that hold what stands after `package://NAME/`, best first."""
    return list(dict.fromkeys(folder for folder in _candidates(name) if folder.is_dir()))


def _candidates(name: str) -> Iterator[Path]:
    if name == EXAMPLES and os.environ.get(EXAMPLES_VARIABLE):
        given = Path(os.environ[EXAMPLES_VARIABLE])
        yield given.parent if given.name == "robots" else given
    for prefix in filter(None, os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)):
        yield Path(prefix) / "share" / name
    for folder in filter(None, os.environ.get("ROS_PACKAGE_PATH", "").split(os.pathsep)):
        yield Path(folder) / name
        yield Path(folder)
    for entry in sys.path:
        yield Path(entry) / _CMEEL / name


def package_file(uri: str) -> Path | None:
    """The file behind `package://NAME/inside`, None where it is not found."""
    name, _, inside = uri.removeprefix("package://").partition("/")
    return next((f / inside for f in package_folders(name) if inside and (f / inside).is_file()), None)


def package_uri(path: Path) -> str:
    """`package://NAME/inside` of a file that lies in a package this machine can find again; else ""."""
    for given in dict.fromkeys((path.absolute(), path.resolve())):
        for folder in given.parents:
            inside = given.relative_to(folder)
            if folder.name and package_file(f"package://{folder.name}/{inside}") == given:
                return f"package://{folder.name}/{inside}"
    return ""


def required_file(uri: str, source: str) -> Path:
    """Like `package_file`, but raises InvalidModel that says how to get the package."""
    found = package_file(uri)
    if found is not None:
        return found
    name = uri.removeprefix("package://").partition("/")[0]
    how = f"pip install {name}" if name == EXAMPLES else f"install or source the ROS package '{name}'"
    raise InvalidModel(f"{source}: '{uri}' is not on this machine; {how}.")
