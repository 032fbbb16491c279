"""`make benchmark`: one table of what was measured beside what is asked. A part whose library is missing says so.

Each benchmark/<part>.py offers `measure() -> [(what, value, unit, target), ...]` and runs in a process of its own, so
that one part's memory is not another's. A target is "<= x", ">= x", "|x| <= y", "a..b" or a number, and is compared;
any other text is only shown.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gesture_robot.errors import GestureRobotError

PARTS = ("start", "perception", "speech", "face", "gesture", "retarget", "control", "scene", "demo", "ros")
Row = tuple[str, Any, str, str]
NUMBER = r"(-?\d+(?:\.\d+)?)"


def main() -> int:
    """Measure and print; exit code 1 when a compared figure misses its target."""
    parser = argparse.ArgumentParser(prog="make benchmark", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"which parts (default: all): {', '.join(PARTS)}")
    parser.add_argument("--json", metavar="FILE", help="write the figures to FILE")
    args = parser.parse_args()
    unknown = sorted(set(args.parts) - set(PARTS))
    if unknown:
        parser.error(f"unknown part {', '.join(unknown)}. Known: {', '.join(PARTS)}.")
    rows: list[tuple[str, Row]] = []
    for part in args.parts or [p for p in PARTS if find_spec(f"benchmark.{p}")]:
        print(f"measuring {part} ...", file=sys.stderr, flush=True)
        start_s = time.perf_counter()
        rows += [(part, row) for row in measure_apart(part)]
        print(f"  {time.perf_counter() - start_s:.0f} s", file=sys.stderr, flush=True)
    print(table(rows))
    if args.json:
        Path(args.json).write_text(json.dumps([[part, *row] for part, row in rows], default=float, indent=1))
    return int(any(row[1] == "failed" or verdict(row[1], row[3]) is False for _, row in rows))


def measure_apart(part: str) -> list[Row]:
    """`measure` in a new interpreter; its progress goes to standard error."""
    code = "import json, sys; from benchmark.run import measure; print(json.dumps(measure(sys.argv[1]), default=float))"
    done = subprocess.run([sys.executable, "-c", code, part], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return [(f"failed with exit code {done.returncode}, see above", "failed", "", "")]
    return [tuple(row) for row in json.loads(done.stdout.splitlines()[-1])]


def measure(part: str) -> list[Row]:
    """The part's rows; one row with the reason where it cannot run here."""
    try:
        return list(import_module(f"benchmark.{part}").measure())
    except GestureRobotError as error:
        return [(f"not measured: {error}", None, "", "")]


def verdict(value: Any, target: str) -> bool | None:
    """Whether `value` meets `target`; None where there is nothing to compare."""
    if isinstance(value, str):
        return value == target if re.fullmatch(r"[\d, ]+", target) else None
    if value is None or isinstance(value, bool):
        return None
    number = float(value)
    checks = (
        (rf"<=? {NUMBER}", lambda g: number <= float(g[0])), (rf">=? {NUMBER}", lambda g: number >= float(g[0])),
        (rf"\|x\| <= {NUMBER}", lambda g: abs(number) <= float(g[0])),
        (rf"{NUMBER} ?\.\. ?{NUMBER}", lambda g: float(g[0]) <= number <= float(g[1])),
        (NUMBER, lambda g: number == float(g[0])),
    )
    for pattern, holds in checks:
        match = re.fullmatch(pattern, target.strip())
        if match:
            return bool(holds(match.groups()))
    return None


def table(rows: list[tuple[str, Row]]) -> str:
    """A Markdown table."""
    lines = ["| part | what | measured | target | |", "| --- | --- | ---: | --- | --- |"]
    for part, (what, value, unit, target) in rows:
        mark = {True: "ok", False: "MISSED", None: ""}[verdict(value, target)]
        lines.append(f"| {part} | {what} | {shown(value)} {unit} | {target.replace('|x| <= ', '+-')} | {mark} |")
    return "\n".join(lines)


def shown(value: Any) -> str:
    """Three significant digits, or the text itself."""
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
