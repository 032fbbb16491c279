"""What holds for every test: no network beyond this machine, and on CI (CI=true) a skipped test is a failure."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Iterator

import pytest

LOCAL_HOSTS = ("localhost", "127.", "::1")
ON_CI = os.environ.get("CI", "").lower() in ("true", "1")


class NetworkUsed(RuntimeError):
    """A test reached for another machine."""


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Connections to other machines raise; unix sockets and loopback stay."""
    original = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOCAL_HOSTS):  # type: ignore[index]
            raise NetworkUsed(f"a test tried to connect to {address}")
        original(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)
    yield


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with the most slow tests first: the last minute of a run in several processes has none for one alone."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


def _skips(terminal: pytest.TerminalReporter) -> list[str]:
    lines = []
    for report in terminal.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        lines.append(f"{report.nodeid or report.fspath}: {reason}")
    return lines


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """On CI a run with skips does not pass: what a laptop may lack, CI has."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if ON_CI and terminal is not None and _skips(terminal) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the skips that made a CI run fail."""
    skips = _skips(terminalreporter)
    if ON_CI and skips:
        terminalreporter.section("skipped, which CI counts as failed", red=True)
        for line in skips:
            terminalreporter.line(line)
