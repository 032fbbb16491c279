"""Many motions at once: find them, do those that are missing, add up what came out.

One trajectory per motion, each written whole or not at all, and the same bytes whatever the engine, the number of jobs
and the interruptions. A motion that cannot be used costs only itself. Memory holds the motions at work and one small
row per motion.
"""

from __future__ import annotations

import glob
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from gesture_robot import __version__
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import GestureRobotError, InvalidInput
from gesture_robot.retarget.bulk_engines import Engine
from gesture_robot.retarget.bulk_manifest import Manifest, digest, remove_parts, write_table
from gesture_robot.retarget.bulk_rows import Row, Settings, Task
from gesture_robot.retarget.bulk_work import work
from gesture_robot.retarget.outcome import open_retargeter
from gesture_robot.robots.model import load_model
from gesture_robot.robots.trajectory_file import npz_keys

SUFFIXES = (".npz", ".bvh")


class MotionsFailed(GestureRobotError):
    """Some motions of many could not be retargeted; the others are done."""

    def __init__(self, failed: Sequence[Row], total: int):
        self.failed = tuple(failed)
        super().__init__(
            f"{len(failed)} of {total} motions failed: {', '.join(row.name for row in failed)}. Mend or leave them out "
            "and start again with --resume."
        )


@dataclass(frozen=True, slots=True, eq=False)
class BulkResult:
    """What a run did."""

    rows: tuple[Row, ...]
    """All motions that were asked for, by name; those that were done before too."""
    done_before: int
    new_frames: int
    seconds: float
    jobs: int
    table: Path

    @property
    def failed(self) -> tuple[Row, ...]:
        """Rows of the motions without a result."""
        return tuple(row for row in self.rows if not row.done)

    @property
    def frames_per_s(self) -> float:
        """Speed of this run, start of its processes included."""
        return self.new_frames / max(self.seconds, 1e-9)


def find_motions(given: Sequence[str], out: Path) -> list[Task]:
    """The motion files in folders (searched through), patterns and files, each with the place of its trajectory.

    Args:
        given: folders, patterns such as 'data/**/*.npz', or files. In folders, .npz files that hold no poses (faces,
            trajectories) are passed over.
        out: folder of the trajectories, which has the structure of the given folders.

    Raises:
        InvalidInput: nothing is found, or two motions would share a trajectory.
    """
    tasks: dict[Path, Task] = {}
    for word in given:
        for source, name in _found(word, out):
            target = (out / name).with_suffix(".npz")
            if target.resolve() == source:
                raise InvalidInput(f"'{source}' would be overwritten; give another folder as --out.")
            task = Task(str(source), name.as_posix(), str(target.resolve()))
            before = tasks.setdefault(target, task)
            if before.source != task.source:
                raise InvalidInput(
                    f"'{before.source}' and '{source}' would both become '{target}'; retarget them into two folders, "
                    "or give one of them, such as 'DIR/**/*.npz'."
                )
    if not tasks:
        raise InvalidInput(f"no motion ({', '.join(SUFFIXES)}) found in {', '.join(given)}.")
    return sorted(tasks.values(), key=lambda task: task.name)


def retarget_many(
    tasks: Sequence[Task],
    settings: Settings,
    out: Path,
    engine: Engine,
    *,
    resume: bool = False,
    report: Callable[[Row], Any] = lambda row: None,
) -> BulkResult:
    """Retarget all motions, or with `resume` those that are missing or were changed since.

    Args:
        tasks: of `find_motions`.
        settings: of the whole run.
        out: folder of the trajectories, the manifest and the table.
        engine: who works.
        resume: go on in a folder with results.
        report: is called with every new row.

    Raises:
        InvalidInput: the folder holds other results, or the robot or the device cannot be used.
        OutputUnwritable: the folder cannot be written.
    """
    model = load_model(settings.robot)
    retargeter = open_retargeter(model, settings.device)  # a robot that cannot be used is one error, not one each
    head = {"robot": model.name, "fingerprint": digest(model), "version": __version__, "device": settings.device}
    manifest = Manifest(out, head, resume=resume)
    begun_s = time.perf_counter()
    frames = 0
    try:
        remove_parts(out)
        if engine.jobs > 1:  # what is still to be compiled is compiled once, not by every process
            retargeter.motion(BodyMotion(30.0, np.zeros((2, 55, 3)), np.zeros((2, 3))))
        missing = [task for task in tasks if not manifest.is_done(task)]
        with closing(engine.rows(partial(work, settings), missing)) as new:
            for row in new:
                manifest.add(row)
                frames += row.frames
                report(row)
        rows = tuple(manifest.rows[task.name] for task in tasks)
        table = write_table(out, rows)
    finally:
        manifest.close()
    seconds = time.perf_counter() - begun_s
    return BulkResult(rows, len(tasks) - len(missing), frames, seconds, engine.jobs, table)


def summary(result: BulkResult) -> dict[str, Any]:
    """Totals over all motions; angles and shares are weighted by frames."""
    done = [row for row in result.rows if row.done]
    return {
        "motions": len(result.rows),
        "done": len(done),
        "done_before": result.done_before,
        "failed": [{"motion": row.name, "message": row.message} for row in result.failed],
        "frames": sum(row.frames for row in done),
        "motion_s": round(sum(row.motion_s for row in done), 3),
        "seconds": round(result.seconds, 3),
        "frames_per_s": round(result.frames_per_s, 1),
        "jobs": result.jobs,
        "errors_deg": _mean(done, lambda row: row.errors_deg),
        "losses_deg": _mean(done, lambda row: row.losses_deg),
        "guard_shares": _mean(done, lambda row: row.guard_shares),
        "table": str(result.table),
    }


def _mean(rows: Iterable[Row], of: Callable[[Row], dict[str, float]]) -> dict[str, float]:
    totals: dict[str, float] = {}
    frames: dict[str, int] = {}
    for row in rows:
        for name, value in of(row).items():
            totals[name] = totals.get(name, 0.0) + row.frames * value
            frames[name] = frames.get(name, 0) + row.frames
    return {name: round(total / max(frames[name], 1), 4) for name, total in totals.items()}


def _found(word: str, out: Path) -> Iterator[tuple[Path, Path]]:
    """Motion files behind one word: absolute path, and path below what was given."""
    path = Path(word)
    if path.is_dir():
        inside, target = path.resolve(), out.resolve()
        for file in sorted(inside.rglob("*")):
            own = target in file.parents and target != inside
            if file.suffix.lower() in SUFFIXES and file.is_file() and not own and _may_be_motion(file):
                yield file, file.relative_to(inside)
    elif path.exists():
        yield path.resolve(), Path(path.name)
    elif glob.has_magic(word):
        files = [Path(name).resolve() for name in glob.glob(word, recursive=True)]
        fixed = Path(*_before_magic(path)).resolve()
        yield from ((file, file.relative_to(fixed)) for file in sorted(files) if file.is_file())
    else:
        raise InvalidInput(f"no motion file at {word}. Give .npz or .bvh files, folders of them, or a pattern.")


def _before_magic(path: Path) -> Iterator[str]:
    for part in path.parts[:-1]:
        if glob.has_magic(part):
            return
        yield part


def _may_be_motion(file: Path) -> bool:
    """Whether a file of a folder is to be done; one that cannot be read is, so that it is reported."""
    if file.name.startswith(".") or file.suffix.lower() != ".npz":
        return not file.name.startswith(".")
    try:
        keys = npz_keys(file)
    except InvalidInput:
        return True
    return "poses" in keys or not keys
