"""System libraries and programs that pip does not bring, how to notice that one is missing, and what installs it.

Used by `gesture_robot doctor` and by the set-up of `make demo` and `make test`; standard library only, so that it
runs before anything is installed.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """Something outside Python. `packages` are alternatives by distribution, the first that exists is taken."""

    name: str
    purpose: str
    goals: tuple[str, ...]
    found: Callable[[], bool]
    packages: tuple[tuple[str, ...], ...]
    elsewhere: str = ""
    """What to do where no package of the distribution offers it."""


def has_library(*names: str) -> bool:
    """Whether one of the shared libraries can be loaded."""
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def has_program(*names: str) -> bool:
    """Whether one of the programs is on the path."""
    return any(shutil.which(name) for name in names)


def can_make_environments() -> bool:
    """Whether `python -m venv` works: Debian ships ensurepip apart from Python."""
    try:
        import ensurepip
        import venv
    except ImportError:
        return False
    return bool(ensurepip and venv)


def has_python_headers() -> bool:
    """Whether C code can be built for this Python: Debian ships Python.h apart from Python."""
    return os.path.isfile(os.path.join(sysconfig.get_paths()["include"], "Python.h"))


def find_chromium() -> tuple[str, str] | None:
    """Paths of a Chromium and its driver, None when one of them is missing."""
    pairs = (("chromium", "chromedriver"), ("chromium", "chromium.chromedriver"), ("google-chrome", "chromedriver"))
    for browser, driver in pairs:
        paths = shutil.which(browser), shutil.which(driver)
        if paths[0] and paths[1]:
            return paths[0], paths[1]
    return None


def has_sdf_tool() -> bool:
    """Whether `ign sdf` or `gz sdf` is there: the launcher alone, without libsdformat's command, is not enough."""
    for program in ("ign", "gz"):
        if shutil.which(program):
            done = subprocess.run([program, "--commands"], capture_output=True, text=True, check=False)
            if "sdf" in done.stdout.split():
                return True
    return False


NEEDS = (
    Need("python venv", "the virtual environment", ("demo",), can_make_environments,
         (("python3-venv",), (f"python3.{sys.version_info[1]}-venv",))),
    Need("OpenGL", "OpenCV and MediaPipe", ("demo",), lambda: has_library("libGL.so.1"), (("libgl1",),)),
    Need("GLib", "OpenCV", ("demo",), lambda: has_library("libgthread-2.0.so.0"),
         (("libglib2.0-0",), ("libglib2.0-0t64",))),
    Need("EGL", "drawing the robot", ("demo",), lambda: has_library("libEGL.so.1"), (("libegl1",),)),
    Need("OSMesa", "drawing the robot without a graphics driver", ("demo",),
         lambda: has_library("libOSMesa.so.8", "libOSMesa.so.6"), (("libosmesa6",), ("libosmesa6-t64",))),
    Need("PortAudio", "sound", ("demo",), lambda: has_library("libportaudio.so.2"),
         (("libportaudio2",), ("libportaudio2t64",))),
    Need("ffmpeg", "sound in demo.mp4", ("demo",), lambda: has_program("ffmpeg"), (("ffmpeg",),)),
    Need("g++", "building this package's ROS 2 messages", ("ros",), lambda: has_program("g++", "c++"), (("g++",),)),
    Need("Python headers", "building the ROS 2 messages of this package", ("ros",), has_python_headers,
         (("python3-dev",), (f"python3.{sys.version_info[1]}-dev",))),
    Need("check_urdf", "the test of the robot's description", ("test",),
         lambda: has_program("check_urdf"), (("liburdfdom-tools",),)),
    Need("ign sdf", "the test of the robot in Gazebo's format", ("test",), has_sdf_tool,
         (("ignition-tools", "libsdformat-dev"), ("gz-tools2", "libsdformat14-dev")),
         "install the sdf tool of a Gazebo release"),
    Need("Chromium", "the test of the page", ("test",), lambda: find_chromium() is not None,
         (("chromium", "chromium-driver"),), "on Ubuntu: sudo snap install chromium"),
)


def missing(goals: Iterable[str]) -> list[Need]:
    """The needs of `goals` that are not met, in order."""
    wanted = set(goals)
    return [need for need in NEEDS if wanted & set(need.goals) and not need.found()]


def administrator() -> list[str] | None:
    """What to put before a command that installs: nothing for root, sudo where it asks no password, else None."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    allowed = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    return ["sudo", "-n"] if allowed else None


def available(package: str) -> bool:
    """Whether apt can install `package`; a snap's stand-in does not count."""
    done = subprocess.run(["apt-cache", "policy", package], capture_output=True, text=True, check=False)
    candidates = [line.split(":", 1)[1].strip() for line in done.stdout.splitlines() if "Candidate:" in line]
    return bool(candidates) and candidates[0] != "(none)" and "snap" not in candidates[0]


def choose_packages(need: Need) -> tuple[str, ...] | None:
    """The first alternative of `need` that this distribution has, None for none."""
    return next((group for group in need.packages if all(available(p) for p in group)), None)


def apt_line(packages: Iterable[str]) -> str:
    """The command that a person with rights types."""
    return "sudo apt-get install -y --no-install-recommends " + " ".join(packages)
