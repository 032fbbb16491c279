"""Allows motion once, when control is ready, and ends: for simulations, started by launch/simulation.launch.py.

Not for a robot, where a person releases. A control node that dies later comes back stopped and stays so.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future
from std_srvs.srv import Trigger

from gesture_robot.nodes import topics
from gesture_robot.nodes.runner import EXIT_FAILED, EXIT_OK

GIVE_UP_S, AGAIN_S, ANSWER_S = 120.0, 0.5, 5.0


def release(node: Node, give_up_s: float = GIVE_UP_S) -> bool:
    """Ask until control agrees; it refuses while it is not active or has no joint states."""
    client: Any = node.create_client(Trigger, topics.RELEASE)
    end_s, why = time.monotonic() + give_up_s, "the service does not answer"
    while rclpy.ok() and time.monotonic() < end_s:
        if not client.wait_for_service(timeout_sec=AGAIN_S):
            continue
        future = client.call_async(Trigger.Request())
        rclpy.spin_until_future_complete(node, future, timeout_sec=ANSWER_S)
        answer = future.result() if future.done() else None
        if answer is not None and answer.success:
            node.get_logger().info("control is released: the robot moves")
            return True
        why = answer.message if answer is not None else why
        rclpy.spin_until_future_complete(node, Future(), timeout_sec=AGAIN_S)
    if rclpy.ok():
        node.get_logger().error(f"control was not released within {give_up_s:g} s: {why}")
    return False


def main() -> int:
    """Release control; returns the exit code."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.ALL)
    node = Node("release_once")
    try:
        return EXIT_OK if release(node) else EXIT_FAILED
    except (KeyboardInterrupt, ExternalShutdownException):
        return EXIT_OK
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == "__main__":
    sys.exit(main())
