"""A fake policy that does what it was told, in order: for tests and for the run without decisions."""

from __future__ import annotations

from gesture_robot.datatypes import Decision, Engagement, Person


class ScriptedPolicy:
    """Returns the given (time, decision) pairs when their time has come; otherwise does nothing."""

    def __init__(self, script: tuple[tuple[float, Decision], ...] = ()):
        self.script = tuple(sorted(script, key=lambda item: item[0]))

    def initial(self) -> int:
        """How many entries are done."""
        return 0

    def decide(self, memory: int, people: tuple[Person, ...], engagement: tuple[Engagement, ...],
               now_s: float) -> tuple[int, Decision]:
        """The next entry that is due, else "none"."""
        if memory < len(self.script) and self.script[memory][0] <= now_s:
            return memory + 1, self.script[memory][1]
        return memory, Decision("none", "the script says nothing now")
