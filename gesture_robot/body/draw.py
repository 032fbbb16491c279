"""Pictures of a human pose: the SMPL-X skeleton with hands and face, seen in perspective."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gesture_robot.body.skeleton import FINGERS, JOINT_NAMES, PARENTS, forward_kinematics, joint_index
from gesture_robot.checks import Array

_LEFT, _RIGHT, _MIDDLE, _LEGS = (66, 133, 214), (226, 122, 63), (104, 112, 124), (178, 183, 190)
_RADII_M = {
    "hip": 0.062, "knee": 0.062, "ankle": 0.046, "foot": 0.036, "spine": 0.085, "neck": 0.048, "head": 0.045,
    "collar": 0.05, "shoulder": 0.05, "elbow": 0.042, "wrist": 0.034,
}
"""Of the bone that ends at the joint."""
_FINGER_M, _HAND_M, _HEAD_M = 0.0095, 0.014, 0.1
_LEG_JOINTS = ("hip", "knee", "ankle", "foot")
_TIP = 0.8
"""A finger's last segment as a part of the one before."""
_SKIN, _DARK = (205, 190, 178), (52, 56, 62)
_FIRST_FINGER = 25
_ROS = [2, 0, 1]
"""x forward, y left, z up out of SMPL-X's x left, y up, z forward."""
_HIDDEN = ("jaw", "left_eye", "right_eye")
OVERSAMPLING = 2


class Projected(NamedTuple):
    """Points in a picture."""

    pixels: Array
    """(N, 2)"""
    depth_m: Array
    """(N,)"""
    px_per_m: Array
    """(N,) at that depth."""


class Bone(NamedTuple):
    """A capsule between two joints."""

    start: int
    end: int
    radius_m: float
    colour: tuple[int, int, int]


class Camera:
    """A pinhole that looks at a point from a direction."""

    def __init__(self, look_at_m: Array, azimuth_deg: float, elevation_deg: float, height_m: float, fov_deg: float):
        """Place the camera.

        Args:
            look_at_m: (3,) middle of the picture, x forward, y left, z up.
            azimuth_deg: direction of view about z, 180 faces the person.
            elevation_deg: negative looks down.
            height_m: what the picture shows at that distance, bottom to top.
            fov_deg: vertical field of view.
        """
        azimuth, elevation = np.radians([azimuth_deg, elevation_deg])
        ahead = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
        right = np.cross(ahead, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        self._view_from_world = np.stack([right, -np.cross(right, ahead), ahead])
        self._distance_m = height_m / 2.0 / np.tan(np.radians(fov_deg / 2.0))
        self._look_at_m, self._height_m = np.asarray(look_at_m, float), height_m

    def project(self, points_m: Array, width: int, height: int) -> Projected:
        """Points (N, 3) as a picture of that size shows them."""
        seen = (points_m - self._look_at_m) @ self._view_from_world.T
        depth = seen[:, 2] + self._distance_m
        scale = height / self._height_m * self._distance_m / depth
        return Projected(seen[:, :2] * scale[:, None] + np.array([width, height]) / 2.0, depth, scale)


class HumanPainter:
    """Draws poses; the pelvis stays in place, as the robot's base does."""

    def __init__(self, camera: Camera, width: int, height: int):
        self._camera = camera
        self.width, self.height = width, height
        self._bones = [_bone(joint) for joint in range(1, 55) if JOINT_NAMES[joint] not in _HIDDEN]
        zero, _ = forward_kinematics(np.zeros((55, 3)))
        self._pelvis_m = np.array([0.0, 0.0, 0.02 - float(zero[:, 1].min())])

    def draw(self, rotations: Array) -> Array:
        """Picture (H, W, 3) uint8 RGB of one pose (55, 3) in SMPL-X axes."""
        import cv2

        width, height = OVERSAMPLING * self.width, OVERSAMPLING * self.height
        positions, orientations = forward_kinematics(rotations)
        points = positions[:, _ROS] + self._pelvis_m
        parts = [(points[b.start], points[b.end], b.radius_m, b.colour) for b in self._bones]
        parts += [*_tips(points), *_palms(points), *_face(points, orientations[joint_index("head")])]
        picture = _background(width, height)
        self._shadow(picture, points)
        starts, ends = (self._camera.project(np.array([p[k] for p in parts]), width, height) for k in (0, 1))
        far_m = np.maximum(starts.depth_m, ends.depth_m)
        for row in np.argsort(-far_m, kind="stable"):
            _, _, radius_m, colour = parts[row]
            first, second = ((e.pixels[row], radius_m * e.px_per_m[row]) for e in (starts, ends))
            _paint_capsule(picture, *first, *second, colour)
        return cv2.resize(picture, (self.width, self.height), interpolation=cv2.INTER_AREA)

    def _shadow(self, picture: Array, points: Array) -> None:
        """A soft spot on the floor below the pelvis."""
        import cv2

        ring = np.linspace(0.0, 2.0 * np.pi, 40)
        spot = points[0] * (1.0, 1.0, 0.0) + 0.3 * np.stack([np.cos(ring), np.sin(ring), 0.0 * ring], axis=1)
        pixels = self._camera.project(spot, picture.shape[1], picture.shape[0]).pixels
        cv2.fillPoly(picture, [pixels.astype(np.int32)], (196, 201, 207), cv2.LINE_AA)


Part = tuple[Array, Array, float, tuple[int, int, int]]
"""A capsule: both ends (3,) [m], radius [m] and colour."""


def _bone(joint: int) -> Bone:
    name, parent = JOINT_NAMES[joint], PARENTS[joint]
    part = name.split("_")[-1].rstrip("123")
    colour = {"left": _LEFT, "right": _RIGHT}.get(name.split("_")[0], _MIDDLE)
    if part in _LEG_JOINTS:
        colour = _LEGS
    if joint >= _FIRST_FINGER:
        return Bone(parent, joint, _HAND_M if name.endswith("1") else _FINGER_M, colour)
    return Bone(parent, joint, _RADII_M[part], colour)


def _tips(points: Array) -> list[Part]:
    """The last segments of the fingers, in line with those before."""
    parts = []
    for side, colour in (("left", _LEFT), ("right", _RIGHT)):
        for finger in FINGERS:
            middle, last = (points[joint_index(f"{side}_{finger}{k}")] for k in (2, 3))
            parts.append((last, last + _TIP * (last - middle), _FINGER_M, colour))
    return parts


def _palms(points: Array) -> list[Part]:
    """The knuckles in a row, so that a hand has a breadth."""
    parts = []
    for side, colour in (("left", _LEFT), ("right", _RIGHT)):
        row = [points[joint_index(f"{side}_{finger}1")] for finger in ("index", "middle", "ring", "pinky")]
        parts += [(a, b, _HAND_M, colour) for a, b in zip(row, row[1:], strict=False)]
    return parts


def _face(points: Array, orientation: Array) -> list[Part]:
    """Skull, nose and eyes; what is behind the skull is hidden by it."""
    head = points[joint_index("head")]

    def at(left: float, up: float, front: float) -> Array:
        return np.asarray(head + (orientation @ np.array([left, up, front]))[_ROS])

    skull = (at(0.0, 0.055, 0.012), at(0.0, 0.085, 0.002), _HEAD_M, _SKIN)
    nose = (at(0.0, 0.065, 0.105), at(0.0, 0.04, 0.125), 0.014, _SKIN)
    eyes = [(at(x, 0.082, 0.104),) * 2 + (0.013, _DARK) for x in (-0.037, 0.037)]
    mouth = (at(-0.025, 0.002, 0.1), at(0.025, 0.002, 0.1), 0.005, _DARK)
    return [skull, nose, *eyes, mouth]  # type: ignore[list-item]


def _background(width: int, height: int) -> Array:
    """Light above, floor below, as behind the robot."""
    shade = np.linspace(246, 208, height).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(shade[:, None, None], (height, width, 3)))


def _paint_capsule(
    picture: Array, a: Array, a_px: float, b: Array, b_px: float, colour: tuple[int, int, int]
) -> None:
    """Dark rim, colour, and a lighter middle a little to the upper left."""
    size = max(a_px, b_px)
    layers = ((1.0, 0.62, 0.0), (1.0 - 2.0 / max(size, 4.0), 0.92, 0.0), (0.5, 1.14, -0.22))
    for share, light, shift in layers:
        shade = tuple(int(min(255.0, light * c + max(0.0, light - 1.0) * 90.0)) for c in colour)
        _fill(picture, a + shift * a_px, share * a_px, b + shift * b_px, share * b_px, shade)


def _fill(picture: Array, a: Array, a_px: float, b: Array, b_px: float, colour: tuple[int, ...]) -> None:
    """Two discs and what is between them; drawn to 1/16 pixel."""
    import cv2

    way = b - a
    length = float(np.hypot(way[0], way[1]))
    if length > 1e-6:
        side = np.array([-way[1], way[0]]) / length
        corners = np.array([a + a_px * side, b + b_px * side, b - b_px * side, a - a_px * side])
        cv2.fillConvexPoly(picture, np.round(16.0 * corners).astype(np.int32), colour, cv2.LINE_AA, 4)
    for centre, radius in ((a, a_px), (b, b_px)):
        x, y = (int(round(16.0 * float(v))) for v in centre)
        cv2.circle(picture, (x, y), max(int(round(16.0 * radius)), 1), colour, -1, cv2.LINE_AA, 4)
