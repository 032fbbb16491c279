"""One motion on the player's timeline: when it holds which joints, and its pose at any time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gesture_robot.body.rotations import continuous_quaternions, multiply, quaternion_from_rotvec
from gesture_robot.body.skeleton import JOINT_NAMES
from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import UnknownName
from gesture_robot.gesture.curves import ease

_BRAKE_S = 0.25
_SIDES = {side: [i for i, n in enumerate(JOINT_NAMES) if n.startswith(side) and not any(
    part in n for part in ("hip", "knee", "ankle", "foot", "eye"))] for side in ("left", "right")}
MASKS: dict[str, list[int]] = {
    "all": list(range(55)),
    "left_arm": _SIDES["left"], "right_arm": _SIDES["right"], "arms": _SIDES["left"] + _SIDES["right"],
    "torso": [JOINT_NAMES.index(n) for n in ("pelvis", "spine1", "spine2", "spine3")],
    "head": [JOINT_NAMES.index(n) for n in ("neck", "head")],
}
"""Names for sets of joints; several are joined with "+"."""


def mask_weights(mask: str) -> Array:
    """(55,) ones where the mask holds. Raises UnknownName."""
    weights = np.zeros(55)
    for part in mask.split("+"):
        if part not in MASKS:
            raise UnknownName("body part", part, MASKS)
        weights[MASKS[part]] = 1.0
    return weights


@dataclass
class Layer:
    """A motion from `start_s` on; its weight eases in, holds, and eases out."""

    motion: BodyMotion
    start_s: float
    mask: Array
    begin_s: float
    """When it starts to blend in: `start_s`, or later when it was handed over late."""
    fade_in_s: float
    fade_out_s: float
    fade_out_at_s: float
    level: int = 0
    cut_at_s: float = np.inf
    """When it was interrupted."""
    cut_s: float = 0.45
    _quaternions: Array = field(init=False)
    _rates: Array = field(init=False)

    def __post_init__(self) -> None:
        q = continuous_quaternions(self.motion.rotations)
        self._quaternions, self._rates = q, np.zeros_like(q)
        self._rates[1:-1] = 0.5 * (q[2:] - q[:-2])  # Catmull-Rom; zero at both ends, where the pose is held

    @property
    def gone_s(self) -> float:
        """From here on it no longer counts."""
        return min(self.fade_out_at_s + self.fade_out_s, self.cut_at_s + self.cut_s)

    def weight(self, t_s: float) -> float:
        """0 to 1."""
        into = ease((t_s - self.begin_s) / self.fade_in_s)
        out = ease((t_s - self.fade_out_at_s) / self.fade_out_s)
        cut = ease((t_s - self.cut_at_s) / self.cut_s) if np.isfinite(self.cut_at_s) else 0.0
        return float(into * (1.0 - out) * (1.0 - cut))

    def quaternions(self, t_s: float) -> Array:
        """(55, 4) at a time, cubic between frames, first and last frame held outside."""
        q = self._quaternions
        if t_s > self.cut_at_s:  # interrupted: the motion itself comes to a stop
            left = max(1.0 - (t_s - self.cut_at_s) / _BRAKE_S, 0.0)
            t_s = self.cut_at_s + _BRAKE_S / 3.0 * (1.0 - left**3)
        at = min(max((t_s - self.start_s) * self.motion.fps, 0.0), len(q) - 1.0)
        i = min(int(at), max(len(q) - 2, 0))
        j, x = min(i + 1, len(q) - 1), at - i
        h = x * x * (3.0 - 2.0 * x)
        pose = (1.0 - h) * q[i] + h * q[j] + x * (1 - x) * ((1 - x) * self._rates[i] - x * self._rates[j])
        return np.asarray(pose / np.linalg.norm(pose, axis=-1, keepdims=True))


def apply_rotvec(quaternions: Array, joint: int, rotvec: Array) -> None:
    """Turn one joint of (55, 4) in place by a further rotation vector in its own frame."""
    quaternions[joint] = multiply(quaternions[joint], quaternion_from_rotvec(rotvec))


def farthest_rad(first: Array, second: Array, mask: Array) -> float:
    """Largest joint angle between two (55, 4) poses where the mask holds."""
    dot = np.abs(np.einsum("ji,ji->j", first, second))
    return float((2.0 * np.arccos(np.minimum(dot, 1.0)) * (mask > 0.5)).max())
