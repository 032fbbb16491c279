"""What names tell, in the styles that robots' makers use, and where the camera is."""

import pytest

from gesture_robot.datatypes import LimbMap
from gesture_robot.robots.analysis.plan import with_head_and_camera
from gesture_robot.robots.analysis.words import side_of, words
from gesture_robot.robots.urdf import parse_urdf


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LShoulderPitch", "l shoulder pitch"),
        ("l_shoulder_pitch", "l shoulder pitch"),
        ("wristRollLeft", "wrist roll left"),
        ("arm_left_7_joint", "arm left 7 joint"),
        ("j_arm1_1", "j arm 1"),
        ("d435_head_motor", "d435 head motor"),
    ],
)
def test_words_of_a_name(name, expected):
    assert words(name) == expected.split()


def test_side_by_the_majority_of_names():
    assert side_of(["LShoulderPitch", "l_hand"]) == "left" and side_of(["elbow_R"]) == "right"
    assert side_of(["l_gripper_r_finger", "l_wrist"]) == "left" and side_of(["left_right", "arm1"]) == ""


def links(*names, **limbs):
    """Chest, head and camera of a robot with one joint and some more fixed links."""
    fixed = "".join(
        f"<link name='{n}'/><joint name='to_{n}' type='fixed'><parent link='k1'/><child link='{n}'/></joint>"
        for n in names
    )
    tree = parse_urdf(
        "<robot name='r'><link name='k0'/><link name='k1'/><joint name='j' type='continuous'><parent link='k0'/>"
        f"<child link='k1'/></joint>{fixed}</robot>"
    )
    found = with_head_and_camera(LimbMap(base_link="k0", **limbs), tree)
    return found.chest_link, found.head_link, found.camera_link


def test_chest_head_and_camera_are_never_empty():
    assert links() == ("k0", "k0", "k0")
    assert links("head_link", chest_link="k1") == ("k1", "head_link", "head_link")
    assert links("camera_rgb_optical_frame", "camera_depth_optical_frame", head_link="k1")[1:] == (
        "k1",
        "camera_rgb_optical_frame",
    )
    assert links("hand_camera_optical_frame", "rgbd_optical_frame")[2] == "rgbd_optical_frame"
    assert links("rgbd_optical_frame", "camera_optical_frame")[2] == "camera_optical_frame"
