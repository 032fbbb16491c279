"""Watches a robot's graph and keeps what evaluation needs: who was greeted when, what was commanded, how late.

`Observer` attaches to any node; its callbacks run in that node's executor. It only watches, and must not slow
the robot down: what comes often is kept as bytes and looked at only when somebody asks.
Times are seconds since it began, on the clock of the graph; the report counts from the start of the scene.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory as TrajectoryMessage

from gesture_robot.checks import Array
from gesture_robot.datatypes import Decision, RobotModel, Speech
from gesture_robot.errors import GestureRobotError
from gesture_robot.msg import BodyMotion, ControlStatus, FaceMotion, People, SpeechAudio
from gesture_robot.msg import Decision as DecisionMessage
from gesture_robot.nodes import topics
from gesture_robot.nodes.convert.joints import robot_state, trajectory_value
from gesture_robot.nodes.convert.motion import body_value, face_value
from gesture_robot.nodes.convert.people import decision_value
from gesture_robot.nodes.convert.speech import speech_value
from gesture_robot.nodes.observer_stream import CommandStream
from gesture_robot.nodes.raw_input import RawInput

AHEAD_S = 0.08
"""Body frames are sent this long before they are due, so nothing is late before that."""
SPOKEN = ("greet", "farewell")


@dataclass(slots=True)
class Spoken:
    """One piece of speech; `heard_until_s` is earlier than its end when it was cut off."""

    arrived_s: float
    heard_s: float
    speech: Speech
    chunk: int
    heard_until_s: float = float("inf")
    on_its_way: str = ""
    """How far its gesture has come: "body", "joints", "command"."""
    moved_s: float = float("nan")
    """Arrival of the first joint command that its gesture had a part in."""


class Observer:
    """What was seen on the graph, in lists that only grow."""

    def __init__(self, node: Any, model: RobotModel, *, commands: bool = True, motion: bool = True):
        """Listen on `node`.

        Args:
            node: any node, spun by the caller.
            model: the robot.
            commands: also to joints, joint commands and people.
            motion: also to the frames of body and face.
        """
        self.model, self._node = model, node
        self._origin_ns = int(node.get_clock().now().nanoseconds)
        self.decisions: list[tuple[float, Decision]] = []
        self._pieces: list[Spoken] = []
        self.ended: list[tuple[float, str]] = []
        self.statuses: list[tuple[float, ControlStatus]] = []
        """Where mode, source, stop or reason changed."""
        self.status: ControlStatus | None = None
        """The newest."""
        self._joints: list[tuple[float, Array]] = []
        self._people: list[tuple[float, float, int]] = []
        self._bodies: list[tuple[float, Array]] = []
        self._faces: list[tuple[float, float, Array]] = []
        self._stream = CommandStream(model)
        self.diagnostics: dict[str, DiagnosticStatus] = {}
        self.heard_s: dict[str, float] = {}
        """When a node's diagnostic came last."""
        self.unusable: dict[str, int] = {}
        self.on_decision: Callable[[Decision], None] = lambda _: None
        self.on_status: Callable[[ControlStatus], None] = lambda _: None
        self._waiting: list[Spoken] = []
        self._arrived_s = 0.0
        self._listen(commands, motion)

    def _listen(self, commands: bool, motion: bool) -> None:
        live = [(DecisionMessage, topics.DECISION, self._decision), (SpeechAudio, topics.SPEECH_AUDIO, self._audio),
                (ControlStatus, topics.CONTROL_SOURCE, self._status),
                (DiagnosticArray, topics.DIAGNOSTICS, self._diagnostic)]
        later: list[tuple[Any, str, Callable[[Any], None]]] = []
        if commands:
            later += [(TrajectoryMessage, topics.CONTROLLER_TRAJECTORY, self._command),
                      (JointState, topics.JOINT_STATES, self._joint), (People, topics.PEOPLE, self._person)]
        if motion:
            later += [(BodyMotion, topics.GESTURE_BODY, self._body), (FaceMotion, topics.FACE_WEIGHTS, self._face),
                      (TrajectoryMessage, topics.GESTURE_TRAJECTORY, self._retargeted)]
        for kind, topic, take in live:
            self._node.create_subscription(kind, topic, self._usable(topic, take), topics.EVERY)
        self._raw = RawInput(self._node, [(kind, topic, self._usable(topic, take)) for kind, topic, take in later])

    # --- what was seen; asking looks at what has come since ----------------------------------------------------

    def _settled(self) -> Observer:
        for arrived_ns, message, take in self._raw.messages():
            self._arrived_s = (arrived_ns - self._origin_ns) * 1e-9
            take(message)
        return self

    @property
    def pieces(self) -> list[Spoken]:
        """Pieces of speech."""
        return self._settled()._pieces

    @property
    def joints(self) -> list[tuple[float, Array]]:
        """(stamp, measured positions (J,))."""
        return self._settled()._joints

    @property
    def people(self) -> list[tuple[float, float, int]]:
        """(arrival, stamp of the picture, how many)."""
        return self._settled()._people

    @property
    def bodies(self) -> list[tuple[float, Array]]:
        """(stamp, rotations (55, 3))."""
        return self._settled()._bodies

    @property
    def faces(self) -> list[tuple[float, float, Array]]:
        """(stamp, frames per second, weights (T, 52))."""
        return self._settled()._faces

    @property
    def stream(self) -> CommandStream:
        """The joint commands."""
        return self._settled()._stream

    def _usable(self, topic: str, take: Callable[[Any], None]) -> Callable[[Any], None]:
        def guarded(message: Any) -> None:
            try:
                take(message)
            except GestureRobotError:
                self.unusable[topic] = self.unusable.get(topic, 0) + 1

        return guarded

    def now_s(self) -> float:
        """Seconds since this observer began, on the clock of the graph."""
        return float((self._node.get_clock().now().nanoseconds - self._origin_ns) * 1e-9)

    def seconds(self, stamp: Time) -> float:
        """A stamp likewise. As seconds of the epoch a float would be off by 0.2 us, too much for accelerations."""
        return float((stamp.sec * 10**9 + stamp.nanosec - self._origin_ns) * 1e-9)

    def seconds_of(self, text: str) -> float:
        """The same of a time as the robot node tells it: "SECONDS.NANOSECONDS"."""
        whole, _, rest = text.partition(".")
        return self.seconds(Time(sec=int(whole), nanosec=int(rest.ljust(9, "0"))))

    # --- messages ---------------------------------------------------------------------------------------------

    def _decision(self, message: DecisionMessage) -> None:
        value = decision_value(message)
        last = self.decisions[-1][1] if self.decisions else None
        same = last is not None and (last.act, last.person_id) == (value.act, value.person_id)
        if same and value.act not in SPOKEN:
            return
        self.decisions.append((self.now_s(), value))
        self.on_decision(value)

    def _audio(self, message: SpeechAudio) -> None:
        stamp_s = self.seconds(message.header.stamp)
        if message.kind == SpeechAudio.AUDIO:
            piece = Spoken(self.now_s(), stamp_s, speech_value(message), message.chunk)
            self._pieces.append(piece)
            self._waiting.append(piece)
            return
        self.ended.append((stamp_s, message.utterance_id))
        if message.kind == SpeechAudio.CANCEL:
            for piece in self._pieces:
                if piece.speech.id == message.utterance_id or not message.utterance_id:
                    piece.heard_until_s = min(piece.heard_until_s, stamp_s)

    def _status(self, message: ControlStatus) -> None:
        last, self.status = self.status, message
        if last is None or (last.mode, last.source, last.stopped, last.reason) != (
                message.mode, message.source, message.stopped, message.reason):
            self.statuses.append((self.now_s(), message))
            self.on_status(message)

    def _command(self, message: TrajectoryMessage) -> None:
        now_s = self._arrived_s
        self._stream.add(trajectory_value(message, self.seconds(message.header.stamp)), now_s)
        for piece in [p for p in self._waiting if p.on_its_way == "joints"]:
            piece.moved_s, piece.on_its_way = now_s, "command"
            self._waiting.remove(piece)

    def _retargeted(self, message: TrajectoryMessage) -> None:
        for piece in self._waiting:
            if piece.on_its_way == "body":
                piece.on_its_way = "joints"

    def _joint(self, message: JointState) -> None:
        stamp_s = self.seconds(message.header.stamp)
        self._joints.append((stamp_s, robot_state(message, self.model.joint_names, stamp_s).positions))

    def _person(self, message: People) -> None:
        self._people.append((self._arrived_s, self.seconds(message.header.stamp), len(message.people)))

    def _body(self, message: BodyMotion) -> None:
        self._bodies.append((self.seconds(message.header.stamp), body_value(message).rotations[0]))
        for piece in self._waiting:
            if not piece.on_its_way and (message.utterance_id, message.chunk) == (piece.speech.id, piece.chunk):
                piece.on_its_way = "body"

    def _face(self, message: FaceMotion) -> None:
        value = face_value(message)
        self._faces.append((self.seconds(message.header.stamp), value.fps, value.weights))

    def _diagnostic(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self.diagnostics[status.name] = status
            self.heard_s[status.name] = self.now_s()

    # --- figures ----------------------------------------------------------------------------------------------

    def count(self, act: str, since_s: float = 0.0) -> int:
        """How many decisions of this act there were."""
        return sum(d.act == act for at_s, d in self.decisions if at_s >= since_s)

    def value(self, node: str, key: str) -> str:
        """A value of a node's newest diagnostic, empty when there is none."""
        status = self.diagnostics.get(node)
        return next((v.value for v in status.values if v.key == key), "") if status else ""

    def drops(self) -> dict[str, int]:
        """Losses that nodes have reported: "NODE: STREAM" -> how many."""
        return {f"{name}: {v.key.removesuffix(': drops')}": int(v.value) for name, status in self.diagnostics.items()
                for v in status.values if v.key.endswith(": drops")}

    def people_latencies_s(self) -> Array:
        """(N,) from the stamp of a picture to its people."""
        return np.array([arrived_s - stamp_s for arrived_s, stamp_s, _ in self.people])

    def command_latencies_s(self) -> Array:
        """(N,) from a piece of speech to the first joint command that moves with it.

        Counted from the piece's arrival, or from when its first frame was to be sent, whichever is later.
        """
        return np.array([piece.moved_s - max(piece.arrived_s, piece.heard_s - AHEAD_S) for piece in self.pieces
                         if piece.on_its_way == "command"])
