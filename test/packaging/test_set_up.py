"""The set-up behind make: one clear line and exit code 2 where it cannot go on; nothing done twice."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from gesture_robot.commands import system
from gesture_robot.commands.system import Need
from tools import build_ros

ROOT = Path(__file__).resolve().parents[2]
ABSENT = Need(
    "Absent", "nothing at all", ("demo",), lambda: False, (("no-such-package",), ("libabsent1", "libabsent2"))
)


@pytest.fixture
def set_up(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """tools/set_up.py with one unmet need, and every command only noted down."""
    spec = importlib.util.spec_from_file_location("set_up_under_test", ROOT / "tools" / "set_up.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.ran = []  # type: ignore[attr-defined]
    monkeypatch.setattr(module, "run", lambda command, quiet=False: module.ran.append(command) or 0)  # type: ignore[attr-defined]
    monkeypatch.setattr(system, "NEEDS", (ABSENT,))
    monkeypatch.setattr(system, "available", lambda package: package.startswith("lib"))
    monkeypatch.setattr(module.shutil, "which", lambda name: f"/usr/bin/{name}")
    return module


def test_without_rights_it_prints_one_apt_line_and_ends(
    set_up: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system, "administrator", lambda: None)
    assert set_up.set_up_system(["demo"]) == 2
    printed = capsys.readouterr()
    assert printed.err == "sudo apt-get install -y --no-install-recommends libabsent1 libabsent2\n"
    assert printed.out == ""
    assert set_up.ran == []


@pytest.mark.parametrize("rights", [[], ["sudo", "-n"]])
def test_with_rights_it_installs_what_this_distribution_has(
    set_up: ModuleType, monkeypatch: pytest.MonkeyPatch, rights: list[str]
) -> None:
    monkeypatch.setattr(system, "administrator", lambda: rights)
    assert set_up.set_up_system(["demo"]) == 0
    update, install = set_up.ran
    assert update[: len(rights) + 2] == [*rights, "apt-get", "update"]
    assert install[-2:] == ["libabsent1", "libabsent2"]
    assert install[: len(rights)] == rights


def test_a_package_that_no_distribution_has_is_named_and_left_out(
    set_up: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system, "administrator", list)
    monkeypatch.setattr(system, "available", lambda package: False)
    assert set_up.set_up_system(["demo"]) == 0
    assert "going on without nothing at all" in capsys.readouterr().out
    assert not any("install" in command for command in set_up.ran)


def test_system_packages_can_be_left_alone(set_up: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYSTEM_PACKAGES", "skip")
    assert set_up.set_up_system(["demo"]) == 0
    assert set_up.ran == []


def test_an_unknown_goal_is_refused(set_up: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert set_up.main(["fly"]) == 2
    assert "Known: demo, test, ros" in capsys.readouterr().err


def test_what_is_installed_depends_on_the_goals_and_on_setup_py(set_up: ModuleType) -> None:
    assert set_up.state_of(["demo"]) == set_up.state_of(["demo"])
    assert set_up.state_of(["demo"]) != set_up.state_of(["demo", "test"])


def test_what_was_set_up_for_more_is_good_for_less(set_up: ModuleType) -> None:
    assert set_up.with_more(["demo"]) == [["demo"], ["demo", "ros"], ["demo", "test"], ["demo", "ros", "test"]]
    assert set_up.with_more(["demo", "ros"]) == [["demo", "ros"], ["demo", "ros", "test"]]


@pytest.fixture
def interfaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkout with interfaces, and an environment, as the current folder."""
    for name in ("msg/A.msg", "srv/B.srv", "action/C.action", "cmake/d", "CMakeLists.txt", "package.xml",
                 "gesture_robot/nodes/executables.txt", "tools/build_ros.py", ".venv/pyvenv.cfg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    monkeypatch.chdir(tmp_path)
    return Path(".venv")


def test_interfaces_are_built_only_when_they_changed(interfaces: Path) -> None:
    ran: list[list[str]] = []
    assert not build_ros.is_built(interfaces)
    assert build_ros.build(interfaces, lambda command, variables: ran.append(command) or 0) == 0
    assert [next(o for o in command if o.startswith("-")) for command in ran] == ["-m"] * 3
    assert build_ros.is_built(interfaces)
    for name in ("msg/A.msg", "msg/New.msg", "CMakeLists.txt", "gesture_robot/nodes/executables.txt"):
        Path(name).write_text(f"changed {name}")
        assert not build_ros.is_built(interfaces)
        assert build_ros.build(interfaces, lambda command, variables: 0) == 0
    Path("gesture_robot/nodes/other.py").write_text("no interface")
    assert build_ros.is_built(interfaces)


def test_a_failed_build_is_built_again(interfaces: Path) -> None:
    assert build_ros.build(interfaces, lambda command, variables: 0) == 0
    Path("msg/A.msg").write_text("two")
    assert build_ros.build(interfaces, lambda command, variables: 3) == 3
    assert not build_ros.is_built(interfaces)


def test_another_ros_does_not_leak_into_the_build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH", "PYTHONPATH", build_ros.MARKER, "LD_LIBRARY_PATH"):
        monkeypatch.setenv(name, "/elsewhere")
    variables = build_ros.clean_variables(tmp_path)
    assert "/elsewhere" not in variables.values()
    assert variables["PATH"].startswith(str(tmp_path / "bin"))


@pytest.mark.parametrize(("goals", "code"), [(["ros"], 2), (["demo", "test", "ros"], 0)])
def test_on_other_machines_the_wheels_are_named_and_tests_go_on(
    set_up: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], goals: list[str], code: int
) -> None:
    monkeypatch.setattr(build_ros.platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(set_up, "set_up_packages", lambda goals: 0 if "ros" not in goals else 1)
    assert set_up.main(goals) == code
    captured = capsys.readouterr()
    assert "aarch64" in captured.out + captured.err
    assert "robot_machine.md" in captured.out + captured.err


def test_no_fitting_python_is_one_clear_line() -> None:
    done = subprocess.run(
        [ROOT / "tools" / "set_up", "demo"],
        env={**os.environ, "PYTHON": "/bin/false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "needs Python 3.10, 3.11 or 3.12" in done.stderr


def test_a_snap_stand_in_does_not_count_as_available(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"chromium": "2:1snap1-0ubuntu2", "libgl1": "1.7.0-1", "gone": "(none)"}

    def fake(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        candidate = answers.get(command[-1])
        return subprocess.CompletedProcess(command, 0, f"x:\n  Candidate: {candidate}\n" if candidate else "")

    monkeypatch.setattr(system.subprocess, "run", fake)
    assert [system.available(p) for p in ("chromium", "libgl1", "gone", "unheard-of")] == [False, True, False, False]


def test_every_need_has_packages_and_a_known_goal() -> None:
    for need in system.NEEDS:
        assert need.packages
        assert set(need.goals) <= {"demo", "test", "ros"}
        assert isinstance(need.found(), bool)


def test_the_set_up_needs_only_the_standard_library() -> None:
    code = (
        "import sys; sys.path[:0] = ['.', 'tools']; import set_up;"
        "print([m for m in ('numpy', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


SKIPS = "import pytest\ndef test_one(): pytest.skip('no camera')\ndef test_two(): pass\n"
EXPECTED_FAILURE = "import pytest\n@pytest.mark.xfail\ndef test_one(): assert False\ndef test_two(): pass\n"


@pytest.mark.parametrize(("source", "ci", "code"), [(SKIPS, "", 0), (SKIPS, "true", 1), (EXPECTED_FAILURE, "true", 0)])
def test_on_ci_a_skip_fails_and_is_named(source: str, ci: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(source)
    (tmp_path / "conftest.py").write_text((ROOT / "test" / "conftest.py").read_text())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path]
    environment = {**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout
    assert ("no camera" in done.stdout and "CI counts as failed" in done.stdout) == bool(code)
