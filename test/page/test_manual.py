"""Joints moved by hand: whatever the sliders do, what is sent is continuous, within limits and ends at rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.page.manual import ManualJoints
from gesture_robot.robots.follower import sample_trajectory

JOINT = "neck_yaw"


@given(st.lists(st.tuples(st.floats(-3.0, 3.0), st.floats(0.02, 2.0)), min_size=1, max_size=6))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_any_moves_of_a_slider_make_one_smooth_motion(wren: RobotModel, moves: list[tuple[float, float]]) -> None:
    manual, row, now_s, at, speed = ManualJoints(wren), wren.index(JOINT), 100.0, 0.1, 0.0
    for target, wait_s in moves:
        manual.set(JOINT, target, 9.9 if speed or at != 0.1 else at, now_s)  # what is measured later does not count
        trajectory = manual.trajectory(now_s)
        assert trajectory is not None
        assert abs(trajectory.positions[0, 0] - at) < 1e-6 and abs(trajectory.velocities[0, 0] - speed) < 1e-6
        assert trajectory.velocities[-1, 0] == 0.0
        assert trajectory.positions[-1, 0] == pytest.approx(np.clip(target, wren.lower[row], wren.upper[row]))
        times = np.linspace(now_s, now_s + trajectory.times_s[-1], 200)
        _, velocities, accelerations = sample_trajectory(trajectory, times)
        assert np.abs(velocities).max() <= wren.max_velocity[row]
        assert np.abs(accelerations).max() <= wren.max_acceleration[row]
        now_s += wait_s
        later = manual.trajectory(now_s)
        assert later is not None
        at, speed = later.positions[0, 0], later.velocities[0, 0]


def test_joints_are_taken_over_one_by_one_and_given_back_together(wren: RobotModel) -> None:
    manual = ManualJoints(wren)
    assert manual.trajectory(0.0) is None
    manual.set(JOINT, 0.4, 0.0, 0.0)
    manual.set("torso_yaw", 0.2, 0.1, 0.5)
    trajectory = manual.trajectory(0.5)
    assert trajectory is not None and trajectory.joint_names == (JOINT, "torso_yaw") == manual.names
    held = manual.trajectory(100.0)  # arrived long ago: it goes on holding them
    assert held is not None and np.ptp(held.positions, 0).max() < 1e-9 and not held.velocities.any()
    np.testing.assert_allclose(held.positions[-1], [0.4, 0.2])
    manual.release()
    assert manual.trajectory(101.0) is None and manual.names == ()


def test_nonsense_moves_nothing(wren: RobotModel) -> None:
    manual = ManualJoints(wren)
    with pytest.raises(UnknownName, match="neck_yaw"):
        manual.set("tail", 0.0, 0.0, 0.0)
    with pytest.raises(InvalidInput, match="must be a number"):
        manual.set(JOINT, float("nan"), 0.0, 0.0)
    assert manual.trajectory(0.0) is None
