"""`gesture_robot retarget` on many motions: progress, a table, and what failed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from gesture_robot.errors import InvalidInput


def run_many(args: argparse.Namespace) -> dict[str, Any]:
    """Retarget all motions into a folder; raises MotionsFailed at the end when some could not be."""
    from tqdm import tqdm

    from gesture_robot.retarget.bulk import MotionsFailed, find_motions, retarget_many, summary
    from gesture_robot.retarget.bulk_engines import open_engine
    from gesture_robot.retarget.bulk_rows import JUDGED_EVERY, Settings

    out = Path(args.out)
    if out.exists() and not out.is_dir():
        raise InvalidInput(f"--out must be a folder for many motions, '{out}' is a file.")
    tasks = find_motions(args.motion, out)
    robot = str(Path(args.robot).resolve()) if Path(args.robot).is_file() else args.robot
    settings = Settings(robot, args.device, 1 if args.report else JUDGED_EVERY)
    engine = open_engine(args.engine, args.jobs)
    frames = 0
    with tqdm(total=len(tasks), desc="motions", unit="", disable=None) as bar:

        def tell(row: Any) -> None:
            nonlocal frames
            frames += row.frames
            if not row.done:
                bar.write(f"failed: {row.name}: {row.message}", file=sys.stderr)
            bar.update()
            bar.set_postfix_str(f"{frames / max(bar.format_dict['elapsed'], 1e-9):.0f} frames/s", refresh=False)

        try:
            result = retarget_many(tasks, settings, out, engine, resume=args.resume, report=tell)
        except KeyboardInterrupt:
            bar.write(f"note: '{out}' keeps what is done; go on with --resume.", file=sys.stderr)
            raise
    totals = summary(result)
    _print(totals, settings.judged_every)
    noted = [row.notes[0] for row in result.rows if row.notes]
    if noted:
        print(f"notes on {len(noted)} motions, in the table; such as: {noted[0]}")
    if result.failed:
        raise MotionsFailed(result.failed, len(result.rows))
    return totals


def _print(totals: dict[str, Any], judged_every: int) -> None:
    before = f", {totals['done_before']} of them before" if totals["done_before"] else ""
    print(
        f"{totals['done']} of {totals['motions']} motions done{before}: {totals['frames']} frames, "
        f"{totals['motion_s']:.1f} s of motion; this run {totals['seconds']:.1f} s, "
        f"{totals['frames_per_s']:.0f} frames/s with {totals['jobs']} jobs"
    )
    which = "every frame" if judged_every == 1 else f"every {judged_every}th frame"
    print(f"mean angle to the human [deg], {which}, arms in the frame that counts for this robot:")
    for name, value in totals["errors_deg"].items():
        lost = totals["losses_deg"].get("torso" if name == "chest" else name, 0.0)
        print(f"  {name:20s} {value:6.2f}" + (f"   ranges of the joints cost {lost:.2f}" if lost >= 0.01 else ""))
    shares = ", ".join(f"{name} {100 * share:.1f} %" for name, share in totals["guard_shares"].items())
    print(f"frames in which a guard held torso or arms back: {shares or 'none'}")
    print(f"per motion: {totals['table']}")
    for failed in totals["failed"]:
        print(f"failed: {failed['motion']}: {failed['message']}")
