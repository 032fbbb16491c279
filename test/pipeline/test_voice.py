"""Very long texts: sound at once, flat memory, quick cancel; text that cannot be said is reported and goes by."""

import tracemalloc

import numpy as np
import pytest

from gesture_robot.decision.scripted import ScriptedPolicy
from gesture_robot.perception.scripted import ScriptedBackend
from gesture_robot.runtime.build import Engines, build
from gesture_robot.runtime.clock import SimulatedClock
from gesture_robot.runtime.voice import Utterance
from gesture_robot.scene.faults import NoiseCamera

pytestmark = pytest.mark.slow  # whole scenes


@pytest.fixture
def pipeline():
    notices = []
    made = build(Engines(), NoiseCamera(), SimulatedClock(), policy=ScriptedPolicy(), backend=ScriptedBackend(()),
                 notice=notices.append)
    made.notices = notices
    yield made
    made.close()


def run(pipeline, seconds):
    pieces, until = [], pipeline.now_s + seconds
    while pipeline.now_s < until:
        tick = pipeline.tick()
        if tick.piece is not None:
            pieces.append(tick.piece)
    return pieces


@pytest.mark.slow
def test_twenty_thousand_words_start_at_once_stay_small_and_stop_at_once(pipeline):
    pipeline.stages.voice.say(Utterance("This is one more sentence of a very long story. " * 2000))
    pieces = run(pipeline, 3.0)
    assert pieces[0].heard_s + 0.2 < 1.0
    tracemalloc.start()
    try:
        run(pipeline, 2.0)
        first = tracemalloc.get_traced_memory()[0]
        run(pipeline, 6.0)
        assert tracemalloc.get_traced_memory()[0] - first < 8e6
    finally:
        tracemalloc.stop()
    pipeline.stages.voice.cancel(pipeline.now_s)
    cancelled_s = pipeline.now_s
    assert not pipeline.stages.voice.busy(cancelled_s + 1e-6)
    assert not run(pipeline, 0.5)


def test_what_cannot_be_said_is_reported_and_the_next_is_said(pipeline):
    pipeline.stages.voice.say(Utterance("..."))
    pipeline.stages.voice.say(Utterance("Hello there."))
    pieces = run(pipeline, 2.0)
    assert [p.speech.text for p in pieces] == ["Hello there."]
    assert len(pipeline.notices) == 1 and "not said" in pipeline.notices[0]


def test_pieces_follow_each_other_without_gap_or_overlap(pipeline):
    pipeline.stages.voice.say(Utterance("One sentence. Another sentence. And a third one."))
    pieces = run(pipeline, 6.0)
    ends = [p.heard_s + p.speech.duration_s for p in pieces]
    assert len(pieces) == 3 and np.allclose([p.heard_s for p in pieces[1:]], ends[:-1], atol=1e-6)


def test_stop_silences_and_nothing_is_said_until_release(pipeline):
    pipeline.stages.voice.say(Utterance("One sentence. Another sentence."))
    run(pipeline, 0.5)
    pipeline.stop("test")
    pipeline.say("Not now.")
    assert not run(pipeline, 2.0)
    pipeline.release()
    pipeline.say("Now.")
    assert len(run(pipeline, 2.0)) == 1
