"""The MediaPipe engine on real pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gesture_robot.checks import Array
from gesture_robot.datatypes import CameraImage, PersonDetection
from gesture_robot.perception.stage import PerceptionStage

Picture = Callable[..., CameraImage]


def yaw_deg(person: PersonDetection) -> float:
    """Turn of the head against the line to the camera, positive to the person's left."""
    face, line = person.camera_from_head[:3, 0], -person.camera_from_head[:3, 3]
    return float(np.degrees(np.arctan2(face[0], -face[2]) - np.arctan2(line[0], -line[2])))


def test_one_person_with_face_body_and_smile(mediapipe_backend: Any, picture: Picture, one_person: Array) -> None:
    found = mediapipe_backend.detect(picture(1000.0, one_person))
    assert len(found) == 1
    person = found[0]
    assert np.allclose(person.face_box_px, [247, 62, 87, 104], atol=8)
    assert person.face_landmarks_px.shape == (478, 3) and person.body_keypoints_px.shape == (33, 4)
    assert person.expression.smile > 0.7 and person.expression.mouth_open > 0.3 and person.expression.eyes_closed < 0.3
    assert abs(yaw_deg(person)) < 8.0
    assert 0.6 < person.camera_from_head[2, 3] < 1.1
    gaze_to_lens = person.gaze_camera @ -person.camera_from_head[:3, 3] / np.linalg.norm(person.camera_from_head[:3, 3])
    assert np.degrees(np.arccos(gaze_to_lens)) < 18.0


def test_a_mirror_image_mirrors_the_pose(mediapipe_backend: Any, picture: Picture, one_person: Array) -> None:
    seen = mediapipe_backend.detect(picture(1010.0, one_person))[0]
    mirrored = mediapipe_backend.detect(picture(1020.0, np.ascontiguousarray(one_person[:, ::-1])))[0]
    assert yaw_deg(seen) == pytest.approx(-yaw_deg(mirrored), abs=2.5)
    assert seen.camera_from_head[0, 3] == pytest.approx(-mirrored.camera_from_head[0, 3], abs=0.02)
    assert seen.camera_from_head[2, 3] == pytest.approx(mirrored.camera_from_head[2, 3], rel=0.03)


@pytest.mark.parametrize("scale", [0.5, 0.33])
def test_distance_follows_apparent_size(
    mediapipe_backend: Any, picture: Picture, portrait: Array, one_person: Array, scale: float
) -> None:
    import cv2

    near = mediapipe_backend.detect(picture(1030.0, one_person))[0]
    side = int(480 * scale)
    small = np.full((480, 640, 3), 128, np.uint8)
    small[200 : 200 + side, 240 : 240 + side] = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
    far = mediapipe_backend.detect(picture(1040.0 + scale, small))[0]
    assert far.camera_from_head[2, 3] * scale == pytest.approx(near.camera_from_head[2, 3], rel=0.08)
    assert far.face_box_px[2] < 45


def test_two_people_side_by_side_each_with_their_own_body(
    mediapipe_backend: Any, picture: Picture, two_people: Array
) -> None:
    left, right = sorted(mediapipe_backend.detect(picture(1050.0, two_people)), key=lambda p: p.face_box_px[0])
    assert left.camera_from_head[0, 3] == pytest.approx(-right.camera_from_head[0, 3], abs=0.06)
    for person in (left, right):
        nose = person.body_keypoints_px[0, :2] - person.face_landmarks_px[4, :2]
        assert np.linalg.norm(nose) < 0.3 * person.face_box_px[3]


def test_noise_and_emptiness_hold_nobody(mediapipe_backend: Any, picture: Picture) -> None:
    rng = np.random.default_rng(0)
    for number in range(3):
        noise = rng.integers(0, 255, (480, 640, 3), dtype=np.uint8)
        assert mediapipe_backend.detect(picture(1060.0 + 10 * number, noise)) == ()
    for grey in (0, 128, 255):
        assert mediapipe_backend.detect(picture(1100.0 + grey, np.full((480, 640, 3), grey, np.uint8))) == ()


def test_a_body_whose_face_is_hidden_is_still_somebody(
    mediapipe_backend: Any, picture: Picture, one_person: Array
) -> None:
    hidden = one_person.copy()
    hidden[55:175, 235:345] = hidden[55:175, 235:345].mean(axis=(0, 1)).astype(np.uint8)
    found = mediapipe_backend.detect(picture(2000.0, hidden))
    assert all(person.face_box_px[2] == 0 for person in found)
    assert len(found) <= 1


def test_a_face_is_followed_while_it_moves_half_its_width_per_picture(
    mediapipe_backend: Any, picture: Picture, portrait: Array
) -> None:
    import cv2

    stage, ids = PerceptionStage(mediapipe_backend), set()
    small = cv2.resize(portrait, (200, 200), interpolation=cv2.INTER_AREA)
    for i in range(12):
        rgb = np.full((480, 640, 3), 128, np.uint8)
        rgb[200:400, 20 + 18 * i : 220 + 18 * i] = small
        people = stage.process(picture(3000.0 + i / 15, rgb)).people
        ids |= {p.id for p in people}
        if i >= 2:
            centre = people[0].face_box_px[:2] + people[0].face_box_px[2:] / 2
            assert abs(centre[0] - (20 + 18 * i + 200 * 0.435)) < 8.0
    assert ids == {"p1"}


def test_pictures_of_any_size_and_a_change_of_size(mediapipe_backend: Any, picture: Picture, portrait: Array) -> None:
    import cv2

    for number, side in enumerate((160, 512, 900)):
        rgb = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
        assert len(mediapipe_backend.detect(picture(4000.0 + number / 15, rgb))) == 1


def test_small_faces_are_found_in_parts_of_the_picture(picture: Picture, portrait: Array) -> None:
    """Faces of 23 px, a third of what the detector needs in a whole picture of this width."""
    import cv2

    from gesture_robot.perception.config import PerceptionConfig
    from gesture_robot.perception.mediapipe_backend import MediaPipeBackend

    side = cv2.resize(portrait, (128, 128), interpolation=cv2.INTER_AREA)
    rgb = np.full((480, 640, 3), 128, np.uint8)
    for column in range(5):
        rgb[180:308, 128 * column : 128 * (column + 1)] = side if column % 2 else side[:, ::-1]
    backend = MediaPipeBackend(PerceptionConfig(tiles=6))
    try:
        people = backend.detect(picture(0.0, rgb))
    finally:
        backend.close()
    faces = sorted(p.face_box_px[0] // 128 for p in people if p.face_box_px[2] > 0)
    assert len(faces) >= 4 and len(set(faces)) == len(faces)


def test_a_turning_head_camera_neither_loses_nor_moves_anybody(mediapipe_backend: Any) -> None:
    """Five degrees per picture is more than a face width."""
    from gesture_robot.scene.camera import SceneCamera, forward_camera

    camera, stage = SceneCamera("still_20deg", mount="head"), PerceptionStage(mediapipe_backend)
    seen = []
    for i in range(24):
        yaw = np.radians(15.0 + 25.0 * np.sin(np.pi * i / 15.0))
        image = camera.read(i / 15, forward_camera(yaw=float(yaw)))
        assert image is not None
        seen.append(stage.process(image).people)
    true_m = camera.truth(23 / 15)[0].base_from_head[:3, 3]
    assert {p.id for people in seen for p in people} == {"p1"}
    assert all(people and people[0].face_box_px[2] > 0 for people in seen[3:])
    assert max(np.linalg.norm(people[0].position_base - true_m) for people in seen[3:]) < 0.25
