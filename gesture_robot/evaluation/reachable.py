"""Which human arm poses a robot could show at all, found without the retargeter.

A global search: damped least squares on both directions of an arm from many random starts inside the position limits,
all frames and starts at once. A frame counts as reachable when some start ends with both directions within a degree.
Velocity, acceleration and self-collision play no part: those are what guards answer for.
"""

from __future__ import annotations

import numpy as np

from gesture_robot.body.skeleton import FOREARM_M, UPPER_ARM_M
from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.retarget.figures import LIMBS, angles, bar_frame, robot_pose, turned
from gesture_robot.retarget.human import HumanPose

WITHIN_DEG = 1.0
_STARTS, _TURNS, _BATCH = 12, 25, 6000
_DIFFERENCE, _DAMPING, _LONGEST_RAD = 1e-5, 1e-3, 0.7


def reachable_arms(
    model: RobotModel, human: HumanPose, *, frame: str = "", starts: int = _STARTS, seed: int = 0
) -> dict[str, Array]:
    """Least errors found, per side.

    Args:
        model: the robot.
        human: T frames.
        frame: "chest" or "world"; empty: the robot's bar frame. In the chest frame the torso stays at rest.
        starts: random starts per frame, beside the rest pose.
        seed: of the starts.

    Returns:
        Per side (T, 2) angles [rad] of upper arm and forearm.
    """
    frame, rng = frame or bar_frame(model), np.random.default_rng(seed)
    found = {}
    for side, arm in (("left", model.limbs.left_arm), ("right", model.limbs.right_arm)):
        if arm is None:
            continue
        person = human.arms[side]
        wanted = np.stack([person.upper, person.fore], axis=1)
        names = list(arm.joints)
        if frame == "world":
            wanted = np.stack([turned(human.base_from_chest, wanted[:, k]) for k in (0, 1)], axis=1)
        rows = np.array([model.index(name) for name in names])
        best = np.full((len(wanted), 2), np.pi)
        for number in range(starts + 1):
            open_ = np.flatnonzero(np.degrees(best.max(axis=1)) > WITHIN_DEG)
            for part in np.array_split(open_, max(1, -(-len(open_) // _BATCH))):
                if len(part):
                    start = np.tile(model.rest, (len(part), 1))
                    if number:
                        share = rng.uniform(size=(len(part), len(rows)))
                        start[:, rows] = model.lower[rows] + share * (model.upper - model.lower)[rows]
                    errors = _descend(model, side, frame, rows, start, wanted[part])
                    better = errors.max(axis=1) < best[part].max(axis=1)
                    best[part[better]] = errors[better]
        found[side] = best
    return found


def reachable_frames(model: RobotModel, human: HumanPose, *, frame: str = "", seed: int = 0) -> Array:
    """(T,) bool: both arms can show both directions within WITHIN_DEG."""
    arms = reachable_arms(model, human, frame=frame, seed=seed).values()
    return np.all([np.degrees(best.max(axis=1)) <= WITHIN_DEG for best in arms], axis=0)


def _descend(model: RobotModel, side: str, frame: str, rows: Array, q: Array, wanted: Array) -> Array:
    """(B, 2) errors [rad] reached from joints q (B, J), which change in place."""
    low, high, count = model.lower[rows], model.upper[rows], len(rows)
    damping = np.full(len(q), _DAMPING)
    shown = _directions(model, side, frame, q)
    for _ in range(_TURNS):
        moved = np.repeat(q[None], count, axis=0)
        moved[np.arange(count), :, rows] += _DIFFERENCE
        slopes = (
            _directions(model, side, frame, moved.reshape(-1, q.shape[1])).reshape(count, len(q), 6)
            - shown.reshape(1, len(q), 6)
        ) / _DIFFERENCE
        slopes, wrong = np.moveaxis(slopes, 0, 1), (wanted - shown).reshape(len(q), 6)
        gain = np.einsum("bic,bc->bi", slopes, wrong)
        at_end = ((q[:, rows] <= low + 1e-9) & (gain < 0)) | ((q[:, rows] >= high - 1e-9) & (gain > 0))
        slopes = np.where(at_end[:, :, None], 0.0, slopes)
        square = np.einsum("bic,bjc->bij", slopes, slopes) + damping[:, None, None] * np.eye(count)
        step = np.linalg.solve(square, np.where(at_end, 0.0, gain)[..., None])[..., 0]
        step *= np.minimum(1.0, _LONGEST_RAD / np.maximum(np.abs(step).max(axis=1, keepdims=True), 1e-12))
        trial = q.copy()
        trial[:, rows] = np.clip(q[:, rows] + step, low, high)
        there = _directions(model, side, frame, trial)
        better = ((wanted - there) ** 2).sum((1, 2)) < ((wanted - shown) ** 2).sum((1, 2))
        q[better], shown[better] = trial[better], there[better]
        damping = np.clip(np.where(better, 0.3 * damping, 5.0 * damping), 1e-6, 10.0)
    return np.stack([angles(shown[:, k], wanted[:, k]) for k in range(len(LIMBS))], axis=1)


def _directions(model: RobotModel, side: str, frame: str, q: Array) -> Array:
    """(B, 2, 3) unit vectors of upper arm and forearm."""
    pose = robot_pose(model, q)
    arm = pose.arms[side]
    both = np.stack([arm.elbow - arm.shoulder, arm.wrist - arm.elbow], axis=1)
    if frame == "world":
        both = np.einsum("bij,bkj->bki", pose.world_from_chest, both)
    return np.asarray(both / np.linalg.norm(both, axis=-1, keepdims=True))


def scaled_wrist_floor(model: RobotModel) -> float:
    """Largest wrist error that exact directions leave, as a share of the arm: bones divide the arm differently."""
    pose = robot_pose(model, model.rest[None])
    human = UPPER_ARM_M / (UPPER_ARM_M + FOREARM_M)
    shares = [
        float(
            np.linalg.norm(a.elbow - a.shoulder)
            / (np.linalg.norm(a.elbow - a.shoulder) + np.linalg.norm(a.wrist - a.elbow))
        )
        for a in pose.arms.values()
    ]
    return 2.0 * max((abs(share - human) for share in shares), default=0.0)
