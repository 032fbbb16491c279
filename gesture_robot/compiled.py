"""Functions that numba compiles where it is installed and that run as plain Python, slower, where it is not.

What is compiled is kept beside the sources (or, where that folder may not be written, in numba's own cache), so only
the first process on a machine pays; `python -m gesture_robot.retarget.prepare` does it at install time. Set
GESTURE_ROBOT_COMPILED=0 to run everything as plain Python, which gives the same numbers.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])

COMPILED = os.environ.get("GESTURE_ROBOT_COMPILED", "1") != "0" and find_spec("numba") is not None
"""Whether `kernel` compiles."""


def kernel(function: _Function) -> _Function:
    """Compile a function over arrays and numbers; the same function without numba."""
    if not COMPILED:
        return function
    import numba

    compiled: Any = numba.njit(cache=True, error_model="numpy")(function)
    return compiled  # type: ignore[no-any-return]
