"""From a robot model to the arrays that the pose kernel works on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gesture_robot.body.rotations import matrix_from_rotvec
from gesture_robot.checks import Array
from gesture_robot.datatypes import Arm, RobotModel
from gesture_robot.retarget.kernel_chain import ChainPlan, ChainWork, chain_forward, chain_work
from gesture_robot.retarget.kernel_human import HumanPlan, human_plan
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import tree_of
from gesture_robot.robots.moving_tree import drive_of
from gesture_robot.robots.urdf_types import UrdfTree

SEEDS = 160
CURLS = ("index", "middle", "pinky", "ring", "thumb")
"""Order of the curls in SMPL-X."""
FRONT, UP = 1.0, 0.7
HEAD_UP = 0.3
HINGE = 0.05
"""The upper arm's twist counts so little that it moves a bent arm by less than a tenth of a degree."""
PALM = 0.7
_SIDES = ("left", "right")


class PosePlan(NamedTuple):
    """Everything about one robot that turns a human pose into joints."""

    human: HumanPlan
    torso: ChainPlan
    neck: ChainPlan
    reach: tuple[ChainPlan, ChainPlan]
    """Left and right, chest to forearm: upper arm, forearm, hinge."""
    wrist: tuple[ChainPlan, ChainPlan]
    """Forearm to hand: fingers, palm."""
    in_chest: int
    """1: arms follow the human's chest, which the robot's waist can follow; 0: the world."""
    finger_side: Array
    finger_row: Array
    finger_open: Array
    finger_closed: Array
    """(F,) joints of hands."""
    finger_share: Array
    """(F, 5) of the human curls, sums to 1."""
    shoulder: Array
    """(2, 3) shoulder centres in the chest frame at rest [m]."""
    palm_m: Array
    """(2, 3) palm centre from the wrist point, in the hand's frame at rest [m]."""
    arm_m: Array
    """(2,) arm length: shoulder, elbow, wrist [m]."""
    rest: Array
    lower: Array
    upper: Array
    """(J,)"""


def pose_plan(model: RobotModel) -> PosePlan:
    """Prepare a robot."""
    builder = _Builder(model)
    limbs, fingers = model.limbs, _fingers(model)
    arms = [limbs.left_arm, limbs.right_arm]
    waist = [n for n in limbs.torso if builder.tree.joints[n].kind != "prismatic"]
    return PosePlan(
        human_plan(), builder.torso(), builder.neck(),
        (builder.reach(arms[0]), builder.reach(arms[1])), (builder.wrist(arms[0], 0), builder.wrist(arms[1], 1)),
        int(bool(waist)), *fingers,
        shoulder=np.array([builder.shoulder(arm) for arm in arms]),
        palm_m=np.array([builder.palm_from_wrist(arm, side) for side, arm in enumerate(arms)]),
        arm_m=np.array([builder.arm_length(arm) for arm in arms]),
        rest=np.array(model.rest), lower=np.array(model.lower), upper=np.array(model.upper))


def palm_axis(arm: Arm, side: int) -> Array:
    """(3,) unit vector out of the palm in the hand link; `side` 0 is left."""
    given = (0.0, 1.0 if side else -1.0, 0.0) if arm.palm_axis is None else arm.palm_axis
    return np.array(given, float)


class _Builder:
    def __init__(self, model: RobotModel):
        self.model, self.tree = model, tree_of(model)
        limbs = model.limbs
        self._kinematics = Kinematics(model)
        self._chest = limbs.chest_link or limbs.base_link
        self.root_turn = _aligned(np.array(limbs.front_axis, float))
        """(3, 3) base_from_root: x to the front."""
        self._chest_turn = self.root_turn @ self._at(self._chest)[:3, :3]

    def _at(self, link: str) -> Array:
        """(4, 4) root_from_link at rest."""
        return self._kinematics.pose(self.model.rest, link)

    def _from_chest(self, link: str) -> Array:
        """(4, 4) chest_from_link at rest, chest axes along the robot's front, left and up."""
        chest = self._at(self._chest)
        found = np.eye(4)
        found[:3, :3] = self.root_turn @ self._at(link)[:3, :3]
        found[:3, 3] = self.root_turn @ (self._at(link)[:3, 3] - chest[:3, 3])
        return found

    def torso(self) -> ChainPlan:
        return self._upright(self.tree.root, self._chest, self.root_turn, self.model.limbs.torso, UP)

    def neck(self) -> ChainPlan:
        head = self.model.limbs.head_link or self._chest
        return self._upright(self._chest, head, self._chest_turn, self.model.limbs.neck, HEAD_UP)

    def _upright(self, start: str, end: str, turn: Array, movable: tuple[str, ...], up: float) -> ChainPlan:
        link_from_base = (self.root_turn @ self._at(end)[:3, :3]).T
        features = [(end, link_from_base[:, 0], FRONT), (end, link_from_base[:, 2], up)]
        return self._chain(start, end, turn, features, movable, link_from_base)

    def reach(self, arm: Arm | None) -> ChainPlan:
        if arm is None:
            return _empty_chain(3)
        upper, fore, hinge = self._arm_directions(arm)
        features = [(arm.upper_arm_link, upper, 1.0), (arm.forearm_link, fore, 1.0),
                    (arm.upper_arm_link, hinge, HINGE)]
        point = (np.linalg.inv(self._at(arm.forearm_link)) @ self._at(arm.hand_link))[:3] @ np.append(arm.wrist_m, 1.0)
        return self._chain(self._chest, arm.forearm_link, self._chest_turn, features, arm.joints, np.eye(3), point,
                           SEEDS)

    def wrist(self, arm: Arm | None, side: int) -> ChainPlan:
        if arm is None:
            return _empty_chain(2)
        features = [(arm.hand_link, np.array(arm.finger_axis, float), 1.0), (arm.hand_link, palm_axis(arm, side), PALM)]
        return self._chain(arm.forearm_link, arm.hand_link, np.eye(3), features, arm.joints, np.eye(3),
                           np.array(arm.wrist_m), SEEDS // 4)

    def _arm_directions(self, arm: Arm) -> tuple[Array, Array, Array]:
        """Shoulder to elbow and the hinge in the upper arm link, elbow to wrist in the forearm link; all unit.

        The hinge is upper x fore where the elbow is in the middle of its range.
        """
        model, bent = self.model, self.model.rest.copy()
        elbow = self._elbow_joint(arm)
        row = model.index(elbow)
        bent[row] = 0.5 * (model.lower[row] + model.upper[row])
        upper_link, fore_link, hand_link = self._kinematics.link_poses(
            bent, (arm.upper_arm_link, arm.forearm_link, arm.hand_link)).values()
        shoulder, joint, wrist = (pose[:3, :3] @ np.array(at) + pose[:3, 3] for pose, at in (
            (upper_link, arm.shoulder_m), (fore_link, arm.elbow_m), (hand_link, arm.wrist_m)))
        upper, fore = _unit(joint - shoulder), _unit(wrist - joint)
        hinge = np.cross(upper, fore)
        if np.linalg.norm(hinge) < 1e-3:  # straight in the middle of its range: take the joint's own axis
            hinge = fore_link[:3, :3] @ self.tree.joints[elbow].axis
        return upper_link[:3, :3].T @ upper, fore_link[:3, :3].T @ fore, upper_link[:3, :3].T @ _unit(hinge)

    def _elbow_joint(self, arm: Arm) -> str:
        link = arm.forearm_link
        while self.tree.parent_joint[link] not in arm.joints:
            link = self.tree.joints[self.tree.parent_joint[link]].parent
        return self.tree.parent_joint[link]

    def landmarks(self, arm: Arm) -> tuple[Array, Array, Array]:
        """Shoulder, elbow, wrist (3,) in the chest frame at rest [m]."""
        found = [self._from_chest(link)[:3] @ np.append(at, 1.0) for link, at in (
            (arm.upper_arm_link, arm.shoulder_m), (arm.forearm_link, arm.elbow_m), (arm.hand_link, arm.wrist_m))]
        return found[0], found[1], found[2]

    def shoulder(self, arm: Arm | None) -> Array:
        return np.zeros(3) if arm is None else self.landmarks(arm)[0]

    def arm_length(self, arm: Arm | None) -> float:
        if arm is None:
            return 1.0
        shoulder, elbow, wrist = self.landmarks(arm)
        return float(np.linalg.norm(elbow - shoulder) + np.linalg.norm(wrist - elbow))

    def palm_from_wrist(self, arm: Arm | None, side: int) -> Array:
        if arm is None:
            return np.zeros(3)
        if arm.palm_m is not None:
            return np.array(arm.palm_m) - np.array(arm.wrist_m)
        reach = 0.15 * self.arm_length(arm)  # as far as a human's palm
        return reach * np.array(arm.finger_axis) + 0.03 * palm_axis(arm, side)

    def _chain(self, start: str, end: str, turn: Array, features: list[tuple[str, Array, float]],
               movable: tuple[str, ...], end_turn: Array, point: Array | None = None, seeds: int = 0) -> ChainPlan:
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
        plan = ChainPlan(
            index, _stack(before, n, (3, 3)), _stack(shift, n, (3,)), _stack(axes, n, (3,)),
            self.model.lower[index].copy(), self.model.upper[index].copy(), self.model.rest[index].copy(), carried,
            np.ascontiguousarray(local), np.array([weight for _, _, weight in features]),
            np.ascontiguousarray(last[:3, :3] @ end_turn), place, np.zeros((0, n)), np.zeros((0, count, 3)))
        return _with_seeds(plan, seeds) if n else plan

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


def _with_seeds(plan: ChainPlan, count: int) -> ChainPlan:
    """Joints spread over the ranges (the same every time) and where they point; rest first."""
    n = len(plan.rows)
    if count == 0:
        return plan
    seeds = plan.lower + _spread(count, n) * (plan.upper - plan.lower)
    seeds[0] = plan.rest
    work, pointing = chain_work(n, len(plan.carried)), []
    for row in seeds:
        chain_forward(plan, row, work)
        pointing.append(work.pointing.copy())
    return plan._replace(seeds=np.ascontiguousarray(seeds), seed_directions=np.array(pointing))


def _spread(count: int, n: int) -> Array:
    """(count, n) points that fill the unit cube evenly (Roberts' additive sequence of the generalised golden ratio)."""
    ratio = 2.0
    for _ in range(40):
        ratio = (1.0 + ratio) ** (1.0 / (n + 1))
    return np.asarray((0.5 + np.arange(1, count + 1)[:, None] * ratio ** -np.arange(1.0, n + 1)) % 1.0)


def _empty_chain(directions: int) -> ChainPlan:
    none, zero = np.zeros(0), np.zeros((0, 3))
    return ChainPlan(np.zeros(0, np.int64), np.zeros((0, 3, 3)), zero, zero, none, none, none,
                     np.zeros(directions, np.int64), np.zeros((directions, 3)), np.zeros(directions), np.eye(3),
                     np.zeros(3), np.zeros((0, 0)), np.zeros((0, directions, 3)))


def _fingers(model: RobotModel) -> tuple[Array, Array, Array, Array, Array]:
    """Side, row, open, closed (F,) and share of the human curls (F, 5) of every joint of a hand."""
    sides, rows, opened, closed, shares = [], [], [], [], []
    for side, arm in enumerate((model.limbs.left_arm, model.limbs.right_arm)):
        if arm is None:
            continue
        groups = [(f.shows, f.joints, f.open, f.closed) for f in arm.fingers] or [
            (CURLS[:4], arm.hand_joints, (0.0,) * len(arm.hand_joints),
             tuple(model.upper[model.index(name)] for name in arm.hand_joints))]
        for shows, joints, straight, bent in groups:
            share = np.array([float(name in shows) for name in CURLS]) / len(shows)
            for name, a, b in zip(joints, straight, bent, strict=True):
                sides.append(side)
                rows.append(model.index(name))
                opened.append(a)
                closed.append(b)
                shares.append(share)
    return (np.array(sides, np.int64), np.array(rows, np.int64), np.array(opened, float), np.array(closed, float),
            np.array(shares, float).reshape(-1, 5))


def work_for(plan: PosePlan) -> ChainWork:
    """Scratch for all of a robot's chains."""
    chains = (plan.torso, plan.neck, *plan.reach, *plan.wrist)
    return chain_work(max(len(c.rows) for c in chains), 3)


def _aligned(front: Array) -> Array:
    """(3, 3) base_from_root for a robot whose front is `front` in its root; z stays up."""
    x = np.array([front[0], front[1], 0.0]) / np.hypot(front[0], front[1])
    return np.array([x, [-x[1], x[0], 0.0], [0.0, 0.0, 1.0]])


def _stack(parts: list[Array], count: int, shape: tuple[int, ...]) -> Array:
    return np.ascontiguousarray(np.array(parts, float).reshape(count, *shape))


def _unit(vector: Array) -> Array:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))


def _joints_between(tree: UrdfTree, start: str, end: str) -> list[str]:
    names: list[str] = []
    while end != start and end != tree.root:
        names.append(tree.parent_joint[end])
        end = tree.joints[names[-1]].parent
    return names[::-1]
