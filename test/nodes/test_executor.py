"""The executor of nodes with a beat: what is urgent does not wait for the beat."""

from __future__ import annotations

import threading

import pytest

rclpy = pytest.importorskip("rclpy")

from ros_graph import Graph  # noqa: E402
from std_msgs.msg import Empty  # noqa: E402

from gesture_robot.nodes import topics  # noqa: E402
from gesture_robot.nodes.base import StageNode  # noqa: E402
from gesture_robot.nodes.executor import BeatExecutor  # noqa: E402

BEAT_S = 3600.0
PATIENCE_S = 20.0


class Patient(StageNode):
    """Its beat comes once an hour."""

    stage = "patient"

    def connect(self) -> None:
        self.came, self.worked = threading.Event(), threading.Event()
        self.listen(Empty, "urgent", self._on_urgent, topics.EVERY, always=True, polled=True, urgent=True)
        self.beat(BEAT_S, self.poll, always=True, look_s=BEAT_S)

    def _on_urgent(self, _: Empty) -> None:
        self.came.set()
        self.background(lambda: 7, lambda result: self.worked.set() if result == 7 else None)


def test_urgent_messages_and_finished_work_do_not_wait_for_the_beat(graph: Graph) -> None:
    node = Patient(context=graph.context)
    executor = BeatExecutor(context=graph.context)
    executor.add_node(node)
    thread = threading.Thread(target=_spin, args=(executor,))
    thread.start()
    try:
        publisher = graph.publisher(Empty, "urgent")
        publisher.publish(Empty())
        assert node.came.wait(PATIENCE_S), "the message waited for the beat"
        assert node.worked.wait(PATIENCE_S), "the finished work waited for the beat"
    finally:
        node.call_soon(lambda: executor.shutdown(0))
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
        node.close()


def _spin(executor: BeatExecutor) -> None:
    from rclpy.executors import ExternalShutdownException

    with pytest.raises(ExternalShutdownException):
        executor.spin()
