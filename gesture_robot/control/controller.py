"""Control: the last gate before the robot.

Design: every tick one short trajectory goes out: from the last commanded state one step on, then full braking to rest.
Invariant: the braking path of what was sent keeps joint limits, the distance between links and the palm speed. A new
step is a mix of what the driving source wishes and of braking, per limb, and the largest share whose own braking path
keeps all of that is sent; pure braking always does. So a dead process, a wild command and a stop end the same way.

Time: seconds on the caller's clock, cut into ticks from the first call; a late call continues on what was sent.
Safety: a stop begins to brake at the next tick, ends within v / a_max, holds, and stays until `release`, which forgets
every command and starts anew, slowly, from the measured pose. This is a software stop, no certified emergency stop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.control.arbiter import Arbiter
from gesture_robot.control.collision import CollisionGuard, PathGuard
from gesture_robot.control.config import ControlConfig
from gesture_robot.control.hand_speed import HandSpeed, SpeedLimit
from gesture_robot.control.limbs import Limbs
from gesture_robot.control.limits import JointLimits, Reference
from gesture_robot.control.start import FirstMotion, start_position
from gesture_robot.datatypes import Command, JointTrajectory, RobotModel, RobotState
from gesture_robot.errors import InvalidInput

_SHARES = np.array([1.0, 0.5, 0.25, 0.0])
"""How much of a wished step is tried, between the whole of it and pure braking."""
_LAST = len(_SHARES) - 1


@dataclass(frozen=True, slots=True)
class ControlStatus:
    """What control is doing, for the page, diagnostics and the report."""

    mode: str
    """starting (slow first motion), running, stopping, stopped."""
    source: str
    """Who drives; empty when nobody does."""
    reason: str
    """Why it is stopped or slowed, empty otherwise."""
    hand_speed_limit_mps: float
    slowed: tuple[str, ...] = ()
    """Limbs held back by the palm speed limit."""
    blocked: tuple[str, ...] = ()
    """Limbs held back because they would touch the robot itself."""
    ticks: int = 0
    blocked_ticks: int = 0
    dropped_commands: int = 0
    """Commands that came while stopped, or were older than the last release."""


class Controller:
    """Turns the commands of all sources into one stream of safe trajectories. No threads, no clock."""

    def __init__(
        self,
        model: RobotModel,
        measured: RobotState,
        config: ControlConfig = ControlConfig(),
        guard: PathGuard | None = None,
    ):
        """Start at the measured pose.

        Args:
            model: joints and limits.
            measured: joints now; must rest.
            config: settings.
            guard: what keeps links apart; a CollisionGuard when None, NoGuard() for none at all.

        Raises:
            InvalidInput: the measured joints are not the model's or lie outside their limits.
            MissingDependency: the guard's library is not installed.
        """
        self.model, self.config = model, config
        self._limits = JointLimits(
            model,
            config.tick_s,
            bandwidth_rad_s=config.bandwidth_rad_s,
            braking_share=config.braking_share,
            jerk_time_s=config.jerk_time_s,
        )
        self._guard = guard if guard is not None else CollisionGuard(model, config.margin_m)
        self._hands, self._speed_limit = HandSpeed(model, config.tick_s), SpeedLimit(config)
        self._limbs, self._arbiter = Limbs(model), Arbiter(model, config)
        self._first = FirstMotion(self._limbs, config)
        self._epoch_s: float | None = None
        self._tick = -1
        self._stop_reason, self._source = "", ""
        self._released_s = -np.inf
        self._ticks = self._blocked_ticks = self._dropped = 0
        self._slowed = self._blocked = np.zeros(len(self._limbs.names), bool)
        self._sent: JointTrajectory
        self._rest_at(measured)

    # --- commands ---------------------------------------------------------------------------------------------

    def submit(self, command: Command, now_s: float) -> bool:
        """Take a command.

        Returns:
            False when it was dropped: control is stopped, or the command was stamped before the last release.

        Raises:
            InvalidInput: unknown source or joint, or a time that does not fit; nothing changes then.
        """
        self._arbiter.check(command, now_s)
        if self._stop_reason or command.stamp_s < self._released_s:
            self._dropped += 1
            return False
        self._arbiter.submit(command, now_s, self._position, self._velocity)
        return True

    def lock(self, name: str, engaged: bool, now_s: float) -> None:
        """A lock of the configuration speaks: a heartbeat with engaged=False, or a stop; raises UnknownName."""
        self._arbiter.lock(name, engaged, now_s)

    def stop(self, now_s: float, reason: str = "operator") -> None:
        """Brake from the next tick on, then hold; latched until `release`."""
        self._stop_reason = self._stop_reason or reason or "stop"
        self._arbiter.clear()

    def release(self, now_s: float, measured: RobotState) -> None:
        """End a stop. Old commands are forgotten; motion begins anew from the measured pose, slowly.

        Raises:
            InvalidInput: a lock is still engaged, or the measured joints cannot be used; it stays stopped then.
        """
        reason = self.locked(now_s)
        if reason:
            raise InvalidInput(f"not released: {reason}. Clear the lock first.")
        if not self._stop_reason:
            return
        if not self._velocity.any():  # while it still brakes, the commanded path is the better start
            self._rest_at(measured)
        self._arbiter.clear()
        self._first.reset()
        self._stop_reason, self._released_s = "", now_s

    def seed(self, measured: RobotState) -> None:
        """The robot rests elsewhere than it was commanded to: go on from there, slowly; commands are forgotten.

        Raises:
            InvalidInput: the measured joints cannot be used.
        """
        self._rest_at(measured)
        self._arbiter.clear()
        self._first.reset()

    def locked(self, now_s: float) -> str:
        """The lock that keeps all sources out; empty: none does."""
        priority, reason = self._arbiter.locked(now_s)
        return reason if priority >= 0 and self._arbiter.locks_all(priority) else ""

    # --- the tick ---------------------------------------------------------------------------------------------

    def step(
        self, now_s: float, *, nearest_person_m: float | None = None, perception_age_s: float = 0.0
    ) -> JointTrajectory:
        """The trajectory to send now: all joints, starts at the commanded state of this tick, ends at rest.

        Args:
            now_s: time; a second call within one tick returns the same trajectory.
            nearest_person_m: distance of the nearest person, None when nobody is there.
            perception_age_s: age of the newest picture.

        Raises:
            InvalidInput: time runs backwards.
        """
        if not self._advance(now_s):
            return self._sent
        now_s = self._epoch_s + self._tick * self.config.tick_s  # type: ignore[operator]
        limit_mps = self._speed_limit.update(nearest_person_m, perception_age_s)
        floor, reason = self._arbiter.locked(now_s)
        if floor >= 0 and self._arbiter.locks_all(floor):
            self.stop(now_s, reason)
        self._source = "" if self._stop_reason else self._arbiter.driver(now_s, floor)
        self._slowed = self._blocked = np.zeros(len(self._limbs.names), bool)
        if self._source:
            self._path = self._mix(self._wish(now_s, limit_mps), limit_mps)
        else:
            self._path = self._with_braking(self._limits.brake_step(self._velocity))
        self._acceleration = (self._path[1][1] - self._velocity) / self.config.tick_s
        times = np.arange(len(self._path[0])) * self.config.tick_s
        self._sent = JointTrajectory(self.model.joint_names, now_s, times, *self._path)
        self._ticks += 1
        return self._sent

    def status(self) -> ControlStatus:
        """What happened in the last tick."""
        if self._stop_reason:
            mode = "stopping" if self._velocity.any() else "stopped"
        else:
            mode = "starting" if self._first.active else "running"
        return ControlStatus(
            mode,
            self._source,
            self._stop_reason or self._speed_limit.reason,
            self._speed_limit.now_mps,
            self._limbs.listed(self._slowed),
            self._limbs.listed(self._blocked),
            self._ticks,
            self._blocked_ticks,
            self._dropped,
        )

    # --- inside -----------------------------------------------------------------------------------------------

    def _rest_at(self, measured: RobotState) -> None:
        self._position = start_position(self.model, measured, self.config.outside_rad)
        self._velocity, self._acceleration = np.zeros_like(self._position), np.zeros_like(self._position)
        self._path = self._position[None], self._velocity[None]
        self._guard.reset(self._position)

    def _advance(self, now_s: float) -> bool:
        """Move on to the tick of `now_s` along what was sent; False when that tick was already done."""
        if not np.isfinite(now_s):
            raise InvalidInput(f"control needs a finite time, got {now_s}.")
        if self._epoch_s is None:
            self._epoch_s = now_s
        tick = int(np.floor((now_s - self._epoch_s) / self.config.tick_s + 1e-6))
        if tick < self._tick:
            raise InvalidInput(f"time ran backwards to {now_s:.3f} s; control needs a clock that only goes forward.")
        if tick == self._tick:
            return False
        positions, velocities = self._path
        row = min(tick - self._tick, len(positions) - 1) if self._tick >= 0 else 0
        if row != 1:
            self._acceleration = np.zeros(len(self._position))
        self._position, self._velocity, self._tick = positions[row], velocities[row], tick
        return True

    def _wish(self, now_s: float, limit_mps: float) -> Array:
        """(J,) next velocity that follows the driving source inside the joint limits; joints it does not name brake."""
        joints, wanted = self._arbiter.reference(self._source, now_s, now_s + self.config.tick_s)
        hold, rest = self._position.copy(), np.zeros(len(self._position))
        reference = Reference(hold, rest, hold.copy(), rest.copy())
        reference.position[joints], reference.velocity[joints] = wanted.position, wanted.velocity
        reference.next_position[joints], reference.next_velocity[joints] = wanted.next_position, wanted.next_velocity
        driven = np.zeros(len(hold), bool)
        driven[joints] = True
        target = np.clip(reference.position, self.model.lower, self.model.upper)
        top = self.model.max_velocity * self._first.update(driven, self._position - target, self._velocity)
        wished, acceleration = self._limits.approach(self._position, self._velocity, reference, top)
        braked = self._limits.brake_step(self._velocity)
        factors = self._hands.slow_down(self._position, np.where(driven, wished, braked), limit_mps)
        self._slowed = self._limbs.any(factors < 1.0)
        acceleration = factors * acceleration - self.config.bandwidth_rad_s * (1.0 - factors) * self._velocity
        acceleration = self._limits.smooth(acceleration, self._acceleration)
        low, high = self._limits.velocity_bounds(self._position, self._velocity, top)
        free = np.where(driven, np.clip(self._velocity + self.config.tick_s * acceleration, low, high), braked)
        steered = self._guard.steer(self._position, free, driven)
        return free if steered is free else np.clip(steered, low, high)

    def _mix(self, wished: Array, limit_mps: float) -> tuple[Array, Array]:
        """The next step and the braking after it: per limb the largest share of the wish that passes."""
        braked = self._limits.brake_step(self._velocity)
        level = np.zeros(len(self._limbs.names), int)
        while (level < _LAST).any():
            shares = _SHARES[level][self._limbs.of_joint]
            path = self._with_braking(np.where(shares == 1.0, wished, braked + shares * (wished - braked)))
            bad = self._limbs.any(self._bad_joints(*path, limit_mps))
            if not bad.any():
                break
            can = bad & (level < _LAST)
            if (can & self._limbs.arms).any():  # an arm gives way before head and torso do
                can &= self._limbs.arms
            level = level + can if can.any() else np.full_like(level, _LAST)
        else:
            path = self._with_braking(braked)
        self._blocked = self._blocked & (level > 0)
        self._blocked_ticks += bool(self._blocked.any())
        return path

    def _bad_joints(self, positions: Array, velocities: Array, limit_mps: float) -> Array:
        """(J,) bool: joints whose next step leads, with the braking after it, to too fast palms or to contact."""
        fast = self._hands.too_fast(positions, velocities, limit_mps)
        if fast.any():
            self._slowed = self._slowed | self._limbs.any(fast)
            return fast
        blocking = self._guard.blocking(positions, velocities, self.config.tick_s)
        self._blocked = self._blocked | self._limbs.any(blocking)
        return blocking

    def _with_braking(self, next_velocity: Array) -> tuple[Array, Array]:
        """Positions and velocities (n + 1, J) at each tick: now, one step on, then braking to rest."""
        following = self._limits.advance(self._position, self._velocity, next_velocity)
        positions, velocities = self._limits.brake(following, next_velocity)
        return np.concatenate([self._position[None], positions]), np.concatenate([self._velocity[None], velocities])
