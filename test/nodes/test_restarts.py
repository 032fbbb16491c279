"""Each node is killed while the robot talks: it stays safe, nobody else dies, and all is back after the restart."""

from __future__ import annotations

import pytest
from gesture_robot.action import Say
from rclpy.action import ActionClient
from whole_robot import WholeRobot

from gesture_robot.nodes import topics

pytestmark = pytest.mark.slow

TEXT = "I will tell you about this house. It was built a long time ago, and a lot of people have lived here since then."


@pytest.fixture(scope="module")
def whole(shared_graph):
    made = WholeRobot(shared_graph, "still_20deg")
    made.say = ActionClient(shared_graph.node, Say, topics.SAY)
    made.begin()
    return made


@pytest.fixture
def robot(whole):
    """The robot looks at somebody; whatever a test leaves dead is started again."""
    whole.graph.wait(lambda: whole.seen.decisions and whole.seen.decisions[-1][1].act != "none", "it sees somebody")
    yield whole
    dead = [name for name, made in whole.processes.items() if made.process.poll() is not None]
    for name in dead:
        whole.start_again(name)
    for name in dead:
        whole.graph.wait(lambda name=name: whole.graph.state(name) == "active", f"{name} is back")
    if whole.status.stopped:
        whole.release()


def talk(robot):
    """Say something long, and wait until arms move with it."""
    known, graph = len(robot.seen.pieces), robot.graph
    graph.wait(robot.say.server_is_ready, "say is offered")
    goal = Say.Goal(text=TEXT, language="en", emotion="neutral", interrupt=True)
    graph.wait(lambda: graph.result(robot.say.send_goal_async(goal), "say").accepted, "speech accepts")
    asked_s = robot.seen.now_s()

    def moves():
        nonlocal asked_s
        if robot.seen.now_s() - asked_s > 8.0:  # said before the new node was known to everybody
            asked_s = robot.seen.now_s()
            robot.say.send_goal_async(goal)
        return [p for p in robot.seen.pieces[known:] if p.on_its_way == "command"]

    robot.graph.wait(moves, "speech and arms")


def others_live(robot, name):
    return all(p.process.poll() is None for n, p in robot.processes.items() if n != name)


def judge(robot):
    assert robot.seen.stream.violations() == 0, (robot.seen.stream.report(), robot.seen.stream.steps)
    assert robot.contacts() in ("", "0")


@pytest.mark.parametrize("name", ["perception", "decision", "speech", "gesture", "face", "retarget"])
def test_a_stage_that_dies_harms_nobody_and_comes_back(robot, name):
    talk(robot)
    robot.kill(name)
    if name in ("gesture", "retarget"):
        robot.graph.wait(robot.rests, "without motion the robot comes to rest")
    assert others_live(robot, name)
    robot.start_again(name)
    robot.graph.wait(lambda: robot.graph.state(name) == "active", f"{name} is back")
    people = len(robot.seen.people)
    robot.graph.wait(lambda: len(robot.seen.people) > people + 3, "people are seen")
    talk(robot)
    assert not robot.status.stopped
    judge(robot)


def test_without_eyes_it_looks_ahead_and_says_nothing_new(robot):
    robot.kill("perception")
    robot.graph.wait(lambda: robot.seen.decisions[-1][1].act == "none", "the decision is none")
    blind = robot.seen.decisions[-1][1]
    assert blind.look_at_base is None and "picture" in blind.reason
    told = {piece.speech.id for piece in robot.seen.pieces}
    robot.graph.spin(2.0)
    assert {piece.speech.id for piece in robot.seen.pieces} == told, "no new utterance"
    assert robot.status.hand_speed_limit_mps < 0.3, "the hands are slow when nobody watches for people"
    robot.start_again("perception")
    robot.graph.wait(lambda: robot.seen.decisions[-1][1].act != "none", "it looks again")
    judge(robot)


def test_control_that_dies_stops_the_robot_and_comes_back_stopped(robot):
    talk(robot)
    robot.kill("control")
    robot.graph.wait(robot.rests, "what was sent last ends at rest")
    assert robot.seen.stream.ends_at_rest and others_live(robot, "control")
    robot.start_again("control")
    robot.graph.wait(lambda: robot.graph.state("control") == "active", "control is back")
    robot.graph.wait(lambda: robot.status.stopped, "it is stopped")
    robot.release()
    talk(robot)
    judge(robot)


def test_a_robot_that_comes_back_elsewhere_is_not_jerked(robot):
    talk(robot)
    robot.kill("robot")
    robot.graph.wait(lambda: "joint_states" in robot.graph.message("control"), "control misses the joints")
    assert others_live(robot, "robot")
    robot.seen.stream.forget()
    robot.start_again("robot")
    robot.graph.wait(lambda: robot.graph.state("robot") == "active", "the robot is back")
    robot.begin()
    robot.graph.wait(lambda: robot.status.mode != "waiting", "control has joints")
    if robot.status.stopped:
        robot.release()
    talk(robot)
    judge(robot)
