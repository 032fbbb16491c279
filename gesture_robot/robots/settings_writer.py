"""Write a robot's settings file: everything that was understood, each field with its unit, to be edited by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from gesture_robot.datatypes import Arm, Finger, LimbMap, RobotModel
from gesture_robot.robots.urdf_packages import package_uri
from gesture_robot.robots.urdf_types import UrdfTree

_HEAD = """\
# {name}: written by `gesture_robot robot add` from the robot's description alone; every line may be edited.
# Metres, radians, seconds. Points (..._m) and directions (..._axis) are in the link of the same part: the shoulder in
# upper_arm_link, the elbow in forearm_link, wrist, palm and fingers in hand_link. Patterns such as "left_*" are
# allowed for joints in limits, max_acceleration, max_jerk and rest. See docs/robots.md.
"""
_COMMENTS = {
    "urdf": "relative to this file, absolute, or package://",
    "collada_up_axis": "whether the up axis that .dae files name turns their shapes: applied, ignored",
    "limits": "lower and upper [rad or m], velocity [rad/s or m/s]",
    "max_acceleration": "[rad/s^2 or m/s^2]",
    "max_jerk": "[rad/s^3 or m/s^3]; a joint that is not named has no limit",
    "rest": "arms hanging, head level; what is not named is at 0, or as near as its limits allow",
    "limbs": "which joints and links play which human part",
    "may_touch": "pairs of links whose contact is no self-collision",
    "notes": "what was guessed, assumed, or could not be decided",
}


def settings_text(model: RobotModel, tree: UrdfTree, urdf: str, up_axis: str, notes: Iterable[str]) -> str:
    """A settings file that loads as `model`.

    Args:
        model: the robot.
        tree: its links and joints.
        urdf: how the file is to name the description.
        up_axis: what `collada.settle` chose; "" where nothing had to be chosen.
        notes: what is to be told to who edits the file.
    """
    names = model.joint_names
    rows = zip(names, model.lower.tolist(), model.upper.tolist(), model.max_velocity.tolist(), strict=True)
    jerks = zip(names, np.asarray(model.max_jerk).tolist(), strict=True)
    sections: dict[str, Any] = {
        "urdf": urdf,
        "description": _description(model, tree),
        **({"collada_up_axis": up_axis} if up_axis else {}),
        "limits": {n: {"lower": low, "upper": high, "velocity": speed} for n, low, high, speed in rows},
        "max_acceleration": dict(zip(names, model.max_acceleration.tolist(), strict=True)),
        "max_jerk": {name: jerk for name, jerk in jerks if np.isfinite(jerk)},
        "rest": {name: value for name, value in zip(names, model.rest.tolist(), strict=True) if value != 0.0},
        "limbs": _limbs(model.limbs),
        "may_touch": [list(pair) for pair in model.may_touch],
        "notes": list(notes),
    }
    parts = [_HEAD.format(name=model.name)]
    for key, value in sections.items():
        comment = f"# {_COMMENTS[key]}\n" if key in _COMMENTS else ""
        parts.append(("\n" + comment if isinstance(value, (dict, list)) else comment) + _dump({key: value}))
    return "".join(parts)


def urdf_reference(urdf: Path, settings_folder: Path) -> str:
    """How a file in a folder names a description: by package, by the way from the folder, else in full."""
    full = urdf.resolve()
    uri = package_uri(urdf)
    if uri:
        return uri
    if full.is_relative_to(settings_folder.resolve()):
        return str(full.relative_to(settings_folder.resolve()))
    return str(full)


def _description(model: RobotModel, tree: UrdfTree) -> str:
    limbs = model.limbs
    arms = [arm for arm in (limbs.left_arm, limbs.right_arm) if arm]
    counts = " and ".join(str(n) for n in dict.fromkeys(len(arm.joints) for arm in arms))
    hands = max([sum(len(f.joints) for f in arm.fingers) for arm in arms], default=0)
    told = [
        f"{len(arms)} arm{'s' * (len(arms) > 1)} of {counts} joints" if arms else "no arm",
        f"hands of {hands} joint{'s' * (hands > 1)}" if hands else "",
        f"neck of {len(limbs.neck)}" if limbs.neck else "no neck",
        f"torso of {len(limbs.torso)}" if limbs.torso else "no torso joint",
    ]
    return f"{tree.name}: " + ", ".join(text for text in told if text)


def _limbs(limbs: LimbMap) -> dict[str, Any]:
    values = {f.name: getattr(limbs, f.name) for f in fields(limbs)}
    for side in ("left_arm", "right_arm"):
        values[side] = None if values[side] is None else _arm(values[side])
    values["face"] = [{"joint": row.joint, "gains": dict(row.gains)} for row in limbs.face]
    return {key: _listed(value) for key, value in values.items() if value not in (None, "", (), [])}


def _arm(arm: Arm) -> dict[str, Any]:
    values = {f.name: getattr(arm, f.name) for f in fields(arm)}
    values["fingers"] = [_finger(finger) for finger in arm.fingers]
    return {key: _listed(value) for key, value in values.items() if value is not None}


def _finger(finger: Finger) -> dict[str, Any]:
    return {f.name: list(getattr(finger, f.name)) for f in fields(finger)}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


class _Writer(yaml.SafeDumper):
    """Lists of plain values and the rows of limits on one line, everything else on lines of its own."""


def _flow(writer: yaml.SafeDumper, values: Any) -> yaml.Node:
    plain = all(not isinstance(value, (list, dict)) for value in values)
    return writer.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=plain and not _texts(values))


def _texts(values: list[Any]) -> bool:
    return any(isinstance(value, str) and " " in value for value in values)


def _table(writer: yaml.SafeDumper, values: Mapping[str, Any]) -> yaml.Node:
    row = set(values) <= {"lower", "upper", "velocity"} and bool(values)
    return writer.represent_mapping("tag:yaml.org,2002:map", values.items(), flow_style=row or not values)


_Writer.add_representer(list, _flow)
_Writer.add_representer(dict, _table)


def _dump(values: dict[str, Any]) -> str:
    return yaml.dump(values, Dumper=_Writer, sort_keys=False, width=118, allow_unicode=True, default_flow_style=False)
