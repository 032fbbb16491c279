"""One contract for every robot, and what only the simulated one promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot import registry
from gesture_robot.datatypes import JointTrajectory
from gesture_robot.errors import UnknownName
from gesture_robot.robots.follower import sample_trajectory
from gesture_robot.robots.model import load_model

MODEL = load_model("wren")
JOINTS = len(MODEL.joint_names)
REACHED_RAD = 0.01


@pytest.fixture(params=registry.names("robot"))
def robot(request):
    if request.param == "mujoco":
        pytest.importorskip("mujoco")
    made = registry.load("robot", request.param)(MODEL)
    yield made
    made.close()


def to(positions, start_s=0.0, seconds=1.0, names=MODEL.joint_names):
    positions = np.asarray(positions, dtype=float)
    return JointTrajectory(names, start_s, [seconds], positions[None], np.zeros((1, len(names))))


def raised():
    positions = MODEL.rest.copy()
    for joint, angle in (
        ("left_shoulder_roll", 0.8),
        ("right_shoulder_pitch", -1.0),
        ("right_elbow", -1.2),
        ("neck_yaw", 0.4),
        ("left_hand", 0.9),
    ):
        positions[MODEL.index(joint)] = angle
    return positions


def test_starts_at_rest_with_all_joints(robot):
    state = robot.read()
    assert state.joint_names == MODEL.joint_names == robot.joint_names and state.stamp_s == robot.time_s == 0.0
    np.testing.assert_allclose(state.positions, MODEL.rest, atol=1e-9)
    np.testing.assert_allclose(robot.link_pose("head")[:3, 3], [0, 0, 1.11], atol=1e-9)


def test_time_moves_only_when_advanced(robot):
    for _ in range(100):
        robot.advance(0.0033)
    assert robot.time_s == pytest.approx(0.33, abs=0.002) and robot.read().stamp_s == robot.time_s


def test_goes_there_and_stays(robot):
    robot.follow(to(raised()))
    for _ in range(150):
        robot.advance(0.01)
    np.testing.assert_allclose(robot.read().positions, raised(), atol=REACHED_RAD)
    robot.advance(2.0)
    np.testing.assert_allclose(robot.read().positions, raised(), atol=REACHED_RAD)
    assert np.abs(robot.read().velocities).max() < 0.01 and robot.contacts.count == 0


def test_follows_the_cubic_in_time(robot):
    times = np.linspace(0.0, 2.0, 21)
    shape = np.sin(np.pi * times)[:, None] ** 2
    trajectory = JointTrajectory(
        MODEL.joint_names, 0.5, times, shape * raised(), np.pi * np.sin(2 * np.pi * times)[:, None] * raised()
    )
    robot.follow(trajectory)
    for _ in range(240):
        robot.advance(0.01)
        expected = sample_trajectory(trajectory, np.array([robot.time_s]))[0][0]
        np.testing.assert_allclose(robot.read().positions, expected, atol=0.02)


def test_joints_that_are_not_named_stay(robot):
    robot.follow(to([0.5], names=("neck_yaw",)))
    robot.advance(1.5)
    expected = MODEL.rest.copy()
    expected[MODEL.index("neck_yaw")] = 0.5
    np.testing.assert_allclose(robot.read().positions, expected, atol=REACHED_RAD)


def test_hold_stops_and_a_new_trajectory_replaces_the_old(robot):
    robot.follow(to(raised(), seconds=2.0))
    robot.advance(1.0)
    robot.hold()
    held = robot.read().positions
    robot.advance(1.0)
    np.testing.assert_allclose(robot.read().positions, held, atol=0.06)
    robot.follow(to(MODEL.rest, start_s=robot.time_s))
    robot.advance(1.5)
    np.testing.assert_allclose(robot.read().positions, MODEL.rest, atol=REACHED_RAD)


def test_refuses_joints_it_does_not_have(robot):
    with pytest.raises(UnknownName, match="Did you mean 'neck_yaw'"):
        robot.follow(to([0.5], names=("neck_jaw",)))


def test_same_commands_same_motion():
    pytest.importorskip("mujoco")
    runs = []
    for _ in range(2):
        robot = registry.load("robot", "mujoco")(MODEL)
        robot.follow(to(raised(), seconds=0.6))
        for _ in range(80):
            robot.advance(0.01)
        runs.append(robot.read().positions)
    np.testing.assert_array_equal(*runs)


def test_simulation_reports_self_collision():
    pytest.importorskip("mujoco")
    robot = registry.load("robot", "mujoco")(MODEL)
    crossed = MODEL.rest.copy()
    crossed[MODEL.index("left_shoulder_roll")] = -0.4
    robot.follow(to(crossed))
    robot.advance(1.5)
    assert robot.contacts.count > 100
    assert {frozenset(pair) for pair in robot.contacts.pairs} <= {
        frozenset(("torso", part)) for part in ("left_forearm", "left_upper_arm")
    } | {frozenset((part, "waist")) for part in ("left_wrist_cuff", "left_palm", "left_forearm")} | {
        frozenset((part, "pedestal"))
        for part in ("left_palm", "left_fingers", "left_fingertips", "left_thumb", "left_wrist_cuff")
    } | {frozenset(("torso", "left_wrist_cuff"))}


def test_fast_motion_lags_less_than_a_degree():
    """Feed-forward keeps the wrist in time with the command: at full arm speed the error stays below 1 degree."""
    pytest.importorskip("mujoco")
    robot = registry.load("robot", "mujoco")(MODEL)
    column, times = MODEL.index("right_elbow"), np.arange(0.0, 3.01, 0.05)
    positions = np.zeros((len(times), JOINTS))
    velocities = np.zeros_like(positions)
    positions[:, column], velocities[:, column] = -0.8 + 0.7 * np.cos(5 * times), -3.5 * np.sin(5 * times)
    robot.set_positions(positions[0])
    trajectory = JointTrajectory(MODEL.joint_names, 0.0, times, positions, velocities)
    robot.follow(trajectory)
    errors = []
    for _ in range(290):
        robot.advance(0.01)
        errors.append(
            robot.read().positions[column] - sample_trajectory(trajectory, np.array([robot.time_s]))[0][0][column]
        )
    assert np.abs(errors).max() < np.radians(1.0)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=6), st.integers(0, 1000))
def test_the_cubic_passes_through_points_with_their_velocities(gaps, seed):
    times = np.cumsum(gaps)
    rng = np.random.default_rng(seed)
    positions, velocities = rng.normal(size=(2, len(times), 2))
    trajectory = JointTrajectory(("a", "b"), 3.0, times, positions, velocities)
    at_points = sample_trajectory(trajectory, times + 3.0)
    np.testing.assert_allclose(at_points[0], positions, atol=1e-9)
    if len(times) > 1:
        step = 1e-6
        inside = np.concatenate([times[:-1] + 3.0 + step, times[1:] + 3.0 - step])
        speed = (
            sample_trajectory(trajectory, inside + step / 2)[0] - sample_trajectory(trajectory, inside - step / 2)[0]
        ) / step
        np.testing.assert_allclose(sample_trajectory(trajectory, inside)[1], speed, atol=1e-3)
    outside = sample_trajectory(trajectory, np.array([0.0, 99.0]))
    np.testing.assert_allclose(outside[0], positions[[0, -1]], atol=1e-9)
    assert not outside[1].any()
