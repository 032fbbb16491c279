"""How long stages take, and how much memory: measured for the report, never used by any decision."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Timings:
    """Sum, count and maximum of the wall time per stage; safe to use from one thread per stage."""

    def __init__(self) -> None:
        self._sums: dict[str, list[float]] = {}

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Time the block as one run of `stage`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - start
            entry = self._sums.setdefault(stage, [0.0, 0.0, 0.0])
            entry[0] += took
            entry[1] += 1
            entry[2] = max(entry[2], took)

    def table(self) -> dict[str, dict[str, float]]:
        """Per stage: total [s], runs, mean and largest [ms]."""
        return {name: {"total_s": round(total, 3), "runs": int(count), "mean_ms": round(1e3 * total / max(count, 1), 3),
                       "max_ms": round(1e3 * most, 3)} for name, (total, count, most) in sorted(self._sums.items())}


def peak_memory_mb() -> float:
    """Largest resident memory of this process; the kernel's own mark, because getrusage counts a parent's too."""
    import resource

    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024.0, 1)
    except OSError:
        pass
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0, 1)
