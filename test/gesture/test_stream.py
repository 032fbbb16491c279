"""Frames at a steady rate, ahead of their time, whatever the caller's clock does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.gesture.gaze import GazeLayer
from gesture_robot.gesture.library import make_gesture
from gesture_robot.gesture.player import MotionPlayer
from gesture_robot.gesture.stream import LONGEST_S, BodyStream

FPS, AHEAD_S = 30.0, 0.08
PLAIN = settings(derandomize=True, deadline=None, max_examples=30)


def stream():
    return BodyStream(MotionPlayer(), GazeLayer(), FPS, AHEAD_S)


@PLAIN
@given(st.lists(st.floats(0.0, 1.2), min_size=3, max_size=25))
def test_numbers_and_times_agree_and_stalls_are_skipped(waits):
    body, now_s, following = stream(), 1000.0, 0
    for wait_s in waits:
        now_s += wait_s
        frames = body.take(now_s)
        if frames is None:
            continue
        assert frames.first == following + frames.skipped
        assert frames.start_s == pytest.approx(1000.0 + waits[0] + AHEAD_S + frames.first / FPS)
        assert len(frames.rotations) <= LONGEST_S * FPS and (frames.skipped == 0 or len(frames.rotations) == 1)
        following = frames.first + len(frames.rotations)
        assert now_s + AHEAD_S - 1.0 / FPS < body.latest_s <= now_s + AHEAD_S + 1e-5
        assert np.isfinite(frames.rotations).all() and np.linalg.norm(frames.eyes) == pytest.approx(1.0)


def test_a_frame_can_be_had_early_and_a_new_motion_follows_the_old_one():
    body = stream()
    assert body.take(5.0).first == 0
    assert body.take(5.0) is None
    assert body.take(5.0, extra=1).first == 1
    assert body.take(5.0 + 1.0 / FPS) is None
    before_s = body.latest_s
    body.restart()
    again = body.take(5.0)
    assert again is None or again.start_s > before_s
    later = body.take(5.1)
    assert later.first == 0 and later.start_s > before_s


def test_one_motion_can_be_interrupted_while_another_goes_on():
    player, gesture, speech = MotionPlayer(), make_gesture("wave"), make_gesture("point", side="left")
    player.play(speech, 0.0)
    player.play(gesture, 0.0, mask="right_arm")
    alone = MotionPlayer()
    alone.play(speech, 0.0)
    player.pose(0.8)
    player.interrupt(0.8, gesture)
    left, right = 16, 17
    late = player.pose(1.8)
    assert np.allclose(late[left], alone.pose(1.8)[left])
    assert np.allclose(late[right], alone.pose(1.8)[right])
    assert player.active_until_s == pytest.approx(speech.duration_s)
