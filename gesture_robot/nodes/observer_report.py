"""What an observed run comes to: the same report as a run in one process, plus what only exists between processes."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion, FaceMotion, JointTrajectory, SocialScene
from gesture_robot.face.arkit import CHANNELS
from gesture_robot.nodes.observer import Observer
from gesture_robot.recording.log import BODY_FPS, FACE_FPS, RunLog, save_files, until
from gesture_robot.recording.report import build_report
from gesture_robot.runtime.voice import Piece

TICK_S = 0.01


def run_log(seen: Observer, start_s: float, end_s: float) -> RunLog:
    """The record of `start_s` to `end_s` on the clock of the graph, as a run in one process would have left it."""
    times = np.arange(0.0, end_s - start_s, TICK_S)
    model = seen.model
    rest = model.rest[None].repeat(len(times), axis=0)
    joints = list(seen.joints)
    stamps = np.array([stamp_s for stamp_s, _ in joints]) - start_s
    measured = _at(times, stamps, np.array([p for _, p in joints])) if joints else rest
    knots, positions, velocities = seen.stream.knots()
    commanded = _at(times, knots - start_s, positions) if len(knots) else rest
    speeds = _at(times, knots - start_s, velocities) if len(knots) else np.zeros_like(rest)
    end = JointTrajectory(model.joint_names, float(times[-1]) + TICK_S, np.zeros(1), commanded[-1:],
                          np.zeros((1, len(model.joint_names))))
    shown = [(at_s - start_s, decision) for at_s, decision in seen.decisions if start_s <= at_s <= end_s]
    return RunLog(
        model.joint_names, list(times), list(commanded), list(speeds), list(measured), shown,
        [SocialScene(max(stamp_s - start_s, 0.0)) for _, stamp_s, _ in seen.people if start_s <= stamp_s <= end_s],
        _pieces(seen, start_s, end_s), _acts(seen, start_s, end_s), _faces(seen, start_s, times), _last=end)


def _at(times: Array, known_s: Array, values: Array) -> Array:
    """Rows of `values` (K, J) between which is interpolated."""
    return np.stack([np.interp(times, known_s, column) for column in values.T], axis=1)


def _pieces(seen: Observer, start_s: float, end_s: float) -> list[Piece]:
    """What was heard; the motion of a piece is not looked at here."""
    still = BodyMotion(BODY_FPS, np.zeros((1, 55, 3)), np.zeros((1, 3)))
    face = FaceMotion(FACE_FPS, CHANNELS, np.zeros((1, len(CHANNELS))))
    found = []
    for piece in seen.pieces:
        if start_s <= piece.heard_s <= end_s:
            heard = until(Piece(piece.speech, still, face, piece.heard_s - start_s), piece.heard_until_s - start_s)
            found += [heard] if heard is not None else []
    return found


def _acts(seen: Observer, start_s: float, end_s: float) -> list[tuple[float, str]]:
    acts, stopped = [], None
    for at_s, status in seen.statuses:
        if stopped is not None and status.stopped != stopped and start_s <= at_s <= end_s:
            acts.append((at_s - start_s, f"stop: {status.reason}" if status.stopped else "release"))
        stopped = status.stopped
    return acts


def _faces(seen: Observer, start_s: float, times: Array) -> list[Array]:
    """(52,) weights at 60 frames per second from the start, the newest that was due."""
    frames = [(stamp_s - start_s + row / fps, values) for stamp_s, fps, weights in seen.faces
              for row, values in enumerate(weights)]
    return _newest(frames, int(times[-1] * FACE_FPS) + 1, FACE_FPS, np.zeros(len(CHANNELS)))


def _newest(frames: list[tuple[float, Array]], count: int, fps: float, before: Array) -> list[Array]:
    """`count` frames at `fps` from time 0, each the newest that is due then; `before` until the first."""
    rows = np.full(count, -1)
    for number, (time_s, _) in enumerate(frames):
        row = int(round(time_s * fps))
        if 0 <= row < count:
            rows[row] = number
    return [frames[k][1] if k >= 0 else before for k in np.maximum.accumulate(rows)]


def save(seen: Observer, start_s: float, end_s: float, folder: Path) -> None:
    """Write speech.wav, motion.npz, face.npz and trajectory.npz of a run."""
    log = run_log(seen, start_s, end_s)
    poses = _newest([(at_s - start_s, pose) for at_s, pose in seen.bodies], int((end_s - start_s) * BODY_FPS) + 1,
                    BODY_FPS, np.zeros((55, 3)))
    knots, positions, velocities = seen.stream.knots()
    last = seen.stream.last
    if last is not None and (knots >= start_s).any():  # as it was commanded, not on a grid
        kept = knots >= start_s
        log.times_s, log.positions = list(knots[kept] - start_s), list(positions[kept])
        log.velocities, log._last = list(velocities[kept]), replace(last, start_s=last.start_s - start_s)
    save_files(log, poses, CHANNELS, folder)


def report(seen: Observer, start_s: float, end_s: float, camera: Any = None) -> dict[str, Any]:
    """The report of a run; `camera` is the drawn scene, where there is one, for the true people."""
    made = build_report(run_log(seen, start_s, end_s), seen.model, camera, CHANNELS)
    limits = seen.stream.report()
    contacts = seen.value("robot", "self-collision contacts")
    return made | {
        "limits": asdict(limits) | {"steps": [f"{at_s - start_s:.3f} s: {what}" for at_s, what in seen.stream.steps],
                                    "ends_at_rest": seen.stream.ends_at_rest, "unseen": seen.stream.lost},
        "self_collision_contacts": int(contacts) if contacts else None,
        "latency_ms": {"picture to people": percentiles_ms(seen.people_latencies_s()),
                       "speech to joint command": percentiles_ms(seen.command_latencies_s())},
        "drops": seen.drops(),
        "unusable": seen.unusable,
    }


def percentiles_ms(values_s: Array) -> dict[str, float]:
    """Median, 95th percentile, largest and number."""
    if not len(values_s):
        return {"count": 0}
    p50, p95 = np.percentile(values_s, (50, 95)) * 1e3
    return {"median": round(float(p50), 1), "p95": round(float(p95), 1),
            "max": round(float(values_s.max()) * 1e3, 1), "count": len(values_s)}
