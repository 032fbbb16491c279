"""Human motion to the joints of one robot: closest to the human, inside every limit, never hitting itself.

Two steps per frame, both compiled (`kernel_*.py`): the joints that show the human best (`solve_pose`), and the nearest
state that the robot may take next (`follow_path`): position, velocity and acceleration limits hold on the cubic between
two frames, and so does the distance between links, also if the robot were to brake from any frame on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.body.rotations import matrix_from_rotvec, rotvec_from_matrix
from gesture_robot.checks import Array, frozen_array
from gesture_robot.datatypes import BodyMotion, FaceMotion, JointTrajectory, RobotModel
from gesture_robot.errors import InvalidModel
from gesture_robot.retarget.kernel_limits import limit_plan, possible_speed
from gesture_robot.retarget.kernel_pose import LOSSES, pose_work, solve_poses
from gesture_robot.retarget.kernel_step import COLLISION, VELOCITY, central_velocities, follow_path
from gesture_robot.retarget.plan import pose_plan

_HEADING_WINDOW_S = 4.0
_SMALL_HEADING_RAD = 0.5
_SETTLE_FRAMES = 300


@dataclass(frozen=True, slots=True, eq=False)
class RetargetReport:
    """What a motion lost on its way to the robot, frame by frame."""

    losses_rad: dict[str, Array]
    """(T,) per limb: angle between the human and the nearest that the joints' ranges allow."""
    velocity_guard: Array
    """(T,) bool: velocity or acceleration limits kept a joint from where it should be."""
    collision_guard: Array
    """(T,) bool: links were too near each other for what should be."""
    answers: Array
    """(T, J) joints before both guards."""


class Retargeter:
    """Maps poses frame by frame; keeps the last state. Not thread-safe."""

    def __init__(self, model: RobotModel, fps: float = 30.0):
        """Prepare the kernels.

        Args:
            model: the robot; limbs it lacks are left at rest.
            fps: how often `pose` is called; limits are kept for frames at this rate.

        Raises:
            InvalidModel: the limb map names no joint, so nothing could ever move.
        """
        _refuse_without_limbs(model)
        self.model = model
        self._plan = pose_plan(model)
        self._work = pose_work(self._plan)
        self.fps = fps
        self.reset()

    @property
    def fps(self) -> float:
        """Frames per second of `pose`."""
        return self._fps

    @fps.setter
    def fps(self, fps: float) -> None:
        self._fps, self._limits = fps, limit_plan(self.model, fps)

    def reset(self, measured: Array | None = None) -> None:
        """Forget the last answer.

        Args:
            measured: (J,) where the robot rests now; the next pose is approached from there, within all limits.
                None: the next pose may be anywhere.
        """
        count = len(self.model.joint_names)
        self._answer = self.model.rest.copy()
        self._past = np.zeros((0, count))
        self._fresh, self._began_anywhere = True, False
        self._speed = np.zeros(count)
        self._state: Array | None = None
        if measured is not None:
            measured = frozen_array(measured, (count,), "measured joints")
            self._state = np.clip(measured, self.model.lower, self.model.upper)

    def pose(self, rotations: Array) -> Array:
        """Joints (J,) for one human pose (55, 3) in SMPL-X axes, without delay.

        Raises:
            InvalidInput: wrong shape or not finite; the state stays as it was.
        """
        rotations = frozen_array(rotations, (55, 3), "pose rotations")
        answers, _ = self._solve(rotations[None])
        self._past = np.concatenate([self._past[-2:], answers])
        velocity = _backward_velocity(self._past, self.fps)
        if self._state is None:
            self._state, self._began_anywhere = self._free_start(answers[0]), True
            return self._state.copy()
        if len(self._past) == 2 and self._began_anywhere:  # it came with the speed that the second pose tells
            self._speed = possible_speed(self._limits, self._state, velocity)
        positions, _, _ = self._follow(answers, velocity[None])
        return positions[0].copy()

    def motion(self, body: BodyMotion, face: FaceMotion | None = None) -> JointTrajectory:
        """A whole motion, from its first frame; the person's slow heading is taken out, the robot's base stays.

        Args:
            body: the motion; solved frame by frame at its own rate.
            face: unused by robots whose face is a screen.
        """
        return self.motion_with_report(body, face)[0]

    def motion_with_report(
        self, body: BodyMotion, face: FaceMotion | None = None
    ) -> tuple[JointTrajectory, RetargetReport]:
        """`motion`, and what was lost."""
        fps, self.fps = self.fps, body.fps
        self.reset()
        answers, losses = self._solve(without_heading(body))
        velocities = np.zeros_like(answers)
        if len(answers):
            central_velocities(answers, 1.0 / body.fps, velocities)
            self._state = self._free_start(answers[0])
            self._speed = possible_speed(self._limits, self._state, velocities[0])
        positions, speeds, reasons = self._follow_from_here(answers, velocities)
        self.fps = fps
        times = np.arange(len(positions)) / body.fps
        report = RetargetReport({name: losses[:, k] for k, name in enumerate(LOSSES)}, reasons & VELOCITY > 0,
                                reasons & COLLISION > 0, answers)
        return JointTrajectory(self.model.joint_names, 0.0, times, positions, speeds), report

    # --- inside -----------------------------------------------------------------------------------------------

    def _solve(self, rotations: Array) -> tuple[Array, Array]:
        """Answers (T, J) and losses (T, 10) for rotations (T, 55, 3), going on from the last one."""
        answers, losses = np.empty((len(rotations), len(self._answer))), np.empty((len(rotations), len(LOSSES)))
        solve_poses(self._plan, rotations, self._answer, self._fresh, answers, losses, self._work)
        self._fresh = self._fresh and not len(rotations)
        return answers, losses

    def _follow(self, answers: Array, velocities: Array) -> tuple[Array, Array, Array]:
        """Positions, speeds (T, J) and reasons (T,) of the states that follow answers (T, J)."""
        positions, speeds = np.empty_like(answers), np.empty_like(answers)
        reasons = np.zeros(len(answers), np.int64)
        assert self._state is not None
        follow_path(self._limits, self._state, self._speed, answers, velocities, positions, speeds, reasons)
        return positions, speeds, reasons

    def _follow_from_here(self, answers: Array, velocities: Array) -> tuple[Array, Array, Array]:
        """`_follow`, the state now being the first row."""
        if not len(answers):
            return answers, velocities, np.zeros(0, np.int64)
        first = self._state.copy(), self._speed.copy()  # type: ignore[union-attr]
        positions, speeds, reasons = self._follow(answers[1:], velocities[1:])
        return (np.concatenate([first[0][None], positions]), np.concatenate([first[1][None], speeds]),
                np.concatenate([np.zeros(1, np.int64), reasons]))

    def _free_start(self, answer: Array) -> Array:
        """Where a motion may begin: its first answer."""
        return answer.copy()


def _backward_velocity(past: Array, fps: float) -> Array:
    """(J,) velocity at the last of up to three answers, exact for constant acceleration."""
    if len(past) == 1:
        return np.zeros(past.shape[1])
    if len(past) == 2:
        return (past[1] - past[0]) * fps
    return np.asarray((1.5 * past[2] - 2.0 * past[1] + 0.5 * past[0]) * fps)


def without_heading(body: BodyMotion) -> Array:
    """Rotations (T, 55, 3) with the slowly changing heading of the pelvis taken out: small turns and sways stay."""
    from scipy.ndimage import uniform_filter1d  # imported here: it takes a fifth of a second

    root = matrix_from_rotvec(body.rotations[:, 0])
    heading = np.unwrap(np.arctan2(root[:, 0, 2], root[:, 2, 2]))
    window = max(1, int(round(_HEADING_WINDOW_S * body.fps)))
    if len(heading) and np.abs(heading).max() > _SMALL_HEADING_RAD:
        heading = uniform_filter1d(heading, window, mode="nearest")
    else:
        heading = np.zeros_like(heading)
    upright = np.zeros((len(heading), 3))
    upright[:, 1] = -heading
    rotations = body.rotations.copy()
    rotations[:, 0] = rotvec_from_matrix(matrix_from_rotvec(upright) @ root)
    return np.asarray(rotations)


def _refuse_without_limbs(model: RobotModel) -> None:
    limbs = model.limbs
    if not (limbs.torso or limbs.neck or limbs.left_arm or limbs.right_arm):
        raise InvalidModel(
            f"robot '{model.name}': no arm, neck or torso was recognised; give a {model.name}.yaml beside the URDF "
            f"with `limbs:` like config/robots/wren.yaml. Joints: {', '.join(model.joint_names)}."
        )

