"""What stands between control and the robot: stops, locks, heartbeat, joints that are not heard, clocks that jump.

Stops are latched, come from anywhere at any time, and are ended by `release` alone. Waiting is not latched: while the
joints are not heard, or are elsewhere than commanded, nothing at all is sent; what was sent last ends at rest. Once
they are heard and rest, control goes on from where they are. So neither a robot nor a control node that restarts jumps.

Each trajectory begins one tick in the past with the step that was sent before: whenever it arrives within that tick,
the robot changes over on the same path, and no controller has to guess a way to its first point.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.control.collision import CollisionGuard, PathGuard
from gesture_robot.control.config import ControlConfig, LockRule
from gesture_robot.control.controller import Controller, ControlStatus
from gesture_robot.datatypes import Command, JointTrajectory, RobotModel, RobotState
from gesture_robot.errors import InvalidInput
from gesture_robot.nodes.config.control import ControlNodeConfig
from gesture_robot.nodes.control_watch import JointWatch

STOP_LOCK = "stop"
NOT_RELEASED = "not released yet"
JUMPED = "the clock jumped"
SAME_RAD_S = 1e-9
STAY_S = 0.3
"""Each trajectory ends with so much rest: controllers refuse one that is over when it reaches them."""
REST_AGAIN_S = 0.1
"""A robot that rests is told so again this often."""


class Gate:
    """A controller that starts stopped, and what keeps it from moving the robot. No threads, no clock, no ROS."""

    def __init__(self) -> None:
        self.stopped_by = NOT_RELEASED
        """Why it is stopped, empty when released."""
        self.waiting = "control is not active"
        """Why nothing is sent at all, empty when control runs."""
        self.late_ticks = 0
        self._controller: Controller | None = None
        self._sent: JointTrajectory | None = None
        self._path: JointTrajectory | None = None
        self._locks: dict[str, tuple[bool, float]] = {}
        self._beat_s = -np.inf
        self._resuming = False

    # --- set-up -----------------------------------------------------------------------------------------------

    def set_up(self, model: RobotModel, config: ControlNodeConfig, guard: PathGuard | None = None) -> None:
        """Take robot and settings; raises InvalidInput for settings that contradict each other, MissingDependency."""
        self._model, self._config = model, config
        self._control = _with_stop(config.control)
        self._guard = guard if guard is not None else CollisionGuard(model, config.control.margin_m)

    def start(self, now_s: float) -> None:
        """Begin: wait for the joints."""
        config = self._config
        self._watch = JointWatch(self._model, config.joint_states_timeout_s, config.deviation_rad, self.tick_s)
        self._controller, self._sent, self._path = None, None, None
        self._last_s, self.late_ticks = -np.inf, 0
        self._resuming = self._moving = self._rested = False
        self.waiting = self._watch.trouble(now_s)

    def halt(self, why: str) -> None:
        """End: nothing is sent any more, what was sent ends at rest."""
        self.stopped_by = self.stopped_by or why
        self.waiting, self._controller = "control is not active", None

    @property
    def tick_s(self) -> float:
        """Time between two points."""
        return self._control.tick_s

    # --- stop and release -------------------------------------------------------------------------------------

    def stop(self, now_s: float, reason: str) -> None:
        """Brake from the next tick on; latched."""
        self.stopped_by = self.stopped_by or reason
        if self._controller is not None:
            self._controller.stop(now_s, reason)

    def release(self, now_s: float) -> str:
        """End a stop; returns why not, empty when it is released."""
        if not self.stopped_by:
            return ""
        missing = self._missing_heartbeat(now_s)
        if self.waiting or missing or self._controller is None or self._watch.state is None:
            return missing or self.waiting
        met = self._watch.rests() and not self._moving  # else the joints are still on the way that was sent
        try:
            self._controller.release(now_s, self._watch.state if met else self._commanded(now_s))
        except InvalidInput as error:
            return str(error)
        self.stopped_by, self._resuming = "", False
        if met:
            self._begin_anew()
        return ""

    def lock(self, name: str, engaged: bool, now_s: float) -> None:
        """A lock speaks, in any state; the one named `stop` stops at once."""
        self._locks[name] = engaged, now_s
        if engaged and name == STOP_LOCK:
            self.stop(now_s, f"'{STOP_LOCK}' says true")
        if self._controller is not None:
            self._controller.lock(name, engaged, now_s)

    def beat(self, now_s: float) -> None:
        """Somebody who could stop the robot is alive."""
        self._beat_s = now_s

    def _missing_heartbeat(self, now_s: float) -> str:
        limit_s = self._config.stop_heartbeat_s
        if limit_s == 0.0 or now_s - self._beat_s <= limit_s:
            return ""
        return "no heartbeat yet" if self._beat_s == -np.inf else f"no heartbeat for more than {limit_s:g} s"

    def jump(self, now_s: float) -> None:
        """The clock was set: brake on the path that was sent, then go on from there."""
        if self._controller is not None:
            self._controller.stop(now_s, JUMPED)
            self._resuming = True

    # --- input ------------------------------------------------------------------------------------------------

    def submit(self, command: Command, now_s: float) -> bool:
        """A source speaks; False when it was dropped. Raises InvalidInput for what cannot be used."""
        return self._controller is not None and self._controller.submit(command, now_s)

    def measured(self, state: RobotState, now_s: float) -> None:
        """The joints were measured; raises InvalidInput when the stamp cannot be true."""
        self._watch.take(state, now_s)

    # --- the tick ---------------------------------------------------------------------------------------------

    def step(self, now_s: float, nearest_person_m: float | None, perception_age_s: float) -> JointTrajectory | None:
        """What to send now, None: nothing."""
        self._guard_against_silence(now_s)
        self._judge_joints(now_s)
        if self._controller is None:
            return None
        ahead_s = now_s + self.tick_s
        if self._sent is None:  # ticks change half-way between two calls, so that a call a little early is no tick lost
            ahead_s -= 0.5 * self.tick_s
        sent = self._controller.step(
            ahead_s, nearest_person_m=nearest_person_m, perception_age_s=perception_age_s)
        if sent is self._sent:
            return None
        self._sent, self._moving = sent, bool(sent.velocities.any())
        made = self._joined(sent)
        self._resume(now_s)
        if self.waiting:
            return None
        self._watch.commanded(sent.positions[0])
        if not self._moving and self._rested and now_s - self._last_s < REST_AGAIN_S - 0.5 * self.tick_s:
            return None
        self._rested, self._last_s = not self._moving, now_s
        return made

    def status(self) -> ControlStatus:
        """What goes on, with the mode `waiting` added to the controller's."""
        if self._controller is None:
            reason = "; ".join(filter(None, (self.stopped_by, self.waiting)))
            return ControlStatus("waiting", "", reason, 0.0)
        status = self._controller.status()
        waiting = self.waiting or (JUMPED if self._resuming else "")
        if not (waiting or self.stopped_by):
            return status
        reason = "; ".join(filter(None, (self.stopped_by, waiting)))
        return replace(status, mode="waiting" if waiting else status.mode, reason=reason)

    # --- inside -----------------------------------------------------------------------------------------------

    def _guard_against_silence(self, now_s: float) -> None:
        missing = self._missing_heartbeat(now_s)
        locked = self._controller.locked(now_s + self.tick_s) if self._controller is not None else ""
        if (missing or locked) and not self.stopped_by:
            self.stop(now_s, missing or locked)

    def _judge_joints(self, now_s: float) -> None:
        trouble = self._watch.trouble(now_s)
        if trouble:
            if not self.waiting and self._controller is not None:
                self._controller.stop(now_s, trouble)
            self.waiting = trouble
            self._watch.forget_commands()
        elif self.waiting and self._watch.rests() and not self._moving:
            self._go_on(now_s)
        elif self.waiting and self._controller is None:
            self.waiting = "the robot still moves"

    def _go_on(self, now_s: float) -> None:
        """Joints are heard and rest: begin from there."""
        measured = self._watch.state
        assert measured is not None
        try:
            if self._controller is None:
                self._controller = self._build(measured)
            else:
                self._controller.seed(measured)
        except InvalidInput as error:
            self.waiting = str(error)
            return
        self.waiting, self._resuming = "", False
        self._begin_anew()
        if self.stopped_by:
            self._controller.stop(now_s, self.stopped_by)
        else:
            self._controller.release(now_s, measured)

    def _build(self, measured: RobotState) -> Controller:
        controller = Controller(self._model, measured, self._control, self._guard)
        for name, (engaged, heard_s) in self._locks.items():
            if name in {rule.name for rule in self._control.locks}:
                controller.lock(name, engaged, heard_s)
        return controller

    def _begin_anew(self) -> None:
        self._path, self._rested = None, False
        self._watch.forget_commands()

    def _resume(self, now_s: float) -> None:
        """After a jump of the clock: go on, once at rest, from where the robot was commanded to."""
        if not self._resuming or self._moving or self._controller is None or self._sent is None:
            return
        self._resuming = False
        if not (self.stopped_by or self.waiting):
            self._controller.release(now_s, self._commanded(now_s))

    def _commanded(self, now_s: float) -> RobotState:
        assert self._sent is not None or self._watch.state is not None
        if self._sent is None:
            return self._watch.state  # type: ignore[return-value]
        return RobotState(now_s, self._sent.joint_names, self._sent.positions[0], self._sent.velocities[0])

    def _joined(self, sent: JointTrajectory) -> JointTrajectory:
        """`sent` with the tick before it in front, and without the points that the cubic passes through anyway."""
        position, velocity = sent.positions[0], np.zeros_like(sent.velocities[0])
        if self._path is not None:
            ticks = round((sent.start_s - self._path.start_s) / self.tick_s)
            self.late_ticks += ticks - 1
            row = min(ticks, len(self._path.times_s)) - 1
            position, velocity = self._path.positions[row], self._path.velocities[row]
        self._path = sent
        positions, velocities = np.vstack([position, sent.positions]), np.vstack([velocity, sent.velocities])
        rows = needed_rows(velocities)
        times = np.append(rows, rows[-1] + STAY_S / self.tick_s) * self.tick_s
        rows = np.append(rows, rows[-1])
        return JointTrajectory(sent.joint_names, sent.start_s - self.tick_s, times, positions[rows], velocities[rows])


def needed_rows(velocities: Array) -> Array:
    """Rows of a path (n, J) with points at each tick where some joint's acceleration changes, and both ends."""
    changes = np.diff(velocities, n=2, axis=0)
    inside = (np.abs(changes) > SAME_RAD_S).any(axis=1)
    return np.flatnonzero(np.concatenate([[True], inside, [True]]))


def _with_stop(config: ControlConfig) -> ControlConfig:
    """The stop topic is a lock of its own: it is never silent too long, and keeps everybody out while it says true."""
    if any(rule.name == STOP_LOCK for rule in config.locks):
        return config
    return replace(config, locks=(LockRule(STOP_LOCK, timeout_s=0.0), *config.locks))
