"""What a node tells /diagnostics: rates, latencies, losses, what was refused and why.

`Health` collects and judges, without ROS; the node base publishes what `Health.report` returns.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

OK, WARN, ERROR = 0, 1, 2
LEVELS = {OK: b"\x00", WARN: b"\x01", ERROR: b"\x02"}
REMEMBER_S = 3.0
"""A refusal or a loss is shown for this long, and at least until the next report."""
WINDOW_S = 2.0


@dataclass(slots=True)
class Stream:
    """One input or output."""

    max_age_s: float | None = None
    """Without a message for longer than this the stream is reported as silent; None: it may be silent."""
    level: int = WARN
    times_s: deque[float] = field(default_factory=deque)
    latencies_s: deque[float] = field(default_factory=lambda: deque(maxlen=200))
    count: int = 0
    drops: int = 0
    since_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """One DiagnosticStatus."""

    level: int
    message: str
    values: tuple[tuple[str, str], ...]


class Health:
    """Collects what happened; not thread-safe. Times are the node's own seconds."""

    def __init__(self) -> None:
        self._streams: dict[str, Stream] = {}
        self._events: dict[str, tuple[int, str, float]] = {}
        self._lasting: dict[str, tuple[int, str]] = {}
        self._counts: dict[str, int] = {}
        self.facts: dict[str, str] = {}
        """Lines that do not change often: engine, provider, state."""

    def expect(self, name: str, max_age_s: float | None, now_s: float, level: int = WARN) -> None:
        """Watch a stream: report it when it is silent for longer than `max_age_s`, counted from now."""
        stream = self._streams.setdefault(name, Stream())
        stream.max_age_s, stream.level, stream.since_s = max_age_s, level, now_s

    def tick(self, name: str, now_s: float, latency_s: float | None = None) -> None:
        """A message came or went; `latency_s` is its age against its stamp."""
        stream = self._streams.setdefault(name, Stream())
        stream.count += 1
        stream.times_s.append(now_s)
        while stream.times_s and stream.times_s[0] < now_s - WINDOW_S:
            stream.times_s.popleft()
        if latency_s is not None:
            stream.latencies_s.append(latency_s)

    def drop(self, name: str, reason: str, now_s: float, count: int = 1) -> None:
        """Messages of a stream were lost or had to be dropped."""
        stream = self._streams.setdefault(name, Stream())
        stream.drops += count
        self.event(name, f"{name}: {reason}", now_s)

    def event(self, key: str, text: str, now_s: float, level: int = WARN) -> bool:
        """Something happened once, such as a refused message. True when it was not being shown already.

        Texts that differ in their numbers only are the same event.
        """
        before = self._events.get(key)
        self._events[key] = (level, text, now_s)
        self._counts[key] = self._counts.get(key, 0) + 1
        return before is None or _words(before[1]) != _words(text) or now_s - before[2] > REMEMBER_S

    def lasting(self, key: str, text: str, level: int = WARN) -> bool:
        """Something is the case until it is called with an empty text. True when it is new."""
        if not text:
            self._lasting.pop(key, None)
            return False
        new = self._lasting.get(key, (0, ""))[1] != text
        self._lasting[key] = (level, text)
        return new

    def age_s(self, name: str, now_s: float) -> float:
        """Seconds since the last message of a stream, or since it was expected."""
        stream = self._streams.get(name)
        if stream is None:
            return float("inf")
        return now_s - max(stream.times_s[-1] if stream.times_s else stream.since_s, stream.since_s)

    def report(self, now_s: float) -> Report:
        """What is wrong, the worst first, and the figures."""
        level, message = self.verdict(now_s)
        values = list(self.facts.items())
        for name, stream in self._streams.items():
            values += self._figures(name, stream, now_s)
        values += [(f"{key}: times", str(count)) for key, count in self._counts.items()]
        return Report(level, message, tuple(values))

    def verdict(self, now_s: float) -> tuple[int, str]:
        """Level and message, the worst first."""
        problems = sorted(self._problems(now_s), key=lambda p: -p[0])
        return problems[0][0] if problems else OK, "; ".join(dict.fromkeys(text for _, text in problems)) or "ok"

    def _problems(self, now_s: float) -> list[tuple[int, str]]:
        found = [(level, text) for level, text in self._lasting.values()]
        for key in [k for k, (_, _, at_s) in self._events.items() if now_s - at_s > REMEMBER_S]:
            del self._events[key]
        found += [(level, text) for level, text, _ in self._events.values()]
        for name, stream in self._streams.items():
            age_s = self.age_s(name, now_s)
            if stream.max_age_s is not None and age_s > stream.max_age_s:
                found.append((stream.level, f"{name}: nothing for {age_s:.1f} s"))
        return found

    @staticmethod
    def _figures(name: str, stream: Stream, now_s: float) -> list[tuple[str, str]]:
        recent = [t for t in stream.times_s if t >= now_s - WINDOW_S]
        lines = [(f"{name}: rate", f"{len(recent) / WINDOW_S:.1f} Hz"), (f"{name}: messages", str(stream.count))]
        if stream.latencies_s:
            ordered = sorted(stream.latencies_s)
            p50, p95 = (1000.0 * ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95))
            lines.append((f"{name}: latency", f"median {p50:.1f} ms, p95 {p95:.1f} ms"))
        if stream.drops:
            lines.append((f"{name}: drops", str(stream.drops)))
        return lines


def _words(text: str) -> str:
    return re.sub(r"[-+.\d]+", "#", text)
