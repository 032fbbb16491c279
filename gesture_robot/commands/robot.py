"""`gesture_robot robot`: which robots are known, what was understood of one, and making a new one known."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from gesture_robot.errors import GestureRobotError, InvalidInput, OutputUnwritable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of robot."""
    parser.add_argument(
        "action",
        choices=("list", "show", "add"),
        help="list known robots; show what was understood of one; analyse a URDF and write its settings and a picture",
    )
    parser.add_argument(
        "name", nargs="?", default="", metavar="NAME|URDF", help="a known robot or the path of a .urdf file"
    )
    parser.add_argument("--name", dest="as_name", default="", metavar="N", help="add: the robot's name (default: file)")
    parser.add_argument("--out", metavar="FILE.yaml", help="add: where to write the settings (default: known robots)")
    parser.add_argument("--picture", metavar="FILE.png", help="add: where to draw the poses (default: beside --out)")
    parser.add_argument("--no-picture", action="store_true", help="add: draw nothing")
    parser.add_argument("--force", action="store_true", help="add: replace settings that are there")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Print and return the list, the description or what was added."""
    if args.action == "list":
        return _list()
    if not args.name:
        raise InvalidInput(
            f"say which robot: gesture_robot robot {args.action} NAME or a .urdf file. Known: {', '.join(_names())}."
        )
    if args.action == "add":
        return _add(args)
    from gesture_robot.commands.robot_report import describe, print_report

    report = describe(args.name)
    print_report(report)
    return report


def _names() -> list[str]:
    from gesture_robot.robots.model import robot_names

    return robot_names()


def _list() -> dict[str, Any]:
    from gesture_robot.robots.model import robot_description

    robots = {name: robot_description(name) for name in _names()}
    for name, text in robots.items():
        print(f"{name:12s} {text}")
    return {"robots": robots}


def _add(args: argparse.Namespace) -> dict[str, Any]:
    """Analyse, write, load again and draw."""
    from gesture_robot.robots.collada import settled
    from gesture_robot.robots.model import load_model, tree_of, understood_model
    from gesture_robot.robots.settings import Settings
    from gesture_robot.robots.settings_writer import settings_text, urdf_reference

    urdf = Path(args.name).expanduser()
    name, path = _destination(args, urdf)
    model, found = understood_model(name, urdf, Settings({}))
    tree = tree_of(model)
    text = settings_text(model, tree, urdf_reference(urdf, path.parent), settled(model.urdf_xml), found.notes)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputUnwritable(f"cannot write '{path}': {error.strerror}. Choose another place with --out.") from None
    model = load_model(str(path))
    report: dict[str, Any] = {"name": name, "settings": str(path), "notes": list(found.notes)}
    report |= {"parts": _parts(model)}
    if not args.no_picture:
        report |= _draw(model, Path(args.picture) if args.picture else _picture_beside(path))
    _tell(report, known=args.out is None)
    return report


def _destination(args: argparse.Namespace, urdf: Path) -> tuple[str, Path]:
    """Name and file of the new robot; refuses what is there already."""
    from gesture_robot.robots.settings import settings_files, writing_folder

    if args.name in _names():
        raise InvalidInput(f"'{args.name}' is known already; give the path of a .urdf file to add a robot.")
    name = args.as_name or (Path(args.out).stem if args.out else urdf.stem)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name):
        raise InvalidInput(f"'{name}' cannot be a robot's name; give one of letters, digits and _ with --name.")
    path = Path(args.out).expanduser() if args.out else writing_folder() / f"{name}.yaml"
    if path.suffix not in (".yaml", ".yml"):
        raise InvalidInput(f"--out must be a .yaml file, such as --out {name}.yaml; got '{path}'.")
    there = path if path.exists() else settings_files().get(name) if not args.out else None
    if there is not None and not args.force:
        raise InvalidInput(f"'{there}' is there already; choose another --name or --out, or replace it with --force.")
    return name, path


def _picture_beside(path: Path) -> Path:
    """Beside the settings, but never among the files of a checkout: there in its folder for results."""
    from gesture_robot.resources import checkout_root

    root = checkout_root()
    if root is not None and path.resolve().is_relative_to(root):
        return root / "out" / "robots" / f"{path.stem}.png"
    return path.with_suffix(".png")


def _draw(model: Any, path: Path) -> dict[str, Any]:
    from gesture_robot.commands.robot_sheet import write_sheet

    try:
        note = write_sheet(model, path)
    except OutputUnwritable:
        raise
    except GestureRobotError as error:
        return {"picture": "", "picture_note": f"no picture: {error}"}
    return {"picture": str(path), "picture_note": note}


def _parts(model: Any) -> list[str]:
    from gesture_robot.commands.robot_report import parts_of

    return [part for part, value in parts_of(model.limbs).items() if value]


def _tell(report: dict[str, Any], *, known: bool) -> None:
    print(f"{report['name']}: {', '.join(report['parts']) or 'no part of a body'}")
    for note in report["notes"]:
        print(f"  - {note}")
    print(f"settings: {report['settings']}")
    if report.get("picture"):
        print(f"picture:  {report['picture']}   (check rest, T-pose, wave, point, palms up)")
    if report.get("picture_note"):
        print(report["picture_note"])
    print(f"use it with --robot {report['name'] if known else report['settings']}")
