"""When the face detector looks at a picture, with models that know where the faces are."""

from __future__ import annotations

import numpy as np
import pytest

from gesture_robot.perception.config import PerceptionConfig
from gesture_robot.perception.mediapipe_faces import FaceFinder

RGB = np.zeros((480, 640, 3), np.uint8)
SIDE_PX = 80.0


class KnowingModels:
    """Every face is a square of `SIDE_PX` around its centre; a mesh is found where the region lies on one."""

    def __init__(self, *centres):
        self.centres = [np.array(c, float) for c in centres]
        self.detected = 0
        side = np.linspace(-0.5, 0.5, 22)
        self._grid = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)[:478]

    def find_faces(self, packet, size_px):
        self.detected += 1
        return [(0.9, np.array([*(c - SIDE_PX / 2), SIDE_PX, SIDE_PX]), c + np.zeros((6, 2))) for c in self.centres]

    def mesh(self, packet, region, size_px):
        near = [c for c in self.centres if np.hypot(region.x - c[0], region.y - c[1]) < SIDE_PX]
        return np.hstack([near[0] + SIDE_PX * self._grid, np.zeros((478, 1))]) if near else None


def watch(models, finder, seconds, fps=15.0, begin_s=0.0, each=lambda k: None):
    """Pictures in a row; how many faces each one showed."""
    seen = []
    for k in range(round(seconds * fps)):
        each(k)
        faces = finder.find(None, RGB, begin_s + k / fps)
        finder.keep(faces)
        seen.append(len(faces))
    return seen


@pytest.mark.parametrize("fps, detect_s", [(15.0, 0.12), (30.0, 0.12), (10.0, 0.25)])
def test_a_face_that_is_followed_needs_the_detector_now_and_then_only(fps, detect_s):
    models = KnowingModels((320, 240))
    finder = FaceFinder(models, PerceptionConfig(tiles=0, detect_s=detect_s))
    seen = watch(models, finder, 4.0, fps)
    assert seen == [1] * len(seen)
    expected = 4.0 / (np.ceil(detect_s * fps - 1e-9) / fps)
    assert expected - 2 <= models.detected <= expected + 3


def test_a_second_face_is_found_within_the_period():
    models = KnowingModels((200, 240))
    finder = FaceFinder(models, PerceptionConfig(tiles=0, detect_s=0.12))
    watch(models, finder, 1.0)
    models.centres.append(np.array([450.0, 240.0]))
    seen = watch(models, finder, 0.5, begin_s=1.0)
    assert 2 in seen[:3] and seen[3:] == [2] * len(seen[3:])


def test_with_nobody_and_with_somebody_in_a_hurry_it_looks_every_time():
    models = KnowingModels()
    finder = FaceFinder(models, PerceptionConfig(tiles=0))
    assert watch(models, finder, 1.0) == [0] * 15 and models.detected == 15
    models.centres = [np.array([100.0, 240.0])]
    models.detected = 0

    def run(k):
        models.centres[0] = np.array([100.0 + 20.0 * k, 240.0])  # a quarter of its width per picture

    watch(models, finder, 1.0, begin_s=1.0, each=run)
    assert models.detected >= 14
