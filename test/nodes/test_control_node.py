"""The control node over real DDS, with a fake robot in the test's process."""

from __future__ import annotations

import numpy as np
import pytest
from fake_robot import MODEL, FakeRobot, breaks, stamp, wave
from gesture_robot.msg import People, Person
from lifecycle_msgs.msg import Transition
from std_msgs.msg import Bool, Empty
from trajectory_msgs.msg import JointTrajectory as TrajectoryMessage

from gesture_robot.nodes import topics
from gesture_robot.robots.follower import sample_trajectory


@pytest.fixture(scope="module")
def world(shared_graph):
    robot = FakeRobot(shared_graph)
    shared_graph.start("control")
    robot.until(lambda: robot.mode == "stopped", "control met the robot")
    return robot


@pytest.fixture
def robot(world):
    """At rest, stopped, nothing waving, whatever the test before left."""
    world.waving, world.heard, world.edit, world.wave_joints = 0.0, True, lambda message: message, MODEL.joint_names
    world.until(lambda: world.mode != "waiting", "control is not waiting")
    world.stop()
    world.until(lambda: world.mode == "stopped" and world.rests(), "it rests")
    del world.sent[:], world.arrived_s[:], world.status[:-1]
    yield world
    assert world.violations() == 0


@pytest.fixture(scope="module")
def behaviour(world):
    return world.graph.publisher(TrajectoryMessage, topics.BEHAVIOUR_TRAJECTORY)


def said(robot, text, again=lambda: None):
    """Wait for a text in the diagnostic, doing `again` meanwhile."""
    robot.graph.wait(lambda: again() or text in robot.graph.message("control"), f"the diagnostic says '{text}'")


def test_it_comes_up_stopped_and_says_why_and_that_no_heartbeat_guards(robot):
    output = robot.graph.processes[0].output
    assert "not released yet" in output and "NO HEARTBEAT GUARDS THIS ROBOT" in output
    robot.waving = 0.3
    robot.graph.spin(0.3)
    assert robot.rests() and robot.status[-1].dropped_commands > 0


def test_released_it_follows_and_a_stop_brakes_at_once_and_stays(robot):
    robot.run(waving=0.4)
    assert robot.status[-1].source == "gesture"
    assert robot.stop().success
    robot.until(lambda: robot.mode == "stopped" and robot.rests(), "it stopped")
    assert robot.status[-1].stopped and robot.reason == "operator"
    robot.graph.spin(0.3)
    assert robot.rests() and not breaks(robot.sent)


def test_a_stop_works_in_every_lifecycle_state(robot):
    graph = robot.graph
    robot.run(waving=0.3)
    assert graph.change("control", Transition.TRANSITION_DEACTIVATE)
    graph.wait(lambda: graph.state("control") == "inactive", "it is inactive")
    robot.until(robot.silent, "nothing is sent any more")
    count = len(robot.sent)
    assert robot.stop().success and not robot.release().success
    assert graph.change("control", Transition.TRANSITION_CLEANUP)
    assert robot.stop().success and "must be active" in robot.release().message
    assert graph.change("control", Transition.TRANSITION_CONFIGURE)
    graph.spin(0.2)
    assert len(robot.sent) == count  # nothing more was sent
    assert graph.change("control", Transition.TRANSITION_ACTIVATE)
    robot.until(lambda: robot.mode == "stopped", "it is stopped, not running")
    assert robot.status[-1].stopped and not breaks(robot.sent)


def test_the_stop_lock_stops_and_keeps_stopped_until_it_is_cleared(robot):
    lock = robot.graph.publisher(Bool, topics.STOP_LOCK)
    robot.run(waving=0.3)
    lock.publish(Bool(data=True))
    robot.until(lambda: robot.mode == "stopped", "the lock stopped it")
    answer = robot.release()
    assert not answer.success and "lock 'stop' engaged" in answer.message
    lock.publish(Bool(data=False))
    robot.graph.spin(0.1)
    assert robot.release().success


def test_teleop_takes_the_joints_it_names_and_the_others_brake(robot):
    teleop = robot.graph.publisher(TrajectoryMessage, topics.TELEOP_TRAJECTORY)
    robot.run(waving=0.3)

    def driven():
        teleop.publish(wave(robot.now_s(), 0.2, ("neck_yaw",)))
        return robot.status[-1].source == "teleop" and robot.moving

    robot.until(driven, "teleop drives")
    others = [row for row, name in enumerate(MODEL.joint_names) if name != "neck_yaw"]
    robot.until(lambda: driven() and not robot.sent[-1].velocities[:, others].any(), "the others brake")
    robot.until(lambda: robot.status[-1].source == "gesture", "gesture drives again when teleop is silent")
    assert not breaks(robot.sent)


def test_people_slow_the_hands(robot):
    people = robot.graph.publisher(People, topics.PEOPLE)
    robot.run()

    def seen(distance_m):
        message = People(people=[Person(id="p", distance_m=distance_m)])
        message.header.stamp = stamp(robot.now_s())
        people.publish(message)

    assert robot.reason == "no picture"
    robot.until(lambda: seen(2.0) or robot.reason == "", "somebody far away")
    robot.until(lambda: seen(0.5) or robot.reason == "person near", "somebody near")
    robot.until(lambda: robot.reason == "no picture", "perception is gone")


def broken(kind):
    """A trajectory that must not move the robot."""
    def made(now_s):
        message = wave(now_s, 0.5)
        if kind == "empty":
            message.points = []
        elif kind == "name":
            message.joint_names[0] = "nek_yaw"
        elif kind == "length":
            message.points[1].positions = [0.0]
        elif kind == "nan":
            message.points[1].positions[0] = float("nan")
        elif kind == "velocity":
            message.points[0].velocities[3] = float("inf")
        elif kind == "order":
            message.points[0].time_from_start.sec = 9
        else:
            message.header.stamp = stamp(now_s + {"old": -60.0, "future": 60.0}[kind])
        return message

    return made


@pytest.mark.parametrize("kind, words", [
    ("empty", "no points"), ("name", "unknown joint 'nek_yaw'"), ("length", "every point needs 21 positions"),
    ("nan", "finite"), ("velocity", "finite"), ("order", "increase"), ("old", "same clock"), ("future", "same clock")])
def test_a_bad_trajectory_moves_nothing_and_is_named(robot, behaviour, kind, words):
    robot.run()
    said(robot, words, lambda: behaviour.publish(broken(kind)(robot.now_s())))
    assert "behaviour/joint_trajectory" in robot.graph.message("control")
    assert robot.rests() and robot.status[-1].source == ""


def test_a_stamp_of_zero_means_now(robot, behaviour):
    robot.run()
    message = wave(robot.now_s(), 0.2)
    message.header.stamp = stamp(0.0)
    robot.until(lambda: behaviour.publish(message) or robot.status[-1].source == "behaviour", "it is taken")


def test_a_second_publisher_on_a_source_is_named_and_not_followed(robot):
    robot.run(waving=0.2)
    second = robot.graph.publisher(TrajectoryMessage, topics.GESTURE_TRAJECTORY)
    for _ in range(20):
        second.publish(wave(robot.now_s() + 0.4, 0.2))
        robot.graph.spin(0.01)
    said(robot, "second publisher")
    assert "2 publishers" in robot.graph.message("control")
    robot.graph.node.destroy_publisher(second)


def test_a_second_writer_on_the_controller_is_named(robot):
    second = robot.graph.node.create_publisher(TrajectoryMessage, topics.CONTROLLER_TRAJECTORY, topics.STREAM)
    said(robot, "control must be the only one")
    robot.graph.node.destroy_publisher(second)


def without_a_joint(message):
    message.name = message.name[1:]
    message.position, message.velocity = message.position[1:], message.velocity[1:]
    return message


def with_nan(message):
    message.position[2] = float("nan")
    return message


def from_the_past(message):
    message.header.stamp.sec -= 100
    return message


@pytest.mark.parametrize("edit, words", [(without_a_joint, "lacks torso_yaw"), (with_nan, "finite"),
                                         (from_the_past, "one clock"), (None, "joint_states: nothing for")])
def test_without_good_joint_states_it_brakes_waits_and_begins_anew(robot, edit, words):
    robot.run(waving=0.3)
    robot.heard, robot.edit = edit is not None, edit or robot.edit
    robot.until(lambda: robot.mode == "waiting", "it waits")
    said(robot, words)
    assert "joint_states" in robot.reason and not robot.status[-1].stopped
    robot.until(robot.silent, "nothing is sent any more")
    assert not robot.follower.command(robot.now_s())[1].any()
    robot.heard, robot.edit = True, lambda message: message
    robot.until(lambda: robot.mode == "starting" and robot.moving, "it begins anew, slowly")
    assert not breaks(robot.sent)


def test_a_robot_that_comes_back_elsewhere_is_met_there(robot):
    robot.run(waving=0.3)
    robot.heard = False
    robot.until(lambda: robot.mode == "waiting", "it waits")
    elsewhere = np.clip(MODEL.rest + 0.7, MODEL.lower, MODEL.upper)
    robot.until(robot.silent, "nothing is sent any more")
    robot.follower.hold(elsewhere)
    count, robot.waving, robot.heard = len(robot.sent), 0.0, True
    robot.until(lambda: len(robot.sent) > count, "it sends again")
    assert np.allclose(robot.sent[count].positions, elsewhere, atol=1e-6)


def test_killed_while_moving_the_robot_brakes_and_the_next_control_is_stopped(graph):
    robot = FakeRobot(graph)
    first = graph.start("control", parameters={"release_on_start": True})
    robot.run(waving=0.5)
    first.kill()
    robot.until(robot.silent, "nothing is sent any more")
    robot.status.clear()
    before = len(robot.sent)
    assert not robot.sent[-1].velocities[-1].any()
    graph.start("control")
    robot.until(lambda: robot.mode == "stopped", "the new one has met the robot")
    assert robot.status[-1].stopped and robot.reason == "not released yet"
    robot.run(waving=0.5)
    assert robot.violations() == 0 and not breaks(robot.sent[:before]) and not breaks(robot.sent[before:])
    assert np.allclose(robot.sent[before].positions[0], robot.sent[before - 1].positions[-1], atol=1e-3)


def test_heartbeat_deadman_lock_and_release_on_start(graph):
    robot = FakeRobot(graph)
    beat = graph.node.create_publisher(Empty, topics.HEARTBEAT, topics.STREAM)
    pause = graph.node.create_publisher(Bool, "pause", topics.STREAM)
    graph.start("control", parameters={
        "stop_heartbeat_s": 0.5, "release_on_start": True, "control.locks.names": "[pause]"})
    robot.until(lambda: robot.mode == "stopped", "it waits for the heartbeat")
    assert "no heartbeat yet" in robot.release().message
    beating = graph.node.create_timer(0.1, lambda: beat.publish(Empty()))
    graph.wait(lambda: "lock 'pause' fell silent" in robot.release().message, "the lock is missing")
    pausing = graph.node.create_timer(0.1, lambda: pause.publish(Bool(data=False)))
    robot.until(lambda: robot.mode == "starting", "it was released, as soon as it could be")
    robot.run(waving=0.3)
    beating.cancel()
    robot.until(lambda: robot.mode == "stopped", "without a heartbeat it stops")
    assert "no heartbeat for more than 0.5 s" in robot.reason
    beating.reset()
    graph.spin(0.3)
    assert robot.status[-1].stopped
    robot.run(waving=0.3)
    pausing.cancel()
    robot.until(lambda: robot.mode == "stopped", "a lock that falls silent engages")
    assert robot.reason == "lock 'pause' fell silent" and robot.violations() == 0


def test_the_clock_is_set_forward_and_back_while_moving(graph):
    robot = FakeRobot(graph, simulated=True)
    graph.start("control", parameters={"use_sim_time": True, "release_on_start": True})
    robot.run(waving=0.3)
    for jump_s in (500.0, -900.0):
        robot.until(lambda: robot.moving, "it moves")
        before = robot.sent[-1]
        robot.sent.clear()
        robot.shift_s += jump_s
        said(robot, f"the clock jumped by {'+' if jump_s > 0.0 else '-'}")
        robot.until(lambda: robot.mode in ("starting", "running") and robot.moving
                    and abs(robot.sent[-1].start_s - robot.now_s()) < 100.0, "it goes on")
        new = [sent for sent in robot.sent if abs(sent.start_s - robot.now_s()) < 100.0]
        assert not breaks(new)
        braked, _, _ = sample_trajectory(before, before.start_s + np.linspace(0.0, 0.5, 51))
        assert np.abs(braked - new[0].positions[0]).min(axis=0).max() < 0.1  # they go on from the way that was sent
    assert robot.violations() == 0
