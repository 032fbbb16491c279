"""`gesture_robot gesture list|show|render`: the named gestures."""

from __future__ import annotations

import argparse
from typing import Any

from gesture_robot.errors import InvalidInput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of gesture."""
    parser.add_argument("action", choices=("list", "show", "render"))
    parser.add_argument("name", nargs="?", help="gesture for show and render")
    parser.add_argument("--robot", default="wren", metavar="R", help="robot for render (default: wren)")
    parser.add_argument("--out", metavar="V.mp4", help="video that render writes")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="variation of the gesture (default: 0)")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """List the gestures, give one's figures, or draw it on a robot."""
    import numpy as np

    from gesture_robot.gesture.library import gesture_names, make_gesture

    if args.action == "list":
        print("\n".join(gesture_names()))
        return {"gestures": list(gesture_names())}
    if not args.name:
        raise InvalidInput(f"'gesture {args.action}' needs a gesture: {', '.join(gesture_names())}.")
    if args.seed < 0:
        raise InvalidInput(f"--seed must be 0 or more, got {args.seed}.")
    motion = make_gesture(args.name, rng=np.random.default_rng(args.seed))
    report = {"gesture": args.name, "duration_s": round(motion.duration_s, 3), "frames": len(motion.rotations)}
    if args.action == "render":
        if not args.out:
            raise InvalidInput("'gesture render' needs --out V.mp4.")
        _render(motion, args.robot, args.out)
        report["video"] = args.out
    print("  ".join(f"{key}: {value}" for key, value in report.items()))
    return report


def _render(motion: Any, robot: str, path: str) -> None:
    import tempfile
    from pathlib import Path

    from gesture_robot.body.motion_file import save_motion
    from gesture_robot.commands import render

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "motion.npz"
        save_motion(source, motion)
        parser = argparse.ArgumentParser()
        render.add_arguments(parser)
        render.run(parser.parse_args([str(source), "--robot", robot, "--out", path]))
