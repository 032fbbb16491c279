"""Perception itself must measure in the drawn pictures what the script says: the scene really turns the head."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from gesture_robot.checks import Array
from gesture_robot.datatypes import CameraImage, PersonDetection
from gesture_robot.protocols import PerceptionBackend
from gesture_robot.scene.acting import LOOK_PITCH_DEG
from gesture_robot.scene.camera import SceneCamera, forward_camera
from gesture_robot.scene.figure import FigurePose, base_from_head, figure_surfaces, load_figure
from gesture_robot.scene.raster import draw_surface

pytestmark = pytest.mark.slow  # whole scenes

HERE = forward_camera()
CAMERA_FROM_BASE = np.linalg.inv(HERE)


@pytest.fixture(scope="module")
def backend() -> Iterator[PerceptionBackend]:
    pytest.importorskip("mediapipe")
    from gesture_robot.perception.mediapipe_backend import MediaPipeBackend

    engine = MediaPipeBackend()
    yield engine
    engine.close()


def yaw_to_line_of_sight(camera_from_head: Array) -> float:
    """Degrees between the face and the line to the camera, seen from above."""
    face, sight = camera_from_head[:3, 0], -camera_from_head[:3, 3]
    return float(np.degrees(np.arctan2(face[0], -face[2]) - np.arctan2(sight[0], -sight[2])))


def picture_of(distance_m: float, yaw_deg: float, look: str, stamp_s: float) -> tuple[CameraImage, Array]:
    camera = SceneCamera("empty")
    turn = np.pi + np.radians(yaw_deg)
    pose = FigurePose(0.05 + distance_m, 0.0, np.pi + 0.6 * np.radians(yaw_deg), turn, np.radians(LOOK_PITCH_DEG))
    rgb = camera.draw(0.0, HERE)
    figure = load_figure(look)
    body, head = figure_surfaces(figure, pose, CAMERA_FROM_BASE)
    draw_surface(rgb, body, camera.camera_matrix, figure.texture)
    draw_surface(rgb, head, camera.camera_matrix, figure.texture, oversample=2)
    image = CameraImage(stamp_s, "camera", camera._grain(rgb, int(stamp_s)), camera.camera_matrix, HERE)
    return image, CAMERA_FROM_BASE @ base_from_head(pose)


def faces(found: tuple[PersonDetection, ...]) -> list[PersonDetection]:
    return [person for person in found if person.face_box_px[2] > 0]


@pytest.mark.parametrize(("distance_m", "look", "yaws_deg"), [
    (1.2, "orange", (-50, -25, 0, 25, 50)), (1.8, "orange", (-50, -35, 0, 35, 50)),
    (2.5, "orange", (-50, -35, -20, 0, 20, 35, 50)), (2.1, "blue", (-50, -25, 0, 25, 50))])
def test_measured_yaw_is_the_scripted_yaw(backend: PerceptionBackend, distance_m: float, look: str,
                                          yaws_deg: tuple[int, ...]) -> None:
    for number, yaw_deg in enumerate(yaws_deg):
        image, truth = picture_of(distance_m, yaw_deg, look, 1000.0 * distance_m + 10.0 * number)
        found = faces(backend.detect(image))
        assert found, f"no face at {yaw_deg} degrees"
        assert yaw_to_line_of_sight(found[0].camera_from_head) == pytest.approx(yaw_to_line_of_sight(truth), abs=10.0)
        assert abs(found[0].camera_from_head[2, 3] / truth[2, 3] - 1.0) < 0.15
        eyes, seen = (image.camera_matrix @ pose[:3, 3] for pose in (truth, found[0].camera_from_head))
        assert np.hypot(*(eyes[:2] / eyes[2] - seen[:2] / seen[2])) < 6.0 / distance_m + 1.0


def test_face_is_32_px_wide_at_two_and_a_half_metres(backend: PerceptionBackend) -> None:
    image, _ = picture_of(2.5, 0.0, "orange", 5000.0)
    assert 31.0 <= faces(backend.detect(image))[0].face_box_px[2] <= 40.0


def test_whole_visitor_scene_measures_as_scripted(backend: PerceptionBackend) -> None:
    camera = SceneCamera("visitor")
    errors, missed = [], 0
    for now_s in np.concatenate([np.arange(1.6, 9.0, 0.5), [12.0, 15.5, 15.8, 16.2]]):
        image = camera.read(now_s, HERE)
        assert image is not None
        truth = camera.truth(now_s)[0]
        found = faces(backend.detect(image))
        if not (truth.visible and 25 < truth.eyes_px[0] < 615):
            continue
        if not found:
            missed += 1
            continue
        measured = HERE @ found[0].camera_from_head
        true_yaw, yaw = (np.degrees(np.arctan2(pose[1, 0], pose[0, 0])) for pose in (truth.base_from_head, measured))
        errors.append(abs((yaw - true_yaw + 180.0) % 360.0 - 180.0))
    assert missed <= 2 and max(errors) < 12.0 and np.mean(errors) < 6.0


def test_nobody_is_seen_in_the_empty_room(backend: PerceptionBackend) -> None:
    for number, yaw in enumerate((-1.0, -0.4, 0.0, 0.6)):
        camera = SceneCamera("empty", mount="head")
        image = camera.read(9000.0 + 10.0 * number, forward_camera(yaw=yaw))
        assert image is not None and not faces(backend.detect(image))


def test_the_wave_is_seen_while_the_hand_swings(backend: PerceptionBackend) -> None:
    from gesture_robot.perception.waving import WaveDetector

    camera, detector = SceneCamera("waver"), WaveDetector()
    seen = {}
    for now_s in np.arange(4.6, 7.4, 1.0 / 15.0):
        image = camera.read(now_s + 1e-3, HERE)
        assert image is not None
        found = backend.detect(image)
        seen[now_s] = bool(found) and detector.update(found[0].body_keypoints_px, now_s)
    assert not any(wave for now_s, wave in seen.items() if now_s < 5.2)
    assert all(wave for now_s, wave in seen.items() if now_s > 6.9)
