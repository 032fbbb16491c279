"""`colcon build` of this checkout, on the ROS 2 wheels of .venv: it installs, starts, and passes `colcon test`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("colcon_core", reason="colcon is not installed: make test")
pytest.importorskip("rosidl_pycommon", reason="ROS 2 is not installed: make ros")

from tools import build_ros  # noqa: E402

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 400


class Workspace:
    """A colcon workspace whose src/ holds this checkout."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "src").mkdir()
        (folder / "src" / "gesture_robot").symlink_to(ROOT)
        prefix = Path(sys.prefix)
        self.environment = build_ros.clean_variables(prefix) | {
            "AMENT_PREFIX_PATH": str(prefix), "CMAKE_PREFIX_PATH": str(prefix), "COLCON_HOME": str(folder / "home"),
            "ROS_DOMAIN_ID": str(100 + os.getpid() % 100), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
        self.share = folder / "install" / "gesture_robot" / "share" / "gesture_robot"
        self.executables = folder / "install" / "gesture_robot" / "lib" / "gesture_robot"

    def colcon(self, *arguments: str) -> str:
        done = subprocess.run([sys.executable, "-m", "colcon", *arguments], cwd=self.folder, env=self.environment,
                              capture_output=True, text=True, timeout=LIMIT_S, check=False)
        assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def sourced(self, *command: str | Path) -> list[str | Path]:
        return ["bash", "-c", '. install/local_setup.bash && exec "$@"', "bash", *command]

    def run(self, *command: str | Path) -> str:
        return subprocess.run(self.sourced(*command), cwd=self.folder, env=self.environment, capture_output=True,
                              text=True, timeout=60, check=True).stdout


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = Workspace(tmp_path_factory.mktemp("ws"))
    assert made.colcon("list", "--names-only").split() == ["gesture_robot"]
    made.colcon("build", "--event-handlers", "console_direct+", "--cmake-args", "-DPython3_FIND_VIRTUALENV=ONLY",
                f"-DPython3_EXECUTABLE={sys.executable}", "-DCMAKE_PROJECT_INCLUDE=cmake/pip_ros.cmake")
    return made


def test_executables_and_data_are_installed(workspace: Workspace) -> None:
    lines = (ROOT / "gesture_robot" / "nodes" / "executables.txt").read_text().splitlines()
    names = {line.split()[0] for line in lines if line[:1].isalpha()}
    assert {path.name for path in workspace.executables.iterdir()} == names
    for folder in ("config", "launch", "urdf", "worlds"):
        kept = {p.relative_to(ROOT) for p in (ROOT / folder).rglob("*")
                if p.is_file() and (folder == "launch" or p.suffix != ".py") and p.suffix != ".pyc"}
        found = {p.relative_to(workspace.share) for p in (workspace.share / folder).rglob("*") if p.is_file()}
        assert found == kept
    first = (workspace.executables / "perception").read_text().splitlines()[:2]
    assert sys.executable in " ".join(first)


def test_the_installed_modules_and_data_are_used(workspace: Workspace) -> None:
    code = ("import gesture_robot; from gesture_robot.msg import People; from gesture_robot.resources import "
            "resource_path; print(gesture_robot.__file__, People.__module__, resource_path('config/params.yaml'))")
    module, message, data = workspace.run(sys.executable, "-c", code).split()
    assert Path(module).is_relative_to(workspace.folder / "install")
    assert message == "gesture_robot.msg._people"
    assert Path(data).is_relative_to(workspace.share)


def test_an_installed_node_runs_and_ends_cleanly(workspace: Workspace) -> None:
    command = workspace.sourced(workspace.executables / "decision", "--ros-args", "--params-file",
                                workspace.share / "config" / "params.yaml")
    with subprocess.Popen(command, cwd=workspace.folder, env=workspace.environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        seen = []
        try:
            assert process.stdout is not None
            for line in process.stdout:
                seen.append(line)
                if line.rstrip().endswith(": active"):
                    break
            process.send_signal(signal.SIGINT)
            seen += process.communicate(timeout=30)[0].splitlines()
        finally:
            process.kill()
    assert any(line.rstrip().endswith(": active") for line in seen), seen
    assert process.returncode == 0


def test_colcon_test_passes(workspace: Workspace) -> None:
    workspace.colcon("test", "--return-code-on-test-failure")
    assert " 0 errors, 0 failures, 0 skipped" in workspace.colcon("test-result")
