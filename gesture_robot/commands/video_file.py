"""Videos as commands write them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from gesture_robot.errors import OutputUnwritable


def video_path(name: str) -> Path:
    """The video's path, checked before OpenCV sees it: OpenCV prints its own complaints. Raises OutputUnwritable."""
    path = Path(name)
    if path.suffix.lower() != ".mp4":
        raise OutputUnwritable(f"a video's name must end in .mp4, got '{path}'.")
    if not path.parent.is_dir():
        raise OutputUnwritable(f"cannot write {path}: there is no folder {path.parent}. Make it first.")
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise OutputUnwritable(f"cannot write {path}. Choose a writable place.")
    return path


def open_video(path: Path, fps: float, size: tuple[int, int]) -> Any:
    """A cv2.VideoWriter for pictures of `size` (width, height); raises OutputUnwritable."""
    import cv2

    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), fps, size)  # type: ignore[attr-defined]
    if not writer.isOpened():
        raise OutputUnwritable(f"cannot write {path}. Choose a writable place and a name that ends in .mp4.")
    return writer
