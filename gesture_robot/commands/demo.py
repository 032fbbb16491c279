"""`gesture_robot demo`: the whole main job, in one process or as ROS 2 nodes."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from typing import Any

from gesture_robot.errors import InvalidInput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the demo."""
    parser.add_argument("--headless", action="store_true", help="no page, no sound, simulated time, as fast as it goes")
    parser.add_argument(
        "--seconds",
        type=float,
        metavar="S",
        help="length of the run (default: the scene once when headless, else until Ctrl-C)",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--camera", type=int, metavar="N", help="camera number N in place of the drawn scene")
    source.add_argument("--video", metavar="FILE", help="video file in place of the drawn scene")
    source.add_argument("--scene", default="visitor", help="drawn scene (default: visitor)")
    parser.add_argument(
        "--camera-mount",
        choices=("head", "base"),
        help="the camera turns with the head, or is fixed (default: head for a scene, base for a camera or a file)",
    )
    parser.add_argument("--robot", default="wren", metavar="R", help="robot name or URDF file (default: wren)")
    parser.add_argument("--tts", default="espeak", metavar="E", help="speech engine (default: espeak)")
    parser.add_argument("--gesture", default="beat", metavar="E", help="gesture engine, or onnx:MODEL (default: beat)")
    parser.add_argument("--face", default="viseme", metavar="E", help="face engine, or onnx:MODEL (default: viseme)")
    parser.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda"), help="where ONNX engines run (default: auto)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same files (default: 0)")
    parser.add_argument(
        "--bind", default="127.0.0.1:8080", metavar="H:P", help="address of the page (default: 127.0.0.1:8080)"
    )
    parser.add_argument(
        "--token-file", metavar="FILE", help="the page asks for the token in it (needed to --bind beyond this machine)"
    )
    parser.add_argument(
        "--out", metavar="DIR", help="write demo.mp4, speech.wav, motion.npz, face.npz, trajectory.npz, report.json"
    )
    parser.add_argument("--no-mp4", action="store_true", help="with --out: no demo.mp4")
    parser.add_argument(
        "--ros", action="store_true", help="the same as ROS 2 nodes, a process each (needs make ros; no demo.mp4)"
    )


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Run it; returns the report."""
    if args.seconds is not None and not 0.0 < args.seconds <= 86400.0:
        raise InvalidInput(f"--seconds must be between 0 and 86400, got {args.seconds:g}.")
    if args.seed < 0:
        raise InvalidInput(f"--seed must be 0 or more, got {args.seed}.")
    if args.ros:
        return _run_nodes(args)
    from gesture_robot.runtime.demo import Demo

    return Demo(args).run()


def _run_nodes(args: argparse.Namespace) -> dict[str, Any]:
    from gesture_robot.nodes.starter_plan import plan

    nodes = plan(args)
    if find_spec("rclpy") is None or find_spec("gesture_robot.msg") is None:
        raise InvalidInput("--ros needs ROS 2 and this package's messages: run `make ros`, or build the package with "
                           "colcon and source it; without --ros the demo runs in one process.")
    from gesture_robot.nodes.starter import Starter

    return Starter(args, nodes).run()
