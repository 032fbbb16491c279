"""The reference to compare with: the real GMR where it is installed, else a mink stand-in of the same two stages.

`general_motion_retargeting` (github.com/YanjieZe/GMR) runs with its own settings on its own full robot; only what it
needs of itself is imported (its package also imports torch and a viewer). Where it has no table for a robot, a
differential inverse kinematics of the same two stages stands in: orientations, then positions and orientations, mink
with daqp, damping 0.5, up to 10 more turns while the error falls by over 0.001. Its table is made from the robot's own
T-pose, so its offsets are exact. Both only need mink: `pip install mink daqp`.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from gesture_robot.body.rotations import matrix_from_quaternion, quaternion_from_matrix
from gesture_robot.body.skeleton import JOINT_NAMES, forward_kinematics
from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion, RobotModel
from gesture_robot.errors import MissingDependency
from gesture_robot.retarget.axes import BASE_FROM_SMPLX

HUMAN_HEIGHT_M = 1.70
GMR_ROBOTS = {"g1": "unitree_g1", "unitree_g1": "unitree_g1"}
"""How our names of a robot begin, and what GMR calls it."""
_BODY_JOINTS = 22
HumanFrame = dict[str, tuple[Array, Array]]


@dataclass(frozen=True, slots=True, eq=False)
class PeerMotion:
    """What a peer made of a motion."""

    positions: Array
    """(T, J) in the model's joint order; joints it does not move are at rest."""
    world_from_base: Array
    """(T, 3, 3) its floating base; the robot's front along x at identity."""
    seconds: Array
    """(T,) spent in its own loop, by the wall clock."""
    cpu_s: float
    """Processor time of it all."""


def human_frames(body: BodyMotion) -> list[HumanFrame]:
    """{joint: (position (3,) [m], quaternion wxyz)} per frame, z up, facing x, feet on the ground."""
    positions, orientations = forward_kinematics(body.rotations, fingers=False)
    ground_m = float(forward_kinematics(np.zeros((55, 3)))[0][:, 1].min()) - 0.02
    positions = (positions - [0.0, ground_m, 0.0]) @ BASE_FROM_SMPLX.T
    quaternions = quaternion_from_matrix(BASE_FROM_SMPLX @ orientations[:, :_BODY_JOINTS])
    return [
        {name: (positions[t, j], quaternions[t, j]) for j, name in enumerate(JOINT_NAMES[:_BODY_JOINTS])}
        for t in range(len(positions))
    ]


def make_peer(model: RobotModel) -> Gmr | StandIn:
    """The real GMR where it is installed and knows the robot, else the stand-in.

    Raises:
        MissingDependency: mink is not installed.
    """
    if importlib.util.find_spec("mink") is None or importlib.util.find_spec("daqp") is None:
        raise MissingDependency("mink", "mink daqp", "the peer of the retargeting benchmark is built on it")
    known = [theirs for ours, theirs in GMR_ROBOTS.items() if model.name.startswith(ours)]
    if known and importlib.util.find_spec("general_motion_retargeting") is not None:
        return Gmr(model, known[0])
    return StandIn(model)


class Gmr:
    """General Motion Retargeting itself."""

    def __init__(self, model: RobotModel, robot: str):
        self.name = f"GMR ({robot})"
        self._model, self._robot = model, robot
        self._class = _gmr_module().GeneralMotionRetargeting
        self.reset()

    def reset(self) -> None:
        """A fresh one, from its robot's default pose."""
        self._gmr = self._class("smplx", self._robot, actual_human_height=HUMAN_HEIGHT_M)
        mj = self._gmr.model
        names = [mj.joint(k).name for k in range(mj.njnt)]
        self._rows = [(self._model.index(n), mj.joint(n).qposadr[0]) for n in names if n in self._model.joint_names]

    def start_at(self, position: Array) -> None:
        """Joints (J,) to go on from."""
        q = self._gmr.configuration.data.qpos.copy()
        for row, address in self._rows:
            q[address] = position[row]
        self._gmr.configuration.update(q)

    def motion(self, frames: list[HumanFrame]) -> PeerMotion:
        """Frame by frame, as its own script does."""
        found, seconds, cpu_s = [], np.zeros(len(frames)), time.thread_time()
        for t, frame in enumerate(frames):
            given = dict(frame)
            start = time.perf_counter()
            found.append(self._gmr.retarget(given))
            seconds[t] = time.perf_counter() - start
        cpu_s = time.thread_time() - cpu_s
        q = np.array(found)
        positions = np.tile(self._model.rest, (len(q), 1))
        for row, address in self._rows:
            positions[:, row] = q[:, address]
        return PeerMotion(positions, _matrices(q[:, 3:7]), seconds, cpu_s)


def _gmr_module() -> ModuleType:
    """Its solver alone: the package's own __init__ would import torch and a viewer."""
    name = "general_motion_retargeting"
    if name not in sys.modules:
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.submodule_search_locations is not None
        bare = ModuleType(name)
        bare.__path__ = list(spec.submodule_search_locations)
        sys.modules[name] = bare
    return importlib.import_module(f"{name}.motion_retarget")


def _matrices(quaternions: Array) -> Array:
    return matrix_from_quaternion(quaternions / np.linalg.norm(quaternions, axis=-1, keepdims=True))


class StandIn:
    """Two-stage differential inverse kinematics with mink; see the head of this module."""

    def __init__(self, model: RobotModel):
        import mink

        from benchmark.retarget_peer_robot import peer_robot

        self.name = "mink stand-in"
        self._mink, self._model = mink, model
        self._robot = peer_robot(model)
        self._stages = [self._tasks(stage) for stage in (1, 2)]
        self.reset()

    def reset(self) -> None:
        """From the rest pose."""
        self._configuration = self._mink.Configuration(self._robot.compiled)
        self.start_at(self._model.rest)

    def start_at(self, position: Array) -> None:
        """Joints (J,) to go on from."""
        self._configuration.update(self._robot.qpos(position))

    def motion(self, frames: list[HumanFrame]) -> PeerMotion:
        """Frame by frame."""
        found, seconds, cpu_s = [], np.zeros(len(frames)), time.thread_time()
        for t, frame in enumerate(frames):
            start = time.perf_counter()
            found.append(self._retarget(frame))
            seconds[t] = time.perf_counter() - start
        cpu_s = time.thread_time() - cpu_s
        q = np.array(found)
        return PeerMotion(self._robot.positions(q), self._robot.world_from_base(q), seconds, cpu_s)

    def _tasks(self, stage: int) -> list[tuple[Any, Any]]:
        return [
            (
                part,
                self._mink.FrameTask(
                    part.link, "body", part.position_cost[stage - 1], part.orientation_cost[stage - 1], lm_damping=1
                ),
            )
            for part in self._robot.parts
        ]

    def _retarget(self, frame: HumanFrame) -> Array:
        mink, configuration = self._mink, self._configuration
        targets = self._robot.targets(frame)
        for stage in self._stages:
            for part, task in stage:
                position, quaternion = targets[part.link]
                task.set_target(mink.SE3.from_rotation_and_translation(mink.SO3(quaternion), position))
            tasks = [task for _, task in stage]
            error, turns = self._step(tasks), 0
            while turns < 10:
                following = self._step(tasks)
                turns += 1
                if error - following <= 0.001:
                    break
                error = following
        return np.array(configuration.q)

    def _step(self, tasks: list[Any]) -> float:
        configuration = self._configuration
        dt = configuration.model.opt.timestep
        velocity = self._mink.solve_ik(configuration, tasks, dt, "daqp", 0.5)
        configuration.integrate_inplace(velocity, dt)
        return float(np.linalg.norm(np.concatenate([task.compute_error(configuration) for task in tasks])))
