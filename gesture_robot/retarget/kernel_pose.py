"""One human pose to the joints of one robot, compiled: torso, head, arms, hands, fingers.

Torso first, then the head against the base (it looks where the human looks, whatever the torso could follow), then each
arm in two parts, so that the hand never pulls the arm off its direction: upper arm and forearm by the joints up to the
forearm, fingers and palm by the joints after it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import kernel
from gesture_robot.retarget.kernel_chain import ChainPlan, ChainWork, chain_angle, chain_forward, find_chain
from gesture_robot.retarget.kernel_human import Human, empty_human, measure_pose
from gesture_robot.retarget.kernel_rotation import angle_between, multiply, turn, turn_back
from gesture_robot.retarget.plan import PosePlan, work_for

LOSSES = ("torso", "head", "left_upper_arm", "left_forearm", "left_fingers", "left_palm",
          "right_upper_arm", "right_forearm", "right_fingers", "right_palm")
"""Angles [rad] by which the joints' limits keep the robot from the human's directions, in this order."""


class PoseWork(NamedTuple):
    """Scratch of `solve_pose`."""

    human: Human
    chain: ChainWork
    chest: Array
    """(3, 3) base_from_chest of the robot."""
    target: Array
    """(3, 3) directions for one chain, a row each."""
    q: Array
    """(n,) joints of one chain."""


def pose_work(plan: PosePlan) -> PoseWork:
    """Scratch for one robot."""
    chains = (plan.torso, plan.neck, *plan.reach, *plan.wrist)
    return PoseWork(empty_human(), work_for(plan), np.eye(3), np.zeros((3, 3)),
                    np.zeros(max([1, *(len(c.rows) for c in chains)])))


@kernel
def solve_pose(plan: PosePlan, rotations: Array, q: Array, fresh: bool, loss: Array, work: PoseWork) -> None:
    """Joints for one pose.

    Args:
        plan: the robot.
        rotations: (55, 3) axis-angle in SMPL-X axes.
        q: (J,) the last answer; becomes the new one.
        fresh: there is no last answer; look everywhere.
        loss: (10,) filled as LOSSES says.
        work: scratch.
    """
    measure_pose(plan.human, rotations, work.human)
    _solve_torso(plan, q, fresh, loss, work)
    _solve_head(plan, q, fresh, loss, work)
    for side in range(2):
        _solve_arm(plan, side, q, fresh, loss, work)
    human = work.human
    for k in range(len(plan.finger_row)):
        share = 0.0
        for finger in range(5):
            share += plan.finger_share[k, finger] * human.curl[plan.finger_side[k], finger]
        wanted = plan.finger_open[k] + share * (plan.finger_closed[k] - plan.finger_open[k])
        row = plan.finger_row[k]
        q[row] = min(max(wanted, plan.lower[row]), plan.upper[row])


@kernel
def _solve_torso(plan: PosePlan, q: Array, fresh: bool, loss: Array, work: PoseWork) -> None:
    target, human = work.target, work.human
    for k in range(3):
        target[0, k], target[1, k] = human.chest[k, 0], human.chest[k, 2]
    _solve(plan.torso, target, np.zeros(3), 0.0, q, fresh, work)
    multiply(work.chain.frames[len(plan.torso.rows)], plan.torso.end, work.chest)
    loss[0] = chain_angle(plan.torso, target, 1, work.chain) if len(plan.torso.rows) else 0.0


@kernel
def _solve_head(plan: PosePlan, q: Array, fresh: bool, loss: Array, work: PoseWork) -> None:
    loss[1] = 0.0
    if len(plan.neck.rows) == 0:
        return
    target, human, way = work.target, work.human, np.empty(3)
    for row, axis in ((0, 0), (1, 2)):
        for k in range(3):
            way[k] = human.head[k, axis]
        turn_back(work.chest, way, target[row])
    _solve(plan.neck, target, np.zeros(3), 0.0, q, fresh, work)
    loss[1] = chain_angle(plan.neck, target, 1, work.chain)


@kernel
def _solve_arm(plan: PosePlan, side: int, q: Array, fresh: bool, loss: Array, work: PoseWork) -> None:
    reach, wrist, chain, human, target = (
        plan.reach[side], plan.wrist[side], work.chain, work.human, work.target)
    first = 2 + 4 * side
    for k in range(4):
        loss[first + k] = 0.0
    if len(reach.rows) == 0:
        return
    _to_robot_chest(plan, human.upper[side], work, target[0])
    _to_robot_chest(plan, human.fore[side], work, target[1])
    _to_robot_chest(plan, human.hinge[side], work, target[2])
    _solve(reach, target, np.zeros(3), 0.0, q, fresh, work)
    loss[first] = angle_between(chain.pointing[0], target[0])
    loss[first + 1] = angle_between(chain.pointing[1], target[1])
    forearm, way = np.empty((3, 3)), np.empty(3)
    multiply(chain.frames[len(reach.rows)], reach.end, forearm)
    _to_robot_chest(plan, human.fingers[side], work, way)
    turn_back(forearm, way, target[0])
    _to_robot_chest(plan, human.palm[side], work, way)
    turn_back(forearm, way, target[1])
    _solve(wrist, target, np.zeros(3), 0.0, q, fresh, work)
    loss[first + 2] = angle_between(chain.pointing[0], target[0])
    loss[first + 3] = angle_between(chain.pointing[1], target[1])


@kernel
def _to_robot_chest(plan: PosePlan, way: Array, work: PoseWork, out: Array) -> None:
    """A direction in the human's chest, as the robot's chest should show it."""
    if plan.in_chest == 1:
        for k in range(3):
            out[k] = way[k]
    else:
        world = np.empty(3)
        turn(work.human.chest, way, world)
        turn_back(work.chest, world, out)


@kernel
def _solve(chain: ChainPlan, target: Array, place: Array, place_weight: float, q: Array, fresh: bool,
           work: PoseWork) -> None:
    """`find_chain` on the robot's joints (J,)."""
    n = len(chain.rows)
    for k in range(n):
        work.q[k] = q[chain.rows[k]]
    if n > 0:
        find_chain(chain, target, place, place_weight, work.q, fresh, work.chain)
    else:
        chain_forward(chain, work.q, work.chain)
    for k in range(n):
        q[chain.rows[k]] = work.q[k]


@kernel
def solve_poses(plan: PosePlan, rotations: Array, q: Array, fresh: bool, answers: Array, losses: Array,
                work: PoseWork) -> None:
    """`solve_pose` over rotations (T, 55, 3): answers (T, J) and losses (T, 10)."""
    for frame in range(len(rotations)):
        solve_pose(plan, rotations[frame], q, fresh and frame == 0, losses[frame], work)
        for k in range(len(q)):
            answers[frame, k] = q[k]
