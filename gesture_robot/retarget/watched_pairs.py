"""Which pairs of links are watched for self-collision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import GestureRobotError
from gesture_robot.retarget.body_shapes import BodyShape
from gesture_robot.retarget.hulls import RoundedHull, hull_set
from gesture_robot.retarget.kernel_gjk import ROTATION, START, TRANSLATION, hull_distance, hull_scratch
from gesture_robot.retarget.kernel_tree import body_poses
from gesture_robot.robots.model import tree_of
from gesture_robot.robots.moving_tree import MovingTree

TOUCHING_AT_REST_M = 0.001

LinkPairs = tuple[tuple[str, str], ...]


def link_pairs(model: RobotModel, tree: MovingTree, shapes: Sequence[BodyShape]) -> tuple[LinkPairs, tuple[str, ...]]:
    """Pairs of links whose contact is a self-collision, and a note where MuJoCo could not tell.

    The rule of `robots.mujoco_model.collision_pairs`: not neighbours, not touching at rest, not within one hand, not in
    `model.may_touch`. Links that are guarded by other than collision shapes are added by the same rule.
    """
    of_link = _by_link(shapes)
    rest = _rest_poses(model, tree)
    everyone = tuple(combinations(of_link, 2))
    try:
        from gesture_robot.robots.mujoco_model import collision_pairs

        theirs = collision_pairs(model)
    except (GestureRobotError, ImportError) as error:
        note = f"pairs come from the own rule, MuJoCo cannot read this robot: {error}"
        return _by_rule(everyone, model, of_link, rest), (note,)
    solid = {name for name, link in tree_of(model).links.items() if link.collisions}
    added = _by_rule([pair for pair in everyone if not solid.issuperset(pair)], model, of_link, rest)
    # MuJoCo reports no contact between bodies that one joint connects, so it cannot see that they touch at rest
    kept = tuple(
        (a, b)
        for a, b in theirs
        if a in of_link
        and b in of_link  # a mesh that cannot be read leaves its link without shape
        and not (
            _one_joint_between(tree, of_link[a][0].body, of_link[b][0].body)
            and _touching(of_link[a], of_link[b], *rest)
        )
    )
    return kept + added, ()


def _one_joint_between(tree: MovingTree, first: int, second: int) -> bool:
    return tree.parent[max(first, second) - 1] == min(first, second)  # type: ignore[no-any-return]


def _rest_poses(model: RobotModel, tree: MovingTree) -> tuple[Array, Array]:
    count = tree.parent.shape[0] + 1
    rotations, positions = np.zeros((count, 3, 3)), np.zeros((count, 3))
    body_poses(tree, np.array(model.rest), rotations, positions)
    return rotations, positions


def _by_rule(
    pairs: Iterable[tuple[str, str]],
    model: RobotModel,
    of_link: dict[str, list[BodyShape]],
    rest: tuple[Array, Array],
) -> LinkPairs:
    """Those of the pairs of links that the rule does not leave out."""
    urdf = tree_of(model)
    hands = [urdf.carried_by(arm.hand_link) for arm in (model.limbs.left_arm, model.limbs.right_arm) if arm]
    allowed = {frozenset(pair) for pair in model.may_touch}
    return tuple(
        (a, b)
        for a, b in pairs
        if frozenset((a, b)) not in allowed
        and of_link[a][0].body != of_link[b][0].body
        and urdf.nearest_before(a, of_link) != b
        and urdf.nearest_before(b, of_link) != a
        and not any(a in hand and b in hand for hand in hands)
        and not _touching(of_link[a], of_link[b], *rest)
    )


def _by_link(shapes: Sequence[BodyShape]) -> dict[str, list[BodyShape]]:
    of_link: dict[str, list[BodyShape]] = {}
    for shape in shapes:
        of_link.setdefault(shape.link, []).append(shape)
    return of_link


def _touching(first: list[BodyShape], second: list[BodyShape], rotations: Array, positions: Array) -> bool:
    """Whether two links are within `TOUCHING_AT_REST_M`, by their full hulls."""
    for a in first:
        for b in second:
            relative = (
                rotations[a.body].T @ rotations[b.body],
                rotations[a.body].T @ (positions[b.body] - positions[a.body]),
            )
            if _far(a.hull, b.hull, *relative):
                continue
            # the reduced hulls hold the full ones, and mostly settle it
            if (
                hulls_apart(a.hull, b.hull, *relative) <= TOUCHING_AT_REST_M
                and hulls_apart(a.full, b.full, *relative) <= TOUCHING_AT_REST_M
            ):
                return True
    return False


def _far(a: RoundedHull, b: RoundedHull, rotation: Array, translation: Array) -> bool:
    """Whether spheres around two hulls are apart."""
    centres, reach = [], a.radius_m + b.radius_m + TOUCHING_AT_REST_M
    for hull in (a, b):
        centres.append(0.5 * (hull.vertices.min(axis=0) + hull.vertices.max(axis=0)))
        reach += float(np.linalg.norm(hull.vertices - centres[-1], axis=1).max())
    return float(np.linalg.norm(centres[0] - rotation @ centres[1] - translation)) > reach


def hulls_apart(a: RoundedHull, b: RoundedHull, rotation: Array, translation: Array, limit_m: float = 0.01) -> float:
    """Distance of two hulls up to `limit_m`; where their cores overlap minus both radii [m]. The pose is a_from_b."""
    (scratch, rows), rounding = hull_scratch(), a.radius_m + b.radius_m
    both = hull_set([a.vertices, b.vertices], [0, 1])
    scratch[ROTATION : ROTATION + 3, :3], scratch[TRANSLATION, :3] = rotation, translation
    scratch[START, :3] = a.vertices.mean(axis=0) - (rotation @ b.vertices.mean(axis=0) + translation)
    apart = hull_distance(both.vertices, both.links, both.shapes, 0, 1, limit_m + rounding, scratch, rows)
    return float(apart - rounding)
