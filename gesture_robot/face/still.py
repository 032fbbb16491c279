"""A face that does not move: the fake behind the face seam."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from gesture_robot.datatypes import FaceMotion, Speech
from gesture_robot.face.arkit import CHANNELS


class StillFace:
    """All channels zero, as long as the audio."""

    fps = 60.0
    channels = CHANNELS

    def generate(self, speech: Speech, *, rng: np.random.Generator) -> FaceMotion:
        """A neutral face for the length of the audio."""
        return FaceMotion(self.fps, CHANNELS, np.zeros((frame_count(speech, self.fps), len(CHANNELS))))

    def stream(self, chunks: Iterable[Speech], *, rng: np.random.Generator) -> Iterator[FaceMotion]:
        """One neutral motion per chunk."""
        for speech in chunks:
            yield self.generate(speech, rng=rng)


def frame_count(speech: Speech, fps: float) -> int:
    """Frames that cover the audio, rounded up; a rest of less than a millionth of a frame is rounding, not audio."""
    return max(0, math.ceil(speech.duration_s * fps - 1e-6))
