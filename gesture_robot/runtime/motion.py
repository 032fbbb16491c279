"""Body motion to joint commands: players and gaze evaluated frame by frame just before they are needed."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import Command
from gesture_robot.face.player import FacePlayer
from gesture_robot.gesture.gaze import GazeLayer
from gesture_robot.gesture.player import MotionPlayer
from gesture_robot.retarget.frames import FrameBuffer
from gesture_robot.retarget.retargeter import Retargeter


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
        faces: FacePlayer | None = None,
    ):
        """`faces` moves the robot's eyes, lids and jaw where it has joints for them."""
        self._motions, self._gaze, self._retargeter = motions, gaze, retargeter
        self._buffer, self._fps, self._ahead_s = FrameBuffer(joint_names, fps), fps, ahead_s
        self._faces = faces if retargeter.moves_face else None
        self._frame = 0
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
        self._buffer.clear()

    def _emit(self, now_s: float) -> Command | None:
        t_s = self._frame / self._fps
        self.pose = self._gaze.apply(self._motions.pose(t_s), t_s)
        if self.record:
            self.poses.append(self.pose)
        self._frame += 1
        face = None if self._faces is None else self._faces.peek(t_s)
        trajectory = self._buffer.add(self._retargeter.pose(self.pose, face), t_s)
        return None if trajectory is None else Command("gesture", now_s, trajectory)
