"""From a URDF tree alone to everything a robot's file holds: limb map, limits, neutral pose, and what was guessed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import InvalidModel
from gesture_robot.robots.analysis.bodies import BodyTree
from gesture_robot.robots.analysis.contacts import Contacts, ContactStudy
from gesture_robot.robots.analysis.hanging import with_arms
from gesture_robot.robots.analysis.limits import JointLimits, joint_limits
from gesture_robot.robots.analysis.neutral import HANGS, Hang
from gesture_robot.robots.analysis.outcome import Analysis
from gesture_robot.robots.analysis.plan import partners_of, parts_of, plan_of
from gesture_robot.robots.urdf_types import UrdfTree

_REST_DIGITS = 4
Given = Mapping[str, Mapping[str, float]]


def analyse(tree: UrdfTree, name: str = "robot", given: Given | None = None, hang: Hang = HANGS[0]) -> Analysis:
    """Understand a robot from the axes and lengths of its description.

    Args:
        tree: the description; z of its root link is up.
        name: what to call the robot in messages.
        given: joint -> lower, upper or velocity to be taken as they are.
        hang: how the arms are to hang.

    Raises:
        InvalidModel: limits contradict themselves.
    """
    bodies = BodyTree(tree)
    plan, notes = plan_of(bodies)
    limits = joint_limits(tree, name, parts_of(plan), partners_of(plan), given)
    rest = dict(bodies.zero)
    limbs, said = with_arms(bodies, plan, limits, rest, hang)
    positions = np.round([rest[joint] for joint in tree.actuated], _REST_DIGITS)
    lower, upper = _centred(tree, limits, positions, given or {})
    return Analysis(
        limbs,
        lower,
        upper,
        limits.velocity,
        np.clip(positions, lower, upper),
        (*notes, *said, *limits.notes),
    )


def understand(
    tree: UrdfTree, name: str, given: Given | None, make_model: Callable[[Analysis], RobotModel]
) -> tuple[RobotModel, Analysis]:
    """`analyse`, then let the arms hang so that nothing touches, and find the contacts that are the model's design.

    Args:
        tree: the description.
        name: what to call the robot in messages.
        given: joint -> lower, upper or velocity to be taken as they are.
        make_model: from an analysis to the robot.
    """
    found = analyse(tree, name, given)
    model = make_model(found)
    if found.limbs.left_arm is None and found.limbs.right_arm is None:
        return model, found
    try:
        study = ContactStudy(model)
    except InvalidModel as error:
        return model, replace(found, notes=(*found.notes, f"contacts of links were not studied: {error}"))
    best = found, study.contacts(model)
    for hang in HANGS[1:]:
        if not best[1].too_near:
            break
        other = analyse(tree, name, given, hang)
        contacts = study.contacts(make_model(other))
        if len(contacts.too_near) < len(best[1].too_near):
            best = other, contacts
    found = replace(best[0], may_touch=best[1].may_touch, notes=(*best[0].notes, *_contact_notes(best[1])))
    return make_model(found), found


def _contact_notes(contacts: Contacts) -> list[str]:
    notes = list(contacts.notes)
    if contacts.too_near:
        pairs = "; ".join(f"{a}, {b}" for a, b in contacts.too_near)
        notes.append(f"neutral pose: no pose was found in which these are well apart: {pairs}. Choose one: `rest`.")
    return notes


def _centred(
    tree: UrdfTree, limits: JointLimits, rest: Array, given: Mapping[str, Mapping[str, float]]
) -> tuple[Array, Array]:
    """Limits with the turn of each continuous joint centred at the neutral pose: half a turn either way from there."""
    turning = np.array([tree.joints[n].kind == "continuous" and n not in given for n in tree.actuated], bool)
    return np.where(turning, rest - math.pi, limits.lower), np.where(turning, rest + math.pi, limits.upper)
