"""What `benchmark.retarget` measures of one robot, ours and the peer's alike."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np

from benchmark.retarget_figures import (
    Figures,
    accuracy_figures,
    calibrated_figures,
    contacts_figures,
    motion_figures,
    safety_figures,
    starts_figures,
)
from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion, JointTrajectory, RobotModel
from gesture_robot.evaluation.human_motions import FPS, HumanClip, accuracy_set, random_motion
from gesture_robot.evaluation.reachable import reachable_frames
from gesture_robot.retarget.figures import RobotPose, bar_frame, robot_pose
from gesture_robot.retarget.human import measure
from gesture_robot.retarget.retargeter import Retargeter
from gesture_robot.robots.model import load_model

_REPEATS = 3


def pin_to_one_core() -> None:
    """Everything from here on runs on the last core that this process may use."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def peer_installed() -> bool:
    """Whether mink is there."""
    return importlib.util.find_spec("mink") is not None and importlib.util.find_spec("daqp") is not None


def measure_robot(name: str, frames: int, bulk_s: float, *, peer: bool) -> list[Figures]:
    """Ours and, with `peer`, the reference on the same frames; a dict of figures each."""
    model = load_model(name)
    clips = _cut(accuracy_set(), frames)
    human_poses = np.concatenate([clip.body.rotations for clip in clips])
    reachable = reachable_frames(model, measure(human_poses))
    ours, free = _ours(model, name, clips, reachable, bulk_s)
    rows = [{**_common(model, reachable), **ours}]
    if peer:
        rows.append({**_common(model, reachable), **_peer(model, name, clips, reachable, free)})
    return rows


def _cut(clips: tuple[HumanClip, ...], frames: int) -> tuple[HumanClip, ...]:
    """All clips, the later ones left out when fewer frames are asked for."""
    kept, count = [], 0
    for clip in clips:
        if count < frames:
            kept.append(clip)
            count += len(clip.body.rotations)
    return tuple(kept)


def _common(model: RobotModel, reachable: Array) -> Figures:
    return {"robot": model.name, "bar_frame": bar_frame(model), "reachable_percent": 100.0 * float(reachable.mean())}


# --- ours --------------------------------------------------------------------------------------------------------


def _ours(
    model: RobotModel, name: str, clips: tuple[HumanClip, ...], reachable: Array, bulk_s: float
) -> tuple[Figures, Array]:
    """Figures, and (T,) bool in which frames no guard was active on arms and torso."""
    retargeter = Retargeter(model, FPS)
    sent, free, quiet, kinds = [], [], [], {"velocity_guard": [], "collision_guard": []}
    for clip in clips:
        trajectory, report = retargeter.motion_with_report(clip.body)
        sent.append(trajectory)
        guards = {kind: getattr(report, kind) for kind in kinds}
        rows = _arm_rows(model)
        for kind, active in guards.items():
            kinds[kind].append(active[:, rows].any(axis=1))
        free.append(~np.any([found[-1] for found in kinds.values()], axis=0))
        quiet.append(~np.any(list(guards.values()), axis=0).any(axis=1))
    positions = [trajectory.positions for trajectory in sent]

    def start(measured: Array, poses: Array) -> Array:
        retargeter.reset(measured)
        return np.array([retargeter.pose(pose) for pose in poses])

    poses, unguarded = [robot_pose(model, q) for q in positions], np.concatenate(free)
    figures = {
        "tool": "gesture_robot",
        "free_percent": 100.0 * float(unguarded.mean()),
        **{f"{kind}_percent": 100.0 * float(np.concatenate(active).mean()) for kind, active in kinds.items()},
        "all_joints_free_percent": 100.0 * float(np.concatenate(quiet).mean()),
        **_live_speed(retargeter, clips),
        "bulk_fps": _bulk_speed(retargeter, bulk_s),
        "first_s": first_result_s(_FIRST_OURS, name),
        **accuracy_figures(model, clips, poses, unguarded, reachable),
        **motion_figures(model, clips, poses, positions),
        **safety_figures(model, sent),
        **starts_figures(model, start, clips, reachable),
        **contacts_figures(model, lambda body: retargeter.motion(body).positions),
    }
    return figures, unguarded


def _arm_rows(model: RobotModel) -> list[int]:
    """Joints that move the arms' directions; a guard of a finger or the neck says nothing about those."""
    limbs = model.limbs
    names = [*limbs.torso, *(n for a in (limbs.left_arm, limbs.right_arm) if a is not None for n in a.joints)]
    return [model.index(name) for name in names]


def _live_speed(retargeter: Retargeter, clips: tuple[HumanClip, ...]) -> Figures:
    rates, latencies = [], []
    for _ in range(_REPEATS):
        spent, wall = 0.0, []
        for clip in clips:
            retargeter.reset()
            cpu_s = time.thread_time()
            for pose in clip.body.rotations:
                start_s = time.perf_counter()
                retargeter.pose(pose)
                wall.append(time.perf_counter() - start_s)
            spent += time.thread_time() - cpu_s
        rates.append(len(wall) / spent)
        latencies.append(np.percentile(wall, [50, 99]) * 1e3)
    p50, p99 = np.min(latencies, axis=0)
    return {"live_fps": max(rates), "p50_ms": float(p50), "p99_ms": float(p99)}


def _bulk_speed(retargeter: Retargeter, seconds: float) -> float:
    body, rates = random_motion(seconds, seed=1), []
    for _ in range(_REPEATS):
        start_s = time.thread_time()
        retargeter.motion(body)
        rates.append(len(body.rotations) / (time.thread_time() - start_s))
    return max(rates)


_FIRST_OURS = """
import sys
import numpy as np
from gesture_robot.retarget.retargeter import Retargeter
from gesture_robot.robots.model import load_model
Retargeter(load_model(sys.argv[1])).pose(np.zeros((55, 3)))
"""
_FIRST_PEER = """
import sys
import numpy as np
from benchmark.retarget_peer import human_frames, make_peer
from gesture_robot.datatypes import BodyMotion
from gesture_robot.robots.model import load_model
still = BodyMotion(30.0, np.zeros((1, 55, 3)), np.zeros((1, 3)))
make_peer(load_model(sys.argv[1])).motion(human_frames(still))
"""


def first_result_s(code: str, robot: str) -> float:
    """Wall time of a fresh interpreter until it has one pose; the better of two, as the first warms the disk."""
    taken = []
    for _ in range(2):
        start_s = time.perf_counter()
        subprocess.run([sys.executable, "-c", code, robot], check=True)
        taken.append(time.perf_counter() - start_s)
    return min(taken)


# --- the peer ----------------------------------------------------------------------------------------------------


def _peer(model: RobotModel, name: str, clips: tuple[HumanClip, ...], reachable: Array, free: Array) -> Figures:
    """`free`: frames in which none of our guards was active, so that both are compared on the same frames."""
    from benchmark.retarget_peer import PeerMotion, human_frames, make_peer

    peer = make_peer(model)

    def run(body: BodyMotion) -> PeerMotion:
        peer.reset()
        return peer.motion(human_frames(body))

    def start(measured: Array, poses: Array) -> Array:
        peer.reset()  # from its own default pose; it does worse from others
        return peer.motion(human_frames(BodyMotion(FPS, poses, np.zeros((len(poses), 3))))).positions

    made = [run(clip.body) for clip in clips]
    poses = [_standing(robot_pose(model, m.positions), m.world_from_base) for m in made]
    wall = np.concatenate([m.seconds for m in made])
    sent = [_as_sent(model, m.positions) for m in made]
    return {
        "tool": peer.name,
        "live_fps": len(wall) / sum(m.cpu_s for m in made),
        "p50_ms": 1e3 * float(np.percentile(wall, 50)),
        "p99_ms": 1e3 * float(np.percentile(wall, 99)),
        "first_s": first_result_s(_FIRST_PEER, name),
        **accuracy_figures(model, clips, poses, free, reachable),
        **calibrated_figures(clips, poses),
        **motion_figures(model, clips, poses, [m.positions for m in made]),
        **safety_figures(model, sent),
        **starts_figures(model, start, clips, reachable),
        **contacts_figures(model, lambda body: run(body).positions),
    }


def _standing(pose: RobotPose, world_from_base: Array) -> RobotPose:
    """The pose on its floating base."""
    head = None if pose.head is None else np.einsum("tij,tj->ti", world_from_base, pose.head)
    return replace(pose, world_from_chest=world_from_base @ pose.world_from_chest, head=head)


def _as_sent(model: RobotModel, positions: Array) -> JointTrajectory:
    """As a user would send it: positions at the motion's rate, velocities by central differences."""
    velocities = np.gradient(positions, 1.0 / FPS, axis=0)
    return JointTrajectory(model.joint_names, 0.0, np.arange(len(positions)) / FPS, positions, velocities)
