"""Figures of a retargeted motion for the benchmark, the same for every tool."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.control.audit import audit
from gesture_robot.datatypes import BodyMotion, JointTrajectory, RobotModel
from gesture_robot.errors import InvalidModel, MissingDependency
from gesture_robot.evaluation.contact_figures import RobotLandmarks
from gesture_robot.evaluation.human_motions import FPS, HumanClip, contact_clips
from gesture_robot.evaluation.retarget_figures import (
    SelfCollisions,
    arm_joint_jerk,
    fresh_starts,
    human_wrist_jerk,
    robot_wrist_jerk,
)
from gesture_robot.retarget.figures import FRAMES, RobotPose, bar_frame, pose_errors, wrist_errors
from gesture_robot.retarget.human import measure

Figures = dict[str, Any]
STARTS = 30
NEAR_TOUCH = 8
"""Frames before and after a touch that belong to it."""


def calibrated_figures(clips: tuple[HumanClip, ...], poses: list[RobotPose]) -> Figures:
    """The peer's errors with the best constant turn of each bone taken out, which only a table could give it."""
    errors = {}
    for bone, name in (("upper_arm", "upper"), ("forearm", "fore")):
        left: list[Array] = []
        for side in poses[0].arms:
            shown, wanted = [], []
            for clip, pose in zip(clips, poses, strict=True):
                arm, person = pose.arms[side], measure(clip.body.rotations).arms[side]
                way = arm.elbow - arm.shoulder if bone == "upper_arm" else arm.wrist - arm.elbow
                shown.append(way / np.linalg.norm(way, axis=-1, keepdims=True))
                wanted.append(person.upper if bone == "upper_arm" else person.fore)
            left.append(_least_turned(np.concatenate(shown), np.concatenate(wanted)))
        errors[f"{name}_calibrated_deg"] = float(np.degrees(np.concatenate(left)).mean())
    return errors


def _least_turned(shown: Array, wanted: Array) -> Array:
    from scipy.spatial.transform import Rotation

    turn, _ = Rotation.align_vectors(wanted, shown)
    return np.arccos(np.clip(np.einsum("ti,ti->t", turn.apply(shown), wanted), -1.0, 1.0))


def accuracy_figures(
    model: RobotModel, clips: tuple[HumanClip, ...], poses: list[RobotPose], free: Array, reachable: Array
) -> Figures:
    """Means over both arms [deg] and the share of frames without a guard."""
    bar, found = bar_frame(model), {}
    masks = {"free": free, "guarded": ~free, "reachable": reachable & free}
    masks["open"] = masks["reachable"] & ~touching_frames(clips)
    humans = [measure(clip.body.rotations) for clip in clips]
    for frame in FRAMES:
        errors = [pose_errors(h, r, frame=frame) for h, r in zip(humans, poses, strict=True)]
        for bone, name in (("upper_arm", "upper"), ("forearm", "fore"), ("fingers", "fingers"), ("palm", "palm")):
            values = np.degrees([np.concatenate([e[f"{s}_{bone}"] for e in errors]) for s in poses[0].arms])
            found[f"{name}_{frame}_deg"] = float(values.mean())
            if frame == bar:
                found[f"{name}_deg"] = float(values.mean())
                for part, mask in masks.items():
                    found[f"{name}_{part}_deg"] = float(values[:, mask].mean()) if mask.any() else None
        if frame == bar and "head" in errors[0]:
            found["head_deg"] = float(np.degrees(np.concatenate([e["head"] for e in errors])).mean())
    wrists = [wrist_errors(h, r, frame=bar) for h, r in zip(humans, poses, strict=True)]
    off = np.array([np.concatenate([w[side] for w in wrists]) for side in poses[0].arms])
    seen = reachable & free
    return {
        **found,
        "wrist_percent": 100.0 * float(off[:, free].mean()) if free.any() else None,
        "wrist_reachable_percent": 100.0 * float(off[:, seen].mean()) if seen.any() else None,
    }


def touching_frames(clips: tuple[HumanClip, ...]) -> Array:
    """(T,) bool, a touch is held or near in time: there the relation counts, and directions may give way."""
    found = []
    for clip in clips:
        held = np.zeros(len(clip.body.rotations), bool)
        for contact in clip.contacts:
            for frame in np.flatnonzero(contact.held):
                held[max(frame - NEAR_TOUCH, 0) : frame + NEAR_TOUCH + 1] = True
        found.append(held)
    return np.concatenate(found)


def motion_figures(
    model: RobotModel, clips: tuple[HumanClip, ...], poses: list[RobotPose], positions: list[Array]
) -> Figures:
    """Jerk of wrists against the human's, and of joints; each clip by itself."""
    human = np.concatenate([human_wrist_jerk(measure(clip.body.rotations), FPS) for clip in clips])
    robot = np.concatenate([robot_wrist_jerk(pose, FPS) for pose in poses])
    speeds = [np.abs(np.diff(q, axis=0)).max() * FPS for q in positions if len(q) > 1]
    return {
        "human_wrist_jerk": float(human.mean()),
        "wrist_jerk": float(robot.mean()),
        "jerk_ratio": float(robot.mean() / human.mean()),
        "arm_jerk_rad_s3": float(np.mean([arm_joint_jerk(model, q, FPS) for q in positions])),
        "fastest_joint_rad_s": float(max(speeds)),
    }


def safety_figures(model: RobotModel, sent: list[JointTrajectory]) -> Figures:
    limits = audit(sent, model)
    found: Figures = {
        "outside_limits": limits.violations,
        "velocity_share": limits.velocity_fraction,
        "acceleration_share": limits.acceleration_fraction,
        "self_collision_percent": None,
    }
    try:
        contacts = _collisions(model)
    except InvalidModel:
        return found
    found["self_collision_percent"] = 100.0 * float(np.concatenate([contacts.frames(t.positions) for t in sent]).mean())
    found["self_collision_path_percent"] = 100.0 * float(
        np.concatenate([contacts.path(t, 0.0112) for t in sent]).mean()
    )
    return found


@lru_cache(maxsize=2)
def _collisions(model: RobotModel) -> SelfCollisions:
    return SelfCollisions(model)


def starts_figures(
    model: RobotModel, start: Callable[[Array, Array], Array], clips: tuple[HumanClip, ...], reachable: Array
) -> Figures:
    poses = np.concatenate([clip.body.rotations for clip in clips])
    try:
        touches: Callable[[Array], bool] | None = _collisions(model).touches
    except InvalidModel:
        touches = None
    result = fresh_starts(model, start, poses, reachable, touches=touches, trials=STARTS)
    return {
        "bad_starts_percent": 100.0 * result.bad / result.trials,
        "worst_start_deg": result.worst_deg,
        "first_step_share": result.first_step_share,
    }


def contacts_figures(model: RobotModel, positions_of: Callable[[BodyMotion], Array]) -> Figures:
    """Distances of landmarks that touch on the human, and of hands from what they touch, in human centimetres."""
    try:
        landmarks = RobotLandmarks(model)
    except (InvalidModel, MissingDependency):
        return {"contact_cm": None}
    apart: dict[str, float] = {}
    gaps: dict[str, float] = {}
    for clip in contact_clips():
        positions = positions_of(clip.body)
        for contact in clip.contacts:
            errors, gap = landmarks.errors_cm(contact, positions, clip.body.rotations), None
            if errors is not None:
                apart[contact.name], gap = float(errors.mean()), landmarks.gaps_cm(contact, positions)
            if gap is not None:
                gaps[contact.name] = float(gap.mean())
    mean = float(np.mean(list(apart.values()))) if apart else None
    return {
        "contact_cm": mean,
        "contact_gap_cm": float(np.mean(list(gaps.values()))) if gaps else None,
        "contacts_cm": apart,
        "contact_gaps_cm": gaps,
    }
