"""Faces of a picture: found by the detector, then followed by the mesh, which sees smaller faces than the detector."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.perception.body_pose import belongs, nose_gap, region_of_head
from gesture_robot.perception.config import PerceptionConfig
from gesture_robot.perception.mediapipe_bodies import Body
from gesture_robot.perception.mediapipe_graphs import Found, Models
from gesture_robot.perception.regions import (
    Region,
    box_of_mesh,
    camera_shift,
    overlap,
    region_of_face,
    region_of_mesh,
    shift_to_marks,
    tiles_of,
)

UNSUPPORTED_PICTURES = 20
"""A face that only the mesh still sees is given up after this many pictures."""
DETECTOR_SHIFT = 0.2
"""The detector's keypoints lie this far from the mesh's, in face heights, without anything having moved."""
FAR_SHIFT = 0.1
"""A face that moved this far, in its own height, is looked at twice."""
STRAYED = 0.3
"""A mesh whose nose is this far from the body's, in face heights, has slid off its face."""
FROM_BODY_SCORE = 0.6
"""Score of a face the detector missed: as high as its threshold."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One mesh; `unsupported` counts pictures since the face detector agreed."""

    landmarks_px: Array
    box_px: Array
    score: float
    unsupported: int = 0
    shift_px: Array = field(default_factory=lambda: np.zeros(2))
    """How far the person moved since the picture before."""
    turned_px: Array = field(default_factory=lambda: np.zeros(2))
    """How far the camera's turn moves it from that picture to the next."""

    @property
    def is_fast(self) -> bool:
        """Whether it is expected to move far from one picture to the next."""
        return bool(np.hypot(*(self.shift_px + self.turned_px)) > FAR_SHIFT * self.box_px[3])

    @property
    def centre_px(self) -> Array:
        """(2,) middle of the box."""
        return self.box_px[:2] + self.box_px[2:] / 2  # type: ignore[no-any-return]


class FaceFinder:
    """Remembers where faces were, to look there again."""

    def __init__(self, models: Models, config: PerceptionConfig):
        self._models, self._config = models, config
        self._tile = -1
        self.forget()

    def forget(self) -> None:
        """The next picture has nothing to do with the last one."""
        self._faces: list[Face] = []
        self._searched_s = self._detected_s = -np.inf

    def keep(self, faces: list[Face]) -> None:
        """What the next picture starts from."""
        self._faces = faces

    def turn(self, new_from_old: Array, camera_matrix: Array) -> None:
        """The camera turned by (3, 3) since the last picture."""
        self._faces = [replace(face, turned_px=camera_shift(face.centre_px, new_from_old, camera_matrix))
                       for face in self._faces]

    def find(self, packet: Any, rgb: Array, stamp_s: float) -> list[Face]:
        """Faces followed from the last picture and new ones from the detector, largest first."""
        size_px = (rgb.shape[1], rgb.shape[0])
        detects = self._must_detect(stamp_s)
        found = [*(self._models.find_faces(packet, size_px) if detects else ()), *self._search_tiles(rgb, stamp_s)]
        found = [f for f in found if f[1][2] >= self._config.min_face_px]
        followed = [self._follow(packet, face, _nearest(face, found), size_px, detects) for face in self._faces]
        faces = [face for face in followed if face is not None]
        for score, box_px, marks_px in found:
            if any(overlap(box_px, face.box_px) > 0.25 for face in faces):
                continue
            landmarks = self._mesh_twice(packet, region_of_face(box_px, marks_px[:2]), size_px)
            if landmarks is not None:
                faces.append(Face(landmarks, box_of_mesh(landmarks), score))
        return _largest_first(faces)

    def _must_detect(self, stamp_s: float) -> bool:
        """Whether the detector looks at this picture: it costs as much as following two faces.

        Not while every face is followed well and slowly, but every `detect_s` for those that are new.
        """
        calm = bool(self._faces) and not any(f.unsupported or f.is_fast for f in self._faces)
        if calm and stamp_s - self._detected_s < self._config.detect_s:
            return False
        self._detected_s = stamp_s
        return True

    def _search_tiles(self, rgb: Array, stamp_s: float) -> list[Found]:
        """Now and then, faces too small for the detector to see in the whole picture, from a part of it."""
        if self._config.tiles == 0 or stamp_s - self._searched_s < self._config.search_s:
            return []
        self._searched_s = stamp_s
        size_px = (rgb.shape[1], rgb.shape[0])
        tiles = tiles_of(size_px)
        found = []
        for _ in range(self._config.tiles):
            self._tile = (self._tile + 1) % len(tiles)
            x, y, w, h = tiles[self._tile]
            part = self._models.packet(rgb[y:y + h, x:x + w])
            for score, box, marks in self._models.find_faces(part, (w, h)):
                box_px = box + [x, y, 0.0, 0.0]
                if _whole(box_px, (x, y, w, h), size_px):
                    found.append((score, box_px, marks + [x, y]))
        return found

    def _follow(self, packet: Any, face: Face, near: Found | None, size_px: tuple[int, int],
                detected: bool) -> Face | None:
        """The same face in this picture, None when it is gone; `detected`: the detector looked at the picture.

        The region goes along with the person: as fast as in the pictures before, unless the (coarser) detector clearly
        says otherwise. A region half a face beside its face makes the mesh model invent a face there.
        """
        shift_px = face.shift_px + face.turned_px
        if near is not None:
            seen_px = shift_to_marks(near[2], face.landmarks_px)
            if np.hypot(*(seen_px - shift_px)) > DETECTOR_SHIFT * face.box_px[3]:
                shift_px = seen_px
        landmarks = self._models.mesh(packet, region_of_mesh(face.landmarks_px + [*shift_px, 0.0]), size_px)
        if landmarks is not None and np.hypot(*shift_px) > FAR_SHIFT * face.box_px[3]:
            landmarks = self._models.mesh(packet, region_of_mesh(landmarks), size_px)
        if landmarks is None:
            return None
        box_px, unsupported = box_of_mesh(landmarks), 0 if near is not None else face.unsupported + detected
        if unsupported > UNSUPPORTED_PICTURES or box_px[2] < self._config.min_face_px:
            return None
        moved_px = (landmarks - face.landmarks_px)[:468, :2].mean(axis=0) - face.turned_px
        return Face(landmarks, box_px, face.score if near is None else near[0], unsupported, moved_px)

    def of_bodies(self, packet: Any, faces: list[Face], bodies: list[Body], size_px: tuple[int, int]) -> list[Face]:
        """Try the mesh on heads whose face the detector missed, or whose mesh slid off."""
        for body in bodies:
            own = next((f for f in faces if belongs(body.keypoints_px, f.landmarks_px, f.box_px)), None)
            if own is not None and nose_gap(body.keypoints_px, own.landmarks_px) < STRAYED:
                continue
            region = region_of_head(body.keypoints_px)
            landmarks = None
            if region.side >= self._config.min_face_px * 1.5:
                landmarks = self._mesh_twice(packet, region, size_px)
            if landmarks is None or nose_gap(body.keypoints_px, landmarks) >= STRAYED:
                continue
            face = Face(landmarks, box_of_mesh(landmarks), FROM_BODY_SCORE if own is None else own.score)
            if face.box_px[2] >= self._config.min_face_px:
                faces = [*(f for f in faces if f is not own), face]
        return _largest_first(faces)

    def _mesh_twice(self, packet: Any, region: Region, size_px: tuple[int, int]) -> Array | None:
        """The second pass looks where the first one put the face, as the following pictures will."""
        first = self._models.mesh(packet, region, size_px)
        return None if first is None else self._models.mesh(packet, region_of_mesh(first), size_px)


def _largest_first(faces: list[Face]) -> list[Face]:
    """Largest first, without meshes that slid onto the same face."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda f: (f.unsupported > 0, -float(f.box_px[2]))):
        if not any(overlap(face.box_px, other.box_px) > 0.4 for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda f: -float(f.box_px[2]))


def _whole(box_px: Array, tile: tuple[int, int, int, int], size_px: tuple[int, int]) -> bool:
    """Whether a face does not go on beyond its tile (at the picture's own border it cannot)."""
    x, y, w, h = tile
    (left, top), (right, bottom) = box_px[:2], box_px[:2] + box_px[2:]
    inside = (x == 0 or left > x + 1, y == 0 or top > y + 1, x + w == size_px[0] or right < x + w - 1,
              y + h == size_px[1] or bottom < y + h - 1)
    return all(bool(side) for side in inside)


def _nearest(face: Face, found: list[Found]) -> Found | None:
    """The detection of this face: the one nearest to where it should be now."""
    centre = face.centre_px + face.shift_px + face.turned_px
    gaps = [float(np.linalg.norm(box[:2] + box[2:] / 2 - centre)) for _, box, _ in found]
    best = int(np.argmin(gaps)) if gaps else -1
    return found[best] if gaps and gaps[best] < 0.7 * face.box_px[3] else None
