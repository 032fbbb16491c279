"""The gesture node over DDS: frames follow each other whatever comes in, and what comes in is seen in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point
from gesture_robot.action import PlayGesture
from gesture_robot.msg import BodyMotion, ControlStatus, Decision, SpeechAudio
from gesture_robot.srv import ListGestures
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState

from gesture_robot import registry
from gesture_robot.body.rotations import matrix_from_rotvec, rotvec_from_matrix
from gesture_robot.body.skeleton import ARM_LENGTH_M, forward_kinematics, joint_index
from gesture_robot.evaluation.strokes import find_strokes
from gesture_robot.evaluation.sync import gesture_word_offsets
from gesture_robot.nodes import topics
from gesture_robot.nodes.convert.speech import event_message, speech_message
from gesture_robot.robots.model import load_model

STEP_RAD = 0.45
"""More per frame than any gesture asks of a joint (13 rad/s), less than any jump between poses."""
TEXT = "Hello there, it is really wonderful to see so many people here today."


@dataclass
class Frame:
    number: int
    due_s: float
    rotations: np.ndarray
    message: BodyMotion


class Bench:
    """The node, and what it sends frame by frame."""

    def __init__(self, graph: Any):
        self.graph = graph
        self.messages = graph.listen(BodyMotion, topics.GESTURE_BODY)
        self.process = graph.start("gesture")
        self.speech = graph.publisher(SpeechAudio, topics.SPEECH_AUDIO)
        self.decisions = graph.publisher(Decision, topics.DECISION, topics.LATCHED)
        self.status = graph.publisher(ControlStatus, topics.CONTROL_SOURCE, topics.LATCHED)
        self.goals = graph.action(PlayGesture, topics.PLAY_GESTURE)
        self.said = registry.create("tts", "espeak").synthesize(TEXT)
        self._count = 0
        self.wait(lambda: self.messages, "frames come")

    def wait(self, condition: Any, what: str) -> Any:
        return self.graph.wait(condition, what, on_fail=lambda: self.process.output)

    def now_s(self) -> float:
        return self.graph.node.get_clock().now().nanoseconds * 1e-9

    def stamp(self, time_s: float) -> Time:
        total = round(time_s * 1e9)
        return Time(sec=total // 10**9, nanosec=total % 10**9)

    def frames(self, since: int = 0) -> list[Frame]:
        found = []
        for message in self.messages[since:]:
            start_s = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
            rows = np.array(message.rotations).reshape(-1, 55, 3)
            found += [Frame(message.frame + k, start_s + k / message.fps, r, message) for k, r in enumerate(rows)]
        return found

    def say(self, chunk: int = 0, in_s: float = 0.4, name: str = "", gesture: str = "") -> float:
        """Announce a piece; returns when it is heard."""
        if not name:
            self._count += 1
            name = f"test-{self._count}"
        heard_s = self.now_s() + in_s
        self.speech.publish(speech_message(replace(self.said, id=name), chunk, self.stamp(heard_s), gesture=gesture))
        return heard_s

    @property
    def utterance(self) -> str:
        return f"test-{self._count}"

    def cancel(self) -> None:
        self.speech.publish(event_message(SpeechAudio.CANCEL, self.utterance, 1, self.stamp(self.now_s())))
        self.wait(lambda: not self.messages[-1].utterance_id, "speech is forgotten")

    def named(self, text: str) -> None:
        self.wait(lambda: text in self.graph.message("gesture"), f"the diagnostics say '{text}'")

    def quiet(self, text: str) -> None:
        self.wait(lambda: text not in self.graph.message("gesture"), f"the diagnostics no longer say '{text}'")

    def goal(self, **request: Any) -> tuple[Any, list[Any]]:
        feedback: list[Any] = []
        sent = self.goals.send_goal_async(PlayGesture.Goal(**request), feedback_callback=feedback.append)
        return self.graph.result(sent, "the goal is taken"), feedback

    def result(self, handle: Any) -> Any:
        return self.graph.result(handle.get_result_async(), "the goal")


@pytest.fixture(scope="module")
def bench(shared_graph):
    return Bench(shared_graph)


def check_continuous(frames: list[Frame], fps: float = 30.0) -> None:
    """Numbers without a gap, stamps one frame apart, no joint jumps."""
    assert len(frames) > 10
    assert (np.diff([f.number for f in frames]) == 1).all()
    assert np.allclose(np.diff([f.due_s for f in frames]), 1.0 / fps, atol=1e-5)
    turns = matrix_from_rotvec(np.array([f.rotations for f in frames]))
    steps = rotvec_from_matrix(np.swapaxes(turns[:-1], -1, -2) @ turns[1:])
    assert np.linalg.norm(steps, axis=-1).max() < STEP_RAD


def head_yaw(frame: Frame) -> float:
    """[rad] of the face in the base, left positive."""
    x, _, z = forward_kinematics(frame.rotations)[1][joint_index("head")][:, 2]
    return float(np.arctan2(x, z))


def test_idle_frames_follow_each_other_and_come_before_they_are_due(bench):
    since = len(bench.messages)
    bench.graph.spin(1.5)
    frames = bench.frames(since)
    check_continuous(frames)
    assert frames[-1].due_s > bench.now_s() - 0.5
    assert not frames[-1].message.utterance_id


def stroke_offsets(bench) -> np.ndarray:
    """Says the text; how much later [s] than its nearest word each stroke ends."""
    since = len(bench.messages)
    heard_s = bench.say()
    bench.wait(lambda: bench.messages[-1].utterance_id == bench.utterance, "the piece is seen")
    bench.wait(lambda: bench.frames(len(bench.messages) - 1)[0].due_s > heard_s + bench.said.duration_s, "it is said")
    bench.speech.publish(event_message(SpeechAudio.END, bench.utterance, 1, bench.stamp(bench.now_s())))
    frames = bench.frames(since)
    check_continuous(frames)
    positions = forward_kinematics(np.array([f.rotations for f in frames]))[0]
    onsets = [heard_s - frames[0].due_s + word.start_s for word in bench.said.words]
    return np.concatenate([gesture_word_offsets(find_strokes(positions[:, joint_index(wrist)], 30.0, ARM_LENGTH_M),
                                                onsets) for wrist in ("left_wrist", "right_wrist")])


def test_strokes_fall_on_the_words_that_are_heard(bench):
    offsets = np.concatenate([stroke_offsets(bench) for _ in range(8)])  # 0.13 s apart: the mean of a few says nothing
    assert len(offsets) >= 30
    assert np.mean(np.abs(offsets) <= 0.2) >= 0.8
    assert -0.16 < np.mean(offsets) < 0.02


def test_lost_doubled_and_late_pieces_are_named_and_nothing_jumps(bench):
    since = len(bench.messages)
    bench.say(0)
    bench.say(0, name=bench.utterance)
    bench.named("came twice")
    bench.say(2, in_s=-1.0, name=bench.utterance)
    bench.named("lost")
    bench.named("late")
    bench.wait(lambda: bench.messages[-1].chunk == 2, "the late piece is seen")
    bench.graph.spin(0.5)
    bench.cancel()
    bench.graph.spin(0.7)
    check_continuous(bench.frames(since))


def test_a_piece_with_nan_is_refused_and_an_unknown_gesture_is_named(bench):
    message = speech_message(replace(bench.said, id="broken"), 0, bench.stamp(bench.now_s() + 0.3))
    message.samples[100] = float("nan")
    bench.speech.publish(message)
    bench.named("finite")
    bench.say(gesture="cartwheel")
    bench.named("unknown gesture 'cartwheel'")
    bench.wait(lambda: bench.messages[-1].utterance_id == bench.utterance, "the piece itself is played")
    bench.cancel()


def test_joint_states_that_cannot_be_are_refused_and_their_silence_is_named(bench):
    joints = load_model("wren").joint_names
    sender = bench.graph.publisher(JointState, topics.JOINT_STATES)
    sender.publish(JointState(name=list(joints), position=[float("nan")] * len(joints)))
    bench.named("finite")
    sender.publish(JointState(name=["elbow"], position=[0.0]))
    bench.named("joint_states lacks")
    sender.publish(JointState(name=list(joints), position=[0.0] * len(joints)))
    bench.named("joint_states: nothing for")
    bench.graph.node.destroy_publisher(sender)


def test_goals_are_played_with_feedback(bench):
    names = bench.graph.call(ListGestures, topics.LIST_GESTURES, ListGestures.Request()).names
    assert "nod" in names and "wave" in names
    since = len(bench.messages)
    handle, feedback = bench.goal(name="nod")
    result = bench.result(handle)
    assert result.status == GoalStatus.STATUS_SUCCEEDED and result.result.completed and not result.result.message
    assert result.result.duration_s > 0.5
    told = [f.feedback for f in feedback]
    assert len(told) >= 2 and all(f.duration_s == pytest.approx(result.result.duration_s) for f in told)
    assert (np.diff([f.elapsed_s for f in told]) > 0.0).all()
    check_continuous(bench.frames(since))


@pytest.mark.parametrize("request_, text", [
    ({"name": "cartwheel"}, "unknown gesture 'cartwheel'"), ({"name": "wave", "side": "up"}, "both, left, right"),
    ({"name": "wave", "amplitude": 9.0}, "between 0.2 and 1.5"), ({"name": "nod", "amplitude": float("nan")}, "nan")])
def test_goals_that_cannot_be_played_say_why(bench, request_, text):
    result = bench.result(bench.goal(**request_)[0])
    assert result.status == GoalStatus.STATUS_ABORTED and not result.result.completed
    assert text in result.result.message


def test_the_newest_goal_wins_and_a_canceled_one_sinks_smoothly(bench):
    since = len(bench.messages)
    first, _ = bench.goal(name="wave")
    bench.graph.spin(0.7)
    second, feedback = bench.goal(name="point", side="left", amplitude=0.8)
    old = bench.result(first)
    assert old.status == GoalStatus.STATUS_ABORTED and "newer gesture" in old.result.message
    bench.wait(lambda: feedback and feedback[-1].feedback.elapsed_s > 0.4, "the second is under way")
    bench.graph.result(second.cancel_goal_async(), "the cancel")
    result = bench.result(second)
    assert result.status == GoalStatus.STATUS_CANCELED and not result.result.completed
    assert 0.3 < result.result.duration_s < 3.0
    bench.graph.spin(0.8)
    check_continuous(bench.frames(since))


def test_the_head_turns_to_what_was_decided_until_the_decision_is_stale(bench):
    def look(**fields):
        message = Decision(act="attend", reason="a test", has_look_at=True, look_at=Point(x=1.0, y=1.0, z=1.2))
        message.header.stamp = bench.stamp(bench.now_s())
        message.header.frame_id = load_model("wren").limbs.base_link
        for key, value in fields.items():
            setattr(message, key, value)
        return message

    since = len(bench.messages)
    foreign = look()
    foreign.header.frame_id = "somewhere"
    bench.decisions.publish(foreign)
    bench.named("must be in the frame")
    bench.decisions.publish(look(look_at=Point(x=float("nan"))))
    bench.named("finite")
    assert abs(head_yaw(bench.frames()[-1])) < 0.25
    bench.decisions.publish(look())
    bench.wait(lambda: bench.messages[-1].eyes.y > 0.3, "the eyes lead")
    bench.wait(lambda: head_yaw(bench.frames(len(bench.messages) - 1)[-1]) > 0.5, "the head follows")
    bench.named("looking ahead")
    bench.wait(lambda: abs(head_yaw(bench.frames(len(bench.messages) - 1)[-1])) < 0.25, "the head turns back")
    assert bench.messages[-1].eyes.x == pytest.approx(1.0)
    bench.decisions.publish(look(has_look_at=False))
    bench.quiet("looking ahead")
    check_continuous(bench.frames(since))


def test_stopped_nothing_is_sent_and_release_begins_anew(bench):
    handle, feedback = bench.goal(name="wave")
    bench.say()
    bench.wait(lambda: feedback, "the gesture is under way")
    bench.status.publish(ControlStatus(mode="stopped", stopped=True))
    result = bench.result(handle)
    assert result.status == GoalStatus.STATUS_ABORTED and "stopped" in result.result.message
    last = bench.frames(len(bench.messages) - 1)[-1]
    refused = bench.result(bench.goal(name="nod")[0])
    assert "release it first" in refused.result.message
    count = len(bench.messages)
    bench.graph.spin(0.5)
    assert len(bench.messages) == count
    bench.status.publish(ControlStatus(mode="running"))
    bench.wait(lambda: len(bench.messages) > count + 20, "frames come again")
    frames = bench.frames(count)
    check_continuous(frames)
    assert frames[0].number == 0 and frames[0].due_s > last.due_s
    assert not frames[-1].message.utterance_id


def test_a_simulation_that_is_reset_and_stalls_gives_no_jump(graph):
    clock = graph.publisher(Clock, "/clock", topics.SENSOR, peers=0)
    messages = graph.listen(BodyMotion, topics.GESTURE_BODY)
    process = graph.start("gesture", parameters={"use_sim_time": True}, wait=False)

    def run(from_s: float, seconds: float, step_s: float = 0.02) -> None:
        for k in range(round(seconds / step_s)):
            total = round((from_s + k * step_s) * 1e9)
            clock.publish(Clock(clock=Time(sec=total // 10**9, nanosec=total % 10**9)))
            graph.spin(0.02)

    graph.wait(lambda: graph.state("gesture") == "active", "gesture is active", on_fail=lambda: process.output)
    graph.wait(lambda: (run(100.0, 0.1), clock.get_subscription_count())[1], "the node hears the clock")
    run(100.1, 1.2)
    graph.wait(lambda: messages, "frames come", on_fail=lambda: process.output)
    graph.spin(0.3)  # the simulation stands still
    before = len(messages)
    graph.spin(0.3)
    assert len(messages) == before
    run(5.0, 1.2)
    graph.wait(lambda: "the clock jumped by" in graph.message("gesture"), "the jump is named")
    stamps = np.array([m.header.stamp.sec + m.header.stamp.nanosec * 1e-9 for m in messages])
    assert stamps[0] > 99.0 and stamps[-1] < 8.0 and (np.diff(stamps) < 0.0).sum() == 1
    frames = [Frame(m.frame, 0.0, np.array(m.rotations).reshape(-1, 55, 3)[0], m) for m in messages]
    turns = matrix_from_rotvec(np.array([f.rotations for f in frames]))
    steps = rotvec_from_matrix(np.swapaxes(turns[:-1], -1, -2) @ turns[1:])
    assert np.linalg.norm(steps, axis=-1).max() < 0.2
