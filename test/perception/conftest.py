from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from gesture_robot.checks import Array
from gesture_robot.datatypes import CameraImage, Expression, Person
from gesture_robot.resources import resource_path

FOCAL_PX = 554.0
MATRIX = np.array([[FOCAL_PX, 0.0, 320.0], [0.0, FOCAL_PX, 240.0], [0.0, 0.0, 1.0]])
BASE_FROM_CAMERA = np.array([[0.0, 0.0, 1.0, 0.1], [-1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 1.25], [0.0, 0.0, 0.0, 1.0]])
GREY = np.full((480, 640, 3), 128, np.uint8)


@pytest.fixture
def base_from_camera() -> Array:
    return BASE_FROM_CAMERA


@pytest.fixture
def picture() -> Callable[..., CameraImage]:
    """Make a CameraImage of a stamp and (optionally) pixels."""

    def make(stamp_s: float = 0.0, rgb: Array = GREY, base_from_camera: Array = BASE_FROM_CAMERA) -> CameraImage:
        return CameraImage(stamp_s, "camera", rgb, MATRIX, base_from_camera)

    return make


@pytest.fixture(scope="session")
def portrait() -> Array:
    """(512, 512, 3) a real photograph, public domain (NASA)."""
    import cv2

    bgr = cv2.imread(str(resource_path("config/scene/astronaut.jpg")))
    return np.ascontiguousarray(bgr[:, :, ::-1])


@pytest.fixture(scope="session")
def one_person(portrait: Array) -> Array:
    """(480, 640, 3) the portrait on grey."""
    import cv2

    rgb = GREY.copy()
    rgb[:, 80:560] = cv2.resize(portrait, (480, 480), interpolation=cv2.INTER_AREA)
    return rgb


@pytest.fixture(scope="session")
def two_people(portrait: Array) -> Array:
    """The portrait and its mirror image side by side."""
    import cv2

    half = cv2.resize(portrait, (320, 320), interpolation=cv2.INTER_AREA)
    rgb = GREY.copy()
    rgb[80:400, :320], rgb[80:400, 320:] = half, half[:, ::-1]
    return rgb


@pytest.fixture(scope="session")
def mediapipe_backend() -> Iterator[Any]:
    from gesture_robot.perception.mediapipe_backend import MediaPipeBackend

    backend = MediaPipeBackend()
    yield backend
    backend.close()


@pytest.fixture
def person() -> Callable[..., Person]:
    """Make a Person at a place in the base frame, head turned by yaw from the line to the robot's camera."""

    def make(
        name: str = "p1",
        x_m: float = 2.0,
        y_m: float = 0.0,
        *,
        yaw_deg: float = 0.0,
        look_at: Array | None = None,
        velocity: tuple[float, float, float] = (0.0, 0.0, 0.0),
        face: bool = True,
        smile: float = 0.0,
        gestures: tuple[str, ...] = (),
        tracked_s: float = 5.0,
    ) -> Person:
        place = np.array([x_m, y_m, 1.5])
        line = (BASE_FROM_CAMERA[:3, 3] if look_at is None else np.asarray(look_at)) - place
        yaw = np.arctan2(line[1], line[0]) + np.radians(yaw_deg)
        pose = np.eye(4)
        pose[:3, :3] = [[np.cos(yaw), -np.sin(yaw), 0.0], [np.sin(yaw), np.cos(yaw), 0.0], [0.0, 0.0, 1.0]]
        pose[:3, 3] = place
        box = np.array([300.0 - 100.0 * y_m, 100.0, 80.0, 300.0])
        face_box = np.array([320.0 - 100.0 * y_m, 110.0, 40.0, 48.0]) if face else np.zeros(4)
        return Person(
            name,
            0.0,
            box,
            face_box,
            pose,
            pose[:3, 0],
            np.array(velocity),
            Expression(smile=smile),
            0.9,
            gestures,
            tracked_s=tracked_s,
        )

    return make
