from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.checks import Array
from gesture_robot.perception.waving import WaveDetector, count_reversals

FPS = 15


def body(hand_x: float, hand_y: float, *, shift: float = 0.0, visible: float = 1.0) -> Array:
    """Keypoints of a person with a 100 px torso; the right hand at (x, y) px from the right shoulder."""
    marks = np.zeros((33, 4))
    marks[:, 3] = 1.0
    for index, place in {
        11: (360, 200),
        12: (300, 200),
        13: (370, 250),
        14: (280, 240),
        15: (375, 300),
        16: (300, 200),
        23: (350, 300),
        24: (310, 300),
    }.items():
        marks[index, :2] = place
    marks[16, :2] += [hand_x, hand_y]
    marks[:, 0] += shift
    marks[16, 3] = visible
    return marks


def waves(hand: list[tuple[float, float]], shift_per_frame: float = 0.0, visible: float = 1.0) -> list[bool]:
    detector = WaveDetector()
    return [
        detector.update(body(x, y, shift=shift_per_frame * i, visible=visible), i / FPS)
        for i, (x, y) in enumerate(hand)
    ]


def swing(amplitude: float, hertz: float, height: float, seconds: float = 2.0) -> list[tuple[float, float]]:
    return [(amplitude * np.sin(2 * np.pi * hertz * i / FPS), height) for i in range(int(seconds * FPS))]


@pytest.mark.parametrize("hertz", [1.2, 1.6, 2.5])
def test_a_raised_hand_that_swings_waves(hertz: float) -> None:
    seen = waves(swing(25.0, hertz, -30.0))
    assert any(seen)
    assert seen.index(True) <= 1.3 * FPS


@pytest.mark.parametrize(
    "hand",
    [
        swing(25.0, 1.6, 80.0),  # hanging arm that swings, as in walking
        swing(2.0, 1.6, -30.0),  # raised and nearly still
        [(i * 2.0, -30.0) for i in range(30)],  # one movement to the side
    ],
)
def test_other_movements_do_not_wave(hand: list[tuple[float, float]]) -> None:
    assert not any(waves(hand))


def test_a_hand_carried_along_by_a_walker_does_not_wave() -> None:
    assert not any(waves([(0.0, -30.0)] * 40, shift_per_frame=12.0))


def test_an_unseen_hand_does_not_wave() -> None:
    assert not any(waves(swing(25.0, 1.6, -30.0), visible=0.1))


def test_a_wave_ends() -> None:
    seen = waves(swing(25.0, 1.6, -30.0) + [(0.0, 90.0)] * 30)
    assert seen[29] and not seen[-1]


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.lists(st.floats(-1.0, 1.0), max_size=30))
def test_reversals_are_bounded_and_blind_to_direction(places: list[float]) -> None:
    count = count_reversals(places)
    assert 0 <= count <= max(len(places) - 2, 0)
    assert count == count_reversals([-p for p in places])
    assert count_reversals(sorted(places)) == 0
