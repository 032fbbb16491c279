"""A learned gesture generator behind the seam: an ONNX model from audio to SMPL-X rotations.

The model's contract, all float32, batch 1:

| name                     | shape         | meaning                                                          |
|--------------------------|---------------|------------------------------------------------------------------|
| input `audio`            | (1, N)        | mono, 16 kHz, in [-1, 1]; N is free                              |
| input `seed_pose`        | (1, 55, 3)    | pose to start from: axis-angle, parent-relative, SMPL-X order    |
| input `emotion`          | (1, 8)        | optional; one-hot in the order of `datatypes.EMOTIONS`           |
| output `rotations`       | (1, T, 55, 3) | 30 frames/s, as `seed_pose`; T = ceil(N / 16000 * 30), +-1       |
| output `root_position`   | (1, T, 3)     | optional [m], SMPL-X axes (x left, y up, z forward); else zeros  |

Streaming: each chunk is one run, with the last pose of the chunk before as `seed_pose`. Whatever the model does with
it, the motion starts at the seed pose and leaves it within 0.3 s, so there is never a jump. Angles beyond half a turn
are wrapped to the same rotation; NaN or a wrong length is an error. The seam's `style` has no input: a model has one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from gesture_robot.body.rotations import quaternion_from_rotvec, rotvec_from_quaternion, slerp
from gesture_robot.checks import Array, frozen_array
from gesture_robot.datatypes import EMOTIONS, BodyMotion, Speech
from gesture_robot.errors import InvalidInput
from gesture_robot.gesture.compose import rest_pose
from gesture_robot.onnx_session import OnnxEngine, emotion_input, frames_of, model_audio

JOINTS = 55
INPUTS = {"audio": (1, None), "seed_pose": (1, JOINTS, 3)}
OPTIONAL_INPUTS = {"emotion": (1, len(EMOTIONS))}
OUTPUTS = {"rotations": (1, None, JOINTS, 3)}
LEAVE_SEED_S = 0.3
LARGEST_ANGLE_RAD = 4.0 * math.pi
"""Beyond two turns the numbers are not axis-angle (degrees, say)."""


class OnnxGestures(OnnxEngine):
    """Implements `protocols.GestureGenerator` with a user's model."""

    fps = 30.0
    inputs, outputs, optional_inputs = INPUTS, OUTPUTS, OPTIONAL_INPUTS

    def generate(self, speech: Speech, *, style: str = "neutral", seed_pose: Array | None = None,
                 rng: np.random.Generator) -> BodyMotion:
        """Motion for one utterance, from `seed_pose` (55, 3) or rest.

        Raises:
            InvalidInput: a bad seed pose, or an answer of the model that cannot be used.
        """
        seed = rest_pose() if seed_pose is None else frozen_array(seed_pose, (JOINTS, 3), "seed_pose")
        count = max(1, math.ceil(speech.duration_s * self.fps - 1e-6))
        if len(speech.samples) == 0:
            return BodyMotion(self.fps, np.repeat(seed[None], count, axis=0), np.zeros((count, 3)))
        feeds = {"audio": model_audio(speech), "seed_pose": seed[None]}
        if "emotion" in self._session.inputs:
            feeds["emotion"] = emotion_input(speech.emotion)
        outputs = self._session.run(feeds)
        path = self._session.path
        rotations = frames_of(outputs["rotations"], "rotations", path, count, (JOINTS, 3))
        largest = float(np.abs(rotations).max())
        if largest > LARGEST_ANGLE_RAD:
            raise InvalidInput(f"the model '{path}' gave rotations up to {largest:.3g}; expected axis-angle in "
                               "radians, parent-relative.")
        root = (frames_of(outputs["root_position"], "root_position", path, count, (3,)) if "root_position" in outputs
                else np.zeros((count, 3)))
        return BodyMotion(self.fps, _from_seed(rotations, seed, self.fps), root)

    def stream(self, chunks: Iterable[Speech], *, style: str = "neutral",
               rng: np.random.Generator) -> Iterator[BodyMotion]:
        """One motion per chunk; each starts from the last pose of the one before."""
        pose: Array | None = None
        for chunk in chunks:
            motion = self.generate(chunk, style=style, seed_pose=pose, rng=rng)
            pose = motion.rotations[-1]
            yield motion


def _from_seed(rotations: Array, seed: Array, fps: float) -> Array:
    """Turn from the seed pose into the model's motion within `LEAVE_SEED_S`, the short way round: (T, 55, 3)."""
    x = np.clip(np.arange(len(rotations)) / (LEAVE_SEED_S * fps), 0.0, 1.0)
    share = (x * x * (3.0 - 2.0 * x))[:, None]
    start = np.broadcast_to(quaternion_from_rotvec(seed), (len(rotations), JOINTS, 4))
    return rotvec_from_quaternion(slerp(start, quaternion_from_rotvec(rotations), share))
