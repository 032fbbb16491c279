"""Poses of a human upper body by anatomical angles, and how near its limbs come to each other.

Angles of an arm are side-free: the right arm is the mirror image of the left. Ranges follow the American Academy of
Orthopaedic Surgeons, Joint Motion (1965), drawn in a little, as nobody gestures at the end of a joint. SMPL-X axes.
"""

from __future__ import annotations

import numpy as np

from gesture_robot.body.rotations import cross, matrix_from_rotvec, rotvec_from_matrix
from gesture_robot.body.skeleton import OFFSETS, forward_kinematics, joint_index
from gesture_robot.checks import Array

ARM_ANGLES = ("elevation", "azimuth", "humeral", "elbow", "pronation", "wrist_flexion", "wrist_deviation")
"""Upper arm up from hanging; where it points, 0 forward and 90 deg outward; its turn inward about itself; elbow bent;
palm turned down from thumb-up; wrist bent to the palm, and to the thumb [rad]."""
ARM_LOW = np.radians([4.0, -38.0, -50.0, 3.0, -75.0, -45.0, -15.0])
ARM_HIGH = np.radians([150.0, 115.0, 75.0, 140.0, 75.0, 45.0, 15.0])
HANGING = np.radians([16.0, 80.0, 15.0, 20.0, 10.0, 5.0, 0.0])
ARM_JOINTS = {
    side: [joint_index(f"{side}_{part}") for part in ("collar", "shoulder", "elbow", "wrist")]
    for side in ("left", "right")
}
MIRROR: Array = np.array([1.0, -1.0, -1.0])
"""A rotation vector of the left side times this is that of the mirror image."""
_BACKWARD = -0.45  # upper arms reach no further behind the body than this component of their direction


def _orthogonal(vector: Array, to: Array) -> Array:
    rest: Array = vector - (vector @ to) * to
    return np.asarray(rest / np.linalg.norm(rest))


_UPPER = OFFSETS[joint_index("left_elbow")] / np.linalg.norm(OFFSETS[joint_index("left_elbow")])
_FORE = OFFSETS[joint_index("left_wrist")] / np.linalg.norm(OFFSETS[joint_index("left_wrist")])
_HINGE = _orthogonal(np.array([0.0, -1.0, 0.0]), _UPPER)
_ZERO_FRAME = np.stack([_UPPER, _HINGE, np.cross(_UPPER, _HINGE)], axis=-1)
PALM: Array = _orthogonal(np.array([0.0, -1.0, 0.0]), _FORE)
"""(3,) unit, out of either palm at the zero pose."""
_TO_PALM = np.cross(_FORE, PALM)


def _shortest(start: Array, end: Array) -> Array:
    """(..., 3, 3) shortest rotation from a unit vector to others (..., 3)."""
    axis = np.cross(np.broadcast_to(start, end.shape), end)
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    angle = np.arctan2(sine, (end @ start)[..., None])
    return matrix_from_rotvec(axis / np.maximum(sine, 1e-12) * angle)


_STRAIGHT = _shortest(_FORE, _UPPER)  # at the zero pose the forearm is not quite in line with the upper arm


def upper_arm_direction(angles: Array) -> Array:
    """(..., 3) unit, of the left arm's angles (..., 7) in the collar's frame."""
    up, out = angles[..., 0], angles[..., 1]
    return np.stack([np.sin(up) * np.sin(out), -np.cos(up), np.sin(up) * np.cos(out)], axis=-1)


def arm_rotations(angles: Array) -> Array:
    """(..., 7) of ARM_ANGLES -> (..., 4, 3) left collar, shoulder, elbow and wrist rotation vectors."""
    angles = np.asarray(angles, float)
    direction = upper_arm_direction(angles)
    swing = _shortest(np.array([0.0, -1.0, 0.0]), direction)
    turn = matrix_from_rotvec(angles[..., 2:3] * direction) @ swing
    hinge = turn @ np.array([-1.0, 0.0, 0.0])
    shoulder = np.stack([direction, hinge, cross(direction, hinge)], axis=-1) @ _ZERO_FRAME.T
    half = matrix_from_rotvec(0.5 * angles[..., 4:5] * _FORE)  # radius and ulna share the twist over the forearm
    elbow = matrix_from_rotvec(angles[..., 3:4] * _HINGE) @ _STRAIGHT @ half
    bend = matrix_from_rotvec(angles[..., 5:6] * _TO_PALM) @ matrix_from_rotvec(angles[..., 6:7] * PALM)
    raised = 0.16 * np.clip(angles[..., 0] - 0.9, 0.0, None)  # the shoulder blade goes along with a raised arm
    pushed = 0.10 * direction[..., 2]
    collar = np.stack([0.0 * raised, -pushed, raised], axis=-1)
    return np.stack([collar, *(rotvec_from_matrix(m) for m in (shoulder, elbow, half @ bend))], axis=-2)


def random_arms(rng: np.random.Generator, count: int) -> Array:
    """(count, 7) angles that fill the range of an arm, hanging and half-raised ones more often than the rest."""
    found: list[Array] = []
    while len(found) < count:
        share = rng.uniform(size=7)
        share[0] = rng.beta(1.4, 1.9)  # uniform directions would keep the arms above the shoulders half the time
        share[3:] = rng.beta(1.3, 1.3, 4)
        angles = ARM_LOW + share * (ARM_HIGH - ARM_LOW)
        if upper_arm_direction(angles)[2] > _BACKWARD:
            found.append(angles)
    return np.array(found)


# --- how near the limbs come -------------------------------------------------------------------------------------

_TRUNK = (  # joint, one end and the other in its frame [m], radius [m]
    ("spine3", (-0.055, 0.06, 0.0), (0.055, 0.06, 0.0), 0.115),
    ("spine1", (-0.055, 0.02, 0.01), (0.055, 0.02, 0.01), 0.105),
    ("pelvis", (-0.06, -0.03, 0.0), (0.06, -0.03, 0.0), 0.110),
    ("neck", (0.0, 0.0, 0.0), (0.0, 0.10, 0.02), 0.050),
    ("head", (0.0, 0.05, 0.02), (0.0, 0.09, 0.01), 0.090),
    ("left_hip", (0.01, -0.05, 0.0), (0.03, -0.35, 0.0), 0.075),
    ("right_hip", (-0.01, -0.05, 0.0), (-0.03, -0.35, 0.0), 0.075),
)
_ARM = (("shoulder", "elbow", 0.45, 0.040), ("elbow", "wrist", 0.0, 0.034), ("wrist", "middle2", 0.0, 0.022))
"""From, to, where the capsule begins (a shoulder is part of the trunk), radius [m]."""
_SIDES = ("left", "right")


def clearance_m(rotations: Array, *, hands: bool = True) -> Array:
    """(T,) [m] least of `clearances_m`."""
    return np.asarray(clearances_m(*forward_kinematics(rotations), hands=hands).min(axis=1))


def clearances_m(positions: Array, frames: Array, *, hands: bool = True) -> Array:
    """Least distances of the left arm and of the right to trunk, head and thighs, and between the arms.

    Args:
        positions: (T, 55, 3) of the joints [m].
        frames: (T, 55, 3, 3) their orientations.
        hands: False leaves the hands out, which touch the body where that is the meaning.

    Returns:
        (T, 3) [m]; negative inside.
    """
    trunk_a, trunk_b = (
        np.stack([positions[:, joint_index(n)] + frames[:, joint_index(n)] @ np.array(e[k]) for n, *e in _TRUNK], 1)
        for k in (0, 1)
    )
    trunk_r = np.array([part[3] for part in _TRUNK])
    parts = 3 if hands else 2
    radii = np.array([part[3] for part in _ARM[:parts]])
    ends = {side: _segments(positions, side, parts) for side in _SIDES}
    least = []
    for a, b in ends.values():
        gaps = segment_distance(a[:, :, None], b[:, :, None], trunk_a[:, None], trunk_b[:, None])
        least.append((gaps - trunk_r - radii[:, None]).min(axis=(1, 2)))
    (a, b), (c, d) = ends["left"], ends["right"]
    across = segment_distance(a[:, :, None], b[:, :, None], c[:, None], d[:, None]) - radii[:, None] - radii
    return np.stack([*least, across.min(axis=(1, 2))], axis=1)


def _segments(positions: Array, side: str, count: int) -> tuple[Array, Array]:
    """Both ends (T, count, 3) of the capsules of an arm."""
    a, b = (np.stack([positions[:, joint_index(f"{side}_{part[k]}")] for part in _ARM[:count]], axis=1) for k in (0, 1))
    begin = np.array([part[2] for part in _ARM[:count]])[:, None]
    return a + begin * (b - a), b


def segment_distance(a: Array, b: Array, c: Array, d: Array) -> Array:
    """(...) distance between segments a-b and c-d, all (..., 3) (Ericson, Real-Time Collision Detection, 5.1.9)."""
    u, v, w = b - a, d - c, a - c
    uu, uv, vv = (u * u).sum(-1), (u * v).sum(-1), np.maximum((v * v).sum(-1), 1e-12)
    uw, vw = (u * w).sum(-1), (v * w).sum(-1)
    spread = uu * vv - uv * uv
    s = np.clip((uv * vw - uw * vv) / np.maximum(spread, 1e-12), 0.0, 1.0)
    t = np.clip((uv * s + vw) / vv, 0.0, 1.0)
    s = np.clip((uv * t - uw) / np.maximum(uu, 1e-12), 0.0, 1.0)
    return np.asarray(np.linalg.norm(w + s[..., None] * u - t[..., None] * v, axis=-1))
