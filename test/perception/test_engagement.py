from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.checks import Array
from gesture_robot.datatypes import EngagementLevel as Level
from gesture_robot.datatypes import Expression, Person
from gesture_robot.perception.config import EngagementConfig
from gesture_robot.perception.engagement import EngagementEstimator, attention, level_at_once, next_level

FPS = 15
CAMERA = np.array([[0.0, 0.0, 1.0, 0.1], [-1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 1.25], [0.0, 0.0, 0.0, 1.0]])
MakePerson = Callable[..., Person]
ALLOWED = {
    Level.DISENGAGED: {Level.DISENGAGED, Level.ENGAGING},
    Level.ENGAGING: {Level.ENGAGING, Level.ENGAGED, Level.DISENGAGED},
    Level.ENGAGED: {Level.ENGAGED, Level.DISENGAGING},
    Level.DISENGAGING: {Level.DISENGAGING, Level.ENGAGED, Level.DISENGAGED},
}


def levels(
    frames: list[tuple[Person, ...]], camera: Array, estimator: EngagementEstimator | None = None
) -> list[list[Level]]:
    estimator = estimator or EngagementEstimator()
    return [[e.level for e in estimator.update(people, camera, i / FPS)] for i, people in enumerate(frames)]


def first(sequence: list[list[Level]], level: Level) -> float:
    """Seconds until the first person has the level."""
    return next((i / FPS for i, now in enumerate(sequence) if now and now[0] is level), np.inf)


def test_a_level_comes_at_once_and_engaged_within_half_a_second(person: MakePerson, base_from_camera: Array) -> None:
    seen = levels([(person(tracked_s=0.13 + i / FPS),) for i in range(30)], base_from_camera)
    assert seen[0] == [Level.DISENGAGED]
    assert first(seen, Level.ENGAGING) <= 0.3
    assert first(seen, Level.ENGAGED) <= 0.45


@pytest.mark.parametrize("distance_m", [0.8, 2.0, 3.5])
def test_a_face_that_turns_to_the_robot_engages_fast_in_the_whole_social_zone(
    person: MakePerson, base_from_camera: Array, distance_m: float
) -> None:
    frames = [(person(x_m=distance_m, yaw_deg=50.0),)] * 15 + [(person(x_m=distance_m, yaw_deg=8.0),)] * 15
    seen = levels(frames, base_from_camera)
    assert {level for now in seen[:15] for level in now} == {Level.DISENGAGED}
    assert first(seen, Level.ENGAGED) - 15 / FPS <= 0.45


@pytest.mark.parametrize(
    "who",
    [
        {"yaw_deg": 50.0},
        {"yaw_deg": -50.0},
        {"x_m": 5.0},
        {"face": False},
        {"velocity": (0.0, 1.4, 0.0)},
        {"velocity": (0.0, -1.4, 0.1)},
    ],
)
def test_who_looks_away_is_far_or_passes_never_engages(
    person: MakePerson, base_from_camera: Array, who: dict[str, object]
) -> None:
    seen = levels([(person(**who),)] * 60, base_from_camera)
    assert {level for now in seen for level in now} == {Level.DISENGAGED}


def test_walking_up_to_the_robot_is_not_passing(person: MakePerson, base_from_camera: Array) -> None:
    assert first(levels([(person(velocity=(-1.2, 0.0, 0.0)),)] * 20, base_from_camera), Level.ENGAGED) < 1.0


def test_engagement_fades_when_the_face_is_lost_and_survives_a_blink(
    person: MakePerson, base_from_camera: Array
) -> None:
    here, lost = (person(),), (person(face=False),)
    assert Level.DISENGAGED not in {
        now[0] for now in levels([here] * 20 + [lost] * 3 + [here] * 10, base_from_camera)[6:]
    }
    seen = levels([here] * 20 + [lost] * 60, base_from_camera)
    away = [now[0] for now in seen[20:]]
    assert 0.3 < away.index(Level.DISENGAGING) / FPS < 1.5
    assert away[-1] is Level.DISENGAGED


def test_glances_between_two_thresholds_do_not_flicker(person: MakePerson, base_from_camera: Array) -> None:
    frames = [(person(yaw_deg=20.0 + 3.0 * (-1) ** i),) for i in range(120)]
    seen = [now[0] for now in levels(frames, base_from_camera)]
    assert sum(a is not b for a, b in zip(seen, seen[1:], strict=False)) <= 2


def test_a_robot_that_looks_elsewhere_still_notices(person: MakePerson, base_from_camera: Array) -> None:
    aside = base_from_camera.copy()
    turn = np.radians(70.0)
    aside[:3, :3] = (
        np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]) @ aside[:3, :3]
    )
    assert first(levels([(person(),)] * 30, aside), Level.ENGAGED) < 1.0
    config = EngagementConfig()
    assert attention(person(), aside, config) < attention(person(), base_from_camera, config)


def test_people_are_judged_one_by_one(person: MakePerson, base_from_camera: Array) -> None:
    both = (person("p1", y_m=0.5), person("p2", y_m=-0.5, yaw_deg=50.0))
    seen = levels([both] * 20, base_from_camera)
    assert seen[-1] == [Level.ENGAGED, Level.DISENGAGED]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=60))
def test_only_allowed_transitions(scores: list[float]) -> None:
    level, config = Level.DISENGAGED, EngagementConfig()
    for score in scores:
        following = next_level(level, score, config)
        assert following in ALLOWED[level]
        level = following


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.floats(0.0, 180.0), st.floats(0.0, 180.0), st.floats(0.5, 6.0), st.floats(0.0, 2.0))
def test_attention_falls_with_angle_and_stays_in_range(a_deg: float, b_deg: float, x_m: float, speed: float) -> None:
    config = EngagementConfig()

    def at(yaw_deg: float) -> float:
        pose = np.eye(4)
        turn = np.pi + np.radians(yaw_deg)
        pose[:3, :3] = [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
        pose[:3, 3] = (x_m, 0.0, 1.25)
        box = np.array([0.0, 0.0, 30.0, 30.0])
        someone = Person("p1", 0.0, box, box, pose, pose[:3, 0], np.array([0.0, speed, 0.0]), Expression(), 0.9)
        return attention(someone, CAMERA, config)

    low, high = sorted((a_deg, b_deg))
    assert 0.0 <= at(high) <= at(low) <= 1.0


def test_level_at_once_knows_three_levels() -> None:
    config = EngagementConfig()
    assert [level_at_once(s, config) for s in (0.0, 0.4, 0.9)] == [Level.DISENGAGED, Level.ENGAGING, Level.ENGAGED]
