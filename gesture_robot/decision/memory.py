"""What the rule policy remembers about the people it has met."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import EngagementLevel, Person


@dataclass(frozen=True, slots=True, eq=False)
class Acquaintance:
    """One person, as far as this robot knows them."""

    person_id: str
    last_seen_s: float
    position_base: Array
    engaged_since_s: float | None = None
    leaving_since_s: float | None = None
    greeted_s: float | None = None
    farewelled_s: float | None = None

    @property
    def present(self) -> bool:
        """Greeted and not yet seen off."""
        return self.greeted_s is not None and self.farewelled_s is None


@dataclass(frozen=True, slots=True, eq=False)
class RuleMemory:
    """The policy's whole state."""

    known: tuple[Acquaintance, ...] = ()
    spoke_s: float = float("-inf")
    greetings: int = 0
    farewells: int = 0
    decided_s: float = float("-inf")
    """Time of the last picture."""
    watching_since_s: float = float("-inf")
    """Since when pictures have come without a pause: who was missed only while there were none is not gone."""
    addressed: str = ""
    """The person last greeted or seen off."""
    attended: str = ""
    attended_since_s: float = float("-inf")
    """Whom the robot looks at, and since when."""

    def find(self, person_id: str) -> Acquaintance | None:
        """The record of a person id, if any."""
        return next((a for a in self.known if a.person_id == person_id), None)

    def put(self, record: Acquaintance) -> RuleMemory:
        """A memory in which `record` replaces the one with the same id."""
        others = tuple(a for a in self.known if a.person_id != record.person_id)
        return replace(self, known=(*others, record))


def lateral_speed(person: Person) -> float:
    """Speed across the line to the robot [m/s]: what tells passing by from coming."""
    line = np.asarray(person.position_base[:2])
    line = line / max(float(np.linalg.norm(line)), 1e-6)
    return float(abs(line[0] * person.velocity_base[1] - line[1] * person.velocity_base[0]))


def radial_speed(person: Person) -> float:
    """Speed away from the robot [m/s], negative when coming."""
    line = np.asarray(person.position_base[:2])
    return float(np.dot(line, person.velocity_base[:2]) / max(float(np.linalg.norm(line)), 1e-6))


def see(
    record: Acquaintance | None, person: Person, level: EngagementLevel, walking_away: bool, now_s: float
) -> Acquaintance:
    """The record of a person after seeing them at `now_s`."""
    engaged = level == EngagementLevel.ENGAGED
    old = record or Acquaintance(person.id, now_s, person.position_base)
    # Disengaging is a short look away (hysteresis of perception): it neither counts as engaged nor ends it.
    keeps = level == EngagementLevel.DISENGAGING
    since = (
        (old.engaged_since_s if old.engaged_since_s is not None else now_s)
        if engaged
        else (old.engaged_since_s if keeps else None)
    )
    leaving = (
        (old.leaving_since_s if old.leaving_since_s is not None else now_s) if walking_away and not engaged else None
    )
    return replace(
        old, last_seen_s=now_s, position_base=person.position_base, engaged_since_s=since, leaving_since_s=leaving
    )
