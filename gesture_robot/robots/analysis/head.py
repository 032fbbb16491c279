"""The neck and head, and the joints of a face."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import FaceJoint
from gesture_robot.robots.analysis.bodies import BodyTree
from gesture_robot.robots.analysis.front import UP
from gesture_robot.robots.analysis.limbs import Limb, limb_from
from gesture_robot.robots.analysis.words import FACE, HEAD, SENSOR, has, side_of, words
from gesture_robot.robots.urdf_types import UrdfTree

EYE_TURN_RAD, EYE_LIFT_RAD = 0.6, 0.45
"""How far an eye turns at weight 1 of eyeLookOut/In and of eyeLookUp/Down."""
_SIGHT = frozenset("camera optical eye gaze rgbd face screen".split())
_MOST_JOINTS = 4
_LIKE_A_HEAD = 3.0


def neck_of(tree: BodyTree, chest: int, taken: set[int], shoulders: Array | None) -> Limb | None:
    """The chain that carries the head: high and in the middle, named so or with cameras on it.

    Args:
        tree: the robot.
        chest: body that carries the arms.
        taken: bodies of arms, legs and torso.
        shoulders: (2, 3) [m] left and right in the root link; None without two arms.
    """
    found = []
    for parent in (chest, *tree.path(chest)[::-1][1:], 0) if chest else (0,):
        for kid in tree.bodies[parent].children:
            limb = limb_from(tree, kid) if kid not in taken else None
            limb = _without_face(limb) if limb else None
            if limb and limb.bodies and not taken & set(limb.bodies):
                found.append((_likeness(tree, limb, shoulders), limb))
    best = max(found, key=lambda row: row[0], default=None)
    enough = _LIKE_A_HEAD if shoulders is not None else _LIKE_A_HEAD - 2.0  # that of its place between the shoulders
    return best[1] if best is not None and best[0] >= enough else None


def _without_face(limb: Limb) -> Limb:
    """A chain that ends where eyes or a jaw begin."""
    count = next((k for k, name in enumerate(limb.joints) if has([name], FACE)), len(limb.joints))
    return Limb(limb.parent, limb.bodies[:count], limb.joints[:count], limb.held)


def _likeness(tree: BodyTree, limb: Limb, shoulders: Array | None) -> float:
    names = [*limb.joints, *(tree.joint(body).child for body in limb.bodies)]
    links = tree.links_below(limb.end)
    if len(limb.joints) == 1 and has(names, SENSOR):
        return 0.0
    score = 2.0 * bool(has(names, HEAD)) + bool(has(links, _SIGHT | HEAD)) - 2.0 * (len(limb.joints) > _MOST_JOINTS)
    place = tree.at_zero[tree.joint(limb.end).child][:3, 3]
    if shoulders is not None:
        apart = shoulders[0] - shoulders[1]
        aside = abs((place - shoulders.mean(axis=0)) @ apart) / (apart @ apart)
        score += 1.0 if aside < 0.15 else -2.0
        score += 1.0 if place[2] > shoulders[:, 2].mean() - 0.2 * np.linalg.norm(apart) else -1.0
    return score


def head_link_without_neck(tree: UrdfTree) -> str:
    """A link named head, "" where there is none."""
    named = (link for link in tree.links if words(link) in (["head"], ["head", "link"]))
    return next(named, "")


def face_joints(tree: BodyTree, head: int, front: Array) -> tuple[tuple[FaceJoint, ...], list[str]]:
    """Joints on the head whose names tell what they move, with gains from their axes; and notes."""
    found, notes = [], []
    for body in tree.below(head)[1:]:
        joint = tree.joint(body)
        if joint.mimic is not None or joint.kind == "prismatic":
            continue
        axis = tree.line(joint.name, tree.at_zero).direction
        gains = _gains(tree, joint.name, joint.child, float(axis @ UP), float(axis @ np.cross(UP, front)))
        if gains:
            found.append(FaceJoint(joint.name, gains))
        else:
            notes.append(f"joint {joint.name} on the head is held: its name tells no part of a face.")
    return tuple(found), notes


def _gains(tree: BodyTree, name: str, link: str, up: float, left: float) -> dict[str, float]:
    """ARKit channel -> radians. A turn about up looks left, a turn about the left axis looks, or moves, down."""
    spoken, side = set(words(name)) | set(words(link)), side_of([name, link])
    sides = [side.capitalize()] if side else ["Left", "Right"]
    share = 1.0 / len(sides)
    if spoken & {"eyelid", "eyelids", "lid", "lids"}:
        down = -np.sign(left) if "lower" in spoken else np.sign(left)
        return {f"eyeBlink{s}": share * _furthest(tree, name, float(down)) for s in sides}
    if spoken & {"jaw", "chin", "mouth"} and abs(left) > 0.7:
        return {"jawOpen": _furthest(tree, name, float(np.sign(left)))}
    if not spoken & {"eye", "eyes"}:
        return {}
    if abs(up) > 0.7:
        turn = share * EYE_TURN_RAD * float(np.sign(up))
        to_left = {"OutLeft": turn, "InRight": turn, "InLeft": -turn, "OutRight": -turn}
        return {f"eyeLook{way}": angle for way, angle in to_left.items() if way.endswith(tuple(sides))}
    if abs(left) > 0.7:
        lift = share * EYE_LIFT_RAD * float(np.sign(left))
        return {f"eyeLook{way}{s}": lift * (1 if way == "Down" else -1) for s in sides for way in ("Down", "Up")}
    return {}


def _furthest(tree: BodyTree, name: str, sign: float) -> float:
    """Position of a joint's range furthest in a direction; furthest at all where the sign is 0."""
    joint = tree.tree.joints[name]
    ends = [0.0 if end is None else end for end in (joint.lower, joint.upper)]
    return max(ends, key=lambda end: end * sign if sign else abs(end))
