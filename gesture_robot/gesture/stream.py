"""Frames of the body at a steady rate, each evaluated once, shortly before it is due."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.gesture.gaze import GazeLayer
from gesture_robot.gesture.player import MotionPlayer

LONGEST_S = 0.5
"""Frames that are later than this are left out: hurrying through them would be a jerk."""


@dataclass(frozen=True, slots=True, eq=False)
class BodyFrames:
    """Frames that follow each other."""

    first: int
    """Number of the first one."""
    start_s: float
    """When it is due."""
    rotations: Array
    """(T, 55, 3)"""
    eyes: Array
    """(3,) unit, in the head's frame, at the last one."""
    skipped: int = 0
    """Frames left out before them."""


class BodyStream:
    """Asks player and gaze for the frames that fall due. One thread uses it, with times that do not run back."""

    def __init__(self, motions: MotionPlayer, gaze: GazeLayer, fps: float = 30.0, ahead_s: float = 0.08):
        self.motions, self.gaze, self.fps, self._ahead_s = motions, gaze, fps, ahead_s
        self._begin_s: float | None = None
        self._frame = 0
        self.latest_s = -np.inf
        """When the newest frame that was given out is due."""

    @property
    def next_s(self) -> float:
        """When the next frame is due; -inf before the first."""
        return -np.inf if self._begin_s is None else self._begin_s + self._frame / self.fps

    def restart(self) -> None:
        """The next frame begins a new motion: numbers count from 0, in time it follows those before."""
        self._begin_s, self._frame = None, 0

    def take(self, now_s: float, extra: int = 0) -> BodyFrames | None:
        """Frames due up to `ahead_s` after `now_s`, and `extra` ones; None when none is."""
        until_s = now_s + self._ahead_s + extra / self.fps + 1e-6
        if self._begin_s is None:
            self._begin_s = max(now_s + self._ahead_s, self.latest_s + 1.0 / self.fps)
        count = int(np.floor((until_s - self.next_s) * self.fps)) + 1
        if count <= 0:
            return None
        skipped = count - 1 if count > LONGEST_S * self.fps else 0
        self._frame += skipped
        first, start_s = self._frame, self.next_s
        rotations = np.array([self._next() for _ in range(count - skipped)])
        return BodyFrames(first, start_s, rotations, self.gaze.eye_direction_head(self.latest_s), skipped)

    def _next(self) -> Array:
        self.latest_s = self.next_s
        self._frame += 1
        return self.gaze.apply(self.motions.pose(self.latest_s), self.latest_s)
