"""What the self-collision guard of one robot watches, which joints give way, and what hands may touch."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.retarget.contact_plan import hand_axes
from gesture_robot.retarget.kernel_contact import ON_HEAD, ON_UPPER, PARTS
from gesture_robot.retarget.kernel_near import Guard, make_guard, touch_work
from gesture_robot.retarget.kernel_pose import LOSSES, pose_work, solve_poses
from gesture_robot.retarget.plan import REACH, PosePlan
from gesture_robot.retarget.shapes import collision_plan
from gesture_robot.robots.moving_tree import Bodies, body_of, moving_tree

_YIELDING, _FINGERS = (0.05, 0.05, 1.0, 1.0, 2.0, 2.0), 30.0
"""How readily joints give way to links: torso, neck, both arms, both wrists; fingers."""
_OPEN_RAD = 0.6


def make_arms_guard(model: RobotModel, plan: PosePlan, margin_m: float) -> Guard:
    """The guard: arms give way rather than torso and neck, and nothing moves that no human part moves."""
    tree, bodies = moving_tree(model)
    shapes, _ = collision_plan(model)
    yielding = np.zeros(len(model.joint_names))
    for row in range(len(plan.chains.size)):
        yielding[plan.chains.rows[row, : plan.chains.size[row]]] = _YIELDING[row]
    yielding[plan.fingers.row] = _FINGERS
    moved = yielding > 0.0
    watched = (shapes.reach[:, moved] > 0.0).any(axis=1)  # what nothing moves stays as it is at rest
    shapes = shapes._replace(pairs=np.ascontiguousarray(shapes.pairs[watched]),
                             reach=np.ascontiguousarray(shapes.reach[watched]))
    limb, open_pose = _open_arms(model, plan)
    return make_guard(tree, shapes, yielding, margin_m, np.array(model.rest), limb, open_pose,
                      touch_work(*_hands(model, plan, bodies), limb))


def _hands(model: RobotModel, plan: PosePlan, bodies: Bodies) -> tuple[Array, Array, Array]:
    """Body (2,) of each hand, the middle of its palm there (2, 3) [m], and the bodies that it may touch (2, PARTS)."""
    limbs = model.limbs
    hand, palm = np.full(2, -1), np.zeros((2, 3))
    parts = np.full((2, PARTS), body_of(bodies, limbs.chest_link or limbs.base_link))
    if limbs.head_link:
        parts[:, ON_HEAD] = body_of(bodies, limbs.head_link)
    for side, arm in enumerate((limbs.left_arm, limbs.right_arm)):
        if arm is None:
            continue
        hand[side] = body_of(bodies, arm.hand_link)
        at = np.array(arm.wrist_m) + plan.contacts.probe[side].mean(axis=0) @ hand_axes(arm, side)
        palm[side] = (bodies.body_from_link[arm.hand_link] @ np.append(at, 1.0))[:3]
        links = (arm.upper_arm_link, arm.forearm_link, arm.hand_link)
        parts[1 - side, ON_UPPER:] = [body_of(bodies, link) for link in links]
    return hand, palm, parts


def _open_arms(model: RobotModel, plan: PosePlan) -> tuple[Array, Array]:
    """Which arm (J,) each joint belongs to, and joints (J,) with both arms half raised to the side."""
    limb = np.full(len(model.joint_names), -1)
    for row in range(REACH, len(plan.chains.size)):
        limb[plan.chains.rows[row, : plan.chains.size[row]]] = (row - REACH) % 2
    rotations = np.zeros((1, 55, 3))
    rotations[0, 16, 2], rotations[0, 17, 2] = -_OPEN_RAD, _OPEN_RAD
    answers, losses = np.array(model.rest)[None].copy(), np.zeros((1, len(LOSSES)))
    solve_poses(plan, rotations, answers[0].copy(), 1, answers, losses, np.zeros((1, 4)), pose_work(plan))
    return limb, answers[0]
