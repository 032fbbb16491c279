"""`make ros`: builds the messages of this package on the ROS 2 wheels, into .venv. Standard library only.

Nothing is built while what it is made of stays the same. The generated modules go to .venv/share/gesture_robot/
interfaces, which gesture_robot/__init__.py adds to its path, and one starter per node to .venv/lib/gesture_robot.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

BUILD = Path("build/ros")
SOURCES = ("msg", "srv", "action", "cmake", "CMakeLists.txt", "package.xml", "gesture_robot/nodes/executables.txt",
           "tools/build_ros.py")
INSTALLED = ("share/gesture_robot/interfaces", "lib/gesture_robot")
OPTIONS = ("-DCMAKE_PROJECT_INCLUDE=cmake/pip_ros.cmake", "-DBUILD_TESTING=OFF", "-DGESTURE_ROBOT_INTERFACES_ONLY=ON",
           "-DPython3_FIND_VIRTUALENV=ONLY")
MARKER = "_ROS_WHEELS_BOOTSTRAP_COMPLETE"
"""Set by the wheels for their own child processes; another environment's Python must not see it."""


def impossible() -> str:
    """Why the wheels cannot be used on this machine; empty where they can."""
    if sys.platform == "linux" and platform.machine() == "x86_64":
        return ""
    return (f"the ROS 2 wheels are for Linux on x86_64, this is {sys.platform} on {platform.machine()}. "
            "Install ROS 2 from its packages and build with colcon, see docs/robot_machine.md.")


def state(environment: Path) -> str:
    """What the built interfaces depend on: their sources, the place of the environment, its Python."""
    digest = hashlib.sha256(str(environment.absolute()).encode())
    config = environment / "pyvenv.cfg"
    for path in [config, *sources()]:
        digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()


def sources() -> list[Path]:
    """All files that the interfaces are made of."""
    found: list[Path] = []
    for name in SOURCES:
        path = Path(name)
        found += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return found


def stamp_file(environment: Path) -> Path:
    """The note of what was built."""
    return environment / ".gesture_robot-interfaces"


def is_built(environment: Path) -> bool:
    """Whether the interfaces in `environment` are those of this checkout."""
    stamp = stamp_file(environment)
    return stamp.is_file() and stamp.read_text() == state(environment)


def build(environment: Path, run: Callable[[list[str], dict[str, str]], int]) -> int:
    """Configure, build and install; `run` gets a command and its environment variables. Returns the exit code."""
    stamp_file(environment).unlink(missing_ok=True)
    for path in (BUILD, *(environment / name for name in INSTALLED)):
        shutil.rmtree(path, ignore_errors=True)
    place = environment.absolute()
    python = str(place / "bin" / "python")
    variables = clean_variables(place)
    cmake = [python, "-m", "cmake"]
    configure = [*cmake, "-G", "Ninja", "-S", ".", "-B", str(BUILD), f"-DCMAKE_INSTALL_PREFIX={place}",
                 f"-DPython3_EXECUTABLE={python}", f"-DCMAKE_MAKE_PROGRAM={place / 'bin' / 'ninja'}", *OPTIONS]
    for command in (configure, [*cmake, "--build", str(BUILD)], [*cmake, "--install", str(BUILD)]):
        code = run(command, variables)
        if code:
            return code
    stamp_file(environment).write_text(state(environment))
    return 0


def clean_variables(place: Path) -> dict[str, str]:
    """This process's variables without traces of another ROS or another environment, and with `place` first."""
    dropped = (MARKER, "AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH", "COLCON_PREFIX_PATH", "PYTHONPATH", "PYTHONHOME")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    if MARKER in os.environ:
        kept.pop("LD_LIBRARY_PATH", None)
    return {**kept, "PATH": f"{place / 'bin'}{os.pathsep}{kept.get('PATH', '')}", "VIRTUAL_ENV": str(place)}
