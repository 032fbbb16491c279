"""Several nodes in one process: `container --nodes gesture,face,retarget [--ros-args ...]`.

Each node has its own executor in its own thread, so that none waits while another one loads a model. They share one
interpreter: it saves memory (about 60 MB per node) and costs isolation, because they also end together.
"""

from __future__ import annotations

import argparse
import signal
import sys
from importlib import import_module
from inspect import isclass
from pathlib import Path
from threading import Event, Thread

import rclpy
from rclpy.exceptions import InvalidParameterException, ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from gesture_robot.errors import GestureRobotError, InvalidInput, UnknownName
from gesture_robot.nodes.base import StageNode
from gesture_robot.nodes.executor import BeatExecutor
from gesture_robot.nodes.runner import EXIT_BAD_INPUT, EXIT_OK

EXECUTABLES = Path(__file__).with_name("executables.txt")
NO_NODES = ("container", "release_once")


def modules() -> dict[str, str]:
    """Executable's name -> module of every node."""
    lines = (line.split() for line in EXECUTABLES.read_text(encoding="utf-8").splitlines() if line[:1].isalpha())
    return {name: module for name, module in lines if module.endswith("_node")}


def node_class(name: str) -> type[StageNode]:
    """The class behind an executable's name; raises UnknownName."""
    known = modules()
    if name not in known:
        raise UnknownName("node", name, known)
    module = import_module(f"gesture_robot.nodes.{known[name]}")
    return next(kind for kind in vars(module).values()
                if isclass(kind) and issubclass(kind, StageNode) and kind.__module__ == module.__name__)


def chosen(arguments: list[str]) -> list[str]:
    """Names on the command line.

    Raises:
        InvalidInput: none, one twice, or a remapping that would give all nodes one name.
    """
    renaming = [a for a in arguments if a.startswith(("__node:=", "__name:="))]
    if renaming:
        raise InvalidInput(f"{renaming[0]} would give all nodes of the container one name; rename one with "
                           "-r NODE:__node:=NAME.")
    parser = argparse.ArgumentParser(prog="container", description=__doc__)
    parser.add_argument("--nodes", required=True, metavar="A,B", help=f"of: {', '.join(modules())}")
    names = [n.strip() for n in parser.parse_args(remove_ros_args(arguments)[1:]).nodes.split(",") if n.strip()]
    if not names or len(set(names)) < len(names):
        raise InvalidInput(f"--nodes needs names that differ, such as --nodes gesture,face,retarget; got {names}.")
    return names


class Lane:
    """One node with its executor, in a thread of its own."""

    def __init__(self, kind: type[StageNode]):
        self.node = kind()
        self._executor = BeatExecutor()
        self._executor.add_node(self.node)
        self.ended = Event()
        self.thread = Thread(target=self._spin, name=self.node.stage, daemon=True)

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except (ExternalShutdownException, RuntimeError):
            if rclpy.ok():
                raise
        finally:
            self.ended.set()

    def close(self) -> None:
        """Free the node; its thread has ended."""
        self._executor.remove_node(self.node)
        self.node.close()
        self._executor.shutdown()


def main() -> int:
    """Run the nodes until SIGINT or SIGTERM; returns the exit code."""
    try:
        kinds = [node_class(name) for name in chosen(sys.argv)]
        rclpy.init(signal_handler_options=SignalHandlerOptions.ALL)
    except (GestureRobotError, RuntimeError, ParameterException) as error:
        return _say(str(error))
    lanes: list[Lane] = []
    try:
        for kind in kinds:
            lanes.append(Lane(kind))
        _run(lanes)
    except (GestureRobotError, InvalidParameterException) as error:
        return _say(str(error))
    except KeyboardInterrupt:
        pass
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # Ctrl-C may come twice: from terminal and launcher
        rclpy.try_shutdown()
        for lane in lanes:
            if lane.thread.ident is not None:
                lane.thread.join()
        for lane in lanes:
            lane.close()
    return EXIT_OK


def _run(lanes: list[Lane]) -> None:
    for lane in lanes:
        lane.thread.start()
    for lane in lanes:
        # No join here: on Python up to 3.12 a signal that breaks one off leaves the thread marked as ended while it
        # runs (bpo-45274), the join before the end of the process then does not wait, and the process aborts.
        while not lane.ended.wait(0.5):
            pass


def _say(text: str) -> int:
    print(f"gesture_robot: {' '.join(text.split())}", file=sys.stderr, flush=True)
    return EXIT_BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
