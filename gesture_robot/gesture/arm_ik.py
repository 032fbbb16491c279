"""Analytic arm: wrist target, elbow swivel and palm direction -> SMPL-X shoulder, elbow and wrist rotations.

Coordinates are side-free: (out, up, forward) in the chest frame from the shoulder's rest position, in arm lengths, so
that a mirrored gesture is the same numbers for the other arm. Everything is solved for the left arm; the right arm is
its mirror image (x -> -x, rotation vectors (x, -y, -z)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.body.rotations import cross, matrix_from_rotvec, rotvec_from_matrix
from gesture_robot.body.skeleton import ARM_LENGTH_M, FOREARM_M, OFFSETS, UPPER_ARM_M, joint_index
from gesture_robot.checks import Array

_COLLAR = OFFSETS[joint_index("left_collar")]
_SHOULDER = OFFSETS[joint_index("left_shoulder")]
SHOULDER_IN_CHEST_M: Array = _COLLAR + _SHOULDER
"""(3,) left shoulder centre in the chest (spine3) frame with the collar at rest [m]."""
PEAK_OVER_MEAN = 1.875
"""Peak over mean speed of a minimum-jerk movement."""
_ELBOW_SPEED, _SHOULDER_SPEED, _HAND_SPEED = 4.4, 3.6, 2.35  # rad/s, rad/s, arm lengths/s
_UPPER = OFFSETS[joint_index("left_elbow")] / UPPER_ARM_M
_FORE = OFFSETS[joint_index("left_wrist")] / FOREARM_M
_POLE = np.array([0.34, -0.78, -0.52])  # elbows hang down, a little out and back
_MAX_TWIST_RAD, _MAX_REACH, _MIN_REACH = 1.45, 0.985, 0.36
_SUPINATION_SIGN = -1.0  # about the left forearm's own axis the palm turns up by a negative angle


@dataclass(frozen=True)
class ArmPath:
    """One arm over T frames."""

    wrist: Array
    """(T, 3) out, up, forward from the shoulder [arm lengths]."""
    twist: Array
    """(T,) forearm twist from thumb-up neutral: positive turns the palm up (supination) [rad]."""
    swivel: Array
    """(T,) elbow raised sideways by this angle about the shoulder-wrist line [rad]."""
    bend: Array
    """(T, 2) wrist flexion (towards the palm) and radial deviation (towards the thumb) [rad]."""
    collar: Array
    """(T, 2) shoulder raised and pushed forward [rad]."""


def solve_arm(path: ArmPath) -> Array:
    """(T, 4, 3) left collar, shoulder, elbow and wrist rotations of the path; targets out of reach are drawn in."""
    collar, shoulder, elbow = _bones(path.wrist, path.swivel, path.collar)
    twist = _soft_clip(path.twist, -_MAX_TWIST_RAD, _MAX_TWIST_RAD, 0.15) * _SUPINATION_SIGN
    half = matrix_from_rotvec(0.5 * twist[:, None] * _FORE)  # the twist is shared, as radius and ulna do
    bend = matrix_from_rotvec(path.bend[:, :1] * cross(_FORE, _PALM)) @ matrix_from_rotvec(path.bend[:, 1:] * _PALM)
    return np.stack([collar, rotvec_from_matrix(shoulder), rotvec_from_matrix(elbow @ half),
                     rotvec_from_matrix(half @ bend)], axis=1)


def twist_for_palm(wrist: Array, swivel: Array, collar: Array, palm: Array) -> Array:
    """(T,) twist that turns the palm nearest to `palm` (T, 3; out, up, forward) inside the anatomical range.

    Paths interpolate the twist and not the palm direction: on the way a direction may pass along the forearm, where
    the twist is undefined.
    """
    rotvec, shoulder, elbow = _bones(wrist, swivel, collar)
    wanted = _into(shoulder @ elbow, _into(matrix_from_rotvec(rotvec), palm))
    across = wanted - (wanted @ _FORE)[:, None] * _FORE
    angle = np.arctan2(cross(_PALM, across) @ _FORE, across @ _PALM)
    return np.clip(angle * _SUPINATION_SIGN, -_MAX_TWIST_RAD, _MAX_TWIST_RAD)


def invert_arm(rotations: Array) -> tuple[Array, float, float]:
    """Wrist (3,), elbow swivel and twist of left collar, shoulder, elbow and wrist rotations (4, 3)."""
    collar, shoulder, elbow, wrist = matrix_from_rotvec(rotations)
    chest_from_upper = collar @ shoulder
    upper = chest_from_upper @ _UPPER * UPPER_ARM_M
    chest_from_fore = chest_from_upper @ elbow
    wrist_m = _COLLAR + collar @ _SHOULDER + upper + chest_from_fore @ _FORE * FOREARM_M
    place = (wrist_m - SHOULDER_IN_CHEST_M) / ARM_LENGTH_M
    line = upper + chest_from_fore @ _FORE * FOREARM_M
    line /= np.linalg.norm(line)
    pole, side = (v - (v @ line) * line for v in (_POLE, upper))
    swivel = float(np.arctan2(cross(pole, side) @ line, pole @ side)) if np.linalg.norm(side) > 0.02 else 0.0
    palm = chest_from_fore @ wrist @ _PALM
    angles = np.array([[-rotations[0, 1], rotations[0, 2]]])[:, ::-1]
    twist = twist_for_palm(place[None], np.array([swivel]), angles, palm[None])
    return place, swivel, float(twist[0])


def least_duration_s(start: Array, end: Array) -> float:
    """Shortest minimum-jerk movement between two wrist places (3,) that elbow, shoulder and hand can follow.

    Robots' arms are slower than ours; the speeds are those a small service robot reaches.
    """
    near, far = np.clip(np.linalg.norm([start, end], axis=1), 0.1, 1.0)
    elbow = abs(2.0 * np.arcsin(near) - 2.0 * np.arcsin(far))  # two equal bones: near enough
    shoulder = float(np.arccos(np.clip(start @ end / (near * far), -1.0, 1.0)))
    hand = float(np.linalg.norm(end - start))
    return float(max(elbow / _ELBOW_SPEED, shoulder / _SHOULDER_SPEED, hand / _HAND_SPEED) * PEAK_OVER_MEAN)


def mirrored(rotvecs: Array) -> Array:
    """Rotation vectors of the mirror image (left <-> right)."""
    return rotvecs * np.array([1.0, -1.0, -1.0])


def _two_bones(reach: Array, pole: Array, swivel: Array) -> tuple[Array, Array, Array]:
    """Unit upper-arm and forearm directions and the hinge axis for shoulder-to-wrist vectors (T, 3) [m]."""
    length = np.linalg.norm(reach, axis=-1)
    line = reach / np.maximum(length, 1e-6)[:, None]
    length = _soft_clip(length / ARM_LENGTH_M, _MIN_REACH, _MAX_REACH, 0.02) * ARM_LENGTH_M
    side = pole - np.einsum("ti,ti->t", pole, line)[:, None] * line
    side /= np.maximum(np.linalg.norm(side, axis=-1), 1e-6)[:, None]
    side = np.cos(swivel)[:, None] * side + np.sin(swivel)[:, None] * cross(line, side)
    along = (UPPER_ARM_M**2 + length**2 - FOREARM_M**2) / (2.0 * length)
    off = np.sqrt(np.maximum(UPPER_ARM_M**2 - along**2, 0.0))
    elbow = line * along[:, None] + side * off[:, None]
    return elbow / UPPER_ARM_M, (line * length[:, None] - elbow) / FOREARM_M, cross(side, line)


def _bones(wrist: Array, swivel: Array, collar_rad: Array) -> tuple[Array, Array, Array]:
    """Collar rotation vectors, shoulder and elbow rotation matrices (before any twist)."""
    collar = np.stack([np.zeros(len(wrist)), -collar_rad[:, 1], collar_rad[:, 0]], -1)
    chest_from_collar = matrix_from_rotvec(collar)
    shoulder_m = _COLLAR + chest_from_collar @ _SHOULDER
    reach = _into(chest_from_collar, wrist * ARM_LENGTH_M + SHOULDER_IN_CHEST_M - shoulder_m)
    upper, fore, hinge = _two_bones(reach, _into(chest_from_collar, np.broadcast_to(_POLE, reach.shape)), swivel)
    shoulder = _frame(upper, hinge) @ _REST_FRAME.T
    flexion = np.arctan2(np.einsum("ti,ti->t", cross(upper, fore), hinge), np.einsum("ti,ti->t", upper, fore))
    return collar, shoulder, matrix_from_rotvec(flexion[:, None] * _HINGE) @ _STRAIGHT


def _soft_clip(value: Array, low: float, high: float, knee: float) -> Array:
    """Clip with rounded corners, so that a path along the limit has no kink in its velocity."""
    top = np.clip((value - (high - knee)) / (2 * knee), 0, 1)
    bottom = np.clip(((low + knee) - value) / (2 * knee), 0, 1)
    inside = np.clip(value, low - knee, high + knee)
    return np.asarray(inside - knee * top**2 + knee * bottom**2)


def _frame(first: Array, second: Array) -> Array:
    """(..., 3, 3) with columns first, second and their cross product (all orthonormal)."""
    return np.stack([first, second, cross(first, second)], axis=-1)


def _into(frames: Array, vectors: Array) -> Array:
    """Express (T, 3) vectors in (T, 3, 3) frames."""
    return np.asarray(np.einsum("tji,tj->ti", frames, vectors))


def _orthogonal(vector: Array, to: Array) -> Array:
    rest: Array = vector - (vector @ to) * to
    return np.asarray(rest / np.linalg.norm(rest))


def _minimal_rotation(start: Array, end: Array) -> Array:
    axis = cross(start, end)
    sine = float(np.linalg.norm(axis))
    return matrix_from_rotvec(axis / sine * np.arctan2(sine, float(start @ end)))


_HINGE = _orthogonal(np.array([0.0, -1.0, 0.0]), _UPPER)  # at the zero pose the left elbow bends forward, about -y
_REST_FRAME = _frame(_UPPER, _HINGE)
_PALM = _orthogonal(np.array([0.0, -1.0, 0.0]), _FORE)
_STRAIGHT = _minimal_rotation(_FORE, _UPPER)  # the zero pose is not straight: forearm in line with the upper arm
