"""Speed of the palms: how fast they may move now, how to slow down in time, and whether a path keeps the limit.

The speed is that of the palm's centre in the robot's base, measured as displacement per tick by forward kinematics.
"""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.control.config import ControlConfig
from gesture_robot.datatypes import Arm, RobotModel
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import tree_of

_HEADROOM = 0.97
_LEAVE_FACTOR = 1.1


class SpeedLimit:
    """The limit in force: it falls when a person comes near or pictures stay away, and rises again slowly."""

    def __init__(self, config: ControlConfig):
        self._config = config
        self.now_mps = config.max_hand_speed_mps
        self.reason = ""

    def update(self, nearest_person_m: float | None, perception_age_s: float) -> float:
        """One tick; NaN counts as near and as stale. Returns the limit [m/s]."""
        config = self._config
        leave_m = config.near_person_m * (_LEAVE_FACTOR if self.reason == "person near" else 1.0)
        if not perception_age_s <= config.stale_s:
            self.reason = "no picture"
        elif nearest_person_m is not None and not nearest_person_m >= leave_m:
            self.reason = "person near"
        else:
            self.reason = ""
        goal = min(config.near_hand_speed_mps, config.max_hand_speed_mps) if self.reason else config.max_hand_speed_mps
        fall, rise = config.speed_fall_mps2 * config.tick_s, config.speed_rise_mps2 * config.tick_s
        self.now_mps += float(np.clip(goal - self.now_mps, -fall, rise))
        return self.now_mps


class HandSpeed:
    """Palm speeds of one robot."""

    def __init__(self, model: RobotModel, tick_s: float):
        arms = [arm for arm in (model.limbs.left_arm, model.limbs.right_arm) if arm is not None]
        self._kinematics, self._tick_s = Kinematics(model), tick_s
        self._links = tuple(arm.hand_link for arm in arms)
        self._centres = [_palm_centre(model, arm) for arm in arms]
        own = np.array([[name in (*arm.joints, *arm.hand_joints) for name in model.joint_names] for arm in arms])
        self._own = own.reshape(len(arms), len(model.joint_names)).astype(bool)
        self._reach = np.array(
            [_reach(model, arm.hand_link, float(np.linalg.norm(c))) for arm, c in zip(arms, self._centres, strict=True)]
        ).reshape(self._own.shape)
        self._shared = (self._reach > 0).any(axis=0) & ~self._own.any(axis=0)

    def palms(self, positions: Array) -> Array:
        """(..., hands, 3) [m] palm centres in the base at positions (..., J)."""
        if not self._links:
            return np.zeros((*np.shape(positions)[:-1], 0, 3))
        poses = self._kinematics.link_poses(positions, self._links)
        return np.stack(
            [
                poses[link][..., :3, :3] @ centre + poses[link][..., :3, 3]
                for link, centre in zip(self._links, self._centres, strict=True)
            ],
            axis=-2,
        )

    def speeds(self, positions: Array) -> Array:
        """(n, hands) [m/s] between the ticks of a path (n + 1, J)."""
        return np.asarray(np.linalg.norm(np.diff(self.palms(positions), axis=0), axis=-1) / self._tick_s)

    def slow_down(self, position: Array, velocity: Array, limit_mps: float) -> Array:
        """(J,) factors in [0, 1] for the wished joint velocities, so that no palm is wished faster than the limit."""
        factors = np.ones(len(position))
        if not ((self._reach @ np.abs(velocity)) > _HEADROOM * limit_mps).any():
            return factors
        limit = _HEADROOM * limit_mps
        shared = np.where(self._shared, velocity, 0.0)
        ways = self.palms(position + self._tick_s * np.stack([0.0 * velocity, shared, velocity]))
        carried, whole = (ways[1] - ways[0]) / self._tick_s, (ways[2] - ways[0]) / self._tick_s
        both = float(np.minimum(1.0, limit / np.maximum(np.linalg.norm(whole, axis=-1), 1e-9)).min())
        factors[self._shared] = both
        for hand, own in enumerate(self._own):
            factors[own] = _largest_share(both * carried[hand], whole[hand] - carried[hand], limit)
        return factors

    def too_fast(self, positions: Array, velocities: Array, limit_mps: float) -> Array:
        """(J,) bool: joints that move a palm which exceeds the limit somewhere on the path (n + 1, J)."""
        suspect = ((np.abs(velocities) @ self._reach.T) > limit_mps).any(axis=0)
        if not suspect.any():
            return np.zeros(positions.shape[1], bool)
        fast = (self.speeds(positions) > limit_mps).any(axis=0)
        return np.asarray((self._reach[fast] > 0).any(axis=0))


def _largest_share(carried: Array, own: Array, limit: float) -> float:
    """Largest s in [0, 1] with |carried + s own| <= limit."""
    a, b, c = float(own @ own), float(carried @ own), float(carried @ carried) - limit**2
    if a + 2.0 * b + c <= 0.0 or a < 1e-12:
        return 1.0
    root = b * b - a * c
    return float(np.clip((-b + np.sqrt(root)) / a, 0.0, 1.0)) if root > 0.0 else 0.0


def _palm_centre(model: RobotModel, arm: Arm) -> Array:
    """(3,) [m] in the hand link: half way to where the fingers begin, its origin where there are none."""
    joint = tree_of(model).joints.get(arm.hand_joints[0]) if arm.hand_joints else None
    if joint is None or joint.parent != arm.hand_link:
        return np.zeros(3)
    return np.asarray(0.5 * joint.parent_from_joint[:3, 3])


def _reach(model: RobotModel, link: str, beyond_m: float) -> Array:
    """(J,) largest distance of a palm from each joint that carries it; a sliding joint counts 1."""
    tree, reach, found = tree_of(model), beyond_m, np.zeros(len(model.joint_names))
    while link != tree.root:
        joint = tree.joints[tree.parent_joint[link]]
        if joint.name in model.joint_names:
            row = model.joint_names.index(joint.name)
            slides = joint.kind == "prismatic"
            found[row] = 1.0 if slides else reach
            reach += max(abs(model.lower[row]), abs(model.upper[row])) if slides else 0.0
        reach += float(np.linalg.norm(joint.parent_from_joint[:3, 3]))
        link = joint.parent
    return found
