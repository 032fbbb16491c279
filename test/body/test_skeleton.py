import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gesture_robot.body import rotations as rot
from gesture_robot.body.skeleton import (
    ARM_LENGTH_M,
    JOINT_NAMES,
    OFFSETS,
    PARENTS,
    forward_kinematics,
    joint_index,
)
from gesture_robot.errors import UnknownName

SEEDS = st.integers(0, 2**31)
FEW = settings(derandomize=True, deadline=None, max_examples=25)


def random_pose(seed, shape=(55,)):
    return np.random.default_rng(seed).normal(0.0, 0.6, (*shape, 3))


def reference_fk(pose):
    turns, places = [], np.zeros((55, 3))
    for joint, parent in enumerate(PARENTS):
        own = Rotation.from_rotvec(pose[joint])
        turns.append(own if parent < 0 else turns[parent] * own)
        if parent >= 0:
            places[joint] = places[parent] + turns[parent].apply(np.array(OFFSETS[joint]))
    return places, np.array([t.as_matrix() for t in turns])


def test_tree_is_the_one_of_smplx():
    assert len(JOINT_NAMES) == len(set(JOINT_NAMES)) == 55
    assert all(parent < joint for joint, parent in enumerate(PARENTS))
    assert [JOINT_NAMES[i] for i in (0, 12, 15, 16, 21, 22, 25, 39, 40, 54)] == [
        "pelvis", "neck", "head", "left_shoulder", "right_wrist", "jaw", "left_index1", "left_thumb3", "right_index1",
        "right_thumb3"]
    assert JOINT_NAMES[PARENTS[joint_index("right_pinky1")]] == "right_wrist"
    with pytest.raises(UnknownName, match="left_elbow"):
        joint_index("left_elbo")


def test_zero_pose_has_the_field_s_limb_directions():
    places, turns = forward_kinematics(np.zeros((55, 3)))
    assert np.allclose(turns, np.eye(3))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder, elbow, wrist = (places[joint_index(f"{side}_{n}")] for n in ("shoulder", "elbow", "wrist"))
        upper, fore = elbow - shoulder, wrist - elbow
        assert np.sign(upper[0]) == sign
        assert np.degrees(np.arcsin(upper[1] / np.linalg.norm(upper))) == pytest.approx(-16.0, abs=0.5)
        assert abs(np.degrees(np.arcsin(fore[1] / np.linalg.norm(fore)))) == pytest.approx(4.0, abs=0.5)
        assert np.linalg.norm(upper) + np.linalg.norm(fore) == pytest.approx(ARM_LENGTH_M)
    assert places[joint_index("head"), 1] > 0.5 > 0.0 > places[joint_index("left_ankle"), 1]


@FEW
@given(SEEDS)
def test_forward_kinematics_matches_one_joint_after_the_other(seed):
    poses = random_pose(seed, (3, 55))
    places, turns = forward_kinematics(poses)
    for pose, place, turn in zip(poses, places, turns, strict=True):
        expected = reference_fk(pose)
        assert np.allclose(place, expected[0], atol=1e-12) and np.allclose(turn, expected[1], atol=1e-12)


@FEW
@given(SEEDS)
def test_mirrored_pose_gives_mirrored_places(seed):
    pose = random_pose(seed)
    swap = [joint_index(n.replace("left", "R").replace("right", "left").replace("R", "right")) for n in JOINT_NAMES]
    places, _ = forward_kinematics(pose)
    mirrored, _ = forward_kinematics(pose[swap] * (1.0, -1.0, -1.0))
    assert np.allclose(mirrored[swap] * (-1.0, 1.0, 1.0), places, atol=1e-12)


@FEW
@given(SEEDS)
def test_rotation_forms_agree_with_scipy(seed):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(0, 1, (20, 3)) * rng.choice([1e-12, 0.1, 1.0, np.pi / 2], (20, 1))
    expected = Rotation.from_rotvec(vectors)
    assert np.allclose(rot.matrix_from_rotvec(vectors), expected.as_matrix(), atol=1e-12)
    assert np.allclose(rot.rotvec_from_matrix(expected.as_matrix()), expected.as_rotvec(), atol=1e-7)
    a, b = rot.quaternion_from_rotvec(vectors[:10]), rot.quaternion_from_rotvec(vectors[10:])
    product = rot.rotvec_from_quaternion(rot.multiply(a, b))
    assert np.allclose(product, (expected[:10] * expected[10:]).as_rotvec(), atol=1e-9)
    half = rot.matrix_from_quaternion(rot.slerp(a, b, 0.5))
    way = rot.rotvec_from_matrix(half @ np.swapaxes(rot.matrix_from_quaternion(a), -1, -2))
    assert np.allclose(np.linalg.norm(way, axis=1), 0.5 * (expected[10:] * expected[:10].inv()).magnitude(), atol=1e-6)


def test_half_turns_survive_the_way_to_a_matrix_and_back():
    vectors = np.pi * np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0.6, 0.8, 0]])
    again = rot.matrix_from_rotvec(rot.rotvec_from_matrix(rot.matrix_from_rotvec(vectors)))
    assert np.allclose(again, rot.matrix_from_rotvec(vectors), atol=1e-9)
