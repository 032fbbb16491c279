"""What one process does with one motion file of many: read, retarget, judge, write. Nothing else is shared."""

from __future__ import annotations

import os
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from gesture_robot.body.motion_file import load_motion
from gesture_robot.datatypes import BodyMotion, JointTrajectory
from gesture_robot.errors import GestureRobotError
from gesture_robot.retarget.bulk_rows import Row, Settings, Task, stamp
from gesture_robot.retarget.bvh import load_bvh
from gesture_robot.retarget.figures import bar_frame, robot_pose
from gesture_robot.retarget.human import measure
from gesture_robot.retarget.outcome import carrying_joints, open_retargeter, retarget
from gesture_robot.retarget.report import limb_errors, shares
from gesture_robot.retarget.retargeter import Retargeter, without_heading
from gesture_robot.robots.model import load_model

_FAULTS = (GestureRobotError, OSError, MemoryError, ArithmeticError, ValueError, LookupError, TypeError, RuntimeError)
"""What one file may do to its own row, but not to the others."""


def work(settings: Settings, task: Task) -> Row:
    """Retarget one file; whatever is wrong with it becomes its row."""
    begun_s, before = time.perf_counter(), stamp(task.source)
    notes: list[str] = []
    try:
        figures = _retarget_file(settings, task, notes)
    except _FAULTS as error:
        text = " ".join(str(error).split())
        message = text if isinstance(error, GestureRobotError) else f"{type(error).__name__}: {text}"
        return Row(task.name, False, message, tuple(notes), source_stamp=before)
    seconds = round(time.perf_counter() - begun_s, 4)
    return Row(task.name, True, "", tuple(notes), work_s=seconds, source_stamp=before, **figures)


def read_motion(path: str, note: Any) -> BodyMotion:
    """A motion file of any kind that is known."""
    return load_bvh(path, note) if path.lower().endswith(".bvh") else load_motion(path, note)


def write_whole(path: str | Path, trajectory: JointTrajectory, *, compressed: bool) -> int:
    """Write a trajectory file so that it is there as a whole or not at all; returns its size [bytes]."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    save = np.savez_compressed if compressed else np.savez
    try:
        with open(part, "wb") as file:
            save(
                file,
                joint_names=np.array(trajectory.joint_names),
                times_s=trajectory.times_s + trajectory.start_s,
                positions=trajectory.positions,
                velocities=trajectory.velocities,
            )
            size = file.tell()
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return size


def _retarget_file(settings: Settings, task: Task, notes: list[str]) -> dict[str, Any]:
    body = read_motion(task.source, notes.append)
    retargeter = _retargeter(settings.robot, settings.device)
    outcome = retarget(retargeter, body)
    model, judged = retargeter.model, slice(None, None, settings.judged_every)
    human = measure(without_heading(body)[judged])
    errors = limb_errors(model, human, robot_pose(model, outcome.shown[judged]), frame=bar_frame(model))
    return {
        "frames": len(body.rotations),
        "motion_s": round(body.duration_s, 3),
        "errors_deg": {name: round(float(np.degrees(values.mean())), 3) for name, values in errors.items()},
        "guard_shares": shares(outcome.guarded(carrying_joints(model))),
        "losses_deg": {name: round(float(np.degrees(v.mean())), 3) for name, v in outcome.losses_rad.items()},
        "out_bytes": write_whole(task.out, outcome.sent, compressed=False),
    }


@lru_cache(maxsize=2)
def _retargeter(robot: str, device: str) -> Retargeter:
    return open_retargeter(load_model(robot), device)
