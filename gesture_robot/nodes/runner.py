"""Starting nodes: one or several in a process, ended cleanly by SIGINT and SIGTERM."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

import rclpy
from rclpy.exceptions import InvalidParameterException, ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.signals import SignalHandlerOptions

from gesture_robot.errors import GestureRobotError
from gesture_robot.nodes.base import StageNode
from gesture_robot.nodes.executor import BeatExecutor
from gesture_robot.priority import set_niceness

EXIT_OK, EXIT_FAILED, EXIT_BAD_INPUT = 0, 1, 2


def run(kinds: Sequence[Callable[[], StageNode]], arguments: list[str] | None = None) -> int:
    """Make the nodes, spin until a signal comes, free them; returns the exit code."""
    priority = _hurry(kinds)
    try:
        rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.ALL)
    except (RuntimeError, ParameterException) as error:
        return _say(f"the ROS arguments cannot be used: {error}")
    executor = BeatExecutor()  # rclpy's events executor spins without end under load and ignores signals
    nodes: list[StageNode] = []
    try:
        for kind in kinds:
            nodes.append(kind())
            executor.add_node(nodes[-1])
            nodes[-1].health.facts["priority"] = priority
        executor.spin()
    except (GestureRobotError, InvalidParameterException) as error:
        return _say(str(error))
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except RuntimeError:  # rclpy's own errors: something was published while the graph went down
        if rclpy.ok():
            raise
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # the end is under way; a second signal must not break it off
        _end(executor, nodes)
    return EXIT_OK


def _hurry(kinds: Sequence[Callable[[], StageNode]]) -> str:
    """Take the priority of the node in the greatest hurry, before DDS makes threads, which everything waits for."""
    wanted = min((int(getattr(kind, "niceness", 0)) for kind in kinds), default=0)
    if wanted == 0 or set_niceness(wanted):
        return f"nice {wanted}"
    return f"nice 0; {wanted} is not permitted"


def _end(executor: Any, nodes: list[StageNode]) -> None:
    for node in nodes:
        executor.remove_node(node)
    for node in nodes:
        node.close()
    executor.shutdown()
    rclpy.try_shutdown()


def _say(text: str) -> int:
    print(f"gesture_robot: {' '.join(text.split())}", file=sys.stderr, flush=True)
    return EXIT_BAD_INPUT
