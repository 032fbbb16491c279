"""Which nodes `demo --ros` starts, and with which parameters. No ROS."""

from __future__ import annotations

import argparse
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gesture_robot import registry
from gesture_robot.errors import InvalidInput
from gesture_robot.nodes.config.robot import BASE_CAMERA_FRAME
from gesture_robot.page.access import read_token
from gesture_robot.page.address import check_free, parse_bind
from gesture_robot.robots.model import load_model
from gesture_robot.scene.layout import CAMERA_M
from gesture_robot.scene.source import open_camera

NO_CAMERA = -1


def plan(args: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Node -> its parameters, in the order in which they are started.

    Raises:
        InvalidInput: an engine or a scene nobody knows, a file or camera that is not there, an address the page
            cannot have.
    """
    for kind in ("tts", "gesture", "face"):
        name, _, path = getattr(args, kind).partition(":")
        registry.load(kind, name)
        if path and not Path(path).exists():
            raise InvalidInput(f"there is no model file '{path}' for --{kind} {name}.")
    open_camera(camera=args.camera, video=args.video, scene=args.scene).close()
    load_model(args.robot)
    robot, source = {"robot": args.robot}, _source(args)
    chosen: dict[str, dict[str, Any]] = {
        "robot": robot | source, "control": dict(robot), "perception": robot | _seen_from(source["camera_mount"]),
        "decision": {}, "speech": {"tts": args.tts, "device": args.device, "sound": not args.headless},
        "gesture": robot | {"engine": args.gesture, "device": args.device, "seed": args.seed},
        "face": {"engine": args.face, "device": args.device, "seed": args.seed}, "retarget": dict(robot)}
    if not args.headless and find_spec("gesture_robot.nodes.page_node") is not None:
        check_free(*parse_bind(args.bind, beyond_loopback=bool(read_token(args.token_file or ""))))
        chosen["page"] = {"bind": args.bind} | robot | ({"token_file": args.token_file} if args.token_file else {})
    return chosen


def _source(args: argparse.Namespace) -> dict[str, Any]:
    """What the robot node's camera sees."""
    other = args.camera is not None or args.video is not None
    return {"camera": NO_CAMERA if args.camera is None else args.camera, "video": args.video or "",
            "scene": "" if other else args.scene, "camera_mount": args.camera_mount or ("base" if other else "head"),
            "loop": not args.headless, "seed": args.seed, "scene_waits": not other}


def _seen_from(mount: str) -> dict[str, Any]:
    """Where perception finds the camera."""
    if mount == "head":
        return {}
    x, y, z = CAMERA_M
    return {"camera_pose": f"{x} {y} {z} 0 0 0", "camera_frame": BASE_CAMERA_FRAME}


def drawn_scene(args: argparse.Namespace) -> Any:
    """The scene the robot's camera sees, for the true people; None when it sees something else."""
    if args.camera is not None or args.video is not None:
        return None
    from gesture_robot.scene.camera import SceneCamera

    return SceneCamera(args.scene, mount=args.camera_mount or "head", seed=args.seed, loop=not args.headless)


def prepare_environment() -> None:
    """Keep to this machine unless the user chose otherwise; what DDS reads stands in the environment."""
    if os.environ.get("ROS_DISTRO") == "humble":
        os.environ.setdefault("ROS_LOCALHOST_ONLY", "1")
    else:
        os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
