"""Camera to social scene: reads pictures when due, survives a camera that comes and goes.

Threading: live, a camera is read in the worker, because a webcam blocks until its next picture and for seconds when
it is unplugged. In simulated time it is read by the loop, so that runs repeat exactly.
"""

from __future__ import annotations

from collections.abc import Callable

from gesture_robot.checks import Array
from gesture_robot.datatypes import CameraImage, SocialScene
from gesture_robot.errors import CameraUnavailable, GestureRobotError
from gesture_robot.perception.stage import PerceptionStage
from gesture_robot.protocols import Camera
from gesture_robot.runtime.jobs import Job, Worker

ENGINE_ERRORS = (GestureRobotError, RuntimeError, ValueError, ArithmeticError)
"""What perception libraries raise over a picture they cannot digest, or once their graph has failed."""


class Senses:
    """The camera and the perception stage behind it."""

    def __init__(self, camera: Camera, stage: PerceptionStage, worker: Worker, say: Callable[[str], None],
                 retry_s: float = 0.5):
        self._camera, self._stage, self._worker, self._say, self._retry_s = camera, stage, worker, say, retry_s
        self._job: Job[tuple[CameraImage, SocialScene] | None] | None = None
        self._next_s = 0.0
        self._lost_since_s: float | None = None
        self.scene = SocialScene(0.0)
        self.image: CameraImage | None = None
        self.images = 0
        self.last_picture_s = 0.0
        """When the newest picture that was understood was asked for."""

    def update(self, now_s: float, base_from_camera: Callable[[], Array]) -> SocialScene | None:
        """Take a finished scene (returned once) and hand in the next picture when one is due."""
        fresh = self._take(now_s) if self._job is not None and self._job.ready(now_s) else None
        if self._job is None and now_s >= self._next_s - 1e-9:
            self._ask(now_s, base_from_camera())
        return fresh

    def _ask(self, now_s: float, base_from_camera: Array) -> None:
        if self._worker.live:
            self._job = self._worker.submit(lambda: self._see(self._camera.read(now_s, base_from_camera)), now_s)
            return
        try:
            image = self._camera.read(now_s, base_from_camera)
        except CameraUnavailable as error:
            self._lose(f"camera lost: {error}", now_s)
            return
        if image is not None:
            self._job = self._worker.submit(lambda: self._see(image), now_s)

    def _see(self, image: CameraImage | None) -> tuple[CameraImage, SocialScene] | None:
        return None if image is None else (image, self._stage.process(image))

    def _take(self, now_s: float) -> SocialScene | None:
        assert self._job is not None
        job, self._job = self._job, None
        try:
            seen = job.result()
        except CameraUnavailable as error:
            self._lose(f"camera lost: {error}", now_s)
            return None
        except ENGINE_ERRORS as error:
            self._lose(f"perception failed: {error}", now_s)
            return None
        if seen is None:
            return None
        if self._lost_since_s is not None:
            self._say(f"camera is back after {now_s - self._lost_since_s:.1f} s.")
            self._lost_since_s = None
        self.image, self.scene = seen
        self.images += 1
        self.last_picture_s = job.started_s
        return self.scene

    def _lose(self, what: str, now_s: float) -> None:
        """Say so once, and try again in a while."""
        if self._lost_since_s is None:
            self._lost_since_s = now_s
            self._say(f"{what.rstrip()} The robot holds still until pictures return.")
        self._next_s = now_s + self._retry_s

    def age_s(self, now_s: float) -> float:
        """Seconds since the last picture that was understood."""
        return now_s - self.last_picture_s

    def close(self) -> None:
        """Free the camera and the models behind it."""
        self._worker.close()
        self._camera.close()
        self._stage.close()
