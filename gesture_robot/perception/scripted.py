"""A backend that says what it was told: for tests and for running the rest without a camera or models."""

from __future__ import annotations

import numpy as np

from gesture_robot.datatypes import NO_BOX, CameraImage, Expression, PersonDetection
from gesture_robot.perception.head_pose import FACING

FACE_WIDTH_M = 0.15


class ScriptedBackend:
    """Plays back detections, one tuple per picture; the last tuple is repeated, without frames nobody is seen."""

    def __init__(self, frames: tuple[tuple[PersonDetection, ...], ...] = ()):
        self._frames = tuple(tuple(frame) for frame in frames)
        self._next = 0

    def detect(self, image: CameraImage) -> tuple[PersonDetection, ...]:
        """The next frame, whatever the picture shows."""
        if not self._frames:
            return ()
        frame = self._frames[min(self._next, len(self._frames) - 1)]
        self._next += 1
        return tuple(sorted(frame, key=lambda d: -float(d.face_box_px[2])))

    def close(self) -> None:
        """Nothing to free."""


def scripted_person(x_m: float, z_m: float, *, yaw_deg: float = 0.0, y_m: float = 0.0, focal_px: float = 554.0,
                    centre_px: tuple[float, float] = (320.0, 240.0), expression: Expression | None = None,
                    confidence: float = 0.9, face: bool = True) -> PersonDetection:
    """A detection of somebody at (x right, y down, z ahead) of the camera.

    `yaw_deg` turns the head from the line to the camera, positive towards the person's left (the picture's right).
    """
    to_camera = np.arctan2(-x_m, z_m)
    turn = np.radians(yaw_deg) + to_camera
    about_down = np.array([[np.cos(turn), 0.0, -np.sin(turn)], [0.0, 1.0, 0.0], [np.sin(turn), 0.0, np.cos(turn)]])
    pose = np.eye(4)
    pose[:3, :3] = about_down @ FACING
    pose[:3, 3] = (x_m, y_m, z_m)
    width = FACE_WIDTH_M * focal_px / z_m
    u, v = centre_px[0] + focal_px * x_m / z_m, centre_px[1] + focal_px * y_m / z_m
    box = np.array([u - 1.6 * width, v - width, 3.2 * width, 9.0 * width])
    face_box = np.array([u - width / 2, v - width / 2, width, 1.2 * width]) if face else np.array(NO_BOX)
    gaze = pose[:3, 0] / np.linalg.norm(pose[:3, 0])
    return PersonDetection(box, face_box, pose, gaze, expression or Expression(), confidence)
