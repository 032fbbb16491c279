"""A few joints in a row that turn directions onto targets: damped least squares inside a box, warm-started.

Only orientations matter here, so a chain is a product of rotations C_i exp(q_i a_i) and a direction d that is fixed
after joint k changes with joint i <= k as a_i x d. Damping follows Buss and Kim, Selectively damped least squares for
inverse kinematics (2005), in its plain form: the step stays near the last answer where the targets do not tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.robots.urdf import UrdfTree

DAMPING = 0.03
TO_REST = 0.006
_LONGEST_STEP_RAD = 0.6
_DONE = 0.02
"""After a step this small [rad] the next would be its square."""


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """A direction fixed in a link, with its weight."""

    link: str
    local: Array
    """(3,) unit, in the link's frame."""
    weight: float = 1.0


class Chain:
    """Joints between two links of a robot and the directions they carry."""

    def __init__(self, tree: UrdfTree, start: str, features: tuple[Feature, ...], movable: tuple[str, ...]):
        """Collect the revolute joints from `start` to the features' links; those not in `movable` stay at zero.

        Args:
            tree: the robot's links and joints.
            start: link in whose frame targets are given.
            features: what is to be turned; the furthest link ends the chain.
            movable: names of the joints that may move.
        """
        paths = [_joints_between(tree, start, f.link) for f in features]
        longest = max(paths, key=len)
        rows, constants, axes = [], [], []
        ahead = np.eye(3)
        after: dict[int, tuple[int, Array]] = {0: (0, np.eye(3))}
        for count, name in enumerate(longest, start=1):
            joint = tree.joints[name]
            ahead = ahead @ joint.parent_from_joint[:3, :3]
            if name in movable and joint.kind in ("revolute", "continuous"):
                rows.append(name)
                constants.append(ahead)
                axes.append(joint.axis)
                ahead = np.eye(3)
            after[count] = (len(rows), ahead)
        self.joints: tuple[str, ...] = tuple(rows)
        n = len(rows)
        self._constant = np.array(constants).reshape(n, 3, 3)
        self._axes = np.array(axes, float).reshape(n, 3)
        skew = np.array([[[0, -z, y], [z, 0, -x], [-y, x, 0]] for x, y, z in self._axes]).reshape(n, 3, 3)
        self._first, self._second = self._constant @ skew, self._constant @ skew @ skew
        self._after = [after[len(path)][0] for path in paths]
        self._fixed = [after[len(path)][1] for path in paths]
        self._local = np.array([fixed @ f.local for fixed, f in zip(self._fixed, features, strict=True)])
        self._weights = np.repeat([f.weight for f in features], 3)
        self._ridge = (DAMPING**2 + TO_REST**2) * np.eye(n)
        self._carried = np.arange(n) < np.array(self._after)[:, None]

    def frames(self, angles: Array) -> list[Array]:
        """Orientations (3, 3) before the first joint and after each joint, in the start link's frame."""
        local = (
            self._constant
            + np.sin(angles)[:, None, None] * self._first
            + (1.0 - np.cos(angles))[:, None, None] * self._second
        )
        frames = [_EYE]
        for row in local:
            frames.append(frames[-1] @ row)
        return frames

    def orientation(self, angles: Array, feature: int = 0) -> Array:
        """(3, 3) of a feature's link in the start link's frame at angles (n,)."""
        return np.asarray(self.frames(angles)[self._after[feature]] @ self._fixed[feature])

    def directions(self, angles: Array) -> Array:
        """(K, 3) where the features point at angles (n,)."""
        frames = self.frames(angles)
        return np.array([frames[k] @ d for k, d in zip(self._after, self._local, strict=True)])

    def solve(self, targets: Array, start: Array, rest: Array, low: Array, high: Array, rounds: int = 4) -> Array:
        """Angles (n,) within [low, high] that turn the features onto targets (K, 3), found from `start` (n,)."""
        angles = np.minimum(np.maximum(start, low), high)
        if not len(angles):
            return angles
        for _ in range(rounds):
            frames = self.frames(angles)
            pointing = np.array([frames[k] @ d for k, d in zip(self._after, self._local, strict=True)])
            wrong = self._weights * (targets - pointing).reshape(-1)
            axes = np.array([frame @ axis for frame, axis in zip(frames[1:], self._axes, strict=True)])
            jacobian = self._weights[:, None] * self._jacobian(axes, pointing)
            step = _boxed_step(jacobian, self._ridge, wrong, rest - angles, low - angles, high - angles)
            angles = angles + step
            if np.abs(step).max() < _DONE:
                break
        return np.minimum(np.maximum(angles, low), high)

    def _jacobian(self, axes: Array, pointing: Array) -> Array:
        """(3K, n): axis x direction where the joint carries the direction."""
        x, y, z = axes[:, 0], axes[:, 1], axes[:, 2]
        u, v, w = pointing[:, 0, None], pointing[:, 1, None], pointing[:, 2, None]
        turned = np.empty((len(pointing), 3, len(axes)))
        turned[:, 0], turned[:, 1], turned[:, 2] = y * w - z * v, z * u - x * w, x * v - y * u
        turned *= self._carried[:, None]
        return turned.reshape(-1, len(axes))


_EYE = np.eye(3)


def _boxed_step(jacobian: Array, ridge: Array, wrong: Array, to_rest: Array, low: Array, high: Array) -> Array:
    """Damped Gauss-Newton step within [low, high]: joints that hit an end are fixed there, the rest solved again."""
    low, high = np.maximum(low, -_LONGEST_STEP_RAD), np.minimum(high, _LONGEST_STEP_RAD)
    n = len(low)
    hessian = jacobian.T @ jacobian + ridge
    gradient = jacobian.T @ wrong + TO_REST**2 * to_rest
    step = np.linalg.solve(hessian, gradient)
    fixed = (step < low) | (step > high)
    if not fixed.any():
        return step
    for _ in range(n):
        step = np.where(fixed, np.minimum(np.maximum(step, low), high), step)
        free = ~fixed
        if not free.any():
            break
        step[free] = np.linalg.solve(
            hessian[np.ix_(free, free)], gradient[free] - hessian[np.ix_(free, fixed)] @ step[fixed]
        )
        hit = free & ((step < low) | (step > high))
        if not hit.any():
            break
        fixed |= hit
    return np.minimum(np.maximum(step, low), high)


def _joints_between(tree: UrdfTree, start: str, end: str) -> list[str]:
    names: list[str] = []
    while end != start and end != tree.root:
        names.append(tree.parent_joint[end])
        end = tree.joints[names[-1]].parent
    return names[::-1]
