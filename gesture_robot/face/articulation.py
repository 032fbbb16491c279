"""What the mouth does for each viseme, as ARKit weights, and how much each sound insists on jaw and lips.

Our own table, set by eye on the screen face and by the phonetics of each class: open vowels lower the jaw, rounded ones
push the lips forward, sibilants bring the teeth together, bilabials shut the lips whatever the neighbours do.
"""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.face.arkit import CHANNELS, indices, shape

_TARGETS: dict[str, dict[str, float]] = {
    "silence": {},
    "bilabial": {"jawOpen": 0.10, "mouthPucker": 0.05},
    "labiodental": {"jawOpen": 0.09, "mouthRollLower": 0.55, "mouthUpperUp": 0.30, "mouthStretch": 0.10},
    "dental": {"jawOpen": 0.15, "tongueOut": 0.45, "mouthLowerDown": 0.20, "mouthUpperUp": 0.12},
    "alveolar": {"jawOpen": 0.12, "mouthLowerDown": 0.14, "mouthUpperUp": 0.08, "mouthStretch": 0.10},
    "lateral": {"jawOpen": 0.17, "mouthLowerDown": 0.16, "mouthUpperUp": 0.08, "tongueOut": 0.14},
    "velar": {"jawOpen": 0.17, "mouthLowerDown": 0.10, "mouthUpperUp": 0.04},
    "sibilant": {"jawOpen": 0.06, "mouthStretch": 0.28, "mouthLowerDown": 0.24, "mouthUpperUp": 0.14,
                 "mouthSmile": 0.06},
    "postalveolar": {"jawOpen": 0.09, "mouthFunnel": 0.50, "mouthPucker": 0.22, "mouthLowerDown": 0.18,
                     "mouthUpperUp": 0.14},
    "rhotic": {"jawOpen": 0.15, "mouthFunnel": 0.26, "mouthPucker": 0.20},
    "labiovelar": {"jawOpen": 0.09, "mouthPucker": 0.72, "mouthFunnel": 0.18},
    "palatal": {"jawOpen": 0.12, "mouthStretch": 0.24, "mouthSmile": 0.10, "mouthLowerDown": 0.12},
    "open": {"jawOpen": 0.66, "mouthLowerDown": 0.30, "mouthUpperUp": 0.14},
    "ash": {"jawOpen": 0.54, "mouthStretch": 0.26, "mouthLowerDown": 0.36, "mouthUpperUp": 0.22, "mouthSmile": 0.08},
    "mid_front": {"jawOpen": 0.40, "mouthStretch": 0.26, "mouthLowerDown": 0.30, "mouthUpperUp": 0.16,
                  "mouthSmile": 0.08},
    "close_front": {"jawOpen": 0.22, "mouthStretch": 0.38, "mouthLowerDown": 0.26, "mouthUpperUp": 0.14,
                    "mouthSmile": 0.16},
    "mid_back": {"jawOpen": 0.46, "mouthFunnel": 0.48, "mouthPucker": 0.26},
    "close_back": {"jawOpen": 0.19, "mouthPucker": 0.70, "mouthFunnel": 0.28},
    "central": {"jawOpen": 0.27, "mouthLowerDown": 0.16, "mouthUpperUp": 0.06},
    "open_central": {"jawOpen": 0.42, "mouthLowerDown": 0.24, "mouthUpperUp": 0.10},
    "r_vowel": {"jawOpen": 0.27, "mouthFunnel": 0.32, "mouthPucker": 0.20},
    "close_rounded": {"jawOpen": 0.17, "mouthPucker": 0.66, "mouthFunnel": 0.26},
    "mid_rounded": {"jawOpen": 0.32, "mouthPucker": 0.42, "mouthFunnel": 0.34},
}
TARGETS: dict[str, Array] = {viseme: shape(weights) for viseme, weights in _TARGETS.items()}

# (jaw, lips): the a_sp of the dominance functions. Sounds made by the tongue leave the lips to their neighbours.
_STRENGTH: dict[str, tuple[float, float]] = {
    "silence": (1.6, 1.6), "bilabial": (0.9, 0.5), "labiodental": (1.0, 1.2), "dental": (0.9, 0.7),
    "alveolar": (0.7, 0.30), "lateral": (0.6, 0.30), "velar": (0.45, 0.20), "sibilant": (1.1, 0.7),
    "postalveolar": (1.0, 1.1), "rhotic": (0.6, 0.7), "labiovelar": (0.9, 1.3), "palatal": (0.6, 0.5),
}
_VOWEL_STRENGTH = (1.0, 1.0)

LIP_TAU_S = 0.030
JAW_TAU_S = 0.032
TONGUE_TAU_S = 0.030
CLOSURE_RISE_S = 0.040
"""Lips need this long to come together or part."""

_JAW = indices("jawOpen")
TAU_S: Array = np.full(len(CHANNELS), LIP_TAU_S)
TAU_S[list(_JAW)] = JAW_TAU_S
TAU_S[list(indices("tongueOut"))] = TONGUE_TAU_S


def strength(viseme: str) -> Array:
    """(52,) how much a viseme insists on each channel."""
    jaw, lips = _STRENGTH.get(viseme, _VOWEL_STRENGTH)
    out = np.full(len(CHANNELS), lips)
    out[list(_JAW)] = jaw
    out[list(indices("tongueOut"))] = 1.0
    return out


_PARTS_LIPS = [i for name in ("mouthLowerDown", "mouthUpperUp", "mouthFunnel") for i in indices(name)]
_PRESSES = shape({"mouthPress": 0.45, "mouthRollUpper": 0.30, "mouthRollLower": 0.34})


def close_lips(weights: Array, closure: Array) -> Array:
    """Bring the lips together where `closure` (T,) is 1, whatever jaw, emotion and neighbours want: (T, 52).

    The jaw stays partly open, as it does between two open vowels; `mouthClose` makes up for it, so that the lips meet.
    """
    out = weights.copy()
    shut = np.clip(closure, 0.0, 1.0)[:, None]
    out[:, _PARTS_LIPS] *= 1.0 - shut
    out[:, list(_JAW)] *= 1.0 - 0.55 * shut
    close = indices("mouthClose")[0]
    out[:, close] = np.maximum(out[:, close], out[:, _JAW[0]] * shut[:, 0])
    return np.maximum(out, _PRESSES * shut)  # type: ignore[no-any-return]
