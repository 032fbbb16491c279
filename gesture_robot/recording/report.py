"""report.json: what the run did, measured on what was recorded and not on what was planned."""

from __future__ import annotations

from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import FaceMotion, RobotModel, Word
from gesture_robot.recording.log import FACE_FPS, RunLog
from gesture_robot.robots.head_camera import camera_pose
from gesture_robot.robots.kinematics import Kinematics

TICKS_PER_S = 100.0
MIN_LAG_FRAMES = 9
SILENCE_S = 1.5
FACING_RAD = np.deg2rad(15.0)
FALLEN_RAD, NEAR_RAD = np.deg2rad(5.0), np.deg2rad(3.0)
SIGHT_RAD = np.deg2rad(28.0)


def build_report(log: RunLog, model: RobotModel, camera: Any, channels: tuple[str, ...]) -> dict[str, Any]:
    """Everything that follows from the log and, where the scene knows it, from the true people."""
    spoken = [(t, d) for t, d in log.decisions if d.act in ("greet", "farewell")]
    return {
        "duration_s": round(log.duration_s, 3),
        "greetings": sum(d.act == "greet" for _, d in spoken),
        "farewells": sum(d.act == "farewell" for _, d in spoken),
        "decisions": [
            {"time_s": round(t, 3), "act": d.act, "person": d.person_id, "text": d.text, "reason": d.reason}
            for t, d in log.decisions
        ],
        "utterances": [
            {"heard_s": round(p.heard_s, 3), "duration_s": round(p.speech.duration_s, 3), "text": p.speech.text}
            for p in log.pieces
        ],
        "acts": [{"time_s": round(t, 3), "act": act} for t, act in log.acts],
        "pictures": len(log.scenes),
        "limits": _limits(log, model),
        "reaction": reaction(log, model, camera),
        "sync": {"gesture": gesture_sync(log, model), "lips": lip_sync(log, channels)},
    }


def _limits(log: RunLog, model: RobotModel) -> dict[str, Any]:
    from gesture_robot.control.audit import audit

    found = audit([log.trajectory()], model)
    return {
        "position": found.position_fraction,
        "velocity": found.velocity_fraction,
        "acceleration": found.acceleration_fraction,
        "violations": found.violations,
    }


def wrist_paths(log: RunLog, model: RobotModel, measured: bool = True) -> dict[str, tuple[Array, float]]:
    """Per arm: (T, 3) wrist in the chest frame [m] at 100 Hz, and the arm's length [m]."""
    joints = np.stack(log.measured if measured else log.positions)
    kinematics, paths = Kinematics(model), {}
    for side, arm in (("left", model.limbs.left_arm), ("right", model.limbs.right_arm)):
        if arm is None:
            continue
        poses = kinematics.link_poses(
            joints, [model.limbs.chest_link, arm.upper_arm_link, arm.forearm_link, arm.hand_link]
        )
        chest, upper, fore, hand = (
            poses[n] for n in (model.limbs.chest_link, arm.upper_arm_link, arm.forearm_link, arm.hand_link)
        )
        relative = np.einsum("tji,tj->ti", chest[:, :3, :3], hand[:, :3, 3] - chest[:, :3, 3])
        length = np.linalg.norm(fore[0, :3, 3] - upper[0, :3, 3]) + np.linalg.norm(hand[0, :3, 3] - fore[0, :3, 3])
        paths[side] = (relative, float(length))
    return paths


def stretches(log: RunLog) -> list[list[Word]]:
    """Words with absolute times, cut where the robot is silent for more than a second and a half."""
    found: list[list[Word]] = []
    for piece in log.pieces:
        words = [Word(w.text, piece.heard_s + w.start_s, piece.heard_s + w.end_s) for w in piece.speech.words]
        if found and words and words[0].start_s - found[-1][-1].end_s < SILENCE_S:
            found[-1].extend(words)
        elif words:
            found.append(words)
    return found


def gesture_sync(log: RunLog, model: RobotModel) -> dict[str, float]:
    """Offsets of stroke apexes from word onsets, on the measured wrists and the word times alone."""
    from gesture_robot.evaluation.strokes import find_strokes
    from gesture_robot.evaluation.sync import gesture_word_offsets, summarize

    found = [find_strokes(path, TICKS_PER_S, length) for path, length in wrist_paths(log, model).values()]
    offsets = [gesture_word_offsets(strokes, words) for strokes in found for words in stretches(log)]
    summary = summarize(np.concatenate(offsets) if offsets else np.zeros(0))
    return {
        "strokes": summary.strokes,
        "mean_ms": round(1e3 * summary.mean_s, 1),
        "std_ms": round(1e3 * summary.std_s, 1),
        "within_200ms": round(summary.within_200ms, 3),
    }


def lip_sync(log: RunLog, channels: tuple[str, ...]) -> dict[str, float]:
    """Lag of the mouth behind the phonemes over all speech, on the recorded face."""
    from gesture_robot.evaluation.lips import lag_s, opening_curve_from_phonemes, opening_of_face

    mouth = opening_of_face(FaceMotion(FACE_FPS, channels, np.stack(log.face_weights)))
    lags = []
    for piece in log.pieces:
        first = int(round(piece.heard_s * FACE_FPS))
        curve = opening_curve_from_phonemes(piece.speech, FACE_FPS) if piece.speech.phonemes else np.zeros(0)
        seen = mouth[first : first + len(curve)]
        if len(seen) == len(curve) >= MIN_LAG_FRAMES and min(seen.std(), curve.std()) > 1e-6:
            lags.append(lag_s(seen, curve, FACE_FPS))
    return {"lag_ms": round(1e3 * float(np.median(lags)), 1), "utterances": len(lags)} if lags else {}


def _in_sight(camera: Any, t_s: float) -> list[Any]:
    """True people in front of the robot, whatever way its head has turned by now."""
    ahead = [(p, p.base_from_head[:3, 3]) for p in camera.truth(t_s)]
    return [p for p, at in ahead if at[0] > 0.0 and abs(np.arctan2(at[1], at[0])) < SIGHT_RAD]


def head_angle(log: RunLog, model: RobotModel, camera: Any) -> tuple[Array, Array] | None:
    """(times (T,), angle (T,) [rad]) between the head's direction and the true person who faces the robot most."""
    if not hasattr(camera, "truth"):
        return None
    eyes = camera_pose(Kinematics(model), model, np.stack(log.measured))
    times, angles = np.array(log.times_s), np.full(len(log.times_s), np.nan)
    for k in range(0, len(times), 2):
        people = _in_sight(camera, times[k])
        if people:
            line = min(people, key=lambda p: abs(p.yaw_to_camera_rad)).base_from_head[:3, 3] - eyes[k, :3, 3]
            angles[k] = np.arccos(np.clip(eyes[k, :3, 2] @ line / np.linalg.norm(line), -1.0, 1.0))
    return times[::2], angles[::2]


def face_turned_s(camera: Any, duration_s: float) -> float | None:
    """First time at which a visible person's face is within 15 degrees of the robot, from the scene's script."""
    if not hasattr(camera, "truth"):
        return None
    for t_s in np.arange(0.0, duration_s, 0.01):
        if any(abs(p.yaw_to_camera_rad) < FACING_RAD for p in _in_sight(camera, t_s)):
            return float(t_s)
    return None


def reaction(log: RunLog, model: RobotModel, camera: Any) -> dict[str, float]:
    """Seconds from the turned face to the head's turn by 5 degrees (or to 3) and to the first sound of the greeting."""
    turned_s, series = face_turned_s(camera, log.duration_s), head_angle(log, model, camera)
    if turned_s is None or series is None:
        return {}
    found = {"face_turned_s": round(turned_s, 3)}
    times, angles = series
    after = times >= turned_s
    if after.any() and np.isfinite(angles[after][0]):
        fallen = np.flatnonzero(after & (angles < max(angles[after][0] - FALLEN_RAD, NEAR_RAD)))
        if len(fallen):
            found["head_turned_5deg_after_s"] = round(float(times[fallen[0]]) - turned_s, 3)
    sounds = [
        p.heard_s + first_sound_s(p.speech.samples, p.speech.rate_hz) for p in log.pieces if p.heard_s >= turned_s
    ]
    if sounds:
        found["first_sound_after_s"] = round(sounds[0] - turned_s, 3)
    return found


def first_sound_s(samples: Array, rate_hz: int) -> float:
    """Time of the first audible sample (1 % of full scale)."""
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return float(loud[0]) / rate_hz if len(loud) else 0.0
