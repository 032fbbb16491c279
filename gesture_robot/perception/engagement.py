"""How much each person is engaged with the robot, with hri_msgs' levels.

The idea is the visual social engagement of Webb and Lemaignan (RO-MAN 2022): mutual gaze weighted by distance,
averaged over time, with hysteresis between the levels. What differs: attention is averaged by a leaky integrator that
rises within a third of a second and fades when the face is lost; distance counts fully within the whole social zone;
somebody who crosses the view quickly passes by, even while looking; a robot that looks elsewhere still notices a look
at it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import Engagement, EngagementLevel, Person
from gesture_robot.perception.config import EngagementConfig

FORGET_S = 5.0
"""Memory of somebody who is no longer among the people."""
ROBOT_VIEW_DEG = 60.0
"""The robot counts as looking elsewhere from this angle on."""


@dataclass(slots=True)
class _Memory:
    score: float
    level: EngagementLevel
    seen_s: float
    first_s: float


class EngagementEstimator:
    """Keeps one score per person; `update` once per picture."""

    def __init__(self, config: EngagementConfig | None = None):
        self.config = config or EngagementConfig()
        self.reset()

    def reset(self) -> None:
        """Forget everybody."""
        self._memory: dict[str, _Memory] = {}
        self._now_s = -np.inf

    def update(self, people: tuple[Person, ...], base_from_camera: Array, now_s: float) -> tuple[Engagement, ...]:
        """One engagement per person present, in their order."""
        if now_s < self._now_s:
            self._memory = {}
        self._now_s = now_s
        present = tuple(self._one(person, base_from_camera, now_s) for person in people)
        self._memory = {k: m for k, m in self._memory.items() if now_s - m.seen_s <= FORGET_S}
        return present

    def _one(self, person: Person, base_from_camera: Array, now_s: float) -> Engagement:
        memory = self._memory.get(person.id)
        if memory is None:
            first_s = now_s - min(person.tracked_s, self.config.observe_s)
            memory = self._memory[person.id] = _Memory(0.0, EngagementLevel.DISENGAGED, now_s, first_s)
        step_s = now_s - memory.seen_s
        if now_s - memory.first_s >= self.config.observe_s - 1e-9:
            target = attention(person, base_from_camera, self.config)
            memory.score = _approach(memory.score, target, step_s, self.config)
        memory.seen_s = now_s
        memory.level = next_level(memory.level, memory.score, self.config)
        return Engagement(person.id, memory.level, float(np.clip(memory.score, 0.0, 1.0)), person.distance_m)


def attention(person: Person, base_from_camera: Array, config: EngagementConfig) -> float:
    """Attention [0, 1] that one moment shows: facing x distance x staying x (mildly) the robot's own look."""
    if person.face_box_px[2] <= 0.0:
        return 0.0
    line = base_from_camera[:3, 3] - person.position_base
    distance_m = max(float(np.linalg.norm(line)), 1e-6)
    angle_deg = facing_angle_deg(person, base_from_camera[:3, 3], config.pitch_weight)
    facing = 1.0 - _ease(angle_deg, config.facing_deg, config.averted_deg)
    near = 1.0 - _ease(float(np.hypot(*line[:2])), config.social_m, config.public_m)
    ahead = line / distance_m
    crossing_mps = float(np.linalg.norm(person.velocity_base - ahead * (person.velocity_base @ ahead)))
    staying = 1.0 - _ease(crossing_mps, config.still_mps, config.passing_mps)
    off_deg = np.degrees(np.arccos(np.clip(-ahead @ base_from_camera[:3, 2], -1.0, 1.0)))
    robot = 1.0 - config.robot_share * _ease(float(off_deg), 0.0, ROBOT_VIEW_DEG)
    return facing * near * staying * robot


def facing_angle_deg(person: Person, target_base: Array, pitch_weight: float = 1.0) -> float:
    """Angle [deg] between the head's axis and the line from the head to `target_base` (3,).

    Left and right count fully, up and down with `pitch_weight`: how high a face points differs between people, and
    one looks down at a small robot with the eyes.
    """
    head = person.base_from_head[:3, :3].T @ (target_base - person.position_base)
    yaw = np.degrees(np.arctan2(head[1], head[0]))
    pitch = np.degrees(np.arctan2(head[2], np.hypot(head[0], head[1])))
    return float(np.hypot(yaw, pitch_weight * pitch))


def next_level(level: EngagementLevel, score: float, config: EngagementConfig) -> EngagementLevel:
    """The level after a score: DISENGAGED -> ENGAGING -> ENGAGED -> DISENGAGING -> ENGAGED or DISENGAGED."""
    now = EngagementLevel
    if score < config.disengaged:
        return now.DISENGAGED if level is not now.ENGAGED else now.DISENGAGING
    if score >= config.engaged:
        return now.ENGAGED if level is not now.DISENGAGED else now.ENGAGING
    if level is now.ENGAGED:
        return now.DISENGAGING if score < config.disengaging else level
    if level in (now.DISENGAGED, now.UNKNOWN):
        return now.ENGAGING if score >= config.engaging else now.DISENGAGED
    return level


def level_at_once(score: float, config: EngagementConfig) -> EngagementLevel:
    """The level of a score without a past."""
    if score >= config.engaged:
        return EngagementLevel.ENGAGED
    return EngagementLevel.ENGAGING if score >= config.engaging else EngagementLevel.DISENGAGED


def _approach(score: float, target: float, step_s: float, config: EngagementConfig) -> float:
    constant_s = config.rise_s if target > score else config.fall_s
    return score + (target - score) * (1.0 - float(np.exp(-max(step_s, 0.0) / constant_s)))


def _ease(value: float, low: float, high: float) -> float:
    """0 below `low`, 1 above `high`, a smooth step between."""
    share = float(np.clip((value - low) / max(high - low, 1e-9), 0.0, 1.0))
    return share * share * (3.0 - 2.0 * share)
