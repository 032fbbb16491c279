"""Packaging: the one place for name, Python versions and dependencies. The version is gesture_robot.__version__."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).resolve().parent
DATA_FOLDERS = ("config", "urdf")

EXTRAS: dict[str, list[str]] = {
    # Never onnxruntime beside onnxruntime-gpu, nor opencv-python beside opencv-contrib-python: a pair owns one folder.
    "perception": ["mediapipe>=0.10.18,<0.10.22", "opencv-contrib-python"],
    "speech": ["sounddevice>=0.4.6"],
    "espeak": ["espeakng-loader>=0.2.4"],  # GPL-3.0-or-later, see NOTICE
    "mujoco": ["mujoco>=3.3"],
    "page": ["viser>=1.0,<2", "websockets>=15", "trimesh>=4"],
    "onnx": ["onnxruntime>=1.18"],
    "onnx-gpu": ["onnxruntime-gpu>=1.18"],
}
IN_DEMO = ("perception", "speech", "espeak", "mujoco", "page", "onnx")
EXTRAS["demo"] = sorted({requirement for name in IN_DEMO for requirement in EXTRAS[name]})
EXTRAS["test"] = ["pytest>=8", "hypothesis>=6.100", "onnx>=1.16", "selenium>=4.20", "setuptools>=70.1", "ruff==0.17.5",
                  "mypy==2.4.1", "types-PyYAML"]


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
