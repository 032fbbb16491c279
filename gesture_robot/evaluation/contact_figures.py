"""Does a robot keep the touch that a contact gesture is about? Distances between landmarks, scaled to the human.

A landmark of a hand lies on the robot's palm; one of the trunk, the head or an upper arm lies where a ray hits the
robot's own shape at the corresponding place: sideways scaled by the width of the shoulders, upwards by the arm.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gesture_robot.body.skeleton import ARM_LENGTH_M, OFFSETS, forward_kinematics, joint_index
from gesture_robot.checks import Array
from gesture_robot.datatypes import Arm, RobotModel
from gesture_robot.errors import InvalidModel
from gesture_robot.evaluation.human_contacts import PALM_ALONG, Contact, Landmark, landmark_m
from gesture_robot.retarget.axes import base_from_smplx
from gesture_robot.retarget.figures import arm_length_m, palm_axis, robot_pose, world_axes
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import tree_of
from gesture_robot.robots.mujoco_model import compile_model, set_positions

_FAR_M = 1.5
_PALM_M = 0.022
_EVERY = 6
_AROUND = np.random.default_rng(0).normal(size=(200, 3))
_AROUND /= np.linalg.norm(_AROUND, axis=1, keepdims=True)
_HEAD_CENTRE = np.array([0.0, 0.07, 0.01])


class RobotLandmarks:
    """Landmarks of a human on one robot; not thread-safe."""

    def __init__(self, model: RobotModel):
        """Compile the robot's shapes, to find its surface.

        Raises:
            InvalidModel: it has no arm, or MuJoCo cannot compile it.
        """
        limbs = model.limbs
        self._arms = {s: a for s, a in (("left", limbs.left_arm), ("right", limbs.right_arm)) if a is not None}
        if not self._arms:
            raise InvalidModel(f"robot '{model.name}' has no arm, so no contact gesture can be measured on it.")
        self.model, self._axes, self._kinematics = model, world_axes(limbs), Kinematics(model)
        pose = robot_pose(model, model.rest[None])
        self.scale = arm_length_m(next(iter(pose.arms.values()))) / ARM_LENGTH_M
        """Robot over human arm length."""
        self._compiled = compile_model(model, actuators=False, visuals=False)
        import mujoco

        self._mujoco, self._data = mujoco, mujoco.MjData(self._compiled)
        set_positions(self._compiled, self._data, model, model.rest)
        mujoco.mj_kinematics(self._compiled, self._data)
        self._chest = limbs.chest_link or limbs.base_link
        self._shoulders = {
            s: self._rest(a.upper_arm_link)[:3, :3] @ np.array(a.shoulder_m) + self._rest(a.upper_arm_link)[:3, 3]
            for s, a in self._arms.items()
        }

    def place(self, landmark: Landmark) -> tuple[str, Array] | None:
        """Link and point (3,) in it [m]; None where the robot has no such part or no shape there."""
        side, _, part = landmark.joint.partition("_")
        if part in ("wrist", "shoulder"):
            arm = self._arms.get(side)
            if arm is None:
                return None
            return self._on_hand(side, arm, landmark) if part == "wrist" else self._on_upper_arm(side, arm, landmark)
        if landmark.joint == "head":
            return self._on_head(landmark)
        return self._on_trunk(landmark)

    def distances_m(self, contact: Contact, positions: Array) -> Array | None:
        """(T,) between the contact's landmarks at joints (T, J) [m]; None where a part is missing."""
        first, second = self.place(contact.first), self.place(contact.second)
        if first is None or second is None:
            return None
        poses = self._kinematics.link_poses(positions, tuple({first[0], second[0]}))
        at = [poses[link][:, :3, :3] @ point + poses[link][:, :3, 3] for link, point in (first, second)]
        return np.asarray(np.linalg.norm(at[0] - at[1], axis=-1))

    def errors_cm(self, contact: Contact, positions: Array, rotations: Array) -> Array | None:
        """(K,) how far apart the landmarks are in the K held frames beyond the human's, in human centimetres."""
        apart = self.distances_m(contact, positions)
        if apart is None:
            return None
        human = landmark_m(rotations, contact.first)[0] - landmark_m(rotations, contact.second)[0]
        wrong = apart / self.scale - np.linalg.norm(human, axis=-1)
        return np.asarray(100.0 * np.abs(wrong[contact.held]))

    def gaps_cm(self, contact: Contact, positions: Array) -> Array | None:
        """How far the hand's landmark is from the surface of the other part, wherever it touches it.

        In every sixth held frame, in human centimetres, by rays to all sides. `errors_cm` also asks for the right
        place; bodies of robots differ, and what a touch says first is which part is touched.
        """
        first, bodies = self.place(contact.first), self._part_of(contact.second)
        if first is None or not bodies:
            return None
        found = []
        for q in positions[contact.held][::_EVERY]:
            set_positions(self._compiled, self._data, self.model, q)
            self._mujoco.mj_kinematics(self._compiled, self._data)
            pose = self._kinematics.pose(q, first[0])
            found.append(self._nearest(pose[:3, :3] @ first[1] + pose[:3, 3], bodies))
        set_positions(self._compiled, self._data, self.model, self.model.rest)
        self._mujoco.mj_kinematics(self._compiled, self._data)
        return 100.0 * np.array(found) / self.scale

    def _part_of(self, landmark: Landmark) -> set[int]:
        side, _, part = landmark.joint.partition("_")
        if part == "wrist":
            arm = self._arms.get(side)
            return {self._names()[arm.hand_link]} if arm is not None and arm.hand_link in self._names() else set()
        if part == "shoulder":
            return self._bodies(side)
        return self._bodies("head" if landmark.joint == "head" else "trunk")

    def _nearest(self, at: Array, bodies: set[int]) -> float:
        """Distance from a point to the surface of bodies, over rays to all sides [m]."""
        hits = [self._ray(at, way, bodies) for way in _AROUND]
        return min((far for far in hits if far is not None), default=_FAR_M)

    def _rest(self, link: str) -> Array:
        return self._kinematics.pose(self.model.rest, link)

    def _on_hand(self, side: str, arm: Arm, landmark: Landmark) -> tuple[str, Array]:
        knuckle = OFFSETS[joint_index(f"{side}_middle1")]
        length = float(np.linalg.norm(knuckle))
        along = float(np.array(landmark.offset_m) @ knuckle) / length - PALM_ALONG * length
        fingers = np.array(arm.finger_axis)
        if arm.palm_m is not None:
            palm = np.array(arm.palm_m)
        else:
            inward = np.array(palm_axis(side, arm))
            palm = np.array(arm.wrist_m) + self.scale * (PALM_ALONG * length * fingers + _PALM_M * inward)
        return arm.hand_link, palm + self.scale * along * fingers

    def _on_upper_arm(self, side: str, arm: Arm, landmark: Landmark) -> tuple[str, Array] | None:
        bone = OFFSETS[joint_index(f"{side}_elbow")]
        share = float(np.array(landmark.offset_m) @ bone / (bone @ bone))
        fore = self._rest(arm.forearm_link)
        elbow = fore[:3, :3] @ np.array(arm.elbow_m) + fore[:3, 3]
        at = self._shoulders[side] + share * (elbow - self._shoulders[side])
        hit = self._surface(at, self._axes.T @ np.array([1.0, 0.0, 0.0]), self._bodies(side))
        return self._fixed(arm.upper_arm_link, hit)

    def _on_head(self, landmark: Landmark) -> tuple[str, Array] | None:
        link = self.model.limbs.head_link
        bodies = self._bodies("head")
        if not link or not bodies:
            return None
        geoms = [g for g in range(self._compiled.ngeom) if int(self._compiled.geom_bodyid[g]) in bodies]
        turns = self._data.geom_xmat[geoms].reshape(-1, 3, 3)
        centres = self._data.geom_xpos[geoms] + np.einsum("gij,gj->gi", turns, self._compiled.geom_aabb[geoms, :3])
        halves = np.einsum("gij,gj->gi", np.abs(turns), self._compiled.geom_aabb[geoms, 3:])
        centre = 0.5 * ((centres - halves).min(axis=0) + (centres + halves).max(axis=0))
        out = self._axes.T @ base_from_smplx(np.array(landmark.offset_m) - _HEAD_CENTRE)
        return self._fixed(link, self._surface(centre, out / np.linalg.norm(out), bodies))

    def _on_trunk(self, landmark: Landmark) -> tuple[str, Array] | None:
        positions = base_from_smplx(forward_kinematics(np.zeros((55, 3)))[0])
        rows = [joint_index("left_shoulder"), joint_index("right_shoulder")]
        away = positions[joint_index(landmark.joint)] + base_from_smplx(np.array(landmark.offset_m))
        away = away - positions[rows].mean(axis=0)
        wide = self.scale
        if len(self._arms) == 2:
            across = self._shoulders["left"] - self._shoulders["right"]
            wide = float(np.linalg.norm(across) / np.linalg.norm(positions[rows[0]] - positions[rows[1]]))
        middle = np.mean(list(self._shoulders.values()), axis=0)
        at = middle + self._axes.T @ (away * [0.0, wide, self.scale])
        out = self._axes.T @ base_from_smplx(np.array(landmark.normal))
        hit = self._surface(at, out / np.linalg.norm(out), self._bodies("trunk"))
        return self._fixed(self._chest if landmark.joint == "spine3" else tree_of(self.model).root, hit)

    def _fixed(self, link: str, hit: Array | None) -> tuple[str, Array] | None:
        if hit is None:
            return None
        pose = self._rest(link)
        return link, np.asarray(pose[:3, :3].T @ (hit - pose[:3, 3]))

    def _bodies(self, part: str) -> set[int]:
        """MuJoCo's bodies of the trunk, the head or the upper arm of a side."""
        tree, limbs = tree_of(self.model), self.model.limbs
        found = set()
        for link in tree.links:
            path, at = set(), link
            while at != tree.root:
                path.add(tree.parent_joint[at])
                at = tree.joints[tree.parent_joint[at]].parent
            holder = "trunk"
            if limbs.head_link and (link == limbs.head_link or path & set(limbs.neck)):
                holder = "head"
            for side, arm in self._arms.items():
                if path & set(arm.joints):
                    holder = "" if tree.parent_joint[arm.forearm_link] in path else side
            if holder == part and link in self._names():
                found.add(self._names()[link])
        return found

    def _names(self) -> dict[str, int]:
        return {self._compiled.body(i).name: i for i in range(self._compiled.nbody)}

    def _surface(self, at: Array, out: Array, bodies: set[int]) -> Array | None:
        """Where a ray from far out hits the bodies, towards the point `at`."""
        start = at + _FAR_M * out
        far = self._ray(start, -out, bodies)
        return None if far is None else start - far * out

    def _ray(self, start: Array, way: Array, bodies: set[int]) -> float | None:
        """How far a ray goes until it hits one of the bodies [m]."""
        compiled: Any = self._compiled
        compiled.geom_group[:] = np.where(np.isin(compiled.geom_bodyid, list(bodies)), 0, 5)
        found, mask = np.zeros(1, np.int32), np.array([1, 0, 0, 0, 0, 0], np.uint8)
        far = self._mujoco.mj_ray(compiled, self._data, start, way, mask, 1, -1, found)
        return float(far) if found[0] >= 0 else None
