"""How a motion moves, in the units of studies of human speakers: arm lengths and seconds, wrists in the chest frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.signal import savgol_filter

from gesture_robot.body.skeleton import forward_kinematics
from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion, Speech
from gesture_robot.evaluation.strokes import find_strokes
from gesture_robot.speech.emphasis import emphases

CHEST, SHOULDERS, ELBOWS, WRISTS = 9, (16, 17), (18, 19), (20, 21)
STILL_ARM_LENGTHS_S = 0.15


def wrist_paths(motion: BodyMotion) -> tuple[Array, Array]:
    """((T, 2, 3) wrists relative to their shoulders in the chest frame [m], (2,) arm lengths [m]); left, right."""
    positions, rotations = forward_kinematics(motion.rotations)
    relative = positions[:, WRISTS] - positions[:, SHOULDERS]
    upper = np.linalg.norm(positions[0, ELBOWS] - positions[0, SHOULDERS], axis=-1)
    fore = np.linalg.norm(positions[0, WRISTS] - positions[0, ELBOWS], axis=-1)
    return np.einsum("tji,tkj->tki", rotations[:, CHEST], relative), upper + fore


def motion_figures(motion: BodyMotion, speech: Speech) -> dict[str, Any]:
    """Mean wrist speed, strokes per minute, stillness, jerk, and strokes against the speech's emphases."""
    paths, lengths = wrist_paths(motion)
    if len(paths) < 8:
        return {"frames": len(paths), "note": "too short to measure"}
    speeds, strokes, offsets = [], 0, []
    times = np.array([e.time_s for e in emphases(speech)])
    for side in range(2):
        path = savgol_filter(paths[:, side], 7, 2, axis=0) / lengths[side]
        speeds.append(np.linalg.norm(np.gradient(path, 1.0 / motion.fps, axis=0), axis=1))
        found = find_strokes(paths[:, side], motion.fps, float(lengths[side]))
        strokes += len(found.apex_s)
        if len(times):
            offsets += [float(a - times[np.argmin(np.abs(times - a))]) for a in found.apex_s]
    speed = np.concatenate(speeds)
    jerk = np.linalg.norm(np.diff(paths / lengths[None, :, None], 3, axis=0), axis=-1) * motion.fps**3
    return {"frames": len(paths), "wrist_speed_mean": round(float(speed.mean()), 3),
            "wrist_speed_p95": round(float(np.percentile(speed, 95)), 3),
            "strokes_per_min": round(strokes / 2.0 / (motion.duration_s / 60.0), 1),
            "still_fraction": round(float((speed < STILL_ARM_LENGTHS_S).mean()), 3),
            "jerk_mean": round(float(jerk.mean()), 1),
            "apex_to_emphasis_ms": round(1e3 * float(np.mean(offsets)), 1) if offsets else None}
