"""Cameras that misbehave on purpose, for tests and for trying out what a robot does without sight."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import CameraImage
from gesture_robot.errors import CameraUnavailable
from gesture_robot.protocols import Camera
from gesture_robot.scene.camera import camera_matrix_for


class NoiseCamera:
    """Pictures of nothing but noise."""

    def __init__(self, *, width: int = 640, height: int = 480, fps: float = 15.0, seed: int = 0):
        self.fps = fps
        self._shape, self._seed, self._last = (height, width, 3), seed, -1
        self._matrix = camera_matrix_for(width, height)

    def read(self, now_s: float, base_from_camera: Array) -> CameraImage | None:
        """A new noise picture at every frame time."""
        index = int(np.floor(now_s * self.fps + 1e-6))
        if index == self._last:
            return None
        self._last = index
        rgb = np.random.default_rng([self._seed, abs(index)]).integers(0, 256, self._shape, dtype=np.uint8)
        return CameraImage(index / self.fps, "camera", rgb, self._matrix, base_from_camera)

    def close(self) -> None:
        """Nothing to free."""


class FailingCamera:
    """Hands on the pictures of `inner`, but is unplugged from `fail_from_s` to `fail_to_s`."""

    def __init__(self, inner: Camera, fail_from_s: float, fail_to_s: float = float("inf")):
        self.fps = inner.fps
        self._inner, self._from_s, self._to_s = inner, fail_from_s, fail_to_s

    def read(self, now_s: float, base_from_camera: Array) -> CameraImage | None:
        """Raises CameraUnavailable while unplugged."""
        if self._from_s <= now_s < self._to_s:
            raise CameraUnavailable("the camera was unplugged (on purpose, to test). Plug it in again to go on.")
        return self._inner.read(now_s, base_from_camera)

    def close(self) -> None:
        """Close the inner camera."""
        self._inner.close()
