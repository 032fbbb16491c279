"""Faces and bodies of several people with MediaPipe's models.

Per picture: the full-range face detector over the whole picture, a refined face mesh in an own region per face, pose
landmarks in an own region per person. Regions come from what was found a moment ago, else from the detectors, so a
small face is kept when the detector misses it. Now and then the whole picture is searched for bodies without a face
(far or turned away), and their heads are tried with the mesh.

Threads: faces are worked on by the caller, bodies by a small pool at the same time. `detect` itself may be called by
one thread at a time. What is remembered are regions only; results always come from the picture at hand.
"""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import NO_BOX, CameraImage, Expression, PersonDetection
from gesture_robot.perception.body_pose import (
    LEFT_SHOULDER,
    RIGHT_SHOULDER,
    belongs,
    box_of_person,
    head_from_body,
    head_inside,
)
from gesture_robot.perception.config import PerceptionConfig
from gesture_robot.perception.head_pose import gaze_direction, measure_expression, solve_head_pose
from gesture_robot.perception.mediapipe_bodies import Body, BodyFinder
from gesture_robot.perception.mediapipe_faces import Face, FaceFinder
from gesture_robot.perception.mediapipe_graphs import Models

EYES_OPEN = 0.6
"""Gaze is read while `eyes_closed` is below this."""
WITHOUT_BODY = 0.45
"""Confidence factor of a face without a body: walls hold clocks that look like faces."""
LARGE_FACE = 0.16
"""A face this wide, in picture widths, may well have no visible body."""
WITHOUT_FACE = 0.8
"""Confidence factor of a body without a face."""


class MediaPipeBackend:
    """Implements protocols.PerceptionBackend."""

    def __init__(self, config: PerceptionConfig | None = None):
        self.config = config or PerceptionConfig()
        self._models = Models(bodies=self.config.threads)
        self._faces = FaceFinder(self._models, self.config)
        self._bodies = BodyFinder(self._models, self.config)
        self._last: CameraImage | None = None

    def detect(self, image: CameraImage) -> tuple[PersonDetection, ...]:
        """Everybody seen, largest face first, bodies without a face last."""
        size_px = (image.rgb.shape[1], image.rgb.shape[0])
        self._recall(image)
        packet = self._models.packet(image.rgb)
        work = self._bodies.start(packet, size_px, image.stamp_s)
        faces = self._faces.find(packet, image.rgb, image.stamp_s)
        bodies = self._bodies.finish(work, [(f.landmarks_px, f.box_px) for f in faces])
        faces = self._faces.of_bodies(packet, faces, bodies, size_px)
        self._faces.keep(faces)
        self._bodies.keep(bodies)
        self._last = image
        return self._people(faces, bodies, image)

    def _recall(self, image: CameraImage) -> None:
        """Move what is remembered along with the camera, or forget it if the picture is of another moment or kind.

        A robot's head turns by a face width from one picture to the next.
        """
        last = self._last
        if (last is None or last.rgb.shape != image.rgb.shape or last.frame_id != image.frame_id
                or not 0.0 <= image.stamp_s - last.stamp_s <= self.config.memory_s):
            self._faces.forget()
            self._bodies.forget()
            return
        new_from_old = image.base_from_camera[:3, :3].T @ last.base_from_camera[:3, :3]
        self._faces.turn(new_from_old, image.camera_matrix)
        self._bodies.turn(new_from_old, image.camera_matrix)

    def close(self) -> None:
        """Free models and threads."""
        self._bodies.close()
        self._models.close()

    def _people(self, faces: list[Face], bodies: list[Body], image: CameraImage) -> tuple[PersonDetection, ...]:
        free, people = list(bodies), []
        for face in faces:
            body = next((b for b in free if belongs(b.keypoints_px, face.landmarks_px, face.box_px)), None)
            if body is not None:
                free.remove(body)
            people.append(self._with_face(face, body, image))
        height, width = image.rgb.shape[:2]
        return (*people, *(self._without_face(b, image) for b in free if head_inside(b.keypoints_px, (width, height))))

    def _with_face(self, face: Face, body: Body | None, image: CameraImage) -> PersonDetection:
        camera_from_head = solve_head_pose(face.landmarks_px, image.camera_matrix)
        expression = measure_expression(face.landmarks_px)
        gaze = camera_from_head[:3, 0]
        if face.box_px[2] >= self.config.gaze_face_px and expression.eyes_closed < EYES_OPEN:
            gaze = gaze_direction(face.landmarks_px, camera_from_head)
        certain = body is not None or face.box_px[2] >= LARGE_FACE * image.rgb.shape[1]
        confidence = face.score * (1.0 if certain else WITHOUT_BODY)
        keypoints = np.zeros((0, 4)) if body is None else body.keypoints_px
        return PersonDetection(
            self._box(face.box_px, body, image), face.box_px, camera_from_head, _unit(gaze), expression,
            float(np.clip(confidence, 0.0, 1.0)), face.landmarks_px, keypoints)

    def _without_face(self, body: Body, image: CameraImage) -> PersonDetection:
        camera_from_head = head_from_body(body.keypoints_px, body.world_m, image.camera_matrix)
        seen = float(body.keypoints_px[[LEFT_SHOULDER, RIGHT_SHOULDER], 3].mean())
        return PersonDetection(
            self._box(None, body, image), np.array(NO_BOX), camera_from_head, _unit(camera_from_head[:3, 0]),
            Expression(), float(np.clip(WITHOUT_FACE * seen, 0.0, 1.0)), body_keypoints_px=body.keypoints_px)

    def _box(self, face_box_px: Array | None, body: Body | None, image: CameraImage) -> Array:
        keypoints_px = None if body is None else body.keypoints_px
        size_px = (image.rgb.shape[1], image.rgb.shape[0])
        return box_of_person(face_box_px, keypoints_px, self.config.min_body_visibility, size_px)


def _unit(vector: Array) -> Array:
    return vector / np.linalg.norm(vector)  # type: ignore[no-any-return]
