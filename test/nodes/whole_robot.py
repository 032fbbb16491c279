"""All nodes of a robot as processes, with an observer: for tests of whole scenes."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from lifecycle_msgs.msg import Transition
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from ros_graph import MODULES, Graph
from std_srvs.srv import Trigger

from gesture_robot.nodes import topics
from gesture_robot.nodes.observer import Observer
from gesture_robot.robots.model import load_model

NODES = ("robot", "control", "perception", "decision", "speech", "gesture", "face", "retarget")
PARAMETERS: dict[str, dict[str, Any]] = {"robot": {"scene_waits": True}, "speech": {"sound": False}}
MODEL = load_model("wren")


class WholeRobot:
    """Starts everything, released, with a scene that waits."""

    def __init__(self, graph: Graph, scene: str):
        self.graph = graph
        self.seen = Observer(graph.node, MODEL)
        self.nodes = [name for name in NODES if find_spec(f"gesture_robot.nodes.{MODULES[name]}")]
        given = PARAMETERS | {"robot": PARAMETERS["robot"] | {"scene": scene}}
        self.processes = {name: graph.start(name, parameters=given.get(name), wait=False) for name in self.nodes}
        self._given = given
        for name in self.nodes:
            graph.wait(lambda name=name: graph.state(name) == "active", f"{name} is active", patience_s=60.0,
                       on_fail=lambda name=name: self.processes[name].output)
        self.release()

    def release(self) -> None:
        """As an operator does; control agrees once it has joint states."""
        self.graph.wait(lambda: self.graph.call(Trigger, topics.RELEASE, Trigger.Request()).success, "release")

    def begin(self) -> float:
        """The scene begins; returns when."""
        answer = self.graph.call(Trigger, "robot/restart_scene", Trigger.Request())
        assert answer.success, answer.message
        return self.seen.seconds_of(answer.message)

    def change_scene(self, scene: str) -> None:
        """The robot's camera looks at another scene, which waits."""
        for number in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP):
            assert self.graph.change("robot", number)
        asked = SetParameters.Request(parameters=[Parameter("scene", value=scene).to_parameter_msg()])
        assert self.graph.call(SetParameters, "robot/set_parameters", asked).results[0].successful
        for number in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
            assert self.graph.change("robot", number)
        if self.status.stopped:
            self.release()

    @property
    def status(self) -> Any:
        """The newest word of control."""
        return self.seen.status

    def kill(self, name: str) -> None:
        """End a node by SIGKILL."""
        self.processes[name].kill()
        self.graph.diagnostics.pop(name, None)

    def start_again(self, name: str) -> None:
        """Start it, as a launch file's respawn does."""
        self.processes[name] = self.graph.start(name, parameters=self._given.get(name), wait=False)

    def rests(self) -> bool:
        """Whether the measured joints have not moved for a moment."""
        recent = np.array([p for _, p in self.seen.joints[-10:]])
        return len(recent) == 10 and float(np.ptp(recent, axis=0).max()) < 2e-3

    def contacts(self) -> str:
        """Self-collisions as the robot counts them."""
        return self.graph.value("robot", "self-collision contacts")
