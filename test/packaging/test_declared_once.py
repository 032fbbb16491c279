"""What stands in two places is the same in both; every dependency is declared, used, and allowed."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gesture_robot

IMPORT_OF = {
    "opencv-contrib-python": "cv2",
    "pyyaml": "yaml",
    "espeakng-loader": "espeakng_loader",
    "onnxruntime-gpu": "onnxruntime",
}
BROUGHT_ALONG = {"rich": "viser", "google": "mediapipe", "trimesh": "viser", "builtin_interfaces": "ros-rclpy",
                 "rcl_interfaces": "ros-rclpy", "rosgraph_msgs": "ros-rclpy", "ament_index_python": "ros-rclpy",
                 "unique_identifier_msgs": "ros-rclpy", "msgspec": "viser"}
OF_THE_MACHINE = {"tf2_msgs", "hri_msgs", "geometry_msgs"}
"""Imported late, and only where ROS 2 has them."""
NEEDED_BY_ROS = {"lifecycle_msgs"}
"""rclpy.lifecycle imports it."""
NOT_OURS = ("test", "ros-build")
"""Extras for tests and for building; nothing of the package imports them."""
HEAVY = ("cv2", "mediapipe", "mujoco", "onnxruntime", "viser", "sounddevice", "espeakng_loader", "scipy", "trimesh")
FORBIDDEN = (
    r"/opt/(wheels|pypi)",
    r"/work/",
    r"\.pyenv",
    r"/root/",
    r"pypi\.org/simple",
    r"extra-index-url",
    r"find-links",
)
TEXT_SUFFIXES = {".py", ".md", ".toml", ".yaml", ".yml", ".urdf", ".txt", ".in", ""}


def name_of(requirement: str) -> str:
    return re.split(r"[<>=!~\[ ;]", requirement, maxsplit=1)[0].lower()


def module_of(name: str) -> str:
    """What is imported of a requirement; ROS 2 wheels are named after their packages."""
    return IMPORT_OF.get(name, name.removeprefix("ros-").replace("-", "_") if name.startswith("ros-") else name)


def third_party_imports(folder: Path) -> Iterator[tuple[str, Path]]:
    """Top-level names imported anywhere below `folder` that are neither ours nor Python's."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else ([node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else [])
            )
            for name in names:
                top = name.split(".")[0]
                if top not in sys.stdlib_module_names and top != "gesture_robot":
                    yield top, path


def test_version_stands_once(declared: dict[str, Any], root: Path) -> None:
    assert declared["version"] == gesture_robot.__version__
    newest = re.search(r"^## \[([^\]]+)\]", (root / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest.group(1) == gesture_robot.__version__


def test_python_versions_agree(declared: dict[str, Any], root: Path) -> None:
    low = re.fullmatch(r">=3\.(\d+)", declared["python_requires"])
    assert low is not None
    lowest, highest = int(low.group(1)), 12
    assert f"Python 3.{lowest} to 3.{highest}" in (root / "README.md").read_text()
    pyproject = (root / "pyproject.toml").read_text()
    assert f'target-version = "py3{lowest}"' in pyproject
    assert f'python_version = "3.{lowest}"' in pyproject
    for script in ("tools/set_up", "tools/set_up.py"):
        assert f"(3, {lowest}) <= sys.version_info[:2] <= (3, {highest})" in (root / script).read_text()


def test_licence_agrees(declared: dict[str, Any], root: Path) -> None:
    assert declared["license"] == "Apache-2.0"
    assert "Apache License" in (root / "LICENSE").read_text()[:200]
    for name in ("NOTICE", "README.md"):
        assert "Apache" in (root / name).read_text()


def test_packages_that_break_each_other_are_never_declared_together(declared: dict[str, Any]) -> None:
    core = [name_of(r) for r in declared["install_requires"]]
    extras = {
        extra: core + [name_of(r) for r in requirements] for extra, requirements in declared["extras_require"].items()
    }
    for names in extras.values():
        assert not {"onnxruntime", "onnxruntime-gpu"} <= set(names)
        assert not {n for n in names if n.startswith("opencv-")} - {"opencv-contrib-python"}
    assert [r for r in declared["install_requires"] if r.startswith("numpy")] == ["numpy"]


def test_gpl_comes_only_by_choice_and_is_named(declared: dict[str, Any], root: Path) -> None:
    with_gpl = {
        extra
        for extra, requirements in declared["extras_require"].items()
        if any(name_of(r) == "espeakng-loader" for r in requirements)
    }
    assert with_gpl == {"espeak", "demo"}
    assert "espeakng-loader" not in map(name_of, declared["install_requires"])
    for name in ("NOTICE", "README.md"):
        assert "GPL-3.0-or-later" in (root / name).read_text()


def test_every_dependency_is_named_in_the_notice(declared: dict[str, Any], root: Path) -> None:
    notice = (root / "NOTICE").read_text().lower()
    extras = {e: r for e, r in declared["extras_require"].items() if e not in NOT_OURS}
    for requirement in [*declared["install_requires"], *(r for rs in extras.values() for r in rs)]:
        name = name_of(requirement).replace("onnxruntime-gpu", "onnx runtime").replace("onnxruntime", "onnx runtime")
        name = "ros 2" if name.startswith("ros-") else name
        assert name in notice, name


def test_imports_and_requirements_are_the_same_set(declared: dict[str, Any], root: Path) -> None:
    required = {name_of(r) for r in declared["install_requires"]}
    required |= {name_of(r) for extra, rs in declared["extras_require"].items() if extra not in NOT_OURS for r in rs}
    importable = {module_of(name) for name in required}
    imported = {name for name, _ in third_party_imports(root / "gesture_robot")}
    assert imported - importable - set(BROUGHT_ALONG) - OF_THE_MACHINE == set()
    text = "".join(path.read_text(encoding="utf-8") for path in (root / "gesture_robot").rglob("*.py"))
    unused = importable - imported - NEEDED_BY_ROS
    assert [name for name in unused if f'"{name}"' not in text] == []  # found by name, not imported
    assert {BROUGHT_ALONG[name] for name in imported & set(BROUGHT_ALONG)} <= required


def test_extras_named_in_messages_exist(declared: dict[str, Any], root: Path) -> None:
    named = set()
    for path in (root / "gesture_robot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "MissingDependency"
            )
            if called and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):  # type: ignore[attr-defined]
                named.add(node.args[1].value)  # type: ignore[attr-defined]
    assert named
    assert named <= set(declared["extras_require"])


def test_readme_lists_exactly_the_extras_and_the_core(declared: dict[str, Any], root: Path) -> None:
    readme = (root / "README.md").read_text()
    table = readme[readme.index("| extra | brings |") : readme.index("## How it works")]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == set(declared["extras_require"])
    core = re.search(r"# the core: ([a-z, ]+);", readme)
    assert core is not None
    assert set(core.group(1).split(", ")) == {name_of(r) for r in declared["install_requires"]}


def test_scripts_carry_no_requirements_of_their_own(declared: dict[str, Any], root: Path) -> None:
    names = {name_of(r) for r in declared["install_requires"]}
    names |= {name_of(r) for rs in declared["extras_require"].values() for r in rs}
    pattern = re.compile(rf"\b({'|'.join(sorted(map(re.escape, names)))})\s*(==|>=|<=|~=|<|>)\s*\d", re.IGNORECASE)
    for path in (root / "Makefile", root / ".ci" / "run", *(root / "tools").iterdir()):
        if path.is_file():
            assert not pattern.search(path.read_text(encoding="utf-8")), path.name
    pyproject = (root / "pyproject.toml").read_text()
    assert "[project]" not in pyproject
    assert not pattern.search(pyproject.replace("setuptools>=64", ""))


def test_the_command_line_imports_nothing_heavy_before_it_is_used() -> None:
    code = (
        "import json, sys; from gesture_robot.cli import build_parser; build_parser();"
        "print(json.dumps(sorted(m for m in sys.modules if '.' not in m)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(json.loads(done.stdout))


def test_no_module_imports_an_engine_library_at_its_top(root: Path) -> None:
    heavy = set(HEAVY) - {"scipy"}
    for path in (root / "gesture_robot").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
            )
            assert not heavy & {name.split(".")[0] for name in names}, path


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_no_place_of_one_machine_is_written_down(pattern: str, root: Path) -> None:
    folders = ("gesture_robot", "tools", "benchmark", "docs", "config", "urdf", ".ci")
    files = [p for folder in folders for p in (root / folder).rglob("*") if p.is_file() and p.suffix in TEXT_SUFFIXES]
    files += [p for p in root.iterdir() if p.is_file() and p.suffix in TEXT_SUFFIXES]
    found = [
        str(p.relative_to(root))
        for p in files
        if "__pycache__" not in p.parts and re.search(pattern, p.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []
