"""Chooses where pictures come from: a device, a video file, or a built-in scene."""

from __future__ import annotations

from gesture_robot.checks import Array
from gesture_robot.datatypes import CameraImage
from gesture_robot.errors import InvalidInput
from gesture_robot.protocols import Camera


def open_camera(*, camera: int | None = None, video: str | None = None, scene: str = "visitor", mount: str = "base",
                width: int = 640, height: int = 480, fps: float = 15.0, seed: int = 0, loop: bool = False) -> Camera:
    """The camera that was asked for; the built-in scene when neither `camera` nor `video` is given.

    With mount "base" the camera stands still and looks forward, whatever the head does; with "head" it turns along.
    `loop` lets a built-in scene begin anew.

    Raises:
        InvalidInput: both a device and a file.
        CameraUnavailable: the device or file cannot be read; the message says what would have worked.
        UnknownName: no such scene or mount.
    """
    if camera is not None and video is not None:
        raise InvalidInput("give either --camera N or --video FILE, not both.")
    if camera is not None:
        from gesture_robot.scene.devices import DeviceCamera

        return _mounted(DeviceCamera(camera, fps, width=width, height=height), mount)
    if video is not None:
        from gesture_robot.scene.devices import VideoFileCamera

        return _mounted(VideoFileCamera(video), mount)
    from gesture_robot.scene.camera import SceneCamera

    return SceneCamera(scene, mount=mount, width=width, height=height, fps=fps, seed=seed, loop=loop)


class FixedCamera:
    """A device or file whose camera stands still: the pose of the robot's head does not count."""

    def __init__(self, inner: Camera):
        from gesture_robot.scene.camera import forward_camera

        self.fps, self._inner, self._base_from_camera = inner.fps, inner, forward_camera()

    def read(self, now_s: float, base_from_camera: Array) -> CameraImage | None:
        """The picture, seen from the fixed place."""
        return self._inner.read(now_s, self._base_from_camera)

    def close(self) -> None:
        """Free the device."""
        self._inner.close()

    @property
    def ended(self) -> bool:
        """A file that has no more pictures."""
        return bool(getattr(self._inner, "ended", False))

    @property
    def truncated(self) -> bool:
        """A file that promised more pictures than it had."""
        return bool(getattr(self._inner, "truncated", False))


def _mounted(camera: Camera, mount: str) -> Camera:
    return FixedCamera(camera) if mount == "base" else camera
