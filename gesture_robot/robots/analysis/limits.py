"""Limits of every actuated joint: the URDF's where they are sane, stated defaults where they are not.

A velocity that is absent, zero or beyond what such a joint can do (a placeholder: 32, 100 and 10,000 rad/s are found
in robots' own files) is replaced by that of the same joint of the other arm where this one is sane, else by the
default of its part. Continuous joints get one turn, later centred at the neutral pose.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.errors import InvalidModel
from gesture_robot.robots.urdf_types import Joint, UrdfTree

MOST_RAD_S, MOST_M_S = 20.0, 1.0
"""Faster than any joint of a social robot's body; URDFs that say so hold placeholders."""
DEFAULT_SPEED = {"torso": 2.5, "neck": 5.0, "arm": 6.0, "hand": 8.0, "face": 12.0, "": 6.0}
"""[rad/s] by part."""
DEFAULT_SLIDE_M_S = 0.1
_MOST_RANGE_RAD = 4.0 * math.pi


@dataclass(frozen=True)
class JointLimits:
    """All (J,) in the order of `UrdfTree.actuated` [rad or m, seconds]."""

    lower: Array
    upper: Array
    velocity: Array
    notes: tuple[str, ...]


def joint_limits(
    tree: UrdfTree,
    source: str,
    part_of: Mapping[str, str] | None = None,
    partner: Mapping[str, str] | None = None,
    given: Mapping[str, Mapping[str, float]] | None = None,
) -> JointLimits:
    """Limits with every assumption noted.

    Args:
        tree: the robot.
        source: what to call it in messages.
        part_of: joint -> key of DEFAULT_SPEED.
        partner: joint -> the same joint of the other arm.
        given: joint -> lower, upper or velocity to be taken as they are.

    Raises:
        InvalidModel: a lower limit above its upper limit.
    """
    parts, others = part_of or {}, partner or {}
    ranges: list[tuple[float, float]] = []
    speeds: list[float] = []
    notes: list[str] = []
    changed: dict[tuple[float | None, float], list[str]] = {}
    for name in tree.actuated:
        joint, known = tree.joints[name], (given or {}).get(name, {})
        low, high, said = _range(joint, known, source)
        ranges.append((low, high))
        notes += [said] if said else []
        speed = known.get("velocity", _sane(joint))
        if speed is None:
            other = _sane(tree.joints[others[name]]) if name in others else None
            speed = _default(joint, parts.get(name, "")) if other is None else other
            changed.setdefault((joint.velocity or None, speed), []).append(name)
        elif speed <= 0.0:
            raise InvalidModel(f"{source}: joint '{name}' has velocity limit {speed:g}; give a positive one.")
        speeds.append(speed)
    for (written, used), names in changed.items():
        what = "no velocity limit" if not written else f"velocity limit {written:g}, which no such joint reaches"
        notes.append(f"{', '.join(names)}: {what}; {used:g} assumed.")
    lower, upper = np.array(ranges, float).reshape(-1, 2).T
    return JointLimits(lower, upper, np.array(speeds, float), tuple(notes))


def _sane(joint: Joint) -> float | None:
    """The URDF's velocity limit; None where it cannot be one."""
    most = MOST_M_S if joint.kind == "prismatic" else MOST_RAD_S
    return joint.velocity if joint.velocity is not None and 0.0 < joint.velocity <= most else None


def _default(joint: Joint, part: str) -> float:
    return DEFAULT_SLIDE_M_S if joint.kind == "prismatic" else DEFAULT_SPEED[part]


def _range(joint: Joint, known: Mapping[str, float], source: str) -> tuple[float, float, str]:
    """Lower, upper and what was assumed."""
    low, high, name = known.get("lower", joint.lower), known.get("upper", joint.upper), joint.name
    if joint.kind == "continuous" and not known.keys() & {"lower", "upper"}:
        return -math.pi, math.pi, ""
    if low is None and high is None:
        if joint.kind == "prismatic":
            return 0.0, 0.0, f"{name}: a sliding joint without limits; held at 0."
        return -math.pi, math.pi, f"{name}: no position limits; -pi to pi assumed."
    low, high = (0.0 if low is None else low), (0.0 if high is None else high)  # what the format says of one alone
    if low > high:
        raise InvalidModel(f"{source}: joint '{name}' has lower limit {low:g} above upper limit {high:g}.")
    if not known and joint.kind == "revolute" and high - low > _MOST_RANGE_RAD:
        return -math.pi, math.pi, f"{name}: position limits {low:g} to {high:g} are no range; -pi to pi assumed."
    return low, high, ""
