"""The rule policy: greet once, the right person, in time; see them off; look at whom one talks to.

Pure: memory goes in and comes out, time is an argument.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gesture_robot.datatypes import Decision, Engagement, EngagementLevel, Person
from gesture_robot.decision.config import DecisionConfig
from gesture_robot.decision.memory import Acquaintance, RuleMemory, lateral_speed, radial_speed, see
from gesture_robot.errors import InvalidInput

CLEARLY = 0.15
"""By how much somebody must be more engaged to draw the look from another."""


class RulePolicy:
    """Implements protocols.DecisionPolicy with `RuleMemory` as its state."""

    def __init__(self, config: DecisionConfig = DecisionConfig()):
        self.config = config

    def initial(self) -> RuleMemory:
        """Nobody met yet."""
        return RuleMemory()

    def decide(
        self, memory: RuleMemory, people: tuple[Person, ...], engagement: tuple[Engagement, ...], now_s: float
    ) -> tuple[RuleMemory, Decision]:
        """One step: farewell before greeting before attention.

        Args:
            memory: what the last step returned.
            people: everybody seen now, in the robot's base frame.
            engagement: one entry per person of `people`.
            now_s: time of the picture.
        """
        levels = {e.person_id: e for e in engagement}
        memory = self._remember(memory, people, levels, now_s)
        for choose in (self._farewell, self._greet):
            memory, decision = choose(memory, people, levels, now_s)
            if decision is not None:
                return memory, decision
        return self._attend(memory, people, levels, now_s)

    def greet(
        self, memory: RuleMemory, people: tuple[Person, ...], person_id: str, now_s: float
    ) -> tuple[RuleMemory, Decision]:
        """Greet somebody in sight now because the operator wants it, whatever the rules say.

        Args:
            memory: what the last step returned.
            people: everybody seen in the newest picture.
            person_id: whom; empty: the nearest.
            now_s: time of that picture.

        Raises:
            InvalidInput: nobody is in sight, or somebody else.
        """
        if not people:
            raise InvalidInput("nobody is in sight.")
        chosen = [p for p in people if person_id in ("", p.id)]
        if not chosen:
            raise InvalidInput(f"'{person_id}' is not in sight. In sight: {', '.join(p.id for p in people)}.")
        person = min(chosen, key=lambda p: p.distance_m)
        return self._greeting(memory, person, f"{person.id} is greeted because the operator wants it", now_s)

    def _remember(
        self, memory: RuleMemory, people: tuple[Person, ...], levels: dict[str, Engagement], now_s: float
    ) -> RuleMemory:
        if now_s - memory.decided_s > self.config.pause_s:
            memory = replace(memory, watching_since_s=now_s)
        memory = replace(memory, known=tuple(self._still_known(memory, now_s)), decided_s=now_s)
        visible = {p.id for p in people}
        for person in people:
            record = memory.find(person.id)
            if record is None:
                memory, record = self._recognise(memory, person, visible, now_s)
            level = levels[person.id].level if person.id in levels else EngagementLevel.UNKNOWN
            away = (
                radial_speed(person) > self.config.walk_away_speed_mps
                or lateral_speed(person) > self.config.passing_speed_mps
            )
            memory = memory.put(see(record, person, level, away, now_s))
        return memory

    def _still_known(self, memory: RuleMemory, now_s: float) -> Iterator[Acquaintance]:
        """Without those who were missed for long; a farewell that comes too late is left out."""
        for a in memory.known:
            missed_s = now_s - a.last_seen_s
            if missed_s <= self.config.forget_s:
                yield replace(a, farewelled_s=now_s) if a.present and missed_s > self.config.too_late_s else a

    def _recognise(
        self, memory: RuleMemory, person: Person, visible: set[str], now_s: float
    ) -> tuple[RuleMemory, Acquaintance | None]:
        """A new id where a greeted person was lost a moment ago is that person: nobody is greeted twice."""

        def gap_m(lost: Acquaintance) -> float:
            return float(np.linalg.norm(lost.position_base[:2] - person.position_base[:2]))

        lost = [
            a
            for a in memory.known
            if a.person_id not in visible
            and a.greeted_s is not None
            and gap_m(a) < self.config.same_place_m
            and now_s - a.last_seen_s <= self.config.too_late_s
            and now_s - max(a.last_seen_s, memory.watching_since_s) < 2 * self.config.leave_s
        ]
        if not lost:
            return memory, None
        same = min(lost, key=gap_m)
        others = tuple(a for a in memory.known if a.person_id != same.person_id)
        return replace(memory, known=others), replace(same, person_id=person.id)

    def _farewell(
        self, memory: RuleMemory, people: tuple[Person, ...], levels: dict[str, Engagement], now_s: float
    ) -> tuple[RuleMemory, Decision | None]:
        if now_s - memory.spoke_s < self.config.gap_s:
            return memory, None
        for record in memory.known:
            gone_s = now_s - max(record.last_seen_s, memory.watching_since_s)
            leaving = record.leaving_since_s is not None and now_s - record.leaving_since_s >= self.config.turn_away_s
            if not record.present or not (leaving or gone_s >= self.config.leave_s):
                continue
            why = "walks away and looks elsewhere" if gone_s < self.config.leave_s else f"not seen for {gone_s:.1f} s"
            text = self.config.farewells[memory.farewells % len(self.config.farewells)]
            memory = replace(
                memory.put(replace(record, farewelled_s=now_s)), spoke_s=now_s, farewells=memory.farewells + 1,
                addressed=record.person_id,
            )
            return memory, Decision(
                "farewell",
                f"{record.person_id} was greeted and leaves: {why}",
                record.person_id,
                text,
                self.config.language,
                "happiness",
                "wave",
                record.position_base,
            )
        return memory, None

    def _greet(
        self, memory: RuleMemory, people: tuple[Person, ...], levels: dict[str, Engagement], now_s: float
    ) -> tuple[RuleMemory, Decision | None]:
        ready = [p for p in people if self._may_greet(memory, p, levels.get(p.id), now_s)]
        if not ready or now_s - memory.spoke_s < self.config.gap_s:
            return memory, None
        person = min(ready, key=lambda p: (-round(levels[p.id].score, 1), p.distance_m))
        why = (
            f"{person.id} looks at the robot from {person.distance_m:.1f} m (engagement {levels[person.id].score:.2f}) "
            "and was not greeted yet"
        )
        return self._greeting(memory, person, why, now_s)

    def _greeting(self, memory: RuleMemory, person: Person, why: str, now_s: float) -> tuple[RuleMemory, Decision]:
        record = memory.find(person.id) or Acquaintance(person.id, now_s, person.position_base)
        text = self.config.greetings[memory.greetings % len(self.config.greetings)]
        memory = memory.put(replace(record, greeted_s=now_s, farewelled_s=None, leaving_since_s=None))
        memory = replace(memory, spoke_s=now_s, greetings=memory.greetings + 1, addressed=person.id)
        return memory, Decision(
            "greet", why, person.id, text, self.config.language, "happiness", "wave", person.position_base
        )

    def _may_greet(self, memory: RuleMemory, person: Person, engagement: Engagement | None, now_s: float) -> bool:
        record = memory.find(person.id)
        if engagement is None or record is None or engagement.level != EngagementLevel.ENGAGED:
            return False
        seen_off_s = record.farewelled_s
        if record.present or (seen_off_s is not None and now_s - seen_off_s < self.config.forget_s):
            return False
        passing = lateral_speed(person) > self.config.passing_speed_mps
        ripe = record.engaged_since_s is not None and now_s - record.engaged_since_s >= self.config.confirm_s
        return ripe and not passing and engagement.distance_m <= self.config.social_zone_m

    def _attend(
        self, memory: RuleMemory, people: tuple[Person, ...], levels: dict[str, Engagement], now_s: float
    ) -> tuple[RuleMemory, Decision]:
        addressed = memory.find(memory.addressed) if now_s - memory.spoke_s <= self.config.dwell_s else None
        if addressed is not None:
            what = "greeted" if addressed.present else "seen off"
            why = f"{addressed.person_id} is being {what}"
            look = Decision("attend", why, addressed.person_id, look_at_base=addressed.position_base)
            return self._attending(memory, addressed.person_id, now_s), look
        present = [p for p in people if (r := memory.find(p.id)) is not None and r.present]
        drawn = [
            p
            for p in people
            if p.id in levels
            and levels[p.id].level in (EngagementLevel.ENGAGING, EngagementLevel.ENGAGED)
            and lateral_speed(p) <= self.config.passing_speed_mps
        ]
        for group, why in ((present, "is being talked with"), (drawn, "turns to the robot")):
            if group:
                person = self._choose(memory, group, levels, now_s)
                act = "listen" if person.speaking > 0.5 else "attend"
                why = f"{person.id} {why}, {person.distance_m:.1f} m away"
                look = Decision(act, why, person.id, look_at_base=person.position_base)
                return self._attending(memory, person.id, now_s), look
        return memory, self._look_after(memory, people, now_s)

    def _choose(
        self, memory: RuleMemory, group: list[Person], levels: dict[str, Engagement], now_s: float
    ) -> Person:
        """The most engaged, else the nearest; the look does not jump between two who are alike."""
        best = min(group, key=lambda p: (-_score(levels, p), p.distance_m))
        same = next((p for p in group if p.id == memory.attended), best)
        dwelt = now_s - memory.attended_since_s >= self.config.dwell_s
        return best if dwelt and _score(levels, best) > _score(levels, same) + CLEARLY else same

    def _attending(self, memory: RuleMemory, person_id: str, now_s: float) -> RuleMemory:
        if person_id == memory.attended:
            return memory
        return replace(memory, attended=person_id, attended_since_s=now_s)

    def _look_after(self, memory: RuleMemory, people: tuple[Person, ...], now_s: float) -> Decision:
        """Where somebody was a moment ago, else nowhere."""
        lost = [a for a in memory.known if a.greeted_s is not None and now_s - a.last_seen_s <= self.config.hold_gaze_s]
        if lost:
            last = max(lost, key=lambda a: a.last_seen_s)
            gone_s = now_s - last.last_seen_s
            why = (
                f"{last.person_id} was here {gone_s:.1f} s ago"
                if gone_s > 0.1
                else f"{last.person_id} was seen off and leaves"
            )
            return Decision("attend", why, last.person_id, look_at_base=last.position_base)
        seen = f"{len(people)} in sight, nobody turns to the robot" if people else "nobody in sight"
        return Decision("none", seen)


def _score(levels: dict[str, Engagement], person: Person) -> float:
    engagement = levels.get(person.id)
    return round(engagement.score, 1) if engagement else 0.0
