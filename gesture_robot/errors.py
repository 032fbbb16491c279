"""One exception base. Every message says what was wrong and what would have worked."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class GestureRobotError(Exception):
    """Base of every error this package raises on purpose (exit code 1 on the command line)."""

    exit_code = 1


class InvalidInput(GestureRobotError, ValueError):
    """The caller gave something that cannot be used (exit code 2 on the command line)."""

    exit_code = 2


class UnknownName(InvalidInput):
    """A name that is not in a known list; the message lists the list."""

    def __init__(self, kind: str, name: str, known: Iterable[str]):
        self.kind, self.name, self.known = kind, name, tuple(sorted(known))
        near = get_close_matches(name, self.known, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        super().__init__(f"unknown {kind} '{name}'.{hint} Known: {', '.join(self.known) or 'none'}.")


class MissingDependency(GestureRobotError, ImportError):
    """A library behind an engine is absent; the message names the pip extra that brings it."""

    exit_code = 2

    def __init__(self, library: str, extra: str, detail: str = ""):
        self.library, self.extra = library, extra
        more = f" ({detail})" if detail else ""
        super().__init__(f"'{library}' is not available{more}. Install it with: pip install 'gesture_robot[{extra}]'")


class CameraUnavailable(InvalidInput):
    """No picture can be had from a camera or a video file."""


class InvalidModel(InvalidInput):
    """A robot description that cannot be used."""


class OutputUnwritable(InvalidInput):
    """A folder or file for results cannot be written."""
