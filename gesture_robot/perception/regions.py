"""Square, turned picture regions handed to the landmark models, and how they follow from what was found before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array

MESH_MARGIN = 1.5
"""Side of the mesh model's region in face lengths, as the model was trained."""
POSE_MARGIN = 1.25
"""Side of the pose model's region in body circle diameters."""
BODY_BELOW_FACE, BODY_SIDE = 3.9, 13.0
"""Centre and side of a body's region in face widths, measured on standing people."""


@dataclass(frozen=True, slots=True)
class Region:
    """Centre [px], side [px] and clockwise turn [rad] of a square."""

    x: float
    y: float
    side: float
    angle: float


def region_of_face(box_px: Array, eyes_px: Array) -> Region:
    """Region for the face mesh from a detected face box and its (2, 2) eyes, image left first."""
    return Region(float(box_px[0] + box_px[2] / 2), float(box_px[1] + box_px[3] / 2),
                  float(max(box_px[2], box_px[3]) * MESH_MARGIN), _level(eyes_px[0], eyes_px[1]))


def region_of_mesh(landmarks_px: Array) -> Region:
    """Region for the face mesh from the landmarks (478, 3) of the same face a moment ago."""
    low, high = landmarks_px[:468, :2].min(axis=0), landmarks_px[:468, :2].max(axis=0)
    centre = (low + high) / 2
    return Region(float(centre[0]), float(centre[1]), float((high - low).max() * MESH_MARGIN),
                  _level(landmarks_px[33, :2], landmarks_px[263, :2]))


def region_below_face(face_box_px: Array) -> Region:
    """Region for the body under an upright face; the box is the detector's or `box_of_mesh`."""
    width = float(face_box_px[2])
    y = float(face_box_px[1] + face_box_px[3] / 2 + BODY_BELOW_FACE * width)
    return Region(float(face_box_px[0] + width / 2), y, BODY_SIDE * width, 0.0)


def region_of_circle(centre_px: Array, rim_px: Array) -> Region:
    """Region for the body from the centre (2,) and a point on the rim (2,) of the circle about the whole body.

    The rim point lies straight above the head of an upright person.
    """
    line = np.asarray(rim_px, float) - np.asarray(centre_px, float)
    angle = float(np.arctan2(line[1], line[0]) + np.pi / 2)
    return Region(float(centre_px[0]), float(centre_px[1]), float(2.0 * np.hypot(*line) * POSE_MARGIN),
                  float((angle + np.pi) % (2 * np.pi) - np.pi))


def tiles_of(size_px: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """Six overlapping parts (x, y, width, height) of a picture, three beside each other in two rows."""
    width, height = size_px
    w, h = max(width // 2, 1), max(2 * height // 3, 1)
    return [(x, y, w, h) for y in (0, height - h) for x in (0, (width - w) // 2, width - w)]


def box_of_mesh(landmarks_px: Array) -> Array:
    """Face box (4,) x, y, width, height about the landmarks."""
    low, high = landmarks_px[:468, :2].min(axis=0), landmarks_px[:468, :2].max(axis=0)
    return np.concatenate([low, high - low])


def shift_to_marks(marks_px: Array, landmarks_px: Array) -> Array:
    """Shift (2,) from a mesh (478, 3) to the detector's keypoints (6, 2): right eye, left eye, nose, mouth."""
    own = np.array([landmarks_px[list(group), :2].mean(axis=0) for group in ((33, 133), (362, 263), (4,), (13, 14))])
    return (marks_px[:4] - own).mean(axis=0)  # type: ignore[no-any-return]


def camera_shift(point_px: Array, new_from_old: Array, camera_matrix: Array) -> Array:
    """Shift (2,) [px] of a point (2,) of the last picture when the camera turned; (0, 0) if it left the view."""
    ray = new_from_old @ np.linalg.solve(camera_matrix, [point_px[0], point_px[1], 1.0])
    if ray[2] < 0.1:
        return np.zeros(2)
    pixel = camera_matrix @ ray
    return pixel[:2] / pixel[2] - point_px  # type: ignore[no-any-return]


def overlap(a_px: Array, b_px: Array) -> float:
    """Intersection over union of two boxes x, y, width, height."""
    low = np.maximum(a_px[:2], b_px[:2])
    high = np.minimum(a_px[:2] + a_px[2:], b_px[:2] + b_px[2:])
    shared = float(np.prod(np.maximum(high - low, 0.0)))
    total = float(a_px[2] * a_px[3] + b_px[2] * b_px[3]) - shared
    return shared / total if total > 0 else 0.0


def _level(left_px: Array, right_px: Array) -> float:
    line = np.asarray(right_px, float) - np.asarray(left_px, float)
    return float(np.arctan2(line[1], line[0]))
