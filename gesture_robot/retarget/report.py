"""What a retargeted motion lost: angles per limb, wrists, guards, limits, distances between links."""

from __future__ import annotations

from typing import Any

import numpy as np

from gesture_robot.body.rotations import rotvec_from_matrix
from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion, RobotModel
from gesture_robot.errors import InvalidModel, MissingDependency
from gesture_robot.retarget.figures import RobotPose, bar_frame, pose_errors, robot_pose, summary_deg, wrist_errors
from gesture_robot.retarget.human import HumanPose, measure
from gesture_robot.retarget.outcome import Outcome, carrying_joints, limb_joints
from gesture_robot.retarget.retargeter import without_heading

_LOOKS = 2
"""Distances between links are taken at every so many points."""


def limb_errors(model: RobotModel, human: HumanPose, robot: RobotPose, *, frame: str = "chest") -> dict[str, Array]:
    """Angles (T,) [rad] per limb that the robot has: arms in the given frame, head and chest in the world."""
    found = pose_errors(human, robot, frame=frame)
    if not model.limbs.neck:  # then the head link only stands in for a head
        found.pop("head", None)
    turned = np.swapaxes(robot.world_from_chest, 1, 2) @ human.base_from_chest
    return found | {"chest": np.linalg.norm(rotvec_from_matrix(turned), axis=-1)}


def figures(body: BodyMotion, outcome: Outcome, model: RobotModel) -> dict[str, Any]:
    """Everything that `retarget --report` prints, ready for JSON."""
    human = measure(without_heading(body))
    wanted, shown = (robot_pose(model, joints) for joints in (outcome.wanted, outcome.shown))
    errors, guards = limb_errors(model, human, shown), outcome.guarded(carrying_joints(model))
    guarded = np.any(list(guards.values()), axis=0)
    world = limb_errors(model, human, shown, frame="world")
    wrists = wrist_errors(human, shown, frame=bar_frame(model))
    return {
        "direction_errors_deg": summary_deg(limb_errors(model, human, wanted)),
        "direction_errors_sent_deg": summary_deg(errors),
        "direction_errors_world_deg": summary_deg(world),
        "direction_errors_unguarded_deg": summary_deg(errors, ~guarded),
        "direction_errors_guarded_deg": summary_deg(errors, guarded),
        "frame_that_counts": bar_frame(model),
        "range_losses_deg": summary_deg(outcome.losses_rad),
        "wrist_errors_percent": {side: round(100.0 * float(share.mean()), 2) for side, share in wrists.items()},
        "guard_shares": shares(guards | {"any": guarded}),
        "guard_shares_by_limb": {limb: shares(outcome.guarded(rows)) for limb, rows in limb_joints(model).items()},
        "wrist_jerk": _jerk(human, shown, body.fps),
        **_safety(outcome, model),
    }


def print_report(report: dict[str, Any]) -> None:
    """The figures as a table."""
    world, losses = report["direction_errors_world_deg"], report["range_losses_deg"]
    free, guarded = report["direction_errors_unguarded_deg"], report["direction_errors_guarded_deg"]
    print(f"{'angle to the human [deg]':26s} mean   p95   max   in the world  no guard   guarded   cost of ranges")
    for name, error in report["direction_errors_sent_deg"].items():
        apart = (found.get(name) for found in (world, free, guarded, losses | {"chest": losses.get("torso")}))
        columns = "".join(f"{found['mean']:11.2f}" if found else f"{'-':>11s}" for found in apart)
        print(f"  {name:22s} {error['mean']:6.2f} {error['p95']:5.1f} {error['max']:5.1f}{columns}")
    print(f"  arms are seen from the chest; for this robot the {report['frame_that_counts']} frame counts")
    wrists = ", ".join(f"{side} {percent:.1f} %" for side, percent in report["wrist_errors_percent"].items())
    print(f"  wrists off by a share of the arm's length: {wrists or 'no arms'}")
    print(f"  frames in which a guard held torso or arms back: {_percent(report['guard_shares'])}")
    for limb, found in report["guard_shares_by_limb"].items():
        if any(found.values()):
            print(f"    {limb:20s} {_percent(found)}")
    jerk = report["wrist_jerk"]
    if jerk["ratio"] is not None:
        print(f"  jerk of the wrists: {jerk['robot']:.0f} arm lengths/s^3, {jerk['ratio']:.2f} of the human's")
    _print_safety(report)


def shares(guards: dict[str, Array]) -> dict[str, float]:
    """Share of the frames in which each guard was active."""
    return {name: round(float(active.mean()), 4) for name, active in guards.items()}


def _percent(shares: dict[str, float]) -> str:
    return ", ".join(f"{name} {100 * share:.1f} %" for name, share in shares.items())


def _print_safety(report: dict[str, Any]) -> None:
    limits = report["limits"]
    print(
        f"  largest share of the limits: position {limits['position']:.3f}, velocity {limits['velocity']:.3f}, "
        f"acceleration {limits['acceleration']:.3f}; samples outside: {limits['violations']}"
    )
    if report["closest_links_m"] is None:
        print("  closest links of the robot: not measured, its shapes cannot be read")
    else:
        names = f" ({' and '.join(report['closest_links'])})" if report["closest_links"] else " or more"
        print(f"  closest links of the robot: {100 * report['closest_links_m']:.1f} cm{names}")


def _jerk(human: HumanPose, robot: RobotPose, fps: float) -> dict[str, float | None]:
    """Mean jerk of the wrists against the shoulders [arm lengths/s^3], and robot over human."""
    from gesture_robot.evaluation.retarget_figures import human_wrist_jerk, robot_wrist_jerk

    ours, theirs = robot_wrist_jerk(robot, fps), human_wrist_jerk(human, fps)
    if not len(ours) or not theirs.any():
        return {"human": None, "robot": None, "ratio": None}
    means = float(theirs.mean()), float(ours.mean())
    return {"human": round(means[0], 2), "robot": round(means[1], 2), "ratio": round(means[1] / means[0], 3)}


def _safety(outcome: Outcome, model: RobotModel) -> dict[str, Any]:
    from gesture_robot.control.audit import audit

    limits = audit([outcome.sent], model)
    closest_m, names = _closest(outcome.sent.positions[::_LOOKS], model)
    return {
        "limits": {
            "position": limits.position_fraction,
            "velocity": limits.velocity_fraction,
            "acceleration": limits.acceleration_fraction,
            "violations": limits.violations,
        },
        "closest_links_m": closest_m if closest_m is None else round(closest_m, 4),
        "closest_links": list(names),
    }


def _closest(positions: Array, model: RobotModel) -> tuple[float | None, tuple[str, ...]]:
    """Smallest distance [m] between links that must not touch, and their names; none when nothing is near.

    None instead of a distance: MuJoCo is not there, or cannot read the robot's shapes.
    """
    from gesture_robot.control.collision import CollisionGuard
    from gesture_robot.control.distances import RANGE_M

    try:
        guard = CollisionGuard(model)
    except (MissingDependency, InvalidModel):
        return None, ()
    best: float = RANGE_M
    names: tuple[str, ...] = ()
    for joints in positions:
        distances = guard.distances(joints)
        if len(distances) and float(distances.min()) < best:
            best, names = float(distances.min()), guard.pairs[int(np.argmin(distances))]
    return best, names
