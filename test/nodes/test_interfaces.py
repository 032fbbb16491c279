"""The package's interfaces and manifest: every field explained, every key known to rosdistro, one version.

Runs under `colcon test` too: plain pytest, no fixtures of this folder, no network.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).resolve().parents[2]
INTERFACES = sorted(path for folder in ("msg", "srv", "action") for path in (ROOT / folder).iterdir())
ON_ROSDISTRO = frozenset("""
    action_msgs ament_cmake ament_cmake_pytest ament_cmake_python ament_index_python builtin_interfaces diagnostic_msgs
    geometry_msgs launch launch_ros lifecycle_msgs python3-numpy python3-scipy python3-tqdm python3-yaml rcl_interfaces
    rclpy robot_state_publisher rosgraph_msgs rosidl_default_generators rosidl_default_runtime sensor_msgs std_msgs
    std_srvs tf2_msgs trajectory_msgs visualization_msgs""".split())
"""Looked up in the distribution files of humble, jazzy and kilted and in rosdep/base.yaml and python.yaml."""
NUMBERS = ("int8", "int16", "int32", "int64", "uint16", "uint32", "uint64", "float32", "float64")
UNITS = re.compile(r"\[(rad|m|s|px|Hz|m/s|-?\d, \d)\]|number|newest piece|since|ticks|commands|normal size")
SHAPES = ("geometry_msgs/",)


def fields(path: Path) -> list[tuple[str, str, str]]:
    """Type, name and comment of every field; constants too."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        code, _, comment = line.partition("#")
        if code.strip() and code.strip() != "---":
            kind, name = code.split("=")[0].split()[:2]
            found.append((kind, name, comment.strip()))
    return found


@pytest.mark.parametrize("path", INTERFACES, ids=lambda path: path.name)
def test_the_first_line_says_what_it_is(path: Path) -> None:
    assert re.match(r"# [A-Z].*\.", path.read_text(encoding="utf-8").splitlines()[0])


@pytest.mark.parametrize("path", INTERFACES, ids=lambda path: path.name)
def test_numbers_say_their_unit_and_stamps_what_they_stamp(path: Path) -> None:
    for kind, name, comment in fields(path):
        base = re.sub(r"\[.*\]", "", kind)
        if base in NUMBERS:
            assert UNITS.search(comment), f"{path.name}: {name} needs a unit, such as # [rad]"
        elif base == "std_msgs/Header":
            assert "stamp" in comment, f"{path.name}: {name}"
            assert "frame" in comment, f"{path.name}: {name}"
        elif base.startswith(SHAPES):
            assert re.search(r"\[m|unit vector", comment), f"{path.name}: {name}"


def dependencies() -> set[str]:
    root = ET.parse(ROOT / "package.xml").getroot()
    return {(item.text or "").strip() for item in root if item.tag.endswith("depend")}


def test_the_manifest_names_only_keys_that_exist() -> None:
    assert dependencies() <= ON_ROSDISTRO
    assert ET.parse(ROOT / "package.xml").getroot().get("format") == "3"


def test_the_manifest_names_every_message_package_that_is_imported() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "gesture_robot").rglob("*.py"))
    imported = set(re.findall(r"^(?:from|import) (\w+_(?:msgs|srvs|interfaces))\b", sources, re.MULTILINE))
    assert imported <= dependencies()
    assert {"rclpy", "launch", "launch_ros"} <= dependencies()


def test_messages_in_messages_are_declared() -> None:
    used = {kind.split("/")[0] for path in INTERFACES for kind, _, _ in fields(path) if "/" in kind}
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    declared = re.search(r"DEPENDENCIES ([^)]*)\)", text)
    assert declared is not None
    assert used == set(declared[1].split())
    assert used <= dependencies()


def test_one_version() -> None:
    init = (ROOT / "gesture_robot" / "__init__.py").read_text(encoding="utf-8")
    assert f'__version__ = "{ET.parse(ROOT / "package.xml").getroot().findtext("version")}"' in init


def test_executables_have_modules_with_a_main() -> None:
    lines = (ROOT / "gesture_robot" / "nodes" / "executables.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split() for line in lines if line[:1].isalpha()]
    assert pairs
    for name, module in pairs:
        assert re.fullmatch(r"[a-z_]+", name), "CMakeLists.txt reads only such names"
        source = (ROOT / "gesture_robot" / "nodes" / f"{module}.py").read_text(encoding="utf-8")
        assert "def main() -> int:" in source, module
