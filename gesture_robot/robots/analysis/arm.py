"""Shoulder, elbow and wrist of an arm, from where the axes of its joints pass.

The elbow is the joint that can change the distance from shoulder to wrist most. Shoulder and wrist are the points
where the axes before and after it meet, or nearly meet; each is taken fixed in the link whose name it goes by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.robots.analysis.bodies import BodyTree, Poses
from gesture_robot.robots.analysis.hand import HandShape, hand_shape
from gesture_robot.robots.analysis.limbs import Limb
from gesture_robot.robots.analysis.lines import Line, meeting_point, unit

_ALONG = 0.35
"""A joint whose axis passes the far end of a bone nearer than this share of its length turns it about itself."""
_LONG, _MOST_BEFORE = 5, 4
"""An arm of so many joints has one after the elbow, and no arm has more before it."""


@dataclass(frozen=True)
class ArmShape:
    """Points (3,) [m] in the root link with all joints nearest to zero."""

    limb: Limb
    elbow_row: int
    """Which of the limb's joints is the elbow."""
    shoulder: Array
    elbow: Array
    wrist: Array
    upper_arm_link: str
    forearm_link: str
    hand_link: str
    hand: HandShape
    notes: tuple[str, ...]


def arm_shape(tree: BodyTree, limb: Limb, side: str) -> ArmShape:
    """Find the elbow and the three points of an arm."""
    poses, notes = tree.at_zero, []
    hand = hand_shape(tree, limb.end)
    tip = hand.tip
    row = _elbow_row(tree, limb, tip)
    lines = [tree.line(name, poses) for name in limb.joints]
    shoulder, wrist = _before(lines, row), _after(lines, row, tip)
    elbow = _on_axis(lines[row], shoulder, wrist)
    shoulder = _shoulder(lines[:row], shoulder, elbow)
    if row == len(lines) - 1:
        wrist = _wrist_of_forearm(tree, limb, elbow, hand)
        notes.append(f"{side} arm: no joint after the elbow; the wrist is a guess from what hangs on the forearm.")
    else:
        wrist = _wrist(lines[row + 1 :], wrist, elbow, hand)
    elbow = _on_axis(lines[row], shoulder, wrist)
    links = [tree.joint(body).child for body in limb.bodies]
    if row < 2:
        notes.append(f"{side} arm: {row} joint(s) before the elbow; the upper arm cannot point everywhere.")
    if limb.held:
        notes.append(f"{side} arm: sliding joints {', '.join(limb.held)} are held.")
    upper = links[row - 1] if row else tree.bodies[limb.parent].links[0]
    return ArmShape(limb, row, shoulder, elbow, wrist, upper, links[row], links[-1], hand, tuple(notes))


def _elbow_row(tree: BodyTree, limb: Limb, tip: Array) -> int:
    """Row of the joint with the longest lever to both ends; the hand is seen from its own link, so poses may differ."""
    hand = tree.joint(limb.end).child
    local = tree.at_zero[hand][:3, :3].T @ (tip - tree.at_zero[hand][:3, 3])
    scores = np.zeros(len(limb.joints))
    for share in (None, 0.5, 0.35):
        poses = tree.at_zero if share is None else tree.poses(_at_share(tree, limb, share))
        here = poses[hand][:3, :3] @ local + poses[hand][:3, 3]
        lines = [tree.line(name, poses) for name in limb.joints]
        for row in range(1, min(len(lines) - (len(lines) >= _LONG), _MOST_BEFORE + 1)):
            levers = lines[row].distance(_before(lines, row)), lines[row].distance(_after(lines, row, here))
            scores[row] += min(levers)
    return int(scores.argmax())


def _at_share(tree: BodyTree, limb: Limb, share: float) -> dict[str, float]:
    joints = ((name, tree.tree.joints[name]) for name in limb.joints)
    return {n: j.lower + share * (j.upper - j.lower) for n, j in joints if j.lower is not None and j.upper is not None}


def _before(lines: list[Line], row: int) -> Array:
    """(3,) where the first three axes before a joint nearly meet."""
    first = lines[: min(row, 3)]
    return meeting_point(first, first[-1].point)


def _after(lines: list[Line], row: int, tip: Array) -> Array:
    """(3,) where the axes after a joint nearly meet; on the only one, beside the tip; else the tip."""
    later = lines[row + 1 :]
    if not later:
        return tip
    if len(later) == 1 or all(abs(a.direction @ later[0].direction) > 0.95 for a in later):
        return later[-1].foot(tip) if len(lines) <= _LONG else later[-1].point
    return meeting_point(later, later[-1].point)


def _on_axis(axis: Line, shoulder: Array, wrist: Array) -> Array:
    """(3,) the point of the elbow's axis halfway between the feet of shoulder and wrist."""
    return np.asarray(0.5 * (axis.foot(shoulder) + axis.foot(wrist)))


def _shoulder(lines: list[Line], near: Array, elbow: Array) -> Array:
    """(3,) fixed in the upper arm: on the axis it turns about itself, where the last axis that swings it passes."""
    length = float(np.linalg.norm(elbow - near))
    swings = [line for line in lines if line.distance(elbow) > _ALONG * length]
    if not swings:
        return lines[-1].foot(near) if lines else near
    if lines[-1] is not swings[-1]:
        return lines[-1].nearest_to(swings[-1], near)
    if len(swings) > 1:
        return swings[-1].nearest_to(swings[-2], near)
    return swings[-1].foot(elbow)


def _wrist(lines: list[Line], near: Array, elbow: Array, hand: HandShape) -> Array:
    """(3,) fixed in the hand: on the last axis, where it nearly meets the others."""
    length = float(np.linalg.norm(hand.tip - elbow))
    if any(line.distance(elbow) > _ALONG * length * 0.5 for line in lines):
        return lines[-1].foot(near)
    # the hand is only turned about the forearm, and the place of a joint along its own axis tells little
    for place, least in ((lines[-1].point, 0.6), (hand.own, 0.25), (lines[-1].point, 0.25), (hand.base, 0.25)):
        if place is not None and np.linalg.norm(lines[-1].foot(place) - elbow) > least * length:
            return lines[-1].foot(place)
    return lines[-1].foot(elbow + 0.65 * (hand.tip - elbow))


def _wrist_of_forearm(tree: BodyTree, limb: Limb, elbow: Array, hand: HandShape) -> Array:
    """(3,) on a forearm without a joint after it."""
    for place in (hand.own, hand.base):
        if place is not None and np.linalg.norm(place - elbow) > 0.3 * np.linalg.norm(hand.tip - elbow):
            return place
    return np.asarray(elbow + 0.75 * (hand.tip - elbow))


def local_point(poses: Poses, link: str, point: Array) -> tuple[float, float, float]:
    """A point of the root link in a link's frame, rounded to a hundredth of a millimetre."""
    return rounded(poses[link][:3, :3].T @ (point - poses[link][:3, 3]), 5)


def local_direction(poses: Poses, link: str, direction: Array) -> tuple[float, float, float]:
    """A unit direction of the root link in a link's frame; an axis of that frame where it is within 3 degrees."""
    local = unit(poses[link][:3, :3].T @ direction)
    row = int(np.abs(local).argmax())
    if abs(local[row]) > 0.9986:
        local = np.sign(local[row]) * np.eye(3)[row]
    return rounded(local, 6)


def rounded(values: Array, digits: int) -> tuple[float, float, float]:
    """Three plain numbers."""
    x, y, z = (float(v) + 0.0 for v in np.round(values, digits))
    return x, y, z
