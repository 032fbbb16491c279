import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.datatypes import Word
from gesture_robot.errors import InvalidInput
from gesture_robot.evaluation.strokes import Strokes, find_strokes
from gesture_robot.evaluation.sync import gesture_word_offsets, summarize
from gesture_robot.gesture.curves import ease

ARM_M = 0.5
FEW = settings(derandomize=True, deadline=None, max_examples=20)


def path_through(stops, fps=30.0, end_s=6.0):
    """Minimum-jerk moves; `stops` are (begin, end, place of x in arm lengths)."""
    times = np.arange(int(end_s * fps)) / fps
    x, here = np.zeros(len(times)), 0.0
    for begin, end, place in stops:
        x += (place - here) * ease((times - begin) / (end - begin))
        here = place
    return np.stack([x, 0.3 * np.ones_like(x), -x], axis=1) * ARM_M / np.sqrt(2.0)


@FEW
@given(st.floats(0.8, 3.5), st.floats(0.3, 0.6), st.floats(0.3, 0.6), st.sampled_from([30.0, 60.0, 100.0]))
def test_apex_is_where_the_hand_stops(begin, span, size, fps):
    strokes = find_strokes(path_through([(begin, begin + span, size)], fps), fps, ARM_M)
    peak = 1.875 * size / span
    assert len(strokes.peak_s) == (1 if peak > 0.75 else len(strokes.peak_s))
    if len(strokes.peak_s) == 1:
        assert strokes.peak_s[0] == pytest.approx(begin + span / 2, abs=0.04)
        assert strokes.apex_s[0] == pytest.approx(begin + span, abs=0.07)


def test_apex_is_where_the_hand_turns_back():
    strokes = find_strokes(path_through([(1.0, 1.5, 0.5), (1.5, 1.9, 0.1), (1.9, 2.4, 0.5)]), 30.0, ARM_M)
    assert len(strokes.apex_s) == 3
    assert np.allclose(strokes.apex_s, [1.5, 1.9, 2.4], atol=0.04)


def test_slow_movement_and_shiver_are_no_strokes():
    slow = path_through([(1.0, 4.0, 0.9)])
    assert len(find_strokes(slow, 30.0, ARM_M).peak_s) == 0
    shiver = slow + np.random.default_rng(0).normal(0, 0.0005, slow.shape)
    assert len(find_strokes(shiver, 30.0, ARM_M).peak_s) == 0
    assert len(find_strokes(np.zeros((3, 3)), 30.0, ARM_M).peak_s) == 0


def test_measure_counts_arm_lengths_and_ignores_where_the_frame_is():
    path = path_through([(1.0, 1.5, 0.4), (2.0, 2.5, 0.0)])
    one = find_strokes(path, 30.0, ARM_M)
    moved = find_strokes(2.0 * path + [3.0, 2.0, 1.0], 30.0, 2.0 * ARM_M)
    assert np.allclose(one.apex_s, moved.apex_s) and np.allclose(one.peak_speed, moved.peak_speed)


def test_bad_input_is_refused():
    with pytest.raises(InvalidInput, match="wrist_m"):
        find_strokes(np.full((50, 3), np.nan), 30.0, ARM_M)
    with pytest.raises(InvalidInput, match="arm_length_m"):
        find_strokes(np.zeros((50, 3)), 30.0, 0.0)


def strokes_at(*apexes):
    times = np.array(apexes)
    return Strokes(times - 0.1, times, np.ones(len(times)))


def test_offsets_are_to_the_nearest_onset():
    words = (Word("a", 1.0, 1.4), Word("b", 2.0, 2.3), Word("c", 2.5, 2.9))
    offsets = gesture_word_offsets(strokes_at(0.9, 1.45, 2.2, 2.26, 9.0), words)
    assert np.allclose(offsets, [-0.1, 0.45, 0.2, -0.24])  # the one at 9 s belongs to no word
    assert np.allclose(gesture_word_offsets(strokes_at(0.9), [1.0, 2.0]), [-0.1])
    assert len(gesture_word_offsets(strokes_at(), words)) == len(gesture_word_offsets(strokes_at(1.0), ())) == 0


def test_summary_judges_lead_and_spread():
    good = summarize(np.array([-0.1] * 19 + [0.3]))
    assert good.passes and good.within_200ms == pytest.approx(0.95) and good.mean_s == pytest.approx(-0.08)
    assert not summarize(np.full(10, 0.05)).passes  # late
    assert not summarize(np.array([-0.4, 0.3] * 5)).passes  # scattered
    assert not summarize(np.zeros(0)).passes
