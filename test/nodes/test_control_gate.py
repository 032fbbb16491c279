"""What keeps control from moving the robot, tick by tick, with a robot that follows perfectly."""

from __future__ import annotations

from dataclasses import replace

import fake_robot
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.control.audit import audit
from gesture_robot.control.collision import NoGuard
from gesture_robot.control.config import ControlConfig, LockRule
from gesture_robot.datatypes import Command, JointTrajectory, RobotState
from gesture_robot.errors import InvalidInput
from gesture_robot.nodes.config.control import ControlNodeConfig
from gesture_robot.nodes.control_gate import Gate, needed_rows
from gesture_robot.robots.follower import TrajectoryFollower, sample_trajectory
from gesture_robot.robots.model import load_model

MODEL = load_model("wren")
JOINTS = len(MODEL.joint_names)
TICK_S = 0.01


class World:
    """Gate, robot and clock."""

    def __init__(self, config=ControlNodeConfig(), position=MODEL.rest):
        self.gate = Gate()
        self.gate.set_up(MODEL, config, NoGuard())
        self.robot = TrajectoryFollower(MODEL.joint_names, position)
        self.now_s = 100.0
        self.sent = []
        self.heard = self.moving = self.beating = True
        self.gate.start(self.now_s)

    def run(self, seconds, wish=None, late=()):
        """Ticks; every second one the joints are measured, every third one `wish` goes to the source gesture."""
        for tick in range(round(seconds / TICK_S)):
            self.now_s += TICK_S
            if tick in late:
                continue
            if self.heard and tick % 2 == 0:
                position, velocity, _ = self.robot.command(self.now_s)
                self.gate.measured(RobotState(self.now_s, MODEL.joint_names, position, velocity), self.now_s)
            if self.beating and tick % 10 == 0:
                self.gate.beat(self.now_s)
            if wish is not None and tick % 3 == 0:
                self.gate.submit(Command("gesture", self.now_s, fake_robot.wave_value(self.now_s, wish)), self.now_s)
            sent = self.gate.step(self.now_s, None, 0.0)
            if sent is not None:
                assert sent.start_s <= self.now_s < sent.start_s + 2.1 * TICK_S
                assert audit([sent], MODEL).violations == 0 and not sent.velocities[-1].any()
                self.sent.append(sent)
                self.robot.follow(sent, self.now_s)

    def ready(self, wish=None):
        self.run(0.5)
        assert self.gate.release(self.now_s) == ""
        self.run(1.5, wish)
        return self


def breaks(sent):
    return fake_robot.breaks(sent, 1e-6)


def test_it_comes_up_stopped_at_the_measured_pose_and_waits_for_a_release():
    world = World(position=MODEL.rest + 0.05)
    assert world.gate.status().mode == "waiting" and "no joint_states" in world.gate.release(world.now_s)
    world.run(0.5)
    assert world.gate.status().mode == "stopped" and world.gate.status().reason == "not released yet"
    assert all(np.allclose(t.positions, np.clip(MODEL.rest + 0.05, MODEL.lower, MODEL.upper)) for t in world.sent)
    assert len(world.sent) < 10  # at rest the robot is told so now and then only
    assert world.gate.release(world.now_s) == ""
    assert world.gate.status().mode == "starting"


def test_a_robot_that_still_moves_is_waited_for():
    world = World()
    target = MODEL.rest.copy()
    target[2] += 0.5
    way = JointTrajectory(MODEL.joint_names, world.now_s, [0.0, 0.6], np.stack([MODEL.rest, target]),
                          np.zeros((2, JOINTS)))
    world.robot.follow(way, world.now_s)
    world.run(0.5)
    assert world.gate.waiting == "the robot still moves" and not world.sent
    world.run(0.6)
    assert world.gate.status().mode == "stopped"
    assert np.allclose(world.sent[0].positions[0], target)


@given(st.sets(st.integers(0, 59), max_size=12), st.floats(0.05, 0.6))
@settings(max_examples=10, deadline=None)
def test_every_trajectory_begins_on_the_one_before_it_however_late_ticks_are(late, size):
    world = World().ready(size)
    world.run(0.6, size, late)
    world.run(0.3)
    assert not breaks(world.sent)
    assert any(t.velocities.any() for t in world.sent)


def test_a_stop_brakes_from_the_next_tick_on_and_ends_with_a_release_only():
    world = World().ready(0.4)
    speed = np.abs(world.sent[-1].velocities[0]).max()
    world.gate.stop(world.now_s, "operator")
    count = len(world.sent)
    world.run(0.02, 0.4)
    assert world.gate.status().mode == "stopping" and np.abs(world.sent[-1].velocities[1]).max() < speed
    world.run(1.0, 0.4)
    assert world.gate.status().mode == "stopped" and world.gate.status().reason == "operator"
    assert not breaks(world.sent[count - 5:])
    assert world.gate.release(world.now_s) == ""
    world.run(1.0, 0.4)
    assert world.gate.status().source == "gesture"


def test_joints_that_are_not_heard_end_the_stream_and_come_back_slowly():
    world = World().ready(0.4)
    world.heard = False
    world.run(0.4, 0.4)
    count = len(world.sent)
    assert world.gate.status().mode == "waiting" and world.gate.waiting == "joint_states have stopped"
    world.run(1.0, 0.4)
    assert len(world.sent) == count and "stopped" in world.gate.release(world.now_s) + world.gate.waiting
    world.heard = True
    world.run(0.5, 0.4)
    assert world.gate.status().mode in ("starting", "running") and len(world.sent) > count
    assert not breaks(world.sent)  # this robot rests where it was sent


def test_a_robot_that_was_restarted_elsewhere_is_met_where_it_is():
    world = World().ready(0.4)
    elsewhere = np.clip(MODEL.rest + 0.9, MODEL.lower, MODEL.upper)
    world.robot.hold(elsewhere)
    world.heard = False
    count = len(world.sent)
    world.run(0.6)
    world.robot.hold(elsewhere)
    world.heard = True
    world.run(0.5)
    new = [t for t in world.sent[count:] if abs(t.positions[0] - elsewhere).max() < 0.02]
    assert len(breaks(world.sent[count:])) <= 1 and new and world.gate.status().mode != "waiting"


def test_a_joint_held_by_something_is_noticed_and_met_where_it_is():
    world = World().ready(0.5)
    world.robot.follow = lambda trajectory, now_s: None  # it does not follow any more
    reasons = set()
    for _ in range(100):
        world.run(0.02, 0.5)
        reasons.add(world.gate.waiting)
    assert any("is not where it was commanded" in reason for reason in reasons)
    held = world.robot.command(world.now_s)[0]
    assert any(np.allclose(t.positions[0], held, atol=0.02) for t in breaks(world.sent))


@pytest.mark.parametrize("before_first", [True, False])
def test_without_a_heartbeat_it_stops(before_first):
    world = World(replace(ControlNodeConfig(), stop_heartbeat_s=0.5))
    world.beating = not before_first
    if before_first:
        world.run(0.5)
        assert world.gate.release(world.now_s) == "no heartbeat yet"
        world.beating = True
    world.ready(0.3)
    world.beating = False
    world.run(0.4, 0.3)
    assert world.gate.status().mode != "stopped"
    world.run(1.0, 0.3)
    assert world.gate.status().mode == "stopped" and "no heartbeat for more than 0.5 s" in world.gate.status().reason
    world.beating = True
    world.run(0.2, 0.3)
    assert world.gate.status().mode == "stopped" and world.gate.release(world.now_s) == ""


def test_locks_stop_keep_stopped_and_engage_when_silent():
    locks = (LockRule("pause", timeout_s=0.5),)
    world = World(replace(ControlNodeConfig(), control=ControlConfig(locks=locks)))
    world.gate.lock("stop", True, world.now_s)
    world.run(0.5)
    assert "lock 'stop' engaged" in world.gate.release(world.now_s)
    world.gate.lock("stop", False, world.now_s)
    assert "lock 'pause' fell silent" in world.gate.release(world.now_s)
    world.gate.lock("pause", False, world.now_s)
    assert world.gate.release(world.now_s) == ""
    world.run(0.4, 0.2)
    assert not world.gate.stopped_by
    world.run(0.3, 0.2)
    assert world.gate.stopped_by == "lock 'pause' fell silent"


def test_a_jump_of_the_clock_brakes_and_goes_on_without_a_jump_of_the_joints():
    world = World().ready(0.4)
    world.gate.jump(world.now_s)
    world.run(0.03, 0.4)
    assert world.gate.status().mode == "waiting" and world.gate.status().reason == "the clock jumped"
    world.run(1.5, 0.4)
    assert world.gate.status().source == "gesture"
    assert not breaks(world.sent)


def test_a_stop_during_a_jump_stays_a_stop_and_a_release_during_it_is_one():
    world = World().ready(0.4)
    world.gate.jump(world.now_s)
    world.gate.stop(world.now_s, "operator")
    world.run(1.0, 0.4)
    assert world.gate.status().mode == "stopped"
    assert world.gate.release(world.now_s) == ""
    world.run(1.0, 0.4)
    assert world.gate.status().source == "gesture" and not breaks(world.sent)


def test_joints_far_outside_their_limits_and_false_stamps_are_named():
    outside = MODEL.rest.copy()
    outside[0] = MODEL.upper[0] + 0.5
    world = World(position=outside)
    world.run(0.5)
    assert "outside its limits" in world.gate.waiting and not world.sent
    with pytest.raises(InvalidInput, match="same clock|one clock"):
        world.gate.measured(RobotState(world.now_s + 5.0, MODEL.joint_names, MODEL.rest, MODEL.rest), world.now_s)


@given(st.lists(st.lists(st.floats(-3.0, 3.0), min_size=3, max_size=3), min_size=2, max_size=12))
@settings(max_examples=50, deadline=None)
def test_points_that_are_left_out_are_on_the_way_anyway(accelerations):
    held = np.repeat(accelerations, 3, axis=0)
    velocities = np.vstack([np.zeros(3), np.cumsum(held * TICK_S, axis=0)])
    positions = np.vstack([np.zeros(3), np.cumsum(0.5 * TICK_S * (velocities[1:] + velocities[:-1]), axis=0)])
    rows, times = needed_rows(velocities), np.arange(len(velocities)) * TICK_S
    kept = JointTrajectory(("a", "b", "c"), 0.0, times[rows], positions[rows], velocities[rows])
    found, speeds, _ = sample_trajectory(kept, times)
    assert np.allclose(found, positions, atol=1e-9) and np.allclose(speeds[:-1], velocities[:-1], atol=1e-7)
