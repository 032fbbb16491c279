"""What an analysis gives."""

from __future__ import annotations

from dataclasses import dataclass

from gesture_robot.checks import Array
from gesture_robot.datatypes import LimbMap


@dataclass(frozen=True)
class Analysis:
    """What was understood of a robot; arrays (J,) in the order of its actuated joints."""

    limbs: LimbMap
    lower: Array
    upper: Array
    max_velocity: Array
    rest: Array
    notes: tuple[str, ...]
    """What was guessed, assumed, or could not be decided."""
    may_touch: tuple[tuple[str, str], ...] = ()
    """Pairs of links whose contact is the model's own design."""
