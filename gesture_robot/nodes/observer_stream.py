"""The stream of joint commands as the robot executes it, judged against the limits. No ROS."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.control.audit import LimitReport, audit
from gesture_robot.datatypes import JointTrajectory, RobotModel
from gesture_robot.errors import InvalidInput
from gesture_robot.robots.follower import sample_trajectory

TICK_S = 0.01
SAME_S = 1e-6
SHORTEST_S = 1e-4
STEP_RAD = 1e-4
"""Positions of two trajectories that meet may differ by this (messages are exact; stamps have nanoseconds)."""
RESEED_RAD = 0.03
"""The same for a stream that begins anew at rest, from where the robot is measured to be."""
STEP_TIME_S = 0.002
"""A velocity may step by what the limit of acceleration allows in this time."""


@dataclass(slots=True)
class CommandStream:
    """Keeps of every trajectory the part that was executed: from its start to the start of the next."""

    model: RobotModel
    pieces: list[tuple[Array, Array, Array]] = field(default_factory=list)
    """(times (T,) absolute, positions (T, J), velocities (T, J))."""
    arrivals_s: list[float] = field(default_factory=list)
    steps: list[tuple[float, str]] = field(default_factory=list)
    """Where one trajectory did not begin where the one before had led the robot: (time, what)."""
    lost: int = 0
    """How often trajectories did not reach this observer, on a busy computer: how the others meet is not judged."""
    _last: JointTrajectory | None = None

    def add(self, trajectory: JointTrajectory, arrived_s: float) -> None:
        """Take the next trajectory; raises InvalidInput for joints that are not the robot's."""
        if set(trajectory.joint_names) != set(self.model.joint_names):
            raise InvalidInput(f"a command for other joints: {', '.join(trajectory.joint_names)}.")
        order = [trajectory.joint_names.index(name) for name in self.model.joint_names]
        new = JointTrajectory(self.model.joint_names, trajectory.start_s, trajectory.times_s,
                              trajectory.positions[:, order], trajectory.velocities[:, order])
        self.arrivals_s.append(arrived_s)
        if self._last is not None:
            self._judge(self._last, new)
            self._keep(self._last, new.start_s + float(new.times_s[0]))
        self._last = new

    def _keep(self, old: JointTrajectory, until_s: float) -> None:
        ends_s = until_s - old.start_s
        times = old.times_s
        nearest = int(np.abs(times - ends_s).argmin())
        if nearest and abs(times[nearest] - ends_s) < SAME_S:  # the usual case: one tick
            rows = slice(0, nearest + 1)
            self.pieces.append((old.start_s + times[rows], old.positions[rows], old.velocities[rows]))
            return
        inside = times < ends_s - SHORTEST_S
        if not inside.any():
            return
        knots, positions, velocities = times[inside], old.positions[inside], old.velocities[inside]
        if ends_s < times[-1]:
            position, velocity, _ = sample_trajectory(old, np.array([until_s]))
            knots = np.append(knots, ends_s)
            positions, velocities = np.vstack([positions, position]), np.vstack([velocities, velocity])
        self.pieces.append((old.start_s + knots, positions, velocities))

    def _judge(self, old: JointTrajectory, new: JointTrajectory) -> None:
        at_s = new.start_s + float(new.times_s[0])
        if at_s < old.start_s + float(old.times_s[0]) - SAME_S:
            self.steps.append((at_s, "a command starts before the one that came earlier"))
            return
        missed = at_s - old.start_s - float(old.times_s[0]) > 1.5 * TICK_S
        before = len(self.steps)
        self._compare(old, new, at_s)
        if missed and len(self.steps) > before:  # what came between would explain it
            del self.steps[before:]
            self.lost += 1

    def _compare(self, old: JointTrajectory, new: JointTrajectory, at_s: float) -> None:
        position, velocity, _ = sample_trajectory(old, np.array([at_s]))
        resting = not velocity.any() and not new.velocities[0].any()
        moved = np.abs(new.positions[0] - position[0])
        faster = np.abs(new.velocities[0] - velocity[0])
        if moved.max() > (RESEED_RAD if resting else STEP_RAD):
            joint = self.model.joint_names[int(moved.argmax())]
            self.steps.append((at_s, f"{joint} steps by {moved.max():.4f} rad"))
        if (faster > self.model.max_acceleration * STEP_TIME_S).any():
            joint = self.model.joint_names[int((faster / self.model.max_acceleration).argmax())]
            self.steps.append((at_s, f"the speed of {joint} steps by {faster.max():.3f} rad/s"))

    def forget(self) -> None:
        """What comes next need not go on where the last ended: the robot was put elsewhere."""
        self._last = None

    @property
    def ends_at_rest(self) -> bool:
        """Whether what was sent last leads to rest."""
        return self._last is None or not np.abs(self._last.velocities[-1]).max() > SAME_S

    @property
    def last(self) -> JointTrajectory | None:
        """What was sent last."""
        return self._last

    def report(self) -> LimitReport:
        """The limits over everything that was executed, with the way to rest that was sent last."""
        parts = list(self.pieces)
        if self._last is not None:
            parts.append((self._last.start_s + self._last.times_s, self._last.positions, self._last.velocities))
        names = self.model.joint_names
        return audit((JointTrajectory(names, 0.0, *part) for part in parts), self.model)

    def violations(self) -> int:
        """Joint samples outside a limit, and steps between trajectories; 0 is what is asked for."""
        return self.report().violations + len(self.steps) + (not self.ends_at_rest)

    def knots(self) -> tuple[Array, Array, Array]:
        """(times (T,), positions (T, J), velocities (T, J)) of all pieces, one knot for each time."""
        parts = [(t[:1], p[:1], v[:1]) if len(t) == 2 else (t, p, v) for t, p, v in self.pieces]
        if not parts:
            empty = np.zeros((0, len(self.model.joint_names)))
            return np.zeros(0), empty, empty
        times, positions, velocities = (np.concatenate(column) for column in zip(*parts, strict=True))
        later = np.concatenate([[True], np.diff(times) > SAME_S])
        return times[later], positions[later], velocities[later]
