"""Emotions as ARKit weights, and how they share the face with speaking lips."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import EMOTIONS
from gesture_robot.errors import UnknownName
from gesture_robot.face.arkit import CHANNELS, indices, shape

_SHAPES: dict[str, dict[str, float]] = {
    "neutral": {},
    "happiness": {"mouthSmile": 0.80, "cheekSquint": 0.60, "eyeSquint": 0.15, "mouthDimple": 0.25, "browInnerUp": 0.20,
                  "browOuterUp": 0.30},
    "sadness": {"browInnerUp": 0.85, "mouthFrown": 0.70, "mouthShrugLower": 0.35, "eyeBlink": 0.20, "eyeLookDown": 0.30,
                "browDown": 0.10},
    "anger": {"browDown": 0.95, "noseSneer": 0.35, "eyeSquint": 0.45, "mouthPress": 0.55, "mouthFrown": 0.45,
              "jawForward": 0.30},
    "fear": {"browInnerUp": 0.95, "browOuterUp": 0.35, "eyeWide": 0.80, "mouthStretch": 0.75, "jawOpen": 0.12,
             "mouthLowerDown": 0.45, "mouthFrown": 0.25},
    "surprise": {"browInnerUp": 0.90, "browOuterUp": 1.00, "eyeWide": 0.85, "jawOpen": 0.46, "mouthFunnel": 0.45,
                 "mouthPucker": 0.30},
    "disgust": {"noseSneer": 0.95, "browDown": 0.55, "mouthUpperUp": 0.55, "mouthFrown": 0.45, "eyeSquint": 0.65,
                "mouthShrugLower": 0.40, "jawOpen": 0.05, "cheekSquint": 0.35},
    "contempt": {"mouthSmileRight": 0.65, "mouthDimpleRight": 0.60, "eyeSquint": 0.35, "browDownLeft": 0.45,
                 "browOuterUpRight": 0.75, "eyeBlink": 0.16, "mouthRight": 0.25},
}
SHAPES: dict[str, Array] = {emotion: shape(weights) for emotion, weights in _SHAPES.items()}

_OPENING = [i for name in ("jawOpen", "mouthLowerDown", "mouthUpperUp", "mouthFunnel", "mouthPucker", "mouthClose",
                           "mouthPress", "mouthShrugLower", "mouthRollLower", "mouthRollUpper", "tongueOut")
            for i in indices(name)]
_CORNERS = [i for name in ("mouthSmile", "mouthFrown", "mouthDimple", "mouthStretch") for i in indices(name)]
CORNERS_WHILE_SPEAKING = 0.6


def expression(emotion: str, intensity: float = 1.0) -> Array:
    """(52,) weights of an emotion; raises UnknownName that lists the eight."""
    if emotion not in SHAPES:
        raise UnknownName("emotion", emotion, EMOTIONS)
    return SHAPES[emotion] * float(np.clip(intensity, 0.0, 1.0))


def with_expression(speech: Array, emotion: Array, speaking: Array | float) -> Array:
    """Put an expression under a speaking face: (..., 52) from (..., 52), (..., 52), (...).

    While `speaking` is 1 the emotion keeps brows, eyes and cheeks, moves the corners of the mouth at part strength and
    leaves opening and closing to the speech, so lips that must meet do meet under a smile.
    """
    share = np.ones(np.shape(emotion))
    busy = np.asarray(speaking)[..., None]
    share[..., _OPENING] = 1.0 - busy
    share[..., _CORNERS] = 1.0 - (1.0 - CORNERS_WHILE_SPEAKING) * busy
    under = emotion * share
    corners = np.zeros(len(CHANNELS), dtype=bool)
    corners[_CORNERS] = True
    # Corners add up (a smile widens on "ee"); elsewhere the stronger wish wins and nothing is counted twice.
    return np.clip(np.where(corners, speech + under * (1.0 - 0.5 * speech), np.maximum(speech, under)), 0.0, 1.0)
