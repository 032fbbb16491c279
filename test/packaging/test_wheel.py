"""`pip install .` works without ROS and compiler, into an empty environment, and brings the robot with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
SOURCES = (
    "setup.py",
    "pyproject.toml",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
    "NOTICE",
    "CHANGELOG.md",
    "gesture_robot",
    "config",
    "urdf",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the sources, with no compiler to be had."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        path = ROOT / name
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, source / name)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-q",
            "--no-index",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            target,
            source,
        ],
        check=True,
        env={**os.environ, "CC": "/bin/false", "CXX": "/bin/false"},
    )
    (found,) = target.glob("*.whl")
    return found


def test_the_wheel_is_for_every_machine_and_carries_code_and_data(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    inside = {name.split(".data/data/share/gesture_robot/", 1)[1] for name in names if ".data/data/share/" in name}
    expected = {
        path.relative_to(ROOT).as_posix()
        for folder in ("config", "urdf")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and not path.name.startswith(".")
    }
    assert inside == expected
    assert "urdf/wren.urdf" in inside
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "gesture_robot").rglob("*.py")}
    assert code <= set(names)
    assert not [name for name in names if name.startswith(("test/", "benchmark/", "tools/"))]
    assert any(name.endswith("/LICENSE") for name in names)
    assert any(name.endswith("/NOTICE") for name in names)


def test_an_empty_environment_runs_the_command_and_finds_the_robot(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-index", "--no-deps", wheel], check=True
    )
    # Libraries that wheels bring (numpy, ...) are borrowed from here; editable installs do not travel on this path.
    borrowed = {**os.environ, "PYTHONPATH": sysconfig.get_paths()["purelib"]}
    script = environment / "bin" / "gesture_robot"
    done = subprocess.run(
        [script, "robot", "show", "wren", "--json"],
        cwd=tmp_path,
        env=borrowed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    code = (
        "import gesture_robot; from gesture_robot.resources import resource_path;"
        "print(gesture_robot.__file__); print(resource_path('urdf/wren.urdf'))"
    )
    done = subprocess.run([python, "-c", code], cwd=tmp_path, env=borrowed, capture_output=True, text=True, check=True)
    for line in done.stdout.split():
        assert Path(line).is_relative_to(environment)
