"""Draws textured triangles into a picture with OpenCV and numpy, fast enough for a camera without a GPU.

Every visible triangle writes its number into an index picture, far ones first; the affine map of that triangle then
gives each pixel its place in the texture, and one `cv2.remap` fetches all colours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array

NEAREST_M = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Triangles: `vertices_camera` (N, 3) [m], `uv` (N, 2) texture pixels, `triangles` (K, 3) far ones first."""

    vertices_camera: Array
    uv: Array
    triangles: Array


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """A picture and its halved copies, so that far figures do not shimmer."""

    levels: tuple[Array, ...]

    @classmethod
    def from_rgb(cls, rgb: Array, count: int = 4) -> Texture:
        """Build `count` levels."""
        import cv2

        levels = [np.ascontiguousarray(rgb)]
        for _ in range(count - 1):
            levels.append(np.asarray(cv2.pyrDown(levels[-1])))
        return cls(tuple(levels))


def draw_surface(picture: Array, surface: Surface, camera_matrix: Array, texture: Texture, oversample: int = 1) -> None:
    """Draw into `picture` (H, W, 3) uint8 in place; only triangles that face the camera are seen."""
    import cv2

    pixels = _project(surface.vertices_camera, camera_matrix)
    box = _box(pixels, surface.vertices_camera[:, 2], picture.shape)
    if box is None:
        return
    left, top, width, height = box
    corners = (pixels[surface.triangles] + 0.5 - [left, top]) * oversample - 0.5
    across = _signed_areas(corners)
    seen = (across > 1e-3) & (surface.vertices_camera[surface.triangles, 2].min(axis=1) > NEAREST_M)
    corners, uv = corners[seen], surface.uv[surface.triangles[seen]]
    if not len(corners):
        return
    index = np.full((height * oversample, width * oversample), -1, np.int32)
    fixed = np.rint(corners * 16.0).astype(np.int32)
    for number, polygon in enumerate(fixed):
        cv2.fillConvexPoly(index, polygon, (number,), cv2.LINE_8, 4)
    texel = float(np.sqrt(np.median(np.abs(_signed_areas(uv)) / across[seen])))
    level = int(np.clip(np.rint(np.log2(max(texel, 1e-6))), 0, len(texture.levels) - 1))
    colours = _colours(index, _affine(corners, uv, across[seen]), texture.levels[level], 0.5**level)
    alpha: Array = cv2.compare(index, -1, cv2.CMP_GT)  # type: ignore[call-overload]
    if oversample > 1:
        colours = cv2.resize(colours, (width, height), interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA)
    else:
        alpha = cv2.min(alpha, cv2.blur(alpha, (3, 3)))
    _blend(picture[top:top + height, left:left + width], colours, alpha)


def draw_shadow(picture: Array, x_m: float, y_m: float, camera_matrix: Array, camera_from_base: Array) -> None:
    """Darken the floor (z = 0 of the base) below somebody who stands at `x_m`, `y_m`, in place."""
    import cv2

    turn = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    ring = np.column_stack([x_m + 0.30 * np.cos(turn), y_m + 0.30 * np.sin(turn), np.zeros(24)])
    ring_camera = ring @ camera_from_base[:3, :3].T + camera_from_base[:3, 3]
    pixels = _project(ring_camera, camera_matrix)
    box = _box(np.vstack([pixels - 8.0, pixels + 8.0]), np.tile(ring_camera[:, 2], 2), picture.shape)
    if box is None or ring_camera[:, 2].min() < NEAREST_M:
        return
    left, top, width, height = box
    shade = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(shade, np.rint((pixels - [left, top]) * 16.0).astype(np.int32), (90,), cv2.LINE_AA, 4)
    light = cv2.bitwise_not(cv2.blur(cv2.blur(shade, (9, 5)), (9, 5)))
    part = picture[top:top + height, left:left + width]
    part[:] = cv2.multiply(part, cv2.merge([light] * 3), scale=1.0 / 255.0)


def _project(points_camera: Array, camera_matrix: Array) -> Array:
    depth = np.maximum(points_camera[:, 2], NEAREST_M)
    focal, centre = camera_matrix[[0, 1], [0, 1]], camera_matrix[:2, 2]
    return np.asarray(points_camera[:, :2] / depth[:, None] * focal + centre)


def _box(pixels: Array, depth_m: Array, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Left, top, width, height of what lies inside the picture, or None."""
    pixels = pixels[depth_m > NEAREST_M]
    if not len(pixels):
        return None
    low = np.maximum(np.floor(pixels.min(axis=0)) - 1, 0).astype(int)
    high = np.minimum(np.ceil(pixels.max(axis=0)) + 2, [shape[1], shape[0]]).astype(int)
    if (high - low < 2).any():
        return None
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def _signed_areas(corners: Array) -> Array:
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return np.asarray(first[:, 1] * second[:, 0] - first[:, 0] * second[:, 1])


def _affine(corners: Array, uv: Array, across: Array) -> Array:
    """(K, 6) float32: u = a x + b y + c, v = d x + e y + f for every triangle."""
    edges = corners[:, 1:] - corners[:, :1]
    slopes = uv[:, 1:] - uv[:, :1]
    inverse = np.empty((len(corners), 2, 2))
    inverse[:, 0, 0], inverse[:, 0, 1] = edges[:, 1, 1], -edges[:, 0, 1]
    inverse[:, 1, 0], inverse[:, 1, 1] = -edges[:, 1, 0], edges[:, 0, 0]
    gradient = np.einsum("kij,kjl->kil", inverse, slopes) / -across[:, None, None]
    offset = uv[:, 0] - np.einsum("ki,kil->kl", corners[:, 0], gradient)
    return np.column_stack([gradient[:, 0, 0], gradient[:, 1, 0], offset[:, 0],
                            gradient[:, 0, 1], gradient[:, 1, 1], offset[:, 1]]).astype(np.float32)


def _colours(index: Array, affine: Array, page: Array, scale: float) -> Array:
    import cv2

    number = index.ravel().astype(np.intp)
    x = np.arange(index.shape[1], dtype=np.float32)[None, :]
    y = np.arange(index.shape[0], dtype=np.float32)[:, None]
    rows = np.ascontiguousarray(affine.T) * np.float32(scale)
    planes = [np.take(row, number, mode="clip").reshape(index.shape) for row in rows]
    u, along_y, offset_u, v, other_y, offset_v = planes
    shift = np.float32(0.5 * scale - 0.5)
    for total, slope, offset in ((u, along_y, offset_u), (v, other_y, offset_v)):
        total *= x
        slope *= y
        total += slope
        total += offset
        total += shift
    return np.asarray(cv2.remap(page, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _blend(target: Array, colours: Array, alpha: Array) -> None:
    """Copy where the figure is solid, mix along its border."""
    import cv2

    cv2.copyTo(colours, cv2.inRange(alpha, 255, 255), target)  # type: ignore[call-overload]
    border = np.nonzero(cv2.inRange(alpha, 1, 254))  # type: ignore[call-overload]
    share = alpha[border].astype(np.float32)[:, None] / 255.0
    target[border] = (target[border] * (1.0 - share) + colours[border] * share + 0.5).astype(np.uint8)
