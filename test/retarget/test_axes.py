"""SMPL-X axes to REP-103, in one function."""

import ast
from pathlib import Path

import numpy as np

import gesture_robot.retarget
from gesture_robot.body.rotations import matrix_from_rotvec
from gesture_robot.retarget.axes import BASE_FROM_SMPLX, base_from_smplx


def test_forward_left_and_up():
    np.testing.assert_array_equal(base_from_smplx([[0, 0, 1], [1, 0, 0], [0, 1, 0]]), np.eye(3))


def test_it_is_a_rotation():
    np.testing.assert_allclose(BASE_FROM_SMPLX @ BASE_FROM_SMPLX.T, np.eye(3), atol=1e-15)
    assert np.linalg.det(BASE_FROM_SMPLX) == 1.0


def test_orientations_turn_vectors_as_before():
    rng = np.random.default_rng(0)
    turns, vectors = matrix_from_rotvec(rng.normal(size=(20, 3))), rng.normal(size=(20, 3))
    there = base_from_smplx(np.einsum("tij,tj->ti", turns, vectors))
    np.testing.assert_allclose(
        np.einsum("tij,tj->ti", base_from_smplx(turns, orientation=True), base_from_smplx(vectors)), there, atol=1e-12
    )
    np.testing.assert_allclose(base_from_smplx(np.eye(3), orientation=True), np.eye(3), atol=1e-15)


def test_turning_left_is_turning_left():
    left = base_from_smplx(matrix_from_rotvec(np.array([0.0, 0.5, 0.0])), orientation=True)
    np.testing.assert_allclose(left @ [1, 0, 0], [np.cos(0.5), np.sin(0.5), 0.0], atol=1e-12)


def test_nothing_else_in_the_folder_knows_the_axes():
    for path in Path(gesture_robot.retarget.__file__).parent.glob("*.py"):
        if path.name != "axes.py":
            names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
            assert "BASE_FROM_SMPLX" not in names
