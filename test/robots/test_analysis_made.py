"""Made-up robots with arms of 4 to 7 joints and frames of any kind: the right joints are found."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from made_robots import ARMS, Choice, make_robot

from gesture_robot.robots.analysis.analyse import analyse
from gesture_robot.robots.analysis.bodies import BodyTree
from gesture_robot.robots.urdf import parse_urdf

PROPERTY = settings(max_examples=14, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))


def check(made):
    """Everything that was made is found, where it is."""
    tree = parse_urdf(made.urdf)
    found, bodies = analyse(tree), BodyTree(tree)
    limbs, poses = found.limbs, bodies.at_zero
    assert (limbs.torso, limbs.neck) == (made.torso, made.neck)
    np.testing.assert_allclose(limbs.front_axis, made.front, atol=5e-3)
    for side, arm in (("left", limbs.left_arm), ("right", limbs.right_arm)):
        if side not in made.arms:
            assert arm is None
            continue
        assert arm.joints == made.arms[side]
        assert tree.parent_joint[arm.forearm_link] == made.elbows[side]
        points = zip((arm.upper_arm_link, arm.forearm_link, arm.hand_link),
                     (arm.shoulder_m, arm.elbow_m, arm.wrist_m), made.points[side], strict=True)  # fmt: skip
        for link, local, true in points:
            np.testing.assert_allclose(poses[link][:3, :3] @ local + poses[link][:3, 3], true, atol=2e-3)
        assert set(arm.hand_joints) == set(made.fingers.get(side, ()))
    assert made.lift not in (*limbs.torso, *limbs.neck)
    assert bool(made.lift) == any(made.lift and made.lift in note and "held" in note for note in found.notes)
    assert ((found.lower <= found.rest) & (found.rest <= found.upper)).all()
    return tree, found


@PROPERTY
@given(
    arm=st.sampled_from(sorted(ARMS)), torso=st.integers(0, 3), neck=st.integers(0, 3), lift=st.booleans(),
    fingers=st.sampled_from(["", "mimic", "free", "gripper"]), legs=st.booleans(), named=st.booleans(),
    shapes=st.booleans(), heading=st.floats(-3.1, 3.1), pose=st.sampled_from(["hanging", "raised", "bent"]),
    seed=st.integers(0, 10_000),
)  # fmt: skip
def test_two_arms(arm, torso, neck, lift, fingers, legs, named, shapes, heading, pose, seed):
    # a turned root without a name or a camera cannot tell its front: a head with a camera is always there then
    neck = neck if named or neck else 1
    choice = Choice(arm, ("left", "right"), torso, neck, lift, fingers, legs, named, shapes, heading,
                    pose == "raised", pose == "bent")  # fmt: skip
    check(make_robot(choice, seed))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("arm", ["7", "5, no upper arm turn", "4, no wrist"])
def test_one_arm(arm, side):
    tree, found = check(make_robot(Choice(arm, (side,), legs=arm == "7"), seed=3))
    assert any(f"one arm only: the {side} one" in note for note in found.notes)


def test_hands_close_inwards_whatever_their_frames():
    for seed in range(6):
        made = make_robot(Choice("7", fingers="free", heading_rad=0.4 * seed), seed)
        tree, found = check(made)
        poses = BodyTree(tree).at_zero
        left = np.cross([0.0, 0.0, 1.0], made.front)
        for arm, inwards in ((found.limbs.left_arm, -left), (found.limbs.right_arm, left)):
            hand = poses[arm.hand_link][:3, :3]
            assert hand @ arm.palm_axis @ inwards > 0.95 and (hand @ arm.finger_axis)[2] < -0.95
            assert [finger.shows for finger in arm.fingers] == [("index",), ("middle", "ring"), ("pinky",)]
            for finger in arm.fingers:
                assert abs(finger.open[0]) < 1e-9 and abs(finger.closed[0]) == pytest.approx(1.4)


def test_a_gripper_and_a_coupled_hand_show_all_fingers_with_one_joint():
    for kind in ("gripper", "mimic"):
        _, found = check(make_robot(Choice("6", fingers=kind), seed=5))
        (finger,) = found.limbs.left_arm.fingers
        assert len(finger.shows) == 5 and len(finger.joints) == 1
        assert found.limbs.left_arm.palm_axis is not None


def test_what_has_no_arm_is_told():
    tree = parse_urdf(
        "<robot name='r'><link name='a'/><link name='b'/><joint name='j1' type='revolute'><parent link='a'/>"
        "<child link='b'/><limit lower='-1' upper='1' velocity='1' effort='1'/></joint></robot>"
    )
    found = analyse(tree)
    assert found.limbs.left_arm is None and found.limbs.right_arm is None
    assert any(note.startswith("no arm") for note in found.notes)
    assert found.limbs.chest_link == found.limbs.head_link == "a"


def test_a_model_that_lies_on_its_side_is_told():
    made = make_robot(Choice("7"), seed=1).urdf.replace("name='base'", "name='upright'", 1)
    made = made.replace("parent link='base'", "parent link='upright'").replace(
        "</robot>",
        "<link name='base'/><joint name='tip' type='fixed'><parent link='base'/><child link='upright'/>"
        "<origin rpy='1.5707963 0 0'/></joint></robot>",
    )
    assert any("does not point up" in note for note in analyse(parse_urdf(made)).notes)


def test_eyes_lids_and_jaw_become_face_joints():
    parts = ""
    for name, axis in (("left_eye_pan", "0 0 1"), ("eyes_tilt", "0 -1 0"), ("jaw", "0 1 0"), ("left_eyelid", "0 1 0")):
        parts += (
            f"<link name='{name}_link'/><joint name='{name}' type='revolute'><parent link='face'/>"
            f"<child link='{name}_link'/><axis xyz='{axis}'/><origin xyz='0.1 0 0'/>"
            "<limit lower='-0.5' upper='0.7' velocity='3' effort='1'/></joint>"
        )
    parts += (
        "<link name='face'/><joint name='head_pan' type='revolute'><parent link='base'/><child link='face'/>"
        "<origin xyz='0 0 1.4'/><axis xyz='0 0 1'/><limit lower='-1' upper='1' velocity='3' effort='1'/></joint>"
    )
    made = make_robot(Choice("7", torso=0, neck=0), seed=1).urdf.replace("</robot>", f"{parts}</robot>")
    limbs = analyse(parse_urdf(made)).limbs
    gains = {row.joint: row.gains for row in limbs.face}
    assert limbs.neck == ("head_pan",) and limbs.head_link == "face"
    assert set(gains) == {"left_eye_pan", "eyes_tilt", "jaw", "left_eyelid"}
    assert gains["left_eye_pan"]["eyeLookOutLeft"] > 0 > gains["left_eye_pan"]["eyeLookInLeft"]
    assert gains["eyes_tilt"]["eyeLookUpLeft"] > 0 > gains["eyes_tilt"]["eyeLookDownRight"]
    assert gains["jaw"] == {"jawOpen": 0.7} and gains["left_eyelid"] == {"eyeBlinkLeft": 0.7}
