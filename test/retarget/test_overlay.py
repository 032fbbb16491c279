"""Video of human and robot: both seen from the same side, with the time and the errors."""

import argparse

import numpy as np
import pytest

from gesture_robot.body.draw import Camera, HumanPainter
from gesture_robot.body.motion_file import save_motion
from gesture_robot.body.skeleton import joint_index
from gesture_robot.commands import retarget as command
from gesture_robot.datatypes import BodyMotion, FaceMotion
from gesture_robot.errors import OutputUnwritable, UnknownName
from gesture_robot.gesture.library import make_gesture
from gesture_robot.retarget import overlay as overlay_module
from gesture_robot.retarget.outcome import Outcome, open_retargeter, retarget
from gesture_robot.retarget.overlay import PANEL_PX, SIZE_PX, Overlay
from gesture_robot.robots.model import load_model
from gesture_robot.robots.render import CAMERAS, StickRenderer

LEFT_BLUE, RIGHT_ORANGE = (66, 133, 214), (226, 122, 63)


def near(picture, colour):
    """(H, W) bool: pixels of about that hue."""
    shade = picture.astype(float) / np.maximum(picture.max(axis=-1, keepdims=True), 1)
    return (np.abs(shade - np.array(colour) / max(colour)) < 0.12).all(axis=-1)


def painter(camera="front"):
    return HumanPainter(Camera(np.array([0.0, 0.0, 1.1]), *CAMERAS[camera], 2.0, 26.0), 240, 270)


def t_pose(**turns):
    rotations = np.zeros((55, 3))
    for joint, turn in turns.items():
        rotations[joint_index(joint)] = turn
    return rotations


def test_the_camera_faces_the_person():
    eye = Camera(np.array([0.0, 0.0, 1.0]), *CAMERAS["front"], 2.0, 26.0)
    points = np.array([[0.0, 0.0, 1.0], [0.0, 0.5, 1.0], [0.0, 0.0, 1.5], [0.5, 0.0, 1.0]])
    pixels, depth_m, px_per_m = eye.project(points, 200, 100)
    assert np.allclose(pixels[0], (100, 50))
    assert pixels[1, 0] > 110 and pixels[2, 1] < 40, "the person's left is on the right, up is up"
    assert depth_m[3] < depth_m[0] and px_per_m[3] > px_per_m[0], "what is in front is nearer and larger"
    assert px_per_m[0] == pytest.approx(50.0)


def test_arms_are_where_they_point():
    picture = painter().draw(t_pose())
    left, right = near(picture, LEFT_BLUE), near(picture, RIGHT_ORANGE)
    assert left.sum() > 300 and abs(int(left.sum()) - int(right.sum())) < 0.2 * left.sum()
    assert np.argwhere(left)[:, 1].min() > 110 and np.argwhere(right)[:, 1].max() < 130
    raised = near(painter().draw(t_pose(left_shoulder=(0.0, 0.0, 1.2))), LEFT_BLUE)
    assert np.argwhere(raised)[:, 0].min() < np.argwhere(left)[:, 0].min() - 20, "a raised hand is higher"
    assert not np.array_equal(picture, painter("three_quarter").draw(t_pose()))


def test_fingers_and_face_are_drawn():
    open_hand, fist = (painter().draw(t_pose(**bent)) for bent in ({}, {f"left_index{k}": (0, 0, -1.3) for k in "123"}))
    assert (open_hand != fist).any(axis=-1).sum() > 5
    away = painter().draw(t_pose(head=(0.0, np.pi, 0.0)))
    dark = [int((picture.max(axis=-1) < 75).sum()) for picture in (open_hand, away)]
    assert dark[0] > 20 + dark[1], "eyes and mouth are hidden from behind"


@pytest.fixture(scope="module")
def shown():
    """A gesture at 30 Hz and what the robot makes of it."""
    body, model = make_gesture("wave"), load_model("wren")
    body = BodyMotion(30.0, body.rotations[30:50], body.root_position[30:50])
    return body, retarget(open_retargeter(model), body), model


def test_a_picture_shows_both_and_the_figures(shown):
    view = Overlay(*shown)
    try:
        first, last = view.picture(0), view.picture(19)
        assert first.shape == (SIZE_PX[1], SIZE_PX[0], 3) and first.dtype == np.uint8
        panels, text = first[: PANEL_PX[1]], first[PANEL_PX[1] :]
        human, robot = panels[:, : PANEL_PX[0]], panels[:, PANEL_PX[0] :]
        assert near(human, LEFT_BLUE).sum() > 500 and np.ptp(robot) > 150
        assert (text.max(axis=-1) < 120).sum() > 100, "ink"
        assert (panels != last[: PANEL_PX[1]]).any(axis=-1).sum() > 500
        assert (view.fps, view.count) == (30.0, 20) and len(list(view.pictures())) == 20
    finally:
        view.close()


def test_an_active_guard_is_told_and_fast_recordings_are_thinned(shown, monkeypatch):
    monkeypatch.setattr(overlay_module, "open_renderer", StickRenderer)
    body, outcome, model = shown
    guards = {name: np.zeros(outcome.wanted.shape, bool) for name in ("velocity", "collision")}
    guards["collision"][7, model.index(model.limbs.left_arm.joints[0])] = True
    guards["velocity"][6, model.index(model.limbs.left_arm.hand_joints[0])] = True  # not worth a word
    told = Outcome(outcome.sent, outcome.wanted, outcome.shown, guards, outcome.losses_rad)
    view = Overlay(BodyMotion(120.0, body.rotations, body.root_position), told, model, camera="front")
    texts = [view.picture(k)[PANEL_PX[1] :].astype(int) for k in (6, 7)]
    alarm = [int((text[..., 0] - text[..., 1:].max(axis=-1) > 60).sum()) for text in texts]
    assert alarm[1] > alarm[0] + 20
    assert (view.fps, view.count) == (30.0, 5) and len(list(view.pictures())) == 5
    with pytest.raises(UnknownName, match="three_quarter"):
        Overlay(*shown, camera="above")


def test_a_face_goes_to_the_screen(shown, monkeypatch):
    from gesture_robot.face.arkit import CHANNELS, INDEX

    monkeypatch.setattr(overlay_module, "open_renderer", StickRenderer)
    weights = np.zeros((40, 52))
    weights[20:, INDEX["jawOpen"]] = 1.0
    body, outcome, model = shown
    view = Overlay(body, outcome, model, FaceMotion(60.0, CHANNELS, weights), "front")
    still = Overlay(body, outcome, model, None, "front")
    assert np.array_equal(view.picture(2), still.picture(2))
    assert not np.array_equal(view.picture(15), still.picture(15))


def arguments(*words):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


def test_the_command_writes_a_video_that_plays(shown, tmp_path, monkeypatch, capsys):
    import cv2

    monkeypatch.setattr(overlay_module, "open_renderer", StickRenderer)
    save_motion(tmp_path / "m.npz", shown[0])
    words = (tmp_path / "m.npz", "--out", tmp_path / "t.npz", "--video")
    report = command.run(arguments(*words, tmp_path / "v.mp4"))
    assert report["video"] == str(tmp_path / "v.mp4") and "20 frames" in capsys.readouterr().out
    video = cv2.VideoCapture(str(tmp_path / "v.mp4"))
    assert [round(video.get(k)) for k in (cv2.CAP_PROP_FRAME_COUNT, cv2.CAP_PROP_FPS)] == [20, 30]
    picture = video.read()[1]
    assert picture.shape == (SIZE_PX[1], SIZE_PX[0], 3) and np.ptp(picture) > 150
    for bad in (tmp_path / "v.avi", tmp_path / "no" / "v.mp4"):
        (tmp_path / "t.npz").unlink(missing_ok=True)
        with pytest.raises(OutputUnwritable, match="v\\."):
            command.run(arguments(*words, bad))
        assert not (tmp_path / "t.npz").exists(), "tried before the work"
