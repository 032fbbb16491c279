"""Retargeting against the reference: the same frames, the same core, the same run.

    python -m benchmark.retarget [--robots wren,g1,...] [--frames N] [--minutes M] [--json FILE]

Ours is the Retargeter with all its guards; the peer is the real GMR on its own full robot where it is installed and
knows the robot, else the stand-in of `benchmark.retarget_peer`, and is named so. Frames per second are of processor
time, latencies of the wall clock. Motions: gesture_robot.evaluation.human_motions.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before numpy comes: everything is measured on one core

import argparse  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
from collections.abc import Iterable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from benchmark.retarget_bars import unmet  # noqa: E402
from gesture_robot.errors import GestureRobotError, InvalidInput  # noqa: E402

FRAMES, OURS = 1200, "gesture_robot"
Row = tuple[str, Any, str, str]
COLUMNS = (
    ("robot", "robot", "", 11),
    ("tool", "tool", "", 18),
    ("live /s", "live_fps", ".0f", 8),
    ("bulk /s", "bulk_fps", ".0f", 8),
    ("p50 ms", "p50_ms", ".3f", 7),
    ("p99 ms", "p99_ms", ".3f", 7),
    ("first s", "first_s", ".2f", 7),
    ("frame", "bar_frame", "", 6),
    ("upper", "upper_deg", ".2f", 6),
    ("fore", "fore_deg", ".2f", 6),
    ("free %", "free_percent", ".0f", 6),
    ("vel %", "velocity_guard_percent", ".0f", 5),
    ("col %", "collision_guard_percent", ".0f", 5),
    ("u free", "upper_free_deg", ".2f", 6),
    ("f free", "fore_free_deg", ".2f", 6),
    ("u held", "upper_guarded_deg", ".2f", 6),
    ("f held", "fore_guarded_deg", ".2f", 6),
    ("u reach", "upper_reachable_deg", ".2f", 7),
    ("f reach", "fore_reachable_deg", ".2f", 7),
    ("u open", "upper_open_deg", ".2f", 6),
    ("f open", "fore_open_deg", ".2f", 6),
    ("wrist %", "wrist_percent", ".1f", 7),
    ("jerk x", "jerk_ratio", ".2f", 6),
    ("hit %", "self_collision_percent", ".1f", 6),
    ("outside", "outside_limits", "d", 8),
    ("bad st %", "bad_starts_percent", ".0f", 8),
    ("touch cm", "contact_cm", ".1f", 8),
    ("gap cm", "contact_gap_cm", ".1f", 6),
)
"""Heading, figure, format, width."""


def main(argv: list[str] | None = None) -> int:
    """Measure and print one table; exit code 2 for a robot or library that is not there."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmark.retarget", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--robots", default="wren", help="names or URDF files, comma between (default: wren)")
    parser.add_argument("--frames", type=int, default=FRAMES, help="frames of the accuracy table (default: 1200)")
    parser.add_argument("--minutes", type=float, default=2.0, help="length of the bulk motion (default: 2)")
    parser.add_argument("--json", metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--docs", metavar="FILE", type=Path, help="put the table between the marks of a document")
    parser.add_argument("--no-peer", action="store_true", help="ours only")
    args = parser.parse_args(argv)
    from benchmark.retarget_measure import measure_robot, pin_to_one_core

    pin_to_one_core()
    rows: list[dict[str, Any]] = []
    for name in args.robots.split(","):
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        try:
            rows += measure_robot(name, args.frames, args.minutes * 60.0, peer=not args.no_peer)
        except GestureRobotError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 2
        print(table(rows[-2:]), file=sys.stderr, flush=True)
        if args.json:  # after every robot: all of them take a quarter of an hour
            Path(args.json).write_text(json.dumps(rows, indent=1, default=float))
    print(table(rows))
    for ours in (row for row in rows if row["tool"] == OURS):
        other = next((row for row in rows if row["robot"] == ours["robot"] and row["tool"] != OURS), None)
        for line in unmet(ours, other):
            print(f"{ours['robot']}: not reached: {line}")
    if args.docs:
        write_docs(args.docs, rows)
    return 0


def table(rows: Iterable[dict[str, Any]]) -> str:
    """Plain text, one line per robot and tool."""
    lines = [" ".join(f"{head:>{width}s}" for head, _, _, width in COLUMNS)]
    for row in rows:
        lines.append(" ".join(f"{_cell(row.get(key), form):>{width}s}" for _, key, form, width in COLUMNS))
    return "\n".join(lines)


def markdown(rows: list[dict[str, Any]]) -> str:
    """One line per robot, ours / the peer's; the peer's in brackets with the best constant turn taken out."""
    lines = ["| " + " | ".join(head for head, _ in _DOCUMENTED) + " |", "|" + "---|" * len(_DOCUMENTED)]
    for ours in (row for row in rows if row["tool"] == OURS):
        peer = next((row for row in rows if row["robot"] == ours["robot"] and row["tool"] != OURS), {})
        cells = []
        for _, parts in _DOCUMENTED:
            pair = [_joined(row, parts) for row in ((ours, peer) if parts[0][0] not in _ALONE else (ours,))]
            cells.append(" / ".join(pair))
        if "upper_calibrated_deg" in peer and peer["tool"].startswith("GMR"):
            cells[_CALIBRATED] += f" ({peer['upper_calibrated_deg']:.1f}, {peer['fore_calibrated_deg']:.1f})"
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


_ALONE = ("robot", "bar_frame", "free_percent", "reachable_percent", "upper_reachable_deg", "bulk_fps")
_DOCUMENTED: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("robot", (("robot", ""),)),
    ("tools", (("tool", ""),)),
    ("frame", (("bar_frame", ""),)),
    ("free of guards, %", (("free_percent", ".0f"),)),
    ("upper arm, forearm there, deg", (("upper_free_deg", ".1f"), ("fore_free_deg", ".1f"))),
    ("with guards, deg", (("upper_guarded_deg", ".1f"), ("fore_guarded_deg", ".1f"))),
    ("reachable, %", (("reachable_percent", ".0f"),)),
    ("there, deg", (("upper_reachable_deg", ".1f"), ("fore_reachable_deg", ".1f"))),
    ("wrist, % of arm", (("wrist_percent", ".1f"),)),
    ("wrist jerk, x human", (("jerk_ratio", ".2f"),)),
    ("self-collision, % of frames", (("self_collision_percent", ".1f"),)),
    ("samples outside limits", (("outside_limits", "d"),)),
    ("bad fresh starts, %", (("bad_starts_percent", ".0f"),)),
    ("touch, cm", (("contact_cm", ".1f"),)),
    ("live frames/s", (("live_fps", ".0f"),)),
    ("bulk", (("bulk_fps", ".0f"),)),
    ("p99, ms", (("p99_ms", ".2f"),)),
    ("first, s", (("first_s", ".1f"),)),
)
_CALIBRATED = 4
_BEGIN, _END = "<!-- measured: written by benchmark.retarget --docs -->", "<!-- end of measured -->"


def write_docs(path: Path, rows: list[dict[str, Any]]) -> None:
    """Replace the table between the marks of a document."""
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, mark, after = rest.partition(_END)
    if not mark:
        raise InvalidInput(f"{path} has no '{_BEGIN}' ... '{_END}' to write between.")
    path.write_text(f"{before}{_BEGIN}\n{markdown(rows)}\n{_END}{after}", encoding="utf-8")


def _joined(row: dict[str, Any], parts: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(_cell(row.get(key), form) for key, form in parts)


def measure() -> list[Row]:
    """Rows for `make benchmark`: wren, ours only where no peer is installed."""
    from benchmark.retarget_measure import measure_robot, peer_installed, pin_to_one_core

    pin_to_one_core()
    rows = measure_robot("wren", FRAMES, 60.0, peer=peer_installed())
    ours = rows[0]
    found: list[Row] = [
        ("retargeting, frame by frame, of processor time", ours["live_fps"], "frames/s", ">= 6000"),
        ("retargeting, whole motions, of processor time", ours["bulk_fps"], "frames/s", ""),
        ("slowest pose of a hundred", ours["p99_ms"], "ms", "<= 1"),
        ("first result of a fresh process", ours["first_s"], "s", "<= 1"),
        ("upper arm, reachable frames", ours["upper_reachable_deg"], "deg", "<= 2"),
        ("forearm, reachable frames", ours["fore_reachable_deg"], "deg", "<= 3"),
        ("frames in which no guard was active", ours["free_percent"], "%", ">= 85"),
        ("wrist jerk over the human's", ours["jerk_ratio"], "", "<= 1.2"),
        ("frames with self-collision, exact contacts", ours["self_collision_percent"], "%", "<= 0"),
        ("joint samples outside limits, cubic at 1 kHz", ours["outside_limits"], "", "<= 0"),
        ("bad fresh starts", ours["bad_starts_percent"], "%", "<= 0"),
    ]
    for other in rows[1:]:
        found.append((f"speed over the peer's ({other['tool']})", ours["live_fps"] / other["live_fps"], "x", ">= 20"))
    return found


def _cell(value: Any, form: str) -> str:
    if value is None:
        return "-"
    return format(value, form) if form else str(value)


if __name__ == "__main__":
    sys.exit(main())
