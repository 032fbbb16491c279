"""A robot as the mink stand-in of the benchmark sees it: bare kinematics, a free base where it has legs, its targets.

Offsets are exact: bone along bone, elbow axis along elbow axis, knuckles and palm alike. Scales come from the lengths
of the limbs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import numpy as np

from gesture_robot.body.rotations import matrix_from_quaternion, quaternion_from_matrix
from gesture_robot.body.skeleton import ARM_LENGTH_M, OFFSETS, forward_kinematics, joint_index
from gesture_robot.checks import Array
from gesture_robot.datatypes import Arm, RobotModel
from gesture_robot.retarget.axes import BASE_FROM_SMPLX
from gesture_robot.retarget.figures import arm_length_m, palm_axis, robot_pose, world_axes
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import tree_of

_LEGS, _LEG_JOINTS = 2, 4
"""A robot with so many chains of so many joints below its trunk has legs, and a free base as GMR gives it."""
_WORLD, _FREE = "world", "peer_base"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A link that follows a human joint."""

    link: str
    human: str
    human_from_link: Array
    """(3, 3)."""
    landmark_m: Array
    """(3,) the point of the link that is to be where the scaled human joint is."""
    position_cost: tuple[float, float]
    orientation_cost: tuple[float, float]
    """Of both stages, those of GMR's table for the G1."""


class PeerRobot:
    """Kinematics in MuJoCo and targets from a human frame."""

    def __init__(self, model: RobotModel):
        self._model, self._axes = model, world_axes(model.limbs)
        self.floating = _has_legs(model)
        self.compiled = _compile(model, self.floating)
        self._addresses = np.array([self.compiled.joint(n).qposadr[0] for n in model.joint_names])
        self._kinematics = Kinematics(model)
        self.parts = self._parts()
        self._scale = arm_length_m(next(iter(robot_pose(model, model.rest[None]).arms.values()))) / ARM_LENGTH_M
        self._shoulders_m = self._shoulders()

    def qpos(self, position: Array) -> Array:
        """(nq,) of joints (J,)."""
        q = np.array(self.compiled.qpos0)
        q[self._addresses] = position
        return q

    def positions(self, q: Array) -> Array:
        """(T, J) of (T, nq)."""
        return np.asarray(q[:, self._addresses])

    def world_from_base(self, q: Array) -> Array:
        """(T, 3, 3) the base's orientation, in axes out of the robot's front."""
        if not self.floating:
            return np.broadcast_to(np.eye(3), (len(q), 3, 3))
        return np.asarray(self._axes @ matrix_from_quaternion(q[:, 3:7]) @ self._axes.T)

    def targets(self, frame: dict[str, tuple[Array, Array]]) -> dict[str, tuple[Array, Array]]:
        """Per link the position (3,) of its origin and its orientation (4,), in the axes of the root link."""
        found = {}
        world_from_human = self._axes.T
        for part in self.parts:
            position, quaternion = frame[part.human]
            turn = world_from_human @ matrix_from_quaternion(quaternion) @ part.human_from_link
            place = np.zeros(3)
            if part.human == "pelvis":
                place = self._scale * (world_from_human @ (position - _ZERO["pelvis"]))
            elif part.human != "spine3":
                side = part.human.split("_")[0]
                shoulder = frame[f"{side}_shoulder"][0]
                moved = shoulder - _ZERO[f"{side}_shoulder"] + position - shoulder
                place = self._shoulders_m[side] + self._scale * (world_from_human @ moved)
            found[part.link] = (place - turn @ part.landmark_m, quaternion_from_matrix(turn))
        return found

    def _parts(self) -> list[Part]:
        limbs, parts = self._model.limbs, []
        whole = ((100.0, 100.0), (10.0, 5.0))
        if self.floating:
            root = tree_of(self._model).root
            parts.append(Part(root, "pelvis", self._upright(root), np.zeros(3), *whole))
        if limbs.chest_link and limbs.torso:
            upright = self._upright(limbs.chest_link)
            parts.append(Part(limbs.chest_link, "spine3", upright, np.zeros(3), (0.0, 0.0), (10.0, 10.0)))
        for side, arm in (("left", limbs.left_arm), ("right", limbs.right_arm)):
            if arm is not None:
                parts += self._arm(side, arm)
        return parts

    def _upright(self, link: str) -> Array:
        return np.asarray(BASE_FROM_SMPLX.T @ self._axes @ self._kinematics.pose(self._model.rest, link)[:3, :3])

    def _arm(self, side: str, arm: Arm) -> list[Part]:
        upper, fore, hinge, fore_hinge = self._bones(arm)
        palm = np.array(palm_axis(side, arm))
        mirror = np.array([1.0 if side == "left" else -1.0, 1.0, 1.0])
        elbow, wrist, knuckle = (OFFSETS[joint_index(f"{side}_{name}")] for name in ("elbow", "wrist", "middle1"))
        bend = np.cross(mirror * np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]))  # forward, out of the T-pose
        frames = (
            (arm.upper_arm_link, "shoulder", arm.shoulder_m, _frame(elbow, bend), _frame(upper, hinge)),
            (arm.forearm_link, "elbow", arm.elbow_m, _frame(wrist, bend), _frame(fore, fore_hinge)),
            (
                arm.hand_link,
                "wrist",
                arm.wrist_m,
                _frame(knuckle, np.array([0.0, -1.0, 0.0])),
                _frame(np.array(arm.finger_axis), palm),
            ),
        )
        return [
            Part(link, f"{side}_{name}", human @ robot.T, np.array(at), (0.0, 10.0), (10.0, 5.0))
            for link, name, at, human, robot in frames
        ]

    def _bones(self, arm: Arm) -> tuple[Array, Array, Array, Array]:
        """Bones of upper arm and forearm in their links, and there the axis about which the elbow bends."""
        model, links = self._model, (arm.upper_arm_link, arm.forearm_link, arm.hand_link)
        elbow = tree_of(model).parent_joint[arm.forearm_link]
        best: tuple[float, tuple[Array, Array, Array, Array]] | None = None
        for share in (0.02, 0.25, 0.5, 0.75, 0.98):
            q = np.array(model.rest)
            if elbow in model.joint_names:
                row = model.index(elbow)
                q[row] = model.lower[row] + share * (model.upper[row] - model.lower[row])
            poses = self._kinematics.link_poses(q, links)
            shoulder, joint, wrist = (
                poses[link][:3, :3] @ np.array(at) + poses[link][:3, 3]
                for link, at in zip(links, (arm.shoulder_m, arm.elbow_m, arm.wrist_m), strict=True)
            )
            axis = np.cross(joint - shoulder, wrist - joint)
            turns = [poses[link][:3, :3].T for link in links[:2]]
            bones = (turns[0] @ (joint - shoulder), turns[1] @ (wrist - joint), turns[0] @ axis, turns[1] @ axis)
            if best is None or np.linalg.norm(axis) > best[0]:
                best = float(np.linalg.norm(axis)), bones
        assert best is not None
        return best[1]

    def _shoulders(self) -> dict[str, Array]:
        found = {}
        for side, arm in (("left", self._model.limbs.left_arm), ("right", self._model.limbs.right_arm)):
            if arm is not None:
                pose = self._kinematics.pose(self._model.rest, arm.upper_arm_link)
                found[side] = pose[:3, :3] @ np.array(arm.shoulder_m) + pose[:3, 3]
        return found


def _frame(first: Array, second: Array) -> Array:
    """(3, 3) columns: along the first, the second made orthogonal to it, their cross product."""
    x = first / np.linalg.norm(first)
    y = second - (second @ x) * x
    y /= np.linalg.norm(y)
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def _zero_joints() -> dict[str, Array]:
    """Where joints are in the frames that `human_frames` gives for the zero pose, (3,) [m]."""
    positions = forward_kinematics(np.zeros((55, 3)))[0]
    ground_m = float(positions[:, 1].min()) - 0.02
    positions = (positions - [0.0, ground_m, 0.0]) @ BASE_FROM_SMPLX.T
    names = ["pelvis", *(f"{s}_{p}" for s in ("left", "right") for p in ("shoulder", "elbow", "wrist"))]
    return {name: positions[joint_index(name)] for name in names}


_ZERO = _zero_joints()


def _has_legs(model: RobotModel) -> bool:
    """Whether two chains of a leg's length hang below what carries the arms; wheels and casters are none."""
    limbs, tree = model.limbs, tree_of(model)
    arms = [arm for arm in (limbs.left_arm, limbs.right_arm) if arm is not None]
    above = {limbs.chest_link, limbs.head_link, *(arm.upper_arm_link for arm in arms)} - {tree.root, ""}
    long = 0
    for name in model.joint_names:
        link, path, bends = tree.joints[name].child, set(), 0
        while link != tree.root:
            joint = tree.joints[tree.parent_joint[link]]
            bends += joint.kind == "revolute" and joint.name in model.joint_names
            path.add(link)
            link = joint.parent
        long += name not in limbs.torso and not path & above and bends == _LEG_JOINTS
    return long >= _LEGS


def _compile(model: RobotModel, floating: bool) -> Any:
    """Links without shapes or true masses: only where things are matters here."""
    import mujoco

    robot = ElementTree.fromstring(model.urdf_xml)
    for name in ("mujoco", "gazebo", "transmission", "ros2_control", "material"):
        for old in robot.findall(name):
            robot.remove(old)
    for link in robot.findall("link"):
        for child in list(link):
            link.remove(child)
        inertial = ElementTree.SubElement(link, "inertial")
        ElementTree.SubElement(inertial, "mass", value="1")
        ElementTree.SubElement(inertial, "inertia", ixx="0.01", iyy="0.01", izz="0.01", ixy="0", ixz="0", iyz="0")
    for joint in robot.findall("joint"):
        for mimic in joint.findall("mimic"):
            joint.remove(mimic)
    root = tree_of(model).root
    if root != _WORLD:
        ElementTree.SubElement(robot, "link", name=_WORLD)
    free = ElementTree.SubElement(robot, "joint", name=_FREE, type="floating" if floating else "fixed")
    ElementTree.SubElement(free, "parent", link=_WORLD)
    ElementTree.SubElement(free, "child", link=root)
    options = {"discardvisual": "true", "fusestatic": "false", "autolimits": "true"}
    ElementTree.SubElement(ElementTree.SubElement(robot, "mujoco"), "compiler", options)
    compiled = mujoco.MjModel.from_xml_string(ElementTree.tostring(robot, encoding="unicode"))
    for row, name in enumerate(model.joint_names):
        joint = compiled.joint(name)
        compiled.jnt_limited[joint.id] = 1
        compiled.jnt_range[joint.id] = model.lower[row], model.upper[row]
    return compiled


def peer_robot(model: RobotModel) -> PeerRobot:
    """The robot of the stand-in."""
    return PeerRobot(model)
