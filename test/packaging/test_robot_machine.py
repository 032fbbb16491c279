"""requirements/robot.txt agrees with setup.py, and holds nothing that a robot's machine has itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = {"onnxruntime", "onnxruntime-gpu", "ruckig"}


def lines() -> list[str]:
    text = (ROOT / "requirements" / "robot.txt").read_text(encoding="utf-8").splitlines()
    return [line.partition("#")[0].strip() for line in text if line.partition("#")[0].strip()]


def name_of(requirement: str) -> str:
    return re.split(r"[<>=!~\[ ;]", requirement, maxsplit=1)[0].lower()


def test_it_names_what_the_package_needs_and_ros_brings_the_rest(declared: dict[str, Any]) -> None:
    extras = declared["extras_require"]
    needed = {name_of(r) for r in [*declared["install_requires"], *extras["demo"]]} - LEFT_OUT
    assert {name_of(line) for line in lines()} == needed
    assert not [line for line in lines() if line.startswith("ros-")]


def test_versions_are_those_of_setup_py_or_narrower(declared: dict[str, Any]) -> None:
    wanted = {name_of(r): r for r in declared["extras_require"]["demo"]}
    for line in lines():
        lower = re.search(r">=([\d.]+)", wanted.get(name_of(line), ""))
        if lower is not None:
            given = re.search(r"[=>]=([\d.]+)", line)
            assert given is not None, line
            assert [*map(int, given[1].split("."))] >= [*map(int, lower[1].split("."))]
    assert "mediapipe==0.10.18" in lines()
    assert "numpy<2" in lines()


def test_the_recipe_uses_files_and_arguments_that_exist() -> None:
    recipe = (ROOT / "docs" / "robot_machine.md").read_text(encoding="utf-8")
    assert "COLCON_IGNORE" in recipe
    assert "--system-site-packages" in recipe
    assert "-DPython3_EXECUTABLE=$PWD/venv/bin/python" in recipe
    for path in re.findall(r"src/gesture_robot/([\w/.]+)", recipe):
        assert (ROOT / path).is_file()
    launch = (ROOT / "launch" / "gesture_robot.launch.py").read_text(encoding="utf-8")
    for page in ("robot_machine.md", "ros.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        for block in re.findall(r"gesture_robot\.launch\.py((?:[^\n`]|\\\n)*)", text):
            for argument in re.findall(r"(\w+):=", block):
                assert f'"{argument}"' in launch, argument
