"""Joint positions frame by frame to short trajectories, and the order of frames that arrive over a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import JointTrajectory

KEPT = 4
"""Three frames are sent; the one before them gives the first its velocity."""


class FrameBuffer:
    """Gives one trajectory per frame: the last three, so that a lost one does no harm."""

    def __init__(self, joint_names: tuple[str, ...], fps: float = 30.0):
        self.fps = fps
        self._joint_names = joint_names
        self._joints: list[Array] = []

    def clear(self) -> None:
        """Forget the frames: the next one does not follow them, and no velocity may be drawn between."""
        self._joints.clear()

    def add(self, joints: Array, due_s: float) -> JointTrajectory | None:
        """Take the joints (J,) of the frame due at `due_s`; None until there are enough for velocities."""
        self._joints = [*self._joints[-(KEPT - 1) :], joints]
        if len(self._joints) < KEPT:
            return None
        q = np.stack(self._joints)
        velocities = np.concatenate([(q[2:] - q[:-2]) * self.fps / 2.0, (q[-1:] - q[-2:-1]) * self.fps])
        return JointTrajectory(self._joint_names, due_s - 2.0 / self.fps, np.arange(3) / self.fps, q[1:], velocities)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What to do with some frames that came."""

    skip: int = 0
    """So many of them are old; all of them: the whole message is."""
    restart: bool = False
    """The first new one does not follow what was there."""
    lost: int = 0
    """Frames missing before them."""
    stamp_step_s: float = 0.0
    """How far the stamps jumped against the frame numbers."""


class FrameOrder:
    """Tells frames that follow from those that are old, doubled or come after a gap, by number and stamp."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._next_s = 0.0
        self._fps = 0.0

    def forget(self) -> None:
        """Whatever comes next is a beginning."""
        self._next = None

    def take(self, frame: int, count: int, start_s: float, fps: float) -> Arrival:
        """Judge `count` frames, the first of which is number `frame` and due at `start_s`.

        A number below the expected one with a later stamp is a new motion: its sender began again.
        """
        next_frame, next_s, same_rate = self._next, self._next_s, fps == self._fps
        if next_frame is None:
            self._expect(frame, count, start_s, fps)
            return Arrival(restart=True)
        ahead = frame - next_frame
        step_s = start_s - (next_s + ahead / fps)
        if abs(step_s) < 0.5 / fps:
            step_s = 0.0
        if ahead < 0 and same_rate and step_s == 0.0:  # here already, perhaps with some new ones behind them
            if ahead + count > 0:
                self._expect(frame, count, start_s, fps)
            return Arrival(skip=min(-ahead, count))
        self._expect(frame, count, start_s, fps)
        if not same_rate or (ahead < 0 and start_s > next_s - 0.5 / fps):
            return Arrival(restart=True)
        return Arrival(restart=ahead != 0 or step_s != 0.0, lost=max(ahead, 0), stamp_step_s=step_s)

    def _expect(self, frame: int, count: int, start_s: float, fps: float) -> None:
        self._next, self._next_s, self._fps = frame + count, start_s + count / fps, fps
