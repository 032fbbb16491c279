"""The simulated robot on the graph: it takes what ros2_control would take, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as TrajectoryMessage

from gesture_robot.datatypes import JointTrajectory
from gesture_robot.errors import InvalidInput
from gesture_robot.nodes import topics
from gesture_robot.nodes.convert.joints import trajectory_message
from gesture_robot.nodes.robot_body import CATCH_UP_S, PacedBody
from gesture_robot.nodes.robot_model import load_model
from gesture_robot.robots.echo import EchoRobot

MODEL = load_model("wren")
NAMES = MODEL.joint_names

def wave(start_s=0.0, *, names=NAMES, by=0.2, length_s=1.0, last_velocity=0.0):
    """From rest towards a reachable pose and there to rest."""
    rest = np.array([MODEL.rest[NAMES.index(n)] if n in NAMES else 0.0 for n in names])
    middle = 0.5 * (MODEL.lower + MODEL.upper)
    there = rest + by * np.array([np.sign(middle[NAMES.index(n)] - MODEL.rest[NAMES.index(n)]) if n in NAMES else 1.0
                                  for n in names])
    velocities = np.zeros((2, len(names)))
    velocities[1] = last_velocity
    return JointTrajectory(tuple(names), start_s, np.array([0.1, length_s]), np.stack([rest, there]), velocities)


# --- without a graph -------------------------------------------------------------------------------------------


def test_time_that_passes_in_steps_is_all_lived():
    body = PacedBody(EchoRobot(MODEL), 100.0)
    for now_s in np.arange(100.0, 101.0, 0.0137):
        body.advance(now_s)
    assert body.read().stamp_s == pytest.approx(now_s) and body.skipped_s == 0.0


def test_a_long_sleep_is_left_out():
    body = PacedBody(EchoRobot(MODEL), 100.0)
    body.advance(160.0)
    assert body.skipped_s == pytest.approx(60.0 - CATCH_UP_S)
    assert body.read().stamp_s == pytest.approx(160.0)


def test_a_trajectory_is_followed_by_its_stamp():
    body = PacedBody(EchoRobot(MODEL), 50.0)
    body.follow(wave(50.0), 50.0)
    body.advance(50.2)
    moving = body.read().positions
    body.advance(50.7)
    body.advance(51.1)
    assert 0.0 < np.abs(moving - MODEL.rest).max() < 0.2
    assert np.abs(body.read().positions - wave().positions[-1]).max() < 1e-9


@pytest.mark.parametrize("bad, says", [
    (wave(9.0), "ago"), (wave(100.0), "ahead"), (wave(10.0, last_velocity=0.1), "rest"),
    (wave(10.0, names=NAMES[:-1]), NAMES[-1]), (wave(10.0, names=(*NAMES[:-1], "tail")), "'tail'")])
def test_what_a_controller_refuses_is_refused(bad, says):
    body = PacedBody(EchoRobot(MODEL), 10.0)
    with pytest.raises(InvalidInput, match=says):
        body.follow(bad, 10.5)
    body.advance(10.4)
    assert (body.read().positions == MODEL.rest).all()


# --- on the graph ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def robot(shared_graph):
    shared_graph.start("robot", parameters={"scene": "two_people", "scene_waits": True, "camera_fps": 10.0})
    shared_graph.joints = shared_graph.listen(JointState, topics.JOINT_STATES)
    shared_graph.commands = shared_graph.publisher(TrajectoryMessage, topics.CONTROLLER_TRAJECTORY)
    shared_graph.wait(lambda: shared_graph.joints, "joints")
    return shared_graph


def positions(graph):
    newest = graph.joints[-1]
    return np.array([newest.position[newest.name.index(n)] for n in NAMES])


def send(graph, trajectory, **changes):
    message = trajectory_message(trajectory, graph.node.get_clock().now().to_msg())
    for name, value in changes.items():
        setattr(message, name, value)
    graph.commands.publish(message)
    return message


def test_joints_come_at_rest_with_their_stamps(robot):
    robot.wait(lambda: len(robot.joints) > 20, "joints keep coming")
    assert np.abs(positions(robot) - MODEL.rest).max() < 0.02
    stamps = [m.header.stamp.sec + m.header.stamp.nanosec * 1e-9 for m in robot.joints[-20:]]
    assert (np.diff(stamps) > 0.0).all()


@pytest.mark.parametrize("what", ["nan", "short", "foreign", "old"])
def test_a_bad_command_moves_nothing_and_is_named(robot, what):
    before = positions(robot)
    message = trajectory_message(wave(by=0.5), robot.node.get_clock().now().to_msg())
    if what == "nan":
        message.points[1].positions[3] = float("nan")
    elif what == "short":
        message.points[1].positions = message.points[1].positions[:-1]
    elif what == "foreign":
        message.joint_names = [*NAMES[:-1], "tail"]
    else:
        message.header.stamp.sec -= 100
    says = {"nan": "finite", "short": "21 positions", "foreign": "tail", "old": "ago"}[what]
    robot.commands.publish(message)
    robot.wait(lambda: says in robot.message("robot"), f"'{says}' is in the diagnostic")
    assert np.abs(positions(robot) - before).max() < 1e-3


def test_a_trajectory_is_followed_whatever_the_order_of_its_joints(robot):
    order = tuple(reversed(NAMES))
    sent = wave(names=order)
    there = np.array([sent.positions[-1][order.index(n)] for n in NAMES])
    message = send(robot, sent)
    robot.wait(lambda: np.abs(positions(robot) - there).max() < 0.02, "the pose is reached")
    end_s = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9 + 1.0
    reached = next(m for m in robot.joints if abs(m.position[m.name.index(NAMES[0])] - there[0]) < 0.02)
    assert reached.header.stamp.sec + reached.header.stamp.nanosec * 1e-9 < end_s + 0.2
    assert robot.value("robot", "self-collision contacts") == "0"


def test_nobody_looks_nobody_draws_then_pictures_come_with_their_camera(robot):
    assert robot.value("robot", "image: messages") in ("", "0")
    images = robot.listen(Image, topics.IMAGE, topics.SENSOR)
    infos = robot.listen(CameraInfo, topics.CAMERA_INFO, topics.SENSOR)
    robot.wait(lambda: len(images) >= 5 and infos, "pictures")
    picture, info = images[-1], infos[-1]
    assert (picture.encoding, picture.height, picture.width, picture.step) == ("rgb8", 480, 640, 1920)
    assert len(picture.data) == 640 * 480 * 3 and picture.header.frame_id == info.header.frame_id != ""
    assert info.k[0] == pytest.approx(554.3, abs=0.1) and (info.width, info.height) == (640, 480)
    assert robot.value("robot", "scene started") == "waits"
    answer = robot.call(Trigger, "robot/restart_scene", Trigger.Request())
    assert answer.success and float(answer.message) > 0.0
    robot.wait(lambda: robot.value("robot", "scene started") == answer.message, "the diagnostic tells the start")


def test_the_description_waits_for_who_comes_late(robot):
    described = robot.listen(String, topics.ROBOT_DESCRIPTION, topics.LATCHED)
    robot.wait(lambda: described, "robot_description")
    assert "<robot" in described[0].data and all(n in described[0].data for n in NAMES)


def test_two_commanders_are_reported(robot):
    first, second = (robot.publisher(TrajectoryMessage, topics.CONTROLLER_TRAJECTORY) for _ in range(2))
    robot.wait(lambda: (first.publish(TrajectoryMessage()), second.publish(TrajectoryMessage()),
                        "2 publishers" in robot.message("robot"))[-1], "two publishers are named")
    for publisher in (first, second):
        robot.node.destroy_publisher(publisher)


def test_a_robot_that_was_killed_comes_back_at_rest_with_its_own_time(graph):
    made = graph.start("robot", parameters={"scene": "''", "engine": "echo", "publish_clock": True,
                                            "real_time_factor": 2.0})
    ticks = graph.listen(Clock, "/clock")
    joints = graph.listen(JointState, topics.JOINT_STATES)
    graph.wait(lambda: len(ticks) > 100, "/clock runs")
    times = [m.clock.sec + m.clock.nanosec * 1e-9 for m in ticks]
    assert (np.diff(times) >= 0.0).all() and 0.0 < times[-1] < 120.0
    made.kill()
    graph.start("robot", parameters={"scene": "''", "engine": "echo"})
    joints.clear()
    graph.wait(lambda: joints, "joints are back")
    assert np.allclose([joints[-1].position[joints[-1].name.index(n)] for n in NAMES], MODEL.rest)


@pytest.mark.parametrize("wrong, says", [({"robot": "robby"}, "wren"), ({"scene": "beach"}, "visitor"),
                                         ({"engine": "clay"}, "mujoco"), ({"scene": "''", "camera": 97}, "camera 97")])
def test_what_is_not_there_is_named_with_what_is(graph, wrong, says):
    graph.start("robot", parameters=wrong, wait=False)
    graph.wait(lambda: says in graph.message("robot"), f"'{says}' is in the diagnostic")
    assert graph.state("robot") == "unconfigured"
