"""Detections of one picture to people with a lasting id, smoothed, in the robot's base frame."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from gesture_robot.checks import Array
from gesture_robot.datatypes import NO_BOX, CameraImage, Expression, Person, PersonDetection
from gesture_robot.perception.config import TrackerConfig
from gesture_robot.perception.filters import RotationFilter, VectorFilter, blend
from gesture_robot.perception.waving import WaveDetector

FAR = 1e6
EXPRESSION_CUTOFF_HZ = 3.0
BORDER, LEAVING_MPS = 0.02, 0.25
"""Somebody lost this near the picture's edge (in picture widths) while walking has left, and is soon forgotten."""
RECALL_S, ABSENT_S = 2.0, 30.0
"""Anybody else keeps the id this long while their place is in view and empty, or while a turned head cannot see it."""
ALIVE_DEG, ALIVE_M = 8.0, 0.25
"""A doubtful face that turned or moved this far is somebody."""
KEYPOINT_BETA = 0.02
"""How fast the smoothing of keypoints opens with speed [s/px]."""


@dataclass(slots=True, eq=False)
class Track:
    """One person over time."""

    head: VectorFilter
    turn: RotationFilter
    gaze: VectorFilter
    keypoints: VectorFilter
    waving: WaveDetector
    first_s: float
    seen_s: float
    detection: PersonDetection
    first_base_from_head: Array
    base_from_head: Array
    gaze_base: Array
    velocity_base: Array = field(default_factory=lambda: np.zeros(3))
    expression: Expression = field(default_factory=Expression)
    body_px: Array = field(default_factory=lambda: np.zeros((0, 4)))
    id: str = ""
    updates: int = 0
    confidence: float = 0.0
    waves: bool = False
    left: bool = False
    empty_s: float = 0.0
    """How long the place was in view with nobody there."""
    places: deque[tuple[float, Array]] = field(default_factory=deque)


class Tracker:
    """Matches by 3-D place (across and along the line of sight) with the Hungarian method."""

    def __init__(self, config: TrackerConfig | None = None, prefix: str = "p"):
        """Ids are `prefix` and a number."""
        self.config, self._prefix = config or TrackerConfig(), prefix
        self.reset()

    def reset(self) -> None:
        """Forget everybody; ids start again."""
        self._tracks: list[Track] = []
        self._published = 0
        self._now_s = -np.inf

    def update(self, detections: tuple[PersonDetection, ...], image: CameraImage) -> tuple[Person, ...]:
        """People after the detections of `image`; a stamp that goes back in time begins anew."""
        if image.stamp_s < self._now_s:
            self._tracks, self._now_s = [], image.stamp_s
        step_s = image.stamp_s - self._now_s if self._tracks else 0.0
        self._now_s = now_s = image.stamp_s
        places = [image.base_from_camera @ d.camera_from_head for d in detections]
        pairs = self._match(places, image)
        for row, column in pairs:
            self._see(self._tracks[row], detections[column], places[column], image)
        matched = {column for _, column in pairs}
        for column, detection in enumerate(detections):
            if column not in matched:
                self._tracks.append(self._begin(detection, places[column], image))
        for track in self._tracks:
            if track.seen_s < now_s and _in_view(track.base_from_head[:3, 3], image):
                track.empty_s += step_s
        self._tracks = [t for t in self._tracks if not self._gone(t, now_s)]
        return tuple(person for t in self._tracks if (person := self._publish(t, now_s)) is not None)

    def _gone(self, track: Track, now_s: float) -> bool:
        missed_s = now_s - track.seen_s
        if not track.id:
            return missed_s > min(self.config.lost_s, 0.3)
        if track.left:
            return missed_s > self.config.lost_s
        return track.empty_s > max(self.config.lost_s, RECALL_S) or missed_s > ABSENT_S

    # --- matching -----------------------------------------------------------------------------------------------

    def _match(self, places: list[Array], image: CameraImage) -> list[tuple[int, int]]:
        if not self._tracks or not places:
            return []
        eye = image.base_from_camera[:3, 3]
        cost = np.array([[self._cost(t, place[:3, 3], eye, image.stamp_s) for place in places] for t in self._tracks])
        rows, columns = linear_sum_assignment(cost)
        return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if cost[r, c] < FAR]

    def _cost(self, track: Track, place: Array, eye: Array, now_s: float) -> float:
        """0 at the predicted place, about 1 at the gate, FAR outside."""
        ahead_s = min(now_s - track.seen_s, self.config.lost_s)
        expected = track.places[-1][1] + track.velocity_base * [ahead_s, ahead_s, 0.0]  # heads keep their height
        line = expected - eye
        distance = max(float(np.linalg.norm(line)), 0.1)
        line = line / distance
        gap = place - expected
        along = abs(float(gap @ line))
        across = float(np.linalg.norm(gap - line * (gap @ line)))
        reach = self.config.max_lateral_m + 0.3 * ahead_s
        depth = self.config.max_depth_fraction * distance
        return FAR if across > reach or along > depth else across / reach + 0.5 * along / depth

    # --- one track ----------------------------------------------------------------------------------------------

    def _begin(self, detection: PersonDetection, base_from_head: Array, image: CameraImage) -> Track:
        c = self.config
        track = Track(VectorFilter(c.cutoff_hz, c.position_beta), RotationFilter(c.cutoff_hz, c.rotation_beta),
                      VectorFilter(c.cutoff_hz, c.rotation_beta), VectorFilter(2.0 * c.cutoff_hz, KEYPOINT_BETA),
                      WaveDetector(), image.stamp_s, image.stamp_s, detection, base_from_head, base_from_head,
                      np.array([1.0, 0.0, 0.0]))
        self._see(track, detection, base_from_head, image)
        return track

    def _see(self, track: Track, detection: PersonDetection, base_from_head: Array, image: CameraImage) -> None:
        step_s = image.stamp_s - track.seen_s
        track.detection, track.seen_s, track.updates = detection, image.stamp_s, track.updates + 1
        track.confidence += (detection.confidence - track.confidence) / min(track.updates, 5)
        track.base_from_head = np.eye(4)
        track.base_from_head[:3, :3] = track.turn.update(base_from_head[:3, :3], step_s)
        track.base_from_head[:3, 3] = track.head.update(base_from_head[:3, 3], step_s)
        gaze = track.gaze.update(image.base_from_camera[:3, :3] @ detection.gaze_camera, step_s)
        track.gaze_base = gaze / max(float(np.linalg.norm(gaze)), 1e-9)
        track.velocity_base = self._velocity(track, base_from_head[:3, 3].copy())
        track.expression = _calm(track.expression, detection.expression, step_s)
        track.body_px = _smooth_keypoints(track, detection.body_keypoints_px, step_s)
        track.waves = track.waving.update(detection.body_keypoints_px, image.stamp_s)
        walking = float(np.linalg.norm(track.velocity_base[:2])) > LEAVING_MPS
        track.left, track.empty_s = walking and _at_border(detection.box_px, image.rgb.shape[1]), 0.0

    def _velocity(self, track: Track, place: Array) -> Array:
        """Slope of a straight line through the places of the last moments, at least three of them."""
        track.places.append((track.seen_s, place))
        while track.seen_s - track.places[0][0] > self.config.velocity_window_s + 1e-6:
            track.places.popleft()
        if len(track.places) < 3:
            return np.zeros(3)
        times = np.array([t for t, _ in track.places])
        times = times - times.mean()
        spread = float((times * times).sum())
        return times @ np.array([p for _, p in track.places]) / spread if spread > 1e-9 else np.zeros(3)

    def _publish(self, track: Track, now_s: float) -> Person | None:
        if not track.id:
            sure = track.confidence >= self.config.min_confidence
            alive = now_s - track.first_s >= self.config.doubtful_s and _alive(track)
            if track.updates < self.config.confirm_updates or not (sure or alive):
                return None
            self._published += 1
            track.id = f"{self._prefix}{self._published}"
        missed_s = now_s - track.seen_s
        if missed_s > self.config.lost_s:
            return None
        d, seen = track.detection, missed_s <= 0.0
        confidence = track.confidence * (1.0 - 0.5 * missed_s / max(self.config.lost_s, 1e-6))
        return Person(
            track.id, now_s, d.box_px, d.face_box_px if seen else np.array(NO_BOX), track.base_from_head,
            track.gaze_base, track.velocity_base, track.expression, confidence,
            ("wave",) if track.waves and seen else (), 0.0, d.face_landmarks_px if seen else np.zeros((0, 3)),
            track.body_px if seen else np.zeros((0, 4)), now_s - track.first_s)


def _smooth_keypoints(track: Track, keypoints_px: Array, step_s: float) -> Array:
    if not len(keypoints_px):
        return np.zeros((0, 4))
    smooth = np.array(keypoints_px)
    smooth[:, :2] = track.keypoints.update(np.ascontiguousarray(keypoints_px[:, :2]), step_s)
    return smooth


def _calm(old: Expression, new: Expression, step_s: float) -> Expression:
    """A light low-pass; the first measurement counts fully."""
    share = 1.0 if step_s <= 0.0 else float(blend(EXPRESSION_CUTOFF_HZ, step_s))
    names = ("smile", "mouth_open", "eyes_closed")
    mixed = (getattr(old, name) + share * (getattr(new, name) - getattr(old, name)) for name in names)
    return Expression(*(float(np.clip(value, 0.0, 1.0)) for value in mixed))


def _alive(track: Track) -> bool:
    """Whether the head turned or moved since it was first seen, as no clock on a wall does."""
    turn = np.trace(track.first_base_from_head[:3, :3].T @ track.base_from_head[:3, :3])
    moved_m = np.linalg.norm(track.base_from_head[:3, 3] - track.first_base_from_head[:3, 3])
    return bool(np.degrees(np.arccos(np.clip((turn - 1.0) / 2.0, -1.0, 1.0))) > ALIVE_DEG or moved_m > ALIVE_M)


def _in_view(place: Array, image: CameraImage) -> bool:
    """Whether the picture shows a place (3,) of the base frame."""
    x, y, depth = image.camera_matrix @ (image.base_from_camera[:3, :3].T @ (place - image.base_from_camera[:3, 3]))
    height, width = image.rgb.shape[:2]
    return bool(depth > 0.05 and 0.0 <= x / depth < width and 0.0 <= y / depth < height)


def _at_border(box_px: Array, width_px: int) -> bool:
    return bool(box_px[0] <= BORDER * width_px or box_px[0] + box_px[2] >= (1.0 - BORDER) * width_px)
