"""From a robot's name or URDF path to the `RobotModel` that the stages use.

A known robot is a file NAME.yaml (robots/settings.py) that names its URDF and holds what a URDF cannot. A URDF path
takes the same settings from a .yaml of the same name beside it. What no file says is found by `robots.analysis` from
the description alone: limb map, neutral pose and limits that the URDF leaves out.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import InvalidModel, UnknownName
from gesture_robot.resources import resource_roots
from gesture_robot.robots.settings import (
    Settings,
    limb_map,
    limit_table,
    per_joint,
    read_settings,
    rest_table,
    settings_files,
    touching_pairs,
    up_axis_of,
    urdf_of,
)
from gesture_robot.robots.urdf import parse_urdf
from gesture_robot.robots.urdf_files import read_urdf_text, resolve_meshes
from gesture_robot.robots.urdf_types import UrdfTree

if TYPE_CHECKING:
    from gesture_robot.robots.analysis.outcome import Analysis

_log = logging.getLogger(__name__)
DEFAULT_SECONDS_TO_SPEED = 0.1
"""Without an acceleration limit a joint reaches its top speed in this time, as arms that gesture must."""


def robot_names() -> list[str]:
    """Names that `load_model` knows."""
    return list(settings_files())


def load_model(name_or_path: str) -> RobotModel:
    """Load a robot by name ("wren") or from a URDF file.

    Raises:
        UnknownName: neither a known robot nor an existing file; lists the known robots.
        InvalidModel: the description cannot be used; says why and what would have worked.
    """
    name, path, settings = _source(name_or_path)
    return understood_model(name, path, settings)[0]


def _source(name_or_path: str) -> tuple[str, Path, Settings]:
    """Name, description and settings of a robot."""
    files = settings_files()
    if name_or_path in files:
        settings = read_settings(files[name_or_path])
        return name_or_path, urdf_of(settings), settings
    path = Path(name_or_path).expanduser()
    if not (path.exists() or path.suffix or "/" in name_or_path):
        raise UnknownName("robot", name_or_path, files)
    if path.is_dir():
        raise InvalidModel(f"'{path}' is a folder. Give a .urdf file, or a known robot: {', '.join(files)}.")
    if path.suffix in (".yaml", ".yml"):
        settings = read_settings(path)
        return path.stem, urdf_of(settings), settings
    beside = path.with_suffix(".yaml")
    return path.stem, path, read_settings(beside) if beside.is_file() else Settings({})


def robot_and_notes(name_or_path: str) -> tuple[RobotModel, tuple[str, ...]]:
    """Like `load_model`, with what the settings, or else the analysis, noted; raises the same."""
    name, path, settings = _source(name_or_path)
    model, found = understood_model(name, path, settings)
    return model, tuple(dict.fromkeys((*settings.get("notes", ()), *found.notes)))


def robot_description(name: str) -> str:
    """The one line that a known robot's settings say about it."""
    return str(read_settings(settings_files()[name]).get("description", ""))


@lru_cache(maxsize=16)
def _parsed(urdf_xml: str) -> UrdfTree:
    return parse_urdf(urdf_xml)


def tree_of(model: RobotModel) -> UrdfTree:
    """The links and joints behind a model (parsed once; do not change it)."""
    return _parsed(model.urdf_xml)


def understood_model(name: str, path: Path, settings: Settings) -> tuple[RobotModel, Analysis]:
    """A robot from its description and settings, and what was understood on the way, with notes.

    Raises:
        InvalidModel: the description or the settings cannot be used.
    """
    from gesture_robot.robots.analysis.limits import joint_limits  # these need this module
    from gesture_robot.robots.analysis.outcome import Analysis
    from gesture_robot.robots.analysis.plan import with_head_and_camera

    text = read_urdf_text(path)
    if not parse_urdf(text, str(path)).actuated:
        raise InvalidModel(f"{path}: has no movable joint (revolute, continuous or prismatic).")
    description = resolve_meshes(text, path.resolve().parent, str(path), resource_roots(), up_axis_of(settings))
    for note in description.lost:  # fewer shapes are fewer collisions seen
        _log.warning("robot '%s': %s", name, note)
    urdf_xml = description.urdf_xml
    tree = _parsed(urdf_xml)
    given = limit_table(settings, tree)

    def made(found: Analysis) -> RobotModel:
        return _model(name, urdf_xml, tree, settings, found)

    if not settings.get("limbs"):
        from gesture_robot.robots.analysis.analyse import (
            understand,  # optimisers, which a robot with a file never needs
        )

        model, found = understand(tree, str(path), given, made)
        return model, replace(found, notes=(*found.notes, *description.notes))
    limbs, limits = with_head_and_camera(limb_map(settings, tree), tree), joint_limits(tree, str(path), given=given)
    zero, notes = np.zeros(len(limits.lower)), (*limits.notes, *description.notes)
    found = Analysis(limbs, limits.lower, limits.upper, limits.velocity, zero, notes)
    return made(found), found


def _model(name: str, urdf_xml: str, tree: UrdfTree, settings: Settings, found: Analysis) -> RobotModel:
    places, velocity = rest_table(settings, tree), found.max_velocity
    rest = [places.get(joint, value) for joint, value in zip(tree.actuated, found.rest, strict=True)]
    return RobotModel(
        name=name,
        urdf_xml=urdf_xml,
        joint_names=tree.actuated,
        lower=found.lower,
        upper=found.upper,
        max_velocity=velocity,
        max_acceleration=per_joint(settings, "max_acceleration", tree, velocity / DEFAULT_SECONDS_TO_SPEED),
        rest=np.clip(rest, found.lower, found.upper),
        limbs=found.limbs,
        max_jerk=per_joint(settings, "max_jerk", tree, np.full(len(velocity), np.inf)),
        may_touch=found.may_touch if settings.get("may_touch") is None else touching_pairs(settings, tree),
    )
