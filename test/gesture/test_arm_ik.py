import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gesture_robot.body.skeleton import ARM_LENGTH_M, forward_kinematics, joint_index
from gesture_robot.gesture.arm_ik import SHOULDER_IN_CHEST_M, invert_arm, mirrored
from gesture_robot.gesture.compose import (
    REST_KEY,
    SWIVEL,
    TWIST,
    WRIST,
    arm_key,
    compose,
    key_from_pose,
    rest_pose,
    still,
)

FEW = settings(derandomize=True, deadline=None, max_examples=40)
PLACES = st.tuples(st.floats(-0.3, 0.7), st.floats(-0.9, 0.5), st.floats(0.15, 0.75)).filter(
    lambda w: 0.45 < np.linalg.norm(w) < 0.92)


def pose_of(key):
    return compose(key[None], key[None], still(1)).rotations[0]


def in_chest(pose, joint):
    places, turns = forward_kinematics(pose)
    chest = joint_index("spine3")
    return turns[chest].T @ (places[joint_index(joint)] - places[chest]), turns[chest].T @ turns[joint_index(joint)]


@FEW
@given(PLACES, st.floats(-0.5, 0.8))
def test_forward_kinematics_of_the_solution_is_the_target(wrist, swivel):
    pose = pose_of(arm_key(wrist, (-0.5, 0.5, 0.5), swivel=swivel))
    target = np.array(wrist) * ARM_LENGTH_M + SHOULDER_IN_CHEST_M
    assert np.allclose(in_chest(pose, "left_wrist")[0], target, atol=1e-9)
    assert np.allclose(in_chest(pose, "right_wrist")[0], target * (-1, 1, 1), atol=1e-9)


@FEW
@given(PLACES)
def test_elbow_bends_the_right_way_and_stays_out_of_the_body(wrist):
    assume(wrist[0] > -0.1)  # hands on the own side: further in, the elbow has to be raised on purpose
    pose = pose_of(arm_key(wrist, (-0.5, 0.5, 0.5)))
    shoulder, elbow, hand = (in_chest(pose, f"left_{n}")[0] for n in ("shoulder", "elbow", "wrist"))
    bend = np.cross(elbow - shoulder, hand - elbow)
    hinge = in_chest(pose, "left_shoulder")[1] @ np.array([0.0, -1.0, 0.0])
    assert bend @ hinge > 0.0  # never the wrong way
    assert elbow[0] > 0.10 or elbow[2] > 0.12  # beside or in front of the trunk


@pytest.mark.parametrize("palm", [(0.0, 1.0, 0.0), (0.0, -1.0, 0.0), (-1.0, 0.0, 0.0)])
def test_palm_faces_where_it_is_asked_to(palm):
    pose = pose_of(arm_key((0.15, -0.45, 0.5), palm))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        normal = in_chest(pose, f"{side}_wrist")[1] @ np.array([0.0, -1.0, 0.0])
        assert normal @ (np.array(palm) * (sign, 1, 1)) > 0.8


def test_out_of_reach_targets_are_drawn_in():
    pose = pose_of(arm_key((0.8, 0.8, 1.5), (0.0, 0.0, 1.0)))
    shoulder, wrist = in_chest(pose, "left_shoulder")[0], in_chest(pose, "left_wrist")[0]
    assert 0.95 < np.linalg.norm(wrist - shoulder) / ARM_LENGTH_M <= 1.0


@FEW
@given(PLACES, st.floats(-0.4, 0.7), st.floats(-1.2, 1.2))
def test_a_pose_can_be_read_back(wrist, swivel, twist):
    key = REST_KEY.copy()
    key[WRIST], key[SWIVEL], key[TWIST], key[5:7] = wrist, swivel, twist, 0.0
    again = key_from_pose(pose_of(key), "right")
    assert np.allclose(again[WRIST], wrist, atol=1e-9)
    assert again[SWIVEL] == pytest.approx(swivel, abs=1e-6)
    assert again[TWIST] == pytest.approx(twist, abs=1e-6)


def test_rest_hangs():
    pose = rest_pose()
    assert not pose.flags.writeable
    for side in ("left", "right"):
        shoulder, elbow, wrist = (in_chest(pose, f"{side}_{n}")[0] for n in ("shoulder", "elbow", "wrist"))
        assert wrist[1] < elbow[1] < shoulder[1] - 0.2
        assert abs(wrist[0]) > abs(shoulder[0])  # clear of the thigh
    assert not pose[joint_index("head")].any()
    places = invert_arm(mirrored(pose[[14, 17, 19, 21]]))[0]
    assert np.allclose(places, REST_KEY[WRIST])
