"""Body motion to joint commands: players and gaze evaluated frame by frame just before they are needed."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import Command, JointTrajectory
from gesture_robot.gesture.gaze import GazeLayer
from gesture_robot.gesture.player import MotionPlayer
from gesture_robot.retarget.retargeter import Retargeter

KEPT = 4


class MotionStream:
    """Emits one command per body frame: the last three frames, so a lost command does no harm."""

    def __init__(
        self,
        motions: MotionPlayer,
        gaze: GazeLayer,
        retargeter: Retargeter,
        joint_names: tuple[str, ...],
        fps: float = 30.0,
        ahead_s: float = 0.08,
    ):
        self._motions, self._gaze, self._retargeter = motions, gaze, retargeter
        self._joint_names, self._fps, self._ahead_s = joint_names, fps, ahead_s
        self._frame = 0
        self._joints: list[Array] = []
        self.pose = np.zeros((55, 3))
        self.poses: list[Array] = []
        """Every pose sent, when recording."""
        self.record = False

    def update(self, now_s: float) -> list[Command]:
        """Commands for the frames that fall due before `now_s + ahead_s`."""
        commands = []
        while self._frame / self._fps <= now_s + self._ahead_s + 1e-9:
            command = self._emit(now_s)
            if command is not None:
                commands.append(command)
        return commands

    def skip(self, now_s: float) -> None:
        """Hold still: nothing is sent and the frames pass by."""
        while self._frame / self._fps <= now_s + self._ahead_s + 1e-9:
            if self.record:
                self.poses.append(self.pose)
            self._frame += 1
        self._joints.clear()

    def _emit(self, now_s: float) -> Command | None:
        t_s = self._frame / self._fps
        self.pose = self._gaze.apply(self._motions.pose(t_s), t_s)
        if self.record:
            self.poses.append(self.pose)
        self._joints = [*self._joints[-(KEPT - 1) :], self._retargeter.pose(self.pose)]
        self._frame += 1
        if len(self._joints) < KEPT:
            return None
        q = np.stack(self._joints)
        velocities = np.concatenate([(q[2:] - q[:-2]) * self._fps / 2.0, (q[-1:] - q[-2:-1]) * self._fps])
        trajectory = JointTrajectory(
            self._joint_names, t_s - 2.0 / self._fps, np.arange(3) / self._fps, q[1:], velocities
        )
        return Command("gesture", now_s, trajectory)
