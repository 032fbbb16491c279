"""What of a text is spoken, word by word: the one definition that engines, gestures and tests share."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from gesture_robot.errors import InvalidInput

_MARKUP = frozenset("*_`#~|^\\<>[]{}")
_SYMBOLS = frozenset("$€£¥%&+=@°§")
"""Signs that voices read aloud; they count as parts of words."""
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(
    rf"[{_HAN}]"
    rf"|[^\s{_HAN}\u2014\u2013\u2026\u3001\u3002\uff0c\uff01\uff1f\uff1b\uff1a\u060c\u061b\u061f\u0964\u0965]+"
)
_INNER_BREAK = re.compile(r"\.{2,}|[!?;\"“”„«»()]+|(?<!\d)[,:]+|[,:]+(?!\d)|-{2,}")


@dataclass(frozen=True)
class Token:
    """One spoken word of a text: `text[start:end]`, in characters."""

    text: str
    start: int
    end: int


def clean(text: str) -> str:
    """Text of the same length in which everything that must not be read aloud is a space.

    Emoji, control and private characters and mark-up signs go; positions stay valid.

    Raises:
        InvalidInput: not a string.
    """
    if not isinstance(text, str):
        raise InvalidInput(f"text to speak must be a string, got {type(text).__name__}.")
    return "".join(" " if character in _MARKUP or _unspeakable(character) else character for character in text)


def spoken_words(text: str) -> list[Token]:
    """The words of a text in order: split at blanks and dashes, edge punctuation removed; Chinese by character."""
    tokens = []
    for match in _TOKEN.finditer(text):
        start = match.start()
        for piece in _pieces(match.group()):
            low, high = start + piece[0], start + piece[1]
            while low < high and not _spoken(text[low]):
                low += 1
            while high > low and not (_spoken(text[high - 1]) or unicodedata.category(text[high - 1])[0] == "M"):
                high -= 1
            if high > low:
                tokens.append(Token(text[low:high], low, high))
    return tokens


def has_words(text: str) -> bool:
    """Whether anything of the text is spoken."""
    return any(map(_spoken, text))


def _pieces(token: str) -> list[tuple[int, int]]:
    spans, last = [], 0
    for match in _INNER_BREAK.finditer(token):
        spans.append((last, match.start()))
        last = match.end()
    return [*spans, (last, len(token))]


def _spoken(character: str) -> bool:
    return character in _SYMBOLS or unicodedata.category(character)[0] in "LN"


def _unspeakable(character: str) -> bool:
    category = unicodedata.category(character)
    return (
        category in ("So", "Sk", "Cs", "Co", "Cn", "Cc", "Cf") and character not in _SYMBOLS and character not in "\n\t"
    )
