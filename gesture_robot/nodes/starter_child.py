"""One node's process: started, watched, started again when it died, ended step by step. No ROS."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.3, 8.0
SETTLED_S = 20.0
"""A process that lived this long is started again at once when it dies."""
PR_SET_PDEATHSIG = 1


def _before_exec() -> Callable[[], None]:
    """What a child does before it becomes a node.

    It leaves the process group, not the session: Linux shares processor time among sessions first (autogroup), and the
    priorities of nodes in sessions of their own would mean nothing. It asks for SIGINT when the starter dies, even by
    SIGKILL.
    """
    if not sys.platform.startswith("linux"):
        return os.setpgrp
    prctl = ctypes.CDLL(None).prctl

    def prepare() -> None:
        os.setpgrp()
        prctl(PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)

    return prepare


class Child:
    """A node in a process of its own, in a process group of its own, so that Ctrl-C reaches the starter only."""

    def __init__(self, name: str, module: str, parameters: dict[str, Any], log: Path):
        self.name, self.log = name, log
        self._command = [sys.executable, "-m", f"gesture_robot.nodes.{module}", "--ros-args"]
        for key, value in parameters.items():
            self._command += ["-p", f"{key}:={json.dumps(value)}"]
        self._process: subprocess.Popen[bytes] | None = None
        self._before_exec = _before_exec()
        self._backoff_s, self._start_at_s, self._started_s = FIRST_BACKOFF_S, 0.0, 0.0
        self.starts = 0

    def start(self) -> None:
        """Start the process; its output goes to `log`."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                preexec_fn=self._before_exec, env=os.environ | {"PYTHONUNBUFFERED": "1"})
        self.starts += 1
        self._started_s = time.monotonic()

    def started_s(self, now_s: float) -> float:
        """When the present process was started, on a clock that says `now_s`."""
        return now_s - (time.monotonic() - self._started_s)

    @property
    def pid(self) -> int:
        """Process number, 0 when there is none."""
        return self._process.pid if self._process is not None else 0

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def died(self) -> str | None:
        """How the process ended, told once; it is to be started again by `revive` after a while."""
        if self._process is None or self._process.poll() is None:
            return None
        code, self._process = self._process.returncode, None
        if time.monotonic() - self._started_s > SETTLED_S:
            self._backoff_s = FIRST_BACKOFF_S
        self._start_at_s = time.monotonic() + self._backoff_s
        self._backoff_s = min(2.0 * self._backoff_s, LONGEST_BACKOFF_S)
        self.exit_code = code
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def revive(self) -> bool:
        """Start a process that died, once its time has come; True when it was started."""
        if self._process is not None or time.monotonic() < self._start_at_s:
            return False
        self.start()
        return True

    def last_line(self) -> str:
        """The end of its output, for a message."""
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1] if lines else "no output"

    def send(self, number: signal.Signals) -> None:
        """Send a signal to a process that runs."""
        if self.alive and self._process is not None:
            self._process.send_signal(number)


def end_all(children: list[Child], hurry: Callable[[], int], wait: Callable[[float], None]) -> dict[str, str]:
    """SIGINT to all, then SIGTERM, then SIGKILL; which signal each one needed.

    Args:
        children: processes.
        hurry: how often the user asked to be quicker; each time goes to the next signal at once.
        wait: lets a moment pass.
    """
    needed: dict[str, str] = {}
    impatience = hurry()
    for number, patience_s in ((signal.SIGINT, 6.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0)):
        left = [child for child in children if child.alive]
        for child in left:
            child.send(number)
            needed[child.name] = number.name
        end_s = time.monotonic() + patience_s
        while any(child.alive for child in left) and time.monotonic() < end_s and hurry() == impatience:
            wait(0.05)
        impatience = hurry()
    return needed
