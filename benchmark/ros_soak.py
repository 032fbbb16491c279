"""Visitors come and go for half an hour, over DDS: is memory flat, are deadlines kept, are limits held?

Not part of `make benchmark`: `.venv/bin/python -m benchmark.ros_soak [MINUTES]`. Prints a line every half minute and
the change between the first and the last third at the end.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmark.ros import Running, cpu_s, pss_mb

MINUTES, STEP_S = 30.0, 30.0


def soak(minutes: float) -> int:
    """Run and print; returns how many limit violations and contacts there were."""
    memory: list[dict[str, float]] = []
    late: list[int] = []
    bad = greeted = 0
    with tempfile.TemporaryDirectory() as folder, Running(Path(folder), "visitor", loop=True) as robot:
        began_s, cpu = time.monotonic(), cpu_s(robot)
        while (gone_s := time.monotonic() - began_s) < 60.0 * minutes:
            robot.crew.spin(STEP_S)
            bad += robot.seen.stream.violations()
            forget(robot)
            memory.append({c.name: pss_mb(c.pid) for c in robot.crew.children})
            now = cpu_s(robot)
            share, cpu = sum(now.values()) - sum(cpu.values()), now
            late.append(int(robot.seen.value("control", "tick: late") or 0))
            greeted = robot.seen.count("greet")
            print(f"{gone_s / 60.0:5.1f} min  {sum(memory[-1].values()):6.0f} MB  {100.0 * share / STEP_S:5.0f} % cpu  "
                  f"late ticks {late[-1]:5d}  greetings {greeted}, farewells {robot.seen.count('farewell')}  "
                  f"violations {bad}  contacts {robot.seen.value('robot', 'self-collision contacts')}  "
                  f"restarts {sum(c.starts - 1 for c in robot.crew.children)}", flush=True)
        contacts = int(robot.seen.value("robot", "self-collision contacts") or 0)
    summary(memory, late)
    return bad + contacts


def forget(robot: Running) -> None:
    """What was judged is not needed any more, so that this process stays small."""
    seen = robot.seen
    for kept in (seen.stream.pieces, seen.stream.arrivals_s, seen.joints, seen.people, seen.bodies, seen.faces):
        kept.clear()


def summary(memory: list[dict[str, float]], late: list[int]) -> None:
    """Memory per node and late ticks of control, first against last third."""
    third = max(len(memory) // 3, 1)
    for name in memory[0]:
        first = np.mean([m[name] for m in memory[:third]])
        last = np.mean([m[name] for m in memory[-third:]])
        print(f"{name:12s} {first:6.1f} MB -> {last:6.1f} MB ({last - first:+.1f})")
    grown = np.diff([0, *late])
    print(f"late ticks of control in half a minute: {np.mean(grown[:third]):.1f} -> {np.mean(grown[-third:]):.1f}")


if __name__ == "__main__":
    sys.exit(1 if soak(float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES) else 0)
