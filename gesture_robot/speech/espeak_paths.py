"""Where the library of espeak-ng and its data are: in the wheel, else on the system."""

from __future__ import annotations

import atexit
import ctypes
import ctypes.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module

from gesture_robot.errors import MissingDependency

MAX_DATA_PATH_BYTES = 159
"""The library silently falls back to another folder when the path is longer."""


def short_data_path(data_path: str) -> str:
    """A path to the same folder that the library can take: it refuses 160 bytes and more.

    A longer one is reached through a link in a short temporary folder, which is removed at exit.
    """
    if len(os.fsencode(data_path)) <= MAX_DATA_PATH_BYTES:
        return data_path
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):
        if len(os.fsencode(parent)) > MAX_DATA_PATH_BYTES - 40 or not os.access(parent, os.W_OK):
            continue
        folder = tempfile.mkdtemp(prefix="espeak-", dir=parent)
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        link = os.path.join(folder, "espeak-ng-data")
        os.symlink(data_path, link, target_is_directory=True)
        return link
    raise MissingDependency(
        "espeak-ng", "espeak", f"the path '{data_path}' is too long and no short temporary folder is writable"
    )


@lru_cache(maxsize=1)
def locate() -> tuple[str, str | None]:
    """Library file and data folder (None: the library's own): from the wheel, else from the system."""
    errors = []
    for library, data_path in candidates():
        try:
            unload(ctypes.CDLL(library))
        except OSError as error:
            errors.append(str(error))
            continue
        return library, short_data_path(data_path) if data_path else None
    raise MissingDependency(
        "espeak-ng", "espeak", "; ".join([*errors, "on Debian and Ubuntu also: apt install libespeak-ng1"])
    )


def candidates() -> Iterator[tuple[str, str | None]]:
    """Libraries to try with their data folders: the wheel `espeakng-loader`, then the system's."""
    try:
        loader = import_module("espeakng_loader")
        yield str(loader.get_library_path()), str(loader.get_data_path())
    except ImportError:
        pass
    yield ctypes.util.find_library("espeak-ng") or "libespeak-ng.so.1", None


def unload(library: ctypes.CDLL) -> None:
    """Take a library out of memory again, with all its state (where Python can: not on Windows)."""
    dlclose = getattr(import_module("_ctypes"), "dlclose", None)
    if dlclose is not None:
        dlclose(library._handle)
