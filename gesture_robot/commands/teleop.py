"""`gesture_robot teleop`: the teleop node in this terminal."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from gesture_robot.errors import InvalidInput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of teleop."""
    parser.add_argument("--robot", default="", metavar="NAME|URDF", help="default: wren")
    parser.add_argument("--namespace", default="", metavar="NAME", help="of the robot's nodes")
    parser.add_argument("--joy-map", type=Path, metavar="FILE", help="default: config/joy.yaml")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Run the node until `q` or Ctrl-C."""
    try:
        from gesture_robot.nodes.runner import run as run_nodes
        from gesture_robot.nodes.teleop_node import TeleopNode
    except ImportError as error:
        raise InvalidInput(f"teleop needs ROS 2 ({error}). Run `make ros`, or source your ROS 2 and build the package "
                           "with colcon.") from None
    if args.joy_map is not None and not args.joy_map.is_file():
        raise InvalidInput(f"--joy-map: there is no file {args.joy_map}.")
    given = {"robot": args.robot, "joy_map": str(args.joy_map.resolve()) if args.joy_map else ""}
    options = [word for name, value in given.items() if value for word in ("-p", f"{name}:={value}")]
    options += ["-r", f"__ns:=/{args.namespace.strip('/')}"] if args.namespace else []
    code = run_nodes([TeleopNode], ["--ros-args", *options] if options else [])
    if code:
        raise SystemExit(code)
    return {}
