"""Finger shapes: five curls and a spread -> the 15 finger rotations of SMPL-X."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.errors import UnknownName

SHAPES: dict[str, tuple[float, ...]] = {
    #             index middle pinky  ring  thumb spread
    "relaxed": (0.24, 0.32, 0.42, 0.38, 0.25, 0.15),
    "open": (0.04, 0.06, 0.12, 0.08, 0.02, 0.60),
    "flat": (0.02, 0.02, 0.05, 0.03, 0.15, 0.05),
    "fist": (0.97, 1.00, 1.00, 1.00, 0.85, 0.00),
    "point": (0.00, 0.85, 0.95, 0.92, 0.75, 0.00),
    "thumb": (0.97, 1.00, 1.00, 1.00, -0.25, 0.00),
    "ring": (0.52, 0.20, 0.14, 0.16, 0.55, 0.35),
    "heart": (0.50, 0.52, 0.56, 0.54, -0.10, 0.00),
}
"""Curl of index, middle, pinky, ring and thumb (0 straight, 1 closed) and spread (0 together, 1 wide)."""
_BEND_RAD = np.array([1.30, 1.65, 1.05])
_SPREAD_RAD = np.array([0.18, 0.02, -0.28, -0.13])


def shape(name: str) -> Array:
    """(6,) of a named shape; raises UnknownName."""
    if name not in SHAPES:
        raise UnknownName("finger shape", name, SHAPES)
    return np.array(SHAPES[name])


def finger_rotations(shapes: Array) -> Array:
    """(T, 6) -> (T, 15, 3) of the left hand (SMPL-X order: index, middle, pinky, ring, thumb).

    At the zero pose the left fingers point along +x, palm down: they close about -z and spread about -y; the thumb
    lies forward and closes across the palm.
    """
    count = len(shapes)
    rotations = np.zeros((count, 5, 3, 3))
    rotations[:, :4, :, 2] = -shapes[:, :4, None] * _BEND_RAD
    rotations[:, :4, 0, 1] = -shapes[:, 5:6] * _SPREAD_RAD
    thumb = shapes[:, 4]
    rotations[:, 4, 0] = thumb[:, None] * np.array([0.55, 0.35, -0.35])
    rotations[:, 4, 1] = thumb[:, None] * np.array([0.05, 0.75, -0.30])
    rotations[:, 4, 2] = thumb[:, None] * np.array([0.00, 0.95, -0.25])
    return rotations.reshape(count, 15, 3)
