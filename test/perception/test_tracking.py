from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.datatypes import CameraImage, Person, PersonDetection
from gesture_robot.perception.config import TrackerConfig
from gesture_robot.perception.scripted import scripted_person
from gesture_robot.perception.tracking import Tracker

FPS = 15
Picture = Callable[..., CameraImage]


def blank_picture(stamp_s: float) -> CameraImage:
    return CameraImage(stamp_s, "camera", np.zeros((480, 640, 3), np.uint8), np.diag([554.0, 554.0, 1.0]), np.eye(4))


def run(
    tracker: Tracker, picture: Picture, frames: list[tuple[PersonDetection, ...]], start_s: float = 0.0
) -> list[tuple[Person, ...]]:
    return [tracker.update(frame, picture(start_s + i / FPS)) for i, frame in enumerate(frames)]


def head_yaw_deg(person: Person) -> float:
    forward = person.base_from_head[:3, 0]
    return float(np.degrees(np.arctan2(-forward[1], -forward[0])))


def test_nobody_is_published_before_being_seen_three_times(picture: Picture) -> None:
    seen = run(Tracker(), picture, [(scripted_person(0.0, 2.0),)] * 4)
    assert [len(people) for people in seen] == [0, 0, 1, 1]
    assert seen[2][0].id == "p1"


def test_a_flash_of_a_face_is_never_a_person(picture: Picture) -> None:
    seen = run(Tracker(), picture, [(scripted_person(0.0, 2.0),)] * 2 + [()] * 20)
    assert not any(seen)


def test_place_and_distance_are_those_of_the_base_frame(picture: Picture) -> None:
    person = run(Tracker(), picture, [(scripted_person(0.5, 2.0),)] * 5)[-1][0]
    assert np.allclose(person.position_base, [2.1, -0.5, 1.25], atol=1e-6)
    assert person.distance_m == pytest.approx(np.hypot(2.1, 0.5), abs=1e-6)
    assert abs(head_yaw_deg(person) - np.degrees(np.arctan2(-0.5, 2.0))) < 1e-3  # faces the camera


def test_two_who_cross_keep_their_ids(picture: Picture) -> None:
    frames = []
    for i in range(60):
        x = -0.9 + 1.8 * i / 59
        frames.append((scripted_person(x, 1.6), scripted_person(-x, 2.6)))
    seen = run(Tracker(), picture, frames)
    near = {people[np.argmin([p.distance_m for p in people])].id for people in seen[3:]}
    assert len(near) == 1
    assert {p.id for people in seen for p in people} == {"p1", "p2"}


@settings(derandomize=True, deadline=None, max_examples=15)
@given(st.integers(0, 10_000))
def test_ids_are_stable_under_noise_and_misses(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frames = [
        tuple(
            scripted_person(x + rng.normal(0, 0.01), z * (1 + rng.normal(0, 0.03)), yaw_deg=rng.normal(0, 2))
            for x, z in ((-0.6, 2.2), (0.4, 1.7))
            if rng.random() > 0.2
        )
        for _ in range(60)
    ]
    tracker = Tracker()
    seen = [tracker.update(frame, blank_picture(i / FPS)) for i, frame in enumerate(frames)]
    assert {p.id for people in seen for p in people} <= {"p1", "p2"}
    for people in seen:
        assert len({p.id for p in people}) == len(people)


def test_a_short_miss_is_bridged_without_a_face_and_a_long_one_ends_it(picture: Picture) -> None:
    here = [(scripted_person(0.0, 2.0),)] * 6
    seen = run(Tracker(), picture, here + [()] * 6 + here)
    assert all(len(people) == 1 and people[0].id == "p1" for people in seen[2:])
    assert all(people[0].face_box_px[2] == 0 for people in seen[6:12])
    gone = run(Tracker(), picture, here + [()] * 12)
    assert gone[-1] == ()


def test_somebody_back_in_the_same_place_keeps_the_id_but_not_who_left_at_the_border(picture: Picture) -> None:
    here, border = [(scripted_person(0.0, 2.0),)] * 6, [(scripted_person(0.9 + 0.04 * i, 2.0),) for i in range(6)]
    away: list[tuple[PersonDetection, ...]] = [()] * 15
    assert run(Tracker(), picture, here + away + here)[-1][0].id == "p1"
    assert run(Tracker(), picture, border + away + border)[-1][0].id == "p2"


def test_who_stands_still_outside_the_view_of_a_turned_head_keeps_the_id(picture: Picture) -> None:
    turn = np.radians(60.0)
    away = np.eye(4)
    away[:3, :3] = [[np.cos(turn), -np.sin(turn), 0.0], [np.sin(turn), np.cos(turn), 0.0], [0.0, 0.0, 1.0]]
    tracker, here = Tracker(), (scripted_person(0.0, 2.0),)
    before = [tracker.update(here, picture(i / FPS)) for i in range(6)][-1]
    turned = away @ picture().base_from_camera
    for i in range(6, 90):
        assert len(tracker.update((), picture(i / FPS, base_from_camera=turned))) <= 1
    back = tracker.update(here, picture(90 / FPS))
    assert [p.id for p in before] == [p.id for p in back] == ["p1"]


def test_velocity_is_that_of_the_walk(picture: Picture) -> None:
    frames = [(scripted_person(-1.0 + 1.4 * i / FPS, 2.3),) for i in range(16)]
    person = run(Tracker(), picture, frames)[-1][0]
    assert np.allclose(person.velocity_base, [0.0, -1.4, 0.0], atol=0.05)


def test_smoothing_adds_less_than_80_ms_and_calms_noise(picture: Picture) -> None:
    rng = np.random.default_rng(3)
    turn = [50.0] * 10 + list(np.linspace(50.0, 0.0, 12)) + [0.0] * 12
    seen = run(Tracker(), picture, [(scripted_person(0.0, 2.0, yaw_deg=y),) for y in turn])
    measured = np.array([abs(head_yaw_deg(people[0])) for people in seen[2:]])
    crossed = np.interp(-25.0, -measured[8:], np.arange(10, 34))
    assert (crossed - np.interp(-25.0, -np.array(turn[10:]), np.arange(10, 34))) / FPS < 0.08
    noisy = run(Tracker(), picture, [(scripted_person(0.0, 2.0, yaw_deg=rng.normal(0.0, 1.0)),) for _ in range(60)])
    assert np.std([head_yaw_deg(people[0]) for people in noisy[10:]]) < 0.75


def test_a_doubtful_face_that_never_moves_stays_unpublished(picture: Picture) -> None:
    clock = [(scripted_person(0.5, 2.0, confidence=0.4),)] * 90
    assert not any(run(Tracker(), picture, clock))
    alive = [(scripted_person(0.5, 2.0, confidence=0.4, yaw_deg=20.0 * np.sin(i / 5)),) for i in range(40)]
    assert run(Tracker(), picture, alive)[-1]


def test_time_that_goes_back_begins_anew(picture: Picture) -> None:
    tracker = Tracker(TrackerConfig(confirm_updates=1))
    assert tracker.update((scripted_person(0.0, 2.0),), picture(5.0))[0].id == "p1"
    assert tracker.update((scripted_person(0.0, 2.0),), picture(1.0))[0].tracked_s == 0.0
