"""Functions that numba compiles where it is installed and that run as plain Python, slower, where it is not.

What is compiled is kept in a folder named after all kernels' sources (numba itself would not notice that a function
called from another file has changed), so only the first process after an installation or a change pays;
`python -m gesture_robot.retarget.prepare` does it at install time. Set GESTURE_ROBOT_COMPILED=0 to run everything as
plain Python, which gives the same numbers.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar, Union

import numpy as np

Int = Union[int, "np.int64"]
"""A whole number in a kernel. Constants are passed as np.int64: numba compiles once more for each literal number."""
_Function = TypeVar("_Function", bound=Callable[..., Any])
_PACKAGE = Path(__file__).resolve().parent

COMPILED = os.environ.get("GESTURE_ROBOT_COMPILED", "1") != "0" and find_spec("numba") is not None
"""Whether `kernel` compiles."""


def cache_folder() -> Path:
    """Where the compiled kernels of these sources are kept.

    Beside them, or in the user's cache where that is not allowed.
    """
    digest = hashlib.sha256()
    others = [_PACKAGE / name for name in ("retarget/surfaces.py", "retarget/plan.py", "robots/moving_tree.py")]
    for path in sorted((*_PACKAGE.glob("retarget/kernel_*.py"), *others, Path(__file__))):
        digest.update(path.read_bytes())
    name = f"kernels-{digest.hexdigest()[:16]}"
    beside = _PACKAGE / "__pycache__"
    if os.access(beside if beside.is_dir() else _PACKAGE, os.W_OK):
        return beside / name
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "gesture_robot" / name


if COMPILED:
    os.environ.setdefault("NUMBA_OPT", "1")  # a quarter less to wait for, and kernels that are as quick
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder()))


def kernel(function: _Function) -> _Function:
    """Compile a function over arrays and numbers; the same function without numba."""
    return _compiled(function)


def inner_kernel(function: _Function) -> _Function:
    """Like `kernel` for a function that only kernels call: nothing to call it from Python is compiled, a long job."""
    return _compiled(function, no_cpython_wrapper=True)


def _compiled(function: _Function, **options: bool) -> _Function:
    if not COMPILED:
        return function
    import numba

    njit: Any = numba.njit
    return njit(cache=True, error_model="numpy", no_cfunc_wrapper=True, **options)(function)  # type: ignore[no-any-return]


def straight(function: _Function) -> _Function:
    """The machine code of a kernel that has run, without numba's look at the type of every argument in every call.

    Worth it for calls of some 50 us with many arrays. Arguments must have the types of the first call; numba refuses
    others with an error. The function itself where it is not compiled, or compiled for several types.
    """
    compiled = list(getattr(function, "overloads", {}).values())
    found: Any = getattr(compiled[0], "entry_point", None) if len(compiled) == 1 else None
    return found or function
