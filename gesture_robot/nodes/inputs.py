"""How a node takes what comes: guarded, counted, polled where waking up would cost too much."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription

SPEAKS_S = 1.5
"""Who published within this time counts as one of a topic's publishers."""
TELLS_SENDER = hasattr(Subscription, "CallbackType")
"""Whether this rclpy tells a callback who published; Humble's does not."""


class Asleep(CallbackGroup):
    """Its subscriptions never wake the executor, which costs 0.3 ms of processor time each time."""

    def can_execute(self, entity: Any) -> bool:
        """Never."""
        return False

    def beginning_execution(self, entity: Any) -> bool:
        """Never."""
        return False

    def ending_execution(self, entity: Any) -> None:
        """Nothing to end."""


class Inputs:
    """Part of StageNode, whose other members it uses: subscriptions and services."""

    def begin_inputs(self) -> None:
        """Nothing is listened to yet."""
        self._polled: list[tuple[Any, str, Callable[[Any], None]]] = []
        self._served: list[Any] = []
        self._senders: dict[str, dict[bytes, float]] = {}
        self._asleep = Asleep()
        self.urgent: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
        """Subscriptions, services and guard conditions for which a BeatExecutor polls at once, not with the beat."""
        self.sender = b""
        """Who published the message in work, if polled or of a `single` topic; empty where ROS does not tell."""

    def listen(self: Any, kind: Any, topic: str, callback: Callable[[Any], None], qos: QoSProfile, *,
               always: bool = False, single: bool = False, polled: bool = False, urgent: bool = False) -> None:
        """Subscribe; what the callback refuses with an error is counted and named in the diagnostics.

        Args:
            kind: message type.
            topic: relative name.
            callback: takes the message; raises GestureRobotError for a message that cannot be used.
            qos: one of `topics`.
            always: also while the node is not active.
            single: more than one publisher on this topic is a fault that is reported.
            polled: messages wait until the node calls `poll`, and do not wake it: for a node with a fast beat.
            urgent: of what is polled, this does not wait for the beat.
        """
        def guarded(message: Any) -> None:
            if not (self.active or always):
                return
            stamp = getattr(getattr(message, "header", None), "stamp", None)
            now_s = self.now_s()
            self.health.tick(topic, now_s, None if stamp is None else now_s - self.seconds(stamp))
            self.guarded(topic, lambda: callback(message))

        def signed(message: Any, info: Any) -> None:
            self._take_sender(topic, info)
            guarded(message)

        group = self._asleep if polled else None
        wants = signed if single and not polled and TELLS_SENDER else guarded
        subscription = self.create_subscription(kind, topic, wants, qos, callback_group=group)
        if polled:
            self._polled.append((subscription, topic, guarded))
            self.urgent[0].extend([subscription] if urgent else [])
        if single:
            self._senders[topic] = {}

    def poll(self: Any) -> None:
        """Take finished work and what has come on the polled topics, in the order in which these were made."""
        self._run_calls()
        for subscription, topic, callback in self._polled:
            with subscription.handle:
                while (taken := subscription.handle.take_message(subscription.msg_type, subscription.raw)) is not None:
                    self._take_sender(topic, taken[1])
                    callback(taken[0])
        for service in self._served:
            with service.handle:
                request, header = service.handle.service_take_request(service.srv_type.Request) or (None, None)
            if header is not None:
                service.send_response(service.callback(request, service.srv_type.Response()), header)

    def serve(self: Any, kind: Any, name: str, callback: Callable[[Any, Any], Any]) -> None:
        """A service whose calls are taken by `poll`, after the messages: they wait for no look at everything else."""
        self._served.append(self.create_service(kind, name, callback, callback_group=self._asleep))
        self.urgent[1].append(self._served[-1])

    def _take_sender(self: Any, topic: str, info: Any) -> None:
        self.sender = bytes((info.get("publisher_gid") or {}).get("data", b""))
        if self.sender and topic in self._senders:
            self._senders[topic][self.sender] = self.now_s()

    def judge_publishers(self: Any, now_s: float) -> None:
        """Name the topics of one publisher on which several speak.

        Who speaks is known from the messages where ROS tells; the graph goes on listing a killed process for 20 s.
        """
        for topic, senders in self._senders.items():
            count = sum(at_s > now_s - SPEAKS_S for at_s in senders.values())
            for gone in [sender for sender, at_s in senders.items() if at_s <= now_s - SPEAKS_S]:
                del senders[gone]
            if not TELLS_SENDER:
                count = self.count_publishers(topic)
            text = f"{topic}: {count} publishers, one is expected; only one of them should run" if count > 1 else ""
            self.health.lasting(f"publishers of {topic}", text)
