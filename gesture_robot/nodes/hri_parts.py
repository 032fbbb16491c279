"""People as messages of ROS4HRI (REP-155). The message classes come as an argument, so nothing here imports hri_msgs.

Pictures' coordinates are normalised to [0, 1]; a point outside the picture is put on its edge with confidence 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from geometry_msgs.msg import TransformStamped
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from gesture_robot.checks import Array
from gesture_robot.datatypes import Person
from gesture_robot.nodes.convert.arrays import sequence
from gesture_robot.nodes.convert.people import pose_message

HAPPY = 0.5
"""A smile from which a face is called happy."""
FACE_CROP_PX, BODY_CROP_PX = (128, 128), (128, 256)
MESH_OF_LANDMARK = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,  # from right ear to left ear
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,  # brows
    168, 197, 5, 4, 75, 97, 2, 326, 305,  # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,  # mouth
    468, 473)  # pupils, right and left
"""Points of MediaPipe's face mesh (478) for the 70 landmarks of dlib and OpenPose that hri_msgs numbers."""
BODY_OF_JOINT = (0, None, 12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27, 2, 5, 7, 8)
"""BlazePose's points (33) for the 18 of OpenPose's COCO model; the neck lies between the shoulders."""
SHOULDERS = (11, 12)


def make(kind: Any, header: Header | None = None, **values: Any) -> Any:
    """A message with the fields that this version of its package has."""
    message = kind()
    for name, value in (values | ({"header": header} if header is not None else {})).items():
        if hasattr(message, name):
            setattr(message, name, value)
    return message


def region(kinds: Any, header: Header, box_px: Array, confidence: float, size_px: tuple[int, int]) -> Any:
    """NormalizedRegionOfInterest2D of a box (x, y, width, height) in a picture of (width, height)."""
    low = np.clip(box_px[:2] / size_px, 0.0, 1.0)
    high = np.clip((box_px[:2] + box_px[2:]) / size_px, 0.0, 1.0)
    return make(kinds.NormalizedRegionOfInterest2D, header, xmin=float(low[0]), ymin=float(low[1]),
                xmax=float(high[0]), ymax=float(high[1]), c=confidence)


def landmarks(kinds: Any, header: Header, person: Person, size_px: tuple[int, int]) -> Any:
    """FacialLandmarks of a face that was fitted."""
    points = person.face_landmarks_px[list(MESH_OF_LANDMARK), :2]
    sure = np.full(len(points), person.confidence)
    return make(kinds.FacialLandmarks, header, landmarks=_points(kinds, points, sure, size_px),
                width=size_px[0], height=size_px[1])


def skeleton(kinds: Any, header: Header, person: Person, size_px: tuple[int, int]) -> Any:
    """Skeleton2D of a body that was fitted."""
    body = person.body_keypoints_px
    neck = body[list(SHOULDERS)].mean(axis=0)
    rows = np.array([neck if index is None else body[index] for index in BODY_OF_JOINT])
    return make(kinds.Skeleton2D, header, skeleton=_points(kinds, rows[:, :2], rows[:, 3], size_px))


def expression(kinds: Any, header: Header, person: Person) -> Any:
    """Expression: a smile is happiness; arousal is not known."""
    smile = person.expression.smile
    return make(kinds.Expression, header, expression="happy" if smile >= HAPPY else "neutral", valence=float(smile),
                arousal=0.0, confidence=float(person.confidence))


def crop(header: Header, rgb: Array, box_px: Array, size_px: tuple[int, int]) -> Image:
    """The part of a picture in a box, scaled to `size_px` (width, height) without distortion, black around it."""
    import cv2

    scale = min(size_px[0] / max(float(box_px[2]), 1.0), size_px[1] / max(float(box_px[3]), 1.0))
    centre = box_px[:2] + box_px[2:] / 2.0
    moved = np.array([[scale, 0.0, size_px[0] / 2.0 - scale * centre[0]],
                      [0.0, scale, size_px[1] / 2.0 - scale * centre[1]]])
    part = cv2.warpAffine(rgb, moved, size_px)
    return Image(header=header, height=size_px[1], width=size_px[0], encoding="rgb8", step=3 * size_px[0],
                 data=sequence(part.reshape(-1), "B"))


def transform(header: Header, child: str, base_from_child: Array) -> TransformStamped:
    """A frame in the frame of `header`."""
    made = TransformStamped(header=header, child_frame_id=child)
    pose = pose_message(base_from_child)
    made.transform.rotation = pose.orientation
    shift = made.transform.translation
    shift.x, shift.y, shift.z = pose.position.x, pose.position.y, pose.position.z
    return made


def gaze_frame(person: Person) -> Array:
    """(4, 4) base from the gaze frame: at the eyes, z where they look, y down."""
    forward = person.gaze_base
    up = person.base_from_head[:3, 2]
    right = np.cross(forward, up)
    length = float(np.linalg.norm(right))
    right = right / length if length > 1e-6 else -person.base_from_head[:3, 1]
    frame = np.eye(4)
    frame[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
    frame[:3, 3] = person.position_base
    return frame


def _points(kinds: Any, points_px: Array, confidence: Array, size_px: tuple[int, int]) -> list[Any]:
    normal = points_px / size_px
    inside = np.clip(normal, 0.0, 1.0)
    sure = np.where((inside == normal).all(axis=1), np.clip(confidence, 0.0, 1.0), 0.0)
    return [make(kinds.NormalizedPointOfInterest2D, x=float(x), y=float(y), c=float(c))
            for (x, y), c in zip(inside, sure, strict=True)]
