"""The decision node over DDS: whom it greets, what it does not say, and that recordings give the same decisions."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from gesture_robot.action import Say
from gesture_robot.msg import ControlStatus, People
from gesture_robot.msg import Decision as DecisionMessage
from gesture_robot.srv import Greet
from lifecycle_msgs.msg import Transition
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rosgraph_msgs.msg import Clock
from std_srvs.srv import SetBool

from gesture_robot.datatypes import CameraImage
from gesture_robot.nodes import topics
from gesture_robot.nodes.convert.people import people_message
from gesture_robot.perception.scripted import ScriptedBackend, scripted_person
from gesture_robot.perception.stage import PerceptionStage
from gesture_robot.robots.head_camera import BODY_FROM_OPTICAL

RATE_HZ = 15.0
SPOKEN = ("greet", "farewell")


def visit(seen=30, gone=45, name="p", x_m=0.2):
    """People messages of somebody who stands before the robot and then is not there any more."""
    person = scripted_person(x_m, 1.5)
    stage = PerceptionStage(ScriptedBackend(((person,),) * seen + ((),) * gone), id_prefix=name)
    pose = BODY_FROM_OPTICAL.copy()
    pose[2, 3] = 1.3
    picture, matrix = np.zeros((16, 16, 3), np.uint8), np.diag([554.0, 554.0, 1.0])
    scenes = [stage.process(CameraImage(k / RATE_HZ, "camera", picture, matrix, pose)) for k in range(seen + gone)]
    return [people_message(scene, DecisionMessage().header.stamp, "base") for scene in scenes]


class Bench:
    """A decision node with everything around it played by the test."""

    def __init__(self, graph):
        self.graph, self.goals, self.accept = graph, [], True
        self.decisions = graph.listen(DecisionMessage, topics.DECISION, topics.EVERY)
        self.server = ActionServer(graph.node, Say, topics.SAY, self._say, goal_callback=self._goal,
                                   cancel_callback=lambda _: CancelResponse.ACCEPT)
        graph.start("decision", parameters={
            "say_retry_s": 0.1, "decision.gap_s": 0.0, "decision.same_place_m": 0.0, "decision.leave_s": 30.0})
        self.people = graph.publisher(People, topics.PEOPLE, topics.STREAM)
        self.status = graph.publisher(ControlStatus, topics.CONTROL_SOURCE, topics.LATCHED)
        self.visits = 0

    def _goal(self, goal):
        if self.accept:
            self.goals.append(goal)
        return GoalResponse.ACCEPT if self.accept else GoalResponse.REJECT

    def _say(self, handle):
        handle.succeed()
        return Say.Result(completed=True)

    def stamp(self):
        return self.graph.node.get_clock().now().to_msg()

    def send(self, message, publisher=None, stamp=None):
        """One people message of now; returns the decision it gives."""
        message = copy.deepcopy(message)
        message.header.stamp = stamp or self.stamp()
        (publisher or self.people).publish(message)
        return self.graph.wait(lambda: next((d for d in reversed(self.decisions)
                                             if d.header.stamp == message.header.stamp), None), "a decision")

    def play(self, messages):
        """At the pace of a camera; returns the decisions."""
        found = []
        for message in messages:
            found.append(self.send(message))
            self.graph.spin(1.0 / RATE_HZ)
        return found

    def someone(self, count=20):
        """Somebody new who looks at the robot."""
        self.visits += 1
        name = "v" + "abcdefghijklmnopqrstuvwxyz"[self.visits]
        return visit(count, 0, name, x_m=-0.9 + 0.9 * (self.visits % 3))


@pytest.fixture(scope="module")
def bench(shared_graph):
    return Bench(shared_graph)


def acts(decisions):
    return [d.act for d in decisions]


def test_somebody_who_looks_is_greeted_once_with_a_goal(bench):
    found = bench.play(bench.someone())
    assert acts(found).count("greet") == 1
    greeting = found[acts(found).index("greet")]
    bench.graph.wait(lambda: bench.goals, "a goal of say")
    goal = bench.goals.pop()
    assert (goal.text, goal.emotion, goal.gesture) == (greeting.text, greeting.expression, greeting.motion)
    assert greeting.has_look_at and "looks at the robot" in greeting.reason and not bench.goals


def test_while_stopped_nothing_is_said_and_after_the_release_it_is(bench):
    bench.status.publish(ControlStatus(stopped=True))
    messages = bench.someone(16)
    found = bench.play(messages)
    assert not set(acts(found)) & set(SPOKEN) and not bench.goals
    assert any(d.reason.startswith("stopped; otherwise: greet") for d in found)
    assert not bench.graph.call(Greet, topics.GREET, Greet.Request()).accepted
    bench.status.publish(ControlStatus(stopped=False))
    assert acts(bench.play(messages[-4:])).count("greet") == 1
    bench.graph.wait(lambda: len(bench.goals) == 1, "a goal of say")
    bench.goals.clear()


def test_paused_it_looks_ahead_and_says_nothing_and_greets_afterwards(bench):
    assert bench.graph.call(SetBool, topics.ENABLE_DECISIONS, SetBool.Request(data=False)).success
    messages = bench.someone(16)
    found = bench.play(messages)
    assert {(d.act, d.reason, d.has_look_at) for d in found} == {("none", "paused by the operator", False)}
    assert bench.graph.call(SetBool, topics.ENABLE_DECISIONS, SetBool.Request(data=True)).success
    assert acts(bench.play(messages[-4:])).count("greet") == 1
    bench.graph.wait(lambda: len(bench.goals) == 1, "a goal of say")
    bench.goals.clear()


def test_a_refused_greeting_is_named_and_tried_again(bench):
    bench.accept = False
    messages = bench.someone(12)
    found = bench.play(messages)
    assert "greet" in acts(found)
    bench.graph.wait(lambda: "refused" in bench.graph.message("decision"), "the refusal is named")
    bench.accept = True
    for _ in range(20):
        if bench.goals:
            break
        bench.play(messages[-1:])
    assert len(bench.goals) == 1
    bench.goals.clear()


def test_the_operator_has_somebody_greeted(bench):
    last = bench.someone(10)[-1]
    bench.send(last)
    answer = bench.graph.call(Greet, topics.GREET, Greet.Request(person_id="nobody"))
    assert not answer.accepted and last.people[0].id in answer.message
    assert bench.graph.call(Greet, topics.GREET, Greet.Request()).accepted
    bench.graph.wait(lambda: len(bench.goals) == 1, "a goal of say")
    assert bench.decisions[-1].act == "greet" and "operator" in bench.decisions[-1].reason
    bench.goals.clear()


def test_without_people_messages_it_looks_ahead_and_says_so_once(bench):
    bench.play(bench.someone(6))
    bench.decisions.clear()
    bench.graph.wait(lambda: bench.decisions, "the loss is decided")
    bench.graph.wait(lambda: "people: nothing for" in bench.graph.message("decision"), "the loss is named")
    (decision,) = bench.decisions
    assert decision.act == "none" and decision.reason.startswith("no picture") and not decision.has_look_at
    bench.goals.clear()


def shifted(bench, seconds):
    stamp = bench.stamp()
    stamp.sec += seconds
    return stamp


def spoil(message, what):
    person = message.people[0]
    if what == "nan":
        person.head.position.x = float("nan")
    elif what == "twice":
        message.people.append(copy.deepcopy(person))
    elif what == "gaze":
        person.gaze.x = person.gaze.y = person.gaze.z = 0.0
    elif what == "level":
        person.engagement = 77


@pytest.mark.parametrize("what, says", [
    ("nan", "finite"), ("twice", "twice"), ("gaze", "unit vector"), ("level", "engagement"), ("old", "too old"),
    ("future", "future"), ("again", "seen already")])
def test_people_that_cannot_be_are_refused_and_named(bench, what, says):
    message = copy.deepcopy(bench.someone(8)[-1])
    before = bench.send(message)
    stamp = {"old": shifted(bench, -5), "future": shifted(bench, 5), "again": before.header.stamp}.get(what)
    message.header.stamp = stamp or bench.stamp()
    spoil(message, what)
    count = len(bench.decisions)
    bench.people.publish(message)
    bench.graph.wait(lambda: says in bench.graph.message("decision"), f"'{says}' is named")
    assert "none" == bench.decisions[-1].act or len(bench.decisions) == count
    bench.goals.clear()


def test_of_two_publishers_only_the_first_is_followed(bench):
    first = bench.someone(8)[-1]
    other = bench.graph.publisher(People, topics.PEOPLE, topics.STREAM)
    bench.send(first)
    second = bench.someone(8)[-1]
    second.header.stamp = bench.stamp()
    other.publish(second)
    bench.send(first)
    bench.graph.wait(lambda: "second publisher" in bench.graph.message("decision"), "the second one is named")
    assert not any(d.header.stamp == second.header.stamp for d in bench.decisions)
    bench.graph.node.destroy_publisher(other)
    bench.goals.clear()


def test_deactivated_it_decides_nothing_and_goes_on_when_activated(bench):
    message = bench.someone(8)[-1]
    assert bench.graph.change("decision", Transition.TRANSITION_DEACTIVATE)
    count = len(bench.decisions)
    message.header.stamp = bench.stamp()
    bench.people.publish(message)
    bench.graph.spin(0.3)
    assert all(d.act == "none" for d in bench.decisions[count:])
    assert bench.graph.change("decision", Transition.TRANSITION_ACTIVATE)
    bench.send(message)
    bench.goals.clear()


def test_a_recording_gives_the_same_decisions_again(bench):
    """Live at the pace of the camera; then the recorded messages, with their clock, as fast as they are taken."""
    live, again = Replay(bench.graph, "live", simulated=False), Replay(bench.graph, "again", simulated=True)
    recorded, first = [], []
    for message in visit(24, 40):
        message.header.stamp = bench.stamp()
        recorded.append(message)
        first.append(live.decide(message))
        bench.graph.spin(1.0 / RATE_HZ)
    assert acts(first).count("greet") == acts(first).count("farewell") == 1
    second = [again.decide(message) for message in recorded]
    assert [(d.act, d.person_id, d.text, d.look_at) for d in second] \
        == [(d.act, d.person_id, d.text, d.look_at) for d in first]


class Replay:
    """A decision node of its own that is given recorded messages and does not speak."""

    def __init__(self, graph, namespace, simulated):
        self.graph = graph
        self.clock = graph.node.create_publisher(Clock, "/clock", topics.STREAM) if simulated else None
        self.decisions = graph.listen(DecisionMessage, f"{namespace}/decision/decision", topics.EVERY)
        graph.start("decision", "-r", f"__ns:=/{namespace}", wait=False,
                    parameters={"use_sim_time": simulated, "speak": False})
        self.people = graph.publisher(People, f"{namespace}/people", topics.STREAM)
        graph.wait(lambda: graph.state(f"{namespace}/decision") == "active", f"{namespace}/decision is active")

    def decide(self, message):
        if self.clock is not None:
            self.clock.publish(Clock(clock=message.header.stamp))
        self.people.publish(message)
        stamp = message.header.stamp
        return self.graph.wait(lambda: next((d for d in self.decisions if d.header.stamp == stamp), None), "a decision")
