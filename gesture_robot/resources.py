"""Where the data files (config/, urdf/) are: beside the package in a checkout, under share/ once installed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from gesture_robot.errors import InvalidInput

_SHARE = Path("share") / "gesture_robot"


def resource_roots() -> Iterator[Path]:
    """Folders that may hold config/ and urdf/, first match wins: checkout, package data, environment, user, ROS."""
    package = Path(__file__).resolve().parent
    root = checkout_root()
    if root is not None:
        yield root
    yield package / "_data"
    yield Path(sys.prefix) / _SHARE
    for parent in package.parents:  # <prefix>/lib/python3.X/site-packages/gesture_robot, also for --user and --target
        if (parent / _SHARE).is_dir():
            yield parent / _SHARE
            break
    for prefix in filter(None, os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)):
        yield Path(prefix) / _SHARE


def checkout_root() -> Path | None:
    """The source checkout that this package runs from; None when it is installed."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / "urdf").is_dir() and (root / "config").is_dir() else None


def resource_path(relative: str) -> Path:
    """The file or folder `relative` ("config/robots/wren.yaml").

    Raises:
        InvalidInput: not found in any root; the message names where it was searched.
    """
    roots = list(dict.fromkeys(resource_roots()))
    for root in roots:
        if (root / relative).exists():
            return root / relative
    searched = ", ".join(str(root) for root in roots)
    raise InvalidInput(
        f"data file '{relative}' was not found; searched {searched}. Reinstall gesture_robot or run from a checkout."
    )
