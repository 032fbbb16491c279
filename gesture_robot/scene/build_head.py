"""Closes the 468 face points to a solid head and paints what the photograph does not show of it (offline)."""

from __future__ import annotations

import numpy as np
from scipy.spatial import Delaunay
from scipy.spatial.transform import Rotation

from gesture_robot.checks import Array
from gesture_robot.scene.layout import (
    BACK_PAGE,
    EYES_UV,
    HEAD_PAGE,
    PAGE_ORIGIN_UV,
    PAGE_SIZE,
    PHOTO_POSE_DEG,
    PX_PER_M,
)

Mesh = tuple[Array, Array, Array]

OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
        150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
"""MediaPipe's face oval, from the top of the forehead over the person's left."""
CENTRE_UV = (227.0, 92.0)
WIDEST_D = -62.0
"""Depth [px] at which hair and skull are widest, and that of the back of the head."""
BACK_D = -130.0
NAPE_V = 128.0
HAIR_BOTTOM_V = 128.0
FRONT_RINGS = (0.5, 1.0)
BACK_RINGS_DEG = (90.0, 115.0, 142.0)


def build_head(photo: Array, mask: Array, points: Array) -> tuple[Mesh, Array, Array]:
    """Mesh in the head frame [m] with texture pixels, and the two texture pages (front, back)."""
    oval, outline = _borders(mask, points[list(OVAL)])
    faces = _face_points(points)
    uvd, page, triangles = _assemble(faces, oval, outline)
    origin = np.where(page[:, None] == 0, HEAD_PAGE, BACK_PAGE) - np.array(PAGE_ORIGIN_UV)
    texture = uvd[:, 3:5] + origin
    front = _front_page(photo, outline)
    mesh = (_to_head_frame(uvd[:, :3]), texture, _outward(uvd[:, :3], triangles))
    return mesh, front, _back_page(front, outline)


def _borders(mask: Array, oval: Array, longest_px: float = 15.0) -> tuple[Array, Array]:
    """Face oval (K, 3) and outline (K, 2) of the head, with points added where the outline's edges are long."""
    for _ in range(2):
        outline = _outline(mask, oval)
        edge = np.hypot(*(np.roll(outline, -1, axis=0) - outline).T)
        middle = (oval + np.roll(oval, -1, axis=0)) / 2.0
        longer = np.flatnonzero(edge > longest_px)
        oval = np.insert(oval, longer + 1, middle[longer], axis=0)
    return oval, _outline(mask, oval)


def _outline(mask: Array, oval: Array) -> Array:
    """(K, 2) end of the head in the direction of every oval point: hair by the mask, jaw by the oval itself."""
    from scipy.ndimage import gaussian_filter1d

    result = np.zeros((len(oval), 2))
    for index, (u, v, _) in enumerate(oval):
        ray = np.array([u, v]) - CENTRE_UV
        ray /= np.hypot(*ray)
        radius = float(np.hypot(u - CENTRE_UV[0], v - CENTRE_UV[1]))
        if v < HAIR_BOTTOM_V:
            steps = np.arange(20.0, 110.0, 0.5)
            at = (np.array(CENTRE_UV) + steps[:, None] * ray).round().astype(int)
            inside = mask[at[:, 1].clip(0), at[:, 0]] > 0
            radius = max(radius, steps[np.argmin(inside) if not inside.all() else -1] - 1.5)
        result[index] = np.array(CENTRE_UV) + (radius + (1.0 if v >= HAIR_BOTTOM_V else 0.0)) * ray
    hair = oval[:, 1] < HAIR_BOTTOM_V
    smooth = gaussian_filter1d(result, 0.4, axis=0, mode="wrap")
    return np.where(hair[:, None], smooth, result)


def _face_points(points: Array, spacing_px: float = 6.5) -> Array:
    """A thinned set of landmarks: nose, eyes and mouth corners first, then whatever is far enough from those taken."""
    first = [1, 4, 5, 6, 197, 168, 33, 263, 133, 362, 61, 291, 13, 14, 152, 10, 2, 98, 327, 129, 358, 17, 0, 64, 294]
    taken: list[int] = []
    for index in first + [i for i in range(len(points)) if i not in OVAL]:
        near = points[taken + list(OVAL)][:, :2] if taken else points[list(OVAL)][:, :2]
        if index in OVAL or np.hypot(*(near - points[index, :2]).T).min() < (3.0 if index in first else spacing_px):
            continue
        taken.append(index)
    return points[taken]


def _assemble(faces: Array, oval: Array, outline: Array) -> tuple[Array, Array, Array]:
    """Vertices (u, v, d, texture u, texture v), their page (0 front, 1 back), triangles (K, 3)."""
    count = len(oval)
    flat = np.vstack([oval, faces])
    vertices = [np.column_stack([flat, flat[:, :2]])]
    pages = [np.zeros(len(flat))]
    triangles = [_inside(Delaunay(flat[:, :2]).simplices, flat, oval)]
    previous = np.arange(count)
    widest = _widest(oval, outline)
    for ring in _front_rings(oval, outline, widest) + _back_rings(oval, outline, widest):
        start = sum(len(v) for v in vertices)
        vertices.append(ring[0])
        pages.append(np.full(count, ring[1]))
        current = start + np.arange(count)
        if ring[2]:
            triangles.append(_strip(previous, current))
        previous = current
    pole = np.array([[CENTRE_UV[0], CENTRE_UV[1] - 20.0, BACK_D, CENTRE_UV[0], CENTRE_UV[1] - 20.0]])
    vertices.append(pole)
    pages.append(np.ones(1))
    last = sum(len(v) for v in vertices) - 1
    triangles.append(np.array([(previous[i], previous[(i + 1) % count], last) for i in range(count)]))
    return np.vstack(vertices), np.concatenate(pages), np.vstack(triangles)


def _widest(oval: Array, outline: Array) -> Array:
    """(K,) depth of the outline: far back at the hair, the oval's own at the jaw, smooth in between."""
    gap = np.hypot(*(outline - oval[:, :2]).T)
    share = np.clip(gap / 14.0, 0.0, 1.0)
    return share * WIDEST_D + (1.0 - share) * (oval[:, 2] - 3.0)


def _front_rings(oval: Array, outline: Array, widest: Array) -> list[tuple[Array, float, bool]]:
    """Rings from the face oval to the outline on an ellipse: flat at the face, straight back at the outline."""
    inner = np.hypot(*(oval[:, :2] - CENTRE_UV).T)
    outer = np.hypot(*(outline - CENTRE_UV).T)
    start = np.arcsin(np.clip(inner / outer, 0.0, 0.995))
    rings = []
    for share in FRONT_RINGS:
        angle = start + share * (np.pi / 2 - start)
        radius = outer * np.sin(angle)
        where = CENTRE_UV + (outline - CENTRE_UV) * (radius / outer)[:, None]
        depth = widest + (oval[:, 2] + 5.0 * np.sin(np.pi * share) - widest) * np.cos(angle) / np.cos(start)
        drawn = inner + share * (0.97 * outer - inner)  # between flat and even, so that turned hair is not stretched
        inward = (0.4 * np.minimum(radius, 0.97 * outer) + 0.6 * drawn) / outer
        texture = CENTRE_UV + (outline - CENTRE_UV) * inward[:, None]
        rings.append((np.column_stack([where, depth, texture]), 0.0, True))
    return rings


def _back_rings(oval: Array, outline: Array, widest: Array) -> list[tuple[Array, float, bool]]:
    """Rings over the back of the head; below, they rise from the jaw to the nape."""
    rings = []
    for degrees in BACK_RINGS_DEG:
        angle = np.radians(degrees)
        where = CENTRE_UV + (outline - CENTRE_UV) * np.sin(angle)
        rise = np.clip((degrees - 90.0) / 40.0, 0.0, 1.0)
        where[:, 1] += rise * (np.minimum(where[:, 1], NAPE_V) - where[:, 1])
        depth = widest + (BACK_D - widest) * -np.cos(angle)
        texture = CENTRE_UV + (outline - CENTRE_UV) * (0.97 * (1.0 - 0.7 * (degrees - 90.0) / 90.0))
        rings.append((np.column_stack([where, depth, texture]), 1.0, degrees > 90.0))
    return rings


def _strip(inner: Array, outer: Array) -> Array:
    after_inner, after_outer = np.roll(inner, -1), np.roll(outer, -1)
    return np.vstack([np.column_stack([inner, after_inner, outer]), np.column_stack([after_inner, after_outer, outer])])


def _inside(triangles: Array, flat: Array, oval: Array) -> Array:
    import cv2

    border = oval[:, :2].astype(np.float32)
    middle = flat[triangles][:, :, :2].mean(axis=1)
    keep = [cv2.pointPolygonTest(border, (float(u), float(v)), False) >= 0 for u, v in middle]
    return triangles[keep]


def _outward(uvd: Array, triangles: Array) -> Array:
    """All triangles turned so that their normal points out of the head; slivers without area are dropped."""
    corners = uvd[triangles] * [1.0, -1.0, 1.0]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    middle = np.array([CENTRE_UV[0], -CENTRE_UV[1] - 5.0, WIDEST_D])
    inward = ((corners.mean(axis=1) - middle) * normal).sum(axis=1) < 0.0
    turned = np.where(inward[:, None], triangles[:, ::-1], triangles)
    return turned[np.linalg.norm(normal, axis=1) > 1.0]


def _to_head_frame(uvd: Array) -> Array:
    """Photograph pixels to the head frame [m]: the photograph's own head pose is taken out."""
    right_up_near = (uvd - [EYES_UV[0], EYES_UV[1], 0.0]) * [1.0, -1.0, 1.0] / PX_PER_M
    canonical = Rotation.from_euler("YXZ", PHOTO_POSE_DEG, degrees=True).inv().apply(right_up_near)
    return canonical[:, [2, 0, 1]]


def _polygon(outline: Array, grow: float) -> Array:
    import cv2

    width, height = PAGE_SIZE
    page = np.zeros((height, width), np.uint8)
    ring = CENTRE_UV + (outline - CENTRE_UV) * grow - PAGE_ORIGIN_UV
    return np.asarray(cv2.fillPoly(page, [ring.round().astype(np.int32)], (255,)))


def _front_page(photo: Array, outline: Array) -> Array:
    """The head alone: what lies around it is painted over with its own border colours."""
    import cv2

    (left, top), (width, height) = PAGE_ORIGIN_UV, PAGE_SIZE
    page = np.ascontiguousarray(photo[top:top + height, left:left + width])
    outside = cv2.bitwise_not(_polygon(outline, 0.975))
    return np.asarray(cv2.inpaint(page, outside, 3, cv2.INPAINT_TELEA))


def _back_page(front: Array, outline: Array) -> Array:
    """Back of the head: the crown's hair drawn down over the face, skin of the nape below, darker in the middle."""
    import cv2

    height, width = front.shape[:2]
    v, u = np.mgrid[0:height, 0:width].astype(np.float32)
    stretched = np.where(v > 26, 26 + (v - 26) * 0.42, v).astype(np.float32)
    hair = cv2.remap(front, u, stretched, cv2.INTER_LINEAR).astype(np.float32) * 0.8
    skin = np.array([150.0, 104.0, 80.0]) * np.ones_like(hair)
    below = np.clip((v - HAIR_BOTTOM_V) / 8.0, 0.0, 1.0)[..., None]
    back = hair * (1 - below) + skin * below
    inner = cv2.GaussianBlur(_polygon(outline, 0.9), (0, 0), 4).astype(np.float32)[..., None] / 255.0
    return (front * (1 - inner) + back * inner).clip(0, 255).astype(np.uint8)
