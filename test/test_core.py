"""Registry, settings and the direction of imports."""

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

from gesture_robot import registry
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.settings import check_settings, describe_settings, setting

PACKAGE = Path(__file__).parents[1] / "gesture_robot"
ORDER = ("errors", "checks", "settings", "datatypes", "protocols", "registry", "resources", "geometry")


def test_unknown_engine_lists_the_known_ones():
    with pytest.raises(UnknownName, match="espeak"):
        registry.load("tts", "espaek")


@pytest.mark.parametrize("key", sorted(registry.BUILT_IN))
def test_every_engine_that_is_named_exists(key):
    kind, name = key.split(":")
    assert isinstance(registry.load(kind, name), type)


def test_settings_enforce_their_bounds():
    @dataclass(frozen=True)
    class Config:
        speed: float = setting(1.0, "how fast", unit="m/s", low=0.0, high=2.0)

        def __post_init__(self):
            check_settings(self)

    assert describe_settings(Config) == [("speed", "1.0", "m/s", "how fast")]
    with pytest.raises(InvalidInput, match="at most 2 m/s"):
        Config(3.0)
    with pytest.raises(InvalidInput):
        Config(float("nan"))


def test_the_core_never_imports_ros():
    for path in PACKAGE.rglob("*.py"):
        if "nodes" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
            )
            assert not any(n.split(".")[0] in ("rclpy", "launch", "launch_ros") for n in names), path


def test_heavy_libraries_are_imported_late():
    heavy = {
        "mediapipe",
        "mujoco",
        "torch",
        "onnxruntime",
        "viser",
        "sounddevice",
        "cv2",
        "onnx",
        "yourdfpy",
        "trimesh",
    }
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
            )
            assert not heavy & {n.split(".")[0] for n in names}, path
