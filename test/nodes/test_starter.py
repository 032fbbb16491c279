"""`gesture_robot demo --ros`: all nodes as processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from gesture_robot.msg import ControlStatus
from ros_graph import ROOT

from gesture_robot.nodes import topics
from gesture_robot.nodes.starter_child import Child, end_all

QUIET = ("--headless", "--scene", "empty", "--tts", "tone", "--seconds", "60")


class Demo:
    """The command, in the domain of a graph."""

    def __init__(self, graph, *arguments):
        self.errors = graph.folder / f"demo-{len(list(graph.folder.iterdir()))}.log"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gesture_robot.cli", "demo", "--ros", "--json", *arguments], cwd=ROOT,
            env=graph.environment, stdout=subprocess.PIPE, stderr=self.errors.open("wb"), start_new_session=True)

    def children(self) -> dict[str, int]:
        """Node -> process number."""
        found = {}
        for path in Path("/proc").iterdir():
            try:
                if path.name.isdigit() and int((path / "stat").read_text().rsplit(") ")[1].split()[1]) == self.pid:
                    words = (path / "cmdline").read_text().split("\0")
                    found[words[2].split(".")[-1].removesuffix("_node")] = int(path.name)
            except (OSError, IndexError):
                continue
        return found

    def again(self, name: str, before: dict[str, int]) -> bool:
        """Whether a node runs in another process than before."""
        return self.children().get(name, before[name]) != before[name]

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def said(self) -> str:
        return self.errors.read_text()

    def wait(self) -> dict:
        """Its JSON line."""
        out, _ = self.process.communicate(timeout=30)
        return json.loads(out.splitlines()[-1])


@pytest.fixture
def demo(graph):
    made = []

    def start(*arguments):
        made.append(Demo(graph, *arguments))
        return made[-1]

    yield start
    for one in made:
        one.process.kill()
        one.process.wait()


def gone(pids) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.mark.slow
def test_nodes_start_are_released_once_come_back_and_end(graph, demo, tmp_path):
    statuses = graph.listen(ControlStatus, topics.CONTROL_SOURCE)
    run = demo(*QUIET, "--out", str(tmp_path / "out"))
    graph.wait(lambda: statuses and not statuses[-1].stopped, "control is released", on_fail=lambda: run.said)
    before = run.children()
    assert {"robot", "control", "retarget", "gesture"} <= set(before)

    second = demo(*QUIET)
    answer = second.wait()
    assert second.process.returncode == 2 and "a robot runs here already" in answer["error"]

    os.kill(before["gesture"], signal.SIGKILL)
    graph.wait(lambda: run.again("gesture", before), "gesture is started again")
    assert not statuses[-1].stopped
    os.kill(before["control"], signal.SIGKILL)
    graph.wait(lambda: run.again("control", before), "control too")
    graph.wait(lambda: statuses[-1].stopped, "it is stopped")
    statuses.clear()
    graph.wait(lambda: len(statuses) > 5, "the new control tells its state")
    assert all(s.stopped for s in statuses), "it comes back stopped and is not released"
    others = {name: pid for name, pid in run.children().items() if name not in ("gesture", "control")}
    assert others.items() <= before.items(), "nobody else died"

    left = run.children().values()
    run.process.send_signal(signal.SIGINT)
    report = run.wait()
    assert run.process.returncode == 0, run.said
    assert gone(left)
    assert report["nodes"]["gesture"]["restarts"] == 1 and report["nodes"]["robot"]["restarts"] == 0
    assert report["limits"]["violations"] == 0 and report["limits"]["ends_at_rest"]
    assert json.loads((tmp_path / "out/report.json").read_text())["greetings"] == report["greetings"] == 0
    assert "gesture was killed by SIGKILL" in run.said


@pytest.mark.slow
def test_nodes_end_when_the_starter_is_killed(graph, demo):
    run = demo(*QUIET)
    graph.wait(lambda: graph.state("robot") == graph.state("control") == "active", "nodes run",
               on_fail=lambda: run.said)
    left = run.children().values()
    run.process.kill()
    graph.wait(lambda: gone(left), "no process is left")


@pytest.mark.parametrize("wrong, says", [
    (["--robot", "robby"], "wren"), (["--tts", "parrot"], "espeak"), (["--scene", "beach"], "visitor"),
    (["--bind", "0.0.0.0:8080"], "127.0.0.1")])
def test_bad_input_ends_with_one_line(graph, demo, wrong, says):
    run = demo(*([] if "--bind" in wrong else ["--headless"]), *wrong)
    assert says in run.wait()["error"]
    assert run.process.returncode == 2 and run.said.count("\n") == 1


# --- one process ------------------------------------------------------------------------------------------------


def stubborn(tmp_path, ignores):
    """A child that ignores some signals and says when it does."""
    child = Child("stub", "none", {}, tmp_path / "stub.log")
    ignored = ", ".join(f"signal.signal(signal.{name}, signal.SIG_IGN)" for name in ignores) or "0"
    heard = "signal.signal(signal.SIGINT, signal.default_int_handler)"  # a shell's background jobs are born deaf to it
    code = f"import signal, time; {heard}; {ignored}; print('ready', flush=True); time.sleep(99)"
    child._command = [sys.executable, "-c", code]
    child.start()
    end_s = time.monotonic() + 20.0
    while child.last_line() != "ready" and time.monotonic() < end_s:
        os.sched_yield()
    return child


@pytest.mark.parametrize("ignores, by", [((), "SIGINT"), (("SIGINT",), "SIGTERM"), (("SIGINT", "SIGTERM"), "SIGKILL")])
def test_each_signal_follows_when_the_one_before_is_ignored(tmp_path, monkeypatch, ignores, by):
    """The user hurries on only from signals that do nothing, so the time a process takes to end does not matter."""
    child = stubborn(tmp_path, ignores)
    sent, send = [], child.send
    monkeypatch.setattr(child, "send", lambda number: (sent.append(number.name), send(number)))
    assert end_all([child], lambda: len(set(sent) & set(ignores)), lambda _: time.sleep(0.01)) == {"stub": by}
    assert sent == [*ignores, by]
    assert not child.alive


def test_a_process_that_died_is_started_again_later_and_later(tmp_path):
    child = Child("stub", "none", {}, tmp_path / "stub.log")
    child._command = [sys.executable, "-c", "print('bad news'); raise SystemExit(2)"]
    child.start()
    pauses = []
    for _ in range(3):
        while (how := child.died()) is None:
            os.sched_yield()
        assert how == "ended with exit code 2" and child.last_line() == "bad news"
        pauses.append(child._start_at_s - time.monotonic())
        assert not child.revive()
        child._start_at_s = 0.0
        assert child.revive()
    assert pauses[0] < pauses[1] < pauses[2]
    child.send(signal.SIGKILL)
