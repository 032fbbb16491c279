"""What a bulk run remembers: a manifest with one line per motion, by which it goes on after a crash, and a table.

The manifest is a .jsonl file. Its first line says for which robot the results are; every further line is the row of
one motion, appended when its trajectory is complete. A line that a crash cut off is dropped. A later line about the
same motion counts.
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import InvalidInput, OutputUnwritable
from gesture_robot.retarget.bulk_rows import Row, Task, stamp

MANIFEST, TABLE = "manifest.jsonl", "results.csv"
_HEAD = "gesture_robot_bulk"


def digest(model: RobotModel) -> str:
    """Short fingerprint of everything about a robot that shapes a trajectory."""
    text = hashlib.sha256(model.urdf_xml.encode())
    numbers: tuple[Array | None, ...] = (
        model.lower, model.upper, model.max_velocity, model.max_acceleration, model.max_jerk, model.rest
    )
    for array in numbers:
        text.update(b"" if array is None else array.tobytes())
    text.update(repr((model.joint_names, model.limbs, model.may_touch)).encode())
    return text.hexdigest()[:16]


class Manifest:
    """The open manifest of a folder; only one run holds it at a time.

    Raises:
        InvalidInput: results are there already and were not to be resumed, they are for another robot, or another run
            is at work.
        OutputUnwritable: the folder cannot be written.
    """

    def __init__(self, folder: Path, head: dict[str, Any], *, resume: bool):
        self.path = folder / MANIFEST
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file: IO[str] = open(self.path, "a+", encoding="utf-8")
        except OSError as error:
            raise OutputUnwritable(
                f"cannot write '{self.path}': {error.strerror or error}. Give a folder that you may write to."
            ) from None
        try:
            self._lock()
            self.rows = self._read({_HEAD: 1, **head}, resume)
        except InvalidInput:
            self._file.close()
            raise

    def add(self, row: Row) -> None:
        """Append a row; it outlives a crash of this process."""
        self._file.write(json.dumps(row.as_json()) + "\n")
        self._file.flush()
        self.rows[row.name] = row

    def is_done(self, task: Task) -> bool:
        """Whether the trajectory of this motion, as it is now, is there and whole."""
        row = self.rows.get(task.name)
        return (
            row is not None
            and row.done
            and row.source_stamp == stamp(task.source)
            and row.out_bytes == stamp(task.out)[0] > 0
        )

    def close(self) -> None:
        """Let other runs have the folder."""
        self._file.close()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InvalidInput(
                f"another run is writing into '{self.path.parent}'; wait for it, or give another folder."
            ) from None

    def _read(self, head: dict[str, Any], resume: bool) -> dict[str, Row]:
        self._file.seek(0)
        text = self._file.read()
        whole, _, _ = text.rpartition("\n")  # what follows the last line break was cut off
        if not whole:
            self._file.truncate(0)
            self._file.write(json.dumps(head) + "\n")
            self._file.flush()
            return {}
        lines = whole.split("\n")
        found = _parsed(lines[0])
        if found is None:
            raise InvalidInput(f"'{self.path}' is no manifest of this program; give another folder.")
        if not resume:
            raise InvalidInput(
                f"'{self.path.parent}' holds results already; add --resume to do what is missing, or give another "
                "folder."
            )
        other = [key for key in head if found.get(key) != head[key]]
        if other:
            was, now = ({key: values.get(key) for key in other} for values in (found, head))
            raise InvalidInput(
                f"'{self.path.parent}' was begun with {_listed(was)}, this run has {_listed(now)}; give another folder."
            )
        self._file.truncate(len(whole.encode()) + 1)
        rows = (_row(line) for line in lines[1:])
        return {row.name: row for row in rows if row is not None}


def write_table(folder: Path, rows: Iterable[Row]) -> Path:
    """One line per motion in the order of their names; angles are means over the judged frames."""
    ordered = sorted(rows, key=lambda row: row.name)
    limbs = list(dict.fromkeys(limb for row in ordered for limb in row.errors_deg))
    guards = list(dict.fromkeys(guard for row in ordered for guard in row.guard_shares))
    losses = list(dict.fromkeys(limb for row in ordered for limb in row.losses_deg))
    path = folder / TABLE
    part = path.with_name(f".{TABLE}.{os.getpid()}.part")
    with open(part, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            ["motion", "done", "frames", "motion_s", "work_s", "frames_per_s"]
            + [f"{limb}_deg" for limb in limbs]
            + [f"{guard}_guard_share" for guard in guards]
            + [f"{limb}_range_loss_deg" for limb in losses]
            + ["message", "notes"]
        )
        for row in ordered:
            rate = round(row.frames / row.work_s) if row.work_s else ""
            table.writerow(
                [row.name, row.done, row.frames, row.motion_s, row.work_s, rate]
                + [row.errors_deg.get(limb, "") for limb in limbs]
                + [row.guard_shares.get(guard, "") for guard in guards]
                + [row.losses_deg.get(limb, "") for limb in losses]
                + [row.message, " ".join(row.notes)]
            )
    os.replace(part, path)
    return path


def remove_parts(folder: Path) -> None:
    """Delete what a run that was killed left half-written."""
    for part in folder.rglob(".*.part"):
        part.unlink(missing_ok=True)


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        values = json.loads(line)
    except ValueError:
        return None
    return values if isinstance(values, dict) and _HEAD in values else None


def _row(line: str) -> Row | None:
    try:
        return Row.from_json(json.loads(line))
    except (ValueError, TypeError, KeyError):
        return None


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())
