"""What the pose landmarks of one person say: head pose without a face, boxes, and whether a face belongs to them."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.perception.head_pose import turn_to
from gesture_robot.perception.regions import MESH_MARGIN, Region

NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR, MOUTH_LEFT, MOUTH_RIGHT = 0, 2, 5, 7, 8, 9, 10
LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST = 11, 12, 13, 14, 15, 16
LEFT_HIP, RIGHT_HIP = 23, 24
UPPER_BODY = np.arange(25)
SKELETON = ((11, 12), (11, 13), (13, 15), (12, 14), (14, 16), (11, 23), (12, 24), (23, 24), (23, 25), (25, 27),
            (24, 26), (26, 28))
"""Pairs of keypoints joined by a limb."""
NOSE_TOLERANCE = 0.6
"""A body belongs to a face when its nose lies within this many face widths of the face's."""
FACE_LENGTHS_FROM_EYES_TO_MOUTH = 2.9
"""Length of the mesh divided by the distance from the eyes to the mouth, both seen from the front."""


def head_from_body(keypoints_px: Array, world_m: Array, camera_matrix: Array) -> Array:
    """Head pose (4, 4) in the camera from pose landmarks alone; coarse (10 to 20 degrees, 15 % of the distance).

    Args:
        keypoints_px: (33, 4) x, y, depth, visibility.
        world_m: (33, 3) the model's metric landmarks, camera-aligned.
        camera_matrix: (3, 3).
    """
    used = UPPER_BODY
    weight = np.maximum(keypoints_px[used, 3], 1e-3)[:, None]
    weight = weight / weight.sum()
    pixels = keypoints_px[used, :2] - (weight * keypoints_px[used, :2]).sum(axis=0)
    metres = world_m[used, :2] - (weight * world_m[used, :2]).sum(axis=0)
    scale = max(float((weight * pixels * metres).sum() / max((weight * metres * metres).sum(), 1e-9)), 1.0)
    eyes_px = (keypoints_px[LEFT_EYE, :2] + keypoints_px[RIGHT_EYE, :2]) / 2.0
    focal = float(camera_matrix[0, 0] + camera_matrix[1, 1]) / 2.0
    ray = np.array([(eyes_px[0] - camera_matrix[0, 2]) / camera_matrix[0, 0],
                    (eyes_px[1] - camera_matrix[1, 2]) / camera_matrix[1, 1], 1.0])
    pose = np.eye(4)
    pose[:3, :3] = turn_to(ray) @ _head_axes(world_m)
    pose[:3, 3] = ray * focal / scale
    return pose


def _head_axes(world_m: Array) -> Array:
    """Rotation (3, 3), columns forward, left, up of the head, from ears and nose.

    The nose sits lower than the ears, so the vertical part of ears-to-nose is left out: the head counts as level.
    """
    forward = world_m[NOSE] - (world_m[LEFT_EAR] + world_m[RIGHT_EAR]) / 2.0
    left = world_m[LEFT_EAR] - world_m[RIGHT_EAR]
    up = np.array([0.0, -1.0, 0.0])
    ahead = np.cross(left - up * (left @ up), up) + forward - up * (forward @ up)
    length = float(np.linalg.norm(ahead))
    ahead = ahead / length if length > 1e-6 else np.array([0.0, 0.0, -1.0])
    return np.column_stack([ahead, np.cross(up, ahead), up])


def region_of_head(keypoints_px: Array) -> Region:
    """Region for the face mesh where the pose model sees the head."""
    eyes = (keypoints_px[LEFT_EYE, :2] + keypoints_px[RIGHT_EYE, :2]) / 2.0
    mouth = (keypoints_px[MOUTH_LEFT, :2] + keypoints_px[MOUTH_RIGHT, :2]) / 2.0
    down = mouth - eyes
    ears = float(np.linalg.norm(keypoints_px[LEFT_EAR, :2] - keypoints_px[RIGHT_EAR, :2]))
    length = max(float(np.linalg.norm(down)) * FACE_LENGTHS_FROM_EYES_TO_MOUTH, ears)
    centre = eyes + 0.35 * down
    return Region(float(centre[0]), float(centre[1]), length * MESH_MARGIN, float(np.arctan2(-down[0], down[1])))


def is_body(keypoints_px: Array, min_visibility: float) -> bool:
    """Both shoulders seen, or one and a hip: enough to be somebody."""
    seen = keypoints_px[:, 3] >= min_visibility
    shoulders = int(seen[LEFT_SHOULDER]) + int(seen[RIGHT_SHOULDER])
    return shoulders == 2 or (shoulders == 1 and bool(seen[LEFT_HIP] or seen[RIGHT_HIP]))


def head_inside(keypoints_px: Array, size_px: tuple[int, int]) -> bool:
    """Whether the nose lies in the picture; where a head outside of it is, the model can only guess."""
    return bool((keypoints_px[NOSE, :2] >= 0.0).all() and (keypoints_px[NOSE, :2] < size_px).all())


def belongs(keypoints_px: Array, face_landmarks_px: Array, face_box_px: Array) -> bool:
    """Whether the body's nose is the face's nose."""
    gap = np.linalg.norm(keypoints_px[NOSE, :2] - face_landmarks_px[4, :2])
    return bool(gap <= NOSE_TOLERANCE * max(float(face_box_px[2]), 0.7 * float(face_box_px[3])))


def nose_gap(keypoints_px: Array, face_landmarks_px: Array) -> float:
    """Distance between the body's and the face's nose in face heights."""
    height = max(float(np.ptp(face_landmarks_px[:468, 1])), 1.0)
    return float(np.linalg.norm(keypoints_px[NOSE, :2] - face_landmarks_px[4, :2])) / height


def same_body(a_px: Array, b_px: Array) -> bool:
    """Whether two sets of keypoints describe one person: nose and shoulders nearly coincide."""
    marks = [NOSE, LEFT_SHOULDER, RIGHT_SHOULDER]
    size = max(body_size_px(a_px), body_size_px(b_px))
    return bool(np.linalg.norm(a_px[marks, :2] - b_px[marks, :2], axis=1).mean() < 0.25 * size)


def body_shift(a_px: Array, b_px: Array) -> float:
    """Mean distance of the upper body's keypoints in two fits, in body sizes."""
    gaps = np.linalg.norm(a_px[UPPER_BODY, :2] - b_px[UPPER_BODY, :2], axis=1)
    return float(gaps.mean()) / max(body_size_px(a_px), body_size_px(b_px))


def body_size_px(keypoints_px: Array) -> float:
    """Length from the shoulders' to the hips' middle, or the shoulder width if that is longer."""
    torso = (keypoints_px[[LEFT_SHOULDER, RIGHT_SHOULDER], :2] - keypoints_px[[LEFT_HIP, RIGHT_HIP], :2]).mean(axis=0)
    across = keypoints_px[LEFT_SHOULDER, :2] - keypoints_px[RIGHT_SHOULDER, :2]
    return max(float(np.linalg.norm(torso)), float(np.linalg.norm(across)), 1.0)


def box_of_person(face_box_px: Array | None, keypoints_px: Array | None, min_visibility: float,
                  size_px: tuple[int, int]) -> Array:
    """Box (4,) about all keypoints that are seen and the face, inside the picture."""
    points = []
    if face_box_px is not None:
        points += [face_box_px[:2] - 0.25 * face_box_px[2:] * [0.5, 1.5], face_box_px[:2] + face_box_px[2:]]
    if keypoints_px is not None:
        seen = keypoints_px[keypoints_px[:, 3] >= min_visibility, :2]
        points += list(seen if len(seen) else keypoints_px[:11, :2])
    limit = np.array(size_px, float)
    corners = np.clip(np.array(points), 0.0, limit)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return np.concatenate([low, high - low])
