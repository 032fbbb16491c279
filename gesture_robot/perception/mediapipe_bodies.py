"""Bodies of a picture: one pose fit per person, several at a time, in regions that follow the people."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.perception.body_pose import belongs, body_shift, is_body, same_body
from gesture_robot.perception.config import PerceptionConfig
from gesture_robot.perception.mediapipe_graphs import Found, Models
from gesture_robot.perception.regions import Region, camera_shift, region_below_face, region_of_circle

SEARCH_AGREE = 0.2
"""Two fits to a body found without a face agree to this, in body sizes."""


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """One pose fit; `region` is where to look in the next picture."""

    keypoints_px: Array
    world_m: Array
    region: Region


@dataclass(frozen=True, slots=True, eq=False)
class Started:
    """Work on one picture that goes on in the background."""

    packet: Any
    size_px: tuple[int, int]
    known: list[Future[Body | None]]
    search: Future[list[Found]] | None


class BodyFinder:
    """Remembers where bodies were; `start` lets the pool work while the caller looks for faces."""

    def __init__(self, models: Models, config: PerceptionConfig):
        self._models, self._config = models, config
        self._pool = ThreadPoolExecutor(config.threads, thread_name_prefix="bodies")
        self.forget()

    def forget(self) -> None:
        """The next picture has nothing to do with the last one."""
        self._bodies: list[Body] = []
        self._searched_s = -np.inf

    def keep(self, bodies: list[Body]) -> None:
        """What the next picture starts from."""
        self._bodies = bodies

    def turn(self, new_from_old: Array, camera_matrix: Array) -> None:
        """The camera turned by (3, 3) since the last picture."""
        bodies = []
        for body in self._bodies:
            centre = np.array([body.region.x, body.region.y])
            x, y = centre + camera_shift(centre, new_from_old, camera_matrix)
            bodies.append(replace(body, region=replace(body.region, x=float(x), y=float(y))))
        self._bodies = bodies

    def start(self, packet: Any, size_px: tuple[int, int], stamp_s: float) -> Started:
        """Begin with the bodies of the last picture and, now and then, a search of the whole picture."""
        known = [self._pool.submit(self._fit, packet, body.region, size_px) for body in self._bodies]
        search = None
        if stamp_s - self._searched_s >= self._config.search_s:
            # From then on half a period beside the search for small faces: no picture has to bear both.
            self._searched_s = stamp_s if np.isfinite(self._searched_s) else stamp_s - 0.5 * self._config.search_s
            search = self._pool.submit(self._models.find_bodies, packet, size_px)
        return Started(packet, size_px, known, search)

    def finish(self, work: Started, faces: list[tuple[Array, Array]]) -> list[Body]:
        """All bodies, after adding one under every face (landmarks, box) that has none, and those of the search."""
        bodies = _distinct([future.result() for future in work.known])
        lonely = [face for face in faces[:self._config.max_people]
                  if not any(belongs(b.keypoints_px, *face) for b in bodies)]
        fits = [self._pool.submit(self._fit_new, work, region_below_face(box_px), np.inf) for _, box_px in lonely]
        for face, fit in zip(lonely, fits, strict=True):
            body = fit.result()
            if body is not None and belongs(body.keypoints_px, *face):
                bodies = _distinct([*bodies, body])
        return bodies if work.search is None else self._add_searched(work, work.search.result(), bodies)

    def _add_searched(self, work: Started, found: list[Found], bodies: list[Body]) -> list[Body]:
        regions = [region_of_circle(marks[0], marks[1]) for _, box, marks in found if not _covered(box, bodies)]
        room = max(self._config.max_people - len(bodies), 0)
        fits = [self._pool.submit(self._fit_new, work, region, SEARCH_AGREE) for region in regions[:room]]
        return _distinct([*bodies, *(fit.result() for fit in fits)])

    def _fit(self, packet: Any, region: Region, size_px: tuple[int, int]) -> Body | None:
        """Pose landmarks in a region, None when they show nobody."""
        fit = self._models.pose(packet, region, size_px)
        if fit is None or not is_body(fit[0], self._config.min_body_visibility):
            return None
        return Body(fit[0], fit[2], region_of_circle(fit[1][0], fit[1][1]))

    def _fit_new(self, work: Started, region: Region, agree: float) -> Body | None:
        """Look twice, the second time where the first put the body.

        The two must not differ by more than `agree` body sizes: on things that are nobody they wander.
        """
        first = self._models.pose(work.packet, region, work.size_px)
        if first is None:
            return None
        second = self._fit(work.packet, region_of_circle(first[1][0], first[1][1]), work.size_px)
        return second if second is not None and body_shift(first[0], second.keypoints_px) < agree else None

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()


def _distinct(bodies: list[Body | None]) -> list[Body]:
    """Without failures and second fits of one person."""
    kept: list[Body] = []
    for body in bodies:
        if body is not None and not any(same_body(body.keypoints_px, other.keypoints_px) for other in kept):
            kept.append(body)
    return kept


def _covered(face_box_px: Array, bodies: list[Body]) -> bool:
    """Whether the head of a known body lies in (or near) the box."""
    centre, reach = face_box_px[:2] + face_box_px[2:] / 2, 0.8 * float(face_box_px[2:].max())
    return any(float(np.linalg.norm(b.keypoints_px[0, :2] - centre)) < reach for b in bodies)
