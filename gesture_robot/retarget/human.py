"""What retargeting needs from a human pose: orientations and limb directions in REP-103 axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.body.skeleton import OFFSETS, forward_kinematics, joint_index
from gesture_robot.checks import Array
from gesture_robot.retarget.axes import base_from_smplx

_CHEST, _HEAD = joint_index("spine3"), joint_index("head")
_ARM = {
    side: tuple(joint_index(f"{side}_{part}") for part in ("shoulder", "elbow", "wrist")) for side in ("left", "right")
}
_CURL_FULL_RAD = 4.0
"""Sum of a finger's three angles with the hand closed."""
SIDES = ("left", "right")


def _hand_directions(side: str) -> tuple[Array, Array]:
    """(3,) to the knuckle of the middle finger, and out of the palm, which faces down at the zero pose."""
    knuckle = base_from_smplx(OFFSETS[joint_index(f"{side}_middle1")])
    knuckle = knuckle / np.linalg.norm(knuckle)
    palm = np.array([0.0, 0.0, -1.0]) + knuckle[2] * knuckle
    return knuckle, palm / np.linalg.norm(palm)


_HAND = {side: _hand_directions(side) for side in SIDES}


@dataclass(frozen=True, slots=True, eq=False)
class HumanArm:
    """One arm over T frames, directions unit and in the chest frame (x forward, y left, z up)."""

    upper: Array
    """(T, 3) shoulder to elbow."""
    fore: Array
    """(T, 3) elbow to wrist."""
    fingers: Array
    """(T, 3) wrist to the knuckle of the middle finger."""
    palm: Array
    """(T, 3) where the palm faces."""
    closed: Array
    """(T,) 0 open, 1 fist."""


@dataclass(frozen=True, slots=True, eq=False)
class HumanPose:
    """A body over T frames."""

    base_from_chest: Array
    """(T, 3, 3)"""
    base_from_head: Array
    """(T, 3, 3) x out of the face."""
    arms: dict[str, HumanArm]


def measure(rotations: Array) -> HumanPose:
    """Forward kinematics of rotations (T, 55, 3) in SMPL-X axes, seen with the robot's axes.

    The pelvis orientation counts: a body that faces forward has the pelvis' z axis along the robot's x axis.
    """
    positions, orientations = forward_kinematics(rotations, fingers=False)
    positions = base_from_smplx(positions)
    turned = base_from_smplx(orientations[:, [_CHEST, _HEAD, _ARM["left"][2], _ARM["right"][2]]], orientation=True)
    chest = turned[:, 0]
    arms = {side: _arm(side, positions, chest, turned[:, 2 + row], rotations) for row, side in enumerate(SIDES)}
    return HumanPose(chest, turned[:, 1], arms)


def _arm(side: str, positions: Array, chest: Array, hand: Array, rotations: Array) -> HumanArm:
    shoulder, elbow, wrist = (positions[:, j] for j in _ARM[side])
    first = 25 if side == "left" else 40
    curls = rotations[:, first : first + 12, 2] * (
        -1.0 if side == "left" else 1.0
    )  # the thumb comes last and is left out
    knuckle, palm = _HAND[side]
    return HumanArm(
        _seen_from(chest, _unit(elbow - shoulder)),
        _seen_from(chest, _unit(wrist - elbow)),
        _seen_from(chest, hand @ knuckle),
        _seen_from(chest, hand @ palm),
        np.clip(curls.reshape(len(curls), 4, 3).sum(axis=-1).mean(axis=-1) / _CURL_FULL_RAD, 0.0, 1.0),
    )


def _seen_from(frames: Array, vectors: Array) -> Array:
    return np.asarray(np.einsum("tji,tj->ti", frames, vectors))


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))
