"""Frames in, short trajectories out; which frames follow those before."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.retarget.frames import Arrival, FrameBuffer, FrameOrder

FPS = 30.0
PLAIN = settings(derandomize=True, deadline=None, max_examples=60)


def test_a_steady_joint_speed_comes_out_as_it_went_in():
    buffer = FrameBuffer(("a", "b"), FPS)
    speed = np.array([0.3, -1.2])
    made = [buffer.add(speed * k / FPS, 5.0 + k / FPS) for k in range(6)]
    assert made[:3] == [None] * 3
    for k, trajectory in enumerate(made[3:], start=3):
        assert trajectory.start_s == pytest.approx(5.0 + (k - 2) / FPS)
        assert np.allclose(trajectory.velocities, speed) and np.allclose(trajectory.positions[-1], speed * k / FPS)
    buffer.clear()
    assert buffer.add(np.array([9.0, 9.0]), 6.0) is None


@PLAIN
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5), st.integers(0, 6)), min_size=1, max_size=30))
def test_every_frame_counts_once_whatever_is_lost_or_doubled(steps):
    """Steps: frames in a message, frames lost before it, frames repeated at its beginning."""
    order, now = FrameOrder(), 0
    order.take(0, 1, 100.0, FPS)
    now = 1
    for count, lost, again in steps:
        again = 0 if lost else min(again, now)
        first = now + lost - again
        got = order.take(first, count + again, 100.0 + first / FPS, FPS)
        assert got == Arrival(skip=again, restart=lost > 0, lost=lost)
        now = first + count + again


def test_old_frames_leave_no_trace():
    order = FrameOrder()
    assert order.take(0, 10, 1.0, FPS) == Arrival(restart=True)
    assert order.take(3, 2, 1.0 + 3 / FPS, FPS) == Arrival(skip=2)
    assert order.take(10, 1, 1.0 + 10 / FPS, FPS) == Arrival()


def test_a_sender_that_begins_again_and_one_whose_clock_jumps():
    order = FrameOrder()
    order.take(500, 1, 50.0, FPS)
    assert order.take(0, 1, 55.0, FPS) == Arrival(restart=True)
    jumped = order.take(1, 1, 25.0 + 1 / FPS, FPS)
    assert jumped.restart and jumped.lost == 0 and jumped.stamp_step_s == pytest.approx(-30.0)
    assert order.take(2, 1, 25.0 + 2 / FPS, FPS) == Arrival()
    assert order.take(0, 1, 3.0, FPS).restart  # began again under a clock that was set back
    assert order.take(1, 1, 3.0 + 1 / FPS, FPS) == Arrival()
    assert order.take(2, 1, 3.0 + 2 / 60.0, 60.0).restart  # another rate
