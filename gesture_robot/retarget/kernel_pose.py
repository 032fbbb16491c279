"""One human pose to the joints of one robot, compiled: torso, head, arms, hands, fingers.

Torso first, then the head against the base (it looks where the human looks, whatever the torso could follow), then each
arm in two parts, so that the hand never pulls the arm off its direction: upper arm and forearm by the joints up to the
forearm, fingers and palm by the joints after it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import Int, inner_kernel, kernel
from gesture_robot.retarget.kernel_chain import (
    ChainWork,
    chain_angle,
    chain_forward,
    chain_point,
    chain_work,
    find_chain,
    solve_chain,
)
from gesture_robot.retarget.kernel_contact import Body, empty_body, find_touches, lead_hand
from gesture_robot.retarget.kernel_human import Human, empty_human, measure_pose
from gesture_robot.retarget.kernel_rotation import angle_between, make_unit, multiply, turn, turn_back
from gesture_robot.retarget.plan import NECK, REACH, TORSO, WRIST, PosePlan

LOSSES = ("torso", "head", "left_upper_arm", "left_forearm", "left_fingers", "left_palm",
          "right_upper_arm", "right_forearm", "right_fingers", "right_palm")
"""Angles [rad] by which the joints' limits keep the robot from the human's directions, in this order."""
LOOK_EVERY = 4
"""Poses between two looks for a better answer where an arm has lost its target."""
TOUCH, LEAST_LEAD_M = 5.0, 1e-4
"""A touch outweighs the arm's directions: an arm length of error counts like five radians."""


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
    body: Body
    dt: Array
    """(1,) time from pose to pose [s]."""
    tick: Array
    """(1,) poses solved so far: other answers are looked for in turns."""


def pose_work(plan: PosePlan) -> PoseWork:
    """Scratch for one robot."""
    n, k = plan.chains.lower.shape[1], plan.chains.carried.shape[1]
    return PoseWork(empty_human(), chain_work(n, k), np.eye(3), np.zeros((3, 3)), np.zeros(n), empty_body(),
                    np.full(1, 1.0 / 30.0), np.zeros(1, np.int64))


@inner_kernel
def solve_pose(plan: PosePlan, rotations: Array, q: Array, fresh: Int, loss: Array, work: PoseWork) -> None:
    """Joints for one pose.

    Args:
        plan: the robot.
        rotations: (55, 3) axis-angle in SMPL-X axes.
        q: (J,) the last answer; becomes the new one.
        fresh: 1: there is no last answer; look everywhere.
        loss: (10,) filled as LOSSES says.
        work: scratch.
    """
    measure_pose(plan.human, rotations, work.human)
    work.tick[0] = 0 if fresh == 1 else work.tick[0] + 1
    _solve_torso(plan, q, fresh, loss, work)
    _solve_head(plan, q, fresh, loss, work)
    for side in range(2):
        turn_to_look = (work.tick[0] + 2 * side) % LOOK_EVERY == 0
        _solve_arm(plan, side, q, 1 if fresh == 1 else (2 if turn_to_look else 0), loss, work)
    if plan.touch == 1:
        _keep_touches(plan, q, fresh, loss, work)
    _set_fingers(plan, q, work)


@inner_kernel
def _set_fingers(plan: PosePlan, q: Array, work: PoseWork) -> None:
    """Curled like the human's, flat where the hand touches something."""
    fingers = plan.fingers
    for k in range(len(fingers.row)):
        side, share = fingers.side[k], 0.0
        for finger in range(5):
            share += fingers.share[k, finger] * work.human.curl[side, finger]
        wanted = fingers.open[k] + share * (fingers.closed[k] - fingers.open[k])
        wanted += work.body.flat[side] * (fingers.flat[k] - wanted)
        row = fingers.row[k]
        q[row] = min(max(wanted, plan.lower[row]), plan.upper[row])


@inner_kernel
def _solve_torso(plan: PosePlan, q: Array, fresh: Int, loss: Array, work: PoseWork) -> None:
    target, human = work.target, work.human
    for k in range(3):
        target[0, k], target[1, k] = human.chest[k, 0], human.chest[k, 2]
    _solve(plan, np.int64(TORSO), q, fresh, work)
    multiply(work.chain.frames[plan.chains.size[TORSO]], plan.chains.end[TORSO], work.chest)
    loss[0] = 0.0
    if plan.chains.size[TORSO] > 0:
        loss[0] = chain_angle(plan.chains, np.int64(TORSO), target, np.int64(1), work.chain)


@inner_kernel
def _solve_head(plan: PosePlan, q: Array, fresh: Int, loss: Array, work: PoseWork) -> None:
    loss[1] = 0.0
    if plan.chains.size[NECK] == 0:
        chain_forward(plan.chains, np.int64(NECK), work.q, work.chain)
        _note_head(plan, work)
        return
    target, human, way = work.target, work.human, np.empty(3)
    for row, axis in ((0, 0), (1, 2)):
        for k in range(3):
            way[k] = human.head[k, axis]
        turn_back(work.chest, way, target[row])
    _solve(plan, np.int64(NECK), q, fresh, work)
    loss[1] = chain_angle(plan.chains, np.int64(NECK), target, np.int64(1), work.chain)
    _note_head(plan, work)


@inner_kernel
def _note_head(plan: PosePlan, work: PoseWork) -> None:
    """Where the head is in the chest frame."""
    multiply(work.chain.frames[plan.chains.size[NECK]], plan.chains.end[NECK], work.body.head_turn)
    chain_point(plan.chains, np.int64(NECK), work.chain, work.body.head_at)


@inner_kernel
def _solve_arm(plan: PosePlan, side: int, q: Array, fresh: Int, loss: Array, work: PoseWork) -> None:
    first = 2 + 4 * side
    for k in range(4):
        loss[first + k] = 0.0
    if plan.chains.size[REACH + side] == 0:
        return
    for _ in range(2 if fresh == 1 else 1):
        _place_wrist(plan, side, q, work)
        _set_arm_target(plan, side, work)
        _solve(plan, REACH + side, q, fresh, work)
        _note_arm(plan, side, loss, work)
        _solve_hand(plan, side, q, fresh, loss, work)


@inner_kernel
def _place_wrist(plan: PosePlan, side: Int, q: Array, work: PoseWork) -> None:
    """Where the wrist is on the forearm: on some hands it moves with the joints after the forearm."""
    reach, wrist, chains = REACH + side, WRIST + side, plan.chains
    for k in range(chains.size[wrist]):
        work.q[k] = q[chains.rows[wrist, k]]
    chain_forward(chains, wrist, work.q, work.chain)
    at, way, turned = np.empty(3), np.empty(3), np.empty(3)
    chain_point(chains, wrist, work.chain, at)
    for k in range(3):
        way[k] = at[k] - plan.elbow_m[side, k]
    plan.bone_m[side, 1] = make_unit(way)
    turn(chains.end[reach], way, chains.local[reach, 1])
    turn(chains.end[reach], at, turned)
    for k in range(3):
        chains.point[reach, k] = turned[k] + plan.forearm_m[side, k]


@inner_kernel
def _set_arm_target(plan: PosePlan, side: int, work: PoseWork) -> None:
    _to_robot_chest(plan, work.human.upper[side], work, work.target[0])
    _to_robot_chest(plan, work.human.fore[side], work, work.target[1])
    _to_robot_chest(plan, work.human.hinge[side], work, work.target[2])


@inner_kernel
def _note_arm(plan: PosePlan, side: int, loss: Array, work: PoseWork) -> None:
    """Losses and places of an arm whose chain was solved for `work.target` just now."""
    chain, body = work.chain, work.body
    loss[2 + 4 * side] = angle_between(chain.pointing[0], work.target[0])
    loss[3 + 4 * side] = angle_between(chain.pointing[1], work.target[1])
    chain_point(plan.chains, REACH + side, chain, body.wrist[side])
    for k in range(3):
        body.upper[side, k] = chain.pointing[0, k]
        body.fore[side, k] = chain.pointing[1, k]
        body.hinge[side, k] = chain.pointing[2, k]
        body.elbow[side, k] = body.wrist[side, k] - plan.bone_m[side, 1] * body.fore[side, k]
        body.shoulder[side, k] = body.elbow[side, k] - plan.bone_m[side, 0] * body.upper[side, k]


@inner_kernel
def _solve_hand(plan: PosePlan, side: int, q: Array, fresh: Int, loss: Array, work: PoseWork) -> None:
    """The joints after the forearm, which `work.chain` has just placed."""
    chain, target = work.chain, work.target
    forearm, way = np.empty((3, 3)), np.empty(3)
    multiply(chain.frames[plan.chains.size[REACH + side]], plan.chains.end[REACH + side], forearm)
    _to_robot_chest(plan, work.human.fingers[side], work, way)
    turn_back(forearm, way, target[0])
    _to_robot_chest(plan, work.human.palm[side], work, way)
    turn_back(forearm, way, target[1])
    _solve(plan, WRIST + side, q, fresh, work)
    loss[4 + 4 * side] = angle_between(chain.pointing[0], target[0])
    loss[5 + 4 * side] = angle_between(chain.pointing[1], target[1])
    turn(forearm, chain.pointing[0], work.body.fingers[side])
    turn(forearm, chain.pointing[1], work.body.palm[side])


@inner_kernel
def _keep_touches(plan: PosePlan, q: Array, fresh: Int, loss: Array, work: PoseWork) -> None:
    """Hands to where their touches are; a new pose from nowhere twice, for hands that turn on the way."""
    body = work.body
    dt_s, rounds = work.dt[0], 1
    if fresh == 1:
        dt_s, rounds = 0.0, 2
        _note_hands(body)
    for _ in range(rounds):
        touching = find_touches(plan.contacts, work.human, body)
        for side in range(2):
            c = REACH + side
            if plan.chains.size[c] == 0:
                continue
            if not touching:
                body.weight[side] = 0.0
            if lead_hand(body, side, dt_s) < LEAST_LEAD_M:
                continue
            _set_arm_target(plan, side, work)
            strength = TOUCH / (plan.bone_m[side, 0] + plan.bone_m[side, 1])
            for k in range(3):
                body.place[side, k] = body.wrist[side, k] + body.off[side, k]
            for k in range(plan.chains.size[c]):
                work.q[k] = q[plan.chains.rows[c, k]]
            solve_chain(plan.chains, c, work.target, body.place[side], strength, work.q, np.int64(5), work.chain)
            for k in range(plan.chains.size[c]):
                q[plan.chains.rows[c, k]] = work.q[k]
            for k in range(3):
                body.place[side, k] = body.wrist[side, k]
            _note_arm(plan, side, loss, work)
            for k in range(3):
                body.wrist[side, k] = body.place[side, k]  # touches are led from where directions put the wrist
            _solve_hand(plan, side, q, np.int64(0), loss, work)
    _note_hands(body)


@inner_kernel
def _note_hands(body: Body) -> None:
    """How the hands are turned, for the touches of the next pose."""
    for side in range(2):
        for k in range(3):
            body.hand[side, 0, k] = body.fingers[side, k]
            body.hand[side, 1, k] = body.palm[side, k]


@inner_kernel
def _to_robot_chest(plan: PosePlan, way: Array, work: PoseWork, out: Array) -> None:
    """A direction in the human's chest, as the robot's chest should show it."""
    if plan.in_chest == 1:
        for k in range(3):
            out[k] = way[k]
    else:
        world = np.empty(3)
        turn(work.human.chest, way, world)
        turn_back(work.chest, world, out)


@inner_kernel
def _solve(plan: PosePlan, c: Int, q: Array, fresh: Int, work: PoseWork) -> None:
    """`find_chain` for `work.target` on the robot's joints (J,)."""
    n = plan.chains.size[c]
    for k in range(n):
        work.q[k] = q[plan.chains.rows[c, k]]
    if n > 0:
        find_chain(plan.chains, c, work.target, work.q, fresh, work.chain)
    else:
        chain_forward(plan.chains, c, work.q, work.chain)
    for k in range(n):
        q[plan.chains.rows[c, k]] = work.q[k]


@kernel
def solve_poses(plan: PosePlan, rotations: Array, q: Array, fresh: Int, answers: Array, losses: Array, touches: Array,
                work: PoseWork) -> None:
    """`solve_pose` over rotations (T, 55, 3): answers (T, J), losses (T, 10), touches (T, 4).

    A touch: how much the left and the right hand touch something, 0 to 1, and what (`kernel_contact.ON_TRUNK`, ...).
    """
    for frame in range(len(rotations)):
        solve_pose(plan, rotations[frame], q, fresh if frame == 0 else 0, losses[frame], work)
        for k in range(len(q)):
            answers[frame, k] = q[k]
        for side in range(2):
            touches[frame, side] = work.body.weight[side]
            touches[frame, 2 + side] = work.body.part[side]
