"""Arms of the limb map, and their neutral poses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import Arm, LimbMap
from gesture_robot.robots.analysis.arm import ArmShape, local_direction, local_point
from gesture_robot.robots.analysis.bodies import BodyTree
from gesture_robot.robots.analysis.fingers import HandMeaning
from gesture_robot.robots.analysis.front import UP
from gesture_robot.robots.analysis.limits import JointLimits
from gesture_robot.robots.analysis.lines import unit, without
from gesture_robot.robots.analysis.neutral import ArmRest, Hang, rest_of_arm
from gesture_robot.robots.analysis.plan import Plan
from gesture_robot.robots.analysis.solids import points_on

_PALM_HALF_M, _ENOUGH = 0.03, 8
"""The palm's surface is looked for this far around its middle where the shape has so many points there."""
_PALM_DEPTH_M, _MOST_DEPTH_M = 0.02, 0.08
_FLAT = 0.6
"""A hand this much thinner one way than the other has its palm that way."""


def with_arms(
    bodies: BodyTree, plan: Plan, limits: JointLimits, rest: dict[str, float], hang: Hang
) -> tuple[LimbMap, list[str]]:
    """Neutral poses, written into `rest`, and the arms of the limb map."""
    notes, limbs, first = [], plan.limbs, None
    for side, arm in plan.arms.items():
        hand, rows = plan.hands[side], [bodies.tree.actuated.index(n) for n in arm.limb.joints]
        low, high = limits.lower[rows], limits.upper[rows]
        if first is not None:
            first = _mirrored(bodies, plan, first)
        fixed = (bodies, arm, side, plan.front, low, high, hand.finger_axis)
        answer = rest_of_arm(*fixed, hand.palm_axis, hand.two_sided, hang, first)
        if hand.palm_axis is None:
            hand = replace(hand, palm_axis=_guessed_palm(bodies, arm, hand.finger_axis, answer))
            answer = rest_of_arm(*fixed, hand.palm_axis, False, hang, first)
            notes.append(f"{side} palm: no finger tells; taken as the side of the hand's frame that faces the body.")
        first = answer.angles
        rest |= dict(zip(arm.limb.joints, answer.angles.tolist(), strict=True))
        rest |= {n: q for f in hand.fingers for n, q in zip(f.joints, _relaxed(f.open, f.closed), strict=True)}
        if hand.two_sided:
            notes.append(f"{side} palm: a gripper has two alike; the one taken faces the body in the neutral pose.")
        if answer.cost > 0.05:
            notes.append(f"{side} arm: cannot hang as a human arm does; the neutral pose is the nearest one.")
        made = _arm(bodies, arm, hand, answer)
        limbs = replace(limbs, left_arm=made) if side == "left" else replace(limbs, right_arm=made)
    return limbs, notes


def _relaxed(opened: tuple[float, ...], closed: tuple[float, ...]) -> list[float]:
    return [o + 0.1 * (c - o) for o, c in zip(opened, closed, strict=True)]


def _guessed_palm(bodies: BodyTree, arm: ArmShape, fingers: Array, answer: ArmRest) -> Array:
    """(3,) in the root link at zero: the axis of the hand's frame, across the fingers, that points inwards at rest.

    A hand that is flatter along one of its axes has its palm there; else the axis nearest to inwards is taken.
    """
    hand = bodies.at_zero[arm.hand_link][:3, :3]
    inward, along = answer.root_from_hand[:3, :3].T @ answer.palm, hand.T @ fingers
    sides = [unit(without(axis, along)) for axis in np.eye(3) if abs(axis @ along) < 0.7]
    points = points_on(bodies.tree, bodies.bodies[arm.limb.end].links, bodies.at_zero) @ hand
    thick = [float(np.ptp(points @ side)) if len(points) else 1.0 for side in sides]
    flat = [side for side, size in zip(sides, thick, strict=True) if size < _FLAT * max(thick)]
    best = max(flat or sides, key=lambda side: abs(float(side @ inward)))
    return np.asarray(hand @ best * (1.0 if best @ inward >= 0.0 else -1.0))


def _palm_surface(bodies: BodyTree, arm: ArmShape, hand: HandMeaning, palm: Array) -> Array:
    """(3,) where the hand's shape ends out of the palm, in the root link at zero; of a gripper, between its tips."""
    if hand.two_sided:
        return hand.palm
    points = points_on(bodies.tree, bodies.bodies[arm.limb.end].links, bodies.at_zero) - hand.palm
    aside = np.linalg.norm(points - np.outer(points @ palm, palm), axis=1)
    near = points[aside < _PALM_HALF_M] if (aside < _PALM_HALF_M).sum() >= _ENOUGH else points
    depth = float(np.quantile(near @ palm, 0.9)) if len(near) else _PALM_DEPTH_M
    return np.asarray(hand.palm + min(max(depth, -_MOST_DEPTH_M), _MOST_DEPTH_M) * palm)


def _mirrored(bodies: BodyTree, plan: Plan, angles: Array) -> Array | None:
    """The other arm's angles for this one: signs by the axes at zero; None where these are no mirror images."""
    across, signs = np.cross(UP, plan.front), []
    left, right = (plan.arms[side].limb.joints for side in ("left", "right"))
    for a, b in zip(left, right, strict=True):
        axis, other = (bodies.line(name, bodies.at_zero).direction for name in (a, b))
        signs.append(float(other @ (2.0 * (axis @ across) * across - axis)))
    return angles * np.sign(signs) if np.abs(signs).min() > 0.9 else None


def _arm(bodies: BodyTree, arm: ArmShape, hand: HandMeaning, answer: ArmRest) -> Arm:
    zero, links = bodies.at_zero, (arm.upper_arm_link, arm.forearm_link, arm.hand_link)
    assert hand.palm_axis is not None
    return Arm(
        arm.limb.joints,
        *links,
        hand_joints=tuple(name for finger in hand.fingers for name in finger.joints),
        shoulder_m=local_point(zero, arm.upper_arm_link, arm.shoulder),
        elbow_m=local_point(zero, arm.forearm_link, arm.elbow),
        wrist_m=local_point(zero, arm.hand_link, arm.wrist),
        finger_axis=local_direction(zero, arm.hand_link, hand.finger_axis),
        palm_axis=local_direction(zero, arm.hand_link, answer.palm_sign * hand.palm_axis),
        palm_m=local_point(zero, arm.hand_link, _palm_surface(bodies, arm, hand, answer.palm_sign * hand.palm_axis)),
        fingers=hand.fingers,
    )
