"""The receiving end of speech/audio: whatever happens to the pieces is named, and nothing is shown twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.datatypes import Speech, Word
from gesture_robot.errors import InvalidInput
from gesture_robot.nodes.convert.speech import event_message, speech_message
from gesture_robot.nodes.diagnostics import Health
from gesture_robot.nodes.speech_pieces import (
    CANCEL,
    END,
    MOST_PIECES,
    NOTHING,
    PLAY,
    UNFINISHED_S,
    UTTERANCES_KEPT,
    SpeechPieces,
    report,
)

RATE_HZ, LONG_S = 8000, 2.0


def audio(number, name="a", seconds=LONG_S, level=0.1, words=()):
    from builtin_interfaces.msg import Time

    samples = np.full(round(seconds * RATE_HZ), level, np.float32)
    return speech_message(Speech(name, "hello", RATE_HZ, samples, words), number, Time())


def event(kind, number=0, name="a"):
    from builtin_interfaces.msg import Time

    return event_message(kind, name, number, Time())


def kinds(received):
    return [problem.kind for problem in received.problems]


def test_an_utterance_as_it_should_be():
    pieces = SpeechPieces()
    for number in range(3):
        got = pieces.take(audio(number), 10.0, 10.1 + LONG_S * number)
        assert (got.act, got.utterance_id, got.chunk, got.heard_s) == (PLAY, "a", number, 10.1 + LONG_S * number)
        assert got.speech.text == "hello" and not got.problems and not got.replaces
    assert pieces.take(event(1, 3), 14.0, 16.1).act == END
    assert pieces.unfinished(99.0) == "" and (pieces.lost, pieces.doubled, pieces.late) == (0, 0, 0)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=60))
@settings(deadline=None, max_examples=60)
def test_every_piece_is_played_once_and_every_gap_is_named(numbers):
    """Pieces in any order, doubled and left out: each is played exactly once, and the losses add up."""
    pieces, played, named = SpeechPieces(), [], 0
    for number in numbers:
        got = pieces.take(audio(number, seconds=0.1), 0.0, 0.1 + number)
        played += [got.chunk] if got.act == PLAY else []
        named += sum(problem.count for problem in got.problems if problem.kind == "lost")
    assert played == list(dict.fromkeys(numbers))
    assert pieces.doubled == len(numbers) - len(set(numbers))
    assert pieces.lost == max(numbers) + 1 - len(set(numbers)) <= named
    end = pieces.take(event(1, 13), 0.0, 20.0)
    assert pieces.lost == 13 - len(set(numbers)) and (max(numbers) == 12 or "lost" in kinds(end))


@given(st.floats(-3599.0, 59.0))
@settings(deadline=None)
def test_a_late_piece_is_played_with_its_own_time_or_dropped(lead_s):
    got = SpeechPieces().take(audio(0), 5000.0, 5000.0 + lead_s)
    assert got.act == (PLAY if lead_s + LONG_S > 1e-9 else NOTHING) or abs(lead_s + LONG_S) < 1e-6
    assert kinds(got) == ([] if lead_s >= 0.0 or 5000.0 + lead_s == 5000.0 else ["late"])
    if got.act == PLAY:
        assert got.heard_s == 5000.0 + lead_s


def test_nothing_of_a_cancelled_utterance_is_played():
    pieces = SpeechPieces()
    assert pieces.take(audio(0), 0.0, 0.1).act == PLAY
    assert pieces.take(event(2), 0.5, 0.5).act == CANCEL
    assert pieces.take(audio(1), 0.5, 2.1).act == NOTHING and pieces.take(event(1, 2), 0.5, 4.1).act == NOTHING
    assert not pieces.sounding(0.6) and pieces.unfinished(99.0) == ""
    assert pieces.take(audio(0, "b"), 1.0, 1.1).act == PLAY and pieces.sounding(1.2)


def test_a_cancel_that_overtakes_its_pieces_counts():
    pieces = SpeechPieces()
    assert pieces.take(event(2, 1), 0.0, 0.0).act == CANCEL and pieces.take(audio(0), 0.0, 0.1).act == NOTHING


def test_a_speech_node_that_died_is_told_once_and_its_successor_replaces_what_plays():
    pieces = SpeechPieces()
    pieces.take(audio(0), 0.0, 0.1)
    assert pieces.unfinished(LONG_S + 0.1 + UNFINISHED_S) == ""
    assert pieces.unfinished(LONG_S + 0.2 + UNFINISHED_S) == "a" and pieces.unfinished(99.0) == ""
    got = pieces.take(audio(0, "b"), 99.0, 99.1)
    assert got.act == PLAY and got.replaces and kinds(got) == ["unfinished"] and "a never ended" in got.problems[0].text
    assert pieces.take(audio(1), 99.0, 99.1).act == NOTHING


@pytest.mark.parametrize("message", [
    audio(0, name=""), audio(0, seconds=0.0), audio(0, level=9.0), audio(MOST_PIECES + 1), event(7),
    audio(0, words=(Word("never", 0.0, float("inf")),)), audio(0, seconds=121.0)])
def test_nonsense_is_refused_and_forgotten(message):
    pieces = SpeechPieces()
    with pytest.raises(InvalidInput):
        pieces.take(message, 0.0, 0.1)
    assert not pieces._known


@pytest.mark.parametrize("away_s", [float("nan"), float("inf"), 61.0, -3601.0])
def test_a_stamp_from_another_clock_is_refused(away_s):
    with pytest.raises(InvalidInput, match="same clock"):
        SpeechPieces().take(audio(0), 1e6, 1e6 + away_s)


def test_memory_is_bounded():
    pieces = SpeechPieces()
    for number in range(10 * UTTERANCES_KEPT):
        pieces.take(audio(MOST_PIECES, f"u{number}", seconds=0.01), 0.0, 0.1)
    assert len(pieces._known) == UTTERANCES_KEPT
    assert all(len(known.missing) < 100 for known in pieces._known.values())


def test_what_went_wrong_is_in_the_diagnostics():
    pieces, health = SpeechPieces(), Health()
    report(pieces.take(audio(2), 0.0, 0.1), "speech/audio", health, 0.0)
    report(pieces.take(audio(2), 0.0, 0.1), "speech/audio", health, 0.0)
    report(pieces.take(audio(3), 0.0, -0.5), "speech/audio", health, 0.0)
    text = health.report(0.1).message
    for part in ("pieces 0 to 1 of utterance a lost", "piece 2 of utterance a came twice", "came 500 ms late"):
        assert part in text
    assert dict(health.report(0.1).values)["speech/audio: drops"] == "2"
