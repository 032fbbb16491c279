"""Limb maps guessed from the joint names in common use."""

import pytest

from gesture_robot.robots.model import guess_limbs, load_model
from gesture_robot.robots.urdf import parse_urdf


def tree(*joints, links=()):
    """Torso, neck and arms as one row of links: link k<i> follows joint i; `links` hang on the last by fixed joints."""
    parts = [f"<link name='k{i}'/>" for i in range(len(joints) + 1)] + [f"<link name='{name}'/>" for name in links]
    parts += [
        f"<joint name='{name}' type='revolute'><parent link='k{i}'/><child link='k{i + 1}'/>"
        "<limit lower='-1' upper='1' velocity='1' effort='1'/></joint>"
        for i, name in enumerate(joints)
    ]
    parts += [
        f"<joint name='to_{name}' type='fixed'><parent link='k{len(joints)}'/><child link='{name}'/></joint>"
        for name in links
    ]
    return parse_urdf("<robot name='r'>" + "".join(parts) + "</robot>")


NAMES = {
    "nao": "HeadYaw HeadPitch LShoulderPitch LShoulderRoll LElbowYaw LElbowRoll LWristYaw LHand",
    "suffix": "neck_yaw_joint head_pitch_joint left_shoulder_pitch_joint left_shoulder_roll_joint "
    "left_shoulder_yaw_joint left_elbow_joint left_wrist_roll_joint left_hand_joint",
    "short": "head_pan_joint head_tilt_joint l_shoulder_pan_joint l_shoulder_lift_joint l_upper_arm_roll_joint "
    "l_elbow_flex_joint l_wrist_flex_joint l_hand",
    "side last": "neck_pan neck_tilt shoulder_pitch_L shoulder_roll_L elbow_yaw_L elbow_L wristRollLeft hand_left",
}


@pytest.mark.parametrize("style", NAMES)
def test_usual_names_are_recognised(style):
    names = NAMES[style].split()
    limbs = guess_limbs(tree("waist_yaw_joint", "TorsoPitch", *names))
    assert limbs.torso == ("waist_yaw_joint", "TorsoPitch") and limbs.chest_link == "k2"
    assert limbs.neck == tuple(names[:2]) and limbs.head_link == "k4"
    arm = limbs.left_arm
    assert arm.joints == tuple(names[2:7]) and arm.hand_joints == (names[7],)
    upper = 7 if style == "suffix" else 6  # a third shoulder joint carries the upper arm; an elbow yaw does not
    assert (arm.upper_arm_link, arm.forearm_link, arm.hand_link) == (f"k{upper}", "k8", "k9")
    assert limbs.right_arm is None


def test_other_names_are_left_alone():
    limbs = guess_limbs(tree("LHipYawPitch", "left_knee_joint", "j1", "left_right_elbow", "wheel_left_joint"))
    assert not (limbs.torso or limbs.neck or limbs.left_arm or limbs.right_arm)


def test_chest_head_and_camera_are_never_empty(tmp_path):
    def links(limbs):
        return limbs.chest_link, limbs.head_link, limbs.camera_link

    assert links(guess_limbs(tree("j1"))) == ("k0", "k0", "k0")
    assert links(guess_limbs(tree("torso_yaw"))) == ("k1", "k1", "k1")
    assert links(guess_limbs(tree("torso_yaw", "neck_yaw"))) == ("k1", "k2", "k2")
    assert links(guess_limbs(tree("torso_yaw", links=("head_link",)))) == ("k1", "head_link", "head_link")
    assert links(guess_limbs(tree("neck_yaw", links=("camera_rgb_optical_frame",))))[2] == "camera_rgb_optical_frame"
    path = tmp_path / "r.urdf"
    path.write_text(load_model("wren").urdf_xml)
    path.with_suffix(".yaml").write_text("limbs: {base_link: base_link, head_link: head, neck: [neck_yaw]}\n")
    assert links(load_model(str(path)).limbs) == ("base_link", "head", "camera_optical_frame")
