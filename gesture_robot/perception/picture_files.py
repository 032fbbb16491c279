"""Files to look at: pictures, videos and folders of them, and one clear sentence about each that cannot be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.errors import InvalidInput

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
VIDEOS = (".mp4", ".avi", ".mkv", ".webm", ".mov", ".m4v", ".gif")
SMALLEST_PX = 16


def find_files(path: Path) -> list[Path]:
    """The file itself, or all pictures and videos of a folder in the order of their names; raises InvalidInput."""
    if path.is_dir():
        endings = PICTURES + VIDEOS
        files = sorted(f for f in path.iterdir() if f.suffix.lower() in endings and f.is_file())
        if not files:
            raise InvalidInput(f"'{path}' holds no picture and no video. Known endings: {' '.join(endings)}.")
        return files
    if not path.exists():
        raise InvalidInput(f"there is no file or folder '{path}'. Give a picture, a video, or a folder of them.")
    if path.stat().st_size == 0:
        raise InvalidInput(f"'{path}' is empty (0 bytes). Give a picture, a video, or a folder of them.")
    return [path]


def read_picture(file: Path) -> Array:
    """(H, W, 3) uint8 RGB; raises InvalidInput with the reason."""
    import cv2

    from gesture_robot.perception.mediapipe_graphs import silent_stderr

    try:
        data = np.fromfile(file, np.uint8)
    except OSError as error:
        raise InvalidInput(f"cannot read '{file}': {error.strerror}. Check that you may read it.") from None
    if not len(data):
        raise InvalidInput(f"'{file}' is empty (0 bytes). Give a JPEG, PNG, BMP, WebP or TIFF picture.")
    try:
        with silent_stderr():
            bgr = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error:
        bgr = None
    if bgr is None:
        why = "is cut off" if cut_off(file) else "is not a picture that can be read"
        raise InvalidInput(f"'{file}' {why}. Whole JPEG, PNG, BMP, WebP and TIFF files work.")
    if min(bgr.shape[:2]) < SMALLEST_PX:
        raise InvalidInput(f"'{file}' is only {bgr.shape[1]} x {bgr.shape[0]} pixels; "
                           f"at least {SMALLEST_PX} x {SMALLEST_PX} are needed.")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))


def is_picture(file: Path) -> bool:
    """By its ending, or, where that says nothing, when OpenCV has a reader for it."""
    if file.suffix.lower() in PICTURES + VIDEOS:
        return file.suffix.lower() in PICTURES
    import cv2

    return bool(cv2.haveImageReader(str(file)))


def cut_off(file: Path) -> bool:
    """A JPEG without its end marker, a PNG without its end chunk."""
    data = file.read_bytes()
    if data[:2] == b"\xff\xd8":
        return b"\xff\xd9" not in data[-64:]
    return data[:4] == b"\x89PNG" and b"IEND" not in data[-64:]


def video_length(file: Path) -> int | None:
    """Pictures a video file promises, None when it does not say."""
    import cv2

    capture = cv2.VideoCapture(str(file))
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    capture.release()
    return count if count > 0 else None
