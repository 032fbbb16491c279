"""`gesture_robot evaluate`: figures of a motion against its speech."""

from __future__ import annotations

import argparse
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of evaluate."""
    parser.add_argument("motion", metavar="MOTION.npz", help="body motion in BEAT2's layout")
    parser.add_argument("--audio", required=True, metavar="W.wav", help="the speech")
    parser.add_argument("--reference", metavar="GT.npz", help="a motion to compare with")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Print and return the figures."""
    from gesture_robot.body.motion_file import load_motion
    from gesture_robot.evaluation.motion_figures import motion_figures
    from gesture_robot.speech.audio_file import load_speech

    loaded = load_speech(args.audio)
    speech = loaded[0] if isinstance(loaded, tuple) else loaded
    report: dict[str, Any] = {"motion": motion_figures(load_motion(args.motion), speech)}
    if args.reference:
        report["reference"] = motion_figures(load_motion(args.reference), speech)
    for name, figures in report.items():
        print(name)
        for key, value in figures.items():
            print(f"  {key:28s} {value}")
    return report
