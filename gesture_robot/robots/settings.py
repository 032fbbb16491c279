"""A robot's settings file: config/robots/NAME.yaml, or one in the user's folder, or one beside a URDF.

Its keys are the names of the fields they fill: `limbs` of LimbMap and Arm, `rest`, `limits`, `max_acceleration`,
`max_jerk` and `may_touch` of RobotModel, joints by name or by shell pattern (the first that fits counts).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from gesture_robot.checks import Array
from gesture_robot.datatypes import Arm, FaceJoint, Finger, LimbMap
from gesture_robot.errors import InvalidModel, UnknownName
from gesture_robot.resources import checkout_root, resource_path, resource_roots
from gesture_robot.robots.collada import CHOICES
from gesture_robot.robots.urdf_packages import required_file
from gesture_robot.robots.urdf_types import UrdfTree

FOLDER = Path("config") / "robots"
KNOWN_KEYS = frozenset(
    "urdf collada_up_axis description limits max_acceleration max_jerk rest limbs may_touch notes".split()
)
_VECTORS = ("shoulder_m", "elbow_m", "wrist_m", "finger_axis", "palm_axis", "palm_m")


@dataclass(frozen=True)
class Settings:
    """What a file says; `path` is None and `values` empty where there is none."""

    values: dict[str, Any]
    path: Path | None = None

    def get(self, key: str, default: Any = None) -> Any:
        """A setting, or the default where it is absent or empty."""
        value = self.values.get(key)
        return default if value is None else value


def settings_folders() -> list[Path]:
    """Folders of robot files, first match wins: those that come with the package, then the user's own."""
    shipped = [root / FOLDER for root in resource_roots() if (root / FOLDER).is_dir()]
    return list(dict.fromkeys([*shipped, user_folder()]))


def user_folder() -> Path:
    """Where a user's own robot files live: ~/.config/gesture_robot/robots, or under XDG_CONFIG_HOME."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "gesture_robot" / "robots"


def writing_folder() -> Path:
    """Where a new robot's file goes: config/robots of a source checkout, else the user's folder."""
    root = checkout_root()
    return user_folder() if root is None else root / FOLDER


def settings_files() -> dict[str, Path]:
    """Robot name -> its file."""
    found: dict[str, Path] = {}
    for folder in settings_folders():
        for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def read_settings(path: Path) -> Settings:
    """Read a file; raises InvalidModel when it is not YAML or holds an unknown key."""
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidModel(
            f"cannot read robot settings '{path}': {error}. It must be YAML; see config/robots/wren.yaml."
        ) from None
    if not isinstance(values, dict):
        raise InvalidModel(f"robot settings '{path}' must hold 'key: value' lines; see config/robots/wren.yaml.")
    unknown = sorted(str(key) for key in set(values) - KNOWN_KEYS)
    if unknown:
        raise InvalidModel(f"{path}: unknown setting '{unknown[0]}'. Known: {', '.join(sorted(KNOWN_KEYS))}.")
    return Settings(values, path)


def urdf_of(settings: Settings) -> Path:
    """The description that a file names: beside it, in the package's data, absolute, or in another package."""
    path, name = settings.path, settings.get("urdf")
    if path is None or not name:
        raise InvalidModel(f"{path}: needs a line 'urdf: PATH'.")
    if str(name).startswith("package://"):
        return required_file(str(name), str(path))
    beside = path.parent / Path(str(name)).expanduser()
    return beside if beside.is_file() else resource_path(str(name))


def up_axis_of(settings: Settings) -> str | None:
    """Whether the up axis of COLLADA files is applied or ignored; None: as the robot's shapes tell."""
    choice = settings.get("collada_up_axis")
    if choice is not None and choice not in CHOICES:
        raise UnknownName(f"choice in {settings.path}: collada_up_axis", str(choice), CHOICES)
    return None if choice is None else str(choice)


def per_joint(settings: Settings, key: str, tree: UrdfTree, defaults: Array) -> Array:
    """(J,) numbers by joint name or pattern, `defaults` (J,) elsewhere; each pattern must fit a joint."""
    table = _table(settings, key, tree)
    rows = zip(tree.actuated, defaults, strict=True)
    return np.array([_number(_first(table, n, d), f"{settings.path}: {key}: {n}") for n, d in rows])


def limit_table(settings: Settings, tree: UrdfTree) -> dict[str, dict[str, float]]:
    """Joint -> the limits given for it, of lower, upper and velocity."""
    table = _table(settings, "limits", tree)
    given = {name: _first(table, name, None) for name in tree.actuated}
    for name, row in given.items():
        if row is not None and (not isinstance(row, dict) or set(row) - {"lower", "upper", "velocity"}):
            raise InvalidModel(f"{settings.path}: limits: {name}: give lower, upper and velocity, got {row}.")
    return {
        name: {key: _number(value, f"{settings.path}: limits: {name}: {key}") for key, value in row.items()}
        for name, row in given.items()
        if row is not None
    }


def _table(settings: Settings, key: str, tree: UrdfTree) -> dict[str, Any]:
    table = settings.get(key, {})
    if not isinstance(table, dict):
        raise InvalidModel(f"{settings.path}: {key} must hold 'JOINT: value' lines, got {table!r}.")
    for pattern in table:
        if not any(fnmatchcase(name, str(pattern)) for name in tree.joints):
            raise InvalidModel(
                f"{settings.path}: {key}: '{pattern}' fits no joint. Joints: {', '.join(tree.actuated)}."
            )
    return {str(pattern): value for pattern, value in table.items()}


def _first(table: dict[str, Any], joint: str, default: Any) -> Any:
    return next((v for p, v in table.items() if fnmatchcase(joint, p)), default)


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.floating)):
        raise InvalidModel(f"{where} must be a number, got {value!r}.")
    return float(value)


def rest_table(settings: Settings, tree: UrdfTree) -> dict[str, float]:
    """Joint -> rest position."""
    given = settings.get("rest", {})
    for joint in given:
        if joint not in tree.actuated:
            raise UnknownName(f"joint in {settings.path}: rest", str(joint), tree.actuated)
    return {joint: _number(value, f"{settings.path}: rest: {joint}") for joint, value in given.items()}


def touching_pairs(settings: Settings, tree: UrdfTree) -> tuple[tuple[str, str], ...]:
    """Pairs of links."""
    pairs = []
    for pair in settings.get("may_touch", []):
        if not isinstance(pair, list) or len(pair) != 2:
            raise InvalidModel(f"{settings.path}: may_touch: each entry is [LINK, LINK], got {pair!r}.")
        for link in pair:
            if link not in tree.links:
                raise UnknownName(f"link in {settings.path}: may_touch", str(link), tree.links)
        pairs.append((str(pair[0]), str(pair[1])))
    return tuple(pairs)


def limb_map(settings: Settings, tree: UrdfTree) -> LimbMap:
    """The limb map a file holds, every name checked."""
    source = str(settings.path)
    values = {key: _plain(value) for key, value in settings.get("limbs").items()}
    for side in ("left_arm", "right_arm"):
        if values.get(side):
            values[side] = _arm(dict(values[side]), f"{source}: {side}")
    values["face"] = tuple(_typed(FaceJoint, dict(row), source) for row in values.get("face") or ())
    limbs: LimbMap = _typed(LimbMap, values, source)
    joints, links = _named_in(limbs)
    for joint in joints:
        if joint not in tree.actuated:
            raise UnknownName(f"joint in {source}: limbs", joint, tree.actuated)
    for link in links:
        if link not in tree.links:
            raise UnknownName(f"link in {source}: limbs", link, tree.links)
    return limbs


def _arm(values: dict[str, Any], source: str) -> Arm:
    fingers = tuple(
        _typed(Finger, {k: _plain(v) for k, v in dict(row).items()}, source) for row in values.get("fingers") or ()
    )
    arm: Arm = _typed(Arm, {k: _plain(v) for k, v in values.items()} | {"fingers": fingers}, source)
    for name in _VECTORS:
        vector = getattr(arm, name)
        if vector is not None and np.shape(vector) != (3,):
            raise InvalidModel(f"{source}: {name} must be three numbers, got {vector}.")
    return arm


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _typed(kind: Any, values: dict[str, Any], source: str) -> Any:
    try:
        return kind(**values)
    except TypeError as error:
        raise InvalidModel(f"{source}: limbs: {error}; see config/robots/wren.yaml.") from None


def _named_in(limbs: LimbMap) -> tuple[list[str], list[str]]:
    joints = [*limbs.torso, *limbs.neck, *(row.joint for row in limbs.face)]
    links = [n for n in (limbs.base_link, limbs.chest_link, limbs.head_link, limbs.camera_link, limbs.screen_link) if n]
    for arm in (limbs.left_arm, limbs.right_arm):
        if arm is not None:
            joints += [*arm.joints, *arm.hand_joints, *(name for finger in arm.fingers for name in finger.joints)]
            links += [arm.upper_arm_link, arm.forearm_link, arm.hand_link]
    return joints, links
