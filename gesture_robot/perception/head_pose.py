"""Head pose, gaze and facial measures from one face mesh.

Camera frame: optical (x right, y down, z forward). Head frame: x out of the face, y to the person's left, z up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import Expression
from gesture_robot.perception.face_shape import RIGID, RIGID_M

FACING = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])
"""Camera-from-head rotation of a head that faces the camera squarely."""

RIGHT_IRIS, LEFT_IRIS = 468, 473
RIGHT_EYE = (33, 133, 159, 145)
"""Outer corner, inner corner, upper lid, lower lid."""
LEFT_EYE = (263, 362, 386, 374)
EYE_GAIN = 2.5
"""An eye's width divided by the eyeball's radius, 30 mm / 12 mm: turns an offset in eye widths into a sine."""
VERTICAL_ZERO = -0.05
"""Iris height of people who look straight ahead, in eye widths (down positive)."""
CLOSED_RATIO, OPEN_RATIO = 0.12, 0.24
SMILE_NONE_CM, SMILE_FULL_CM = 0.15, 0.75
GAP_CLOSED_CM, GAP_OPEN_CM = 0.25, 1.6


def solve_head_pose(landmarks_px: Array, camera_matrix: Array) -> Array:
    """Pose (4, 4) of the head in the camera from mesh landmarks (478, 3), by PnP on the rigid points.

    Starts from a similarity fit to the landmarks with their depth (which cannot flip) and refines the reprojection
    error with Levenberg-Marquardt.
    """
    import cv2

    first = _similarity_pose(landmarks_px[RIGID], camera_matrix)
    points, undistorted = np.ascontiguousarray(landmarks_px[RIGID, :2]), np.zeros(4)
    start, _ = cv2.Rodrigues(first[:3, :3])
    rotation, position = cv2.solvePnPRefineLM(RIGID_M, points, camera_matrix, undistorted, start,
                                              first[:3, 3].reshape(3, 1).copy())
    pose = np.eye(4)
    pose[:3, :3] = cv2.Rodrigues(rotation)[0]
    pose[:3, 3] = position.ravel()
    return pose if position[2, 0] > 0.05 else first


def _similarity_pose(points_px: Array, camera_matrix: Array) -> Array:
    """Weak-perspective pose from points (N, 3) whose depth has the scale of their pixels."""
    scale, rotation, offset = fit_similarity(RIGID_M, points_px)
    focal = float(camera_matrix[0, 0] + camera_matrix[1, 1]) / 2.0
    depth = focal / scale
    ray = np.array([(offset[0] - camera_matrix[0, 2]) / camera_matrix[0, 0],
                    (offset[1] - camera_matrix[1, 2]) / camera_matrix[1, 1], 1.0])
    pose = np.eye(4)
    pose[:3, :3] = turn_to(ray) @ rotation
    pose[:3, 3] = ray * depth
    return pose


def turn_to(ray: Array) -> Array:
    """Smallest rotation (3, 3) that takes the optical axis to `ray` (3,)."""
    z = ray / np.linalg.norm(ray)
    axis = np.array([-z[1], z[0], 0.0])
    cross = np.array([[0.0, 0.0, axis[1]], [0.0, 0.0, -axis[0]], [-axis[1], axis[0], 0.0]])
    return np.eye(3) + cross + cross @ cross / (1.0 + z[2])  # type: ignore[no-any-return]


def fit_similarity(source: Array, target: Array) -> tuple[float, Array, Array]:
    """Scale, rotation (3, 3), offset (3,) that take `source` (N, 3) nearest to `target` (Umeyama, PAMI 1991)."""
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    a, b = source - source_mean, target - target_mean
    u, d, vt = np.linalg.svd(b.T @ a)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * sign) @ vt
    scale = float((d * sign).sum() / max(float((a * a).sum()), 1e-12))
    return scale, rotation, target_mean - scale * rotation @ source_mean


def face_in_cm(landmarks_px: Array) -> Array:
    """Landmarks (478, 3) in the head frame [cm], head pose and size removed by a similarity fit."""
    scale, rotation, offset = fit_similarity(RIGID_M * 100.0, landmarks_px[RIGID])
    return (landmarks_px - offset) @ rotation / max(scale, 1e-9)  # type: ignore[no-any-return]


def measure_expression(landmarks_px: Array) -> Expression:
    """Smile from the height of the mouth corners over the lips' middle, opening from the gap between the lips."""
    face = face_in_cm(landmarks_px)
    corners = (face[61, 2] + face[291, 2]) / 2.0
    middle = (face[13, 2] + face[14, 2]) / 2.0
    gap = float(np.linalg.norm(face[13] - face[14]))
    return Expression(smile=_ramp(corners - middle, SMILE_NONE_CM, SMILE_FULL_CM),
                      mouth_open=_ramp(gap, GAP_CLOSED_CM, GAP_OPEN_CM),
                      eyes_closed=1.0 - _ramp(eye_opening(landmarks_px), CLOSED_RATIO, OPEN_RATIO))


def eye_opening(landmarks_px: Array) -> float:
    """Height of the eyes divided by their width, the mean of both."""
    ratios = []
    for outer, inner, upper, lower in (RIGHT_EYE, LEFT_EYE):
        width = float(np.linalg.norm(landmarks_px[outer] - landmarks_px[inner]))
        ratios.append(float(np.linalg.norm(landmarks_px[upper] - landmarks_px[lower])) / max(width, 1e-6))
    return float(np.mean(ratios))


def gaze_direction(landmarks_px: Array, camera_from_head: Array) -> Array:
    """(3,) unit gaze in the camera frame: the head's axis turned by the irises, averaged over both eyes.

    Each eye alone is biased outwards; their mean is not.
    """
    face = face_in_cm(landmarks_px)
    left, up = [], []
    for (outer, inner, _, _), iris in ((RIGHT_EYE, RIGHT_IRIS), (LEFT_EYE, LEFT_IRIS)):
        width = max(float(np.linalg.norm(face[outer] - face[inner])), 1e-6)
        offset = (face[iris] - (face[outer] + face[inner]) / 2.0) / width
        left.append(offset[1])
        up.append(offset[2] + VERTICAL_ZERO)
    yaw, pitch = _angle(EYE_GAIN * np.mean(left)), _angle(EYE_GAIN * np.mean(up))
    gaze_head = np.array([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)])
    gaze = camera_from_head[:3, :3] @ gaze_head
    return gaze / np.linalg.norm(gaze)  # type: ignore[no-any-return]


def _angle(sine: Any) -> float:
    return float(np.arcsin(np.clip(float(sine), -0.8, 0.8)))


def _ramp(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))
