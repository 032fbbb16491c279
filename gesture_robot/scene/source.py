"""Chooses where pictures come from: a device, a video file, or a built-in scene."""

from __future__ import annotations

from gesture_robot.errors import InvalidInput
from gesture_robot.protocols import Camera


def open_camera(*, camera: int | None = None, video: str | None = None, scene: str = "visitor", mount: str = "base",
                width: int = 640, height: int = 480, fps: float = 15.0, seed: int = 0) -> Camera:
    """The camera that was asked for; the built-in scene when neither `camera` nor `video` is given.

    Raises:
        InvalidInput: both a device and a file.
        CameraUnavailable: the device or file cannot be read; the message says what would have worked.
        UnknownName: no such scene or mount.
    """
    if camera is not None and video is not None:
        raise InvalidInput("give either --camera N or --video FILE, not both.")
    if camera is not None:
        from gesture_robot.scene.devices import DeviceCamera

        return DeviceCamera(camera, fps, width=width, height=height)
    if video is not None:
        from gesture_robot.scene.devices import VideoFileCamera

        return VideoFileCamera(video)
    from gesture_robot.scene.camera import SceneCamera

    return SceneCamera(scene, mount=mount, width=width, height=height, fps=fps, seed=seed)
