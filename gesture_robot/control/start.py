"""First motion: after start-up and after a release every limb goes slowly until it has met its reference."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.control.config import ControlConfig
from gesture_robot.control.limbs import Limbs
from gesture_robot.datatypes import RobotModel, RobotState
from gesture_robot.errors import InvalidInput

_STILL_RAD_S = 0.01
_STILL_S = 1.0


class FirstMotion:
    """Which limbs still move slowly."""

    def __init__(self, limbs: Limbs, config: ControlConfig):
        self._limbs, self._config = limbs, config
        self.reset()

    def reset(self) -> None:
        """Every limb begins anew."""
        self._slow = np.ones(len(self._limbs.names), bool)
        self._seen = np.zeros(len(self._limbs.names), bool)
        self._still_ticks = np.zeros(len(self._limbs.names), int)

    @property
    def active(self) -> bool:
        """True until every limb that was ever driven has met its reference."""
        return bool((self._slow & self._seen).any() or not self._seen.any())

    def update(self, driven: Array, error: Array, velocity: Array) -> Array:
        """(J,) share of the joint speed limits to use in this tick.

        A limb has met its reference when all its driven joints are near it, or when it came to rest before (the
        reference lies behind a limit or behind the robot's own body).

        Args:
            driven: (J,) bool, joints that a source names.
            error: (J,) [rad] distance from the reference.
            velocity: (J,) [rad/s] commanded.
        """
        limbs = self._limbs
        if not self._slow.any():
            return np.ones(len(driven))
        groups = limbs.any(driven)
        self._seen |= groups
        near = ~limbs.any(driven & (np.abs(error) > self._config.reached_rad))
        still = ~limbs.any(np.abs(velocity) > _STILL_RAD_S)
        self._still_ticks = np.where(groups & still, self._still_ticks + 1, 0)
        done = groups & (near | (self._still_ticks * self._config.tick_s >= _STILL_S))
        self._slow &= ~done
        return np.where(self._slow, self._config.start_speed, 1.0)[limbs.of_joint]


def start_position(model: RobotModel, measured: RobotState, tolerance_rad: float) -> Array:
    """(J,) measured positions in the model's order, drawn inside the limits.

    Raises:
        InvalidInput: other joints, or one further outside its limits than `tolerance_rad`.
    """
    names = model.joint_names
    if set(measured.joint_names) != set(names):
        has = ", ".join(measured.joint_names)
        raise InvalidInput(f"the measured joints are {has}; '{model.name}' has {', '.join(names)}.")
    position = measured.positions[[measured.joint_names.index(name) for name in names]]
    inside = np.clip(position, model.lower, model.upper)
    worst = int(np.argmax(np.abs(position - inside)))
    if abs(position[worst] - inside[worst]) > tolerance_rad:
        raise InvalidInput(
            f"joint '{names[worst]}' is measured at {position[worst]:.3f}, outside its limits {model.lower[worst]:.3f} "
            f"to {model.upper[worst]:.3f}. Move it inside by hand, or mend the limits in the robot's description."
        )
    return np.asarray(inside)
