"""From a robot's name or URDF path to the `RobotModel` that the stages use.

A known robot is a file config/robots/NAME.yaml: the URDF, the limb map, the acceleration limits that a URDF cannot
hold, the rest pose, and limits the URDF leaves out. A URDF path takes the same settings from a .yaml of the same name
beside it; without one, the limb map is read from joint names that follow the convention (`left_shoulder_pitch`, ...).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
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
_ARM_JOINTS = ("shoulder_pitch", "shoulder_roll", "shoulder_yaw", "elbow", "forearm_yaw", "wrist_pitch", "wrist_roll")


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
        limbs=_limb_map(limbs, tree, source) if limbs else guess_limbs(tree),
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
    """The limb map of a robot whose joints are named by the convention; parts with other names stay empty."""
    torso = _present(tree, ("torso_yaw", "torso_roll", "torso_pitch"))
    neck = _present(tree, ("neck_yaw", "neck_pitch", "neck_roll"))
    return LimbMap(
        base_link=tree.root,
        torso=torso,
        neck=neck,
        chest_link=tree.joints[torso[-1]].child if torso else tree.root,
        head_link=tree.joints[neck[-1]].child if neck else "",
        camera_link="camera_optical_frame" if "camera_optical_frame" in tree.links else "",
        screen_link="screen_link" if "screen_link" in tree.links else "",
        left_arm=_guess_arm(tree, "left"),
        right_arm=_guess_arm(tree, "right"),
    )


def _guess_arm(tree: UrdfTree, side: str) -> Arm | None:
    joints = _present(tree, tuple(f"{side}_{part}" for part in _ARM_JOINTS))
    shoulder = [j for j in joints if "shoulder" in j]
    if not shoulder or f"{side}_elbow" not in joints:
        return None
    child = {j: tree.joints[j].child for j in joints}
    return Arm(
        joints,
        upper_arm_link=child[shoulder[-1]],
        forearm_link=child[f"{side}_elbow"],
        hand_link=child[joints[-1]],
        hand_joints=_present(tree, (f"{side}_hand",)),
    )


def _present(tree: UrdfTree, names: Iterable[str]) -> tuple[str, ...]:
    wanted = set(names)
    return tuple(name for name in tree.actuated if name in wanted)
