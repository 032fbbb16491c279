"""Cuts text of any length into sentences, lazily, so that speech can begin before the text has been read to its end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gesture_robot.errors import InvalidInput

_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st sr jr vs etc no vol fig inc ltd co corp dept approx est e.g i.e a.m p.m u.s u.k ph.d "
    "jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun "
    "z.b d.h bzw usw ca nr hr fr mme mlle m sra dra ud uds pág tel".split()
)
_FULL = "。！？｡؟۔।॥"
"""Ends of sentences that need no blank after them."""
_END = re.compile(rf"[.!?…]+[\"'”’»)\]]*(?=\s|$)|[{_FULL}]+[\"'”’»」』）]*|\n\s*\n")
_SOFT = re.compile(r"[,;:，、；：،؛—–](?=\s|[^\x00-\x7f]|$)|\s[-—–]\s")


def split_sentences(text: str, max_chars: int = 240) -> Iterator[str]:
    """Yield the sentences of `text` in order, stripped; together they hold every character that is not blank.

    A sentence of more than `max_chars` characters is cut after a comma, else at a blank, else anywhere.

    Raises:
        InvalidInput: `max_chars` below 1.
    """
    if max_chars < 1:
        raise InvalidInput(f"max_chars must be at least 1, got {max_chars}.")
    return _sentences(text, max_chars)


def pause_after(piece: str, pause_s: float) -> float:
    """Silence that belongs after a piece: `pause_s` after a sentence, half at a comma, none inside a phrase."""
    if re.search(rf"[.!?…{_FULL}][^\w\s]*$", piece):
        return pause_s
    return pause_s / 2.0 if re.search(r"[,;:，、；：،؛—–-]$", piece) else 0.0


def _sentences(text: str, max_chars: int) -> Iterator[str]:
    start = 0
    for match in _END.finditer(text):
        if match.end() <= start or _goes_on(text, start, match):
            continue
        yield from _cut(text, start, match.end(), max_chars)
        start = match.end()
    yield from _cut(text, start, len(text), max_chars)


def _goes_on(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether the dot found belongs to an abbreviation, an initial or a numbered item rather than to an end."""
    mark = match.group()
    if not mark.startswith(".") or mark.startswith(".."):
        return mark.startswith(("..", "…")) and _next_is_lower(text, match.end())
    word = re.search(r"[^\s(\"'“„«]*$", text[max(start, match.start() - 24) : match.start()])
    before = word.group().lower() if word else ""
    if before in _ABBREVIATIONS:
        return match.end() < len(text)
    if len(before) == 1 and before.isalpha() and before != "i":
        return match.end() < len(text)
    if before.isdigit() and len(before) <= 2 and not text[start : match.start()].strip(" \n\t" + before):
        return match.end() < len(text)
    return _next_is_lower(text, match.end())


def _next_is_lower(text: str, position: int) -> bool:
    following = text[position : position + 8].lstrip()
    return bool(following) and following[0].islower()


def _cut(text: str, start: int, end: int, max_chars: int) -> Iterator[str]:
    while start < end:
        while start < end and text[start].isspace():
            start += 1
        stop = end if end - start <= max_chars else _cut_at(text, start, start + max_chars)
        piece = text[start:stop].strip()
        if piece:
            yield piece
        start = stop


def _cut_at(text: str, start: int, limit: int) -> int:
    soft = [match.end() for match in _SOFT.finditer(text, start, limit)]
    if soft and soft[-1] - start > (limit - start) // 3:
        return soft[-1]
    blank = max(
        text.rfind(" ", start + 1, limit + 1),
        text.rfind("\n", start + 1, limit + 1),
        text.rfind("\t", start + 1, limit + 1),
    )
    return blank if blank > start else limit
