"""What goes to and comes from those who work on many motions: plain values, so that sending them costs nothing."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

JUDGED_EVERY = 4
"""Errors are measured in every so many frames of a motion."""


@dataclass(frozen=True, slots=True)
class Task:
    """One motion to retarget."""

    source: str
    """Absolute path of the motion."""
    name: str
    """What the tables call it: the path below the folder that was given."""
    out: str
    """Absolute path of the trajectory."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is the same for all motions of a run."""

    robot: str
    """Name or absolute path, as `load_model` takes it."""
    device: str = "cpu"
    judged_every: int = JUDGED_EVERY


@dataclass(frozen=True, slots=True)
class Row:
    """How one motion went."""

    name: str
    done: bool
    message: str = ""
    """Why not."""
    notes: tuple[str, ...] = ()
    frames: int = 0
    motion_s: float = 0.0
    work_s: float = 0.0
    errors_deg: dict[str, float] = field(default_factory=dict)
    """Mean angle to the human per limb, over the frames that were judged."""
    guard_shares: dict[str, float] = field(default_factory=dict)
    """Share of all frames in which a guard held a joint of torso or arms back."""
    losses_deg: dict[str, float] = field(default_factory=dict)
    """Mean angle per limb that the ranges of the joints cost, before guards."""
    source_stamp: tuple[int, int] = (0, 0)
    """Size [bytes] and time of change [ns] of the motion file."""
    out_bytes: int = 0

    def as_json(self) -> dict[str, Any]:
        """For the manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Row:
        """From the manifest. Raises TypeError when fields are missing or unknown."""
        values = values | {"notes": tuple(values["notes"]), "source_stamp": tuple(values["source_stamp"])}
        return cls(**values)


def stamp(path: str | Path) -> tuple[int, int]:
    """Size [bytes] and time of change [ns] of a file; (0, 0) when it cannot be seen."""
    try:
        status = os.stat(path)
    except OSError:
        return (0, 0)
    return status.st_size, status.st_mtime_ns
