"""How long the command line takes to answer."""

from __future__ import annotations

import subprocess
import sys
import time


def measure() -> list[tuple[str, float, str, str]]:
    times_s = []
    for _ in range(3):
        start_s = time.perf_counter()
        subprocess.run([sys.executable, "-m", "gesture_robot.cli", "--help"], stdout=subprocess.DEVNULL, check=True)
        times_s.append(time.perf_counter() - start_s)
    return [("gesture_robot --help, median of 3", sorted(times_s)[1], "s", "<= 0.5")]
