"""The simulated robot: MuJoCo physics with position servos.

Not thread-safe: one thread reads, commands and advances. Time is simulated time and moves only in `advance`.
The servos get the cubic's position plus feed-forward of velocity and acceleration, so the joints follow with an error
well below a degree; the same input always gives the same motion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gesture_robot.checks import Array, check_range, frozen_array
from gesture_robot.datatypes import JointTrajectory, RobotModel, RobotState
from gesture_robot.errors import UnknownName
from gesture_robot.robots.follower import TrajectoryFollower
from gesture_robot.robots.mujoco_model import compile_model, contact_links, joint_addresses, set_positions


@dataclass(frozen=True)
class Contacts:
    """Self-collision contacts over all physics steps since the start, and which links met."""

    count: int = 0
    pairs: tuple[tuple[str, str], ...] = ()


class MujocoRobot:
    """A `protocols.Robot` in simulation."""

    def __init__(self, model: RobotModel, *, timestep_s: float = 0.002):
        check_range(timestep_s, 1e-4, 0.01, "timestep_s")
        self.model = model
        self.joint_names = model.joint_names
        self.timestep_s = timestep_s
        self._compiled = compile_model(model, timestep_s=timestep_s, visuals=False)
        self._data: Any = _new_data(self._compiled)
        self._qpos, self._dofs = joint_addresses(self._compiled, model)
        self._position_gain = self._compiled.actuator_gainprm[:, 0].copy()
        damping = -self._compiled.actuator_biasprm[:, 2] + self._compiled.dof_damping[self._dofs]
        self._velocity_lead_s = damping / self._position_gain
        self._accelerations = np.zeros(self._compiled.nv)
        self._inertial_force = np.zeros(self._compiled.nv)
        self._steps = 0
        self._due_s = 0.0
        self._contact_count = 0
        self._contact_pairs: dict[tuple[str, str], None] = {}
        self._follower = TrajectoryFollower(model.joint_names, model.rest)
        self.set_positions(model.rest)

    @property
    def time_s(self) -> float:
        """Simulated time."""
        return self._steps * self.timestep_s

    @property
    def contacts(self) -> Contacts:
        """Self-collisions so far."""
        return Contacts(self._contact_count, tuple(self._contact_pairs))

    def set_positions(self, positions: Array) -> None:
        """Put the joints (J,) there at once, at rest, and hold them: the start of a simulation, not a motion."""
        import mujoco

        held = frozen_array(positions, (len(self.joint_names),), "positions")
        set_positions(self._compiled, self._data, self.model, held)
        self._data.qvel[:] = 0.0
        self._follower.hold(held)
        mujoco.mj_forward(self._compiled, self._data)

    def read(self) -> RobotState:
        """Measured joints at `time_s`."""
        return RobotState(self.time_s, self.joint_names, self._data.qpos[self._qpos], self._data.qvel[self._dofs])

    def follow(self, trajectory: JointTrajectory) -> None:
        """Replace the running trajectory; its `start_s` is on the clock of `time_s`."""
        self._follower.follow(trajectory, self.time_s)

    def hold(self) -> None:
        """Hold the measured position."""
        self._follower.hold(self._data.qpos[self._qpos])

    def advance(self, dt_s: float) -> None:
        """Run the physics for `dt_s`; a rest shorter than a step is carried over to the next call."""
        check_range(dt_s, 0.0, 3600.0, "dt_s")
        self._due_s += dt_s
        while self.time_s < self._due_s - 0.5 * self.timestep_s:
            self._step()

    def link_pose(self, link: str) -> Array:
        """base_from_link (4, 4) as simulated."""
        pose = np.eye(4)
        try:
            body = self._data.body(link)
        except KeyError:
            raise UnknownName(
                "link", link, [self._compiled.body(i).name for i in range(1, self._compiled.nbody)]
            ) from None
        pose[:3, :3], pose[:3, 3] = body.xmat.reshape(3, 3), body.xpos
        return pose

    def close(self) -> None:
        """Nothing to free."""

    def _step(self) -> None:
        import mujoco

        position, velocity, acceleration = self._follower.command(self.time_s + self.timestep_s)
        self._accelerations[self._dofs] = acceleration
        mujoco.mj_mulM(self._compiled, self._data, self._inertial_force, self._accelerations)
        self._data.ctrl[:] = (
            position + self._velocity_lead_s * velocity + self._inertial_force[self._dofs] / self._position_gain
        )
        mujoco.mj_step(self._compiled, self._data)
        self._steps += 1
        if self._data.ncon:
            self._contact_count += int(self._data.ncon)
            self._contact_pairs.update(dict.fromkeys(contact_links(self._compiled, self._data)))


def _new_data(compiled: Any) -> Any:
    import mujoco

    return mujoco.MjData(compiled)
