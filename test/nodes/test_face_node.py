"""The face node over DDS: it lives, speaks with the sound, and names what is wrong with what it is given."""

from __future__ import annotations

import numpy as np
import pytest
from geometry_msgs.msg import Vector3
from gesture_robot.action import Say
from gesture_robot.msg import BodyMotion, ControlStatus, Decision, FaceMotion, SpeechAudio

from gesture_robot.datatypes import Phoneme, Speech, Word
from gesture_robot.face.arkit import CHANNELS
from gesture_robot.nodes import topics
from gesture_robot.nodes.convert.motion import face_value
from gesture_robot.nodes.convert.speech import event_message, speech_message

RATE_HZ = 16000
LEAD_S = 0.15
JAW, SMILE, LEFT = (CHANNELS.index(n) for n in ("jawOpen", "mouthSmileLeft", "eyeLookOutLeft"))
OPEN = 0.12
"""A jaw that is open wider than micro motion ever opens it."""


class Stage:
    """Everything around a face node, played by the probe."""

    def __init__(self, graph):
        self.graph = graph
        graph.start("face", parameters={"smile_s": 1.0})
        self.speech = graph.publisher(SpeechAudio, topics.SPEECH_AUDIO)
        self.status = graph.publisher(ControlStatus, topics.CONTROL_SOURCE, topics.LATCHED)
        self.decisions = graph.publisher(Decision, topics.DECISION, topics.LATCHED)
        self.bodies = graph.publisher(BodyMotion, topics.GESTURE_BODY, topics.STREAM)
        self.shown = []
        self._count = 0
        graph.node.create_subscription(FaceMotion, topics.FACE_WEIGHTS, self._show, topics.EVERY)
        graph.wait(lambda: self.shown, "a face is shown")

    def _show(self, message):
        for k, frame in enumerate(face_value(message).weights):
            self.shown.append((self.seconds(message) + k / message.fps, frame, self.now_s()))

    @staticmethod
    def seconds(message):
        return message.header.stamp.sec + message.header.stamp.nanosec * 1e-9

    def now_s(self):
        return self.graph.node.get_clock().now().nanoseconds * 1e-9

    def stamp(self, after_s):
        from rclpy.duration import Duration
        return (self.graph.node.get_clock().now() + Duration(nanoseconds=int(after_s * 1e9))).to_msg()

    def name(self):
        self._count += 1
        return f"u{self._count}"

    def piece(self, name, number=0, after_s=LEAD_S, seconds=0.6, level=0.3):
        """Open vowels for all of its length."""
        samples = np.full(round(seconds * RATE_HZ), 0.3, np.float32)
        times_s = np.arange(0.0, seconds - 0.29, 0.3)
        sounds = tuple(Phoneme("ˈɑ", float(t_s), float(t_s) + 0.3) for t_s in times_s)
        speech = Speech(name, "ah", RATE_HZ, samples, (Word("ah", 0.0, seconds),), sounds)
        message = speech_message(speech, number, self.stamp(after_s))
        message.samples[0] = level
        self.speech.publish(message)
        return message

    def event(self, kind, name, number=0, after_s=0.0):
        self.speech.publish(event_message(kind, name, number, self.stamp(after_s)))

    def during(self, start_s, end_s):
        """Frames due in this time (T, 52); waits until they have come."""
        self.graph.wait(lambda: self.shown[-1][0] >= end_s, "the face goes on")
        return np.array([frame for due_s, frame, _ in self.shown if start_s <= due_s <= end_s])

    def named(self, text):
        self.graph.wait(lambda: text in self.graph.message("face"), f"the diagnostic says: {text}")


@pytest.fixture(scope="module")
def running(shared_graph):
    return Stage(shared_graph)


@pytest.fixture
def stage(running):
    """Calm, and nothing is said any more."""
    running.status.publish(ControlStatus(mode="running"))
    running.event(SpeechAudio.CANCEL, running.name())
    running.graph.wait(lambda: running.graph.message("face") == "ok", "the face is fine")
    del running.shown[:-1]
    return running


def test_frames_come_in_order_before_they_are_due_and_are_continuous(stage):
    stage.graph.wait(lambda: len(stage.shown) > 120, "two seconds of face")
    due_s, frames, came_s = (np.array(column) for column in zip(*stage.shown, strict=True))
    assert np.diff(due_s) == pytest.approx(1.0 / 60.0, abs=1e-6)
    assert np.median(due_s - came_s) > 0.0
    assert np.abs(np.diff(frames[:, JAW])).max() < 0.1 and (frames >= 0.0).all() and (frames <= 1.0).all()
    assert np.ptp(frames, axis=0).max() > 0.005  # it lives


def test_the_mouth_opens_with_the_sound_and_closes_with_it(stage):
    name = stage.name()
    heard_s = stage.seconds(stage.piece(name))
    stage.event(SpeechAudio.END, name, 1, LEAD_S + 0.6)
    before, during, after = (stage.during(heard_s + a, heard_s + b)[:, JAW] for a, b in
                             ((-0.2, -0.08), (0.15, 0.45), (0.8, 1.0)))
    assert before.max() < OPEN < during.min() and after.max() < OPEN
    assert stage.graph.message("face") == "ok"


def test_a_cancel_closes_the_mouth_at_once(stage):
    name = stage.name()
    heard_s = stage.seconds(stage.piece(name, seconds=3.0))
    assert stage.during(heard_s + 0.1, heard_s + 0.3)[-1, JAW] > OPEN
    stage.event(SpeechAudio.CANCEL, name)
    now_s = stage.now_s()
    assert stage.during(now_s + 0.4, now_s + 0.6)[:, JAW].max() < OPEN
    stage.piece(name, 1, 0.1, 1.0)  # of an utterance that is over
    now_s = stage.now_s()
    assert stage.during(now_s, now_s + 0.5)[:, JAW].max() < OPEN


def test_while_stopped_the_mouth_is_shut_and_the_face_lives(stage):
    stage.piece(stage.name(), seconds=2.0)
    stage.status.publish(ControlStatus(mode="stopped", stopped=True, reason="test"))
    stage.graph.spin(0.4)
    stage.piece(stage.name(), seconds=2.0)
    now_s = stage.now_s()
    frames = stage.during(now_s + 0.3, now_s + 0.9)
    assert len(frames) >= 35 and frames[:, JAW].max() < OPEN and np.ptp(frames, axis=0).max() > 0.001


def test_a_greeting_brings_a_smile_for_a_while_and_an_old_one_does_not(stage):
    def greet(after_s):
        message = Decision(act="greet", reason="a visitor", expression="happiness")
        message.header.stamp = stage.stamp(after_s)
        stage.decisions.publish(message)
        return stage.now_s()

    now_s = greet(-5.0)
    assert stage.during(now_s + 0.2, now_s + 0.6)[:, SMILE].max() < 0.2
    now_s = greet(-0.1)
    assert stage.during(now_s + 0.6, now_s + 0.9)[:, SMILE].min() > 0.2
    assert stage.during(now_s + 2.0, now_s + 2.2)[:, SMILE].max() < 0.2


def test_the_eyes_follow_the_gesture_node_and_look_ahead_without_it(stage):
    for _ in range(6):
        stage.bodies.publish(BodyMotion(fps=30.0, eyes=Vector3(x=0.9, y=0.4)))
        stage.graph.spin(0.05)
    now_s = stage.now_s()
    assert stage.during(now_s, now_s + 0.2)[:, LEFT].min() > 0.4
    stage.named("gesture/body: nothing for")
    now_s = stage.now_s()
    assert stage.during(now_s + 0.3, now_s + 0.5)[:, LEFT].max() < 0.3
    stage.status.publish(ControlStatus(mode="stopped", stopped=True))  # then silence is right
    stage.graph.wait(lambda: "gesture/body" not in stage.graph.message("face"), "the silence is expected")


def test_lost_doubled_and_late_pieces_are_named(stage):
    name = stage.name()
    stage.piece(name, 0)
    stage.piece(name, 0)
    stage.named(f"piece 0 of utterance {name} came twice")
    stage.piece(name, 2)
    stage.named(f"piece 1 of utterance {name} lost")
    heard_s = stage.seconds(stage.piece(name, 3, after_s=-0.3, seconds=1.5))
    stage.named(f"piece 3 of utterance {name} came")
    assert stage.during(heard_s + 1.0, heard_s + 1.2)[:, JAW].min() > OPEN  # shown from where it is
    stage.piece(name, 4, after_s=-2.0)
    stage.named("it was over: dropped")
    stage.event(SpeechAudio.END, name, 7)
    stage.named(f"pieces 5 to 6 of utterance {name} lost")


def test_nonsense_is_refused_by_name(stage):
    stage.piece(stage.name(), level=float("nan"))
    stage.named("samples")
    stage.bodies.publish(BodyMotion(fps=30.0, eyes=Vector3(x=float("nan"))))
    stage.named("gesture/body: ")
    stage.decisions.publish(Decision(act="greet", reason="x", expression="grumpy", header=stage.piece("x").header))
    stage.named("grumpy")
    stage.piece(stage.name(), after_s=3600.0)
    stage.named("same clock")
    now_s = stage.now_s()
    assert len(stage.during(now_s, now_s + 0.2)) > 6


def test_a_speech_node_that_dies_leaves_a_shut_mouth_and_its_successor_is_heard(graph):
    stage = Stage(graph)
    graph.node.destroy_publisher(stage.speech)
    speech = graph.start("speech", parameters={"tts": "tone", "sound": False, "speech.rate_wpm": 300.0})
    client = graph.action(Say, topics.SAY)
    heard = graph.listen(SpeechAudio, topics.SPEECH_AUDIO)
    graph.result(client.send_goal_async(Say.Goal(text="One two three. " * 5)))
    graph.wait(lambda: len(heard) >= 2, "it speaks")
    speech.kill()
    stage.named(f"utterance {heard[0].utterance_id} breaks off")
    now_s = stage.now_s()
    assert stage.during(now_s + 0.2, now_s + 0.5)[:, JAW].max() < OPEN
    count = len(heard)
    graph.start("speech", parameters={"tts": "tone", "sound": False})
    graph.wait(client.server_is_ready, "say is there again")
    graph.result(client.send_goal_async(Say.Goal(text="Back again, my friend. " * 3)))
    graph.wait(lambda: len(heard) > count, "it speaks again")
    start_s = stage.seconds(heard[count])
    # The first piece may come before the face has met the new node.
    assert stage.during(start_s, start_s + 3.5)[:, JAW].max() > OPEN
