"""The processes of one robot and an observer of them: for the starter and for measurements."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from std_srvs.srv import Trigger

from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import GestureRobotError, InvalidInput
from gesture_robot.nodes import topics
from gesture_robot.nodes.container import modules
from gesture_robot.nodes.observer import Observer
from gesture_robot.nodes.starter_child import Child, end_all

DISCOVERY_S = 1.0
ANSWER_S = 2.0
RELEASE_S = 12.0


class Crew:
    """Nodes as child processes, and a node of its own that watches them. Not thread-safe; close it."""

    def __init__(self, nodes: dict[str, dict[str, Any]], model: RobotModel, logs: Path, *, record: bool,
                 hurry: Callable[[], int] = lambda: 0):
        """Start nothing yet.

        Args:
            nodes: node -> parameters; a node whose module does not exist is left out.
            model: the robot.
            logs: existing folder for what the nodes print.
            record: observe joints, commands and frames too.
            hurry: how often the user has asked to end.
        """
        known = modules()
        self.children = [Child(name, known[name], given, logs / f"{name}.log") for name, given in nodes.items()
                         if find_spec(f"gesture_robot.nodes.{known[name]}")]
        self._hurry = hurry
        self._context = rclpy.Context()
        rclpy.init(args=[], context=self._context)
        self.node = rclpy.create_node("starter", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.seen = Observer(self.node, model, commands=record, motion=record)

    def spin(self, seconds: float) -> None:
        """Let messages arrive for a while."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0.0:
            self._executor.spin_once(timeout_sec=left_s)

    def child(self, name: str) -> Child:
        """The process of a node."""
        return next(child for child in self.children if child.name == name)

    def start(self) -> None:
        """Start all; raises InvalidInput when another robot's nodes are there."""
        self.spin(DISCOVERY_S)
        there = sorted(set(self.node.get_node_names()) & {child.name for child in self.children})
        if there:
            raise InvalidInput(f"a robot runs here already (node /{there[0]}): end it, or take another ROS domain, "
                               "such as ROS_DOMAIN_ID=42 gesture_robot demo --ros")
        for child in self.children:
            child.start()

    def active(self, name: str) -> bool:
        """Whether a node's newest diagnostic, from its present process, says active."""
        child = self.child(name)
        told_s = self.seen.heard_s.get(name, float("-inf"))
        present = child.alive and child.started_s(self.seen.now_s()) < told_s
        return present and self.seen.value(name, "state") == "active"

    def call(self, name: str) -> Trigger.Response | None:
        """The answer of a service, None when none comes in time."""
        client: Any = self.node.create_client(Trigger, name)
        end_s, future = time.monotonic() + ANSWER_S, None
        while time.monotonic() < end_s and (future is None or not future.done()):
            if future is None and client.service_is_ready():
                future = client.call_async(Trigger.Request())
            self.spin(0.01)
        self.node.destroy_client(client)
        return future.result() if future is not None and future.done() else None

    def release(self) -> bool:
        """Allow motion, once it can be; False when the user ends first, GestureRobotError when it is refused."""
        end_s, answer = time.monotonic() + RELEASE_S, None
        while not self._hurry() and time.monotonic() < end_s:
            answer = self.call(topics.RELEASE)
            if answer is not None and answer.success:
                return True
            self.spin(0.2)
        if self._hurry():
            return False
        raise GestureRobotError("control was not released: " + (answer.message if answer else "it does not answer"))

    def begin_scene(self) -> float:
        """The scene begins; returns when, on the observer's time."""
        answer = self.call("robot/restart_scene")
        return self.seen.seconds_of(answer.message) if answer is not None and answer.success else self.seen.now_s()

    def end(self) -> dict[str, str]:
        """End all processes; which signal each one needed."""
        return end_all(self.children, self._hurry, self.spin)

    def close(self) -> None:
        """End what still runs, and leave the graph."""
        self.end()
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)
