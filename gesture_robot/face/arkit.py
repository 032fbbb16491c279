"""The 52 ARKit blendshape channels: names in Apple's order, and what they mean for the size of the mouth.

Left and right are the robot's own. `mouthClose` closes the lips over an open jaw, so it is counted against `jawOpen`.
"""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.errors import UnknownName

CHANNELS: tuple[str, ...] = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft",
    "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight", "eyeSquintRight",
    "eyeWideRight",
    "jawForward", "jawLeft", "jawRight", "jawOpen",
    "mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight", "mouthSmileLeft", "mouthSmileRight",
    "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft",
    "mouthStretchRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft",
    "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)
INDEX: dict[str, int] = {name: i for i, name in enumerate(CHANNELS)}

LIPS_APART_SHARE = 0.18
"""How much a lip pulled fully away from the other opens the mouth, as a share of a fully open jaw."""


def index(channel: str) -> int:
    """Position of a channel in `CHANNELS`; raises UnknownName that lists them."""
    if channel not in INDEX:
        raise UnknownName("face channel", channel, CHANNELS)
    return INDEX[channel]


def shape(weights: dict[str, float]) -> Array:
    """(52,) weights of a face written by hand; a name without side ("mouthSmile") sets Left and Right.

    Raises:
        UnknownName: a name that is neither a channel nor the stem of a pair.
    """
    out = np.zeros(len(CHANNELS))
    for name, value in weights.items():
        for index_ in indices(name):
            out[index_] = value
    return out


def indices(name: str) -> tuple[int, ...]:
    """Positions of a channel, or of both sides when `name` is the stem of a pair; raises UnknownName."""
    if name + "Left" in INDEX and name not in ("jaw", "mouth"):
        return INDEX[name + "Left"], INDEX[name + "Right"]
    return (index(name),)


def mouth_opening(weights: Array) -> Array:
    """How far the lips are apart, 0 (shut) to 1 (jaw fully open): (..., 52) -> (...).

    `jawOpen - mouthClose`, plus a share for lips that are pulled apart while the jaw is nearly shut.
    """
    weights = np.asarray(weights, dtype=float)
    jaw = weights[..., INDEX["jawOpen"]] - weights[..., INDEX["mouthClose"]]
    lips = sum(weights[..., i] for name in ("mouthLowerDown", "mouthUpperUp") for i in indices(name)) / 2.0
    return np.clip(jaw + LIPS_APART_SHARE * lips * np.clip(jaw / 0.06, 0.0, 1.0), 0.0, 1.0)  # type: ignore[no-any-return]
