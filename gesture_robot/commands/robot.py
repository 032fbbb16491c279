"""`gesture_robot robot`: which robots are known, and what was understood of one."""

from __future__ import annotations

import argparse
from typing import Any

from gesture_robot.errors import GestureRobotError, InvalidInput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of robot."""
    parser.add_argument(
        "action", choices=("list", "show", "add"), help="list known robots; show one; check a URDF of your own"
    )
    parser.add_argument(
        "name", nargs="?", default="", metavar="NAME|URDF", help="a known robot or the path of a .urdf file"
    )


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Print and return the list or the description."""
    if args.action == "list":
        return _list()
    if not args.name:
        raise InvalidInput(
            f"say which robot: gesture_robot robot {args.action} NAME or a .urdf file. Known: {', '.join(_names())}."
        )
    report = _describe(args.name)
    if args.action == "add":
        parts = ", ".join(report["parts"]) or "no part of a body"
        report["note"] = (
            f"recognised by joint names and settings: {parts}. Use it with --robot {args.name}. "
            "Other joint names are mapped "
            "by a .yaml of the same name beside the URDF, like config/robots/wren.yaml; it is not written for you yet."
        )
        print(report["note"])
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


def _describe(name: str) -> dict[str, Any]:
    """What `load_model` understood, as numbers and as a table on standard output."""
    from gesture_robot.robots.model import load_model, tree_of

    model = load_model(name)
    tree, limbs = tree_of(model), model.limbs
    found = {
        "torso": limbs.torso,
        "neck": limbs.neck,
        "left arm": limbs.left_arm,
        "right arm": limbs.right_arm,
        "camera": limbs.camera_link,
        "screen": limbs.screen_link,
    }
    report: dict[str, Any] = {
        "name": model.name,
        "links": len(tree.links),
        "joints": len(tree.joints),
        "actuated": len(model.joint_names),
        "mass_kg": round(sum(link.inertial.mass for link in tree.links.values() if link.inertial), 3),
        "parts": [part for part, value in found.items() if value],
        "collision_pairs": _collision_pairs(model),
        "limits": {
            joint: {"lower": lower, "upper": upper, "velocity": velocity, "acceleration": acceleration}
            for joint, lower, upper, velocity, acceleration in zip(
                model.joint_names,
                model.lower.tolist(),
                model.upper.tolist(),
                model.max_velocity.tolist(),
                model.max_acceleration.tolist(),
                strict=True,
            )
        },
    }
    _print(report)
    return report


def _collision_pairs(model: Any) -> int | str:
    from gesture_robot.robots.mujoco_model import collision_pairs

    try:
        return len(collision_pairs(model))
    except GestureRobotError as error:
        return f"unknown: {error}"


def _print(report: dict[str, Any]) -> None:
    print(
        f"{report['name']}: {report['links']} links, {report['joints']} joints, {report['actuated']} of them actuated, "
        f"{report['mass_kg']:g} kg, {report['collision_pairs']} pairs of links watched for self-collision"
    )
    print(f"parts: {', '.join(report['parts']) or 'none recognised'}")
    print(f"{'joint':24s} {'lower':>8s} {'upper':>8s} {'velocity':>9s} {'acceleration':>13s}")
    for joint, row in report["limits"].items():
        print(f"{joint:24s} {row['lower']:8.3f} {row['upper']:8.3f} {row['velocity']:9.2f} {row['acceleration']:13.1f}")
