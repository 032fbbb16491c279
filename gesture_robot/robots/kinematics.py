"""Forward kinematics and Jacobians of a robot in numpy, mimic joints included.

Every joint's local transform is A + f1(q) B + f2(q) C with constant matrices (Rodrigues' formula folded into the
joint's origin), so all joints are evaluated in one array expression and only the products along the chain are loops.
Positions are in the order of `RobotModel.joint_names`; poses are (4, 4) in the robot's root link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.robots.model import tree_of
from gesture_robot.robots.moving_tree import drive_of
from gesture_robot.robots.urdf_types import Joint, UrdfTree


@dataclass(frozen=True)
class _Chain:
    """The moving joints that carry a set of links, parents first."""

    parents: tuple[int, ...]
    """Row of the joint before, -1 for the root."""
    source: Array
    """(n,) index into positions."""
    scale: Array
    offset: Array
    revolute: Array
    constant: Array
    first: Array
    second: Array
    """(n, 4, 4) A, B, C."""
    axes: Array
    """(n, 3) in the joint's own frame."""
    ends: tuple[tuple[str, int, Array], ...]
    """Link name, row of the joint that carries it, fixed (4, 4) after that joint."""


class Kinematics:
    """Poses and Jacobians of one robot. Stateless apart from caches of chains."""

    def __init__(self, model: RobotModel):
        self.joint_names = model.joint_names
        self._tree = tree_of(model)
        self._chains: dict[tuple[str, ...], _Chain] = {}

    @property
    def links(self) -> tuple[str, ...]:
        """All link names."""
        return tuple(self._tree.links)

    def link_poses(self, positions: Array, links: Sequence[str]) -> dict[str, Array]:
        """Poses of several links.

        Args:
            positions: (..., J).
            links: names; shared parents are computed once.

        Returns:
            Per link (..., 4, 4) base_from_link.
        """
        chain = self._chain(tuple(links))
        frames = self._frames(chain, positions)
        lead = np.shape(positions)[:-1]
        return {
            name: frames[row] @ fixed if row >= 0 else np.broadcast_to(fixed, (*lead, 4, 4))
            for name, row, fixed in chain.ends
        }

    def pose(self, positions: Array, link: str) -> Array:
        """base_from_link (..., 4, 4) of one link."""
        return self.link_poses(positions, (link,))[link]

    def jacobian(self, positions: Array, link: str) -> Array:
        """(6, J) velocity of the link's origin per joint velocity, base frame: 3 rows linear, 3 rows angular."""
        return self.pose_and_jacobian(positions, link)[1]

    def pose_and_jacobian(self, positions: Array, link: str) -> tuple[Array, Array]:
        """`pose` (4, 4) and `jacobian` (6, J) from one pass, for inverse kinematics."""
        chain = self._chain((link,))
        frames = self._frames(chain, positions)
        _, row, fixed = chain.ends[0]
        jacobian = np.zeros((6, len(self.joint_names)))
        if row < 0:
            return fixed.copy(), jacobian
        pose = frames[row] @ fixed
        stack = np.array(frames)
        axes = np.einsum("nij,nj->ni", stack[:, :3, :3], chain.axes) * chain.scale[:, None]
        turning = chain.revolute[:, None]
        linear = np.where(turning, np.cross(axes, pose[:3, 3] - stack[:, :3, 3]), axes)
        np.add.at(jacobian.T, chain.source, np.hstack([linear, np.where(turning, axes, 0.0)]))
        return pose, jacobian

    def _frames(self, chain: _Chain, positions: Array) -> list[Array]:
        """Pose (..., 4, 4) of every moving joint's child frame, in the chain's order."""
        positions = np.asarray(positions, dtype=float)
        if positions.shape[-1:] != (len(self.joint_names),):
            raise InvalidInput(f"positions must end in {len(self.joint_names)} joints, got shape {positions.shape}.")
        angles = positions[..., chain.source] * chain.scale + chain.offset
        first = np.where(chain.revolute, np.sin(angles), angles)[..., None, None]
        second = np.where(chain.revolute, 1.0 - np.cos(angles), 0.0)[..., None, None]
        local = chain.constant + first * chain.first + second * chain.second
        frames: list[Array] = []
        for row, parent in enumerate(chain.parents):
            step = local[..., row, :, :]
            frames.append(step if parent < 0 else frames[parent] @ step)
        return frames

    def _chain(self, links: tuple[str, ...]) -> _Chain:
        if links not in self._chains:
            self._chains[links] = _build_chain(self._tree, self.joint_names, links)
        return self._chains[links]


def _build_chain(tree: UrdfTree, joint_names: tuple[str, ...], links: tuple[str, ...]) -> _Chain:
    paths = {link: _path(tree, link) for link in links}
    needed = {j.name for path in paths.values() for j in path if j.kind != "fixed"}
    moving = [tree.joints[n] for n in tree.order if n in needed]
    rows = {joint.name: row for row, joint in enumerate(moving)}
    terms = [_terms(joint, _fixed_after(_path(tree, joint.parent))) for joint in moving]
    parents = tuple(rows.get(_last_moving(_path(tree, joint.parent)), -1) for joint in moving)
    drive = [drive_of(tree, joint) for joint in moving]
    ends = tuple((link, rows.get(_last_moving(path), -1), _fixed_after(path)) for link, path in paths.items())
    constant, first, second = (np.array([t[k] for t in terms]).reshape(-1, 4, 4) for k in range(3))
    return _Chain(
        parents=parents,
        source=np.array([joint_names.index(d[0]) for d in drive], dtype=int),
        scale=np.array([d[1] for d in drive]),
        offset=np.array([d[2] for d in drive]),
        revolute=np.array([j.kind != "prismatic" for j in moving], dtype=bool),
        constant=constant,
        first=first,
        second=second,
        axes=np.array([j.axis for j in moving]).reshape(-1, 3),
        ends=ends,
    )


def _path(tree: UrdfTree, link: str) -> list[Joint]:
    if link not in tree.links:
        raise UnknownName("link", link, tree.links)
    path: list[Joint] = []
    while link != tree.root:
        path.append(tree.joints[tree.parent_joint[link]])
        link = path[-1].parent
    return path[::-1]


def _last_moving(path: list[Joint]) -> str:
    return next((joint.name for joint in reversed(path) if joint.kind != "fixed"), "")


def _fixed_after(path: list[Joint]) -> Array:
    """Product of the fixed joints after the last moving one."""
    pose = np.eye(4)
    for joint in reversed(path):
        if joint.kind != "fixed":
            break
        pose = joint.parent_from_joint @ pose
    return pose


def _terms(joint: Joint, before: Array) -> tuple[Array, Array, Array]:
    """A, B, C of the local transform, `before` being the fixed part in front of the joint."""
    origin = before @ joint.parent_from_joint
    x, y, z = joint.axis
    first = np.zeros((4, 4))
    if joint.kind == "prismatic":
        first[:3, 3] = joint.axis
        return origin, origin @ first, np.zeros((4, 4))
    first[:3, :3] = [[0, -z, y], [z, 0, -x], [-y, x, 0]]
    return origin, origin @ first, origin @ first @ first

