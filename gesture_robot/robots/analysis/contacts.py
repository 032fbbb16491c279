"""Which contacts of a robot's links are the model's own design, and whether its neutral pose is free of the others.

Shells of shoulders, covers and hulls of concave parts overlap in nearly every pose: a guard that watched them could
never let the arm move. They are found by trying poses at random, with a fixed seed. Needs mujoco.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import MissingDependency
from gesture_robot.robots.model import tree_of
from gesture_robot.robots.mujoco_model import adjoining, bare_spec, compile_spec, contact_links, set_positions
from gesture_robot.robots.urdf_types import UrdfTree

CLEARANCE_M = 0.02
"""The neutral pose keeps arms this far from everything they could hit."""
_SAMPLES = 150
_NEARLY_ALWAYS, _OFTEN = 0.8, 0.15
"""Share of random poses in which links overlap by design; the second for links of one neck or one wrist."""
_TOUCHING_M = 0.001
_NEAR_JOINTS, _LOOSE_JOINTS = 2, 3
"""Links with so few joints between them that touch at rest are mounted like that; with more they can keep clear."""

Pair = frozenset[str]


@dataclass(frozen=True)
class Contacts:
    """Pairs of link names, each sorted."""

    may_touch: tuple[tuple[str, str], ...]
    too_near: tuple[tuple[str, str], ...]
    """At the neutral pose, though they can be apart."""
    notes: tuple[str, ...]


class ContactStudy:
    """One robot's shapes, looked at in many poses."""

    def __init__(self, model: RobotModel):
        """Compile the shapes and try random poses of torso, neck and arms.

        Raises:
            InvalidModel: MuJoCo cannot use the description.
        """
        self._compiled: Any = None
        self._between, self._always = _joints_between(tree_of(model)), set[Pair]()
        try:
            import mujoco
        except ImportError:
            return
        self._mujoco: Any = mujoco
        spec = bare_spec(model, visuals=False)
        for geom in spec.geoms:
            geom.margin = CLEARANCE_M / 2
        self._compiled = compile_spec(spec, model)
        self._data = mujoco.MjData(self._compiled)
        self._left_out = adjoining(model)
        counted: dict[Pair, int] = {}
        for positions in _random_poses(model):
            for pair in self._near(model, positions, 0.0):
                counted[pair] = counted.get(pair, 0) + 1
        segments = _segments(model)
        self._always = {
            pair for pair, count in counted.items() if count >= _SAMPLES * _share(self._between(pair), segments)
        }

    def contacts(self, model: RobotModel) -> Contacts:
        """What touches by design, and what is too near in the neutral pose of `model`."""
        if self._compiled is None:
            return Contacts((), (), (str(MissingDependency("mujoco", "mujoco", "contacts of links were not studied")),))
        touching = self._near(model, model.rest, _TOUCHING_M) - self._always
        mounted = {pair for pair in touching if len(self._between(pair)) <= _NEAR_JOINTS}
        close = {p for p in self._near(model, model.rest, CLEARANCE_M) if len(self._between(p)) > _LOOSE_JOINTS}
        arms = _arm_links(model)
        conflicts = {
            pair for pair in (touching | close) - self._always - mounted if any(pair & a and pair - a for a in arms)
        }
        design = _sorted(self._always | mounted)
        count = f"{len(design)} pair{'s' * (len(design) > 1)} of links"
        note = f"may_touch: {count} overlap by design: one joint apart, in most poses, or at rest beside their joint."
        return Contacts(design, _sorted(conflicts), (note,) if design else ())

    def _near(self, model: RobotModel, positions: Array, below_m: float) -> set[Pair]:
        """Pairs of links nearer than a distance, but for neighbours and parts of one hand."""
        compiled, data = self._compiled, self._data
        set_positions(compiled, data, model, positions)
        self._mujoco.mj_kinematics(compiled, data)
        self._mujoco.mj_collision(compiled, data)
        near = np.asarray(data.contact.dist) < below_m
        found = {frozenset(p) for p, counts in zip(contact_links(compiled, data), near, strict=True) if counts}
        return {pair for pair in found if len(pair) == 2} - self._left_out


def _sorted(pairs: set[Pair]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((min(p), max(p)) for p in pairs if len(p) == 2))


def _random_poses(model: RobotModel) -> Array:
    """(N, J) poses with torso, neck and arms anywhere in their limits, the rest at rest."""
    limbs = model.limbs
    arms = [arm for arm in (limbs.left_arm, limbs.right_arm) if arm]
    names = [*limbs.torso, *limbs.neck, *(name for arm in arms for name in arm.joints)]
    rows = [model.index(name) for name in names]
    poses = np.repeat(model.rest[None], _SAMPLES, axis=0)
    rng = np.random.default_rng(0)
    poses[:, rows] = rng.uniform(model.lower[rows], model.upper[rows], (_SAMPLES, len(rows)))
    return poses


def _arm_links(model: RobotModel) -> list[set[str]]:
    """Links of each arm, hand included."""
    tree, found = tree_of(model), []
    for arm in filter(None, (model.limbs.left_arm, model.limbs.right_arm)):
        carried = {tree.joints[arm.joints[0]].child}
        for name in tree.order:
            if tree.joints[name].parent in carried:
                carried.add(tree.joints[name].child)
        found.append(carried)
    return found


def _segments(model: RobotModel) -> list[frozenset[str]]:
    """The joints of the neck, and those after the elbow of each arm: their own limits keep their links apart."""
    limbs, tree = model.limbs, tree_of(model)
    found = [frozenset(limbs.neck)]
    for arm in filter(None, (limbs.left_arm, limbs.right_arm)):
        elbow = tree.parent_joint.get(arm.forearm_link, "")
        if elbow in arm.joints:
            found.append(frozenset(arm.joints[arm.joints.index(elbow) + 1 :]))
    return found


def _share(between: frozenset[str], segments: list[frozenset[str]]) -> float:
    """Share of poses in which links with these joints between them overlap if that is their design."""
    if len(between) <= 1:
        return 0.0
    return _OFTEN if any(between <= segment for segment in segments) else _NEARLY_ALWAYS


def _joints_between(tree: UrdfTree) -> Callable[[Pair], frozenset[str]]:
    """A function that gives the moving joints between the two links of a pair."""

    def above(link: str) -> frozenset[str]:
        found: set[str] = set()
        while link != tree.root:
            joint = tree.joints[tree.parent_joint[link]]
            if joint.kind != "fixed":
                found.add(joint.name)
            link = joint.parent
        return frozenset(found)

    known = {link: above(link) for link in tree.links}

    def between(pair: Pair) -> frozenset[str]:
        first, second = sorted(pair)
        return known[first] ^ known[second]

    return between
