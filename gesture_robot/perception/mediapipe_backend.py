"""Faces and bodies of several people with MediaPipe's models.

Per picture: the full-range face detector over the whole picture, a refined face mesh in an own region per face, pose
landmarks in an own region per person. Regions come from what was found a moment ago, else from the detectors, so a
small face is kept when the detector misses it. Now and then the whole picture is searched for bodies without a face
(far or turned away), and their heads are tried with the mesh.

Threads: faces are worked on by the caller, bodies by a small pool at the same time. `detect` itself may be called by
one thread at a time. What is remembered are regions only; results always come from the picture at hand.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import NO_BOX, CameraImage, Expression, PersonDetection
from gesture_robot.perception.body_pose import (
    LEFT_SHOULDER,
    RIGHT_SHOULDER,
    belongs,
    body_shift,
    box_of_person,
    head_from_body,
    is_body,
    nose_gap,
    region_of_head,
    same_body,
)
from gesture_robot.perception.config import PerceptionConfig
from gesture_robot.perception.head_pose import gaze_direction, measure_expression, solve_head_pose
from gesture_robot.perception.mediapipe_graphs import Models
from gesture_robot.perception.regions import (
    Region,
    box_of_mesh,
    overlap,
    region_below_face,
    region_of_circle,
    region_of_face,
    region_of_mesh,
    shift_to_marks,
)

UNSUPPORTED_PICTURES = 20
"""A face that only the mesh still sees is given up after this many pictures."""
FAR_SHIFT = 0.1
"""A face that moved this far, in its own height, is looked at twice."""
STRAYED = 0.3
"""A mesh whose nose is this far from the body's, in face heights, has slid off its face."""
SEARCH_AGREE = 0.2
"""Two fits to a body found without a face agree to this, in body sizes."""
EYES_OPEN = 0.6
"""Gaze is read while `eyes_closed` is below this."""
WITHOUT_BODY = 0.45
"""Confidence factor of a face without a body: walls hold clocks that look like faces."""
LARGE_FACE = 0.16
"""A face this wide, in picture widths, may well have no visible body."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One mesh; `unsupported` counts pictures since the face detector agreed."""

    landmarks_px: Array
    box_px: Array
    score: float
    unsupported: int = 0
    shift_px: Array = field(default_factory=lambda: np.zeros(2))
    """How far it moved since the picture before."""


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """One pose fit; `region` is where to look in the next picture."""

    keypoints_px: Array
    world_m: Array
    region: Region


Found = tuple[float, Array, Array]
"""Score, box and keypoints of a detector."""


class MediaPipeBackend:
    """Implements protocols.PerceptionBackend."""

    def __init__(self, config: PerceptionConfig | None = None):
        self.config = config or PerceptionConfig()
        self._models = Models(bodies=self.config.threads)
        self._pool = ThreadPoolExecutor(self.config.threads, thread_name_prefix="bodies")
        self._forget()

    def _forget(self) -> None:
        self._faces: list[Face] = []
        self._bodies: list[Body] = []
        self._size_px = (0, 0)
        self._stamp_s = self._searched_s = -np.inf

    def detect(self, image: CameraImage) -> tuple[PersonDetection, ...]:
        """Everybody seen, largest face first, bodies without a face last."""
        size_px = (image.rgb.shape[1], image.rgb.shape[0])
        if size_px != self._size_px or not 0.0 <= image.stamp_s - self._stamp_s <= self.config.memory_s:
            self._forget()
        packet = self._models.packet(image.rgb)
        known = [self._pool.submit(self._fit_body, packet, b.region, size_px, False) for b in self._bodies]
        search = self._start_search(packet, image.stamp_s, size_px)
        faces = self._find_faces(packet, size_px)
        bodies = _distinct([f.result() for f in known])
        bodies = self._bodies_of_faces(packet, faces, bodies, size_px)
        bodies = self._bodies_of_search(packet, search, bodies, size_px)
        faces = self._faces_of_bodies(packet, faces, bodies, size_px)
        self._faces, self._bodies, self._size_px, self._stamp_s = faces, bodies, size_px, image.stamp_s
        return self._people(faces, bodies, image, size_px)

    def close(self) -> None:
        """Free models and threads."""
        self._pool.shutdown()
        self._models.close()

    # --- faces --------------------------------------------------------------------------------------------------

    def _find_faces(self, packet: Any, size_px: tuple[int, int]) -> list[Face]:
        found = [f for f in self._models.find_faces(packet, size_px) if f[1][2] >= self.config.min_face_px]
        faces = []
        for face in self._faces:
            near = _nearest(face, found)
            now = self._follow_face(packet, face, near, size_px)
            if now is not None:
                faces.append(now)
        for score, box_px, marks_px in found:
            if any(overlap(box_px, face.box_px) > 0.25 for face in faces):
                continue
            landmarks = self._mesh_twice(packet, region_of_face(box_px, marks_px[:2]), size_px)
            if landmarks is not None:
                faces.append(Face(landmarks, box_of_mesh(landmarks), score))
        return _largest_first(faces)

    def _follow_face(self, packet: Any, face: Face, near: Found | None, size_px: tuple[int, int]) -> Face | None:
        """The same face in this picture, None when it is gone.

        The region goes along with the person: by what the detector says, else as fast as in the pictures before.
        A region half a face beside its face makes the mesh model invent a face there.
        """
        shift_px = face.shift_px if near is None else shift_to_marks(near[2], face.landmarks_px)
        moved_px = face.landmarks_px + [*shift_px, 0.0]
        first = self._models.mesh(packet, region_of_mesh(moved_px), size_px)
        if first is None:
            return None
        again = np.hypot(*shift_px) > FAR_SHIFT * face.box_px[3]
        landmarks = self._models.mesh(packet, region_of_mesh(first), size_px) if again else first
        if landmarks is None:
            return None
        box_px, unsupported = box_of_mesh(landmarks), 0 if near is not None else face.unsupported + 1
        if unsupported > UNSUPPORTED_PICTURES or box_px[2] < self.config.min_face_px:
            return None
        moved = (landmarks - face.landmarks_px)[:468, :2].mean(axis=0)
        return Face(landmarks, box_px, face.score if near is None else near[0], unsupported, moved)

    def _mesh_twice(self, packet: Any, region: Region, size_px: tuple[int, int]) -> Array | None:
        """The second pass looks where the first one put the face, as the following pictures will."""
        first = self._models.mesh(packet, region, size_px)
        return None if first is None else self._models.mesh(packet, region_of_mesh(first), size_px)

    def _faces_of_bodies(self, packet: Any, faces: list[Face], bodies: list[Body], size_px: tuple[int, int]) -> list[Face]:
        """Try the mesh on heads whose face the detector missed, or whose mesh slid off."""
        found = list(faces)
        for body in bodies:
            own = next((f for f in found if belongs(body.keypoints_px, f.landmarks_px, f.box_px)), None)
            if own is not None and nose_gap(body.keypoints_px, own.landmarks_px) < STRAYED:
                continue
            region = region_of_head(body.keypoints_px)
            if region.side < self.config.min_face_px * 1.5:
                continue
            landmarks = self._mesh_twice(packet, region, size_px)
            if landmarks is not None:
                box_px = box_of_mesh(landmarks)
                if nose_gap(body.keypoints_px, landmarks) < STRAYED and box_px[2] >= self.config.min_face_px:
                    found = [f for f in found if f is not own]
                    found.append(Face(landmarks, box_px, 0.6 if own is None else own.score))
        return _largest_first(found)

    # --- bodies -------------------------------------------------------------------------------------------------

    def _fit_body(self, packet: Any, region: Region, size_px: tuple[int, int], new: bool, agree: float = np.inf) -> Body | None:
        """Pose landmarks in a region; a new body is looked at twice, the second time where the first put it.

        The two must not differ by more than `agree` body sizes: on things that are nobody they wander.
        """
        fit = self._models.pose(packet, region, size_px)
        if fit is None:
            return None
        body = Body(fit[0], fit[2], region_of_circle(fit[1][0], fit[1][1]))
        if new:
            second = self._fit_body(packet, body.region, size_px, False)
            moved = np.inf if second is None else body_shift(body.keypoints_px, second.keypoints_px)
            return second if moved < agree else None
        return body if is_body(body.keypoints_px, self.config.min_body_visibility) else None

    def _bodies_of_faces(self, packet: Any, faces: list[Face], bodies: list[Body], size_px: tuple[int, int]) -> list[Body]:
        """Fit a body under every face that has none yet."""
        lonely = [face for face in faces[:self.config.max_people]
                  if not any(belongs(b.keypoints_px, face.landmarks_px, face.box_px) for b in bodies)]
        fits = [self._pool.submit(self._fit_body, packet, region_below_face(face.box_px), size_px, True) for face in lonely]
        for face, fit in zip(lonely, fits, strict=True):
            body = fit.result()
            if body is not None and belongs(body.keypoints_px, face.landmarks_px, face.box_px):
                bodies = _distinct([*bodies, body])
        return bodies

    def _start_search(self, packet: Any, stamp_s: float, size_px: tuple[int, int]) -> Future[Any] | None:
        if stamp_s - self._searched_s < self.config.body_search_s:
            return None
        self._searched_s = stamp_s
        return self._pool.submit(self._models.find_bodies, packet, size_px)

    def _bodies_of_search(self, packet: Any, search: Future[Any] | None, bodies: list[Body],
                          size_px: tuple[int, int]) -> list[Body]:
        """Add bodies the search of the whole picture found where none is known."""
        if search is None:
            return bodies
        new = [region_of_circle(marks[0], marks[1]) for _, box, marks in search.result() if not _covered(box, bodies)]
        room = max(self.config.max_people - len(bodies), 0)
        fits = [self._pool.submit(self._fit_body, packet, region, size_px, True, SEARCH_AGREE) for region in new[:room]]
        return _distinct([*bodies, *(fit.result() for fit in fits)])

    # --- people -------------------------------------------------------------------------------------------------

    def _people(self, faces: list[Face], bodies: list[Body], image: CameraImage, size_px: tuple[int, int]) -> tuple[PersonDetection, ...]:
        free, people = list(bodies), []
        for face in faces:
            body = next((b for b in free if belongs(b.keypoints_px, face.landmarks_px, face.box_px)), None)
            if body is not None:
                free.remove(body)
            people.append(self._with_face(face, body, image, size_px))
        return (*people, *(self._without_face(body, image, size_px) for body in free))

    def _with_face(self, face: Face, body: Body | None, image: CameraImage, size_px: tuple[int, int]) -> PersonDetection:
        camera_from_head = solve_head_pose(face.landmarks_px, image.camera_matrix)
        expression = measure_expression(face.landmarks_px)
        gaze = camera_from_head[:3, 0]
        if face.box_px[2] >= self.config.gaze_face_px and expression.eyes_closed < EYES_OPEN:
            gaze = gaze_direction(face.landmarks_px, camera_from_head)
        certain = body is not None or face.box_px[2] >= LARGE_FACE * size_px[0]
        keypoints = None if body is None else body.keypoints_px
        return PersonDetection(
            box_of_person(face.box_px, keypoints, self.config.min_body_visibility, size_px), face.box_px, camera_from_head,
            gaze / np.linalg.norm(gaze), expression, float(np.clip(face.score * (1.0 if certain else WITHOUT_BODY), 0.0, 1.0)),
            face.landmarks_px, np.zeros((0, 4)) if keypoints is None else keypoints)

    def _without_face(self, body: Body, image: CameraImage, size_px: tuple[int, int]) -> PersonDetection:
        camera_from_head = head_from_body(body.keypoints_px, body.world_m, image.camera_matrix)
        seen = float(body.keypoints_px[[LEFT_SHOULDER, RIGHT_SHOULDER], 3].mean())
        return PersonDetection(
            box_of_person(None, body.keypoints_px, self.config.min_body_visibility, size_px), np.array(NO_BOX), camera_from_head,
            camera_from_head[:3, 0] / np.linalg.norm(camera_from_head[:3, 0]), Expression(), float(np.clip(0.8 * seen, 0.0, 1.0)),
            body_keypoints_px=body.keypoints_px)


def _largest_first(faces: list[Face]) -> list[Face]:
    """Largest first, without meshes that slid onto the same face."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda f: (f.unsupported > 0, -float(f.box_px[2]))):
        if not any(overlap(face.box_px, other.box_px) > 0.4 for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda f: -float(f.box_px[2]))


def _distinct(bodies: list[Body | None]) -> list[Body]:
    """Without failures and second fits of one person."""
    kept: list[Body] = []
    for body in bodies:
        if body is not None and not any(same_body(body.keypoints_px, other.keypoints_px) for other in kept):
            kept.append(body)
    return kept


def _nearest(face: Face, found: list[Found]) -> Found | None:
    """The detection of this face: the one nearest to where it should be now."""
    centre = face.box_px[:2] + face.box_px[2:] / 2 + face.shift_px
    gaps = [float(np.linalg.norm(box[:2] + box[2:] / 2 - centre)) for _, box, _ in found]
    best = int(np.argmin(gaps)) if gaps else -1
    return found[best] if gaps and gaps[best] < 0.7 * face.box_px[3] else None


def _covered(face_box_px: Array, bodies: list[Body]) -> bool:
    """Whether the head of a known body lies in (or near) the box."""
    centre, reach = face_box_px[:2] + face_box_px[2:] / 2, 0.8 * float(face_box_px[2:].max())
    return any(float(np.linalg.norm(b.keypoints_px[0, :2] - centre)) < reach for b in bodies)
