"""What of a text is a spoken word."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.speech.text import clean, has_words, spoken_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, world!", ["Hello", "world"]),
        ("don't state-of-the-art (it's) 'quoted'", ["don't", "state-of-the-art", "it's", "quoted"]),
        ("$5.20, 50% at 10:30, 1,000", ["$5.20", "50%", "at", "10:30", "1,000"]),
        ("wait...what—no–yes hello,world", ["wait", "what", "no", "yes", "hello", "world"]),
        ("你好，world。", ["你", "好", "world"]),
        ("नमस्ते, كيف؟", ["नमस्ते", "كيف"]),
        ("e.g. U.S.A. R & B", ["e.g", "U.S.A", "R", "&", "B"]),
        ("... -- ?!", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert [token.text for token in spoken_words(text)] == expected


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.text(max_size=80))
def test_tokens_are_slices_in_order_and_cleaning_keeps_positions(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    cleaned.encode("utf-8")
    tokens = spoken_words(cleaned)
    assert all(cleaned[token.start : token.end] == token.text and token.text for token in tokens)
    assert all(a.end <= b.start for a, b in zip(tokens, tokens[1:], strict=False))
    assert bool(tokens) == has_words(cleaned)
