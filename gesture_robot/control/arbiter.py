"""Who drives. Sources and locks as in twist_mux: priorities 0-255, timeouts, locks that engage when they fall silent.

The highest source that still speaks and is not locked out drives the joints it names; nobody drives the others, they
brake and hold. A source is silent once nothing came for its timeout, counted from the later of the arrival and the
start of its newest trajectory; whoever plays a long trajectory sends it again in time. A newer trajectory of a source
replaces its older ones from its own start on.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.control.config import ControlConfig, LockRule, SourceRule
from gesture_robot.control.limits import Reference
from gesture_robot.datatypes import Command, JointTrajectory, RobotModel
from gesture_robot.errors import InvalidInput, UnknownName

_AGO_S = 0.5


@dataclass
class _Source:
    rule: SourceRule
    heard_s: float = 0.0
    queue: list[tuple[JointTrajectory, Array]] = field(default_factory=list)
    """Trajectories in the order of their starts, with the joints' indices in the model."""


class Arbiter:
    """Keeps the trajectories of all sources and evaluates the one that drives."""

    def __init__(self, model: RobotModel, config: ControlConfig):
        self._model, self._config = model, config
        self._index = {name: i for i, name in enumerate(model.joint_names)}
        self._sources = {r.name: _Source(r) for r in sorted(config.sources, key=lambda r: -r.priority)}
        self._locks: dict[str, tuple[LockRule, bool, float]] = {r.name: (r, False, -np.inf) for r in config.locks}
        self._columns: dict[tuple[str, ...], Array] = {}

    # --- input ------------------------------------------------------------------------------------------------

    def submit(self, command: Command, now_s: float, position: Array, velocity: Array) -> None:
        """Take a command that `check` let pass.

        Args:
            command: its trajectory may begin after `start_s`: the way to its first point then starts where control is.
            now_s: time of arrival.
            position: (J,) commanded now.
            velocity: (J,) commanded now.
        """
        source, joints = self._sources[command.source], self._joints(command.trajectory.joint_names)
        trajectory = _from_here(command.trajectory, now_s, position[joints], velocity[joints])
        source.queue = [item for item in source.queue if item[0].start_s < trajectory.start_s - 1e-9]
        source.queue.append((trajectory, joints))
        source.heard_s = now_s

    def check(self, command: Command, now_s: float) -> None:
        """Raise InvalidInput if a command cannot be used; nothing changes."""
        if command.source not in self._sources:
            raise UnknownName("source", command.source, self._sources)
        trajectory = command.trajectory
        for name in trajectory.joint_names:
            if name not in self._index:
                raise UnknownName("joint", name, self._index)
        if not trajectory.joint_names:
            raise InvalidInput(f"command of '{command.source}' names no joint.")
        if not np.isfinite([command.stamp_s, now_s]).all():
            raise InvalidInput(
                f"command of '{command.source}' has the time stamp {command.stamp_s}; seconds are needed."
            )
        first_s, last_s = (
            trajectory.start_s + float(trajectory.times_s[0]),
            trajectory.start_s + float(trajectory.times_s[-1]),
        )
        if first_s > now_s + self._config.ahead_s or last_s < now_s - _AGO_S:
            raise InvalidInput(
                f"command of '{command.source}' is for {first_s:.3f}..{last_s:.3f} s but it is {now_s:.3f} s; it must "
                f"reach into the last {_AGO_S:g} s or start within {self._config.ahead_s:g} s. "
                "Do both sides use the same clock?"
            )

    def lock(self, name: str, engaged: bool, now_s: float) -> None:
        """A lock speaks; raises UnknownName."""
        if name not in self._locks:
            raise UnknownName("lock", name, self._locks)
        self._locks[name] = (self._locks[name][0], engaged, now_s)

    def clear(self) -> None:
        """Forget every trajectory."""
        for source in self._sources.values():
            source.queue.clear()

    # --- output -----------------------------------------------------------------------------------------------

    def locked(self, now_s: float) -> tuple[int, str]:
        """Priority up to which sources are kept out (-1: none) and the reason."""
        found = (-1, "")
        for rule, engaged, heard_s in self._locks.values():
            silent = rule.timeout_s > 0.0 and now_s - heard_s > rule.timeout_s + 1e-9
            if (engaged or silent) and rule.priority > found[0]:
                found = (rule.priority, f"lock '{rule.name}' {'engaged' if engaged else 'fell silent'}")
        return found

    def locks_all(self, priority: int) -> bool:
        """True when sources up to `priority` are all there are."""
        return priority >= max(s.rule.priority for s in self._sources.values())

    def driver(self, now_s: float, floor: int = -1) -> str:
        """Name of the source that drives at `now_s` and whose priority is above `floor`; empty: nobody."""
        for name, source in self._sources.items():
            if source.rule.priority > floor and self._speaks(source, now_s):
                return name
        return ""

    def _speaks(self, source: _Source, now_s: float) -> bool:
        if not source.queue or source.queue[0][0].start_s > now_s + self._config.tick_s:
            return False
        limit = source.rule.timeout_s
        return limit == 0.0 or now_s - max(source.heard_s, source.queue[-1][0].start_s) <= limit + 1e-9

    def reference(self, name: str, now_s: float, next_s: float) -> tuple[Array, Reference]:
        """What a source wants: indices (K,) of the joints it names, and their reference (K,)."""
        source = self._sources[name]
        while len(source.queue) > 1 and source.queue[1][0].start_s <= now_s + 1e-9:
            source.queue.pop(0)
        trajectory, joints = source.queue[0]
        newer = (
            source.queue[1]
            if len(source.queue) > 1 and source.queue[1][0].start_s <= next_s + 1e-9
            else source.queue[0]
        )
        if not np.array_equal(newer[1], joints):
            newer = source.queue[0]
        return joints, Reference(*evaluate(trajectory, now_s), *evaluate(newer[0], next_s))

    def _joints(self, names: tuple[str, ...]) -> Array:
        if names not in self._columns:
            if len(self._columns) > 100:
                self._columns.clear()
            self._columns[names] = np.array([self._index[name] for name in names])
        return self._columns[names]


def evaluate(trajectory: JointTrajectory, time_s: float) -> tuple[Array, Array]:
    """Position and velocity (J,) of the cubic at an absolute time; before and after it stands still at its ends."""
    times, t = trajectory.times_s, time_s - trajectory.start_s
    if t >= times[-1] or t <= times[0]:
        row = -1 if t >= times[-1] else 0
        inside = abs(t - times[row]) < 1e-9
        return trajectory.positions[row], trajectory.velocities[row] if inside else np.zeros(
            trajectory.positions.shape[1]
        )
    i = int(np.searchsorted(times, t, side="right")) - 1
    h = float(times[i + 1] - times[i])
    u = (t - float(times[i])) / h
    p0, m0, m1 = trajectory.positions[i], h * trajectory.velocities[i], h * trajectory.velocities[i + 1]
    step = trajectory.positions[i + 1] - p0
    second, third = 3.0 * step - 2.0 * m0 - m1, m0 + m1 - 2.0 * step
    return p0 + u * (m0 + u * (second + u * third)), (m0 + u * (2.0 * second + u * 3.0 * third)) / h


def _from_here(trajectory: JointTrajectory, now_s: float, position: Array, velocity: Array) -> JointTrajectory:
    """With a first point at `start_s` or now, whichever is later, when the trajectory has none that early."""
    first_s = max(now_s - trajectory.start_s, 0.0)
    if trajectory.times_s[0] <= first_s + 1e-6:
        return trajectory
    return JointTrajectory(
        trajectory.joint_names,
        trajectory.start_s,
        np.concatenate([[first_s], trajectory.times_s]),
        np.vstack([position, trajectory.positions]),
        np.vstack([velocity, trajectory.velocities]),
    )
