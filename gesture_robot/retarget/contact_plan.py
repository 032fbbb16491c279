"""Where a robot's trunk, head, arms and hands have their surfaces, found from its shapes at rest."""

from __future__ import annotations

import numpy as np

from gesture_robot.body.skeleton import ARM_LENGTH_M, FOREARM_M, OFFSETS, UPPER_ARM_M, joint_index
from gesture_robot.checks import Array
from gesture_robot.datatypes import Arm, RobotModel
from gesture_robot.retarget.axes import base_from_smplx
from gesture_robot.retarget.body_shapes import BodyShape, body_shapes
from gesture_robot.retarget.fingers import Fingers, HandShapes, finger_joints, flatten
from gesture_robot.retarget.kernel_contact import ContactPlan
from gesture_robot.retarget.landmarks import Landmarks, palm_axis
from gesture_robot.retarget.plan_cache import kept
from gesture_robot.retarget.surfaces import (
    ARM_ALONG,
    HUMAN_SHOULDERS_M,
    SPHERE,
    TRUNK_ALONG,
    Surface,
    Surfaces,
    cylinder_of,
    human_arm,
    human_head,
    human_trunk,
    no_surface,
    sphere_of,
    stack_surfaces,
)
from gesture_robot.robots.model import tree_of
from gesture_robot.robots.moving_tree import moving_tree

_PALM_ALONG, _TIP_ALONG = 0.75, 1.3
"""Palm and fingertips (bent a little), as shares of the way from the wrist to the knuckles of a human."""
_PALM_M, _TIP_M = 0.022, 0.014
"""Half the thickness of a human palm and finger."""
_MOST_OUT_M = 0.08
_AROUND = np.array([[x, y, z] for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if x or y or z], float)
_AROUND /= np.linalg.norm(_AROUND, axis=1, keepdims=True)


def contact_plan(model: RobotModel, landmarks: Landmarks, keep_m: float) -> tuple[ContactPlan, Fingers]:
    """Tables for one robot, and its hands; a part without shapes has no surface, so nothing is related to it.

    Args:
        model: the robot.
        landmarks: its places at rest.
        keep_m: least clearance of links.

    Raises:
        InvalidModel: a mesh cannot be read.
        MissingDependency: the library that reads meshes is not installed.
    """
    return _Builder(model, landmarks).plan(keep_m)


class _Builder:
    def __init__(self, model: RobotModel, landmarks: Landmarks):
        self.model, self.tree, self.landmarks = model, tree_of(model), landmarks
        self.flat, self.bodies = moving_tree(model)
        self.parents = self.flat.parent
        shapes, _ = body_shapes(model, self.flat, self.bodies)
        self.hulls = [(shape.link, shape.body, self._in_chest(shape)) for shape in shapes]
        self._head_links = self._below(model.limbs.head_link)
        arms = (model.limbs.left_arm, model.limbs.right_arm)
        self._hands = [HandShapes(self.flat, self.bodies, shapes, arm, side) if arm else None
                       for side, arm in enumerate(arms)]

    def plan(self, keep_m: float) -> tuple[ContactPlan, Fingers]:
        limbs = self.model.limbs
        arms = (limbs.left_arm, limbs.right_arm)
        depends_on = [limbs, self.model.rest, self.model.lower, self.model.upper,
                      *(part for hull in self.hulls for part in hull)]
        found = kept("touch", depends_on, lambda: self._measured(arms))
        fingers = finger_joints(self.model)
        flat_joints = found.pop("flat_joints")
        fingers = fingers.with_flat(self.model, flat_joints, self._other_rows(fingers))
        scale = [self.landmarks.arm_length(arm) / ARM_LENGTH_M if arm else 1.0 for arm in arms]
        return ContactPlan(Surfaces(**found), np.array([self._human_probes()] * 2),
                           np.array([self._probes(arm, side, flat_joints) for side, arm in enumerate(arms)]),
                           np.array(scale), self._wide(arms), keep_m), fingers

    def _measured(self, arms: tuple[Arm | None, Arm | None]) -> dict[str, Array]:
        """What takes long: the surfaces, and joints (J,) with both hands flat."""
        surfaces = stack_surfaces([
            human_trunk(), human_head(), human_arm(UPPER_ARM_M, True), human_arm(FOREARM_M, False), self._trunk(arms),
            self._head(), *(self._bone(arm, True) for arm in arms), *(self._bone(arm, False) for arm in arms)])
        return {**surfaces._asdict(), "flat_joints": self._lay_flat()}

    def _wide(self, arms: tuple[Arm | None, Arm | None]) -> float:
        """Width of the shoulders over the human's; a robot with one arm: as its arm to the human's."""
        left, right = arms
        if left is None or right is None:
            return max([self.landmarks.arm_length(arm) for arm in arms if arm], default=ARM_LENGTH_M) / ARM_LENGTH_M
        across = np.linalg.norm(self.landmarks.arm(left)[0] - self.landmarks.arm(right)[0])
        return float(across / HUMAN_SHOULDERS_M)

    def _in_chest(self, shape: BodyShape) -> Array:
        """(K, 3) corners in the chest frame at rest, the rounding put around them [m]."""
        at = self.landmarks.from_chest(self._link_of_body(shape.body))
        corners = shape.full.vertices @ at[:3, :3].T + at[:3, 3]
        if shape.full.radius_m > 0.0:
            corners = (corners[:, None] + shape.full.radius_m * _AROUND[None]).reshape(-1, 3)
        return np.asarray(corners)

    def _link_of_body(self, body: int) -> str:
        """The link whose frame is the body's."""
        if body == 0:
            return self.tree.root
        return self.tree.joints[self.bodies.joint_names[body - 1]].child

    def _body(self, link: str) -> int:
        return self.bodies.body_of_link[link]

    def _line(self, body: int) -> list[int]:
        """The body and all that carry it."""
        found = [body]
        while found[-1] != 0:
            found.append(int(self.parents[found[-1] - 1]))
        return found

    def _of(self, bodies: set[int]) -> list[Array]:
        return [corners for link, body, corners in self.hulls if body in bodies and link not in self._head_links]

    def _below(self, head: str) -> set[str]:
        """A head and all links that it carries; none where the chest is the head too."""
        if not head or head == self.landmarks.chest:
            return set()
        found = {head}
        for name in self.tree.order:  # parents come first
            joint = self.tree.joints[name]
            if joint.parent in found:
                found.add(joint.child)
        return found

    def _trunk(self, arms: tuple[Arm | None, Arm | None]) -> Surface:
        chest = self._body(self.landmarks.chest)
        hulls = self._of(set(self._line(chest)))
        shoulders = [self.landmarks.arm(arm)[0] for arm in arms if arm]
        if not hulls or not shoulders:
            return no_surface()
        middle = np.mean(shoulders, axis=0)
        length = np.mean([self.landmarks.arm_length(arm) for arm in arms if arm])
        near = [h for h in hulls if h[:, 2].max() > middle[2] - 0.8 * length] or hulls
        low, high = np.min([h.min(axis=0) for h in near], axis=0), np.max([h.max(axis=0) for h in near], axis=0)
        origin = np.array([0.5 * (low[0] + high[0]), 0.0, middle[2]])
        return cylinder_of(hulls, TRUNK_ALONG, float(length), origin)

    def _head(self) -> Surface:
        limbs = self.model.limbs
        hulls = [corners for link, _, corners in self.hulls if link in self._head_links]
        if not hulls:
            return no_surface(SPHERE)
        turn = self.landmarks.from_chest(limbs.head_link)
        hulls = [corners - turn[:3, 3] for corners in hulls]  # the head frame: chest axes at rest, the link's origin
        corners = np.concatenate(hulls)
        return sphere_of(hulls, 0.5 * (corners.min(axis=0) + corners.max(axis=0)))

    def _bone(self, arm: Arm | None, upper: bool) -> Surface:
        if arm is None:
            return no_surface()
        shoulder, elbow, wrist = self.landmarks.arm(arm)
        hinge = self.landmarks.hinge(arm)
        start, end = (shoulder, elbow) if upper else (elbow, wrist)
        length = float(np.linalg.norm(end - start))
        if length < 1e-3:
            return no_surface()
        z = (end - start) / length
        y = np.cross(z, hinge)
        y /= np.linalg.norm(y)
        axes = np.stack([np.cross(y, z), y, z])
        first, last = (arm.upper_arm_link, arm.upper_arm_link) if upper else (arm.forearm_link, arm.hand_link)
        inside = set(self._line(self._body(last))) - set(self._line(self._body(first))[1:])
        if not upper and self._body(arm.hand_link) != self._body(arm.forearm_link):
            inside -= {self._body(arm.hand_link)}
        hulls = [(corners - start) @ axes.T for corners in self._of(inside)]
        return cylinder_of(hulls, ARM_ALONG, length, np.zeros(3)) if hulls else no_surface()

    def _lay_flat(self) -> Array:
        """Joints (J,) at rest, both hands flat."""
        fingers, joints = finger_joints(self.model), np.array(self.model.rest)
        joints[fingers.row] = fingers.open
        for hand in self._hands:
            if hand is not None:
                joints = flatten(self.model, hand, joints)
        return joints

    def _other_rows(self, fingers: Fingers) -> list[tuple[int, int]]:
        """Side and row of joints of hands that no human finger moves."""
        return [(side, int(row)) for side, hand in enumerate(self._hands) if hand is not None
                for row in hand.rows if row not in fingers.row]

    def _probes(self, arm: Arm | None, side: int, flat_joints: Array) -> Array:
        """(2, 3) palm and fingertips in the hand's axes, from the wrist [m]."""
        shapes = self._hands[side]
        if arm is None or shapes is None:
            return np.zeros((2, 3))
        axes = hand_axes(arm, side)
        hand = [corners @ axes.T + radius * np.array([1.0, 1.0, 0.0])
                for corners, radius in shapes.corners(flat_joints)]
        reach = max((float(h[:, 0].max()) for h in hand), default=0.2 * self.landmarks.arm_length(arm))
        reach = max(reach, 0.02)
        out = max((float(h[:, 1].max()) for h in hand), default=0.02)  # a thumb that stands out keeps the palm away
        if arm.palm_m is not None:
            centre = axes @ (np.array(arm.palm_m) - np.array(arm.wrist_m))
        else:
            centre = np.array([0.45 * reach, 0.0, 0.0])
        centre[1] = min(max(centre[1], out), _MOST_OUT_M)
        return np.array([centre, [0.75 * reach, 0.5 * centre[1], 0.0]])

    @staticmethod
    def _human_probes() -> Array:
        knuckle = float(np.linalg.norm(base_from_smplx(OFFSETS[joint_index("left_middle1")])))
        return np.array([[_PALM_ALONG * knuckle, _PALM_M, 0.0], [_TIP_ALONG * knuckle, _TIP_M, 0.0]])


def hand_axes(arm: Arm, side: int) -> Array:
    """(3, 3) rows along the fingers, out of the palm, across, in the hand link."""
    fingers = np.array(arm.finger_axis, float)
    palm = palm_axis(arm, side)
    palm = palm - (palm @ fingers) * fingers
    palm /= np.linalg.norm(palm)
    return np.stack([fingers, palm, np.cross(fingers, palm)])
