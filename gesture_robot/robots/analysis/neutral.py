"""The neutral pose of an arm: hanging a little off the body, slightly bent, palm inwards, inside the limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from gesture_robot.checks import Array
from gesture_robot.robots.analysis.arm import ArmShape
from gesture_robot.robots.analysis.bodies import BodyTree
from gesture_robot.robots.analysis.front import UP
from gesture_robot.robots.analysis.lines import unit, without

_WEIGHTS = np.repeat([1.0, 1.0, 0.5, 0.5], 3)
_TO_MIDDLE = 0.04
_AS_DRAWN = 0.15
_STARTS = 8
_SAME_COST, _GOOD_COST = 2e-3, 3e-3
"""A pose this near to what is asked ends the search."""
_OFTEN = 3
"""So does a pose that so many starts lead to."""


@dataclass(frozen=True)
class Hang:
    """How arms hang: shares of a bone's length by which the upper arm points outwards and the forearm forwards."""

    out: float = 0.18
    bent: float = 0.35


HANGS = (
    Hang(),
    Hang(0.28, 0.4),
    Hang(0.4, 0.4),
    Hang(0.3, 0.9),
    Hang(0.5, 0.9),
    Hang(0.5, 1.6),
    Hang(0.8, 1.6),
    Hang(0.8, 4.0),
)
"""From the most human pose to those that keep clear of wide bodies and bases."""


@dataclass(frozen=True)
class _Chain:
    """The joints of one arm as constant poses and axes; frames are in the root link, other joints nearest to zero."""

    ahead: Array
    """(n, 4, 4) pose of each joint's frame at zero in the frame of the joint before."""
    skew: Array
    """(n, 3, 3) cross-product matrix of each axis."""

    def frames(self, angles: Array) -> list[Array]:
        """(4, 4) of each joint's child link."""
        turn = np.zeros((len(angles), 4, 4))
        turn[:, :3, :3] = (
            np.eye(3)
            + np.sin(angles)[:, None, None] * self.skew
            + (1.0 - np.cos(angles))[:, None, None] * self.skew @ self.skew
        )
        turn[:, 3, 3] = 1.0
        found: list[Array] = []
        for ahead, local in zip(self.ahead, turn, strict=True):
            step = ahead @ local
            found.append(found[-1] @ step if found else step)
        return found


@dataclass(frozen=True)
class ArmRest:
    """Angles (n,) of an arm's joints, and the palm (3,) in the root link at them."""

    angles: Array
    cost: float
    palm_sign: float
    root_from_hand: Array
    palm: Array


def arm_chain(tree: BodyTree, arm: ArmShape) -> _Chain:
    """Constants of an arm's joints."""
    before, ahead, skew = np.eye(4), [], []
    for body in arm.limb.bodies:
        joint = tree.joint(body)
        ahead.append(np.linalg.inv(before) @ tree.at_zero[joint.parent] @ joint.parent_from_joint)
        before = tree.at_zero[joint.child]
        x, y, z = joint.axis
        skew.append(np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]))
    return _Chain(np.array(ahead), np.array(skew))


def rest_of_arm(
    tree: BodyTree,
    arm: ArmShape,
    side: str,
    front: Array,
    low: Array,
    high: Array,
    fingers: Array,
    palm: Array | None,
    two_sided: bool,
    hang: Hang,
    first: Array | None = None,
) -> ArmRest:
    """Search from several starts.

    Args:
        tree: the robot.
        arm: the arm.
        side: "left" or "right".
        front: (3,) the robot's front.
        low: (n,) limits of the arm's joints.
        high: (n,).
        fingers: (3,) finger direction with all joints nearest to zero.
        palm: (3,) out of the palm, likewise; None: unknown, nothing is asked of it.
        two_sided: the palm may face the other way as well.
        hang: what is asked of the arm's bones.
        first: (n,) taken where it is as good as any: the other arm's pose, mirrored.
    """
    chain = arm_chain(tree, arm)
    goal = _Goal(tree, arm, chain, side, front, fingers, palm, hang)
    rng = np.random.default_rng(0)
    middle, span = 0.5 * (low + high), np.maximum(high - low, 1e-3)
    starts = [np.clip(np.zeros(len(low)), low, high), middle, *rng.uniform(low, high, (_STARTS, len(low)))]
    signs = (1.0, -1.0) if two_sided else (1.0,)
    tries = [(start, sign) for start in ([] if first is None else [first]) for sign in signs]
    tries += [(start, sign) for sign in signs for start in starts]
    best: ArmRest | None = None
    met = 0
    for start, sign in tries:
        answer = least_squares(
            lambda q, s=sign: np.concatenate([goal.residuals(q, s), _TO_MIDDLE * (q - middle)]),
            np.clip(start, low + 1e-6 * span, high - 1e-6 * span),
            bounds=(low - 1e-9, high + 1e-9),
            max_nfev=40,
        )
        if best is None or answer.cost < best.cost - _SAME_COST:
            best, met = ArmRest(np.clip(answer.x, low, high), float(answer.cost), sign, *goal.hand(answer.x)), 0
        met += abs(answer.cost - best.cost) < _SAME_COST
        if (best.cost < _GOOD_COST or met > _OFTEN) and (sign == signs[-1] or first is not None):
            break
    assert best is not None
    return best


class _Goal:
    """Directions of an arm at some angles against those wanted."""

    def __init__(
        self,
        tree: BodyTree,
        arm: ArmShape,
        chain: _Chain,
        side: str,
        front: Array,
        fingers: Array,
        palm: Array | None,
        hang: Hang,
    ):
        self.chain, self.row = chain, arm.elbow_row
        left = np.cross(UP, front)
        outward = left if side == "left" else -left
        upper = unit(-UP + hang.out * outward + 0.03 * front)
        fore = unit(-UP + hang.bent * front + 0.7 * hang.out * outward)
        self.inward = -unit(without(outward, fore))
        self.wanted = np.concatenate([upper, fore, fore, self.inward])
        self._zero = np.array([tree.zero[name] for name in arm.limb.joints])
        zero = chain.frames(self._zero)
        elbow, hand = zero[self.row], zero[-1]
        self._shoulder = _local(zero[self.row - 1], arm.shoulder) if self.row else None
        self._fixed_shoulder = arm.shoulder
        self._elbow, self._wrist = _local(elbow, arm.elbow), _local(hand, arm.wrist)
        self._fingers = hand[:3, :3].T @ fingers
        self._palm = None if palm is None else hand[:3, :3].T @ palm

    def residuals(self, angles: Array, sign: float) -> Array:
        frames = self.chain.frames(angles)
        elbow, wrist = _at(frames[self.row], self._elbow), _at(frames[-1], self._wrist)
        shoulder = self._fixed_shoulder if self._shoulder is None else _at(frames[self.row - 1], self._shoulder)
        hand = frames[-1][:3, :3]
        palm = self.inward if self._palm is None else sign * hand @ self._palm
        found = np.concatenate([unit(elbow - shoulder), unit(wrist - elbow), hand @ self._fingers, palm])
        wrong = _WEIGHTS * (found - self.wanted)
        if self._palm is None:  # a wrist whose palm is unknown stays as the maker drew it
            wrong = np.append(wrong, _AS_DRAWN * (angles - self._zero)[self.row + 1 :])
        return np.asarray(wrong)

    def hand(self, angles: Array) -> tuple[Array, Array]:
        """(4, 4) pose of the hand link and (3,) where inwards is across its fingers, both in the root link."""
        hand = self.chain.frames(angles)[-1]
        return hand, unit(without(self.inward, hand[:3, :3] @ self._fingers))


def _local(frame: Array, point: Array) -> Array:
    return np.asarray(frame[:3, :3].T @ (point - frame[:3, 3]))


def _at(frame: Array, local: Array) -> Array:
    return np.asarray(frame[:3, :3] @ local + frame[:3, 3])
