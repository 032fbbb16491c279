"""Puts arms, hands, torso and head together into SMPL-X body motion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gesture_robot.body.skeleton import LEFT_HAND, RIGHT_HAND, joint_index
from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion
from gesture_robot.gesture.arm_ik import ArmPath, invert_arm, mirrored, solve_arm, twist_for_palm
from gesture_robot.gesture.hands import finger_rotations, shape

FPS = 30.0
CHANNELS = 13
WRIST, TWIST, SWIVEL, BEND, FINGERS = slice(0, 3), 3, 4, slice(5, 7), slice(7, 13)
_LEFT_ARM = [joint_index(n) for n in ("left_collar", "left_shoulder", "left_elbow", "left_wrist")]
_RIGHT_ARM = [joint_index(n) for n in ("right_collar", "right_shoulder", "right_elbow", "right_wrist")]
SPINE = [joint_index(n) for n in ("spine1", "spine2", "spine3")]
NECK, HEAD = joint_index("neck"), joint_index("head")


def arm_key(wrist: tuple[float, float, float], palm: tuple[float, float, float], fingers: str = "relaxed", *,
            swivel: float = 0.0, flexion: float = 0.0, deviation: float = 0.0) -> Array:
    """(13,) channels of an arm keyframe; `wrist` [arm lengths] and `palm` are (out, up, forward) in the chest frame."""
    at, lifted = np.array([wrist], float), np.array([swivel], float)
    twist = twist_for_palm(at, lifted, girdle(at), np.array([palm], float))
    return np.concatenate([wrist, twist, [swivel, flexion, deviation], shape(fingers)])


def girdle(wrist: Array) -> Array:
    """(T, 2) shoulder raised and pushed forward [rad]: it rises with a raised hand and follows a reaching one."""
    raised = 0.06 * np.log1p(np.exp(4.0 * (wrist[:, 1] + 0.30)))
    return np.stack([raised, 0.34 * (wrist[:, 2] - 0.12) - 0.22 * (wrist[:, 0] - 0.15)], axis=-1)


def key_from_pose(pose: Array, side: str) -> Array:
    """(13,) channels that best describe one arm of a pose (55, 3); fingers and wrist bend as at rest."""
    arm = pose[_LEFT_ARM] if side == "left" else mirrored(pose[_RIGHT_ARM])
    key = REST_KEY.copy()
    key[WRIST], key[SWIVEL], key[TWIST] = invert_arm(arm)
    return key


REST_KEY: Array = arm_key((0.15, -0.945, 0.115), (-0.96, 0.0, -0.28), "relaxed", flexion=0.06)
"""Arm hanging, a little bent, palm to the thigh."""


@dataclass(frozen=True)
class Upper:
    """What moves besides the arms, over T frames; angles in rad, (T, 3) as pitch down, turn left, tilt right."""

    torso: Array
    head: Array
    shrug: Array
    """(T, 2) shoulders raised, left and right."""


def still(count: int) -> Upper:
    """Torso and head upright."""
    return Upper(np.zeros((count, 3)), np.zeros((count, 3)), np.zeros((count, 2)))


def compose(left: Array, right: Array, upper: Upper, fps: float = FPS) -> BodyMotion:
    """(T, 13) channels of each arm and the upper body -> motion."""
    count = len(left)
    rotations = np.zeros((count, 55, 3))
    rotations[:, SPINE] = upper.torso[:, None, :] * np.array([0.30, 0.35, 0.35])[:, None]
    rotations[:, NECK], rotations[:, HEAD] = 0.45 * upper.head, 0.55 * upper.head
    rotations[:, _LEFT_ARM], rotations[:, LEFT_HAND] = _arm(left, upper.shrug[:, 0])
    right_arm, right_hand = _arm(right, upper.shrug[:, 1])
    rotations[:, _RIGHT_ARM], rotations[:, RIGHT_HAND] = mirrored(right_arm), mirrored(right_hand)
    return BodyMotion(fps=fps, rotations=rotations, root_position=np.zeros((count, 3)))


def _arm(channels: Array, shrug: Array) -> tuple[Array, Array]:
    wrist = channels[:, WRIST]
    collar = girdle(wrist)
    collar[:, 0] += shrug
    path = ArmPath(wrist, channels[:, TWIST], channels[:, SWIVEL], channels[:, BEND], collar)
    return solve_arm(path), finger_rotations(channels[:, FINGERS])


@lru_cache(maxsize=1)
def rest_pose() -> Array:
    """(55, 3) standing at ease, arms hanging, head up; read-only."""
    key = REST_KEY[None]
    return compose(key, key, still(1)).rotations[0]
