"""Human motion to the joints of one robot: closest to the human, inside every limit, never hitting itself.

Two steps per frame, both compiled (`kernel_*.py`): the joints that show the human best (`solve_pose`), and the nearest
state that the robot may take next (`follow_path`): position, velocity and acceleration limits hold on the cubic between
two frames, and so does the distance between links, also if the robot were to brake from any frame on.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gesture_robot.body.rotations import matrix_from_rotvec, rotvec_from_matrix
from gesture_robot.checks import Array, frozen_array
from gesture_robot.compiled import COMPILED, straight
from gesture_robot.datatypes import BodyMotion, FaceMotion, JointTrajectory, RobotModel
from gesture_robot.errors import InvalidModel
from gesture_robot.retarget.face_joints import LiveFace, face_joints
from gesture_robot.retarget.guard_plan import make_arms_guard
from gesture_robot.retarget.kernel_brake import COLLISION, STOPPED
from gesture_robot.retarget.kernel_limits import limit_plan, possible_speed, stop_step
from gesture_robot.retarget.kernel_near import begin_at, look
from gesture_robot.retarget.kernel_pose import LOSSES, pose_work, solve_poses
from gesture_robot.retarget.kernel_step import (
    VELOCITY,
    central_velocities,
    follow_path,
    may_move,
)
from gesture_robot.retarget.plan import pose_plan

_HEADING_WINDOW_S = 4.0
_SMALL_HEADING_RAD = 0.5
_SETTLE_FRAMES = 150
MARGIN_M, KEEP_M = 0.01, 0.018
"""Least distance between links, and what is wished for where hands touch: control, the last gate, keeps 15 mm."""


@dataclass(frozen=True, slots=True, eq=False)
class RetargetReport:
    """What a motion lost on its way to the robot, frame by frame."""

    losses_rad: dict[str, Array]
    """(T,) per limb: angle between the human and the nearest that the joints' ranges allow."""
    velocity_guard: Array
    """(T, J) bool: velocity or acceleration limits kept a joint 0.01 rad or more from where it should be."""
    collision_guard: Array
    """(T, J) bool: a joint is there, or was stopped, because links would have come too near each other."""
    answers: Array
    """(T, J) joints before both guards."""


class _Rows(NamedTuple):
    """Arrays of one row for poses that come one by one."""

    answer: Array
    losses: Array
    touches: Array
    velocity: Array
    position: Array
    speed: Array
    reason: Array


class Retargeter:
    """Maps poses frame by frame; keeps the last state. Not thread-safe."""

    _fps: float
    _speed: Array

    def __init__(self, model: RobotModel, fps: float = 30.0, *, touch: bool = True, margin_m: float = MARGIN_M):
        """Prepare the kernels.

        Args:
            model: the robot; limbs it lacks are left at rest.
            fps: how often `pose` is called; limits are kept for frames at this rate.
            margin_m: least distance between links that are not neighbours, everywhere on the path; 0: no guard.
            touch: where a hand touches the body, keep the touch rather than the arm's directions.

        Raises:
            InvalidModel: the limb map names no joint, so nothing could ever move.
        """
        _refuse_without_limbs(model)
        _say_what_takes_long()
        self.model = model
        self._plan = pose_plan(model, KEEP_M, touch=touch)
        self._guard = make_arms_guard(model, self._plan, margin_m)
        self._work = pose_work(self._plan)
        self._face = LiveFace(model)
        self.fps = fps
        self.reset()

    @property
    def fps(self) -> float:
        """Frames per second of `pose`."""
        return self._fps

    @fps.setter
    def fps(self, fps: float) -> None:
        if fps != getattr(self, "_fps", fps):
            self._speed = np.zeros_like(self._speed)  # limits in frames of another length begin at rest
        self._fps, self._limits = fps, limit_plan(self.model, fps)
        self._work.dt[0] = 1.0 / fps

    def reset(self, measured: Array | None = None) -> None:
        """Forget the last answer.

        Args:
            measured: (J,) where the robot rests now; the next pose is approached from there, within all limits.
                None: the next pose may be anywhere.
        """
        count = len(self.model.joint_names)
        self._pose = np.zeros((1, 55, 3))  # kernels take arrays that may be written: one kind of them
        self._answer = self.model.rest.copy()
        answer, velocity, position, speed = np.zeros((4, 1, count))
        losses, touches, reasons = np.zeros((1, len(LOSSES))), np.zeros((1, 4)), np.zeros((1, count), np.int64)
        self._one = _Rows(answer, losses, touches, velocity, position, speed, reasons)
        self._solve_one, self._follow_one = solve_poses, follow_path
        self._past: list[Array] = []
        self._face_joints = self._answer[self._face.rows]
        self._fresh, self._began_anywhere = True, False
        self._speed = np.zeros(count)
        self._state: Array | None = None
        if measured is not None:
            measured = frozen_array(measured, (count,), "measured joints")
            self._state = np.clip(measured, self.model.lower, self.model.upper)
            begin_at(self._guard, self._state)

    @property
    def moves_face(self) -> bool:
        """Whether the robot has joints of eyes, lids or jaw that `pose` can move."""
        return len(self._face.rows) > 0

    def pose(self, rotations: Array, face: Array | None = None) -> Array:
        """Joints (J,) for one human pose (55, 3) in SMPL-X axes, without delay.

        Args:
            rotations: the pose.
            face: (52,) ARKit weights for the joints of the face, if it has any; None: those stay where they are.

        Raises:
            InvalidInput: wrong shape or not finite; the state stays as it was.
        """
        if face is not None and self.moves_face:
            self._face_joints = self._face.joints(face)
        self._take(rotations)
        rows = self._one
        self._solve_one(self._plan, self._pose, self._answer, int(self._fresh), rows.answer, rows.losses,
                        rows.touches, self._work)
        self._fresh = False
        rows.answer[0, self._face.rows] = self._face_joints
        self._past.append(rows.answer[0].copy())
        del self._past[:-3]
        _backward_velocity(self._past, self._fps, rows.velocity[0])
        if self._state is None:
            self._state, self._began_anywhere = self._free_start(rows.answer[0]), True
            return self._state.copy()
        if len(self._past) == 2 and self._began_anywhere and not self._speed.any():  # it came as the second pose tells
            self._speed = self._first_speed(rows.velocity[0])
        self._follow_one(self._limits, self._guard, self._state, self._speed, rows.answer, rows.velocity,
                         rows.touches, rows.position, rows.speed, rows.reason)
        if len(self._past) == 2:  # both have run now
            self._solve_one, self._follow_one = straight(solve_poses), straight(follow_path)
        return self._state.copy()

    @property
    def velocity(self) -> Array:
        """(J,) velocity at the last pose: the cubic between poses with these is inside all limits."""
        return self._speed.copy()

    def _take(self, rotations: Array) -> None:
        """One pose into `_pose`."""
        given = np.asarray(rotations)
        if given.shape != (55, 3) or not np.isfinite(given).all():
            frozen_array(given, (55, 3), "pose rotations")  # says what is wrong
        self._pose[0] = given

    def motion(self, body: BodyMotion, face: FaceMotion | None = None) -> JointTrajectory:
        """A whole motion, from its first frame; the person's slow heading is taken out, the robot's base stays.

        Args:
            body: the motion; solved frame by frame at its own rate.
            face: moves the joints of a face (`LimbMap.face`); unused by robots whose face is a screen.
        """
        return self.motion_with_report(body, face)[0]

    def motion_with_report(self, body: BodyMotion, face: FaceMotion | None = None, *,
                           rest_at_ends: bool = False) -> tuple[JointTrajectory, RetargetReport]:
        """`motion`, and what was lost.

        Args:
            body: see `motion`.
            face: see `motion`.
            rest_at_ends: begin at rest, and go on after the last frame until the robot rests: what a controller may be
                sent. The report ends with the motion.
        """
        fps, self.fps = self.fps, body.fps
        self.reset()
        answers, losses, touches = self._solve(without_heading(body))
        if face is not None:
            rows, joints = face_joints(self.model, face, np.arange(len(answers)) / body.fps)
            answers[:, rows] = joints
        velocities = np.zeros_like(answers)
        if len(answers):
            central_velocities(answers, 1.0 / body.fps, velocities)
            self._state = self._free_start(answers[0])
            if np.array_equal(self._state, answers[0]) and not rest_at_ends:
                self._speed = self._first_speed(velocities[0])
        positions, speeds, reasons = self._follow_from_here(answers, velocities, touches)
        report = RetargetReport({name: losses[:, k] for k, name in enumerate(LOSSES)}, reasons & VELOCITY > 0,
                                reasons & (COLLISION | STOPPED) > 0, answers)
        if rest_at_ends and len(answers):
            positions, speeds = self._run_out(answers[-1], touches[-1], positions, speeds)
        self.fps = fps
        times = np.arange(len(positions)) / body.fps
        return JointTrajectory(self.model.joint_names, 0.0, times, positions, speeds), report

    def _run_out(self, answer: Array, touching: Array, positions: Array, speeds: Array) -> tuple[Array, Array]:
        """Positions and speeds with the frames in which the robot comes to rest at an answer, or short of it."""
        still = np.zeros((1, len(answer)))
        for _ in range(_SETTLE_FRAMES):
            if not speeds[-1].any():
                break
            more, faster, _ = self._follow(answer[None], still, touching[None])
            positions, speeds = np.concatenate([positions, more]), np.concatenate([speeds, faster])
        while speeds[-1].any():  # still gliding along an obstacle
            more, faster = np.empty((1, len(answer))), np.empty((1, len(answer)))
            assert self._state is not None
            stop_step(self._limits, self._state, self._speed, more[0], faster[0])
            self._state[:], self._speed[:] = more[0], faster[0]
            positions, speeds = np.concatenate([positions, more]), np.concatenate([speeds, faster])
        return positions, speeds

    # --- inside -----------------------------------------------------------------------------------------------

    def _solve(self, rotations: Array) -> tuple[Array, Array, Array]:
        """Answers (T, J), losses (T, 10) and touches (T, 4) for rotations (T, 55, 3), going on from the last one."""
        answers, losses = np.empty((len(rotations), len(self._answer))), np.empty((len(rotations), len(LOSSES)))
        touches = np.zeros((len(rotations), 4))
        solve_poses(self._plan, rotations, self._answer, int(self._fresh), answers, losses, touches, self._work)
        self._fresh = self._fresh and not len(rotations)
        return answers, losses, touches

    def _follow(self, answers: Array, velocities: Array, touches: Array) -> tuple[Array, Array, Array]:
        """Positions, speeds and reasons (T, J) of the states that follow answers (T, J)."""
        positions, speeds = np.empty_like(answers), np.empty_like(answers)
        reasons = np.zeros(answers.shape, np.int64)
        assert self._state is not None
        follow_path(self._limits, self._guard, self._state, self._speed, answers, velocities, touches, positions,
                    speeds, reasons)
        return positions, speeds, reasons

    def _follow_from_here(self, answers: Array, velocities: Array, touches: Array) -> tuple[Array, Array, Array]:
        """`_follow`, the state now being the first row."""
        if not len(answers):
            return answers, velocities, np.zeros(answers.shape, np.int64)
        first = self._state.copy(), self._speed.copy()  # type: ignore[union-attr]
        positions, speeds, reasons = self._follow(answers[1:], velocities[1:], touches[1:])
        return (np.concatenate([first[0][None], positions]), np.concatenate([first[1][None], speeds]),
                np.concatenate([np.zeros((1, reasons.shape[1]), np.int64), reasons]))

    def _first_speed(self, wished: Array) -> Array:
        """(J,) the speed that a motion may begin with: one from which the robot can still stop."""
        assert self._state is not None
        speed = possible_speed(self._limits, self._state, wished)
        return speed if may_move(self._limits, self._guard, self._state, speed) else np.zeros_like(speed)

    def _free_start(self, answer: Array) -> Array:
        """Where a motion may begin: its first answer, or the nearest to it that the links allow, coming from rest."""
        guard, model = self._guard, self.model
        if guard.active == 0:
            return answer.copy()
        look(guard, answer)
        if (guard.distance >= guard.margin).all():
            begin_at(guard, answer)
            return answer.copy()
        begin_at(guard, model.rest.copy())
        at, speed, still = model.rest.copy(), np.zeros(len(answer)), np.zeros(len(answer))
        following, faster, reason = np.empty((1, len(at))), np.empty((1, len(at))), np.zeros((1, len(at)), np.int64)
        untouched = np.zeros((1, 4))
        for _ in range(_SETTLE_FRAMES):
            before = at.copy()
            follow_path(self._limits, guard, at, speed, answer[None], still[None], untouched, following, faster, reason)
            if np.abs(before - at).max() < 1e-4 and np.abs(speed).max() < 1e-4:
                break
        while speed.any():
            stop_step(self._limits, at.copy(), speed.copy(), at, speed)
        return at


def _backward_velocity(past: list[Array], fps: float, out: Array) -> None:
    """(J,) velocity at the last of up to three answers, exact for constant acceleration."""
    if len(past) == 1:
        out[:] = 0.0
    elif len(past) == 2:
        np.multiply(past[1] - past[0], fps, out=out)
    else:
        np.multiply(1.5 * past[2] - 2.0 * past[1] + 0.5 * past[0], fps, out=out)


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


def _say_what_takes_long() -> None:
    if COMPILED and not Path(os.environ["NUMBA_CACHE_DIR"]).is_dir():
        logging.getLogger(__name__).warning(
            "compiling the retargeting kernels, once for this installation: about a minute "
            "(python -m gesture_robot.retarget.prepare does it beforehand)")


def _refuse_without_limbs(model: RobotModel) -> None:
    limbs = model.limbs
    if not (limbs.torso or limbs.neck or limbs.left_arm or limbs.right_arm):
        raise InvalidModel(
            f"robot '{model.name}': no arm, neck or torso was recognised; give a {model.name}.yaml beside the URDF "
            f"with `limbs:` like config/robots/wren.yaml. Joints: {', '.join(model.joint_names)}."
        )

