"""A million random frames through retargeting: does the robot ever hit itself or leave a limit?

    python -m benchmark.retarget_safety --frames 1000000 --robot wren [--jobs 2] [--json FILE]

Frames are anything finite: natural motion, jumps between poses, noise, spins, held and huge values, at several rates.
Limits are those of position, velocity and acceleration on the trajectory's cubic at 1 kHz; self-collisions are MuJoCo's
exact contacts on the same cubic, every 5 ms or closer. Each piece can be run again by its number.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from tqdm import tqdm

from gesture_robot.checks import Array
from gesture_robot.control.audit import audit
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import GestureRobotError
from gesture_robot.evaluation.human_motions import random_motion, random_pose
from gesture_robot.evaluation.retarget_figures import SelfCollisions
from gesture_robot.retarget.retargeter import Retargeter
from gesture_robot.robots.model import load_model

PIECE = 600
"""Frames of one motion."""
STEP_S = 0.005
_NATURAL_S, _POSES = 65.0, 120
_RATES = (30.0, 30.0, 30.0, 15.0, 60.0, 100.0)


@dataclass
class Count:
    """What was looked at and found."""

    frames: int = 0
    contact_samples: int = 0
    contacts: int = 0
    limit_samples: int = 0
    violations: int = 0
    wrong_pieces: list[int] = field(default_factory=list)

    def add(self, other: Count) -> None:
        """Sum up."""
        for name in ("frames", "contact_samples", "contacts", "limit_samples", "violations"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong_pieces += other.wrong_pieces


def wild_motion(number: int, frames: int = PIECE) -> BodyMotion:
    """Piece `number`: stretches of 5 to 60 frames, each of another kind."""
    rng = np.random.default_rng([11, number])
    fps = float(rng.choice(_RATES))
    stride = int(rng.integers(1, 4))  # up to three times a lively speaker's pace
    natural = _natural()[int(rng.integers(int(_NATURAL_S * 30) - stride * frames)) :: stride][:frames]
    rotations = np.zeros((frames, 55, 3))
    at = 0
    while at < frames:
        count = min(int(rng.integers(5, 61)), frames - at)
        rows = slice(at, at + count)
        rotations[rows] = _stretch(rng, natural[rows], rotations[at - 1])
        at += count
    return BodyMotion(fps, rotations, np.zeros((frames, 3)))


def _stretch(rng: np.random.Generator, natural: Array, last: Array) -> Array:
    """(K, 55, 3) of one kind."""
    count, kind = len(natural), int(rng.integers(9))
    if kind <= 2:
        return natural
    if kind == 3:  # jumps
        return _poses()[rng.integers(_POSES, size=-(-count // 8))].repeat(8, axis=0)[:count]
    if kind == 4:
        return natural + rng.normal(scale=rng.choice([0.02, 0.2, 1.0]), size=natural.shape)
    if kind == 5:
        return np.repeat(last[None], count, axis=0)
    if kind == 6:  # every joint spins
        speed = rng.normal(scale=0.3, size=(55, 3))
        return last + np.arange(1, count + 1)[:, None, None] * speed
    if kind == 7:
        return np.asarray(rng.normal(size=(count, 55, 3)) * 10.0 ** rng.uniform(-1.0, 6.0))
    return natural[::-1]


@lru_cache(maxsize=1)
def _natural() -> Array:
    return random_motion(_NATURAL_S, seed=5).rotations


@lru_cache(maxsize=1)
def _poses() -> Array:
    rng = np.random.default_rng(7)
    return np.stack([random_pose(rng) for _ in range(_POSES)])


@lru_cache(maxsize=1)
def _tools(robot: str) -> tuple[Retargeter, SelfCollisions]:
    model = load_model(robot)
    return Retargeter(model), SelfCollisions(model)


def run_piece(robot: str, number: int, frames: int = PIECE) -> Count:
    """Retarget one piece and look at every sample."""
    retargeter, contacts = _tools(robot)
    trajectory = retargeter.motion(wild_motion(number, frames))
    limits, touching = audit([trajectory], retargeter.model), contacts.path(trajectory, STEP_S)
    found = Count(frames, len(touching), int(touching.sum()), limits.samples, limits.violations)
    if found.contacts or found.violations:
        found.wrong_pieces.append(number)
    return found


def run(robot: str, frames: int, jobs: int, first: int = 0) -> Count:
    """All pieces in worker processes."""
    pieces, total = range(first, first + max(1, -(-frames // PIECE))), Count()
    if jobs == 1:
        for number in tqdm(pieces, robot, unit="piece"):
            total.add(run_piece(robot, number))
        return total
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        work = [pool.submit(run_piece, robot, number) for number in pieces]
        with tqdm(total=len(pieces), desc=robot, unit="piece") as bar:
            for done in as_completed(work):
                total.add(done.result())
                bar.update()
                bar.set_postfix(contacts=total.contacts, outside=total.violations)
    return total


def main(argv: list[str] | None = None) -> int:
    """Exit code 1 when anything was found, 2 for a robot that does not load."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmark.retarget_safety",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--robot", default="wren", help="name or URDF file (default: wren)")
    parser.add_argument("--jobs", type=int, default=2, help="worker processes (default: 2)")
    parser.add_argument("--first", type=int, default=0, help="number of the first piece (default: 0)")
    parser.add_argument("--json", metavar="FILE")
    args = parser.parse_args(argv)
    try:
        load_model(args.robot)
        total = run(args.robot, args.frames, args.jobs, args.first)
    except GestureRobotError as error:
        print(error, file=sys.stderr)
        return 2
    print(
        f"{args.robot}: {total.frames} frames; self-collisions in {total.contacts} of {total.contact_samples} samples; "
        f"outside limits {total.violations} of {total.limit_samples} joint samples"
    )
    if total.wrong_pieces:
        print(f"pieces to look at: {', '.join(str(n) for n in sorted(total.wrong_pieces)[:20])}")
    if args.json:
        Path(args.json).write_text(json.dumps(asdict(total), indent=1))
    return int(bool(total.wrong_pieces))


if __name__ == "__main__":
    sys.exit(main())
