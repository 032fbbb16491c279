"""The arm that waves: a bent tube from the shoulder over elbow and wrist to the finger tips, made for every picture."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.scene.layout import ARM_PAGE

SHOULDER_M = ((0.04, 0.10, 1.27), (0.04, 0.19, 1.25))
"""Inner end and joint in the figure frame, for an arm on the left; the right one is mirrored."""
RESTING_M = ((0.07, 0.26, 1.02), (0.16, 0.07, 0.86), (0.18, -0.08, 0.84))
RAISED_M = ((0.10, 0.36, 1.09), (0.16, 0.42, 1.36), (0.17, 0.43, 1.54))
SWING_M = ((0.0, 0.0, 0.0), (0.0, 0.12, -0.01), (0.0, 0.21, -0.03))
"""How far elbow, wrist and finger tips go to the side at the end of a swing."""
STATIONS = (
    (-0.75, 0.030, 2), (-0.5, 0.060, 12), (-0.1, 0.072, 30), (0.15, 0.072, 45), (0.5, 0.068, 60), (0.9, 0.060, 130),
    (1.1, 0.058, 170), (1.5, 0.054, 230), (1.85, 0.048, 298), (1.97, 0.050, 318), (2.05, 0.040, 330),
    (2.4, 0.050, 370), (2.8, 0.046, 410), (3.0, 0.020, 436))
"""Place along the arm (1 elbow, 2 wrist, 3 finger tips), radius [m], row in the arm's picture."""
_AROUND = 8


def raised_arm(wave: float, phase: float, side: float) -> tuple[Array, Array, Array]:
    """Vertices [m, figure frame], texture pixels and triangles; `side` +1 is the left arm, -1 the right one."""
    share = np.clip(wave, 0.0, 1.0)
    ends = (1.0 - share) * np.array(RESTING_M) + share * np.array(RAISED_M) + share * np.sin(phase) * np.array(SWING_M)
    joints = np.vstack([*SHOULDER_M, *ends]) * [1.0, side, 1.0]
    places = np.array([place for place, _, _ in STATIONS])
    centres = np.column_stack([np.interp(places, np.arange(-1, 4), joints[:, axis]) for axis in range(3)])
    along = np.gradient(centres, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.cross(along, [1.0, 0.0, 0.0])
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    front = np.cross(across, along)
    angles = np.linspace(-np.pi / 2, 1.5 * np.pi, _AROUND, endpoint=False)
    radius = np.array([radius for _, radius, _ in STATIONS])[:, None, None]
    flat = np.where(places > 2.0, 0.5, 1.0)[:, None, None]
    sine, cosine = np.sin(angles)[:, None], np.cos(angles)[:, None]
    rings = centres[:, None] + radius * (sine * across[:, None] + flat * cosine * front[:, None])
    rows = np.array([row for _, _, row in STATIONS], dtype=float)
    uv = np.stack(np.broadcast_arrays(60.0 + 56.0 * np.sin(angles)[None], rows[:, None]), axis=-1) + ARM_PAGE
    return rings.reshape(-1, 3), uv.reshape(-1, 2), _tube_triangles(len(STATIONS))


def _tube_triangles(count: int) -> Array:
    index = np.arange(_AROUND)
    after = np.roll(index, -1)
    triangles = []
    for ring in range(count - 1):
        a, b = ring * _AROUND, (ring + 1) * _AROUND
        triangles += [np.column_stack([a + index, b + index, a + after]),
                      np.column_stack([a + after, b + index, b + after])]
    return np.vstack(triangles)
