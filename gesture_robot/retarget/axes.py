"""The one place where SMPL-X axes become REP-103 axes.

SMPL-X: x to the body's left, y up, z forward. REP-103: x forward, y to the left, z up.
"""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array

BASE_FROM_SMPLX: Array = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
BASE_FROM_SMPLX.setflags(write=False)


def base_from_smplx(values: Array, *, orientation: bool = False) -> Array:
    """Vectors (..., 3) or, with `orientation`, rotation matrices (..., 3, 3) in REP-103 axes.

    An orientation is taken from the zero pose, so it is turned on both sides and the zero pose stays the identity.
    """
    values = np.asarray(values, float)
    if orientation:
        return BASE_FROM_SMPLX @ values @ BASE_FROM_SMPLX.T
    return values @ BASE_FROM_SMPLX.T
