import numpy as np
import pytest

from gesture_robot.body.rotations import matrix_from_rotvec, rotvec_from_matrix
from gesture_robot.body.skeleton import ARM_LENGTH_M, forward_kinematics, joint_index
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.evaluation.strokes import find_strokes
from gesture_robot.evaluation.sync import gesture_word_offsets, summarize
from gesture_robot.gesture.compose import rest_pose
from gesture_robot.gesture.library import gesture_mask, gesture_names, make_gesture

ASKED = {"rest", "wave", "nod", "shake", "point", "shrug", "bow", "open_palms"}
LEFT, RIGHT, HEAD = joint_index("left_wrist"), joint_index("right_wrist"), joint_index("head")


def speeds(motion):
    turns = matrix_from_rotvec(motion.rotations)
    return np.linalg.norm(rotvec_from_matrix(np.swapaxes(turns[:-1], -1, -2) @ turns[1:]), axis=-1) * motion.fps


@pytest.mark.parametrize("name", gesture_names())
def test_every_gesture_starts_and_ends_at_rest_and_stays_within_a_robot_s_means(name):
    motion = make_gesture(name)
    places, _ = forward_kinematics(motion.rotations)
    assert motion.fps == 30.0 and 0.9 < motion.duration_s < 4.5
    for frame in (0, -1):
        assert np.allclose(motion.rotations[frame], rest_pose(), atol=1e-6)
    wrists = np.linalg.norm(np.diff(places[:, [LEFT, RIGHT]], axis=0), axis=-1) * 30.0 / ARM_LENGTH_M
    assert wrists.max() < 2.6
    assert speeds(motion)[:, :25].max() < 6.0
    assert np.linalg.norm(np.diff(places, 2, axis=0), axis=-1).max() * 900 < 18.0  # no jerks anywhere, fingers included


@pytest.mark.parametrize("name", gesture_names())
def test_hands_stay_out_of_the_body(name):
    places, turns = forward_kinematics(make_gesture(name).rotations)
    chest = joint_index("spine3")
    for wrist in (LEFT, RIGHT):
        local = np.einsum("tji,tj->ti", turns[:, chest], places[:, wrist] - places[:, chest])
        inside = (abs(local[:, 0]) < 0.15) & (local[:, 1] < 0.15) & (local[:, 2] < 0.09)
        assert not inside.any()


def test_names_and_unknown_ones():
    assert set(gesture_names()) >= ASKED
    with pytest.raises(UnknownName, match="wave"):
        make_gesture("wawe")
    with pytest.raises(UnknownName, match="right"):
        make_gesture("wave", side="top")
    with pytest.raises(InvalidInput):
        make_gesture("wave", amplitude=float("nan"))
    with pytest.raises(UnknownName):
        gesture_mask("wawe")


def test_wave_raises_the_hand_and_goes_to_and_fro():
    motion = make_gesture("wave")
    places, _ = forward_kinematics(motion.rotations)
    hand, shoulder = places[:, RIGHT], places[:, joint_index("right_shoulder")]
    raised = hand[:, 1] > shoulder[:, 1]
    assert raised.mean() > 0.4
    sideways = np.diff(hand[raised, 0])
    turns = np.flatnonzero(np.diff(np.sign(sideways)))
    assert len(turns) >= 4
    assert np.ptp(hand[raised, 0]) > 0.12
    assert np.ptp(places[:, LEFT], axis=0).max() < 0.05  # the other arm rests


def test_sides_mirror():
    right, _ = forward_kinematics(make_gesture("point", side="right").rotations)
    left, _ = forward_kinematics(make_gesture("point", side="left").rotations)
    assert np.allclose(left[:, LEFT], right[:, RIGHT] * (-1, 1, 1), atol=1e-9)
    both, _ = forward_kinematics(make_gesture("point", side="both").rotations)
    assert np.allclose(both[:, LEFT], both[:, RIGHT] * (-1, 1, 1), atol=0.03)


def test_point_reaches_forward_with_a_straight_index():
    motion = make_gesture("point")
    places, _ = forward_kinematics(motion.rotations)
    frame = int(1.2 * 30)
    reach = places[frame, RIGHT] - places[frame, joint_index("right_shoulder")]
    assert np.linalg.norm(reach) > 0.85 * ARM_LENGTH_M and reach[2] > 0.35
    curl = np.linalg.norm(motion.rotations[frame], axis=1)
    assert curl[joint_index("right_index2")] < 0.2 < 1.0 < curl[joint_index("right_middle2")]


def test_head_gestures_move_only_the_head():
    for name, axis in (("nod", 0), ("shake", 1)):
        assert gesture_mask(name) == "head"
        motion = make_gesture(name)
        moved = np.ptp(motion.rotations, axis=0).max(axis=1) > 1e-9
        assert set(np.flatnonzero(moved)) == {joint_index("neck"), HEAD}
        assert np.argmax(np.ptp(motion.rotations[:, HEAD], axis=0)) == axis
    nod = make_gesture("nod").rotations[:, HEAD, 0]
    assert nod.max() > 2.0 * -nod.min() > 0.0  # down is the stroke, a little up before it


def test_shrug_raises_both_shoulders_and_bow_leans_forward():
    places, _ = forward_kinematics(make_gesture("shrug").rotations)
    shoulders = places[:, [joint_index("left_shoulder"), joint_index("right_shoulder")], 1]
    assert ((shoulders[15] - shoulders[0]) > 0.02).all()
    places, _ = forward_kinematics(make_gesture("bow").rotations)
    assert places[33, HEAD, 2] > places[0, HEAD, 2] + 0.12 and places[33, HEAD, 1] < places[0, HEAD, 1] - 0.03


def test_amplitude_scales_and_randomness_varies():
    def height(amplitude):
        return forward_kinematics(make_gesture("wave", amplitude=amplitude).rotations)[0][:, RIGHT, 1].max()
    assert height(0.4) < height(1.0) < height(1.5)
    a, b, c = (make_gesture("wave", rng=np.random.default_rng(seed)).rotations for seed in (1, 1, 2))
    assert np.array_equal(a, b) and a.shape != c.shape or not np.allclose(a, c)
    assert np.array_equal(make_gesture("wave").rotations, make_gesture("wave").rotations)


@pytest.mark.parametrize("name", ["wave", "point", "open_palms", "hand_on_heart"])
def test_with_words_every_stroke_ends_before_one(name, make_speech):
    spoken = make_speech("Hello there! It is wonderful to meet you.")
    offsets = []
    for shift in (0.0, 0.1, 0.2, 0.3):
        onsets = [w.start_s + shift for w in spoken.words]
        motion = make_gesture(name, word_onsets_s=onsets)
        found = find_strokes(forward_kinematics(motion.rotations)[0][:, RIGHT], motion.fps, ARM_LENGTH_M)
        offsets.append(gesture_word_offsets(found, onsets))
        assert (found.apex_s < onsets[-1] + 0.3).all()  # coming down is no stroke
    summary = summarize(np.concatenate(offsets))
    assert summary.passes and summary.strokes >= 4, summary
