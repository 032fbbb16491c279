"""A learned face behind the seam: an ONNX model from audio to ARKit-52 weights.

The model's contract, all float32, batch 1:

| name            | shape      | meaning                                                       |
|-----------------|------------|---------------------------------------------------------------|
| input `audio`   | (1, N)     | mono, 16 kHz, in [-1, 1]; N is free                           |
| input `emotion` | (1, 8)     | optional; one-hot in the order of `datatypes.EMOTIONS`        |
| output `weights`| (1, T, 52) | 60 frames/s, Apple's order; T = ceil(N / 16000 * 60), +-1     |

Frame k belongs to the sound at k / 60 s. Weights are clipped to [0, 1]; NaN or a wrong length is an error. Each chunk
of a stream is one run of the model on its own, and starts from the frame the chunk before ended with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import EMOTIONS, FaceMotion, Speech
from gesture_robot.face.arkit import CHANNELS
from gesture_robot.face.coarticulation import join
from gesture_robot.face.still import frame_count
from gesture_robot.onnx_session import OnnxEngine, emotion_input, frames_of, model_audio

INPUTS = {"audio": (1, None)}
OPTIONAL_INPUTS = {"emotion": (1, len(EMOTIONS))}
OUTPUTS = {"weights": (1, None, len(CHANNELS))}


class OnnxFace(OnnxEngine):
    """Implements `protocols.FaceGenerator` with a user's model."""

    fps = 60.0
    inputs, outputs, optional_inputs = INPUTS, OUTPUTS, OPTIONAL_INPUTS
    channels = CHANNELS

    def generate(self, speech: Speech, *, rng: np.random.Generator) -> FaceMotion:
        """Face for one utterance. Raises InvalidInput when the model's answer cannot be used."""
        return FaceMotion(self.fps, CHANNELS, self._weights(speech))

    def stream(self, chunks: Iterable[Speech], *, rng: np.random.Generator) -> Iterator[FaceMotion]:
        """One motion per chunk, without a jump between them."""
        last: Array | None = None
        for speech in chunks:
            weights = np.clip(join(self._weights(speech), last, self.fps), 0.0, 1.0)
            last = weights[-1] if len(weights) else last
            yield FaceMotion(self.fps, CHANNELS, weights)

    def _weights(self, speech: Speech) -> Array:
        count = frame_count(speech, self.fps)
        if count == 0:
            return np.zeros((0, len(CHANNELS)))
        feeds = {"audio": model_audio(speech)}
        if "emotion" in self._session.inputs:
            feeds["emotion"] = emotion_input(speech.emotion)
        output = self._session.run(feeds)["weights"]
        return np.clip(frames_of(output, "weights", self._session.path, count, (len(CHANNELS),)), 0.0, 1.0)
