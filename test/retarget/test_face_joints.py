"""Eyes, lids and jaw of a robot follow the face: a whole motion at once, and frame by frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gesture_robot.datatypes import FaceJoint, FaceMotion
from gesture_robot.errors import InvalidInput
from gesture_robot.face.arkit import CHANNELS, INDEX
from gesture_robot.face.player import FacePlayer
from gesture_robot.gesture.gaze import GazeLayer
from gesture_robot.gesture.player import MotionPlayer
from gesture_robot.retarget.face_joints import FaceTrack, LiveFace, face_joints
from gesture_robot.retarget.retargeter import Retargeter
from gesture_robot.robots.model import load_model
from gesture_robot.runtime.motion import MotionStream

WREN = load_model("wren")
JAWED = replace(WREN, limbs=replace(WREN.limbs, face=(
    FaceJoint("left_hand", {"jawOpen": 1.2, "mouthClose": -0.4}), FaceJoint("right_hand", {"eyeBlinkLeft": 2.0}))))
ROWS = [JAWED.index("left_hand"), JAWED.index("right_hand")]


def weights(**values: float) -> np.ndarray:
    made = np.zeros(len(CHANNELS))
    for name, value in values.items():
        made[INDEX[name]] = value
    return made


@given(st.lists(st.floats(0.0, 1.0), min_size=52, max_size=52))
def test_one_frame_gives_what_a_whole_motion_gives_inside_the_limits(values):
    face = FaceMotion(30.0, CHANNELS, np.array([values]))
    rows, joints = face_joints(JAWED, face, np.zeros(1))
    live = LiveFace(JAWED)
    np.testing.assert_array_equal(rows, live.rows)
    np.testing.assert_allclose(live.joints(np.array(values)), joints[0], atol=1e-12)
    assert (joints >= JAWED.lower[rows]).all() and (joints <= JAWED.upper[rows]).all()


@pytest.mark.parametrize("wrong", [np.zeros(51), np.zeros((1, 52)), np.full(52, np.nan)])
def test_what_is_no_face_is_refused_and_nothing_moves(wrong):
    retargeter = Retargeter(JAWED)
    before = retargeter.pose(np.zeros((55, 3)))
    with pytest.raises(InvalidInput, match="52 finite ARKit weights"):
        retargeter.pose(np.zeros((55, 3)), wrong)
    np.testing.assert_allclose(retargeter.pose(np.zeros((55, 3))), before, atol=1e-9)


def test_the_live_face_moves_its_joints_within_their_limits_and_stays_where_it_was_without_one():
    retargeter = Retargeter(JAWED)
    assert retargeter.moves_face and not Retargeter(WREN).moves_face
    shut, wide = weights(), weights(jawOpen=1.0)
    path = [retargeter.pose(np.zeros((55, 3)), shut if k < 3 else wide)[ROWS[0]] for k in range(40)]
    assert path[2] == pytest.approx(0.0, abs=1e-9) and path[-1] == pytest.approx(1.2, abs=1e-3)
    assert np.abs(np.diff(path)).max() * 30.0 <= JAWED.max_velocity[ROWS[0]] * 1.0001
    assert retargeter.pose(np.zeros((55, 3)))[ROWS[0]] == pytest.approx(1.2, abs=1e-3)
    retargeter.reset()
    assert retargeter.pose(np.zeros((55, 3)))[ROWS[0]] == pytest.approx(JAWED.rest[ROWS[0]])


def test_a_track_of_frames_is_looked_up_by_time():
    track = FaceTrack(keep_s=1.0)
    assert track.at(5.0) is None
    track.add(FaceMotion(10.0, CHANNELS, np.stack([weights(jawOpen=k / 10) for k in range(10)])), 5.0)
    jaw = [track.at(time_s)[INDEX["jawOpen"]] for time_s in (4.0, 5.0, 5.25, 5.9, 6.2)]
    np.testing.assert_allclose(jaw, [0.0, 0.0, 0.25, 0.9, 0.9])
    track.add(FaceMotion(10.0, CHANNELS, weights()[None]), 5.95)  # a face broken off: what was to come is replaced
    track.add(FaceMotion(10.0, CHANNELS, weights()[None]), 5.5)
    assert track.at(5.4)[INDEX["jawOpen"]] == pytest.approx(0.4) and track.at(7.0)[INDEX["jawOpen"]] == 0.0
    with pytest.raises(InvalidInput, match="Apple's order"):
        track.add(FaceMotion(10.0, ("jawOpen",), np.zeros((1, 1))), 6.0)
    assert track.at(100.0) is not None and len(track._frames) == 1, "old frames are forgotten"


def test_asking_what_the_face_will_show_changes_nothing():
    asked, plain = FacePlayer(seed=3), FacePlayer(seed=3)
    face = FaceMotion(30.0, CHANNELS, np.tile(weights(jawOpen=0.8), (30, 1)))
    for now_s in np.arange(0.0, 2.0, 0.05):
        asked.peek(now_s + 0.08)
        if abs(now_s - 0.5) < 1e-9:
            asked.play(face, 0.56)
            plain.play(face, 0.56)
        ahead = asked.peek(now_s + 0.01)
        np.testing.assert_array_equal(asked.weights(now_s), plain.weights(now_s))
        np.testing.assert_array_equal(ahead, asked.weights(now_s + 0.01))
        plain.weights(now_s + 0.01)


def test_the_stream_of_one_process_moves_the_jaw_with_the_words():
    def stream(faces: FacePlayer | None) -> np.ndarray:
        made = MotionStream(MotionPlayer(), GazeLayer(), Retargeter(JAWED), JAWED.joint_names, faces=faces)
        commands = [command for k in range(60) for command in made.update(k / 30.0)]
        return np.array([command.trajectory.positions[-1, ROWS[0]] for command in commands])

    faces = FacePlayer()
    faces.play(FaceMotion(30.0, CHANNELS, np.tile(weights(jawOpen=1.0), (30, 1))), 0.5)
    assert stream(faces).max() > 0.9
    assert stream(None).max() == pytest.approx(0.0, abs=1e-9)
