"""From a robot model to the arrays that the pose kernel works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gesture_robot.body.rotations import matrix_from_rotvec
from gesture_robot.checks import Array
from gesture_robot.datatypes import Arm, RobotModel
from gesture_robot.retarget.contact_plan import contact_plan
from gesture_robot.retarget.fingers import Fingers
from gesture_robot.retarget.kernel_chain import ChainPlan, chain_forward, chain_work
from gesture_robot.retarget.kernel_contact import ContactPlan
from gesture_robot.retarget.kernel_human import HumanPlan, human_plan
from gesture_robot.retarget.landmarks import Landmarks, palm_axis
from gesture_robot.robots.model import tree_of
from gesture_robot.robots.moving_tree import drive_of
from gesture_robot.robots.urdf_types import UrdfTree

SEEDS = 160
FRONT, UP = 1.0, 0.7
HEAD_UP = 0.3
HINGE = 0.05
"""The upper arm's twist counts so little that it moves a bent arm by less than a tenth of a degree."""
PALM = 0.7
CALM, CALM_WRIST = 1e-4, 2e-3
"""Least damping of chains. Wrists whose first and last joint come in line must not spin."""
TORSO, NECK, REACH, WRIST = 0, 1, 2, 4
"""Rows of the chains; left and right follow each other."""


class PosePlan(NamedTuple):
    """Everything about one robot that turns a human pose into joints."""

    human: HumanPlan
    chains: ChainPlan
    """TORSO, NECK, REACH + side, WRIST + side."""
    in_chest: int
    """1: arms follow the human's chest, which the robot's waist can follow; 0: the world."""
    fingers: Fingers
    bone_m: Array
    """(2, 2) length of upper arm and forearm of both arms [m]."""
    forearm_m: Array
    """(2, 3) origin of the forearm link in the last frame of REACH + side [m]."""
    elbow_m: Array
    """(2, 3) the elbow in the forearm link [m]."""
    contacts: ContactPlan
    touch: int
    """1: touches are kept."""
    rest: Array
    lower: Array
    upper: Array
    """(J,)"""


def pose_plan(model: RobotModel, keep_m: float = 0.015, *, touch: bool = True) -> PosePlan:
    """Prepare a robot.

    Args:
        model: the robot.
        keep_m: least clearance of links in a touch [m].
        touch: keep touches; else only directions count.
    """
    builder = _Builder(model)
    limbs = model.limbs
    contacts, fingers = contact_plan(model, builder.landmarks, keep_m)
    arms = [limbs.left_arm, limbs.right_arm]
    waist = [n for n in limbs.torso if builder.tree.joints[n].kind != "prismatic"]
    return PosePlan(
        human_plan(), stack_chains([builder.torso(), builder.neck(), *(builder.reach(arm) for arm in arms),
                                    *(builder.wrist(arm, side) for side, arm in enumerate(arms))]),
        int(bool(waist)), fingers,
        bone_m=np.array([builder.bones(arm) for arm in arms]), forearm_m=np.array(builder.forearms),
        elbow_m=np.array([arm.elbow_m if arm else (0.0, 0.0, 0.0) for arm in arms]),
        contacts=contacts, touch=int(touch),
        rest=np.array(model.rest), lower=np.array(model.lower), upper=np.array(model.upper))


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """One row of a ChainPlan, without padding."""

    rows: Array
    before: Array
    shift: Array
    axis: Array
    lower: Array
    upper: Array
    rest: Array
    carried: Array
    local: Array
    weight: Array
    end: Array
    point: Array
    seeds: int


class _Builder:
    def __init__(self, model: RobotModel):
        self.model, self.tree = model, tree_of(model)
        self.landmarks = Landmarks(model)
        self.forearms: list[Array] = []
        """(3,) of each side, once `reach` was called."""

    def bones(self, arm: Arm | None) -> tuple[float, float]:
        if arm is None:
            return 1.0, 1.0
        shoulder, elbow, wrist = self.landmarks.arm(arm)
        return float(np.linalg.norm(elbow - shoulder)), float(np.linalg.norm(wrist - elbow))

    def torso(self) -> Chain:
        return self._upright(self.tree.root, self.landmarks.chest, self.landmarks.root_turn, self.model.limbs.torso, UP)

    def neck(self) -> Chain:
        head = self.model.limbs.head_link or self.landmarks.chest
        return self._upright(self.landmarks.chest, head, self.landmarks.chest_turn, self.model.limbs.neck, HEAD_UP)

    def _upright(self, start: str, end: str, turn: Array, movable: tuple[str, ...], up: float) -> Chain:
        link_from_base = (self.landmarks.root_turn @ self.landmarks.at(end)[:3, :3]).T
        features = [(end, link_from_base[:, 0], FRONT), (end, link_from_base[:, 2], up)]
        return self._chain(start, end, turn, features, movable, link_from_base, np.zeros(3))

    def reach(self, arm: Arm | None) -> Chain:
        if arm is None:
            self.forearms.append(np.zeros(3))
            return _empty_chain(3)
        upper, fore, hinge = self.landmarks.directions(arm)
        features = [(arm.upper_arm_link, upper, 1.0), (arm.forearm_link, fore, 1.0),
                    (arm.upper_arm_link, hinge, HINGE)]
        point = self.landmarks.wrist_in_forearm(arm)
        chain = self._chain(self.landmarks.chest, arm.forearm_link, self.landmarks.chest_turn, features, arm.joints,
                            np.eye(3), point, SEEDS)
        self.forearms.append(chain.point - chain.end @ point)
        return chain

    def wrist(self, arm: Arm | None, side: int) -> Chain:
        if arm is None:
            return _empty_chain(2)
        features = [(arm.hand_link, np.array(arm.finger_axis, float), 1.0), (arm.hand_link, palm_axis(arm, side), PALM)]
        return self._chain(arm.forearm_link, arm.hand_link, np.eye(3), features, arm.joints, np.eye(3),
                           np.array(arm.wrist_m), SEEDS // 4)

    def _chain(self, start: str, end: str, turn: Array, features: list[tuple[str, Array, float]],
               movable: tuple[str, ...], end_turn: Array, point: Array | None = None, seeds: int = 0) -> Chain:
        """Joints between two links; those not in `movable` stay at rest. `turn` (3, 3) maps the start link's axes."""
        rows: list[int] = []
        before, shift, axes = [], [], []
        ahead = np.eye(4)
        ahead[:3, :3] = turn
        seen: dict[str, tuple[int, Array]] = {start: (0, ahead)}
        for name in _joints_between(self.tree, start, end):
            joint = self.tree.joints[name]
            ahead = ahead @ joint.parent_from_joint
            if name in movable and joint.kind in ("revolute", "continuous"):
                rows.append(self.model.index(name))
                before.append(ahead[:3, :3])
                shift.append(ahead[:3, 3])
                axes.append(joint.axis)
                ahead = np.eye(4)
            elif joint.kind != "fixed":
                ahead = ahead @ self._held(name)
            seen[joint.child] = (len(rows), ahead)
        n, count = len(rows), len(features)
        carried = np.array([seen[link][0] for link, _, _ in features], np.int64)
        local = np.array([seen[link][1][:3, :3] @ way for link, way, _ in features]).reshape(count, 3)
        last = seen[end][1]
        place = np.zeros(3) if point is None else last[:3, :3] @ point + last[:3, 3]
        index = np.array(rows, np.int64)
        return Chain(index, np.array(before).reshape(n, 3, 3), np.array(shift).reshape(n, 3),
                     np.array(axes).reshape(n, 3), self.model.lower[index], self.model.upper[index],
                     self.model.rest[index], carried, local, np.array([weight for _, _, weight in features]),
                     last[:3, :3] @ end_turn, place, seeds if n else 0)

    def _held(self, name: str) -> Array:
        """(4, 4) motion of a joint that stays at rest."""
        joint, pose = self.tree.joints[name], np.eye(4)
        leader, scale, offset = drive_of(self.tree, joint)
        at = scale * self.model.rest[self.model.index(leader)] + offset
        if joint.kind == "prismatic":
            pose[:3, 3] = at * joint.axis
        else:
            pose[:3, :3] = matrix_from_rotvec(at * joint.axis)
        return pose


def stack_chains(chains: Sequence[Chain]) -> ChainPlan:
    """All chains in the same arrays, with seeds: joints spread over the ranges (the same every time), rest first."""
    n, k = max(1, *(len(c.rows) for c in chains)), max(len(c.carried) for c in chains)
    most = max(c.seeds for c in chains)

    def stacked(values: list[Array], *shape: int) -> Array:
        found = np.zeros((len(values), *shape), values[0].dtype)
        for row, value in zip(found, values, strict=True):
            row[tuple(slice(0, size) for size in value.shape)] = value
        return found

    plan = ChainPlan(
        np.array([len(c.rows) for c in chains]), np.array([len(c.carried) for c in chains]),
        stacked([c.rows for c in chains], n), stacked([c.before for c in chains], n, 3, 3),
        stacked([c.shift for c in chains], n, 3), stacked([c.axis for c in chains], n, 3),
        stacked([c.lower for c in chains], n), stacked([c.upper for c in chains], n),
        stacked([c.rest for c in chains], n), stacked([c.carried for c in chains], k),
        stacked([c.local for c in chains], k, 3), stacked([c.weight for c in chains], k),
        np.array([CALM_WRIST if row >= WRIST else CALM for row in range(len(chains))]),
        stacked([c.end for c in chains], 3, 3), stacked([c.point for c in chains], 3),
        np.array([c.seeds for c in chains]), np.zeros((len(chains), most, n)), np.zeros((len(chains), most, k, 3)))
    work = chain_work(n, k)
    for row, chain in enumerate(chains):
        for number, seed in enumerate(_spread(chain.seeds, len(chain.rows))):
            joints = chain.lower + seed * (chain.upper - chain.lower) if number else chain.rest
            plan.seeds[row, number, : len(joints)] = joints
            chain_forward(plan, row, plan.seeds[row, number], work)
            plan.seed_ways[row, number] = work.pointing
    return plan


def _spread(count: int, n: int) -> Array:
    """(count, n) points that fill the unit cube evenly (Roberts' additive sequence of the generalised golden ratio)."""
    ratio = 2.0
    for _ in range(40):
        ratio = (1.0 + ratio) ** (1.0 / (n + 1))
    return np.asarray((0.5 + np.arange(1, count + 1)[:, None] * ratio ** -np.arange(1.0, n + 1)) % 1.0)


def _empty_chain(directions: int) -> Chain:
    none, zero = np.zeros(0), np.zeros((0, 3))
    return Chain(np.zeros(0, np.int64), np.zeros((0, 3, 3)), zero, zero, none, none, none,
                 np.zeros(directions, np.int64), np.zeros((directions, 3)), np.zeros(directions), np.eye(3),
                 np.zeros(3), 0)


def _joints_between(tree: UrdfTree, start: str, end: str) -> list[str]:
    names: list[str] = []
    while end != start and end != tree.root:
        names.append(tree.parent_joint[end])
        end = tree.joints[names[-1]].parent
    return names[::-1]
