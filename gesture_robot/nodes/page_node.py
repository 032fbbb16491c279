"""The page node: the operator's browser on the graph. It calls control, decision, speech and gesture.

Threads: presses come on the page's own thread; STOP engages the lock `stop` there at once, everything else is done in
the executor's thread, woken by the press. Pictures are decoded and drawn on the page's thread, only for a visitor.
Without a visitor the inputs are left in DDS, which keeps the newest few, and the node wakes ten times a second.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Empty
from trajectory_msgs.msg import JointTrajectory as TrajectoryMessage

from gesture_robot.errors import GestureRobotError
from gesture_robot.msg import ControlStatus, FaceMotion, Interactions, People, SpeechAudio
from gesture_robot.msg import Decision as DecisionMessage
from gesture_robot.nodes import topics
from gesture_robot.nodes.base import ERROR, StageNode
from gesture_robot.nodes.config.page import PageNodeConfig
from gesture_robot.nodes.convert.joints import trajectory_message
from gesture_robot.nodes.convert.people import decision_value
from gesture_robot.nodes.page_calls import Calls, Notes
from gesture_robot.nodes.page_view import PageView
from gesture_robot.nodes.robot_model import RobotDescription
from gesture_robot.nodes.runner import run
from gesture_robot.page.access import read_token
from gesture_robot.page.manual import PERIOD_S, ManualJoints
from gesture_robot.page.server import OperatorPage
from gesture_robot.page.state import PageEvent

BEAT_S = 0.1
SHOWS = ("pause", "greet", "joints", "nodes")


class PageNode(StageNode):
    """Shows the robot and passes on what the operator presses."""

    stage = "page"
    config_type = PageNodeConfig
    niceness = -10  # a stop comes through here

    def connect(self) -> None:
        """See StageNode."""
        self._description = RobotDescription(self)
        self._notes = Notes(self.now_s)
        self._wishes = Calls(self, self._notes)
        self._page: OperatorPage | None = None
        self._stopped = False
        self._heartbeat = self.create_publisher(Empty, topics.HEARTBEAT, topics.STREAM)
        self._teleop: Any = None
        self._hear()
        self.every(BEAT_S, self._beat, always=True, steady=True)
        self._fast = self.every(PERIOD_S, self._show, always=True, steady=True)
        self._fast.cancel()

    def _hear(self) -> None:
        """All inputs wait until somebody looks; deep queues are not needed for what is only shown."""
        def hear(kind: Any, topic: str, take: Any, qos: Any) -> None:
            self.listen(kind, topic, take, qos, always=True, polled=True)

        hear(ControlStatus, topics.CONTROL_SOURCE, self._on_status, topics.LATCHED)
        hear(DecisionMessage, topics.DECISION, lambda m: self._view.take_decision(decision_value(m)), topics.LATCHED)
        hear(JointState, topics.JOINT_STATES, lambda m: self._view.take_joints(m, self.now_s()), topics.SENSOR)
        hear(FaceMotion, topics.FACE_WEIGHTS, lambda m: self._view.take_face(m), topics.SENSOR)
        hear(SpeechAudio, topics.SPEECH_AUDIO, lambda m: self._view.take_speech(m), topics.STREAM)
        hear(Interactions, topics.INTERACTIONS, lambda m: self._view.take_interactions(m), topics.STREAM)
        hear(Image, topics.IMAGE, lambda m: self._view.take_image(m, self.now_s()), topics.SENSOR)
        hear(People, topics.PEOPLE, lambda m: self._view.take_people(m, self.now_s()), topics.SENSOR)
        hear(DiagnosticArray, topics.DIAGNOSTICS, lambda m: self._view.take_diagnostics(m, self.now_s()), topics.EVERY)

    # --- lifecycle --------------------------------------------------------------------------------------------

    def setup(self) -> None:
        """See StageNode."""
        token = read_token(self.config.token_file)
        model = self._description.model()
        self._view = PageView(model, self.seconds, self.config.stale_s, self.get_namespace())
        self._manual = ManualJoints(model)
        names = tuple(name.strip() for name in self.config.host_names.split(",") if name.strip())
        self._page = OperatorPage(model, self.config.bind, token=token, host_names=names, shows=SHOWS,
                                  on_event=self._pressed)
        self.health.facts |= {"robot": model.name, "address": self._page.url, "asks for a token": str(bool(token))}
        self.get_logger().info(f"open {self._page.url} in a browser")
        if self._page.beyond_loopback:
            self.get_logger().warning("the token travels unencrypted: use a network you trust, an ssh tunnel or TLS.")

    def halt(self) -> None:
        """See StageNode."""
        self._manual.release()

    def teardown(self) -> None:
        """See StageNode."""
        self._fast.cancel()
        page, self._page = self._page, None
        if page is not None:
            page.close()

    # --- presses ----------------------------------------------------------------------------------------------

    def _pressed(self, event: PageEvent) -> None:
        """On the page's thread."""
        if event.kind == "stop":
            self._wishes.lock()
        self.call_soon(partial(self._answer, event))

    def _answer(self, event: PageEvent) -> None:
        try:
            self._do(event)
        except GestureRobotError as error:
            self._notes.add(str(error))

    def _do(self, event: PageEvent) -> None:
        if event.kind == "stop":  # in every state of this node
            self._wishes.stop()
            self._manual.release()
        elif event.kind == "release":
            self._wishes.release()
        elif not self.active:
            self._notes.add(f"the page node is {self.state}; it must be active.")
        elif event.kind in ("pause", "resume"):
            self._wishes.pause(event.kind == "pause")
        elif event.kind == "give_back":
            self._manual.release()
        elif event.kind == "joint":
            self._take_over(event.value, event.number)
        else:
            wishes = {"greet": self._wishes.greet, "say": self._wishes.say, "gesture": self._wishes.gesture}
            wishes[event.kind](event.value)
        if event.kind != "joint":
            self._show()

    def _take_over(self, joint: str, target: float) -> None:
        if self._stopped or self._wishes.stopping:
            self._notes.add("not moved: the robot is stopped; release it first.")
            return
        if self._teleop is None:  # only now, so that a second teleop is reported only where there are two
            self._teleop = self.create_publisher(TrajectoryMessage, topics.TELEOP_TRAJECTORY, topics.STREAM)
        self._manual.set(joint, target, self._view.position(joint), self.now_s())

    # --- the beat ---------------------------------------------------------------------------------------------

    def _beat(self) -> None:
        self._wishes.watch(self.config.patience_s)
        page = self._page
        if page is None:
            return
        answers = page.answers(self.config.answer_s)
        if answers and self.active:
            self._heartbeat.publish(Empty())
        if not answers and self._manual.names:
            self._manual.release()
            self._notes.add("the browser did not answer: all joints were given back.")
        if page.has_visitor():
            if self._fast.is_canceled():
                self._fast.reset()
        else:
            self._fast.cancel()

    def _show(self) -> None:
        page = self._page
        if page is None:
            return
        self.poll()
        now_s = self.now_s()
        self._wishes.list_gestures()
        if self._teleop is not None and self.active:
            trajectory = self._manual.trajectory(now_s)
            if trajectory is not None:
                self._teleop.publish(trajectory_message(trajectory, self.stamp(trajectory.start_s)))
        self._wishes.told(self._view.decision_paused)
        page.update(self._view.state(
            now_s, mode=self._mode(now_s), stopped=self._stopped or self._wishes.stopping, notes=self._notes.lines(),
            stop_reason=self._why(now_s), paused=self._wishes.paused, gestures=self._wishes.gestures,
            manual=self._manual.names))

    def _mode(self, now_s: float) -> str:
        status = self._view.status
        if status is None or self._view.control_silent(now_s):
            return "no control"
        return str(status.mode)

    def _why(self, now_s: float) -> str:
        if self._wishes.stopping:
            return "stopping, not confirmed yet"
        if self._view.control_silent(now_s):
            return "the control node is silent"
        return str(self._view.status.reason) if self._view.status is not None else ""

    def _on_status(self, message: ControlStatus) -> None:
        self._view.take_status(message, self.now_s())
        self._stopped = message.stopped
        if message.stopped:
            self._manual.release()
            if self.seconds(message.header.stamp) >= self._wishes.pressed_s:
                self._wishes.confirmed()

    def inspect(self) -> None:
        """See StageNode."""
        if self._page is not None:
            self.health.lasting("picture", self._view.picture_problem if self._page.has_visitor() else "")
            self.health.facts["visitors"] = str(self._page.visitors())
            self.health.lasting("stop", "a stop was pressed and control does not confirm it"
                                if self._wishes.stopping else "", ERROR)


def main() -> int:
    """Entry point."""
    return run([PageNode])


if __name__ == "__main__":
    sys.exit(main())
