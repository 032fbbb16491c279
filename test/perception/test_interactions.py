from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gesture_robot.checks import Array
from gesture_robot.datatypes import Person
from gesture_robot.perception.interactions import find_groups, find_interactions

MakePerson = Callable[..., Person]


def triplets(people: tuple[Person, ...], camera: Array) -> set[tuple[str, str, str]]:
    return {(i.individual_id, i.group_id, i.behaviour) for i in find_interactions(people, find_groups(people), camera)}


def facing_pair(
    person: MakePerson, a_yaw_deg: float = 0.0, b_yaw_deg: float = 0.0, apart_m: float = 1.0
) -> tuple[Person, Person]:
    half = apart_m / 2
    return (
        person("p1", 2.0, half, look_at=np.array([2.0, -half, 1.5]), yaw_deg=a_yaw_deg),
        person("p2", 2.0, -half, look_at=np.array([2.0, half, 1.5]), yaw_deg=b_yaw_deg),
    )


def test_everybody_is_a_group_alone_and_with_the_robot_and_near_people_are_one_together(person: MakePerson) -> None:
    people = (person("p1", 2.0, 0.0), person("p2", 2.0, 0.9), person("p3", 2.0, 1.8), person("p4", 3.0, -2.0))
    members = {g.id: g.member_ids for g in find_groups(people)}
    assert members["p4"] == ("p4",) and members["p4+robot"] == ("p4", "robot")
    assert [set(m) for m in members.values() if len(m) == 3] == [{"p1", "p2", "p3"}]
    for group in find_groups(people):
        for p in people:
            if p.id in group.member_ids:
                assert (group.box_px[:2] <= p.box_px[:2]).all()
                assert (group.box_px[:2] + group.box_px[2:] >= p.box_px[:2] + p.box_px[2:]).all()


@pytest.mark.parametrize(("smile", "expected"), [(0.9, True), (0.1, False)])
def test_smile(person: MakePerson, base_from_camera: Array, smile: float, expected: bool) -> None:
    assert (("p1", "p1", "smile") in triplets((person(smile=smile),), base_from_camera)) is expected


def test_no_smile_without_a_face(person: MakePerson, base_from_camera: Array) -> None:
    assert not triplets((person(smile=0.9, face=False),), base_from_camera)


@pytest.mark.parametrize(("gestures", "expected"), [(("wave",), True), ((), False)])
def test_wave(person: MakePerson, base_from_camera: Array, gestures: tuple[str, ...], expected: bool) -> None:
    assert (("p1", "p1", "wave") in triplets((person(gestures=gestures),), base_from_camera)) is expected


@pytest.mark.parametrize(
    ("who", "mutual", "averted"),
    [
        ({"yaw_deg": 0.0}, True, False),
        ({"yaw_deg": 45.0}, False, True),
        ({"yaw_deg": -50.0}, False, True),
        ({"yaw_deg": 150.0}, False, False),  # turned away altogether
        ({"yaw_deg": 0.0, "x_m": 5.0}, False, False),  # too far
        ({"yaw_deg": 0.0, "face": False}, False, False),
        ({"yaw_deg": 0.0, "x_m": 0.4, "y_m": 2.0}, False, False),
    ],
)  # the robot does not look there
def test_gaze_between_person_and_robot(
    person: MakePerson, base_from_camera: Array, who: dict[str, object], mutual: bool, averted: bool
) -> None:
    found = triplets((person(**who),), base_from_camera)
    assert (("p1", "p1+robot", "mutual-gaze") in found) is mutual
    assert (("p1", "p1+robot", "gaze-aversion") in found) is averted


def test_mutual_gaze_between_two_people(person: MakePerson, base_from_camera: Array) -> None:
    found = triplets(facing_pair(person), base_from_camera)
    assert {("p1", "p1+p2", "mutual-gaze"), ("p2", "p1+p2", "mutual-gaze")} <= found
    assert not {t for t in found if t[1] == "p1+p2" and t[2] == "gaze-aversion"}


def test_gaze_aversion_between_two_people_belongs_to_the_one_who_looks_away(
    person: MakePerson, base_from_camera: Array
) -> None:
    found = {t for t in triplets(facing_pair(person, b_yaw_deg=50.0), base_from_camera) if t[1] == "p1+p2"}
    assert found == {("p2", "p1+p2", "gaze-aversion")}


def test_who_looks_at_the_robot_averts_their_gaze_from_nobody(person: MakePerson, base_from_camera: Array) -> None:
    looker, other = person("p1", 2.0, 0.5), person("p2", 2.0, -0.5, look_at=np.array([2.0, 0.5, 1.5]))
    found = triplets((looker, other), base_from_camera)
    assert ("p1", "p1+robot", "mutual-gaze") in found
    assert not {t for t in found if t[0] == "p1" and t[2] == "gaze-aversion"}


def test_two_who_both_look_elsewhere_or_stand_apart_share_no_gaze(person: MakePerson, base_from_camera: Array) -> None:
    both_away = triplets(facing_pair(person, 60.0, 60.0), base_from_camera)
    apart = triplets(facing_pair(person, apart_m=2.5), base_from_camera)
    assert not {t for t in both_away | apart if t[1] == "p1+p2"}


def test_scores_are_sorted_and_within_range(person: MakePerson, base_from_camera: Array) -> None:
    people = (*facing_pair(person), person("p3", 2.5, 0.3, smile=0.6, gestures=("wave",)))
    scores = [i.score for i in find_interactions(people, find_groups(people), base_from_camera)]
    assert scores == sorted(scores, reverse=True) and all(0.3 <= s <= 1.0 for s in scores)
