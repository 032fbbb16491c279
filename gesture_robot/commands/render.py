"""`gesture_robot render`: a body motion or a joint trajectory to a video of the robot."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from gesture_robot.commands.video_file import open_video, video_path
from gesture_robot.errors import InvalidInput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of render."""
    parser.add_argument(
        "motion", metavar="MOTION.npz|TRAJ.npz", help="body motion (poses) or joint trajectory (positions)"
    )
    parser.add_argument("--robot", default="wren", metavar="NAME|URDF", help="the robot (default: wren)")
    parser.add_argument("--face", metavar="FACE.npz", help="face motion to show on the screen")
    parser.add_argument("--camera", default="three_quarter", metavar="VIEW", help="front or three_quarter (default)")
    parser.add_argument(
        "--size", default="480x540", metavar="WxH", help="size of the video in pixels (default: 480x540)"
    )
    parser.add_argument("--fps", type=float, default=25.0, metavar="N", help="frames per second (default: 25)")
    parser.add_argument("--out", required=True, metavar="V.mp4", help="the video")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Write the video; returns frames, duration and what drew it."""
    import numpy as np
    from tqdm import tqdm

    from gesture_robot.robots.follower import sample_trajectory
    from gesture_robot.robots.model import load_model
    from gesture_robot.robots.render import open_renderer

    width, height = _size(args.size)
    if not 1.0 <= args.fps <= 120.0:
        raise InvalidInput(f"--fps must be between 1 and 120, got {args.fps:g}.")
    out = video_path(args.out)
    model = load_model(args.robot)
    trajectory = _trajectory(args.motion, model)
    faces = _Faces(args.face)
    start_s, end_s = (trajectory.start_s + trajectory.times_s[i] for i in (0, -1))
    times = np.arange(start_s, end_s + 0.5 / args.fps, 1.0 / args.fps)
    positions = np.tile(model.rest, (len(times), 1))
    positions[:, [model.index(joint) for joint in trajectory.joint_names]] = sample_trajectory(trajectory, times)[0]
    writer = open_video(out, args.fps, (width, height))
    renderer = open_renderer(model, width, height, args.camera)
    if renderer.note:
        print(f"note: {renderer.note}", file=sys.stderr)
    try:
        for now_s, pose in zip(tqdm(times, desc="frames", unit="", disable=None), positions, strict=True):
            writer.write(np.ascontiguousarray(renderer.render(pose, faces.at(now_s))[..., ::-1]))
    finally:
        writer.release()
        renderer.close()
    print(f"{len(times)} frames, {len(times) / args.fps:.2f} s -> {args.out}")
    return {"frames": len(times), "duration_s": len(times) / args.fps, "out": str(args.out), "note": renderer.note}


class _Faces:
    """Face pictures over time; the neutral face without a file."""

    def __init__(self, path: str | None):
        import numpy as np

        from gesture_robot.face.arkit import CHANNELS
        from gesture_robot.face.face_file import load_face
        from gesture_robot.face.screen import draw_face

        self._motion = load_face(path) if path else None
        self._neutral = draw_face(np.zeros(len(CHANNELS)))

    def at(self, time_s: float) -> Any:
        """The picture at this time of the face motion."""
        from gesture_robot.face.screen import draw_face

        if self._motion is None:
            return self._neutral
        frame = min(max(int(round(time_s * self._motion.fps)), 0), len(self._motion.weights) - 1)
        return draw_face(self._motion.weights[frame])


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 16 <= int(width) <= 2048 and 16 <= int(height) <= 2048):
        raise InvalidInput(f"--size must be WIDTHxHEIGHT with 16 to 2048 pixels each, such as 480x540; got '{text}'.")
    return int(width) // 2 * 2, int(height) // 2 * 2  # video codecs want even sizes


def _trajectory(path: str, model: Any) -> Any:
    from gesture_robot.body.motion_file import DAMAGED_NPZ, one_line
    from gesture_robot.robots.trajectory_file import load_trajectory, npz_keys

    try:
        keys = npz_keys(path)
        trajectory = load_trajectory(path) if "positions" in keys else None
    except InvalidInput:
        raise
    except DAMAGED_NPZ as error:
        raise InvalidInput(
            f"{path} is damaged or not an .npz file: {one_line(error)}. Give a motion.npz or a trajectory.npz."
        ) from None
    if trajectory is not None:
        for joint in trajectory.joint_names:
            model.index(joint)  # UnknownName lists this robot's joints
        return trajectory
    if "poses" in keys:
        from gesture_robot.body.motion_file import load_motion
        from gesture_robot.retarget.retargeter import Retargeter

        return Retargeter(model).motion(load_motion(path))
    raise InvalidInput(
        f"{path} holds {', '.join(keys) or 'nothing'}: neither a motion (poses, mocap_frame_rate) nor a trajectory "
        "(joint_names, times_s, positions, velocities)."
    )
