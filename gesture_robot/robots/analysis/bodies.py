"""A URDF tree as rigid bodies joined by moving joints, with poses at any joint positions.

Links that fixed joints hold together are one body; body 0 carries the root link. Poses are in the root link, metres.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.robots.analysis.lines import Line
from gesture_robot.robots.moving_tree import drive_of
from gesture_robot.robots.urdf_types import Joint, UrdfTree

_SPECK_M = 0.003
"""Smaller shapes only stand for a link that has none."""
Poses = dict[str, Array]
"""Link -> (4, 4) root_from_link."""


@dataclass
class Body:
    """Links that move together."""

    index: int
    joint: Joint | None
    """What carries it; None for the root."""
    parent: int
    links: list[str] = field(default_factory=list)
    """The first is the joint's child."""
    children: list[int] = field(default_factory=list)


class BodyTree:
    """The bodies of a tree. Positions are given by joint name; what is not named stays as near zero as it may."""

    def __init__(self, tree: UrdfTree):
        self.tree = tree
        self.bodies = [Body(0, None, -1, [tree.root])]
        self.body_of = {tree.root: 0}
        for name in tree.order:
            joint = tree.joints[name]
            at = self.body_of[joint.parent]
            if joint.kind != "fixed":
                self.bodies.append(Body(len(self.bodies), joint, at))
                self.bodies[at].children.append(self.bodies[-1].index)
                at = self.bodies[-1].index
            self.bodies[at].links.append(joint.child)
            self.body_of[joint.child] = at
        self._order_below: dict[int, list[str]] = {}
        self._drives = {j.name: drive_of(tree, j) for j in tree.joints.values() if j.kind != "fixed"}
        self.leaders = {drive[0] for name, drive in self._drives.items() if drive[0] != name}

    @cached_property
    def zero(self) -> dict[str, float]:
        """Every actuated joint at the position of its range nearest to zero."""
        return {name: nearest_to_zero(self.tree.joints[name]) for name in self.tree.actuated}

    @cached_property
    def at_zero(self) -> Poses:
        """Poses at `zero`."""
        return self.poses({})

    def poses(self, positions: dict[str, float]) -> Poses:
        """Poses of all links with some joints moved."""
        return self._carry({self.tree.root: np.eye(4)}, list(self.tree.order), positions)

    def poses_below(self, body: int, positions: dict[str, float]) -> Poses:
        """Poses of the links a body carries, the body itself where it is at `zero`."""
        if body not in self._order_below:
            links = {link for index in self.below(body)[1:] for link in self.bodies[index].links}
            self._order_below[body] = [name for name in self.tree.order if self.tree.joints[name].child in links]
        own = {link: self.at_zero[link] for link in self.bodies[body].links}
        return self._carry(own, self._order_below[body], positions)

    def _carry(self, found: Poses, order: list[str], positions: dict[str, float]) -> Poses:
        given = {**self.zero, **positions}
        for name in order:
            joint = self.tree.joints[name]
            pose = found[joint.parent] @ joint.parent_from_joint
            if joint.kind != "fixed":
                leader, scale, offset = self._drives[name]
                pose = pose @ _motion(joint, scale * given[leader] + offset)
            found[joint.child] = pose
        return found

    def line(self, joint: str, poses: Poses) -> Line:
        """The axis of a moving joint at these poses."""
        pose = poses[self.tree.joints[joint].child]
        return Line(pose[:3, 3], pose[:3, :3] @ self.tree.joints[joint].axis)

    def below(self, body: int) -> list[int]:
        """A body and all that it carries."""
        found = [body]
        for index in found:
            found += self.bodies[index].children
        return found

    def links_below(self, body: int) -> list[str]:
        """Links of a body and of all that it carries."""
        return [link for index in self.below(body) for link in self.bodies[index].links]

    def actuated_below(self, body: int) -> list[str]:
        """Joints that can be commanded, of a body and of all that it carries."""
        joints = (self.bodies[index].joint for index in self.below(body))
        return [joint.name for joint in joints if joint is not None and joint.mimic is None]

    def path(self, body: int) -> list[int]:
        """Bodies from the root's first child to a body."""
        found: list[int] = []
        while body > 0:
            found.append(body)
            body = self.bodies[body].parent
        return found[::-1]

    def joint(self, body: int) -> Joint:
        """What carries a body that is not the root."""
        joint = self.bodies[body].joint
        assert joint is not None
        return joint

    def driver(self, joint: str) -> str:
        """The joint to command behind a moving joint: itself, or the one it mimics."""
        return self._drives[joint][0]

    def has_shape(self, body: int) -> bool:
        """Whether a body can be seen or touched."""
        links = (self.tree.links[name] for name in self.bodies[body].links)
        shapes = (shape for link in links for shape in (*link.visuals, *link.collisions))
        return any(shape.kind == "mesh" or max(shape.size) > _SPECK_M for shape in shapes)

    def centre(self, links: list[str], poses: Poses) -> Array | None:
        """(3,) centre of mass of some links; None when none of them has a mass."""
        weighed = [(link, i) for link in links if (i := self.tree.links[link].inertial) and i.mass > 1e-6]
        if not weighed:
            return None
        total = sum(i.mass for _, i in weighed)
        return np.asarray(sum(i.mass * (poses[n] @ i.link_from_com)[:3, 3] for n, i in weighed) / total)


def nearest_to_zero(joint: Joint) -> float:
    """The position of a joint's range that is nearest to zero."""
    low = -np.inf if joint.lower is None else joint.lower
    high = np.inf if joint.upper is None else joint.upper
    return float(min(max(0.0, low), high))


def _motion(joint: Joint, position: float) -> Array:
    pose = np.eye(4)
    if joint.kind == "prismatic":
        pose[:3, 3] = position * joint.axis
        return pose
    x, y, z = joint.axis
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    pose[:3, :3] += np.sin(position) * skew + (1.0 - np.cos(position)) * skew @ skew
    return pose
