"""`gesture_robot retarget`: body motion to the joints of a robot."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of retarget."""
    parser.add_argument("motion", metavar="MOTION.npz|.bvh", help="body motion in SMPL-X joints (BEAT2's layout)")
    parser.add_argument("--robot", default="wren", metavar="URDF|NAME", help="robot name or URDF file (default: wren)")
    parser.add_argument(
        "--out", required=True, metavar="TRAJ.npz", help="joint names, times, positions, velocities at 100 Hz"
    )
    parser.add_argument(
        "--report", action="store_true", help="print direction errors, limits and distances between links"
    )


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Retarget, pass the result through control, write it; returns the report."""
    from gesture_robot.body.motion_file import load_motion
    from gesture_robot.control.play import through_control
    from gesture_robot.retarget.bvh import load_bvh
    from gesture_robot.retarget.retargeter import Retargeter
    from gesture_robot.robots.model import load_model

    out = _writable(args.out)
    bvh = args.motion.lower().endswith(".bvh")
    body, model = load_bvh(args.motion) if bvh else load_motion(args.motion), load_model(args.robot)
    wanted = Retargeter(model).motion(body)
    sent, status = through_control(wanted, model)
    _save(out, sent)
    report = {
        "out": str(out),
        "frames": len(body.rotations),
        "duration_s": round(float(sent.times_s[-1]), 3),
        **_figures(body, wanted, sent, model),
        "blocked_ticks": status.blocked_ticks,
    }
    print(f"{out}: {len(sent.times_s)} points, {len(sent.joint_names)} joints, {report['duration_s']} s")
    if args.report:
        _print(report)
    return report


def _figures(body: Any, wanted: Any, sent: Any, model: Any) -> dict[str, Any]:
    import numpy as np

    from gesture_robot.control.audit import audit
    from gesture_robot.control.collision import CollisionGuard
    from gesture_robot.retarget.figures import direction_errors, summary_deg
    from gesture_robot.retarget.retargeter import without_heading

    limits = audit([sent], model)
    at = np.minimum(np.round(wanted.times_s * 100.0).astype(int), len(sent.times_s) - 1)
    guard, human = CollisionGuard(model), without_heading(body)
    errors = [direction_errors(model, positions, human) for positions in (wanted.positions, sent.positions[at])]
    if not model.limbs.neck:  # then the head link only stands in for a head
        for found in errors:
            found.pop("head", None)
    return {
        "direction_errors_deg": summary_deg(errors[0]),
        "direction_errors_sent_deg": summary_deg(errors[1]),
        "limits": {
            "position": limits.position_fraction,
            "velocity": limits.velocity_fraction,
            "acceleration": limits.acceleration_fraction,
            "violations": limits.violations,
        },
        "closest_links_m": round(min(float(guard.distances(q).min(initial=1.0)) for q in sent.positions[::2]), 4),
    }


def _print(report: dict[str, Any]) -> None:
    print(f"{'angle to the human [deg]':28s} retargeted: mean   p95   max   sent: mean   p95   max")
    for name, before in report["direction_errors_deg"].items():
        after = report["direction_errors_sent_deg"][name]
        print(
            f"  {name:26s} {before['mean']:16.2f} {before['p95']:5.1f} {before['max']:5.1f} "
            f"{after['mean']:12.2f} {after['p95']:5.1f} {after['max']:5.1f}"
        )
    limits = report["limits"]
    print(
        f"  largest share of the limits: position {limits['position']:.3f}, velocity {limits['velocity']:.3f}, "
        f"acceleration {limits['acceleration']:.3f}; samples outside: {limits['violations']}"
    )
    print(
        f"  closest links of the robot: {100 * report['closest_links_m']:.1f} cm; "
        f"ticks in which a limb was held back: {report['blocked_ticks']}"
    )


def _writable(name: str) -> Path:
    """The output's path, tried before the work; the trial leaves no empty file."""
    from gesture_robot.errors import InvalidInput, OutputUnwritable

    path = Path(name)
    if path.suffix != ".npz":
        raise InvalidInput(f"--out must end in .npz, got '{name}'.")
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


def _save(path: Path, sent: Any) -> None:
    import numpy as np

    np.savez_compressed(
        path,
        joint_names=np.array(sent.joint_names),
        times_s=sent.times_s,
        positions=sent.positions,
        velocities=sent.velocities,
    )
