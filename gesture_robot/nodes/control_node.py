"""The control node: the only writer on the robot's controller.

Everything is decided in `Gate` and in `gesture_robot.control`; here messages are taken in and sent out. The tick runs
on the steady clock: a system clock that is set back would hold a timer of its own for just as long. Measured joints and
people are polled in the tick; trajectories, locks and the services `stop` and `release` between ticks as they come, the
stops in every lifecycle state.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Empty
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as TrajectoryMessage

from gesture_robot.datatypes import Command
from gesture_robot.errors import InvalidInput
from gesture_robot.msg import ControlStatus as StatusMessage
from gesture_robot.msg import People
from gesture_robot.nodes import topics
from gesture_robot.nodes.base import ERROR, StageNode
from gesture_robot.nodes.config.control import ControlNodeConfig
from gesture_robot.nodes.control_gate import STOP_LOCK, Gate
from gesture_robot.nodes.convert.joints import robot_state, trajectory_message, trajectory_value
from gesture_robot.nodes.one_sender import OneSender
from gesture_robot.nodes.robot_model import RobotDescription
from gesture_robot.nodes.runner import run

STATUS_S = 0.2
LOOK_TICKS = 2
"""Inputs that are not urgent are looked at in every second tick: it costs a fifth of a tick."""
OTHERS_S = 0.1
"""Lifecycle and parameter services may wait this long."""
FUTURE_S = 1.0
"""People stamped later than this cannot be."""


class ControlNode(StageNode):
    """Takes the trajectories of all sources, sends the safe one."""

    stage = "control"
    config_type = ControlNodeConfig
    niceness = -10

    def connect(self) -> None:
        """See StageNode."""
        self._gate = Gate()
        self._description = RobotDescription(self)
        self._listened: set[str] = set()
        self._owners: dict[str, OneSender] = {}
        self._releasing = False
        self._activations = 0
        self._nearest_m: float | None = None
        self._seen_s = -np.inf
        self._shown: tuple[object, ...] = ()
        self._shown_s = -np.inf
        self._worst_s = 0.0
        self._ticks = 0
        self._output = f"{self.config.controller}/joint_trajectory"
        self._commands = self.create_publisher(TrajectoryMessage, self._output, topics.STREAM)
        self._status = self.create_publisher(StatusMessage, topics.CONTROL_SOURCE, topics.LATCHED)
        self.serve(Trigger, topics.STOP, self._on_stop)
        self.serve(Trigger, topics.RELEASE, self._on_release)
        self.listen(JointState, topics.JOINT_STATES, self._on_joints, topics.SENSOR, polled=True, single=True)
        self.listen(People, topics.PEOPLE, self._on_people, topics.SENSOR, polled=True, single=True)
        self.listen(Empty, topics.HEARTBEAT, lambda _: self._gate.beat(self.now_s()), topics.STREAM, always=True,
                    polled=True)
        self._listen_to_rules()
        self._beat = self.beat(self.config.control.tick_s, self._tick, always=True, look_s=OTHERS_S)

    def _listen_to_rules(self) -> None:
        """One topic per source and per lock; names set after the start are added."""
        control = self.config.control
        for name in sorted({rule.name for rule in control.sources} - self._listened):
            self.listen(TrajectoryMessage, f"{name}/joint_trajectory", self._source(name), topics.STREAM, polled=True,
                        single=True, urgent=True)
            self._listened.add(name)
        for name in sorted({STOP_LOCK, *(rule.name for rule in control.locks)} - self._listened):
            self.listen(Bool, name, self._lock(name), topics.STREAM, always=True, polled=True, urgent=True)
            self._listened.add(name)

    # --- lifecycle --------------------------------------------------------------------------------------------

    def setup(self) -> None:
        """See StageNode."""
        self._model = self._description.model()
        self._gate.set_up(self._model, self.config)
        self._listen_to_rules()
        self._owners = {rule.name: OneSender(rule.timeout_s or 1.0) for rule in self.config.control.sources}
        self._beat.period_s = self._gate.tick_s
        self.health.facts["robot"] = self._model.name

    def start(self) -> None:
        """See StageNode."""
        self._activations += 1
        self._releasing = self.config.release_on_start and self._activations == 1
        self._gate.start(self.now_s())
        self._nearest_m, self._seen_s = None, -np.inf
        self.health.expect(topics.JOINT_STATES, self.config.joint_states_timeout_s, self.now_s(), ERROR)
        if self.config.stop_heartbeat_s == 0.0:
            self.get_logger().warning("NO HEARTBEAT GUARDS THIS ROBOT: it goes on moving when the last operator's "
                                      "connection dies. Set stop_heartbeat_s to 0.5 on a real robot.")

    def halt(self) -> None:
        """See StageNode."""
        self._gate.halt("control was deactivated")
        self._releasing = False
        self.health.expect(topics.JOINT_STATES, None, self.now_s())

    # --- stop and release -------------------------------------------------------------------------------------

    def _on_stop(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._stop("operator")
        response.success, response.message = True, "stopped"
        return response

    def _stop(self, reason: str) -> None:
        self._releasing = False
        if not self._gate.stopped_by:
            self.get_logger().warning(f"stopped: {reason}")
        self._gate.stop(self.now_s(), reason)
        self._show()

    def _on_release(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.message = f"control is {self.state}; it must be active."
        if self.active:
            why = self.guarded(topics.RELEASE, lambda: self._gate.release(self.now_s()))
            response.success = why == ""
            response.message = ("released" if response.success else why) or "it failed, see the diagnostics"
            self._show()
        self.get_logger().info(f"release: {response.message}")
        return response

    def jumped(self, by_s: float) -> None:
        """See StageNode."""
        self._gate.jump(self.timeline.now_s())

    # --- input ------------------------------------------------------------------------------------------------

    def _on_joints(self, message: JointState) -> None:
        now_s = self.now_s()
        self._gate.measured(robot_state(message, self._model.joint_names, self._time(message)), now_s)

    def _on_people(self, message: People) -> None:
        seen_s = self._time(message)
        if seen_s > self.now_s() + FUTURE_S:
            raise InvalidInput("the picture is stamped in the future. Do both sides use the same clock?")
        distances = [person.distance_m for person in message.people]
        self._nearest_m = float(np.min(distances)) if distances else None
        self._seen_s = seen_s

    def _source(self, name: str) -> Callable[[TrajectoryMessage], None]:
        def take(message: TrajectoryMessage) -> None:
            now_s = self.now_s()
            self._own(name, now_s)
            start_s = self._time(message)
            command = Command(name, min(start_s, now_s), trajectory_value(message, start_s))
            self._gate.submit(command, now_s)

        return take

    def _own(self, name: str, now_s: float) -> None:
        """Who speaks first on a source owns it until silent; raises InvalidInput for a second one."""
        if name in self._owners:
            self._owners[name].admit(self.sender, now_s)

    def _lock(self, name: str) -> Callable[[Bool], None]:
        return lambda message: self._gate.lock(name, message.data, self.now_s())

    def _time(self, message: JointState | TrajectoryMessage | People) -> float:
        """The stamp on the node's time; none means now."""
        stamp = message.header.stamp
        return self.seconds(stamp) if stamp.sec or stamp.nanosec else self.now_s()

    # --- the tick ---------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        began_s = time.perf_counter()
        self._ticks += 1
        looks = self._ticks % LOOK_TICKS == 0
        if looks:
            self.poll()
        now_s = self.now_s()
        if self.active:
            if self._releasing:
                self._releasing = self._gate.release(now_s) != ""
            sent = self._gate.step(now_s, self._nearest_m, now_s - self._seen_s)
            if sent is not None:
                self._commands.publish(trajectory_message(sent, self.stamp(sent.start_s)))
        if looks:
            self._show_changes(now_s)
        self._worst_s = max(self._worst_s, time.perf_counter() - began_s)

    def _show_changes(self, now_s: float) -> None:
        status = self._gate.status()
        shown = status.mode, status.source, status.reason, status.slowed, status.blocked, self._gate.stopped_by
        if shown != self._shown or not 0.0 <= now_s - self._shown_s < STATUS_S:
            if shown[:3] != self._shown[:3]:
                self.get_logger().info(f"{status.mode} {status.source} {status.reason}".rstrip())
            self._shown = shown
            self._show()

    def _show(self) -> None:
        status, self._shown_s = self._gate.status(), self.now_s()
        message = StatusMessage(
            mode=status.mode, stopped=bool(self._gate.stopped_by), source=status.source, reason=status.reason,
            hand_speed_limit_mps=status.hand_speed_limit_mps, slowed=list(status.slowed), blocked=list(status.blocked),
            ticks=status.ticks, blocked_ticks=status.blocked_ticks, dropped_commands=status.dropped_commands)
        message.header.stamp = self.stamp(self._shown_s)
        self._status.publish(message)

    def inspect(self) -> None:
        """See StageNode."""
        status, facts = self._gate.status(), self.health.facts
        facts |= {"mode": status.mode, "source": status.source, "reason": status.reason,
                  "tick: worst": f"{self._worst_s * 1000.0:.1f} ms", "tick: late": str(self._gate.late_ticks),
                  "ticks": str(status.ticks), "ticks: blocked": str(status.blocked_ticks),
                  "commands: dropped": str(status.dropped_commands)}
        self._worst_s = 0.0
        self.health.lasting("waiting", f"waiting: {self._gate.waiting}" if self.active and self._gate.waiting else "",
                            ERROR)
        writers = self.count_publishers(self._output)
        self.health.lasting("writers", f"{self._output}: {writers} publishers; control must be the only one"
                            if writers > 1 else "", ERROR)


def main() -> int:
    """Entry point."""
    return run([ControlNode])


if __name__ == "__main__":
    sys.exit(main())
