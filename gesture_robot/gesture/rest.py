"""The fake generator: stands at ease whatever is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from gesture_robot.checks import Array, frozen_array
from gesture_robot.datatypes import BodyMotion, Speech
from gesture_robot.gesture.compose import FPS, rest_pose
from gesture_robot.gesture.curves import ease


class RestGestures:
    """Implements protocols.GestureGenerator: from the seed pose to rest within one second, then still."""

    fps = FPS

    def generate(self, speech: Speech, *, style: str = "neutral", seed_pose: Array | None = None,
                 rng: np.random.Generator) -> BodyMotion:
        """Rest for the length of the audio."""
        count = max(1, int(np.ceil(speech.duration_s * FPS - 1e-9)))
        rotations = np.repeat(rest_pose()[None], count, axis=0)
        if seed_pose is not None:
            left = 1.0 - ease(np.arange(count) / FPS)
            rotations = rotations + left[:, None, None] * (frozen_array(seed_pose, (55, 3), "seed_pose") - rotations)
        return BodyMotion(fps=FPS, rotations=rotations, root_position=np.zeros((count, 3)))

    def stream(self, chunks: Iterable[Speech], *, style: str = "neutral",
               rng: np.random.Generator) -> Iterator[BodyMotion]:
        """Rest, chunk by chunk."""
        for chunk in chunks:
            yield self.generate(chunk, style=style, rng=rng)
