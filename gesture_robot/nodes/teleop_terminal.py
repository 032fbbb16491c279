"""Single keys from a terminal, which is given back as it was found, however the process ends (but for SIGKILL)."""

from __future__ import annotations

import atexit
import os
import select
import sys
import termios
import tty

_DISABLED = b"\x00"


class Terminal:
    """The terminal on standard input, one key at a time and without echo."""

    def __init__(self, descriptor: int):
        self._descriptor = descriptor
        self._before: list[object] | None = termios.tcgetattr(descriptor)
        atexit.register(self.close)
        tty.setcbreak(descriptor)
        changed = termios.tcgetattr(descriptor)
        changed[6][termios.VSUSP] = _DISABLED  # Ctrl-Z would leave the shell with a terminal that does not echo
        termios.tcsetattr(descriptor, termios.TCSADRAIN, changed)

    @staticmethod
    def open() -> Terminal | None:
        """The terminal on standard input; None when there is none, or another process has it in hand."""
        try:
            descriptor = sys.stdin.fileno()
            if os.isatty(descriptor) and os.tcgetpgrp(descriptor) == os.getpgrp():
                return Terminal(descriptor)
        except (OSError, ValueError, AttributeError, termios.error):
            pass
        return None

    def read(self) -> str:
        """What was typed since the last call, without waiting; raises EOFError when the terminal is gone."""
        if self._before is None or not select.select([self._descriptor], [], [], 0.0)[0]:
            return ""
        try:
            got = os.read(self._descriptor, 256)
        except OSError:
            got = b""
        if not got:
            raise EOFError("the terminal is gone")
        return got.decode("utf-8", "replace")

    def close(self) -> None:
        """Give the terminal back."""
        before, self._before = self._before, None
        if before is not None:
            atexit.unregister(self.close)
            try:
                termios.tcsetattr(self._descriptor, termios.TCSADRAIN, before)  # type: ignore[arg-type]
            except termios.error:  # it is gone
                pass
