"""Labelled spans for the timeline, kept for a few seconds only."""

from __future__ import annotations

from collections import deque

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.pipeline import TICK_S, Pipeline, Tick
from gesture_robot.recording.timeline import BEHIND_S, Mark
from gesture_robot.robots.kinematics import Kinematics

EVERY_TICKS = 2


class Marks:
    """Collects decisions, words and gestures, and the faster hand's speed."""

    def __init__(self, model: RobotModel):
        self._kinematics = Kinematics(model)
        self._hands = [arm.hand_link for arm in (model.limbs.left_arm, model.limbs.right_arm) if arm is not None]
        self._marks: deque[Mark] = deque()
        self._speed: deque[tuple[float, float]] = deque(maxlen=int(BEHIND_S / (EVERY_TICKS * TICK_S)) + 2)
        self._before: Array | None = None
        self._ticks = 0

    def add(self, tick: Tick, pipeline: Pipeline) -> None:
        """Take one tick."""
        kept = len(self._marks)
        if tick.silenced:
            self._marks = deque(m for m in self._marks if m.start_s < tick.now_s)
        if tick.decision is not None and tick.decision.act in ("greet", "farewell"):
            self._marks.append(
                Mark("decision", tick.now_s, tick.now_s + 1.5, f"{tick.decision.act} {tick.decision.person_id}")
            )
        if tick.act:
            self._marks.append(
                Mark("stop" if tick.act.startswith("stop") else "gesture", tick.now_s, tick.now_s + 1.5, tick.act)
            )
        if tick.piece is not None:
            at = tick.piece.heard_s
            if tick.piece.gesture:
                self._marks.append(Mark("gesture", at, at + tick.piece.gesture_s, tick.piece.gesture))
            self._marks.extend(Mark("word", at + w.start_s, at + w.end_s, w.text) for w in tick.piece.speech.words)
        if len(self._marks) > kept:
            self._marks = deque(m for m in self._marks if m.end_s > tick.now_s - 2 * BEHIND_S)
        self._ticks += 1
        if self._ticks % EVERY_TICKS == 0:
            self._measure(np.asarray(pipeline.stages.robot.read().positions), tick.now_s)

    def _measure(self, joints: Array, now_s: float) -> None:
        poses = self._kinematics.link_poses(joints, self._hands)
        hands = np.stack([poses[name][:3, 3] for name in self._hands]) if self._hands else np.zeros((1, 3))
        if self._before is not None:
            speed = float(np.linalg.norm(hands - self._before, axis=1).max()) / (EVERY_TICKS * TICK_S)
            self._speed.append((now_s, speed))
        self._before = hands

    def window(self, now_s: float) -> tuple[Mark, ...]:
        """Spans near `now_s`."""
        return tuple(m for m in self._marks if m.end_s > now_s - BEHIND_S)

    def wrist_speed(self) -> Array:
        """(N, 2) time [s] and speed of the faster hand [m/s]."""
        return np.array(self._speed).reshape(-1, 2)
