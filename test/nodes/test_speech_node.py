"""The speech node over DDS: what it announces, how it is interrupted, stopped and restarted."""

from __future__ import annotations

import itertools

import pytest
from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Time
from gesture_robot.action import Say
from gesture_robot.msg import ControlStatus, SpeechAudio
from lifecycle_msgs.msg import Transition
from rosgraph_msgs.msg import Clock

from gesture_robot.nodes import topics

TEXT = "Hello there my friend. How are you today? I am fine, and so is my brother."
LONG = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen."
AUDIO, END, CANCEL = SpeechAudio.AUDIO, SpeechAudio.END, SpeechAudio.CANCEL


class Desk:
    """A client of a running speech node."""

    def __init__(self, graph):
        self.graph = graph
        self.process = graph.start("speech", parameters={
            "tts": "tone", "sound": False, "max_queue": 3, "speech.rate_wpm": 250.0})
        self.client = graph.action(Say, topics.SAY)
        self.status = graph.publisher(ControlStatus, topics.CONTROL_SOURCE, topics.LATCHED)
        self.heard = []
        graph.node.create_subscription(SpeechAudio, topics.SPEECH_AUDIO, self._hear, topics.EVERY)
        graph.wait(lambda: graph.node.count_publishers(topics.SPEECH_AUDIO), "speech/audio is there")
        graph.spin(0.2)

    def _hear(self, message, info):
        """With the time at which DDS had it: this process may be slow to look."""
        self.heard.append((info["received_timestamp"] * 1e-9, message))

    def now_s(self):
        return self.graph.node.get_clock().now().nanoseconds * 1e-9

    def say(self, text=TEXT, client=None, feedback=None, **goal):
        future = (client or self.client).send_goal_async(Say.Goal(text=text, **goal), feedback_callback=feedback)
        handle = self.graph.result(future, "the goal")
        assert handle.accepted
        return handle

    def result(self, handle):
        answer = self.graph.result(handle.get_result_async(), "the result")
        return answer.status, answer.result

    def messages(self, utterance=None, kind=None):
        return [m for _, m in self.heard if (utterance is None or m.utterance_id == utterance)
                and (kind is None or m.kind == kind)]

    def until(self, kind, count=1):
        self.graph.wait(lambda: len(self.messages(kind=kind)) >= count, f"{count} messages of kind {kind}")

    def stop(self, stopped, reason=""):
        self.status.publish(ControlStatus(mode="stopped" if stopped else "running", stopped=stopped, reason=reason))
        self.graph.wait(lambda: (self.graph.value("speech", "speech") == "stopped") == stopped, "speech has heard it")


@pytest.fixture(scope="module")
def running(shared_graph):
    return Desk(shared_graph)


@pytest.fixture
def desk(running):
    running.heard.clear()
    return running


def seconds(message):
    return message.header.stamp.sec + message.header.stamp.nanosec * 1e-9


def test_a_short_text_with_a_gesture_is_one_piece_that_carries_how_it_is_said(desk):
    feedback = []
    goal = {"emotion": "happiness", "style": "calm", "gesture": "shrug"}
    status, result = desk.result(desk.say("Hello. I am fine.", feedback=feedback.append, **goal))
    assert status == GoalStatus.STATUS_SUCCEEDED and result.completed and not result.message
    (piece,) = desk.messages(result.utterance_id, AUDIO)
    assert result.duration_s == pytest.approx(len(piece.samples) / piece.rate_hz, abs=1e-3)
    assert (piece.emotion, piece.style, piece.gesture, piece.language) == ("happiness", "calm", "shrug", "en")
    said = [m.feedback for m in feedback]
    assert {f.utterance_id for f in said} == {result.utterance_id} and said[-1].state == "speaking"
    assert all(a.spoken_s <= b.spoken_s for a, b in itertools.pairwise(said))
    assert {"Hello", "fine"} <= {f.word for f in said}


def test_sentences_are_numbered_and_follow_one_another(desk):
    _, result = desk.result(desk.say())
    pieces = desk.messages(result.utterance_id, AUDIO)
    assert [m.chunk for m in pieces] == list(range(3)) and len({m.rate_hz for m in pieces}) == 1
    ends = [seconds(m) + len(m.samples) / m.rate_hz for m in pieces]
    assert [seconds(m) for m in pieces[1:]] == pytest.approx(ends[:-1], abs=1e-4)
    (end,) = desk.messages(result.utterance_id, END)
    assert end.chunk == 3 and seconds(end) == pytest.approx(ends[-1], abs=1e-4)
    for message, duration_s in zip(pieces, [len(m.samples) / m.rate_hz for m in pieces], strict=True):
        assert message.words and all(0.0 <= w.start_s <= w.end_s <= duration_s for w in message.words)
    for came_s, message in desk.heard:  # announced before it is heard
        assert message.kind != AUDIO or came_s < seconds(message)


def test_cancel_is_silence_at_once(desk):
    handle = desk.say(LONG)
    desk.until(AUDIO)
    desk.graph.spin(0.6)
    asked_s = desk.now_s()
    desk.graph.result(handle.cancel_goal_async(), "the cancel")
    status, result = desk.result(handle)
    assert status == GoalStatus.STATUS_CANCELED and not result.completed
    (message,) = desk.messages(kind=CANCEL)
    assert message.utterance_id == result.utterance_id and abs(seconds(message) - asked_s) < 0.5
    heard_s = seconds(message) - seconds(desk.messages(kind=AUDIO)[0])
    assert result.duration_s == pytest.approx(heard_s, abs=0.1) and not desk.messages(kind=END)


def test_goals_of_two_clients_wait_for_each_other(desk):
    other = desk.graph.action(Say, topics.SAY)
    first, second = desk.say("One two."), desk.say("Three four.", client=other)
    results = [desk.result(h)[1] for h in (first, second)]
    assert all(r.completed for r in results)
    order = [m.utterance_id for m in desk.messages()]
    assert order == [results[0].utterance_id] * 2 + [results[1].utterance_id] * 2
    last = desk.messages(results[0].utterance_id, END)[0]
    assert seconds(desk.messages(results[1].utterance_id, AUDIO)[0]) >= seconds(last)


def test_a_waiting_goal_can_be_canceled_and_too_many_are_refused(desk):
    first, *waiting = [desk.say(LONG) for _ in range(4)]
    desk.until(AUDIO)
    status, result = desk.result(desk.say())
    assert status == GoalStatus.STATUS_ABORTED and "max_queue" in result.message
    for handle in (*waiting, first):
        desk.graph.result(handle.cancel_goal_async(), "the cancel")
        status, result = desk.result(handle)
        assert status == GoalStatus.STATUS_CANCELED
    assert len({m.utterance_id for m in desk.messages()}) == 1


def test_an_interrupting_goal_ends_the_one_before_it_and_goes_first(desk):
    first, waiting = desk.say(LONG), desk.say("Later.")
    desk.until(AUDIO)
    urgent = desk.say("Now.", interrupt=True)
    status, result = desk.result(first)
    assert status == GoalStatus.STATUS_ABORTED and "interrupted" in result.message
    urgent_id, later_id = desk.result(urgent)[1].utterance_id, desk.result(waiting)[1].utterance_id
    order = list(dict.fromkeys(m.utterance_id for m in desk.messages()))
    assert order == [result.utterance_id, urgent_id, later_id]
    assert [m.kind for m in desk.messages(result.utterance_id)] == [AUDIO, CANCEL]


@pytest.mark.parametrize(("goal", "part"), [
    ({"text": "  \n"}, "nothing to say"), ({"text": "?! ..."}, "nothing to say"),
    ({"emotion": "hapiness"}, "Did you mean 'happiness'?"), ({"gesture": "shrugg"}, "Did you mean 'shrug'?"),
    ({"style": "wild"}, "Known: calm"), ({"text": "a" * 1_000_001}, "at most 1000000")])
def test_what_cannot_be_said_is_aborted_with_the_reason(desk, goal, part):
    status, result = desk.result(desk.say(**goal))
    assert status == GoalStatus.STATUS_ABORTED and part in result.message and not desk.messages()


def test_a_stopped_robot_is_silent_and_refuses_until_it_is_released(desk):
    running, waiting = desk.say(LONG), desk.say()
    desk.until(AUDIO)
    desk.stop(True, "operator")
    for handle in (running, waiting):
        status, result = desk.result(handle)
        assert status == GoalStatus.STATUS_ABORTED and "operator" in result.message
    desk.until(CANCEL)
    status, result = desk.result(desk.say())
    assert status == GoalStatus.STATUS_ABORTED and "call control/release" in result.message
    desk.stop(False)
    assert desk.result(desk.say("Again."))[1].completed


def test_twenty_thousand_words_begin_at_once_in_flat_memory(desk):
    def memory_kb():
        lines = open(f"/proc/{desk.process.pid}/smaps_rollup").read().splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1])

    desk.result(desk.say("Warm."))
    before = memory_kb()
    desk.heard.clear()
    handle = desk.say("These are five words each. " * 4000)
    desk.until(AUDIO, 3)
    assert memory_kb() < before + 20_000
    desk.graph.result(handle.cancel_goal_async(), "the cancel")
    assert desk.result(handle)[0] == GoalStatus.STATUS_CANCELED


def test_deactivating_ends_what_is_said_and_an_inactive_node_says_why_it_does_not(desk):
    handle = desk.say(LONG)
    desk.until(AUDIO)
    assert desk.graph.change("speech", Transition.TRANSITION_DEACTIVATE)
    status, result = desk.result(handle)
    assert status == GoalStatus.STATUS_ABORTED and "deactivated" in result.message and desk.messages(kind=CANCEL)
    assert "must be active" in desk.result(desk.say())[1].message
    assert desk.graph.change("speech", Transition.TRANSITION_CLEANUP)
    assert "must be active" in desk.result(desk.say())[1].message
    assert desk.graph.change("speech", Transition.TRANSITION_CONFIGURE)
    assert desk.graph.change("speech", Transition.TRANSITION_ACTIVATE)
    assert desk.result(desk.say("Again."))[1].completed


def test_a_restarted_node_uses_new_names_and_espeak_tells_unknown_languages(desk):
    desk.say(LONG)
    desk.until(AUDIO)
    desk.process.kill()
    old = {m.utterance_id for m in desk.messages()}
    desk.heard.clear()
    desk.process = desk.graph.start("speech", parameters={"tts": "espeak", "sound": False})
    desk.graph.wait(desk.client.server_is_ready, "say is there again")
    status, result = desk.result(desk.say(language="xx-klingon"))
    assert status == GoalStatus.STATUS_ABORTED and "language" in result.message
    _, result = desk.result(desk.say("Guten Tag.", language="de"))
    assert result.completed and {m.utterance_id for m in desk.messages()}.isdisjoint(old)


@pytest.mark.parametrize(("parameters", "part"), [
    ({"tts": "nobody"}, "unknown tts engine 'nobody'"), ({"speech.voice": "nobody"}, "nobody")])
def test_an_engine_that_cannot_work_fails_configure_with_the_reason(graph, parameters, part):
    process = graph.start("speech", parameters={"sound": False} | parameters, wait=False)
    graph.wait(lambda: part in graph.message("speech"), "the diagnostic says why", on_fail=lambda: process.output)
    assert graph.state("speech") == "unconfigured"


def test_a_clock_that_jumps_is_named_and_the_next_piece_carries_the_new_time(graph):
    clock = graph.node.create_publisher(Clock, "/clock", topics.STREAM)
    time_s = 1000.0

    def run_until(condition, what):
        """Faster than real time."""
        def step():
            nonlocal time_s
            time_s += 0.1
            clock.publish(Clock(clock=Time(sec=int(time_s), nanosec=int(time_s % 1.0 * 1e9))))
            graph.spin(0.005)
            return condition()
        return graph.wait(step, what)

    graph.start("speech", parameters={"tts": "tone", "use_sim_time": True})
    heard, client = graph.listen(SpeechAudio, topics.SPEECH_AUDIO), graph.action(Say, topics.SAY)
    run_until(lambda: graph.node.count_publishers(topics.SPEECH_AUDIO) and time_s > 1002.0, "speech is there")
    handle = client.send_goal_async(Say.Goal(text="One two three four five six. " * 2 + "The end."))
    run_until(lambda: len(heard) == 1, "it speaks")
    time_s -= 500.0
    run_until(lambda: "jumped by -" in graph.message("speech"), "the jump is named")
    result = handle.result().get_result_async()
    run_until(result.done, "it speaks on")
    pieces = heard[:-1]
    assert result.result().result.completed and [m.chunk for m in pieces] == [0, 1, 2]
    gaps = [seconds(b) - seconds(a) - len(a.samples) / a.rate_hz for a, b in itertools.pairwise(pieces)]
    assert gaps == pytest.approx([-500.0, 0.0], abs=5.0)  # this clock runs on while the engine works
