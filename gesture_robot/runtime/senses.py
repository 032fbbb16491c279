"""Camera to social scene: reads pictures when due, survives a camera that comes and goes."""

from __future__ import annotations

from collections.abc import Callable

from gesture_robot.checks import Array
from gesture_robot.datatypes import CameraImage, SocialScene
from gesture_robot.errors import CameraUnavailable
from gesture_robot.perception.stage import PerceptionStage
from gesture_robot.protocols import Camera
from gesture_robot.runtime.jobs import Job, Worker


class Senses:
    """The camera and the perception stage behind it."""

    def __init__(self, camera: Camera, stage: PerceptionStage, worker: Worker, say: Callable[[str], None],
                 retry_s: float = 0.5):
        self._camera, self._stage, self._worker, self._say, self._retry_s = camera, stage, worker, say, retry_s
        self._job: Job[tuple[CameraImage, SocialScene]] | None = None
        self._next_s = 0.0
        self._lost_since_s: float | None = None
        self.scene = SocialScene(0.0)
        self.image: CameraImage | None = None
        self.images = 0
        self.last_picture_s = 0.0

    def update(self, now_s: float, base_from_camera: Callable[[], Array]) -> SocialScene | None:
        """Take a finished scene (returned once) and hand in the next picture when one is due."""
        fresh = None
        if self._job is not None and self._job.ready(now_s):
            self.image, self.scene = self._job.result()
            self._job, fresh = None, self.scene
            self.images += 1
        if self._job is None and now_s >= self._next_s - 1e-9:
            self._read(now_s, base_from_camera)
        return fresh

    def _read(self, now_s: float, base_from_camera: Callable[[], Array]) -> None:
        try:
            image = self._camera.read(now_s, base_from_camera())
        except CameraUnavailable as error:
            if self._lost_since_s is None:
                self._lost_since_s = now_s
                self._say(f"camera lost: {error} The robot holds still until pictures return.")
            self._next_s = now_s + self._retry_s
            return
        if image is None:
            return
        if self._lost_since_s is not None:
            self._say(f"camera is back after {now_s - self._lost_since_s:.1f} s.")
            self._lost_since_s = None
        self.last_picture_s = now_s
        self._job = self._worker.submit(lambda: (image, self._stage.process(image)), now_s)

    def age_s(self, now_s: float) -> float:
        """Seconds since the last picture that arrived."""
        return now_s - self.last_picture_s

    def close(self) -> None:
        """Free the camera and the models behind it."""
        self._worker.close()
        self._camera.close()
        self._stage.close()
