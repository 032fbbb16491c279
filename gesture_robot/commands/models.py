"""`gesture_robot models list|prepare`: the files behind the engines, and a first load of each."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gesture_robot.errors import GestureRobotError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of models."""
    parser.add_argument(
        "action",
        choices=("list", "prepare"),
        help="list: model files that installed packages brought; prepare: load every built-in engine once",
    )


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Print and return one row per file or engine."""
    return _list() if args.action == "list" else _prepare()


def _list() -> dict[str, Any]:
    rows = [{"package": p, "file": f.name, "mb": round(f.stat().st_size / 1e6, 2)} for p, f in _files()]
    for row in rows:
        print(f"{row['package']:16s} {row['mb']:8.2f} MB  {row['file']}")
    if not rows:
        print("no model files found; install them with: pip install 'gesture_robot[demo]'")
    return {"models": rows}


def _files() -> list[tuple[str, Path]]:
    from importlib.util import find_spec

    found: list[tuple[str, Path]] = []
    for package, patterns in (("mediapipe", ("*.tflite",)), ("espeakng_loader", ("libespeak-ng*", "phondata"))):
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec is not None else []:
            found += [(package, path) for pattern in patterns for path in sorted(Path(folder).rglob(pattern))]
    return found


def _prepare() -> dict[str, Any]:
    report: dict[str, Any] = {}
    for name, load in _loads().items():
        started = time.perf_counter()
        try:
            load()
            report[name] = {"ready": True, "load_s": round(time.perf_counter() - started, 3)}
        except GestureRobotError as error:
            report[name] = {"ready": False, "error": str(error)}
        done = report[name]
        print(f"{name:12s} " + (f"ready in {done['load_s']:.2f} s" if done["ready"] else done["error"]))
    return {"engines": report}


def _loads() -> dict[str, Callable[[], Any]]:
    def perception() -> None:
        import numpy as np

        from gesture_robot import registry
        from gesture_robot.datatypes import CameraImage

        backend = registry.create("perception", "mediapipe")
        black, camera_matrix = np.zeros((480, 640, 3), np.uint8), np.diag([554.0, 554.0, 1.0])
        backend.detect(CameraImage(0.0, "camera", black, camera_matrix, np.eye(4)))
        backend.close()

    def speech() -> None:
        from gesture_robot import registry

        registry.create("tts", "espeak").synthesize("Hello.")

    def robot() -> None:
        from gesture_robot.robots.model import load_model
        from gesture_robot.robots.mujoco_robot import MujocoRobot

        MujocoRobot(load_model("wren")).close()

    return {"perception": perception, "speech": speech, "robot": robot}
