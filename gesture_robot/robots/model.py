"""From a robot's name or URDF path to the `RobotModel` that the stages use.

A known robot is a file config/robots/NAME.yaml: the URDF, the limb map, the acceleration limits that a URDF cannot
hold, the rest pose, and limits the URDF leaves out. A URDF path takes the same settings from a .yaml of the same name
beside it; without one, the limb map is read from usual joint names (`left_shoulder_pitch`, `LElbowRoll`, `head_pan`).
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from gesture_robot.checks import Array
from gesture_robot.datatypes import Arm, LimbMap, RobotModel
from gesture_robot.errors import InvalidModel, UnknownName
from gesture_robot.resources import resource_path, resource_roots
from gesture_robot.robots.urdf import parse_urdf
from gesture_robot.robots.urdf_files import read_urdf_text, resolve_meshes
from gesture_robot.robots.urdf_types import Joint, UrdfTree

DEFAULT_SECONDS_TO_SPEED = 0.25
"""Without an acceleration limit a joint reaches its top speed in this time: gentle for a social robot's motors."""
KNOWN_KEYS = frozenset({"urdf", "description", "max_acceleration", "rest", "limbs", "limits"})
_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}
_BODY_PARTS = {
    **{f"{word}_{turn}": "torso" for word in ("torso", "waist", "spine", "hip") for turn in ("yaw", "pitch", "roll")},
    **{f"{word}_{turn}": "neck" for word in ("neck", "head") for turn in ("yaw", "pitch", "roll", "pan", "tilt")},
    **dict.fromkeys(("torso", "waist", "spine"), "torso"),
}
"""Part by the joint's name without a side; a hip without a side is the only one, below the torso."""
_ARM_PARTS = {
    **{f"shoulder_{turn}": "shoulder" for turn in ("pitch", "roll", "yaw", "pan", "lift")},
    **dict.fromkeys(("elbow_yaw", "upper_arm_roll", "upper_arm_yaw"), "upper arm"),  # turns the arm about itself
    **dict.fromkeys(("elbow", "elbow_pitch", "elbow_roll", "elbow_flex"), "elbow"),
    **{f"{word}_{turn}": "wrist" for word in ("forearm", "wrist") for turn in ("pitch", "roll", "yaw", "flex")},
    "hand": "hand",
}
"""Part by the joint's name without its side. The last shoulder joint carries the upper arm, the elbow the forearm."""


def robot_names() -> list[str]:
    """Names that `load_model` knows."""
    return sorted(path.stem for path in resource_path("config/robots").glob("*.yaml"))


def load_model(name_or_path: str) -> RobotModel:
    """Load a robot by name ("wren") or from a URDF file.

    Raises:
        UnknownName: neither a known robot nor an existing file; lists the known robots.
        InvalidModel: the description cannot be used; says why and what would have worked.
    """
    names = robot_names()
    if name_or_path in names:
        settings_path = resource_path(f"config/robots/{name_or_path}.yaml")
        settings = _read_settings(settings_path)
        if "urdf" not in settings:
            raise InvalidModel(f"{settings_path}: needs a line 'urdf: PATH'.")
        return _build(name_or_path, _urdf_of(settings["urdf"], settings_path), settings, str(settings_path))
    path = Path(name_or_path).expanduser()
    if not (path.exists() or path.suffix or "/" in name_or_path):
        raise UnknownName("robot", name_or_path, names)
    if path.is_dir():
        raise InvalidModel(f"'{path}' is a folder. Give a .urdf file, or a known robot: {', '.join(names)}.")
    beside = path.with_suffix(".yaml")
    settings = _read_settings(beside) if beside.is_file() else {}
    return _build(path.stem, path, settings, str(beside) if beside.is_file() else str(path))


def robot_description(name: str) -> str:
    """The one line that a known robot's settings say about it."""
    return str(_read_settings(resource_path(f"config/robots/{name}.yaml")).get("description", ""))


@lru_cache(maxsize=8)
def _parsed(urdf_xml: str) -> UrdfTree:
    return parse_urdf(urdf_xml)


def tree_of(model: RobotModel) -> UrdfTree:
    """The links and joints behind a model (parsed once; do not change it)."""
    return _parsed(model.urdf_xml)


def _urdf_of(relative: str, settings_path: Path) -> Path:
    beside = settings_path.parent / relative
    return beside if beside.is_file() else resource_path(relative)


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidModel(
            f"cannot read robot settings '{path}': {error}. It must be YAML; see config/robots/wren.yaml."
        ) from None
    if not isinstance(settings, dict):
        raise InvalidModel(f"robot settings '{path}' must hold 'key: value' lines; see config/robots/wren.yaml.")
    unknown = sorted(set(settings) - KNOWN_KEYS)
    if unknown:
        raise InvalidModel(f"{path}: unknown setting '{unknown[0]}'. Known: {', '.join(sorted(KNOWN_KEYS))}.")
    return settings


def _build(name: str, path: Path, settings: dict[str, Any], source: str) -> RobotModel:
    text = read_urdf_text(path)
    tree = parse_urdf(text, str(path))
    if not tree.actuated:
        raise InvalidModel(f"{path}: has no movable joint (revolute, continuous or prismatic).")
    limits = _Patterns(settings.get("limits"), tree, f"{source}: limits")
    acceleration = _Patterns(settings.get("max_acceleration"), tree, f"{source}: max_acceleration")
    lower, upper, velocity = _limits(tree, limits, str(path))
    limbs = settings.get("limbs")
    return RobotModel(
        name=name,
        urdf_xml=resolve_meshes(text, path.resolve().parent, str(path), resource_roots()),
        joint_names=tree.actuated,
        lower=lower,
        upper=upper,
        max_velocity=velocity,
        max_acceleration=np.array(
            [
                float(acceleration.of(j, v / DEFAULT_SECONDS_TO_SPEED))
                for j, v in zip(tree.actuated, velocity, strict=True)
            ]
        ),
        rest=_rest(tree, settings.get("rest") or {}, lower, upper, source),
        limbs=_with_links(_limb_map(limbs, tree, source), tree) if limbs else guess_limbs(tree),
    )


class _Patterns:
    """Settings by shell pattern over joint names; the first that fits counts, and each must fit something."""

    def __init__(self, table: Any, tree: UrdfTree, source: str):
        self.table: dict[str, Any] = table or {}
        for pattern in self.table:
            if not any(fnmatchcase(name, pattern) for name in tree.joints):
                raise InvalidModel(f"{source}: '{pattern}' fits no joint. Joints: {', '.join(tree.actuated)}.")

    def of(self, joint: str, default: Any) -> Any:
        return next((v for p, v in self.table.items() if fnmatchcase(joint, p)), default)


def _limits(tree: UrdfTree, given: _Patterns, source: str) -> tuple[Array, Array, Array]:
    """Lower, upper, velocity per actuated joint; the settings' limits replace the URDF's."""
    rows, missing = [], []
    for name in tree.actuated:
        joint = tree.joints[name]
        row = _joint_limits(joint, given.of(name, {}) or {})
        rows.append(row)
        if any(v is None for v in row) or row[2] <= 0:  # type: ignore[operator]
            missing.append(name)
        elif row[0] > row[1]:  # type: ignore[operator]
            raise InvalidModel(f"{source}: joint '{name}' has lower limit {row[0]} above upper limit {row[1]}.")
    if missing:
        raise InvalidModel(
            f"{source}: no position or velocity limits for {', '.join(missing)}. Add "
            "<limit lower= upper= velocity= effort=> to each, or 'limits: {PATTERN: {lower: , upper: , velocity: }}' "
            "to the robot's .yaml."
        )
    lower, upper, velocity = np.array(rows, dtype=float).T
    return lower, upper, velocity


def _joint_limits(joint: Joint, given: dict[str, float]) -> tuple[float | None, float | None, float | None]:
    turn = math.pi if joint.kind == "continuous" else None
    lower = given.get("lower", joint.lower if turn is None else -turn)
    upper = given.get("upper", joint.upper if turn is None else turn)
    return lower, upper, given.get("velocity", joint.velocity)


def _rest(tree: UrdfTree, given: dict[str, float], lower: Array, upper: Array, source: str) -> Array:
    for joint in given:
        if joint not in tree.actuated:
            raise UnknownName(f"joint in {source}: rest", joint, tree.actuated)
    rest = np.array([float(given.get(name, 0.0)) for name in tree.actuated])
    return np.clip(rest, lower, upper)


def _limb_map(table: dict[str, Any], tree: UrdfTree, source: str) -> LimbMap:
    values = dict(table)
    for side in ("left_arm", "right_arm"):
        if values.get(side):
            values[side] = _typed(Arm, {k: _plain(v) for k, v in values[side].items()}, source)
    limbs: LimbMap = _typed(LimbMap, {k: _plain(v) for k, v in values.items()}, source)
    joints, links = _named_in(limbs)
    for joint in joints:
        if joint not in tree.actuated:
            raise UnknownName(f"joint in {source}: limbs", joint, tree.actuated)
    for link in links:
        if link not in tree.links:
            raise UnknownName(f"link in {source}: limbs", link, tree.links)
    return limbs


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _typed(kind: Any, values: dict[str, Any], source: str) -> Any:
    try:
        return kind(**values)
    except TypeError as error:
        raise InvalidModel(f"{source}: limbs: {error}; see config/robots/wren.yaml.") from None


def _named_in(limbs: LimbMap) -> tuple[list[str], list[str]]:
    joints = [*limbs.torso, *limbs.neck]
    links = [n for n in (limbs.base_link, limbs.chest_link, limbs.head_link, limbs.camera_link, limbs.screen_link) if n]
    for arm in (limbs.left_arm, limbs.right_arm):
        if arm is not None:
            joints += [*arm.joints, *arm.hand_joints]
            links += [arm.upper_arm_link, arm.forearm_link, arm.hand_link]
    return joints, links


def guess_limbs(tree: UrdfTree) -> LimbMap:
    """The limb map of a robot whose joints have usual names (see `_role`); parts with other names stay empty."""
    role_of = {name: role for name in tree.actuated if (role := _role(tree.joints[name]))}
    torso, neck = (tuple(name for name, role in role_of.items() if role == ("", part)) for part in ("torso", "neck"))
    limbs = LimbMap(
        base_link=tree.root,
        torso=torso,
        neck=neck,
        chest_link=tree.joints[torso[-1]].child if torso else "",
        head_link=tree.joints[neck[-1]].child if neck else "",
        screen_link="screen_link" if "screen_link" in tree.links else "",
        left_arm=_guess_arm(tree, "left", role_of),
        right_arm=_guess_arm(tree, "right", role_of),
    )
    return _with_links(limbs, tree)


def _with_links(limbs: LimbMap, tree: UrdfTree) -> LimbMap:
    """Chest, head and camera filled in where they are empty.

    The chest falls back to the base, the head to a link named head, else to the chest. The camera is a camera's
    optical frame (z forward, x right), else the head link: then its place is about right, but its axes are those of
    a body link (x forward, z up on most robots), so read only the position from it.
    """
    chest = limbs.chest_link or limbs.base_link
    named = (link for link in tree.links if _words(link) in (["head"], ["head", "link"]))
    head = limbs.head_link or next(named, chest)
    optical = (link for link in tree.links if "camera" in link.lower() and link.lower().endswith("optical_frame"))
    camera = "camera_optical_frame" if "camera_optical_frame" in tree.links else next(optical, head)
    return replace(limbs, chest_link=chest, head_link=head, camera_link=limbs.camera_link or camera)


def _words(name: str) -> list[str]:
    """Lower-case words of a name: LShoulderPitch, l_shoulder_pitch -> l, shoulder, pitch."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return [word for word in re.split(r"[^a-z0-9]+", split.lower()) if word]


def _role(joint: Joint) -> tuple[str, str] | None:
    """Side ("left", "right" or "") and part that a joint's name tells; None for other names and for sliding joints.

    The side may stand anywhere in the name as left, right, l or r, and the word joint is passed over.
    """
    words = [word for word in _words(joint.name) if word != "joint"]
    sides = [_SIDES[word] for word in words if word in _SIDES]
    part = "_".join(word for word in words if word not in _SIDES)
    if len(sides) > 1 or joint.kind == "prismatic":
        return None
    if sides:
        return (sides[0], _ARM_PARTS[part]) if part in _ARM_PARTS else None
    return ("", _BODY_PARTS[part]) if part in _BODY_PARTS else None


def _guess_arm(tree: UrdfTree, side: str, role_of: dict[str, tuple[str, str]]) -> Arm | None:
    part_of = {name: part for name, (its_side, part) in role_of.items() if its_side == side}
    joints = tuple(name for name, part in part_of.items() if part != "hand")
    shoulder, elbow = ([name for name in joints if part_of[name] == part] for part in ("shoulder", "elbow"))
    if not shoulder or not elbow:
        return None
    end = tree.joints[joints[-1]].child
    if joints[-1] == elbow[-1]:  # no wrist joint: the link after the forearm shows where the forearm points
        end = next((joint.child for joint in tree.joints.values() if joint.parent == end), end)
    return Arm(
        joints,
        upper_arm_link=tree.joints[shoulder[-1]].child,
        forearm_link=tree.joints[elbow[-1]].child,
        hand_link=end,
        hand_joints=tuple(name for name, part in part_of.items() if part == "hand"),
    )
