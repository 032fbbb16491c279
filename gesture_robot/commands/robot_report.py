"""What `load_model` understood of a robot, as numbers and as a table on standard output."""

from __future__ import annotations

from typing import Any

from gesture_robot.datatypes import Arm, LimbMap
from gesture_robot.errors import GestureRobotError
from gesture_robot.robots.analysis.words import words


def parts_of(limbs: LimbMap) -> dict[str, Any]:
    """Human part -> what plays it."""
    return {
        "torso": limbs.torso,
        "neck": limbs.neck,
        "left arm": limbs.left_arm,
        "right arm": limbs.right_arm,
        "camera": limbs.camera_link if set(words(limbs.camera_link)) & {"camera", "optical"} else "",
        "screen": limbs.screen_link,
        "face": limbs.face,
    }


def describe(name: str) -> dict[str, Any]:
    """Parts, chains, notes, pairs and limits of a robot."""
    from gesture_robot.robots.model import robot_and_notes, tree_of

    model, notes = robot_and_notes(name)
    tree = tree_of(model)
    values = (model.lower, model.upper, model.max_velocity, model.max_acceleration, model.rest)
    keys = ("lower", "upper", "velocity", "acceleration", "rest")
    return {
        "name": model.name,
        "links": len(tree.links),
        "joints": len(tree.joints),
        "actuated": len(model.joint_names),
        "mass_kg": round(sum(link.inertial.mass for link in tree.links.values() if link.inertial), 3),
        "parts": [part for part, value in parts_of(model.limbs).items() if value],
        "chains": _chains(model.limbs),
        "front": list(model.limbs.front_axis),
        "collision_pairs": _collision_pairs(model),
        "may_touch": [list(pair) for pair in model.may_touch],
        "notes": list(notes),
        "limits": {
            joint: dict(zip(keys, row, strict=True))
            for joint, row in zip(model.joint_names, zip(*(v.tolist() for v in values), strict=True), strict=True)
        },
    }


def _chains(limbs: LimbMap) -> dict[str, list[str]]:
    chains = {
        "torso": [*limbs.torso, limbs.chest_link] if limbs.torso else [],
        "neck": [*limbs.neck, limbs.head_link] if limbs.neck else [],
    }
    for side, arm in (("left", limbs.left_arm), ("right", limbs.right_arm)):
        if arm is not None:
            chains |= _arm_chains(side, arm)
    chains["face"] = [row.joint for row in limbs.face]
    return {part: chain for part, chain in chains.items() if chain}


def _arm_chains(side: str, arm: Arm) -> dict[str, list[str]]:
    fingers = {f"{side} {' + '.join(f.shows) if len(f.shows) < 5 else 'hand'}": list(f.joints) for f in arm.fingers}
    return {f"{side} arm": [*arm.joints, arm.hand_link]} | fingers


def _collision_pairs(model: Any) -> int | str:
    from gesture_robot.robots.mujoco_model import collision_pairs

    try:
        return len(collision_pairs(model))
    except GestureRobotError as error:
        return f"unknown: {error}"


def print_report(report: dict[str, Any]) -> None:
    """As a table."""
    print(
        f"{report['name']}: {report['links']} links, {report['joints']} joints, {report['actuated']} of them actuated, "
        f"{report['mass_kg']:g} kg, {report['collision_pairs']} pairs of links watched for self-collision"
    )
    print(f"parts: {', '.join(report['parts']) or 'none recognised'}")
    for part, chain in report["chains"].items():
        print(f"  {part:24s} {' > '.join(chain)}")
    for note in report["notes"]:
        print(f"  - {note}")
    print(f"{'joint':32s} {'lower':>8s} {'upper':>8s} {'rest':>8s} {'velocity':>9s} {'acceleration':>13s}")
    for joint, row in report["limits"].items():
        print(
            f"{joint:32s} {row['lower']:8.3f} {row['upper']:8.3f} {row['rest']:8.3f} {row['velocity']:9.2f} "
            f"{row['acceleration']:13.1f}"
        )
