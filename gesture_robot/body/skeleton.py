"""The 55 joints of SMPL-X with average proportions of our own, and forward kinematics.

Axes: x to the body's left, y up, z forward. At the zero pose the body stands with the arms out to the sides, palms
down, thumbs forward; the limbs are not exactly along the axes, so limb directions always come from joint positions.
The proportions are those of an average adult of 1.70 m (segment lengths after Winter, Biomechanics and Motor Control
of Human Movement, table 4.1), placed by hand; no body model file was used.
"""

from __future__ import annotations

import numpy as np

from gesture_robot.body.rotations import matrix_from_rotvec
from gesture_robot.checks import Array
from gesture_robot.errors import UnknownName

_BODY = ("pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
         "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
         "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "jaw", "left_eye", "right_eye")
FINGERS = ("index", "middle", "pinky", "ring", "thumb")
JOINT_NAMES: tuple[str, ...] = _BODY + tuple(
    f"{side}_{finger}{segment}" for side in ("left", "right") for finger in FINGERS for segment in (1, 2, 3))
_BODY_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 15, 15, 15)


def _hand_parents(wrist: int, first: int) -> tuple[int, ...]:
    return tuple(wrist if i % 3 == 0 else first + i - 1 for i in range(15))


PARENTS: tuple[int, ...] = _BODY_PARENTS + _hand_parents(20, 25) + _hand_parents(21, 40)
LEFT_HAND, RIGHT_HAND = slice(25, 40), slice(40, 55)
UPPER_ARM_M, FOREARM_M = 0.270, 0.250
ARM_LENGTH_M = UPPER_ARM_M + FOREARM_M
"""Shoulder centre to wrist with the arm straight [m]."""


def joint_index(name: str) -> int:
    """Index of a joint in SMPL-X order; raises UnknownName."""
    if name not in JOINT_NAMES:
        raise UnknownName("body joint", name, JOINT_NAMES)
    return JOINT_NAMES.index(name)


def _direction(up_deg: float, forward_deg: float) -> Array:
    """(3,) unit vector to the left, tilted up and swung forward."""
    up, forward = np.radians([up_deg, forward_deg])
    return np.array([np.cos(up) * np.cos(forward), np.sin(up), np.cos(up) * np.sin(forward)])


def _left_offsets() -> dict[str, Array]:
    """Offsets from the parent [m] of the left side and the middle."""
    offsets = {
        "left_hip": (0.070, -0.085, -0.012),
        "left_knee": (0.038, -0.405, -0.006), "left_ankle": (-0.025, -0.418, -0.034),
        "left_foot": (0.030, -0.065, 0.130), "spine1": (0.0, 0.105, -0.020), "spine2": (0.0, 0.130, 0.002),
        "spine3": (0.0, 0.060, 0.020), "neck": (0.0, 0.165, -0.035), "left_collar": (0.048, 0.082, -0.015),
        "head": (0.0, 0.170, 0.025), "left_shoulder": (0.122, 0.036, -0.012), "jaw": (0.0, -0.005, 0.012),
        "left_eye": (0.032, 0.062, 0.075),
        "left_index1": (0.098, -0.006, 0.024), "left_middle1": (0.101, 0.000, 0.001),
        "left_pinky1": (0.080, -0.009, -0.043), "left_ring1": (0.092, -0.003, -0.022),
        "left_thumb1": (0.030, -0.014, 0.030)}
    segments = {"index": (0.036, 0.024), "middle": (0.040, 0.027), "ring": (0.036, 0.025), "pinky": (0.027, 0.019)}
    offsets |= {f"left_{f}{s}": (length, -0.002, 0.0) for f, lengths in segments.items()
                for s, length in zip((2, 3), lengths, strict=True)}
    offsets |= {"left_thumb2": (0.028, -0.004, 0.022), "left_thumb3": (0.025, -0.001, 0.017)}
    arrays = {name: np.array(value) for name, value in offsets.items()}
    arrays["left_elbow"] = UPPER_ARM_M * _direction(-16.0, -9.0)
    arrays["left_wrist"] = FOREARM_M * _direction(4.0, -1.0)
    return arrays


def _all_offsets() -> Array:
    left = _left_offsets()
    offsets = np.zeros((55, 3))
    for i, name in enumerate(JOINT_NAMES):
        if name.startswith("right_"):
            offsets[i] = left["left_" + name[6:]] * (-1.0, 1.0, 1.0)
        elif name != "pelvis":
            offsets[i] = left[name]
    offsets.setflags(write=False)
    return offsets


OFFSETS: Array = _all_offsets()
"""(55, 3) position of each joint in its parent's frame at the zero pose [m]."""


def _levels() -> list[tuple[Array, Array]]:
    depth = [0] * 55
    for joint in range(1, 55):
        depth[joint] = depth[PARENTS[joint]] + 1
    joints = [np.flatnonzero(np.array(depth) == d) for d in range(1, max(depth) + 1)]
    return [(j, np.array(PARENTS)[j]) for j in joints]


_LEVELS = _levels()
_WRIST_LEVELS = 7
"""From the first spine joint to the wrists."""


def forward_kinematics(rotations: Array, offsets: Array | None = None, *, fingers: bool = True) -> tuple[Array, Array]:
    """Joint positions and orientations, pelvis at the origin.

    Args:
        rotations: (..., 55, 3) parent-relative axis-angle [rad].
        offsets: (55, 3) [m] proportions; the average ones when None.
        fingers: False leaves out the joints after the wrists, whose entries mean nothing then.

    Returns:
        Positions (..., 55, 3) [m] and orientations (..., 55, 3, 3) in SMPL-X axes.
    """
    offsets = OFFSETS if offsets is None else np.asarray(offsets, float)
    glob = matrix_from_rotvec(rotations)
    positions = np.zeros(glob.shape[:-1])
    levels = _LEVELS if fingers else _LEVELS[:_WRIST_LEVELS]
    for joints, parents in levels:  # a whole level of the tree at once: ten products instead of 54
        parent = glob[..., parents, :, :]
        positions[..., joints, :] = positions[..., parents, :] + np.einsum("...ij,...j->...i", parent, offsets[joints])
        glob[..., joints, :, :] = parent @ glob[..., joints, :, :]
    return positions, glob
