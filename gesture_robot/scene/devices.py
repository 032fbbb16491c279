"""Camera devices and video files, read through OpenCV. Neither is calibrated: a 60 degree lens is assumed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from gesture_robot.checks import Array, check_range
from gesture_robot.datatypes import CameraImage
from gesture_robot.errors import CameraUnavailable, InvalidInput, MissingDependency
from gesture_robot.scene.camera import camera_matrix_for

_OTHERWISE = "Or try --video FILE, or neither for the built-in scene."


def found_devices() -> tuple[str, ...]:
    """Video devices this machine has, such as "/dev/video0"."""
    return tuple(sorted(str(path) for path in Path("/dev").glob("video*")))


def _opencv() -> Any:
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    try:
        import cv2
    except ImportError:
        raise MissingDependency("cv2", "perception") from None
    return cv2


class DeviceCamera:
    """A camera of this machine. When it is unplugged, `read` raises until it can be opened again."""

    def __init__(self, index: int = 0, fps: float = 15.0, *, width: int = 640, height: int = 480):
        """Raises CameraUnavailable, listing the devices there are, when `index` cannot be opened."""
        if index < 0:
            raise InvalidInput(f"a camera number is 0 or more, got {index}.")
        self.fps = check_range(fps, 0.1, 240.0, "fps")
        self._index, self._size, self._last = index, (width, height), -1
        self._cv2 = _opencv()
        self._capture: Any = None
        self._open()

    def _open(self) -> None:
        if Path("/dev").is_dir() and os.name == "posix" and os.uname().sysname == "Linux":
            if f"/dev/video{self._index}" not in found_devices():
                raise self._missing("there is no camera")
        capture = self._cv2.VideoCapture(self._index)
        capture.set(self._cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
        capture.set(self._cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        capture.set(self._cv2.CAP_PROP_BUFFERSIZE, 1)
        if not capture.isOpened():
            capture.release()
            raise self._missing("cannot open camera")
        self._capture = capture

    def _missing(self, what: str) -> CameraUnavailable:
        names = ", ".join(found_devices())
        there = f"Found: {names}; use one of these numbers." if names else "No camera was found under /dev/video*."
        return CameraUnavailable(f"{what} {self._index}. {there} {_OTHERWISE}")

    def read(self, now_s: float, base_from_camera: Array) -> CameraImage | None:
        """The newest picture; None within one frame time of the last one. Raises CameraUnavailable when unplugged."""
        index = int(np.floor(now_s * self.fps + 1e-6))
        if index == self._last:
            return None
        if self._capture is None:
            self._open()
        good, bgr = self._capture.read()
        if not good or bgr is None:
            self.close()
            raise CameraUnavailable(f"camera {self._index} gives no pictures any more. Plug it in again to go on.")
        self._last = index
        return _image(now_s, self._cv2.cvtColor(bgr, self._cv2.COLOR_BGR2RGB), base_from_camera)

    def close(self) -> None:
        """Free the device; reading again opens it anew."""
        if self._capture is not None:
            self._capture.release()
        self._capture = None


class VideoFileCamera:
    """Plays a video file against `now_s`, from the first `now_s` it is asked for; after its end `ended` is True."""

    def __init__(self, path: str | os.PathLike[str]):
        """Raises CameraUnavailable when the file is absent, empty, not a video, or broken before its first picture."""
        self._path = Path(path)
        if not self._path.is_file():
            raise CameraUnavailable(f"there is no video file '{path}'. Give the path of an MP4, AVI, MKV or WebM file.")
        self._cv2 = _opencv()
        self._capture: Any = self._cv2.VideoCapture(str(self._path))
        rate = self._capture.get(self._cv2.CAP_PROP_FPS) if self._capture.isOpened() else 0.0
        self.fps = float(rate) if 0.1 <= rate <= 1000.0 else 25.0
        self._count, self._start_s = -1, float("nan")
        self._expected = int(max(0.0, self._capture.get(self._cv2.CAP_PROP_FRAME_COUNT)))
        self._picture: Array | None = None
        self._next: tuple[float, Array] | None = self._decode()
        self.ended = False
        self.truncated = False
        """The file promised more pictures than could be read."""
        if self._next is None:
            self.close()
            raise CameraUnavailable(f"'{path}' holds no readable picture: it is not a video, or was cut off before its "
                                    "first one. Check it with a player; MP4, AVI, MKV and WebM work.")

    def _decode(self) -> tuple[float, Array] | None:
        """Time from the start of the file [s] and RGB picture of the next frame."""
        if self._capture is None or not self._capture.isOpened():
            return None
        good, bgr = self._capture.read()
        if not good or bgr is None:
            return None
        self._count += 1
        stamp_s = self._capture.get(self._cv2.CAP_PROP_POS_MSEC) / 1000.0
        if not np.isfinite(stamp_s) or (self._count and stamp_s <= 0.0):
            stamp_s = self._count / self.fps
        return stamp_s, self._cv2.cvtColor(bgr, self._cv2.COLOR_BGR2RGB)

    def read(self, now_s: float, base_from_camera: Array) -> CameraImage | None:
        """The picture that is due at `now_s`, None when there is no new one; pictures that are late are skipped."""
        if np.isnan(self._start_s):
            self._start_s = now_s
        due: tuple[float, Array] | None = None
        while self._next is not None and self._next[0] <= now_s - self._start_s + 1e-6:
            due = self._next
            following = self._decode()
            if following is not None and following[0] <= due[0]:
                following = (due[0] + 1.0 / self.fps, following[1])
            self._next = following
        if due is not None:
            return _image(self._start_s + due[0], due[1], base_from_camera)
        if self._next is None and not self.ended:
            self.ended = True
            self.truncated = self._count + 1 < self._expected - 1
            self.close()
        return None

    def close(self) -> None:
        """Free the file."""
        if self._capture is not None:
            self._capture.release()
        self._capture, self._next = None, None


def _image(stamp_s: float, rgb: Array, base_from_camera: Array) -> CameraImage:
    height, width = rgb.shape[:2]
    return CameraImage(stamp_s, "camera", rgb, camera_matrix_for(width, height), base_from_camera)
