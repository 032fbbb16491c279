"""Control as a whole: what is sent, who drives, stop and release, speed near people, bad messages."""

from dataclasses import replace

import numpy as np
import pytest

from gesture_robot.control.audit import audit
from gesture_robot.control.collision import NoGuard
from gesture_robot.control.config import ControlConfig, LockRule, SourceRule
from gesture_robot.control.controller import Controller
from gesture_robot.control.hand_speed import HandSpeed
from gesture_robot.datatypes import Command, JointTrajectory, RobotState
from gesture_robot.errors import InvalidInput, UnknownName

RAISED = {"right_shoulder_pitch": -1.2, "right_elbow": -1.0}


@pytest.fixture
def controller(wren, at_rest):
    return Controller(wren, at_rest, guard=NoGuard())


@pytest.fixture
def running(controller, drive, hold):
    """A controller whose slow first motion is over."""
    driver = drive(controller)
    driver.run(0.1, lambda t: hold("gesture", t, {}))
    assert controller.status().mode == "running"
    return driver


def test_every_trajectory_has_all_joints_continues_the_last_and_ends_at_rest(running, hold, wren):
    running.run(0.6, lambda t: hold("gesture", t, RAISED))
    running.controller.stop(running.now_s)
    running.run(0.5)
    for before, after in zip(running.sent, running.sent[1:], strict=False):
        assert after.joint_names == wren.joint_names
        assert not after.velocities[-1].any()
        assert after.start_s == pytest.approx(before.start_s + 0.01)
        row = min(1, len(before.times_s) - 1)
        np.testing.assert_array_equal(after.positions[0], before.positions[row])
        np.testing.assert_array_equal(after.velocities[0], before.velocities[row])
    assert audit(running.sent, wren).violations == 0


def test_the_reference_is_followed_without_lag(running, wren):
    j, start_s = wren.index("right_shoulder_pitch"), running.now_s
    times = np.arange(0.0, 4.0, 0.05)
    angle = -0.5 * (1 - np.cos(2 * times))
    trajectory = JointTrajectory(("right_shoulder_pitch",), start_s, times, angle[:, None], -np.sin(2 * times)[:, None])
    q, _ = running.run(3.0, lambda t: Command("gesture", t, trajectory))
    t = np.arange(300) * 0.01
    assert np.abs(q[:, j] + 0.5 * (1 - np.cos(2 * t))).max() < 0.003


def test_first_motion_is_slow_until_the_reference_is_reached(controller, drive, hold, wren):
    driver = drive(controller)
    assert controller.status().mode == "starting"
    _, v = driver.run(1.0, lambda t: hold("gesture", t, RAISED))
    assert controller.status().mode == "starting"
    assert (np.abs(v).max(axis=0) <= 0.2 * wren.max_velocity + 1e-9).all()
    q, _ = driver.run(1.0, lambda t: hold("gesture", t, RAISED))
    assert controller.status().mode == "running"
    assert q[-1, wren.index("right_elbow")] == pytest.approx(-1.0, abs=0.01)
    _, v = driver.run(1.0, lambda t: hold("gesture", t, {}))
    assert (np.abs(v).max(axis=0) / wren.max_velocity).max() > 0.4


def test_a_stop_brakes_at_once_ends_in_time_and_holds(running, hold, wren):
    running.run(0.2, lambda t: hold("gesture", t, RAISED))
    controller = running.controller
    speed = np.abs(running.sent[-1].velocities[1])
    assert speed.max() > 1.0
    controller.stop(running.now_s, "button")
    q, v = running.run(1.0, None)
    assert (
        np.abs(v[1]) <= np.maximum(np.abs(v[0]) - 0.01 * wren.max_acceleration, 0.0) + 1e-9
    ).all()  # braking within a tick
    allowed = int(np.ceil((speed / wren.max_acceleration).max() / 0.01)) + 1
    assert not v[allowed:].any()
    assert np.ptp(q[allowed:], axis=0).max() == 0.0
    status = controller.status()
    assert (status.mode, status.reason, status.source) == ("stopped", "button", "")


def test_a_stop_is_latched_and_drops_commands(running, hold):
    controller = running.controller
    controller.stop(running.now_s)
    assert controller.submit(hold("teleop", running.now_s, RAISED), running.now_s) is False
    _, v = running.run(0.5)
    assert not v.any() and controller.status().mode == "stopped" and controller.status().dropped_commands == 1
    controller.stop(running.now_s, "again")
    assert controller.status().mode == "stopped"


def test_release_forgets_old_motion_starts_at_the_measured_pose_and_slowly(running, hold, wren, at_rest):
    controller = running.controller
    running.run(0.3, lambda t: hold("gesture", t, RAISED))
    controller.stop(running.now_s)
    running.run(0.5)
    pushed = wren.rest.copy()
    pushed[wren.index("left_elbow")] = -0.7
    controller.release(running.now_s, replace(at_rest, positions=pushed))
    under_way = replace(hold("gesture", running.now_s, RAISED), stamp_s=running.now_s - 0.01)
    assert controller.submit(under_way, running.now_s) is False
    q, v = running.run(1.0)
    np.testing.assert_array_equal(q, np.tile(pushed, (100, 1)))
    assert not v.any()
    _, v = running.run(0.5, lambda t: hold("gesture", t, RAISED))
    assert v.any() and (np.abs(v).max(axis=0) <= 0.2 * wren.max_velocity + 1e-9).all()


def test_release_without_a_stop_changes_nothing(running, hold, at_rest):
    running.run(0.3, lambda t: hold("gesture", t, RAISED))
    before = running.sent[-1]
    running.controller.release(running.now_s, at_rest)
    running.run(0.01)
    np.testing.assert_array_equal(running.sent[-1].positions[0], before.positions[1])


def test_teleop_takes_the_joints_it_names_and_the_others_brake_and_hold(running, hold, wren):
    def gesture(t):
        return hold("gesture", t, {**RAISED, "left_shoulder_pitch": -1.0})

    running.run(0.2, gesture)
    neck = wren.index("neck_yaw")
    for _ in range(30):
        running.controller.submit(gesture(running.now_s), running.now_s)
        q, v = running.run(0.02, lambda t: hold("teleop", t, {"neck_yaw": 0.4}, only=("neck_yaw",)))
        assert running.controller.status().source == "teleop"
    others = np.arange(len(wren.rest)) != neck
    assert not v[-1, others].any() and q[-1, wren.index("right_elbow")] > -0.9
    assert q[-1, neck] > 0.3
    running.run(0.45, gesture)
    assert running.controller.status().source == "teleop"
    q, _ = running.run(1.5, gesture)  # teleop fell silent
    assert running.controller.status().source == "gesture"
    assert q[-1, wren.index("right_elbow")] == pytest.approx(-1.0, abs=0.01)


def test_a_source_that_dies_stops_the_robot_within_its_timeout(running, hold):
    running.run(0.3, lambda t: hold("gesture", t, {"right_shoulder_pitch": -3.0}))
    running.run(0.55)
    assert running.controller.status().source == ""
    _, v = running.run(0.3)
    assert not v[-1].any()


def test_a_lock_engages_when_its_publisher_dies(wren, at_rest, drive, hold):
    config = ControlConfig(locks=(LockRule("page", timeout_s=0.3),))
    driver = drive(Controller(wren, at_rest, config, NoGuard()))
    driver.run(0.02)
    assert driver.controller.status().mode in ("stopping", "stopped")  # never heard counts as dead
    with pytest.raises(InvalidInput, match="page"):
        driver.controller.release(driver.now_s, at_rest)
    driver.controller.lock("page", False, driver.now_s)
    driver.controller.release(driver.now_s, at_rest)
    driver.run(0.2, lambda t: hold("gesture", t, {}))
    assert driver.controller.status().source == "gesture"
    driver.run(0.2)
    assert "fell silent" in driver.controller.status().reason and driver.controller.status().mode == "stopped"
    driver.controller.lock("page", True, driver.now_s)
    with pytest.raises(InvalidInput, match="engaged"):
        driver.controller.release(driver.now_s, at_rest)


def test_a_lock_of_low_priority_keeps_out_only_what_is_below(wren, at_rest, drive, hold):
    config = ControlConfig(locks=(LockRule("quiet", priority=20, timeout_s=0.0),))
    driver = drive(Controller(wren, at_rest, config, NoGuard()))
    driver.controller.lock("quiet", True, 0.0)
    driver.run(0.05, lambda t: hold("gesture", t, RAISED))
    assert driver.controller.status().source == "" and driver.controller.status().mode == "starting"
    driver.run(0.05, lambda t: hold("behaviour", t, RAISED))
    assert driver.controller.status().source == "behaviour"


@pytest.mark.parametrize(
    "senses",
    [
        {"nearest_person_m": 0.5},
        {"perception_age_s": 1.0},
        {"perception_age_s": float("nan")},
        {"nearest_person_m": float("nan")},
    ],
)
def test_hands_slow_down_near_people_and_without_pictures_and_speed_up_again(running, wren, senses):
    hands = HandSpeed(wren, 0.01)
    times = np.arange(0.0, 9.0, 0.05)
    positions, velocities = np.tile(wren.rest, (len(times), 1)), np.zeros((len(times), len(wren.rest)))
    j = wren.index("right_shoulder_pitch")
    positions[:, j], velocities[:, j] = -0.8 - 0.6 * np.sin(4 * times), -2.4 * np.cos(4 * times)
    wave = JointTrajectory(wren.joint_names, running.now_s, times, positions, velocities)

    def speeds(seconds, **now):
        return hands.speeds(running.run(seconds, lambda t: Command("gesture", t, wave), **now)[0])

    fast = speeds(2.5)
    assert 0.9 < fast.max() <= 1.5
    speeds(0.6, **senses)  # the fall itself keeps the acceleration limits
    slow = speeds(2.0, **senses)
    assert 0.1 < slow.max() <= 0.25 + 1e-6
    assert running.controller.status().hand_speed_limit_mps == pytest.approx(0.25)
    assert running.controller.status().slowed
    assert speeds(2.5).max() > 0.9
    assert audit(running.sent, wren).violations == 0


def test_no_hand_is_faster_than_the_limit_whatever_is_asked(wren, at_rest, drive):
    hands, rng = HandSpeed(wren, 0.01), np.random.default_rng(2)
    driver = drive(Controller(wren, at_rest, replace(ControlConfig(), max_hand_speed_mps=0.6), NoGuard()))
    for _ in range(12):
        target = rng.uniform(wren.lower, wren.upper)
        driver.run(
            0.4,
            lambda t, target=target: Command(
                "teleop", t, JointTrajectory(wren.joint_names, t, [0.0], [target], [0 * target])
            ),
        )
    q = np.array([s.positions[0] for s in driver.sent])
    assert 0.5 < hands.speeds(q).max() <= 0.6 + 1e-6


def trajectory_of(wren, **changes):
    values = {
        "joint_names": wren.joint_names,
        "start_s": 1.0,
        "times_s": [0.0],
        "positions": [wren.rest],
        "velocities": [0 * wren.rest],
    }
    return JointTrajectory(**{**values, **changes})


def test_messages_with_nan_or_wrong_length_are_refused_at_birth(wren):
    bad = wren.rest.copy()
    bad[3] = np.nan
    with pytest.raises(InvalidInput, match="finite"):
        trajectory_of(wren, positions=[bad])
    with pytest.raises(InvalidInput, match="shape"):
        trajectory_of(wren, positions=[wren.rest[:5]])
    with pytest.raises(InvalidInput, match="increase"):
        trajectory_of(wren, times_s=[0.0, 0.0], positions=[wren.rest] * 2, velocities=[0 * wren.rest] * 2)


def test_bad_commands_are_refused_and_change_nothing(running, hold, wren):
    running.run(0.1, lambda t: hold("gesture", t, RAISED))
    controller, now_s = running.controller, running.now_s
    elbow = trajectory_of(wren, joint_names=("right_elbo",), start_s=now_s, positions=[[0.0]], velocities=[[0.0]])
    good = trajectory_of(wren, start_s=now_s)
    for command, error, text in (
        (Command("teleop", now_s, elbow), UnknownName, "right_elbow"),
        (Command("joystick", now_s, good), UnknownName, "teleop"),
        (Command("teleop", float("nan"), good), InvalidInput, "stamp"),
        (Command("teleop", now_s, trajectory_of(wren, start_s=now_s + 60.0)), InvalidInput, "clock"),
        (Command("teleop", now_s, trajectory_of(wren, start_s=now_s - 60.0)), InvalidInput, "clock"),
    ):
        with pytest.raises(error, match=text):
            controller.submit(command, now_s)
    running.run(0.05)
    assert controller.status().source == "gesture" and controller.status().dropped_commands == 0


def test_a_newer_trajectory_replaces_the_older_from_its_start_on(running, hold, wren):
    j, now_s = wren.index("neck_yaw"), running.now_s
    running.controller.submit(hold("gesture", now_s, {"neck_yaw": 0.2}), now_s)
    later = trajectory_of(wren, start_s=now_s + 0.4, joint_names=("neck_yaw",), positions=[[-0.2]], velocities=[[0.0]])
    running.controller.submit(Command("gesture", now_s, later), now_s)
    q, _ = running.run(0.4)
    assert q[-1, j] == pytest.approx(0.2, abs=0.01)
    q, _ = running.run(0.4)
    assert q[-1, j] < -0.1


def test_a_trajectory_that_begins_later_starts_from_where_the_robot_is(running, wren):
    now_s, j = running.now_s, wren.index("neck_yaw")
    slow = trajectory_of(
        wren, start_s=now_s, joint_names=("neck_yaw",), times_s=[1.0], positions=[[0.5]], velocities=[[0.0]]
    )
    running.controller.submit(Command("teleop", now_s, slow), now_s)
    q, _ = running.run(0.5)
    assert 0.2 < q[-1, j] < 0.3


def test_a_late_tick_goes_on_along_what_was_sent(running, hold, wren):
    running.run(0.2, lambda t: hold("gesture", t, RAISED))
    last = running.sent[-1]
    running.tick += 4  # the process slept for 50 ms; the robot meanwhile followed the braking path
    running.run(0.01)
    np.testing.assert_array_equal(running.sent[-1].positions[0], last.positions[5])
    running.tick += 500
    running.run(0.01)
    assert not running.sent[-1].velocities[0].any()


def test_two_calls_in_one_tick_send_the_same_and_time_cannot_run_back(controller):
    first = controller.step(5.0)
    assert controller.step(5.004) is first
    controller.step(5.01)
    with pytest.raises(InvalidInput, match="backwards"):
        controller.step(4.0)


def test_measured_joints_are_checked(wren, at_rest):
    with pytest.raises(InvalidInput, match="has torso_yaw"):
        Controller(wren, RobotState(0.0, ("a",), [0.0], [0.0]), guard=NoGuard())
    outside = wren.rest.copy()
    outside[8] = wren.upper[8] + 0.5
    with pytest.raises(InvalidInput, match="left_elbow"):
        Controller(wren, replace(at_rest, positions=outside), guard=NoGuard())
    outside[8] = wren.upper[8] + 0.01  # what a servo overshoots
    assert (
        Controller(wren, replace(at_rest, positions=outside), guard=NoGuard()).step(0.0).positions[0, 8]
        == wren.upper[8]
    )


def test_settings_are_checked():
    with pytest.raises(InvalidInput, match="max_hand_speed_mps"):
        ControlConfig(max_hand_speed_mps=0.0)
    with pytest.raises(InvalidInput, match="twice"):
        ControlConfig(sources=(SourceRule("a"), SourceRule("a")))
    with pytest.raises(InvalidInput, match="priority"):
        SourceRule("a", 300)
