"""Real nodes in separate processes over real DDS, watched by a probe in the test's own process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor

from gesture_robot.nodes import topics

ROOT = Path(__file__).resolve().parents[2]
MODULES = {line.split()[0]: line.split()[1] for line in
           (ROOT / "gesture_robot/nodes/executables.txt").read_text().splitlines() if line[:1].isalpha()}
PATIENCE_S = 30.0
"""How long something may take on a slow, busy machine before the test gives up; nothing waits this long normally."""
AGAIN_S = 4.0
DOMAINS = 25
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
"""Up to four processes of tests run at a time, each with DOMAINS domains of its own: two must never share one."""
_domains = count((os.getpid() * 7) % DOMAINS)


class NodeProcess:
    """One node's process, its output in a file."""

    def __init__(self, name: str, arguments: list[str], environment: dict[str, str], log: Path):
        self.name, self.log = name, log
        self._file = log.open("wb")
        command = [sys.executable, "-m", f"gesture_robot.nodes.{MODULES[name]}", *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=self._file, stderr=subprocess.STDOUT,
                                        start_new_session=True)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def end(self) -> int:
        """SIGINT, then harder; returns the exit code."""
        for number, patience_s in ((signal.SIGINT, 10.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
            if self.process.poll() is None:
                self.process.send_signal(number)
                try:
                    self.process.wait(patience_s)
                except subprocess.TimeoutExpired:
                    continue
        self._file.close()
        return self.process.returncode


class Graph:
    """A DDS domain of its own with node processes and a probe."""

    def __init__(self, folder: Path, namespace: str = ""):
        self.folder, self.namespace = folder, namespace
        self.domain = 1 + DOMAINS * WORKER + next(_domains) % DOMAINS
        self.processes: list[NodeProcess] = []
        # The range is read by DDS from the environment of the process that creates a participant.
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=self.domain)
        self.node = rclpy.create_node("probe", context=self.context, namespace=namespace)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.diagnostics: dict[str, DiagnosticStatus] = {}
        self.node.create_subscription(DiagnosticArray, topics.DIAGNOSTICS, self._take_diagnostics, topics.EVERY)

    # --- processes --------------------------------------------------------------------------------------------

    def start(self, name: str, *arguments: str, parameters: dict[str, Any] | None = None, wait: bool = True,
              environment: dict[str, str] | None = None) -> NodeProcess:
        """Start a node by its executable's name and wait until it is active."""
        ros = [*arguments]
        for key, value in (parameters or {}).items():
            ros += ["-p", f"{key}:={str(value).lower() if isinstance(value, bool) else value}"]
        if self.namespace:
            ros += ["-r", f"__ns:={self.namespace}"]
        log = self.folder / f"{name}-{len(self.processes)}.log"
        made = NodeProcess(name, ["--ros-args", *ros] if ros else [], self.environment | (environment or {}), log)
        self.processes.append(made)
        if wait:
            self.diagnostics.pop(self.full(name), None)
            self.wait(lambda: self.state(name) == "active", f"{name} is active", on_fail=lambda: made.output)
        return made

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"ROS_DOMAIN_ID": str(self.domain), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
                             "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}

    def full(self, name: str) -> str:
        return f"{self.namespace.strip('/')}/{name}" if self.namespace else name

    # --- watching ---------------------------------------------------------------------------------------------

    def spin(self, seconds: float) -> None:
        """Let messages arrive for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.executor.spin_once(timeout_sec=min(0.02, max(end - time.monotonic(), 0.0)))

    def wait(self, condition: Callable[[], Any], what: str, patience_s: float = PATIENCE_S,
             on_fail: Callable[[], str] = lambda: "") -> Any:
        """Spin until `condition` holds and return its value; fails with `what`."""
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            self.executor.spin_once(timeout_sec=0.02)
        shown = {name: (s.message, {v.key: v.value for v in s.values}) for name, s in self.diagnostics.items()}
        raise AssertionError(f"not within {patience_s:g} s: {what}\n{shown}\n{on_fail()}")

    def listen(self, kind: Any, topic: str, qos: Any = topics.EVERY) -> list[Any]:
        """A list that grows with the messages of a topic."""
        got: list[Any] = []
        self.node.create_subscription(kind, topic, got.append, qos)
        return got

    def publisher(self, kind: Any, topic: str, qos: Any = topics.EVERY, *, peers: int = 1) -> Any:
        """A publisher that has met its subscribers."""
        made = self.node.create_publisher(kind, topic, qos)
        self.wait(lambda: made.get_subscription_count() >= peers, f"somebody listens on {topic}")
        return made

    def call(self, kind: Any, name: str, request: Any) -> Any:
        """Call a service and return its response; asked again where only a dead server was known at first."""
        client = self.node.create_client(kind, name)
        self.wait(client.service_is_ready, f"service {name} is there")
        futures = [client.call_async(request)]
        asked_s = time.monotonic()

        def answered() -> Any:
            nonlocal asked_s
            if time.monotonic() - asked_s > AGAIN_S:
                asked_s = time.monotonic()
                futures.append(client.call_async(request))
            return next((f for f in futures if f.done()), None)

        future = self.wait(answered, f"{name} answers")
        self.node.destroy_client(client)
        return future.result()

    def action(self, kind: Any, name: str) -> ActionClient:
        client = ActionClient(self.node, kind, name)
        self.wait(client.server_is_ready, f"action {name} is there")
        return client

    def result(self, future: Any, what: str = "the future") -> Any:
        self.wait(future.done, f"{what} is done")
        return future.result()

    # --- lifecycle and diagnostics ----------------------------------------------------------------------------

    def _take_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self.diagnostics[status.name] = status

    def state(self, name: str) -> str:
        """The lifecycle state a node last reported."""
        return self.value(name, "state")

    def value(self, name: str, key: str) -> str:
        """A value of a node's newest diagnostic."""
        status = self.diagnostics.get(self.full(name))
        return next((v.value for v in status.values if v.key == key), "") if status else ""

    def message(self, name: str) -> str:
        """The message of a node's newest diagnostic."""
        status = self.diagnostics.get(self.full(name))
        return status.message if status else ""

    def change(self, name: str, transition: int) -> bool:
        """Ask for a lifecycle transition (lifecycle_msgs.msg.Transition)."""
        request = ChangeState.Request()
        request.transition.id = transition
        return bool(self.call(ChangeState, f"{name}/change_state", request).success)

    def lifecycle(self, name: str) -> str:
        """The state as the node's own lifecycle service tells."""
        return str(self.call(GetState, f"{name}/get_state", GetState.Request()).current_state.label)

    def close(self) -> None:
        for process in self.processes:
            if process.process.poll() is None:
                process.process.send_signal(signal.SIGINT)
        for process in self.processes:
            process.end()
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)
