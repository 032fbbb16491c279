"""Topics that are received as bytes: a hundredth of the processor time, until somebody wants to know what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message

from gesture_robot.nodes.inputs import Asleep

COLLECT_S = 0.25
DEEP = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1000, reliability=ReliabilityPolicy.RELIABLE,
                  durability=DurabilityPolicy.VOLATILE)
"""Deep enough for some seconds of the fastest topic."""
Take = Callable[[Any], None]


class RawInput:
    """Keeps messages with the time at which they reached this computer's DDS, in the order of their arrival."""

    def __init__(self, node: Any, topics: list[tuple[Any, str, Take]]):
        """Subscribe on `node`; each topic has a type, a name, and who takes its messages."""
        self._node = node
        group = Asleep()
        self._inputs = [(node.create_subscription(kind, topic, take, DEEP, callback_group=group), kind, take)
                        for kind, topic, take in topics]
        self._newest_ns: dict[Take, int] = {}
        self._kept: list[tuple[int, bytes, Any, Take]] = []
        if topics:
            node.create_timer(COLLECT_S, self._collect)

    def _collect(self) -> None:
        newest = self._newest_ns
        for subscription, kind, take in self._inputs:
            with subscription.handle:
                while (taken := subscription.handle.take_message(subscription.msg_type, True)) is not None:
                    # DDS gives the messages of a topic in their order, but not always with rising times.
                    arrived_ns = max(taken[1]["received_timestamp"], newest.get(take, 0))
                    newest[take] = arrived_ns
                    self._kept.append((arrived_ns, taken[0], kind, take))

    def messages(self) -> Iterator[tuple[int, Any, Take]]:
        """What came since the last call: arrival [ns of system time], message, who takes it."""
        self._collect()
        kept, self._kept = sorted(self._kept, key=lambda item: item[0]), []
        for arrived_ns, data, kind, take in kept:
            yield arrived_ns, deserialize_message(data, kind), take
