"""demo.mp4: camera with overlays | robot and face | timeline, drawn in a thread of its own.

Threading: `add` hands a snapshot over and returns; the GL context lives in the drawing thread from first to last.
The queue is short, so a slow renderer slows the run instead of eating memory; no frame is dropped.
"""

from __future__ import annotations

import queue
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel, SocialScene
from gesture_robot.errors import OutputUnwritable
from gesture_robot.recording.timeline import BACK, Mark, draw_timeline

WIDTH, HEIGHT, FPS = 960, 540, 25.0
CAMERA_W, CAMERA_H = 480, 360
FACE_BOX = (768, 12, 180, 135)
"""x, y, width, height [px] of the face in the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """All that one video frame shows."""

    now_s: float
    camera_rgb: Array | None
    scene: SocialScene
    joints: Array
    face_weights: Array
    marks: tuple[Mark, ...]
    wrist_speed: Array
    caption: str


class VideoRecorder:
    """Writes frames at 25 per second of simulated time."""

    def __init__(self, path: Path, model: RobotModel):
        self.path, self._model = path, model
        self.note = ""
        self.frames = 0
        self._error: BaseException | None = None
        self._queue: queue.Queue[Snapshot | None] = queue.Queue(maxsize=8)
        self._thread = threading.Thread(target=self._run, name="video", daemon=True)
        self._thread.start()

    def add(self, snapshot: Snapshot) -> None:
        """Queue one frame. A drawing thread that failed takes none: the robot goes on, and `close` says why."""
        self._put(snapshot)

    def _put(self, item: Snapshot | None) -> bool:
        """Wait for room in the queue; False when the drawing thread is gone."""
        while self._thread.is_alive():
            try:
                self._queue.put(item, timeout=0.5)
                return True
            except queue.Full:
                continue
        return False

    def close(self, audio: Path | None = None) -> None:
        """Draw what is queued and finish the file; `audio` is muxed in where ffmpeg is installed."""
        self._put(None)
        self._thread.join()
        self._raise()
        if audio is not None and shutil.which("ffmpeg"):
            _mux(self.path, audio)

    def _raise(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _run(self) -> None:
        try:
            self._draw_all()
        except BaseException as error:  # noqa: BLE001  handed to the caller's thread in close()
            self._error = error

    def _draw_all(self) -> None:
        import cv2

        from gesture_robot.robots.render import open_renderer

        renderer = open_renderer(self._model, WIDTH - CAMERA_W, HEIGHT)
        self.note = getattr(renderer, "note", "")
        writer = cv2.VideoWriter(str(self.path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (WIDTH, HEIGHT))
        if not writer.isOpened():
            raise OutputUnwritable(
                f"cannot write the video '{self.path}'; give a folder you may write to with --out DIR."
            )
        try:
            while (snapshot := self._queue.get()) is not None:
                writer.write(cv2.cvtColor(compose(snapshot, renderer), cv2.COLOR_RGB2BGR))
                self.frames += 1
        finally:
            writer.release()
            renderer.close()


def compose(snapshot: Snapshot, renderer: object) -> Array:
    """One (540, 960, 3) uint8 RGB frame."""
    import cv2

    from gesture_robot.face.screen import draw_face
    from gesture_robot.perception.annotate import annotate

    frame = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    frame[:] = BACK
    if snapshot.camera_rgb is not None:
        picture = annotate(snapshot.camera_rgb, snapshot.scene)
        frame[:CAMERA_H, :CAMERA_W] = cv2.resize(picture, (CAMERA_W, CAMERA_H), interpolation=cv2.INTER_AREA)
    face = draw_face(snapshot.face_weights)
    frame[:, CAMERA_W:] = renderer.render(snapshot.joints, face)  # type: ignore[attr-defined]
    x, y, width, height = FACE_BOX
    frame[y : y + height, x : x + width] = cv2.resize(face, (width, height), interpolation=cv2.INTER_AREA)
    frame[CAMERA_H:, :CAMERA_W] = draw_timeline(
        list(snapshot.marks), snapshot.wrist_speed, snapshot.now_s, CAMERA_W, HEIGHT - CAMERA_H
    )
    cv2.putText(
        frame,
        snapshot.caption[:64],
        (CAMERA_W + 12, HEIGHT - 14),
        cv2.FONT_HERSHEY_SIMPLEX,
        0.42,
        (40, 44, 52),
        1,
        cv2.LINE_AA,
    )
    return frame


def _mux(video: Path, audio: Path) -> None:
    """Put the sound into the video; the silent video stays when ffmpeg fails."""
    with_sound = video.with_name("with_sound.mp4")
    done = subprocess.run(
        [
            "ffmpeg",
            "-v",
            "error",
            "-y",
            "-i",
            str(video),
            "-i",
            str(audio),
            "-c:v",
            "copy",
            "-c:a",
            "aac",
            str(with_sound),
        ],
        check=False,
        capture_output=True,
    )
    if done.returncode == 0:
        with_sound.replace(video)
    else:
        with_sound.unlink(missing_ok=True)
