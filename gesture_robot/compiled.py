"""Functions that numba compiles where it is installed and that run as plain Python, slower, where it is not.

What is compiled is kept beside the sources (or, where that folder may not be written, in numba's own cache), so only
the first process on a machine pays; `python -m gesture_robot.retarget.prepare` does it at install time. Set
GESTURE_ROBOT_COMPILED=0 to run everything as plain Python, which gives the same numbers.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar, Union

import numpy as np

Int = Union[int, "np.int64"]
"""A whole number in a kernel. Constants are passed as np.int64: numba compiles once more for each literal number."""
_Function = TypeVar("_Function", bound=Callable[..., Any])

COMPILED = os.environ.get("GESTURE_ROBOT_COMPILED", "1") != "0" and find_spec("numba") is not None
"""Whether `kernel` compiles."""


def kernel(function: _Function) -> _Function:
    """Compile a function over arrays and numbers; the same function without numba."""
    if not COMPILED:
        return function
    os.environ.setdefault("NUMBA_OPT", "1")  # a quarter less to wait for, and kernels that are as quick
    import numba

    compiled: Any = numba.njit(cache=True, error_model="numpy")(function)
    return compiled  # type: ignore[no-any-return]
