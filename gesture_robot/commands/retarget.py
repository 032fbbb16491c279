"""`gesture_robot retarget`: body motion to the joints of a robot, one file or many."""

from __future__ import annotations

import argparse
import glob
from pathlib import Path
from typing import Any

from gesture_robot.errors import InvalidInput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of retarget."""
    parser.add_argument(
        "motion",
        nargs="+",
        metavar="MOTION",
        help="body motion in SMPL-X joints (BEAT2's layout, .npz) or .bvh; several, folders or patterns: all of them",
    )
    parser.add_argument("--robot", default="wren", metavar="URDF|NAME", help="robot name or URDF file (default: wren)")
    parser.add_argument(
        "--out",
        required=True,
        metavar="TRAJ.npz|DIR",
        help="joint names, times, positions, velocities; of many motions: the folder for one file each",
    )
    parser.add_argument(
        "--report", action="store_true", help="print direction errors, guards, limits and distances between links"
    )
    one = parser.add_argument_group("one motion")
    one.add_argument("--face", metavar="FACE.npz", help="face channels for the robot's eyes and face joints")
    one.add_argument("--video", metavar="V.mp4", help="the human skeleton beside the robot, with the errors")
    many = parser.add_argument_group("many motions")
    many.add_argument("--jobs", type=int, metavar="N", help="so many at once (default: one per core)")
    many.add_argument("--engine", choices=("local", "ray"), default="local", help="cores of this machine, or Ray")
    many.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where the solver runs (default: cpu)")
    many.add_argument("--resume", action="store_true", help="do only what is missing in the folder")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Retarget one motion or many; returns the report."""
    _refuse_mixture(args, many=_is_many(args))
    if _is_many(args):
        from gesture_robot.commands.retarget_many import run_many

        return run_many(args)
    return _run_one(args)


def _is_many(args: argparse.Namespace) -> bool:
    """Whether the output is a folder: for several motions, a folder or a pattern, or because it is asked for."""
    first, out = Path(args.motion[0]), Path(args.out)
    pattern = glob.has_magic(args.motion[0]) and not first.exists()
    return len(args.motion) > 1 or first.is_dir() or pattern or out.is_dir() or not out.suffix


def _refuse_mixture(args: argparse.Namespace, *, many: bool) -> None:
    if many and Path(args.out).suffix in (".npz", ".csv", ".bvh"):
        raise InvalidInput(f"--out must be a folder for many motions, such as --out trajectories; got '{args.out}'.")
    if many:
        wrong = [f"--{name}" for name in ("face", "video") if getattr(args, name)]
    else:
        given = {"jobs": args.jobs is not None, "engine": args.engine != "local", "resume": args.resume}
        wrong = [f"--{name}" for name, is_given in given.items() if is_given]
    if wrong:
        kind, other = ("many motions", "one motion") if many else ("one motion", "many motions: --out DIR")
        raise InvalidInput(f"{', '.join(wrong)} cannot be used with {kind}, only with {other}.")


def _run_one(args: argparse.Namespace) -> dict[str, Any]:
    from gesture_robot.body.motion_checks import to_stderr
    from gesture_robot.commands.video_file import video_path
    from gesture_robot.retarget.bulk_work import read_motion, write_whole
    from gesture_robot.retarget.outcome import open_retargeter, retarget
    from gesture_robot.retarget.report import figures, print_report
    from gesture_robot.robots.model import load_model

    out, video = _writable(args.out), video_path(args.video) if args.video else None
    body, model = read_motion(args.motion[0], to_stderr), load_model(args.robot)
    face = _face(args.face, model)
    outcome = retarget(open_retargeter(model, args.device), body, face)
    write_whole(out, outcome.sent, compressed=True)
    report = {
        "out": str(out),
        "frames": len(body.rotations),
        "duration_s": round(float(outcome.sent.times_s[-1]), 3),
        **figures(body, outcome, model),
    }
    count = len(outcome.sent.times_s), len(outcome.sent.joint_names)
    print(f"{out}: {count[0]} points, {count[1]} joints, {report['duration_s']} s")
    if args.report:
        print_report(report)
    if video is not None:
        report["video"] = str(video)
        _write_video(video, body, outcome, model, face)
    return report


def _write_video(path: Path, *shown: Any) -> None:
    """Human and robot side by side."""
    import numpy as np
    from tqdm import tqdm

    from gesture_robot.body.motion_checks import to_stderr
    from gesture_robot.commands.video_file import open_video
    from gesture_robot.retarget.overlay import SIZE_PX, Overlay

    overlay = Overlay(*shown)
    if overlay.note:
        to_stderr(overlay.note)
    writer = open_video(path, overlay.fps, SIZE_PX)
    try:
        for picture in tqdm(overlay.pictures(), total=overlay.count, desc="frames", unit="", disable=None):
            writer.write(np.ascontiguousarray(picture[..., ::-1]))
    finally:
        writer.release()
        overlay.close()
    print(f"{path}: {overlay.count} frames, {overlay.count / overlay.fps:.2f} s")


def _face(path: str | None, model: Any) -> Any:
    """The face motion; a note when the robot has neither joints nor a screen for it."""
    if path is None:
        return None
    from gesture_robot.body.motion_checks import to_stderr
    from gesture_robot.face.face_file import load_face

    face = load_face(path)
    shown = {channel for joint in model.limbs.face for channel in joint.gains} & set(face.channels)
    if not shown and not model.limbs.screen_link:
        to_stderr(f"robot '{model.name}' has no joint for any channel of {path}; the face is left out.")
    return face


def _writable(name: str) -> Path:
    """The output's path, tried before the work; the trial leaves no empty file."""
    from gesture_robot.errors import OutputUnwritable

    path = Path(name)
    if path.suffix != ".npz":
        raise InvalidInput(f"--out must end in .npz, got '{name}'; or be a folder, for many motions.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        existed = path.exists()
        with path.open("ab"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise OutputUnwritable(
            f"cannot write '{path}': {error.strerror or error}. Give a folder that you may write to."
        ) from None
    return path
