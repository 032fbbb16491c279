"""Sentence splitting: nothing lost, nothing too long, cut where a person would."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.errors import InvalidInput
from gesture_robot.speech.sentences import pause_after, split_sentences


def without_blanks(text: str) -> str:
    return "".join(text.split())


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.text(st.sampled_from("ab C.,!?… \n。،؟3—'\"é中"), max_size=200), st.integers(1, 60))
def test_every_character_comes_once_and_no_piece_is_too_long(text: str, max_chars: int) -> None:
    pieces = list(split_sentences(text, max_chars))
    assert without_blanks("".join(pieces)) == without_blanks(text)
    assert all(0 < len(piece) <= max_chars and piece == piece.strip() for piece in pieces)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there. How are you? Fine!", ["Hello there.", "How are you?", "Fine!"]),
        (
            "Dr. Smith met Mr. J. R. Brown, e.g. at 5 p.m. on Jan. 3rd.",
            ["Dr. Smith met Mr. J. R. Brown, e.g. at 5 p.m. on Jan. 3rd."],
        ),
        ("It costs 3.50 or 1,000.25 euros. Really.", ["It costs 3.50 or 1,000.25 euros.", "Really."]),
        ("Well... maybe. Wait... What?", ["Well... maybe.", "Wait...", "What?"]),
        ('He said "Stop!" Then he left.', ['He said "Stop!"', "Then he left."]),
        ("你好。欢迎来到博物馆！你想看什么？", ["你好。", "欢迎来到博物馆！", "你想看什么？"]),
        ("مرحبا بكم. كيف حالك؟ أنا بخير", ["مرحبا بكم.", "كيف حالك؟", "أنا بخير"]),
        ("नमस्ते। आप कैसे हैं?", ["नमस्ते।", "आप कैसे हैं?"]),
        ("A title\n\nA text", ["A title", "A text"]),
        ("1. First comes this. 2. Then that.", ["1. First comes this.", "2. Then that."]),
        ("So do I. And you?", ["So do I.", "And you?"]),
        ("What?! No way!!!", ["What?!", "No way!!!"]),
        ("   ", []),
    ],
)
def test_cuts_where_a_person_would(text: str, expected: list[str]) -> None:
    assert list(split_sentences(text)) == expected


def test_a_long_sentence_is_cut_after_a_comma_or_at_a_blank() -> None:
    text = "when we came to the river, " + "it was wide and cold " * 8
    pieces = list(split_sentences(text, 60))
    assert pieces[0] == "when we came to the river," and all(not p.startswith((",", "w ")) for p in pieces)
    assert all(word in text.split() for piece in pieces for word in piece.split())
    assert [len(piece) for piece in split_sentences("x" * 130, 60)] == [60, 60, 10]


def test_it_is_lazy() -> None:
    endless = "This is one sentence of many. " * 200_000
    assert list(islice(split_sentences(endless), 2)) == ["This is one sentence of many."] * 2


def test_pauses_follow_the_punctuation() -> None:
    assert pause_after('He said "stop."', 0.3) == 0.3 == pause_after("好。", 0.3)
    assert pause_after("however,", 0.3) == 0.15
    assert pause_after("and so", 0.3) == 0.0


def test_a_useless_limit_is_refused() -> None:
    with pytest.raises(InvalidInput, match="max_chars"):
        split_sentences("hi", 0)
