"""Checks that values run at birth: shape, finiteness, range. Arrays come out read-only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gesture_robot.errors import InvalidInput

Array = NDArray[Any]


def frozen_array(value: Any, shape: tuple[int | None, ...], name: str, dtype: Any = np.float64) -> Array:
    """Return `value` as a read-only array of `shape` (None: any length), all entries finite.

    Raises:
        InvalidInput: wrong shape, not numeric, or NaN/infinity; the message says what came.
    """
    try:
        array = np.array(value, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{name} must be numbers of shape {_text(shape)}: {error}") from None
    if array.ndim != len(shape) or any(w is not None and w != g for w, g in zip(shape, array.shape, strict=False)):
        raise InvalidInput(f"{name} must have shape {_text(shape)}, got {array.shape}.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = int(np.argmin(np.isfinite(array).reshape(-1)))
        raise InvalidInput(f"{name} must be finite, entry {bad} is {array.reshape(-1)[bad]}.")
    array.setflags(write=False)
    return array


def check_range(value: float, low: float, high: float, name: str) -> float:
    """Return `value` if low <= value <= high, else raise InvalidInput (NaN included)."""
    if not low <= value <= high:
        raise InvalidInput(f"{name} must be between {low:g} and {high:g}, got {value}.")
    return float(value)


def _text(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("any" if n is None else str(n) for n in shape) + ")"
