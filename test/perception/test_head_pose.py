from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gesture_robot.checks import Array
from gesture_robot.perception.face_shape import RIGID, RIGID_M
from gesture_robot.perception.head_pose import (
    FACING,
    LEFT_EYE,
    LEFT_IRIS,
    RIGHT_EYE,
    RIGHT_IRIS,
    VERTICAL_ZERO,
    fit_similarity,
    gaze_direction,
    solve_head_pose,
    turn_to,
)

MATRIX = np.array([[554.0, 0.0, 320.0], [0.0, 554.0, 240.0], [0.0, 0.0, 1.0]])
few = settings(derandomize=True, deadline=None, max_examples=40)
degrees = st.floats(-55.0, 55.0)


def head_pose(yaw: float, pitch: float, roll: float, place: tuple[float, float, float]) -> Array:
    pose = np.eye(4)
    pose[:3, :3] = (
        turn_to(np.array(place)) @ FACING @ Rotation.from_euler("ZYX", [yaw, pitch, roll], degrees=True).as_matrix()
    )
    pose[:3, 3] = place
    return pose


def project(camera_from_head: Array) -> Array:
    """(478, 3) landmarks of which only the rigid ones are meant, with weak-perspective depth."""
    camera = RIGID_M @ camera_from_head[:3, :3].T + camera_from_head[:3, 3]
    marks = np.zeros((478, 3))
    pixels = camera @ MATRIX.T
    marks[RIGID, :2] = pixels[:, :2] / pixels[:, 2:]
    marks[RIGID, 2] = (camera[:, 2] - camera_from_head[2, 3]) * 554.0 / camera_from_head[2, 3]
    return marks


@few
@given(degrees, st.floats(-30, 30), st.floats(-30, 30), st.floats(-1.0, 1.0), st.floats(-0.6, 0.6), st.floats(0.4, 4.0))
def test_pose_of_projected_points_is_recovered(
    yaw: float, pitch: float, roll: float, x: float, y: float, z: float
) -> None:
    true = head_pose(yaw, pitch, roll, (x * z / 2, y * z / 2, z))
    found = solve_head_pose(project(true), MATRIX)
    turn = Rotation.from_matrix(found[:3, :3].T @ true[:3, :3]).magnitude()
    assert np.degrees(turn) < 0.5
    assert np.linalg.norm(found[:3, 3] - true[:3, 3]) < 0.01 * z


def test_a_head_at_the_side_that_faces_the_camera_points_at_it() -> None:
    pose = head_pose(0.0, 0.0, 0.0, (0.8, 0.0, 2.0))
    to_camera = -pose[:3, 3] / np.linalg.norm(pose[:3, 3])
    assert pose[:3, 0] @ to_camera > 0.9999


@few
@given(st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3), st.floats(0.1, 50.0), st.floats(-3.0, 3.0))
def test_similarity_fit_inverts_a_similarity(axis: list[float], scale: float, shift: float) -> None:
    rotation = Rotation.from_rotvec(axis).as_matrix()
    found = fit_similarity(RIGID_M, scale * RIGID_M @ rotation.T + shift)
    assert np.isclose(found[0], scale, rtol=1e-6)
    assert np.allclose(found[1], rotation, atol=1e-6)
    assert np.allclose(found[2], shift, atol=1e-6)


@few
@given(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0), st.floats(0.1, 5.0))
def test_turn_to_takes_the_optical_axis_to_the_ray(x: float, y: float, z: float) -> None:
    rotation = turn_to(np.array([x, y, z]))
    assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    assert np.allclose(rotation[:, 2] * np.linalg.norm([x, y, z]), [x, y, z], atol=1e-9)


def with_eyes(pose: Array, iris_left: float, iris_up: float) -> Array:
    """Landmarks with both irises shifted in eye widths, to the person's left and up."""
    marks = project(pose)
    scale, rotation, offset = fit_similarity(RIGID_M, marks[RIGID])
    for outer, inner, iris, side in ((*RIGHT_EYE[:2], RIGHT_IRIS, -1.0), (*LEFT_EYE[:2], LEFT_IRIS, 1.0)):
        corners = np.array([[-0.0026, side * 0.0445, 0.0], [0.0026, side * 0.018, 0.0]])
        width = np.linalg.norm(corners[0] - corners[1])
        places = [*corners, corners.mean(axis=0) + np.array([0.0, iris_left, iris_up - VERTICAL_ZERO]) * width]
        for index, place in zip((outer, inner, iris), places, strict=True):
            marks[index] = scale * rotation @ place + offset
    return marks


def test_gaze_follows_the_irises_to_the_right_side() -> None:
    pose = head_pose(0.0, 0.0, 0.0, (0.0, 0.0, 0.6))
    ahead = gaze_direction(with_eyes(pose, 0.0, 0.0), pose)
    left = gaze_direction(with_eyes(pose, 0.12, 0.0), pose)
    up = gaze_direction(with_eyes(pose, 0.0, 0.08), pose)
    assert ahead @ [0.0, 0.0, -1.0] > 0.995
    assert 0.2 < left[0] < 0.5 and abs(left[1]) < 0.1  # the person's left is the picture's right
    assert -0.35 < up[1] < -0.1
