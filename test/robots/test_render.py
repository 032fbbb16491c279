"""Pictures: the robot is there, its face is on its screen and the right way up, and no GL still gives a picture."""

import numpy as np
import pytest

from gesture_robot.errors import UnknownName
from gesture_robot.robots import gl
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import load_model
from gesture_robot.robots.render import RobotRenderer, StickRenderer, open_renderer
from gesture_robot.robots.render_scene import screen_size_m

MODEL = load_model("wren")
RED, GREEN, BLUE, YELLOW = (220, 20, 20), (20, 200, 20), (20, 20, 220), (220, 220, 20)


def quarters():
    """A face picture with four colours: red top left, green top right, blue bottom left, yellow bottom right."""
    face = np.zeros((120, 160, 3), np.uint8)
    face[:60, :80], face[:60, 80:], face[60:, :80], face[60:, 80:] = RED, GREEN, BLUE, YELLOW
    return face


def centre_of(picture, colour):
    near = np.abs(picture.astype(int) - colour).sum(axis=2) < 60
    assert near.sum() > 20, f"{colour} is not in the picture"
    return np.argwhere(near).mean(axis=0)


@pytest.fixture(scope="module")
def shaded():
    pytest.importorskip("mujoco")
    try:
        renderer = RobotRenderer(MODEL, 240, 270, "front")
    except gl.NoGraphics as error:
        pytest.skip(str(error))
    yield renderer
    renderer.close()
    renderer.close()


@pytest.fixture(params=["shaded", "stick"])
def renderer(request):
    return request.getfixturevalue("shaded") if request.param == "shaded" else StickRenderer(MODEL, 240, 270, "front")


def test_face_is_on_the_screen_upright_and_not_mirrored(renderer):
    """Who stands before the robot sees the picture as it is."""
    picture = renderer.render(MODEL.rest, quarters())
    assert picture.shape == (270, 240, 3) and picture.dtype == np.uint8
    red, green, blue, yellow = (centre_of(picture, c) for c in (RED, GREEN, BLUE, YELLOW))
    assert red[1] < green[1] and blue[1] < yellow[1] and red[0] < blue[0] and green[0] < yellow[0]
    assert abs((red + yellow)[1] / 2 - 120) < 3, "the screen is in the middle of the front view"


def test_the_picture_follows_the_joints(renderer):
    turned = MODEL.rest.copy()
    turned[MODEL.index("neck_yaw")] = 0.5  # to its left, which is the viewer's right
    before, after = renderer.render(MODEL.rest, quarters()), renderer.render(turned, quarters())
    assert centre_of(after, RED)[1] > centre_of(before, RED)[1] + 2
    np.testing.assert_array_equal(renderer.render(MODEL.rest, quarters()), before)


def test_a_raised_left_arm_is_on_the_viewers_right(renderer):
    raised = MODEL.rest.copy()
    raised[MODEL.index("left_shoulder_roll")] = 1.4
    change = np.abs(renderer.render(raised).astype(int) - renderer.render(MODEL.rest).astype(int)).sum(axis=2) > 60
    assert change[:, 125:].sum() > 10 * max(change[:, :115].sum(), 1)


def test_a_hand_before_the_face_hides_it(shaded):
    """The screen is part of the scene, so what is in front covers it."""
    from scipy.optimize import least_squares

    kinematics = Kinematics(MODEL)
    columns = [MODEL.index(j) for j in MODEL.limbs.right_arm.joints]
    target = kinematics.pose(MODEL.rest, "screen_link")[:3, 3] + [0.12, 0, 0]

    def positions(arm):
        pose = MODEL.rest.copy()
        pose[columns] = arm
        return pose

    start = np.clip(np.radians([-60, -10, 30, -110, 0, 0, 0]), MODEL.lower[columns], MODEL.upper[columns])
    arm = least_squares(
        lambda a: (kinematics.pose(positions(a), "right_palm") @ [0, 0, -0.07, 1])[:3] - target,
        start,
        bounds=(MODEL.lower[columns] - 1e-9, MODEL.upper[columns] + 1e-9),
    ).x
    lit = np.full((120, 160, 3), (20, 220, 240), np.uint8)
    bright = [
        (np.abs(shaded.render(p, lit).astype(int) - (20, 220, 240)).sum(axis=2) < 60).sum()
        for p in (MODEL.rest, positions(arm))
    ]
    assert bright[1] < 0.85 * bright[0]


def test_without_gl_a_stick_figure_says_so(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "disable")
    renderer = open_renderer(MODEL, 160, 180)
    assert isinstance(renderer, StickRenderer) and "stick figure" in renderer.note and "apt install" in renderer.note
    assert renderer.render(MODEL.rest, quarters()).std() > 5


def test_a_broken_gl_library_falls_back_too(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "nonsense")
    renderer = open_renderer(MODEL, 160, 180)
    assert isinstance(renderer, StickRenderer) and "nonsense" in renderer.note


def test_unknown_camera_lists_the_known():
    with pytest.raises(UnknownName, match="front, three_quarter"):
        open_renderer(MODEL, 160, 180, "side")


def test_a_robot_without_a_screen_is_drawn_too(tmp_path):
    inertial = "<inertial><mass value='1'/><inertia ixx='.1' iyy='.1' izz='.1' ixy='0' ixz='0' iyz='0'/></inertial>"
    path = tmp_path / "plain.urdf"
    path.write_text(
        f"<robot name='r'><link name='a'/><link name='b'>{inertial}"
        "<collision><geometry><box size='.2 .2 .9'/></geometry></collision></link>"
        "<joint name='j' type='revolute'><parent link='a'/><child link='b'/><origin xyz='0 0 .5'/>"
        "<limit lower='-1' upper='1' velocity='1' effort='1'/></joint></robot>"
    )
    plain = load_model(str(path))
    assert screen_size_m(plain) is None and screen_size_m(MODEL) == pytest.approx((0.16, 0.12))
    renderer = open_renderer(plain, 160, 180)
    assert renderer.render(plain.rest, quarters()).std() > 3
    renderer.close()
