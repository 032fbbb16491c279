from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import CameraImage, Person, SocialScene
from gesture_robot.perception.annotate import annotate
from gesture_robot.perception.scripted import ScriptedBackend, scripted_person
from gesture_robot.perception.stage import PerceptionStage


def test_the_picture_is_copied_and_drawn_on(
    mediapipe_backend: Any, picture: Callable[..., CameraImage], one_person: Array
) -> None:
    scene = PerceptionStage(mediapipe_backend).glance(picture(5000.0, one_person))
    before = one_person.copy()
    drawn = annotate(one_person, scene, {"p1": "Ada"})
    assert (one_person == before).all()
    assert drawn.shape == one_person.shape and drawn.dtype == np.uint8
    changed = (drawn != one_person).any(axis=2)
    assert 0.005 < changed.mean() < 0.3
    assert (annotate(one_person, scene) != drawn).any()  # the name is shown


def test_nobody_means_an_equal_copy(one_person: Array) -> None:
    drawn = annotate(one_person, SocialScene(0.0))
    assert (drawn == one_person).all() and drawn is not one_person


def test_people_partly_or_wholly_outside_the_picture_do_no_harm(
    person: Callable[..., Person], one_person: Array
) -> None:
    inside = person()
    people = tuple(
        replace(inside, id=f"p{i}", box_px=np.array(box))
        for i, box in enumerate(
            (
                (-50.0, -80.0, 90.0, 100.0),
                (600.0, 440.0, 200.0, 200.0),
                (9000.0, -9000.0, 10.0, 10.0),
                (10.0, 10.0, 0.0, 0.0),
            )
        )
    )
    assert annotate(one_person, SocialScene(0.0, people)).shape == one_person.shape
    tiny = np.zeros((40, 60, 3), np.uint8)
    assert annotate(tiny, SocialScene(0.0, people)).shape == tiny.shape


def test_a_scripted_scene_is_drawn(picture: Callable[..., CameraImage], one_person: Array) -> None:
    stage = PerceptionStage(ScriptedBackend(((scripted_person(0.0, 2.0),),)))
    scene = [stage.process(picture(i / 15, one_person)) for i in range(6)][-1]
    assert (annotate(one_person, scene) != one_person).any()
