"""Wild commands through control into a robot: what must never break a limit, touch, or fail to stop.

Used by the tests (a few hundred commands) and by the benchmark (10,000).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.control.audit import LimitReport, audit
from gesture_robot.control.controller import Controller
from gesture_robot.control.hand_speed import HandSpeed
from gesture_robot.datatypes import Command, JointTrajectory, RobotModel

SOURCES = ("teleop", "behaviour", "gesture", "idle")


@dataclass(frozen=True, slots=True)
class StressReport:
    """What a run of wild commands led to."""

    commands: int
    ticks: int
    limits: LimitReport
    contacts: int
    contact_pairs: tuple[tuple[str, str], ...]
    fastest_hand_mps: float
    blocked_ticks: int
    stops: int
    longest_stop_s: float
    """From the stop to rest."""


def random_command(model: RobotModel, rng: np.random.Generator, now_s: float) -> Command:
    """Any joints, targets up to a fifth of the range outside the limits, velocities far above them."""
    count = len(model.joint_names)
    chosen = rng.permutation(count)[: rng.integers(1, count + 1)] if rng.random() < 0.5 else np.arange(count)
    points = int(rng.integers(1, 5))
    times = np.cumsum(rng.uniform(0.02, 0.6, points))
    reach = (model.upper - model.lower)[chosen]
    positions = model.lower[chosen] + reach * rng.uniform(-0.2, 1.2, (points, len(chosen)))
    velocities = rng.normal(size=(points, len(chosen))) * model.max_velocity[chosen] * rng.choice([0.0, 1.0, 10.0])
    start_s = now_s + float(rng.choice([0.0, -0.1, 0.05]))
    trajectory = JointTrajectory(tuple(model.joint_names[j] for j in chosen), start_s, times, positions, velocities)
    return Command(str(rng.choice(SOURCES)), now_s, trajectory)


def run_stress(model: RobotModel, robot: Any, commands: int, seed: int = 0, progress: Any = iter) -> StressReport:
    """Send random commands, stops, releases, people and missing pictures; the robot follows every trajectory.

    Args:
        model: the robot's model.
        robot: a `protocols.Robot` with `advance(seconds)` and `contacts`, such as MujocoRobot.
        commands: how many.
        seed: for the commands.
        progress: wraps the range of commands, such as tqdm.
    """
    rng = np.random.default_rng(seed)
    controller = Controller(model, robot.read())
    tick_s, log = controller.config.tick_s, _Log()
    stops: list[float] = []
    stop_tick, tick, age_s = -1, 0, 0.0
    person_m: float | None = None
    fresh = True
    for _ in progress(range(commands)):
        now_s = tick * tick_s
        hold_first = fresh and rng.random() < 0.8  # a reference that is met at once ends the slow first motion
        command = _stay(robot, model, now_s) if hold_first else random_command(model, rng, now_s)
        fresh = False
        controller.submit(command, now_s)
        if stop_tick < 0 and rng.random() < 0.03:
            controller.stop(now_s, "stress")
            stop_tick = tick
        person_m = (None, 2.0, 0.5)[rng.integers(3)] if rng.random() < 0.1 else person_m
        age_s = float(rng.choice([0.0, 0.0, 1.0])) if rng.random() < 0.1 else age_s
        for _ in range(int(rng.geometric(0.25)) + (60 if rng.random() < 0.12 else 0)):
            now_s = tick * tick_s
            sent = controller.step(now_s, nearest_person_m=person_m, perception_age_s=age_s)
            log.add(sent)
            robot.follow(sent)
            robot.advance(tick_s)
            tick += 1
            if stop_tick >= 0 and controller.status().mode == "stopped":
                stops.append((tick - 1 - stop_tick) * tick_s)
                controller.release(tick * tick_s, robot.read())
                log.cut()
                stop_tick, fresh = -1, True
    status = controller.status()
    return StressReport(
        commands,
        tick,
        log.audit(model),
        robot.contacts.count,
        robot.contacts.pairs,
        log.fastest(model, tick_s),
        status.blocked_ticks,
        len(stops),
        max(stops, default=0.0),
    )


def _stay(robot: Any, model: RobotModel, now_s: float) -> Command:
    measured = robot.read().positions[None]
    return Command("teleop", now_s, JointTrajectory(model.joint_names, now_s, np.zeros(1), measured, 0.0 * measured))


class _Log:
    """States at each tick, cut where motion began anew from a measured pose."""

    def __init__(self) -> None:
        self._runs: list[list[tuple[Array, Array]]] = [[]]

    def add(self, sent: JointTrajectory) -> None:
        self._runs[-1].append((sent.positions[0], sent.velocities[0]))

    def cut(self) -> None:
        self._runs.append([])

    def _arrays(self) -> list[tuple[Array, Array]]:
        return [(np.array([p for p, _ in run]), np.array([v for _, v in run])) for run in self._runs if len(run) > 1]

    def audit(self, model: RobotModel) -> LimitReport:
        reports = [audit((0.01 * np.arange(len(q)), q, v), model) for q, v in self._arrays()]
        return LimitReport(
            max(r.position_fraction for r in reports),
            max(r.velocity_fraction for r in reports),
            max(r.acceleration_fraction for r in reports),
            sum(r.violations for r in reports),
            sum(r.samples for r in reports),
        )

    def fastest(self, model: RobotModel, tick_s: float) -> float:
        hands = HandSpeed(model, tick_s)
        return max(float(hands.speeds(q).max(initial=0.0)) for q, _ in self._arrays())
