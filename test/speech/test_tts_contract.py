"""One contract for every registered text-to-speech engine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gesture_robot import registry
from gesture_robot.datatypes import EMOTIONS
from gesture_robot.errors import InvalidInput, MissingDependency, UnknownName
from gesture_robot.speech.config import SpeechConfig
from gesture_robot.speech.sentences import split_sentences
from gesture_robot.speech.text import clean, spoken_words

TEXTS = (
    "Hello, welcome to the museum!",
    "Wait for the bus, in the 21st century; e.g. Dr. Smith's state-of-the-art NASA robot costs $5.20! Part of it.",
    'One\n\ntwo — three… four (five) "six" 😀 *seven*',
    "I am",
)
LONG = "The robot looks at the people, and the people look at the robot. " * 60


@pytest.fixture(scope="module", params=registry.names("tts"))
def engine(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "espeak":
        try:
            registry.load("tts", "espeak")().synthesize("hi")
        except MissingDependency as error:
            pytest.skip(str(error))
    yield registry.load("tts", request.param)()


@pytest.mark.parametrize("text", TEXTS)
def test_words_are_those_of_the_text_in_order_and_inside_the_audio(engine: Any, text: str) -> None:
    speech = engine.synthesize(text)
    expected = [token.text for token in spoken_words(speech.text.replace("😀", " ").replace("*", " "))]
    assert [word.text for word in speech.words] == expected
    assert all(a.start_s <= b.start_s and a.end_s <= b.end_s + 1e-9 for a, b in pairwise(speech.words))
    assert all(a.end_s <= b.start_s + 1e-6 for a, b in pairwise(speech.words))
    assert speech.words[0].start_s >= 0.0 and speech.words[-1].end_s <= speech.duration_s
    assert speech.text == text.strip() and speech.rate_hz == engine.rate_hz


@pytest.mark.parametrize("text", TEXTS)
def test_phonemes_increase_and_every_word_has_some(engine: Any, text: str) -> None:
    speech = engine.synthesize(text)
    assert all(a.start_s < b.start_s and a.end_s <= b.start_s + 1e-6 for a, b in pairwise(speech.phonemes))
    assert all(p.text.strip() and p.end_s > p.start_s for p in speech.phonemes)
    assert speech.phonemes[-1].end_s <= speech.duration_s
    for word in speech.words:
        assert any(word.start_s - 1e-6 <= p.start_s < word.end_s for p in speech.phonemes), word


def test_samples_are_audible_finite_and_never_clipped(engine: Any) -> None:
    for emotion in EMOTIONS:
        samples = engine.synthesize(TEXTS[0], emotion=emotion).samples
        assert samples.dtype == np.float32 and np.isfinite(samples).all()
        assert 0.05 < np.abs(samples).max() < 1.0


def test_lead_silence_and_pause_at_the_end(engine: Any) -> None:
    speech = engine.synthesize(TEXTS[0])
    lead = round(0.2 * speech.rate_hz)
    assert np.abs(speech.samples[:lead]).max() < 1e-3
    assert 0.2 - 1e-6 <= speech.words[0].start_s < 0.3
    without = type(engine)(SpeechConfig(lead_s=0.0)).synthesize(TEXTS[0])
    assert np.allclose([w.start_s + 0.2 for w in without.words], [w.start_s for w in speech.words], atol=1e-9)
    sounding = np.flatnonzero(np.abs(speech.samples) > 1e-3)
    assert 0.2 < (len(speech.samples) - sounding[-1]) / speech.rate_hz < 0.5


def test_words_sound_and_pauses_do_not(engine: Any) -> None:
    speech = engine.synthesize("Hello, welcome. Goodbye.")
    loud = [
        np.sqrt((speech.samples[round(w.start_s * speech.rate_hz) : round(w.end_s * speech.rate_hz)] ** 2).mean())
        for w in speech.words
    ]
    gap = speech.samples[
        round((speech.words[1].end_s + 0.05) * speech.rate_hz) : round(
            (speech.words[2].start_s - 0.03) * speech.rate_hz
        )
    ]
    assert min(loud) > 0.02 and len(gap) > 0.1 * speech.rate_hz and np.abs(gap).max() < 2e-3


def test_same_text_same_sound_whatever_was_said_before(engine: Any) -> None:
    first = engine.synthesize(TEXTS[0])
    engine.synthesize("Something else, to leave traces.", emotion="anger")
    again = engine.synthesize(TEXTS[0])
    assert np.array_equal(first.samples, again.samples) and first.id == again.id
    assert [w.start_s for w in first.words] == [w.start_s for w in again.words]


def test_stream_joined_is_the_whole(engine: Any) -> None:
    text = " ".join(TEXTS[:2])
    whole, pieces = engine.synthesize(text), list(engine.stream(text))
    assert len(pieces) > 1
    assert np.array_equal(np.concatenate([p.samples for p in pieces]), whole.samples)
    assert [w.text for p in pieces for w in p.words] == [w.text for w in whole.words]
    assert "".join("".join(p.text for p in pieces).split()) == "".join(text.split())
    for piece in pieces:
        assert len(piece.samples) * 30 % piece.rate_hz == 0


def test_closing_or_stopping_a_stream_ends_it(engine: Any) -> None:
    stream = engine.stream(LONG)
    next(stream)
    stream.close()
    assert list(stream) == []
    stream = engine.stream(LONG)
    next(stream)
    engine.stop()
    assert list(stream) == []
    assert len(list(engine.stream(TEXTS[0]))) == 1


@pytest.mark.parametrize("text", ["", "   \n", "...", "—?!", "😀", "\x00\ud800"])
def test_nothing_to_say_is_refused_at_once(engine: Any, text: str) -> None:
    with pytest.raises(InvalidInput, match="at least one word"):
        engine.stream(text)
    with pytest.raises(InvalidInput, match="at least one word"):
        engine.synthesize(text)


def test_not_a_string_is_refused(engine: Any) -> None:
    with pytest.raises(InvalidInput, match="string"):
        engine.synthesize(None)


def test_unknown_emotion_lists_the_known_ones(engine: Any) -> None:
    with pytest.raises(UnknownName, match="happiness"):
        engine.synthesize("hello", emotion="happyness")


def test_strange_characters_do_not_break_it(engine: Any) -> None:
    speech = engine.synthesize("Hello\u200b \ud83d wor\x00ld \u202e𝕏 &amp; <b>bold</b> [[x]]")
    assert speech.words[0].text == "Hello" and speech.duration_s < 15.0


WILD = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "for",
                "the",
                "in",
                "of",
                "a",
                "$5.20",
                "21st",
                "Dr.",
                "e.g.",
                "--",
                "你好",
                "музей",
                "café",
                "x" * 30,
                "R2-D2",
            ]
        ),
        st.text(min_size=1, max_size=12),
        st.sampled_from([",", ".", "?!", "...", "\n\n", "(", '"', "&", "1,000.5", "http://a.b/c", "😀", "\u0301"]),
    ),
    max_size=14,
).map(" ".join)


@settings(derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=WILD)
def test_any_text_is_spoken_in_order_or_refused(engine: Any, text: str) -> None:
    try:
        speech = engine.synthesize(text)
    except InvalidInput:
        return
    assert [w.text for w in speech.words] == [t.text for s in split_sentences(clean(text)) for t in spoken_words(s)]
    assert all(a.start_s <= b.start_s and a.end_s <= b.end_s for a, b in pairwise(speech.words))
    assert all(a.end_s <= b.start_s + 1e-6 for a, b in pairwise(speech.words))
    assert all(a.end_s <= b.start_s + 1e-6 for a, b in pairwise(speech.phonemes))
    assert speech.words[-1].end_s <= speech.duration_s + 1e-9
