from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gesture_robot.perception.regions import camera_shift, overlap, region_of_circle, tiles_of

MATRIX = np.array([[554.0, 0.0, 319.5], [0.0, 554.0, 239.5], [0.0, 0.0, 1.0]])
few = settings(derandomize=True, deadline=None, max_examples=40)
numbers = st.floats(-200.0, 600.0)
sizes = st.floats(1.0, 300.0)
boxes = st.tuples(numbers, numbers, sizes, sizes)


@few
@given(st.floats(0.0, 640.0), st.floats(0.0, 480.0), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_a_turn_and_its_inverse_cancel(x: float, y: float, yaw: float, pitch: float) -> None:
    turn = Rotation.from_rotvec([pitch, yaw, 0.0]).as_matrix()
    there = np.array([x, y]) + camera_shift(np.array([x, y]), turn, MATRIX)
    assert np.allclose(there + camera_shift(there, turn.T, MATRIX), [x, y], atol=1e-6)
    assert np.allclose(camera_shift(np.array([x, y]), np.eye(3), MATRIX), 0.0, atol=1e-9)


@few
@given(boxes, boxes)
def test_overlap_is_symmetric_and_one_with_itself(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    a, b = np.array(first), np.array(second)
    assert 0.0 <= overlap(a, b) <= 1.0 + 1e-9
    assert np.isclose(overlap(a, b), overlap(b, a))
    assert np.isclose(overlap(a, a), 1.0)


@few
@given(numbers, numbers, sizes, st.floats(-3.0, 3.0))
def test_a_body_region_holds_its_circle_and_its_turn(x: float, y: float, radius: float, angle: float) -> None:
    rim = np.array([x + radius * np.sin(angle), y - radius * np.cos(angle)])  # above the head, turned clockwise
    region = region_of_circle(np.array([x, y]), rim)
    assert np.isclose(region.angle, angle, atol=1e-6)
    assert region.side >= 2.0 * radius


@few
@given(st.integers(16, 2000), st.integers(16, 2000))
def test_tiles_cover_the_picture_and_stay_inside(width: int, height: int) -> None:
    covered = np.zeros((height, width), bool)
    for x, y, w, h in tiles_of((width, height)):
        assert 0 <= x and 0 <= y and x + w <= width and y + h <= height
        covered[y : y + h, x : x + w] = True
    assert covered.all()
