"""The parts of a robot before their poses are known: arms, hands, torso, neck, head, face."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import LimbMap
from gesture_robot.robots.analysis.arm import ArmShape, arm_shape, rounded
from gesture_robot.robots.analysis.bodies import BodyTree
from gesture_robot.robots.analysis.fingers import HandMeaning, hand_meaning
from gesture_robot.robots.analysis.front import front_without_pair, ordered, side_without_pair
from gesture_robot.robots.analysis.head import face_joints, head_link_without_neck, neck_of
from gesture_robot.robots.analysis.limbs import Limb, arms_and_legs
from gesture_robot.robots.analysis.words import LEG, TORSO, has
from gesture_robot.robots.urdf_types import UrdfTree


@dataclass(frozen=True)
class Plan:
    """Chains and shapes by side, and the limb map without its arms."""

    arms: dict[str, ArmShape]
    hands: dict[str, HandMeaning]
    front: Array
    torso: tuple[str, ...]
    neck: Limb | None
    limbs: LimbMap


def plan_of(bodies: BodyTree) -> tuple[Plan, list[str]]:
    """Find the parts, with notes of what was guessed."""
    pair, only, legs, notes = arms_and_legs(bodies)
    front = front_without_pair(bodies)
    chains: dict[str, Limb] = {}
    if pair is not None:
        left, right, front, said = ordered(bodies, pair, legs)
        chains, notes = {"left": left, "right": right}, notes + said
    elif only is not None:
        side, said = side_without_pair(bodies, only, front)
        chains, notes = {side: only}, [*notes, *said, f"one arm only: the {side} one."]
    else:
        notes.append("no arm: no mirrored pair of chains and no single chain of three turning joints.")
    arms = {side: arm_shape(bodies, limb, side) for side, limb in chains.items()}
    hands = {side: hand_meaning(bodies, arm, side) for side, arm in arms.items()}
    notes += [n for side in arms for n in (*arms[side].notes, *hands[side].notes)]
    chest = next((limb.parent for limb in chains.values()), 0)
    torso, said = _torso(bodies, chest)
    taken = {b for limb in (*chains.values(), *legs) for b in limb.bodies} | set(bodies.path(chest))
    shoulders = np.array([arms["left"].shoulder, arms["right"].shoulder]) if len(arms) == 2 else None
    neck = neck_of(bodies, chest, taken, shoulders)
    head = bodies.joint(neck.end).child if neck else head_link_without_neck(bodies.tree)
    face, face_said = face_joints(bodies, neck.end, front) if neck else ((), [])
    if neck is None:
        notes.append("no neck: the head follows the chest.")
    limbs = LimbMap(
        base_link=bodies.tree.root,
        torso=torso,
        neck=neck.joints if neck else (),
        chest_link=bodies.bodies[chest].links[0],
        head_link=head,
        screen_link="screen_link" if "screen_link" in bodies.tree.links else "",
        front_axis=rounded(front, 6),
        face=face,
    )
    return Plan(arms, hands, front, torso, neck, with_head_and_camera(limbs, bodies.tree)), notes + said + face_said


def _torso(bodies: BodyTree, chest: int) -> tuple[tuple[str, ...], list[str]]:
    """Turning joints between root and chest; what slides, rolls or belongs to legs is held."""
    turning, notes = [], []
    for body in bodies.path(chest):
        joint = bodies.joint(body)
        if joint.mimic is not None:
            continue
        if joint.kind == "prismatic":
            notes.append(f"{joint.name}: a lift below the arms; held at rest.")
        elif (joint.kind == "continuous" and not has([joint.name], TORSO)) or has([joint.name], LEG - {"hip"}):
            notes.append(f"{joint.name}: below the arms but no waist; held at rest.")
        else:
            turning.append(joint.name)
    return tuple(turning), notes


def with_head_and_camera(limbs: LimbMap, tree: UrdfTree) -> LimbMap:
    """Chest, head and camera filled in where they are empty.

    The chest falls back to the base, the head to a link named head, else to the chest. The camera is a camera's
    optical frame (z forward, x right), else the head link: then its place is about right, but its axes are those of
    a body link (x forward, z up on most robots), so read only the position from it.
    """
    chest = limbs.chest_link or limbs.base_link
    head = limbs.head_link or head_link_without_neck(tree) or chest
    camera = next(iter(_cameras(tree)), head)
    return replace(limbs, chest_link=chest, head_link=head, camera_link=limbs.camera_link or camera)


def _cameras(tree: UrdfTree) -> list[str]:
    """Optical frames, best first: that of the camera, of colour, of no hand or arm."""
    optical = [link for link in tree.links if link.lower().endswith("optical_frame")]

    def rank(link: str) -> tuple[bool, ...]:
        name = link.lower()
        return (
            link != "camera_optical_frame",
            any(word in name for word in ("hand", "gripper", "arm", "wrist", "base")),
            any(word in name for word in ("depth", "ir_", "infra")),
            not any(word in name for word in ("rgb", "color", "colour")),
            "camera" not in name,
        )

    return sorted(optical, key=rank)


def parts_of(plan: Plan) -> dict[str, str]:
    """Joint -> torso, neck, arm, hand or face."""
    parts = dict.fromkeys(plan.torso, "torso")
    parts |= dict.fromkeys(plan.neck.joints if plan.neck else (), "neck")
    parts |= {name: "arm" for arm in plan.arms.values() for name in arm.limb.joints}
    parts |= {name: "hand" for hand in plan.hands.values() for f in hand.fingers for name in f.joints}
    return parts | {joint.joint: "face" for joint in plan.limbs.face}


def partners_of(plan: Plan) -> dict[str, str]:
    """Joint -> the same joint of the other arm."""
    if len(plan.arms) < 2:
        return {}
    left, right = (plan.arms[side].limb.joints for side in ("left", "right"))
    return dict(zip(left, right, strict=True)) | dict(zip(right, left, strict=True))
