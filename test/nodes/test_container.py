"""Several nodes in one process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from threading import Event, Thread
from types import SimpleNamespace

import pytest
from lifecycle_msgs.msg import Transition
from ros_graph import ROOT

from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.nodes.base import StageNode
from gesture_robot.nodes.container import _run, chosen, modules, node_class


def test_every_executable_is_a_node_of_its_name():
    for name in modules():
        if (ROOT / f"gesture_robot/nodes/{modules()[name]}.py").is_file():
            kind = node_class(name)
            assert issubclass(kind, StageNode) and kind.stage == name
    with pytest.raises(UnknownName, match="retarget"):
        node_class("retargets")


def test_names_are_taken_from_before_the_ros_arguments():
    ros = ["--ros-args", "-r", "__ns:=/a"]
    assert chosen(["container", "--nodes", "gesture, face", *ros]) == ["gesture", "face"]


@pytest.mark.parametrize("arguments, says", [
    (["--nodes", "face,face"], "differ"), (["--nodes", ""], "needs names"),
    (["--nodes", "face", "--ros-args", "-r", "__node:=x"], "one name")])
def test_what_would_give_nodes_one_name_is_refused(arguments, says):
    with pytest.raises(InvalidInput, match=says):
        chosen(["container", *arguments])


def test_a_thread_that_still_runs_after_ctrl_c_can_be_waited_for():
    """A thread that only seems to have ended would be torn down with the interpreter: the process would abort."""
    waited_for, may_end = Event(), Event()

    class Ended(Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited_for.set()
            return super().wait(timeout)

    ended = Ended()

    def work() -> None:
        waited_for.wait()
        os.kill(os.getpid(), signal.SIGINT)
        may_end.wait()
        ended.set()

    lane = SimpleNamespace(thread=Thread(target=work, daemon=True), ended=ended)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            _run([lane])
    finally:
        signal.signal(signal.SIGINT, before)
    assert lane.thread.is_alive()
    may_end.set()
    lane.thread.join()
    assert ended.is_set()


def test_nodes_keep_their_names_parameters_and_lives_apart(graph, tmp_path, request):
    params = tmp_path / "params.yaml"
    params.write_text("robot:\n  ros__parameters: {scene: '', engine: echo}\n"
                      "retarget:\n  ros__parameters: {robot: wren}\n")
    made = _start(graph, params)
    request.addfinalizer(made.kill)
    graph.wait(lambda: graph.state("robot") == graph.state("retarget") == "active", "both are active")
    assert graph.value("robot", "engine") == "echo"
    assert sorted(n for n in graph.node.get_node_names() if n != "probe") == ["retarget", "robot"]
    assert graph.change("retarget", Transition.TRANSITION_DEACTIVATE)
    graph.wait(lambda: graph.state("retarget") == "inactive", "one sleeps")
    assert graph.lifecycle("robot") == "active"
    made.send_signal(signal.SIGINT)
    assert made.wait(10) == 0


def _start(graph, params):
    command = [sys.executable, "-m", "gesture_robot.nodes.container", "--nodes", "robot,retarget", "--ros-args",
               "--params-file", str(params)]
    with (graph.folder / "container.log").open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, env=graph.environment, stdout=log, stderr=log,
                                start_new_session=True)
