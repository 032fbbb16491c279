"""Cameras and video files that are absent, broken, unplugged or finished."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gesture_robot.errors import CameraUnavailable, InvalidInput
from gesture_robot.scene import devices
from gesture_robot.scene.camera import forward_camera
from gesture_robot.scene.devices import DeviceCamera, VideoFileCamera
from gesture_robot.scene.source import open_camera

HERE = forward_camera()


def write_video(path: Path, frames: int = 20, fps: float = 10.0, codec: str = "MJPG") -> Path:
    import cv2

    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), fps, (160, 120))  # type: ignore[attr-defined]
    for index in range(frames):
        writer.write(np.full((120, 160, 3), 10 * index % 250, np.uint8))
    writer.release()
    return path


class FakeCapture:
    """Stands in for cv2.VideoCapture: gives pictures until unplugged."""

    plugged = True

    def __init__(self, index: int):
        self.open = FakeCapture.plugged

    def isOpened(self) -> bool:
        return self.open

    def set(self, *_: Any) -> bool:
        return True

    def read(self) -> tuple[bool, np.ndarray | None]:
        return (True, np.zeros((120, 160, 3), np.uint8)) if FakeCapture.plugged else (False, None)

    def release(self) -> None:
        self.open = False


def test_no_camera_says_what_was_found_and_what_else_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "found_devices", lambda: ())
    with pytest.raises(CameraUnavailable, match=r"camera 3.*No camera was found.*--video FILE.*scene") as caught:
        open_camera(camera=3)
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)
    monkeypatch.setattr(devices, "found_devices", lambda: ("/dev/video0", "/dev/video2"))
    with pytest.raises(CameraUnavailable, match=r"/dev/video0, /dev/video2"):
        DeviceCamera(3)
    with pytest.raises(InvalidInput, match="0 or more"):
        DeviceCamera(-1)


def test_unplugged_camera_raises_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    monkeypatch.setattr(devices, "found_devices", lambda: ("/dev/video0",))
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(FakeCapture, "plugged", True)
    camera = DeviceCamera(0, 15.0)
    image = camera.read(0.0, HERE)
    assert image is not None and image.rgb.shape == (120, 160, 3)
    assert image.camera_matrix[0, 0] == pytest.approx(138.56, abs=0.1)
    assert camera.read(0.01, HERE) is None
    monkeypatch.setattr(FakeCapture, "plugged", False)
    for now_s in (0.2, 0.4):
        with pytest.raises(CameraUnavailable):
            camera.read(now_s, HERE)
    monkeypatch.setattr(FakeCapture, "plugged", True)
    assert camera.read(0.6, HERE) is not None
    camera.close()


def test_video_plays_by_its_own_times_and_ends(tmp_path: Path) -> None:
    camera = VideoFileCamera(write_video(tmp_path / "a.avi"))
    assert camera.fps == pytest.approx(10.0)
    stamps = [image.stamp_s for i in range(300) if (image := camera.read(5.0 + 0.01 * i, HERE)) is not None]
    assert len(stamps) == 20 and stamps[0] == pytest.approx(5.0) and np.allclose(np.diff(stamps), 0.1, atol=1e-3)
    assert camera.ended and not camera.truncated
    assert camera.read(99.0, HERE) is None


def test_late_reader_skips_to_the_picture_that_is_due(tmp_path: Path) -> None:
    camera = VideoFileCamera(write_video(tmp_path / "a.avi"))
    camera.read(0.0, HERE)
    image = camera.read(1.05, HERE)
    assert image is not None and image.stamp_s == pytest.approx(1.0, abs=1e-3)
    assert abs(float(image.rgb.mean()) - 100.0) < 4.0


def test_truncated_video_gives_what_it_has(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.avi", frames=60)
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    camera = VideoFileCamera(cut)
    count = sum(camera.read(0.02 * i, HERE) is not None for i in range(400))
    assert 10 < count < 55 and camera.ended


@pytest.mark.parametrize("content", [b"", b"this is not a video\n" * 50, b"\x00\x00\x00\x18ftypmp42" + bytes(3000)])
def test_what_is_no_video_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(content)
    with pytest.raises(CameraUnavailable, match="not a video, or was cut off"):
        open_camera(video=str(path))


def test_mp4_cut_before_its_index_is_one_clear_error(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4", frames=60, codec="mp4v")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(CameraUnavailable, match="cut off"):
        VideoFileCamera(cut)


def test_missing_video_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CameraUnavailable, match="there is no video file"):
        VideoFileCamera(tmp_path / "none.mp4")
