"""What every perception engine must do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from gesture_robot import registry
from gesture_robot.checks import Array
from gesture_robot.datatypes import CameraImage, PersonDetection
from gesture_robot.perception.scripted import ScriptedBackend, scripted_person
from gesture_robot.perception.stage import PerceptionStage

Picture = Callable[..., CameraImage]


@pytest.fixture(params=registry.names("perception"))
def backend(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "mediapipe":
        yield request.getfixturevalue("mediapipe_backend")
    elif request.param == "scripted":
        yield ScriptedBackend(((scripted_person(-0.4, 1.4), scripted_person(0.4, 1.2, y_m=-0.2)),))
    else:
        engine = registry.create("perception", request.param)
        yield engine
        engine.close()


def test_detections_are_valid_values_largest_face_first(backend: Any, picture: Picture, two_people: Array) -> None:
    found = backend.detect(picture(50.0, two_people))
    assert isinstance(found, tuple) and len(found) == 2
    assert all(isinstance(person, PersonDetection) for person in found)
    widths = [person.face_box_px[2] for person in found]
    assert widths == sorted(widths, reverse=True)


def test_poses_are_rigid_and_in_front_of_the_camera(backend: Any, picture: Picture, two_people: Array) -> None:
    for person in backend.detect(picture(60.0, two_people)):
        rotation = person.camera_from_head[:3, :3]
        assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-6)
        assert np.linalg.det(rotation) > 0.0
        assert person.camera_from_head[2, 3] > 0.0
        assert np.allclose(person.camera_from_head[3], [0.0, 0.0, 0.0, 1.0])
        assert len(person.body_keypoints_px) in (0, 33) and len(person.face_landmarks_px) in (0, 478)


def test_the_same_picture_gives_the_same_people(backend: Any, picture: Picture, two_people: Array) -> None:
    first, second = (backend.detect(picture(stamp_s, two_people)) for stamp_s in (70.0, 90.0))
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        assert np.allclose(a.camera_from_head, b.camera_from_head, atol=1e-3)


def test_it_works_inside_the_stage(backend: Any, picture: Picture, two_people: Array) -> None:
    stage = PerceptionStage(backend)
    scenes = [stage.process(picture(100.0 + i / 15, two_people)) for i in range(8)]
    assert [len(s.people) for s in scenes] == [0, 0, 2, 2, 2, 2, 2, 2]
    last = scenes[-1]
    assert {p.id for p in last.people} == {"p1", "p2"} == {e.person_id for e in last.engagement}
    known = {g.id for g in last.groups}
    assert all(i.group_id in known and i.individual_id in ("p1", "p2") for i in last.interactions)
    stage.reset()
    assert stage.process(picture(200.0, two_people)).people == ()
