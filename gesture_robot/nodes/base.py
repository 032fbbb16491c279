"""The shell around a stage: lifecycle, parameters, diagnostics, time, refusal of bad input.

Design: everything on the graph (publishers, subscriptions, services) is made once in `connect` and freed with the node;
`active` gates it. Making and destroying entities in transitions races with executors that wait on them. Engines are
built in `setup` (configure) and freed in `teardown` (cleanup).

Threads: all callbacks of a node run one after the other in the executor's thread. Long work goes to `background`, its
result comes back to that thread.

Safety: an exception in a callback never ends the node: the message counts as refused, the diagnostic names it.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from gesture_robot.errors import GestureRobotError
from gesture_robot.nodes import parameters, params_file, topics
from gesture_robot.nodes.background import Background
from gesture_robot.nodes.config.common import NodeConfig
from gesture_robot.nodes.diagnostics import ERROR, LEVELS, OK, WARN, Health
from gesture_robot.nodes.executor import LOOK_S, Beat
from gesture_robot.nodes.inputs import Inputs
from gesture_robot.nodes.timeline import Timeline

REPORT_PERIOD_S = 0.25
"""What is silent for 0.7 s, or happened once, is named within a second."""
REPEAT_S = 0.9
"""A report that says the same is sent this often: its figures cost time."""
RETRY_S = 2.0
UNCONFIGURED, INACTIVE, ACTIVE, FINALIZED = "unconfigured", "inactive", "active", "finalized"


class StageNode(Inputs, Background, LifecycleNode):
    """Base of all nodes. A subclass names its stage and parameters and fills in the hooks below."""

    stage = "stage"
    """Name of the node."""
    config_type: type[NodeConfig] = NodeConfig
    niceness = 0
    """That of all threads but the background one, by `runner.run`; the least of the nodes in one process counts."""

    def __init__(self, **options: Any):
        """Declare parameters and connect.

        Raises:
            InvalidInput: a parameter of the wrong type or outside its bounds.
        """
        super().__init__(self.stage, **options)
        self.state = UNCONFIGURED
        self.health = Health()
        self.health.facts["state"] = self.state
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.beats: list[Beat] = []
        self.begin_inputs()
        self.begin_background()
        self._told: object = None
        self._told_s = 0.0
        self._tried_s = float("-inf")
        default = parameters.defaults(self.config_type)
        parameters.declare(self, default)
        self._unknown = parameters.unknown(self)
        self.config: Any = parameters.read(self, default)
        self.add_on_set_parameters_callback(self._on_set_parameters)
        simulated = bool(self.get_parameter("use_sim_time").value)
        # Without simulation ROS time is system time; asking rclpy for it takes ten times as long.
        self.timeline = Timeline(self._ros_time_s if simulated else time.time, time.monotonic, simulated=simulated)
        self._jumps = 0
        self._diagnostics = self.create_publisher(DiagnosticArray, topics.DIAGNOSTICS, topics.STREAM)
        self.connect()
        self.create_timer(REPORT_PERIOD_S, self._report, clock=self._steady)
        if self.config.autostart:
            self._starting = self.create_timer(0.05, self._autostart, clock=self._steady)

    # --- hooks ------------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Make publishers, subscriptions, services, timers. Called once, before `setup`."""

    def setup(self) -> None:
        """Configure: build engines from `self.config`. Raise GestureRobotError to stay unconfigured."""

    def start(self) -> None:
        """Activate."""

    def halt(self) -> None:
        """Deactivate."""

    def teardown(self) -> None:
        """Free what `setup` made; also called when it failed half-way, and at the end."""

    def jumped(self, by_s: float) -> None:
        """The clock jumped; `timeline` has absorbed it."""

    # --- time -------------------------------------------------------------------------------------------------

    def _ros_time_s(self) -> float:
        return self.get_clock().now().nanoseconds * 1e-9

    def now_s(self) -> float:
        """The node's own time."""
        now_s = self.timeline.now_s()
        if self.timeline.jumps != self._jumps:
            self._jumps = self.timeline.jumps
            text = f"the clock jumped by {self.timeline.last_jump_s:+.2f} s"
            self.get_logger().warning(text)
            self.health.event("clock", text, now_s)
            self.jumped(self.timeline.last_jump_s)
        return now_s

    def seconds(self, stamp: Time) -> float:
        """A message's stamp on the node's own time."""
        return self.timeline.from_clock(stamp.sec + stamp.nanosec * 1e-9)

    def stamp(self, time_s: float) -> Time:
        """A time of the node as a message's stamp."""
        total = round(max(self.timeline.to_clock(time_s), 0.0) * 1e9)
        return Time(sec=total // 10**9, nanosec=total % 10**9)

    # --- the graph --------------------------------------------------------------------------------------------

    @property
    def active(self) -> bool:
        """Whether the node is in the state active."""
        return self.state == ACTIVE

    def guarded(self, what: str, work: Callable[[], Any]) -> Any:
        """Do `work`; an error is reported under the name `what`, the result is None then."""
        try:
            return work()
        except GestureRobotError as error:
            self.refuse(what, str(error))
        except Exception as error:  # noqa: BLE001  the last net: a node that is alone on a robot must not die of a message
            self.refuse(what, f"{type(error).__name__}: {error}", traceback.format_exc())
        return None

    def refuse(self, what: str, why: str, details: str = "") -> None:
        """Report a message that was not used."""
        why = " ".join(why.split())
        if not self.context.ok():  # the graph is gone already: nothing can be told, and nothing moves
            return
        if self.health.event(what, f"{what}: {why}", self.now_s()):
            self.get_logger().warning(f"{what}: {why}\n{details}".rstrip())

    def every(self, period_s: float, work: Callable[[], None], *, always: bool = False, steady: bool = False) -> Any:
        """Call `work` again and again while the node is active; in simulated time if there is one, unless `steady`."""
        def guarded() -> None:
            if self.active or always:
                self.guarded(f"timer {getattr(work, '__name__', '')}", work)

        # A timer on system time sleeps for an hour when the clock is set back by one; simulated time tells its jumps.
        clock = None if self.timeline.simulated and not steady else self._steady
        return self.create_timer(period_s, guarded, clock=clock)

    def beat(self, period_s: float, work: Callable[[], None], *, always: bool = False, look_s: float = LOOK_S) -> Beat:
        """Like `every` with `steady`, for a short period: a tenth of the processor time, in a BeatExecutor only.

        What is not polled, such as a service, is looked after every `look_s`; each look costs 0.4 ms.
        """
        def guarded() -> None:
            self._poll_clock()
            if self.active or always:
                self.guarded(f"beat {getattr(work, '__name__', '')}", work)

        self.beats.append(Beat(period_s, guarded, look_s=look_s))
        return self.beats[-1]

    def _poll_clock(self) -> None:
        """Simulated time comes in with the beat too: it may come a thousand times a second, or too late with a look."""
        subscription = getattr(self._time_source, "_clock_sub", None)  # rclpy has no public way to it
        if subscription is None:
            return
        subscription.callback_group, newest = self._asleep, None
        with subscription.handle:
            while (taken := subscription.handle.take_message(subscription.msg_type, subscription.raw)) is not None:
                newest = taken[0]
        if newest is not None:
            subscription.callback(newest)

    # --- lifecycle --------------------------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """See LifecycleNode."""
        return self._transition(INACTIVE, self._configure)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """See LifecycleNode."""
        super().on_activate(state)
        return self._transition(ACTIVE, self.start)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """See LifecycleNode."""
        super().on_deactivate(state)
        return self._transition(INACTIVE, self.halt)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """See LifecycleNode."""
        return self._transition(UNCONFIGURED, self.teardown)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """See LifecycleNode."""
        return self._transition(FINALIZED, self._finalize)

    def _finalize(self) -> None:
        if self.active:
            self.halt()
        self.teardown()

    def _configure(self) -> None:
        if self._unknown:
            name = self._unknown[0]
            where = params_file.find(name, self.get_fully_qualified_name(), params_file.files())
            raise GestureRobotError(parameters.complain(self, name, where))
        self.config = parameters.read(self, parameters.defaults(self.config_type))
        self.setup()

    def _transition(self, target: str, work: Callable[[], Any]) -> TransitionCallbackReturn:
        before = self.state
        try:
            work()
        except Exception as error:  # noqa: BLE001  whatever an engine raises, the node stays and says so
            self._failed(target, error)
            return TransitionCallbackReturn.FAILURE
        self.state = target
        self.health.lasting("lifecycle", "")
        self.health.facts["state"] = target
        if before != target:
            self.get_logger().info(target)
        self._report()
        return TransitionCallbackReturn.SUCCESS

    def _failed(self, target: str, error: Exception) -> None:
        known = isinstance(error, GestureRobotError)
        text = f"not {target}: " + " ".join((str(error) if known else f"{type(error).__name__}: {error}").split())
        if self.health.lasting("lifecycle", text, ERROR):
            self.get_logger().error(text if known else f"{text}\n{traceback.format_exc()}")
        if target == INACTIVE and self.state == UNCONFIGURED:
            self.guarded("teardown", self.teardown)
        self._report()

    def _autostart(self) -> None:
        """Configure and activate; after a failure try again in a while, because what was missing may come."""
        if self.state == ACTIVE:
            self._starting.cancel()
            return
        if time.monotonic() - self._tried_s < RETRY_S and self.health.report(0.0).level == ERROR:
            return
        self._tried_s = time.monotonic()
        if self.state == UNCONFIGURED:
            self.trigger_configure()
        if self.state == INACTIVE:
            self.trigger_activate()

    def _on_set_parameters(self, changed: list[Parameter]) -> SetParametersResult:
        """Parameters are read in configure: a change while configured would look as if it worked."""
        own = [p.name for p in changed if p.name.split(".")[0] in {f.name for f in fields(self.config_type)}]
        if own and self.state != UNCONFIGURED:
            why = f"{own[0]} is read when the node is configured: deactivate and clean up the node first."
            return SetParametersResult(successful=False, reason=why)
        return SetParametersResult(successful=True)

    # --- diagnostics ------------------------------------------------------------------------------------------

    def inspect(self) -> None:
        """Called before every report: a subclass updates `health.facts` and lasting problems here."""

    def _report(self) -> None:
        now_s = self.now_s()
        self.judge_publishers(now_s)
        self.guarded("inspect", self.inspect)
        told = (self.state, *self.health.verdict(now_s))
        if told == self._told and time.monotonic() - self._told_s < REPEAT_S:
            return
        self._told, self._told_s = told, time.monotonic()
        report = self.health.report(now_s)
        status = DiagnosticStatus(level=LEVELS[report.level], name=f"{self.get_fully_qualified_name()[1:]}",
                                  message=report.message, hardware_id="gesture_robot",
                                  values=[KeyValue(key=key, value=value) for key, value in report.values])
        message = DiagnosticArray(status=[status])
        message.header.stamp = self.stamp(now_s)
        self._diagnostics.publish(message)

    # --- end --------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Stop working and free everything; the node cannot be used afterwards."""
        if self.active:
            self.state = INACTIVE
            self.guarded("halt", self.halt)
        self.guarded("teardown", self.teardown)
        self.end_background()
        self.destroy_node()


__all__ = ["ACTIVE", "ERROR", "INACTIVE", "OK", "UNCONFIGURED", "WARN", "StageNode"]
