"""An off-screen OpenGL context for MuJoCo, from whatever this machine offers.

MuJoCo finds its GL functions through the environment variable MUJOCO_GL, and PyOpenGL fixes its platform at the first
import; both are set here, so that a display is never needed. A context belongs to the thread that opened it.
"""

from __future__ import annotations

import atexit
import os
import sys
import weakref
from ctypes.util import find_library
from importlib import import_module
from typing import Any

from gesture_robot.errors import GestureRobotError

APT_LINE = "apt install libegl1 libgl1-mesa-dri  (or libosmesa6)"
_LIBRARIES = {"egl": "EGL", "osmesa": "OSMesa"}


_open: weakref.WeakSet[Any] = weakref.WeakSet()


@atexit.register
def _free_all() -> None:
    """OSMesa complains when a context outlives the interpreter's modules."""
    for context in list(_open):
        context.free()


class NoGraphics(GestureRobotError):
    """No OpenGL library works here; the message says which would."""


def backends() -> list[str]:
    """GL back ends to try, best first: what MUJOCO_GL asks for, else what is installed."""
    asked = os.environ.get("MUJOCO_GL", "").lower()
    if asked:
        return [] if asked in ("disable", "disabled", "off", "false", "0") else [asked]
    if not sys.platform.startswith("linux"):
        return ["cgl" if sys.platform == "darwin" else "glfw"]
    found = [name for name, library in _LIBRARIES.items() if find_library(library)]
    return found + (["glfw"] if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") else [])


def open_context(width: int, height: int) -> Any:
    """A current GL context of MuJoCo's kind (make_current, free).

    Raises:
        NoGraphics: none of the back ends works; the message lists what was tried.
    """
    tried = []
    for name in backends():
        before = {key: os.environ.get(key) for key in ("MUJOCO_GL", "PYOPENGL_PLATFORM")}
        modules = set(sys.modules)
        os.environ["MUJOCO_GL"] = name
        try:
            context = import_module(f"mujoco.{name}").GLContext(width, height)
            context.make_current()
            _open.add(context)
            return context
        except _errors() as error:
            tried.append(f"{name}: {error}")
            _forget(before, set(sys.modules) - modules)
    reason = (
        "; ".join(tried) or "no GL library found" * (os.environ.get("MUJOCO_GL") is None) or "MUJOCO_GL switches it off"
    )
    raise NoGraphics(f"no OpenGL for pictures ({reason}). Install it with: {APT_LINE}")


def _errors() -> tuple[type[BaseException], ...]:
    """What PyOpenGL raises when a library or a device is missing; its own base error once it is loaded."""
    module = sys.modules.get("OpenGL.error")
    return (ImportError, AttributeError, RuntimeError, OSError, TypeError, *((module.Error,) if module else ()))


def _forget(environment: dict[str, str | None], new_modules: set[str]) -> None:
    """Undo a failed attempt, so that the next back end can load PyOpenGL for its own platform."""
    for key, value in environment.items():
        os.environ.pop(key, None)
        if value is not None:
            os.environ[key] = value
    for module in new_modules:
        if module.split(".")[0] == "OpenGL" or module in ("mujoco.egl", "mujoco.osmesa"):
            del sys.modules[module]
