"""Number sequences of messages as numpy arrays, without a loop over their entries in either direction."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.errors import InvalidInput

_TYPES = {"f": np.float32, "d": np.float64, "B": np.uint8}


def sequence(values: Any, code: str) -> array[Any]:
    """An array for a message field: "f" float32[], "d" float64[], "B" uint8[]."""
    made = array(code)
    made.frombytes(np.ascontiguousarray(values, _TYPES[code]).tobytes())
    return made


def table(values: Sequence[float], columns: tuple[int, ...], name: str) -> Array:
    """A message's flat sequence as (T, *columns), float64, finite.

    Raises:
        InvalidInput: a length that is no multiple of the columns, or NaN and infinity.
    """
    flat = np.asarray(values, np.float64)
    width = int(np.prod(columns))
    if len(flat) % width:
        raise InvalidInput(f"{name} has {len(flat)} numbers, which is no multiple of {width}.")
    if not np.isfinite(flat).all():
        raise InvalidInput(f"{name} must be finite, entry {int(np.argmin(np.isfinite(flat)))} is not.")
    return flat.reshape(-1, *columns)
