"""The room behind the people: a panorama that shifts correctly when the robot's head camera turns.

The view is computed for one point in eight in each direction and interpolated: where the ray hits the room, and where
that point lies in the panorama, which was drawn from the camera's usual place.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.resources import resource_path
from gesture_robot.scene.layout import CAMERA_M

ROOM_LOW = (-1.5, -3.6, 0.0)
ROOM_HIGH = (5.0, 3.6, 2.7)
AZIMUTH = (-2.2, 2.2)
ELEVATION = (-1.2, 1.0)
PX_PER_RAD = 560.0
_STEP = 8


def box_points(origin: Array, rays: Array) -> Array:
    """Where `rays` (..., 3) from `origin` (3,) inside the room leave it [m]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        walls = np.where(rays > 0.0, ROOM_HIGH, ROOM_LOW)
        reach = np.where(np.abs(rays) > 1e-9, (walls - origin) / rays, np.inf).min(axis=-1)
    return np.asarray(origin + np.maximum(reach, 1e-6)[..., None] * rays)


@lru_cache(maxsize=1)
def _panorama() -> Array:
    import cv2

    return np.asarray(cv2.cvtColor(cv2.imread(str(resource_path("config/scene/room.jpg"))), cv2.COLOR_BGR2RGB))


def draw_room(camera_matrix: Array, width: int, height: int, base_from_camera: Array) -> Array:
    """(height, width, 3) uint8 picture of the empty room."""
    import cv2

    columns, rows = -(-width // _STEP) + 2, -(-height // _STEP) + 2
    u = (np.arange(columns) - 1) * _STEP + (_STEP - 1) / 2
    v = (np.arange(rows) - 1) * _STEP + (_STEP - 1) / 2
    x = (u - camera_matrix[0, 2]) / camera_matrix[0, 0]
    y = (v - camera_matrix[1, 2]) / camera_matrix[1, 1]
    rays = np.stack(np.broadcast_arrays(x[None, :], y[:, None], 1.0), axis=-1) @ base_from_camera[:3, :3].T
    seen = box_points(base_from_camera[:3, 3], rays) - CAMERA_M
    azimuth = np.arctan2(seen[..., 1], seen[..., 0])
    elevation = np.arctan2(seen[..., 2], np.hypot(seen[..., 0], seen[..., 1]))
    coarse = np.stack([(AZIMUTH[1] - azimuth) * PX_PER_RAD, (ELEVATION[1] - elevation) * PX_PER_RAD], axis=-1) - 0.5
    fine = cv2.resize(coarse.astype(np.float32), (columns * _STEP, rows * _STEP), interpolation=cv2.INTER_LINEAR)
    fine = fine[_STEP:_STEP + height, _STEP:_STEP + width]
    return np.asarray(cv2.remap(_panorama(), fine, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))  # type: ignore[call-overload]
