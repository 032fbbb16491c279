"""Forward kinematics of all bodies of a robot, compiled; poses in the root link's frame [m, rad]."""

from __future__ import annotations

from gesture_robot.checks import Array
from gesture_robot.compiled import inner_kernel, kernel
from gesture_robot.retarget.kernel_rotation import multiply, place, slide, turn_about
from gesture_robot.robots.moving_tree import MovingTree


@kernel
def body_poses(tree: MovingTree, q: Array, rotations: Array, positions: Array) -> None:
    """Poses of the N + 1 bodies; body 0 is the root.

    Args:
        tree: the robot.
        q: (J,) positions of the actuated joints.
        rotations: (N + 1, 3, 3) written: orientation of each body in the root.
        positions: (N + 1, 3) written: origin of each body in the root [m].
    """
    _follow(tree, q, 0, tree.parent.shape[0], 1, tree.scale, rotations, positions)


@kernel
def pair_poses(
    tree: MovingTree, q: Array, first: int, second: int, wanted: Array, rotations: Array, positions: Array
) -> None:
    """Poses of two bodies, and of those between, in the last body that carries both; other rows are left as they are.

    Args:
        tree: the robot.
        q: (J,) positions of the actuated joints.
        first: one body.
        second: the other.
        wanted: (N + 1,) scratch.
        rotations: (N + 1, 3, 3) written.
        positions: (N + 1, 3) written [m].
    """
    a, b = first, second
    for body in range(wanted.shape[0]):
        wanted[body] = 0.0
    while a != b:
        if a > b:
            wanted[a] = 1.0
            a = tree.parent[a - 1]
        else:
            wanted[b] = 1.0
            b = tree.parent[b - 1]
    _follow(tree, q, a, max(first, second), 0, wanted, rotations, positions)


@inner_kernel
def _follow(
    tree: MovingTree, q: Array, base: int, last: int, every: int, wanted: Array, rotations: Array, positions: Array
) -> None:
    """Poses of bodies base + 1 to last in body `base`: of every one, or of those that are wanted (1.0)."""
    for i in range(3):
        positions[base, i] = 0.0
        for k in range(3):
            rotations[base, i, k] = 1.0 if i == k else 0.0
    for joint in range(base, last):
        if every == 0 and wanted[joint + 1] != 1.0:
            continue
        body, parent = joint + 1, tree.parent[joint]
        rotation, position = rotations[body], positions[body]
        multiply(rotations[parent], tree.rotation[joint], rotation)
        place(rotations[parent], positions[parent], tree.translation[joint], position)
        value = tree.scale[joint] * q[tree.source[joint]] + tree.offset[joint]
        if tree.slides[joint] == 1:
            slide(rotation, tree.axis[joint], value, position)
        else:
            turn_about(rotation, tree.axis[joint], value)
