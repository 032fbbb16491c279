"""Turns the head to where the robot looks, on top of whatever the body does.

The torso's motion is compensated at once, as the vestibulo-ocular reflex does; slow turns of the head that the motion
brings along give way to the gaze, quick ones (nods, shakes) stay. Eyes lead: `eye_direction_head` points at the target
from the first moment. State lives in time, so one thread calls `target` and `apply` with times that do not run back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.body.rotations import matrix_from_rotvec, rotvec_from_matrix
from gesture_robot.checks import Array, check_range, frozen_array
from gesture_robot.errors import InvalidInput
from gesture_robot.gesture.compose import HEAD, NECK, SPINE
from gesture_robot.gesture.curves import ease
from gesture_robot.settings import check_settings, setting

_UPRIGHT = [0, *SPINE, NECK, HEAD]


@dataclass(frozen=True)
class GazeConfig:
    """Settings of GazeLayer; angles in degrees because people set them."""

    rate_rad_s: float = setting(9.0, "natural frequency of the head's critically damped approach", unit="rad/s",
                                low=2.0, high=40.0)
    max_speed_rad_s: float = setting(2.4, "fastest turn of the head", unit="rad/s", low=0.2, high=8.0)
    max_yaw_deg: float = setting(70.0, "head against chest", unit="deg", low=5.0, high=90.0)
    max_pitch_deg: float = setting(35.0, "head against chest, up and down", unit="deg", low=5.0, high=60.0)
    torso_from_deg: float = setting(35.0, "the torso helps beyond this yaw", unit="deg", low=0.0, high=90.0)
    torso_share: float = setting(0.6, "share of the excess yaw that the torso takes", low=0.0, high=1.0)
    max_torso_deg: float = setting(30.0, "largest torso yaw for gaze", unit="deg", low=0.0, high=60.0)
    keep_quick_s: float = setting(0.5, "quicker head movements of the motion survive", unit="s", low=0.05, high=5.0)
    keep_turn: float = setting(0.4, "share of the motion's quick turns aside that survives, so that it goes on looking",
                               low=0.0, high=1.0)
    release_s: float = setting(0.7, "time to give the head back when there is no target", unit="s", low=0.1, high=5.0)
    max_eye_deg: float = setting(30.0, "largest eye angle against the head", unit="deg", low=5.0, high=45.0)

    def __post_init__(self) -> None:
        check_settings(self)


class GazeLayer:
    """Adds head, neck and a little torso so that the face points at a direction in the robot's base frame."""

    def __init__(self, config: GazeConfig | None = None):
        self.config = config or GazeConfig()
        self._goal: Array | None = None
        self._released_s = -np.inf
        self._engaged = False
        self._angles = np.zeros(2)  # filtered pitch and yaw of the gaze in the world
        self._rates = np.zeros(2)
        self._torso = np.zeros(2)  # torso yaw and its rate
        self._slow: Array | None = None
        self._out, self._out_rate = np.zeros(2), np.zeros(2)
        self._t_s: float | None = None

    def target(self, direction_base: Array | None, now_s: float) -> None:
        """Look along `direction_base` (3,) from the head (x forward, y left, z up), or at nothing when None.

        Raises:
            InvalidInput: wrong shape, NaN, or the zero vector.
        """
        check_range(now_s, -1e12, 1e12, "now_s")
        if direction_base is None:
            if self._goal is not None:
                self._released_s = now_s
            self._goal = None
            return
        x, y, z = frozen_array(direction_base, (3,), "direction_base")
        if x * x + y * y + z * z < 1e-12:
            raise InvalidInput("a gaze direction must not be the zero vector.")
        self._goal = np.array([-np.arctan2(z, np.hypot(x, y)), np.arctan2(y, x)])

    def apply(self, pose: Array, t_s: float) -> Array:
        """(55, 3) `pose` with torso, neck and head turned to the target as far as the time since then allows."""
        dt = 0.0 if self._t_s is None else float(np.clip(t_s - self._t_s, 0.0, 1.0))
        pose = np.array(pose, float)
        torso_goal = self._torso_goal() if self._goal is not None else 0.0
        self._torso = np.concatenate(_approach(self._torso[:1], self._torso[1:], np.array([torso_goal]), 4.0, 1.2, dt))
        pose[SPINE, 1] += self._torso[0] / 3.0
        pelvis, low, middle, high, neck, head = matrix_from_rotvec(pose[_UPRIGHT])
        chest, head_local = pelvis @ low @ middle @ high, neck @ head
        own = _angles(head_local)
        slow = self._follow_slow(own, dt)
        world = _angles(chest @ head_local)
        weight = 1.0 if self._goal is not None else 1.0 - float(ease((t_s - self._released_s) / self.config.release_s))
        if self._goal is not None and not self._engaged:
            self._engage(world)
            slow = self._slow = own.copy()
        self._engaged = self._goal is not None
        if self._goal is not None:
            self._angles, self._rates = _approach(self._angles, self._rates, self._reachable(self._goal),
                                                  self.config.rate_rad_s, self.config.max_speed_rad_s, dt)
        wanted = self._angles + (own[:2] - slow[:2]) * np.array([1.0, self.config.keep_turn])
        angles = weight * wanted + (1.0 - weight) * world[:2]
        if dt > 0.0:
            self._out_rate = (angles - self._out) / dt
        self._out, self._t_s = angles, t_s
        if weight > 0.0:
            self._turn_head(pose, chest, np.append(angles, world[2]))
        return pose

    def eye_direction_head(self, t_s: float) -> Array:
        """(3,) unit vector in the head's frame (x forward, y left, z up) in which the eyes look now."""
        if self._goal is None:
            return np.array([1.0, 0.0, 0.0])
        limit = np.radians(self.config.max_eye_deg)
        pitch, yaw = np.clip(_wrap(self._goal - self._out), -limit, limit)
        return np.array([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), -np.sin(pitch)])

    @property
    def head_direction_base(self) -> Array:
        """(3,) unit vector in which the face pointed at the last `apply`."""
        pitch, yaw = self._out
        return np.array([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), -np.sin(pitch)])

    def _follow_slow(self, own: Array, dt: float) -> Array:
        """The motion's own head angles without their quick part."""
        before = own if self._slow is None else self._slow
        self._slow = own + (before - own) * np.exp(-dt / self.config.keep_quick_s)
        return self._slow

    def _engage(self, world: Array) -> None:
        """Start the approach from where the face points now, at the speed it has, so that nothing jumps."""
        if self._t_s is None:
            self._out, self._out_rate = world[:2], np.zeros(2)
        self._angles, self._rates = self._out.copy(), self._out_rate.copy()

    def _torso_goal(self) -> float:
        assert self._goal is not None
        yaw, limit = float(self._goal[1]), np.radians(self.config.max_torso_deg)
        excess = max(abs(yaw) - np.radians(self.config.torso_from_deg), 0.0) * self.config.torso_share
        return float(np.sign(yaw) * min(excess, limit))

    def _reachable(self, goal: Array) -> Array:
        pitch, yaw = np.radians([self.config.max_pitch_deg, self.config.max_yaw_deg])
        aside = yaw + abs(self._torso[0])
        return np.array([np.clip(goal[0], -pitch, pitch), np.clip(goal[1], -aside, aside)])

    def _turn_head(self, pose: Array, chest: Array, angles: Array) -> None:
        """Share the wanted turn between neck and head."""
        wanted_local = chest.T @ _from_angles(angles)
        local = _angles(wanted_local)
        limits = np.radians([self.config.max_pitch_deg + 15.0, self.config.max_yaw_deg + 10.0])
        turn = rotvec_from_matrix(_from_angles(np.append(np.clip(local[:2], -limits, limits), local[2])))
        pose[NECK], pose[HEAD] = 0.45 * turn, 0.55 * turn


def _approach(value: Array, rate: Array, goal: Array, omega: float, max_rate: float, dt: float) -> tuple[Array, Array]:
    """One step of a critically damped spring towards `goal`, no faster than `max_rate` (exact between the limits)."""
    near = np.clip(goal - value, -2.0 * max_rate / omega, 2.0 * max_rate / omega)
    goal = value + near  # a far goal pulls no harder than one that asks for the greatest speed
    offset = value - goal
    decay = np.exp(-omega * dt)
    slope = rate + omega * offset
    new = goal + (offset + slope * dt) * decay
    return new, (rate - omega * slope * dt) * decay


def _angles(matrix: Array) -> Array:
    """(3,) pitch down, yaw left, roll right of a head rotation in SMPL-X axes (yaw about y, then pitch, then roll)."""
    x, y, z = matrix[:, 2]
    return np.array([-np.arctan2(y, np.hypot(x, z)), np.arctan2(x, z), np.arctan2(matrix[1, 0], matrix[1, 1])])


def _from_angles(angles: Array) -> Array:
    (cp, cy, cr), (sp, sy, sr) = np.cos(angles), np.sin(angles)
    return np.array([[cy * cr + sy * sp * sr, sy * sp * cr - cy * sr, sy * cp],
                     [cp * sr, cp * cr, -sp],
                     [cy * sp * sr - sy * cr, sy * sr + cy * sp * cr, cy * cp]])


def _wrap(angles: Array) -> Array:
    return np.asarray((angles + np.pi) % (2.0 * np.pi) - np.pi)
