"""The command line. Each command lives in gesture_robot/commands/<name>.py and is imported only when it runs.

Exit codes: 0 done; 2 bad input, after one line on standard error that says what would have worked; 130 after a second
Ctrl-C; 1 anything else.
With --json the last line on standard output is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from gesture_robot import __version__
from gesture_robot.errors import GestureRobotError
from gesture_robot.plain_json import plain

COMMANDS: dict[str, str] = {
    "demo": "a robot notices a person, greets them, and says goodbye: simulated, in one process",
    "speak": "text or audio to speech.wav, motion.npz, face.npz and timing.json",
    "retarget": "body motion to the joints of a robot",
    "perceive": "people, gaze, expressions and interactions in pictures or video",
    "evaluate": "figures of a motion against its speech",
    "render": "a motion or a joint trajectory to a video",
    "robot": "robots that are known, and what was understood of them",
    "gesture": "named gestures: list, figures, video",
    "teleop": "move the robot's joints by keyboard or joystick, stop and release it (ROS 2)",
    "models": "model files of the engines: list them, load them once",
    "doctor": "versions, providers, clashes, missing system libraries",
}


class OneLineParser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        """Exit with 2 after one line."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; the tests of the README parse its commands with this."""
    parser = OneLineParser(prog="gesture_robot", description="Makes a social robot alive.")
    parser.add_argument("--version", action="version", version=f"gesture_robot {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        module = import_module(f"gesture_robot.commands.{name}")
        sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        module.add_arguments(sub)
        sub.add_argument("--json", action="store_true", help="print one JSON object last")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    args = build_parser().parse_args(argv)
    try:
        report = import_module(f"gesture_robot.commands.{args.command}").run(args)
        if args.json:
            print(json.dumps(report, default=plain))
        sys.stdout.flush()
    except GestureRobotError as error:
        return _fail(str(error), error.exit_code, args)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _fail("interrupted", 130, args)
    return 0


def _fail(message: str, code: int, args: argparse.Namespace) -> int:
    line = " ".join(message.split())
    print(f"gesture_robot {args.command}: {line}", file=sys.stderr)
    if args.json:
        print(json.dumps({"error": line, "exit_code": code}))
    return code


if __name__ == "__main__":
    sys.exit(main())
