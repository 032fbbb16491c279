"""The drawn scenes with every stage in its own process: the same greetings as in one process, nothing over a limit."""

from __future__ import annotations

import pytest
from whole_robot import WholeRobot

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def robot(shared_graph):
    return WholeRobot(shared_graph, "passer_by")


def spoken(robot, since_s):
    return [d for at_s, d in robot.seen.decisions if at_s >= since_s and d.act in ("greet", "farewell")]


def judge(robot):
    """What holds after every scene."""
    assert robot.seen.stream.violations() == 0, (robot.seen.stream.report(), robot.seen.stream.steps)
    assert robot.contacts() == "0"
    assert not robot.status.stopped
    assert all(p.process.poll() is None for p in robot.processes.values()), "no process has died"


def test_somebody_who_walks_past_is_left_alone(robot):
    began_s = robot.begin()
    people = len(robot.seen.people)
    robot.graph.wait(lambda: robot.seen.now_s() > began_s + 8.0, "they have passed")
    assert any(count for _, stamp_s, count in robot.seen.people[people:] if stamp_s > began_s), "they were seen"
    assert not spoken(robot, began_s)
    judge(robot)


def test_a_visitor_is_greeted_once_and_seen_off_once(robot):
    robot.change_scene("visitor")
    robot.graph.spin(1.0)
    began_s = robot.begin()
    seen, graph = robot.seen, robot.graph
    graph.wait(lambda: seen.count("greet", began_s) or seen.now_s() > began_s + 15.0, "a greeting")
    graph.wait(lambda: seen.count("farewell", began_s) or seen.now_s() > began_s + 22.0, "a farewell")
    graph.wait(lambda: len(seen.ended) >= 2 and seen.now_s() > seen.ended[-1][0], "all is said")
    acts = [d.act for d in spoken(robot, began_s)]
    assert acts == ["greet", "farewell"]
    greeted, left = spoken(robot, began_s)
    assert greeted.person_id == left.person_id
    assert [p.speech.text for p in seen.pieces] == [greeted.text, left.text], "what was decided was said"
    first = seen.pieces[0]
    assert 5.0 < first.heard_s - began_s < 8.0, "soon after the visitor has turned to the robot"
    assert all(p.on_its_way == "command" for p in seen.pieces), "the arms took part"
    judge(robot)


def test_of_two_people_the_one_who_looks_is_greeted(robot):
    robot.change_scene("two_people")
    robot.graph.spin(1.0)
    began_s, known = robot.begin(), len(robot.seen.pieces)
    robot.graph.wait(lambda: len(robot.seen.pieces) > known, "a greeting")
    robot.graph.wait(lambda: robot.seen.now_s() > began_s + 9.0, "time passes")
    [greeted] = spoken(robot, began_s)
    assert greeted.act == "greet" and greeted.look_at_base[1] < 0.0, "the one on the right looks at the robot"
    judge(robot)
