"""Where a robot's front is, and so which arm is the left one: votes of names, cameras, faces and feet."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.robots.analysis.bodies import BodyTree
from gesture_robot.robots.analysis.limbs import Limb, Pair, side_names
from gesture_robot.robots.analysis.lines import unit
from gesture_robot.robots.analysis.words import words

UP = np.array([0.0, 0.0, 1.0])
_LOOKING = frozenset("camera eye face screen nose display mouth rgbd kinect realsense".split())


def ordered(tree: BodyTree, arms: Pair, legs: list[Limb]) -> tuple[Limb, Limb, Array, list[str]]:
    """Left arm, right arm, front (3,) unit, and notes."""
    front = np.cross(arms.across, UP)
    names = {"left": 1.0, "right": -1.0, "": 0.0}
    told = names[side_names(tree, arms.first)] - names[side_names(tree, arms.second)]
    seen = float(_looking(tree) @ front + _feet(tree, legs) @ front)
    notes = []
    if told == 0.0:
        how = "by where cameras, face and feet point" if abs(seen) > 0.3 else "as x of the root link, which is a guess"
        notes.append(f"front: no name tells left from right; taken {how}.")
    elif told * seen < -0.5:
        notes.append("front: names of left and right contradict where cameras, face and feet point; names count.")
    score = 4.0 * told + seen + 0.3 * float(np.sign(front[0]))
    if score >= 0.0:
        return arms.first, arms.second, front, notes
    return arms.second, arms.first, -front, notes


def front_without_pair(tree: BodyTree) -> Array:
    """(3,) the front of a robot without two arms: where it looks, else x of the root link."""
    seen = _looking(tree)
    if np.linalg.norm(seen) < 0.3:
        return np.array([1.0, 0.0, 0.0])
    row = int(np.abs(seen).argmax())
    snapped = np.eye(3)[row] * np.sign(seen[row])
    return snapped if unit(seen) @ snapped > 0.95 else unit(seen)


def side_without_pair(tree: BodyTree, arm: Limb, front: Array) -> tuple[str, list[str]]:
    """Side of the only arm, and notes."""
    side = side_names(tree, arm)
    if side:
        return side, []
    at = tree.at_zero[tree.joint(arm.bodies[0]).child][:3, 3] @ np.cross(UP, front)
    if abs(at) > 0.02:
        return ("left" if at > 0 else "right"), []
    return "right", [f"one arm ({arm.joints[0]} ...) in the middle of the body: taken as the right one."]


def _looking(tree: BodyTree) -> Array:
    """(3,) horizontal sum of where optical frames look and where cameras and faces sit on what carries them."""
    total = np.zeros(3)
    for link, pose in tree.at_zero.items():
        spoken = set(words(link))
        if "optical" in spoken:
            total += 0.5 * pose[:3, 2] * [1, 1, 0]
        elif spoken & _LOOKING:
            body = tree.body_of[link]
            base = tree.at_zero[tree.bodies[body].links[0]][:3, 3]
            offset = (pose[:3, 3] - base) * [1, 1, 0]
            if np.linalg.norm(offset) > 0.02:
                total += 0.5 * unit(offset)
    return total / max(1.0, float(np.linalg.norm(total)))


def _feet(tree: BodyTree, legs: list[Limb]) -> Array:
    """(3,) horizontal, how far the masses of the feet lie before the ankles, summed and at most 1."""
    total = np.zeros(3)
    for leg in legs:
        centre = tree.centre(tree.links_below(leg.end), tree.at_zero)
        if centre is not None:
            offset = (centre - tree.at_zero[tree.joint(leg.end).child][:3, 3]) * [1, 1, 0]
            total += 0.5 * unit(offset) * (np.linalg.norm(offset) > 0.01)
    return total / max(1.0, float(np.linalg.norm(total)))
