"""Set-up behind `make`: system packages, the virtual environment .venv, Python packages. Run by tools/set_up.

Standard library only. Done once per state of setup.py; a second call returns within a fraction of a second. The goal
`ros` also builds the package's messages (tools/build_ros.py), again only when they changed.
Exit code 2, after one line that says what to type, where a system package is missing and may not be installed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from gesture_robot.commands import system
from tools import build_ros

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(".venv")  # relative: the path of a clone may be long
PYTHON = VENV / "bin" / "python"
KERNELS = VENV / ".gesture_robot-kernels"
"""The note that the kernels of this checkout were compiled once; changed ones are compiled when they are used."""
EXTRAS = {"demo": ("demo",), "test": ("test",), "ros": ("ros", "ros-build")}
"""Goal -> extras of setup.py."""


def main(goals: list[str]) -> int:
    """Set up `goals`; returns the exit code."""
    unknown = [g for g in goals if g not in EXTRAS]
    if unknown or not goals:
        return fail(f"unknown goal {' '.join(unknown) or '(none)'}. Known: {', '.join(EXTRAS)}.")
    os.chdir(ROOT)
    goals = sorted({"demo", *goals})
    if "ros" in goals and build_ros.impossible():
        if "test" not in goals:
            return fail(build_ros.impossible())
        say(f"going on without ROS: {build_ros.impossible()}")
        goals.remove("ros")
    code = set_up_packages(goals)
    if code:
        return code
    with compiling():
        return set_up_interfaces() if "ros" in goals else 0


@contextlib.contextmanager
def compiling() -> Iterator[None]:
    """Compile the retargeting kernels meanwhile (nothing to do, and quick, where it was done before)."""
    if KERNELS.is_file():
        yield
        return
    say("compiling the retargeting kernels: half a minute")
    work = subprocess.Popen([PYTHON, "-m", "gesture_robot.retarget.prepare"], stdout=subprocess.DEVNULL)
    yield
    if work.wait() == 0:
        KERNELS.touch()


def set_up_packages(goals: list[str]) -> int:
    """System packages, the environment and what is in it; returns the exit code."""
    if works(PYTHON) and any(is_noted(known) for known in with_more(goals)):
        return 0
    code = set_up_system(goals) or set_up_environment() or install(goals)
    if code == 0:
        stamp_file(goals).write_text(state_of(goals))
    return code


def set_up_interfaces() -> int:
    """Build the messages of this package where they changed; returns the exit code."""
    if build_ros.is_built(VENV):
        return 0
    say("ROS 2 messages of this package: about a minute")
    code = build_ros.build(VENV, lambda command, variables: run(command, quiet=True, variables=variables))
    return 0 if code == 0 else fail("the ROS 2 messages could not be built, the message stands above.")


def with_more(goals: list[str]) -> list[list[str]]:
    """All lists of goals that hold `goals`: what was set up for more is good for less."""
    others = [g for g in sorted(EXTRAS) if g not in goals]
    chosen = [[g for bit, g in enumerate(others) if number >> bit & 1] for number in range(2 ** len(others))]
    return [sorted([*goals, *more]) for more in chosen]


def is_noted(goals: list[str]) -> bool:
    """Whether the environment holds what `goals` need now."""
    return stamp_file(goals).is_file() and stamp_file(goals).read_text() == state_of(goals)


def state_of(goals: list[str]) -> str:
    """What the installed packages depend on: requirements, version, goals, this file, the place of the clone."""
    digest = hashlib.sha256(" ".join([*goals, str(ROOT)]).encode())
    for name in ("setup.py", "gesture_robot/__init__.py", "gesture_robot/commands/system.py", "tools/set_up.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def stamp_file(goals: list[str]) -> Path:
    """The note that `goals` are installed in the environment."""
    return VENV / f".gesture_robot-{'-'.join(goals)}"


def works(python: Path) -> bool:
    """Whether the environment's interpreter starts (it does not when its base was removed)."""
    if not python.exists():
        return False
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def set_up_system(goals: list[str]) -> int:
    """Install the Debian packages that are missing; say which are needed where that is not allowed."""
    lacking = system.missing(goals)
    if not lacking or os.environ.get("SYSTEM_PACKAGES") == "skip":
        return 0
    names = ", ".join(f"{need.name} ({need.purpose})" for need in lacking)
    rights = system.administrator()
    if not shutil.which("apt-get"):
        return fail(f"missing: {names}. Install them with this system's package manager, then run make again "
                    "with SYSTEM_PACKAGES=skip.")
    if rights is not None:
        say(f"system packages for {names}")
        run([*rights, "apt-get", "update", "-q"], quiet=True)
    packages: list[str] = []
    for need in lacking:
        chosen = system.choose_packages(need)
        if chosen is None:
            say(f"{need.name} is not among this distribution's packages, going on without {need.purpose}. "
                f"To have it: {need.elsewhere or 'install it by hand'}")
        else:
            packages.extend(p for p in chosen if p not in packages)
    if not packages:
        return 0
    if rights is None:
        return fail(system.apt_line(packages), prefix="")
    apt = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    if run([*apt, "install", "-y", "-q", "--no-install-recommends", *packages], quiet=True) != 0:
        return fail(system.apt_line(packages), prefix="")
    return 0


def set_up_environment() -> int:
    """Make .venv, or keep the one that is there."""
    if works(PYTHON):
        check = "import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))"
        if subprocess.run([PYTHON, "-c", check], check=False).returncode == 0:
            return 0
    if VENV.exists() and not any(VENV.glob(".gesture_robot-*")) and not (VENV / "pyvenv.cfg").is_file():
        return fail(f"{VENV} exists but is no virtual environment. Move it away, then run make again.")
    what = "replacing the unusable virtual environment" if VENV.exists() else "virtual environment"
    say(f"{what} {VENV} with Python {'.'.join(map(str, sys.version_info[:3]))}")
    return run([sys.executable, "-m", "venv", "--clear", str(VENV)])


def install(goals: list[str]) -> int:
    """Install this checkout, editable, with the extras of the same names as the goals."""
    say(f"Python packages ({', '.join(goals)}): one to three minutes the first time")
    extras = ",".join(extra for goal in goals for extra in EXTRAS[goal])
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "-q"]
    code = run([*pip, "--upgrade", "pip"], quiet=True) or run([*pip, "-e", f".[{extras}]"], quiet=True)
    return 0 if code == 0 else fail("pip could not install the packages, its message stands above. "
                                    "Once it can reach a package index, run make again.")


def run(command: list[str], quiet: bool = False, variables: dict[str, str] | None = None) -> int:
    """Run a command; its output is shown only when it fails if `quiet`."""
    start_s = time.monotonic()
    done = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE if quiet else None,
                          stderr=subprocess.STDOUT if quiet else None, env=variables)
    if done.returncode and quiet:
        print(done.stdout[-3000:], file=sys.stderr)
    if time.monotonic() - start_s > 5.0:
        say(f"  took {time.monotonic() - start_s:.0f} s")
    return done.returncode


def say(text: str) -> None:
    """One line of progress."""
    print(f"set-up: {text}", flush=True)


def fail(text: str, prefix: str = "gesture_robot: ") -> int:
    """The one line that says what to do."""
    print(prefix + text, file=sys.stderr, flush=True)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
