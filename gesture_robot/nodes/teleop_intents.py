"""What an operator wants, whatever device it came from, and what keys mean. Without ROS and without a terminal."""

from __future__ import annotations

from dataclasses import dataclass

HELP = """\
up, down     choose a joint          left, right or - +   move it while held
space        stop                    r                    release
g NUMBER     play a gesture          h                    this help
q            quit"""

_ARROWS = {"A": ("choose", -1), "B": ("choose", 1), "C": ("jog", 1), "D": ("jog", -1)}
_KEYS = {"+": ("jog", 1), "=": ("jog", 1), "-": ("jog", -1), " ": ("stop", 0), "r": ("release", 0), "h": ("help", 0),
         "?": ("help", 0), "q": ("quit", 0)}
_ENTER = "\r\n"


@dataclass(frozen=True, slots=True)
class Intent:
    """One wish: choose, jog, stop, release, gesture, help or quit."""

    kind: str
    step: int = 0
    """choose: joints further; jog: direction."""
    name: str = ""
    """gesture: which."""


class Keys:
    """Turns what a terminal delivers into intents; keeps half-read arrows and numbers between two reads."""

    def __init__(self, gestures: tuple[str, ...]):
        self._gestures = gestures
        self._arrow = ""
        self._number: str | None = None

    def read(self, text: str) -> list[Intent]:
        """Intents of the characters that came."""
        found: list[Intent] = []
        for char in text:
            found += self._take(char)
        return found

    @property
    def asking(self) -> bool:
        """Whether the number of a gesture is expected."""
        return self._number is not None

    def _take(self, char: str) -> list[Intent]:
        if char == " ":  # a stop is a stop, in the middle of whatever
            self._arrow, self._number = "", None
        if char == "\x1b" or self._arrow:
            return self._take_arrow(char)
        if self._number is not None:
            return self._take_digit(char)
        if char == "g":
            self._number = ""
            return []
        kind, step = _KEYS.get(char, ("", 0))
        return [Intent(kind, step)] if kind else []

    def _take_arrow(self, char: str) -> list[Intent]:
        self._arrow += char
        if self._arrow in ("\x1b", "\x1b[", "\x1bO"):
            return []
        self._arrow = ""
        kind, step = _ARROWS.get(char, ("", 0))
        return [Intent(kind, step)] if kind else []

    def _take_digit(self, char: str) -> list[Intent]:
        assert self._number is not None
        if char.isdecimal() and char.isascii():
            self._number += char
        number = int(self._number or 0)
        ends = char in _ENTER or 10 * number > len(self._gestures)
        if char not in _ENTER and not (char.isdecimal() and char.isascii()):
            self._number = None  # another key: no gesture, and the key counts
            return self._take(char)
        if not ends:
            return []
        self._number = None
        return [Intent("gesture", name=self._gestures[number - 1])] if 1 <= number <= len(self._gestures) else []
