"""Keeps what is made from a robot's meshes, so that only the first process on a machine reads them.

Files lie in ~/.cache/gesture_robot/shapes (or under XDG_CACHE_HOME) and are named by everything that they depend on,
this package's own code included; where the folder cannot be written, things are made anew each time.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from gesture_robot.checks import Array

_CODE = (
    "retarget/hulls.py",
    "retarget/body_shapes.py",
    "retarget/watched_pairs.py",
    "retarget/pair_reach.py",
    "retarget/shapes.py",
    "retarget/contact_plan.py",
    "retarget/surfaces.py",
    "retarget/fingers.py",
    "retarget/kernel_gjk.py",
    "robots/mujoco_model.py",
    "robots/mujoco_urdf.py",
    "robots/mesh_files.py",
    "robots/collada.py",
    "robots/urdf.py",
    "robots/moving_tree.py",
)


def cache_folder() -> Path:
    """Where the files lie."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "gesture_robot" / "shapes"


def kept(kind: str, depends_on: Iterable[object], make: Callable[[], dict[str, Array]]) -> dict[str, Array]:
    """Arrays by name, from the cache or made and put there.

    Args:
        kind: first part of the file's name.
        depends_on: everything that the arrays follow from; arrays by their bytes, other things by their repr.
        make: makes them.
    """
    digest = hashlib.sha256(_code().encode())
    for part in depends_on:
        digest.update(part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode())
    path = cache_folder() / f"{kind}-{digest.hexdigest()[:32]}.npz"
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # not there, or cut short
        pass
    arrays = make()
    _store(path, arrays)
    return arrays


def file_stamp(path: str) -> tuple[str, int, int]:
    """What tells a file from a changed one: path, size, time of change."""
    try:
        status = Path(path).stat()
    except OSError:
        return path, -1, -1
    return path, status.st_size, status.st_mtime_ns


def _store(path: Path, arrays: dict[str, Array]) -> None:
    """Write beside and rename: another process sees all of the file or none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, suffix=".part")
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        os.replace(beside, path)
    except OSError:
        Path(beside).unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _code() -> str:
    """Digest of the code that makes what is kept, and whether MuJoCo is there to tell pairs."""
    digest, package = hashlib.sha256(str(find_spec("mujoco") is not None).encode()), Path(__file__).parents[1]
    for name in _CODE:
        digest.update((package / name).read_bytes())
    return digest.hexdigest()
