"""What a retargeted motion costs and keeps, beside its direction errors: jerk, self-collision, limits, fresh starts.

Self-collision is asked of MuJoCo's own contacts on the robot's exact shapes, and not of the solver's distances.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gesture_robot.body.skeleton import ARM_LENGTH_M, FOREARM_M, UPPER_ARM_M
from gesture_robot.checks import Array
from gesture_robot.datatypes import JointTrajectory, RobotModel
from gesture_robot.errors import InvalidInput, MissingDependency
from gesture_robot.retarget.figures import RobotPose, arm_length_m, pose_errors, robot_pose
from gesture_robot.retarget.human import HumanPose, measure

BAD_START_DEG, FRESH_FRAMES = 20.0, 46


def human_wrist_jerk(human: HumanPose, fps: float) -> Array:
    """(2 (T - 3),) third differences of both wrists seen from their shoulders in the chest frame [arm lengths/s^3]."""
    arms = human.arms.values()
    return _jerk([(UPPER_ARM_M * a.upper + FOREARM_M * a.fore) / ARM_LENGTH_M for a in arms], fps)


def robot_wrist_jerk(robot: RobotPose, fps: float) -> Array:
    """The same of a robot, in its own arm lengths."""
    return _jerk([(a.wrist - a.shoulder) / arm_length_m(a) for a in robot.arms.values()], fps)


def _jerk(paths: list[Array], fps: float) -> Array:
    if not paths or len(paths[0]) < 4:
        return np.zeros(0)
    return np.concatenate([np.linalg.norm(np.diff(path, 3, axis=0), axis=-1) for path in paths]) * fps**3


def arm_joint_jerk(model: RobotModel, positions: Array, fps: float) -> float:
    """Mean size of the third difference of the arms' joints (T, J) [rad/s^3]."""
    arms = [arm for arm in (model.limbs.left_arm, model.limbs.right_arm) if arm is not None]
    rows = [model.index(name) for arm in arms for name in arm.joints]
    if len(positions) < 4 or not rows:
        return 0.0
    return float(np.abs(np.diff(positions[:, rows], 3, axis=0)).mean() * fps**3)


class SelfCollisions:
    """Exact contacts between links that must not touch (`robots.mujoco_model.collision_pairs`); not thread-safe."""

    def __init__(self, model: RobotModel):
        """Compile the shapes.

        Raises:
            MissingDependency: mujoco is not installed. InvalidModel: MuJoCo cannot compile the description.
        """
        try:
            import mujoco
        except ImportError as error:
            raise MissingDependency("mujoco", "mujoco", f"exact contacts need it: {error}") from None
        from gesture_robot.robots.mujoco_model import compile_model, set_positions

        self._mujoco = mujoco
        self._compiled = compile_model(model, actuators=False, visuals=False)
        self._data = mujoco.MjData(self._compiled)

        def qpos(position: Array) -> Array:
            set_positions(self._compiled, self._data, model, position)
            return np.array(self._data.qpos)

        count = len(model.joint_names)
        self._offset = qpos(np.zeros(count))
        self._spread = np.stack([qpos(unit) - self._offset for unit in np.eye(count)], axis=1)

    def touches(self, position: Array) -> bool:
        """Whether links touch at one configuration (J,)."""
        return self.links(position) != ()

    def links(self, position: Array) -> tuple[tuple[str, str], ...]:
        """Pairs of links that touch at one configuration (J,)."""
        from gesture_robot.robots.mujoco_model import contact_links

        data = self._data
        data.qpos[:] = self._spread @ position + self._offset
        self._mujoco.mj_kinematics(self._compiled, data)
        self._mujoco.mj_collision(self._compiled, data)
        if not data.ncon or data.contact.dist.min() >= 0.0:
            return ()
        return tuple(contact_links(self._compiled, data))

    def frames(self, positions: Array) -> Array:
        """(T,) bool."""
        return np.array([self.touches(row) for row in positions], bool)

    def path(self, trajectory: JointTrajectory, step_s: float = 0.005) -> Array:
        """(N,) bool, on the cubic between the points every `step_s` or closer."""
        return self.frames(between(trajectory, step_s))


def between(trajectory: JointTrajectory, step_s: float) -> Array:
    """(N, J) positions on a trajectory's cubic, `step_s` apart or closer, its points among them."""
    times, p, v = trajectory.times_s, trajectory.positions, trajectory.velocities
    if len(times) < 2:
        return p
    length = np.diff(times)[:, None, None]
    pieces = max(1, int(np.ceil(float(length.max()) / step_s - 1e-9)))
    u = (np.arange(pieces) / pieces)[None, :, None]
    step, m0, m1 = (p[1:] - p[:-1])[:, None], v[:-1, None] * length, v[1:, None] * length
    inside = p[:-1, None] + u * (m0 + u * (3 * step - 2 * m0 - m1 + u * (m0 + m1 - 2 * step)))
    return np.concatenate([inside.reshape(-1, p.shape[1]), p[-1:]])


@dataclass(frozen=True, slots=True)
class FreshStarts:
    """How a tool that knows nothing yet catches up with a person who is already moving."""

    trials: int
    bad: int
    """Starts after which a direction of an arm is still over BAD_START_DEG off, though the robot could show it."""
    worst_deg: float
    first_step_share: float
    """Fastest joint between what was measured and the first answer, as a share of its velocity limit."""


Start = Callable[[Array, Array], Array]
"""Measured joints (J,) and the poses (46, 55, 3) that come -> joints (46, J)."""


def fresh_starts(
    model: RobotModel,
    start: Start,
    poses: Array,
    reachable: Array,
    *,
    touches: Callable[[Array], bool] | None = None,
    trials: int = 50,
    seed: int = 0,
    fps: float = 30.0,
) -> FreshStarts:
    """Start at random joints and at a random frame of a motion.

    Args:
        model: the robot.
        start: what is measured.
        poses: (T, 55, 3) a long motion.
        reachable: (T,) bool, frames that the robot can show (evaluation.reachable).
        touches: whether the robot touches itself at joints (J,), where no start is possible.
        trials: starts.
        seed: of joints and frames.
        fps: of the motion.

    Raises:
        InvalidInput: the motion has no reachable frame 46 frames after another.
    """
    rng, touching = np.random.default_rng(seed), touches or (lambda position: False)
    last = np.flatnonzero(reachable[FRESH_FRAMES - 1 :])
    if not len(last):
        raise InvalidInput(f"no frame from number {FRESH_FRAMES} on is reachable: nothing to start towards.")
    off, steps = [], []
    for first in rng.choice(last, trials):
        rows = slice(int(first), int(first) + FRESH_FRAMES)
        measured = _random_joints(model, rng, touching)
        joints = start(measured, poses[rows])
        steps.append(float((np.abs(joints[0] - measured) * fps / model.max_velocity).max()))
        errors = pose_errors(measure(poses[rows][-1:]), robot_pose(model, joints[-1:]))
        off.append(max(float(e[0]) for name, e in errors.items() if name.endswith("arm")))
    worst = np.degrees(np.array(off))
    return FreshStarts(trials, int((worst > BAD_START_DEG).sum()), float(worst.max()), max(steps))


def _random_joints(model: RobotModel, rng: np.random.Generator, touching: Callable[[Array], bool]) -> Array:
    """(J,) anywhere inside the limits without touching; nearer to rest the more often a robot would touch."""
    for trial in range(200):
        share = rng.uniform(size=len(model.rest))
        joints = model.lower + share * (model.upper - model.lower)
        joints = model.rest + 0.98**trial * (joints - model.rest)
        if not touching(joints):
            return np.asarray(joints)
    return np.array(model.rest)
