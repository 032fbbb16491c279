"""From a robot model to what the collision kernels work on: shapes, watched pairs, and how fast joints close gaps.

Shapes are the URDF's collision shapes as rounded hulls (`retarget.hulls`, `retarget.body_shapes`); pairs of links
(`retarget.watched_pairs`) are merged to pairs of bodies, since links that fixed joints hold together move as one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import Arm, RobotModel
from gesture_robot.errors import InvalidInput
from gesture_robot.retarget.body_shapes import BodyShape, body_shapes
from gesture_robot.retarget.hulls import bounding_capsule, bounding_sphere, hull_set
from gesture_robot.retarget.kernel_distance import CollisionPlan
from gesture_robot.retarget.pair_reach import body_pair_reach, joint_paths
from gesture_robot.retarget.plan_cache import file_stamp, kept
from gesture_robot.retarget.watched_pairs import LinkPairs, link_pairs
from gesture_robot.robots.model import tree_of
from gesture_robot.robots.moving_tree import Bodies, MovingTree, body_of, moving_tree


@dataclass(frozen=True, slots=True, eq=False)
class PairNames:
    """What the rows of a CollisionPlan are called."""

    links: tuple[LinkPairs, ...]
    """(P,) the pairs of links behind each pair of bodies, the first on the first body."""
    shape_links: tuple[str, ...]
    """(H,) link of each shape."""
    inflation_m: Array
    """(H,) by how much each shape is larger than the description's."""
    notes: tuple[str, ...]
    """What was assumed."""

    def name(self, pair: int) -> tuple[str, str]:
        """One pair of links that stands for a pair of bodies."""
        return self.links[pair][0]


def collision_plan(
    model: RobotModel, *, pairs: LinkPairs | None = None, held: Collection[str] = ()
) -> tuple[CollisionPlan, PairNames]:
    """Prepare the self-collision kernels.

    Args:
        model: the robot.
        pairs: pairs of links to watch; None: those of `watched_pairs.link_pairs`.
        held: joints that never move from where they are; pairs that only they could move are left out.

    Raises:
        UnknownName: a pair or `held` names a link or joint that the robot does not have.
        InvalidInput: a pair names a link without shape.
    """
    for name in held:
        model.index(name)
    limbs = (model.limbs.chest_link, model.limbs.head_link, model.limbs.left_arm, model.limbs.right_arm)
    meshes = sorted({g.mesh for link in tree_of(model).links.values() for g in (*link.collisions, *link.visuals)})
    depends_on = (
        model.urdf_xml,
        model.joint_names,
        model.lower,
        model.upper,
        model.rest,
        model.may_touch,
        *(_arm_words(limb) for limb in limbs),
        pairs,
        sorted(held),
        [file_stamp(mesh) for mesh in meshes if mesh],
    )
    found = kept("plan", depends_on, lambda: _to_arrays(*_make(model, pairs, held)))
    return _from_arrays(found)


def _arm_words(limb: Arm | str | None) -> object:
    """What of a limb the shapes follow from, with a stable repr."""
    if not isinstance(limb, Arm):
        return limb
    return limb.joints, limb.upper_arm_link, limb.forearm_link, limb.hand_link, limb.finger_axis


def _make(model: RobotModel, pairs: LinkPairs | None, held: Collection[str]) -> tuple[CollisionPlan, PairNames]:
    tree, bodies = moving_tree(model)
    shapes, notes = body_shapes(model, tree, bodies)
    if pairs is None:
        pairs, more = link_pairs(model, tree, shapes)
        notes += more
    else:
        _check(pairs, shapes, bodies)
    by_bodies = _merge(pairs, bodies, tree, {model.index(name) for name in held})
    plan = pack(model, tree, shapes, by_bodies)
    inflation = np.array([shape.hull.inflation_m for shape in shapes])
    return plan, PairNames(tuple(by_bodies.values()), tuple(shape.link for shape in shapes), inflation, notes)


def _to_arrays(plan: CollisionPlan, names: PairNames) -> dict[str, Array]:
    words = json.dumps([names.links, names.shape_links, names.notes])
    return {**plan._asdict(), "inflation_m": names.inflation_m, "words": np.array(words)}


def _from_arrays(arrays: dict[str, Array]) -> tuple[CollisionPlan, PairNames]:
    links, shape_links, notes = json.loads(str(arrays["words"]))
    plan = CollisionPlan(**{name: np.ascontiguousarray(arrays[name]) for name in CollisionPlan._fields})
    pairs = tuple(tuple((a, b) for a, b in of_pair) for of_pair in links)
    return plan, PairNames(pairs, tuple(shape_links), arrays["inflation_m"], tuple(notes))


def _check(pairs: LinkPairs, shapes: Sequence[BodyShape], bodies: Bodies) -> None:
    solid = {shape.link for shape in shapes}
    for link in (name for pair in pairs for name in pair):
        body_of(bodies, link)
        if link not in solid:
            raise InvalidInput(f"link '{link}' has no shape that could be watched. Links with one: {sorted(solid)}.")


def _merge(pairs: LinkPairs, bodies: Bodies, tree: MovingTree, still: set[int]) -> dict[tuple[int, int], LinkPairs]:
    """Pairs of links by their bodies, lower body first; pairs that no joint moves against each other are dropped."""
    merged: dict[tuple[int, int], LinkPairs] = {}
    for a, b in pairs:
        i, j = bodies.body_of_link[a], bodies.body_of_link[b]
        between = {int(tree.source[joint]) for path in joint_paths(tree, i, j) for joint in path}
        if between - still:
            key, names = ((i, j), (a, b)) if i < j else ((j, i), (b, a))
            merged[key] = (*merged.get(key, ()), names)
    return merged


def pack(
    model: RobotModel, tree: MovingTree, shapes: Sequence[BodyShape], by_bodies: dict[tuple[int, int], LinkPairs]
) -> CollisionPlan:
    """Flatten shapes and pairs; see CollisionPlan."""
    of_link: dict[str, list[int]] = {}
    for row, shape in enumerate(shapes):
        of_link.setdefault(shape.link, []).append(row)
    watched = [[(i, j) for a, b in names for i in of_link[a] for j in of_link[b]] for names in by_bodies.values()]
    starts = _starts([len(pairs) for pairs in watched])
    hulls = hull_set([shape.hull.vertices for shape in shapes], [shape.body for shape in shapes])
    capsules = [bounding_capsule(shape.hull) for shape in shapes]
    sizes = [(shape.hull.radius_m, radius) for shape, (_, radius) in zip(shapes, capsules, strict=True)]
    two = np.array(list(by_bodies), np.int64).reshape(-1, 2)
    return CollisionPlan(
        pairs=np.column_stack([two, starts[:-1], starts[1:]]),
        shape_pairs=np.array([pair for pairs in watched for pair in pairs], np.int64).reshape(-1, 2),
        shapes=hulls.shapes,
        vertices=hulls.vertices,
        links=hulls.links,
        sizes=np.array(sizes, float).reshape(-1, 2),
        ends=np.array([ends for ends, _ in capsules], float).reshape(-1, 6),
        spheres=_spheres(shapes, tree.parent.shape[0] + 1),
        reach=body_pair_reach(model, tree, shapes, two),
    )


def _starts(counts: list[int]) -> Array:
    return np.concatenate([[0], np.cumsum(np.array(counts, np.int64))]).astype(np.int64)


def _spheres(shapes: Sequence[BodyShape], bodies: int) -> Array:
    """(N + 1, 4) centres and radii of spheres around all shapes of each body [m]."""
    spheres = np.zeros((bodies, 4))
    for body in {shape.body for shape in shapes}:
        hulls = [shape.hull for shape in shapes if shape.body == body]
        points = np.concatenate([hull.vertices for hull in hulls])
        radii = np.concatenate([np.full(len(hull.vertices), hull.radius_m) for hull in hulls])
        spheres[body, :3], spheres[body, 3] = bounding_sphere(points, radii)
    return spheres
