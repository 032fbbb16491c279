"""A hand or gripper: which moving chains are its fingers, where they begin and end, and where it ends itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.robots.analysis.bodies import BodyTree, Poses
from gesture_robot.robots.analysis.lines import unit
from gesture_robot.robots.analysis.solids import points_on
from gesture_robot.robots.analysis.words import HAND, has, words

_GRASP = frozenset("tool tcp grasp palm gripper hand ee endpoint endeffector effector tip dh nub ball".split())


@dataclass(frozen=True)
class Branch:
    """One chain of bodies that begins on the hand: a finger, or one jaw of a gripper."""

    bodies: tuple[int, ...]
    drivers: tuple[str, ...]
    """Joints to command that move it."""
    names: tuple[str, ...]


@dataclass(frozen=True)
class HandShape:
    """Points (3,) [m] in the root link with all joints nearest to zero."""

    end: int
    branches: tuple[Branch, ...]
    base: Array | None
    """Where the fingers begin; None: it has none."""
    own: Array | None
    """Origin of a fixed link on the last body that is named as a hand; None: there is none."""
    tip: Array
    """Middle of the hand's far end."""


def hand_shape(tree: BodyTree, end: int) -> HandShape:
    """What hangs on the last body of an arm."""
    poses = tree.at_zero
    branches = tuple(b for kid in tree.bodies[end].children if (b := _branch(tree, kid)))
    fingers = [b for b in branches if not is_thumb(b)] or list(branches)
    origin = poses[tree.bodies[end].links[0]][:3, 3]
    if fingers:
        base = np.mean([poses[tree.joint(b.bodies[0]).child][:3, 3] for b in fingers], axis=0)
        tips = np.mean([branch_tip(tree, b, poses) for b in fingers], axis=0)
        return HandShape(end, branches, base, _own_link(tree, end), tips)
    return HandShape(end, branches, None, _own_link(tree, end), _far_end(tree, end, origin))


def is_thumb(branch: Branch) -> bool:
    """By name."""
    return has(branch.names, frozenset({"thumb"})) > 0


def branch_tip(tree: BodyTree, branch: Branch, poses: Poses) -> Array:
    """(3,) far end of a finger at some poses: centre of its last body, or as far beyond its joint as that is long."""
    last = max(branch.bodies, key=lambda body: len(tree.path(body)))
    links = tree.bodies[last].links
    here = poses[links[0]][:3, 3]
    centre = tree.centre(links, poses)
    places = [poses[link][:3, 3] for link in links[1:]] + ([centre] if centre is not None else [])
    far = max(places, key=lambda p: float(np.linalg.norm(p - here)), default=here)
    if np.linalg.norm(far - here) < 1e-3 and tree.bodies[last].parent in branch.bodies:
        before = poses[tree.bodies[tree.bodies[last].parent].links[0]][:3, 3]
        return np.asarray(2.0 * here - before)
    return np.asarray(far)


def _branch(tree: BodyTree, first: int) -> Branch | None:
    """None for what cannot be seen while its neighbours can, such as the motors of a coupled hand."""
    bodies = tree.below(first)
    siblings = [b for kid in tree.bodies[tree.bodies[first].parent].children for b in tree.below(kid)]
    if any(map(tree.has_shape, siblings)) and not any(map(tree.has_shape, bodies)):
        return None
    drivers = dict.fromkeys(tree.driver(tree.joint(body).name) for body in bodies)
    names = tuple(name for body in bodies for name in (tree.joint(body).name, tree.joint(body).child))
    return Branch(tuple(bodies), tuple(drivers), names)


def _own_link(tree: BodyTree, end: int) -> Array | None:
    """(3,) origin of the nearest fixed link on a body whose name speaks of a hand."""
    poses, links = tree.at_zero, tree.bodies[end].links
    start = poses[links[0]][:3, 3]
    named = [poses[link][:3, 3] for link in links[1:] if set(words(link)) & (HAND | {"wrist", "palm"})]
    away = [p for p in named if np.linalg.norm(p - start) > 1e-3]
    return min(away, key=lambda p: float(np.linalg.norm(p - start)), default=None)


def _far_end(tree: BodyTree, end: int, origin: Array) -> Array:
    """(3,) the furthest fixed link that speaks of a hand or tool, else where the shape ends, else any furthest link.

    A shape ends in the direction of the mass centre.
    """
    poses, links = tree.at_zero, tree.bodies[end].links

    def furthest(some: list[str]) -> Array:
        return np.asarray(max((poses[n][:3, 3] for n in some), key=lambda p: float(np.linalg.norm(p - origin))))

    named = [link for link in links[1:] if set(words(link)) & _GRASP]
    if named and np.linalg.norm(furthest(named) - origin) > 0.02:
        return furthest(named)
    centre = tree.centre(links, poses)
    if centre is not None and np.linalg.norm(centre - origin) > 0.01:
        along = unit(centre - origin)
        reach = (points_on(tree.tree, links, poses, seen=True) - origin) @ along
        return np.asarray(origin + max(float(reach.max(initial=0.0)), float((centre - origin) @ along)) * along)
    return furthest(links)
