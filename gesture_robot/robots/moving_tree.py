"""A robot as rigid bodies and the joints between them, in flat arrays: what compiled kernels walk over.

Links that fixed joints hold together are one body. Body 0 carries the root link; body k + 1 follows moving joint k,
parents always before children. Mimic joints are moving joints whose position comes from another one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import UnknownName
from gesture_robot.robots.model import tree_of
from gesture_robot.robots.urdf_types import Joint, UrdfTree


class MovingTree(NamedTuple):
    """N moving joints. Angle of joint k: scale[k] * positions[source[k]] + offset[k]."""

    parent: Array
    """(N,) body that carries the joint."""
    source: Array
    """(N,) index into the robot's positions (J,)."""
    scale: Array
    offset: Array
    slides: Array
    """(N,) 1 for prismatic joints, else 0."""
    rotation: Array
    """(N, 3, 3) orientation of the joint's frame at zero in the parent body."""
    translation: Array
    """(N, 3) its origin in the parent body [m]."""
    axis: Array
    """(N, 3) unit, in the joint's frame."""


class Bodies(NamedTuple):
    """Where links sit: the body of each and its fixed pose (4, 4) there; names of the moving joints in order."""

    body_of_link: dict[str, int]
    body_from_link: dict[str, Array]
    joint_names: tuple[str, ...]


def moving_tree(model: RobotModel) -> tuple[MovingTree, Bodies]:
    """Flatten a robot."""
    tree = tree_of(model)
    body_of, fixed = {tree.root: 0}, {tree.root: np.eye(4)}
    rows: list[tuple[int, Joint, Array]] = []
    for name in tree.order:
        joint = tree.joints[name]
        at = fixed[joint.parent] @ joint.parent_from_joint
        if joint.kind == "fixed":
            body_of[joint.child], fixed[joint.child] = body_of[joint.parent], at
        else:
            rows.append((body_of[joint.parent], joint, at))
            body_of[joint.child], fixed[joint.child] = len(rows), np.eye(4)
    drives = [drive_of(tree, joint) for _, joint, _ in rows]
    flat = MovingTree(
        parent=np.array([parent for parent, _, _ in rows], np.int64),
        source=np.array([model.joint_names.index(d[0]) for d in drives], np.int64),
        scale=np.array([d[1] for d in drives], float),
        offset=np.array([d[2] for d in drives], float),
        slides=np.array([joint.kind == "prismatic" for _, joint, _ in rows], np.int64),
        rotation=np.ascontiguousarray(np.array([at[:3, :3] for _, _, at in rows]).reshape(-1, 3, 3)),
        translation=np.ascontiguousarray(np.array([at[:3, 3] for _, _, at in rows]).reshape(-1, 3)),
        axis=np.array([joint.axis for _, joint, _ in rows], float).reshape(-1, 3),
    )
    return flat, Bodies(body_of, fixed, tuple(joint.name for _, joint, _ in rows))


def body_of(bodies: Bodies, link: str) -> int:
    """Body that carries a link; raises UnknownName."""
    if link not in bodies.body_of_link:
        raise UnknownName("link", link, bodies.body_of_link)
    return bodies.body_of_link[link]


def drive_of(tree: UrdfTree, joint: Joint) -> tuple[str, float, float]:
    """Actuated joint, multiplier and offset behind a joint, through chains of mimic."""
    scale, offset = 1.0, 0.0
    while joint.mimic is not None:
        offset += scale * joint.mimic.offset
        scale *= joint.mimic.multiplier
        joint = tree.joints[joint.mimic.joint]
    return joint.name, scale, offset
