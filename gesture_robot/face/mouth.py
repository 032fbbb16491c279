"""The mouth of the screen face: lips, teeth and tongue from ARKit weights, in design units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.face.arkit import INDEX
from gesture_robot.face.paint import Canvas, mix
from gesture_robot.face.style import FaceStyle

MOUTH_Y = 90.0
HALF_WIDTH = 52.0
UPPER_LIP, LOWER_LIP = 6.5, 8.0
JAW_DROP = 62.0
"""How far a fully open jaw parts the lips."""
LIPS_PART = 6.0
"""At this opening the lips no longer overlap."""
_U = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 41))


@dataclass(frozen=True, slots=True, eq=False)
class MouthShape:
    """Outlines over the samples `_U` from the picture's left to its right."""

    x: Array
    upper_y: Array
    lower_y: Array
    upper_lip: float
    lower_lip: float
    opening: float
    """Between the lips in the middle."""
    tongue: float
    teeth: float


def mouth_shape(weights: Array) -> MouthShape:
    """Lip curves from (52,) weights."""

    def get(name: str) -> float:
        return float(weights[INDEX[name]])

    def pair(stem: str) -> tuple[float, float, float]:
        right, left = get(stem + "Right"), get(stem + "Left")
        return right, left, 0.5 * (right + left)

    jaw = max(0.0, get("jawOpen") - get("mouthClose"))
    parted = min(jaw / 0.05, 1.0)
    pucker, funnel = get("mouthPucker"), get("mouthFunnel")
    smile, frown, stretch, dimple = (pair(n) for n in ("mouthSmile", "mouthFrown", "mouthStretch", "mouthDimple"))
    press, lower_down, upper_up = pair("mouthPress")[2], pair("mouthLowerDown")[2], pair("mouthUpperUp")[2]
    narrow = (1.0 - 0.56 * pucker) * (1.0 - 0.30 * funnel) * (1.0 - 0.16 * jaw)
    sides = []
    for k in (0, 1):
        half = HALF_WIDTH * (1.0 + 0.30 * smile[k] + 0.24 * stretch[k] + 0.06 * dimple[k] - 0.06 * frown[k]) * narrow
        rise = 5.5 + 21.0 * smile[k] + 4.0 * dimple[k] - 19.0 * frown[k] - 2.5 * stretch[k]
        sides.append((half, rise))
    left = 0.5 + 0.5 * np.sin(0.5 * np.pi * _U)  # Of the robot: right in the picture. Sides meet without a step.
    half = sides[1][0] * left + sides[0][0] * (1.0 - left)
    rise = (sides[1][1] * left + sides[0][1] * (1.0 - left)) * (1.0 - 0.6 * pucker)
    x = 9.0 * (get("mouthLeft") - get("mouthRight") + get("jawLeft") - get("jawRight")) + _U * half
    bow = 1.0 - np.abs(_U) ** (2.3 + 0.8 * funnel + 0.4 * pucker)
    seam = MOUTH_Y - rise * np.abs(_U) ** 1.9 + 0.35 * rise * bow - 7.0 * get("mouthShrugLower") * bow
    ring = min(1.0, max(pucker, funnel) * 1.3)
    up = parted * (9.0 * upper_up + 4.0 * ring) + (0.10 + 0.30 * ring) * JAW_DROP * jaw
    low = parted * (9.0 * lower_down + 2.0 * ring) + (0.96 - 0.30 * ring) * JAW_DROP * jaw
    forward = 1.0 + 0.40 * pucker + 0.18 * funnel
    return MouthShape(
        x, seam - up * bow, seam + low * bow,
        UPPER_LIP * forward * (1.0 - 0.50 * get("mouthRollUpper")) * (1.0 - 0.25 * press),
        LOWER_LIP * forward * (1.0 - 0.50 * get("mouthRollLower")) * (1.0 - 0.25 * press),
        up + low, get("tongueOut"), max(0.0, 1.0 - 1.1 * ring))


def draw_mouth(canvas: Canvas, weights: Array, style: FaceStyle) -> None:
    """Inside, tongue and teeth clipped by the lips, then the lips."""
    mouth = mouth_shape(weights)
    upper, lower = np.stack([mouth.x, mouth.upper_y], axis=1), np.stack([mouth.x, mouth.lower_y], axis=1)
    if mouth.opening > 0.8:
        layer = canvas.layer(np.concatenate([upper, lower[::-1]]))
        if layer is not None:
            _draw_inside(layer.canvas, mouth, style)
            layer.merge()
    # Shut lips share one line; open ones lie outside the opening, so that a narrow one is seen.
    apart = 0.5 * min(mouth.opening / LIPS_PART, 1.0) * (1.0 - _U ** 4)
    lower[:, 1] += apart * mouth.lower_lip
    upper[:, 1] -= apart * mouth.upper_lip
    canvas.stroke(lower, mouth.lower_lip, mix(style.lip, style.tongue, 0.25))
    canvas.stroke(upper, mouth.upper_lip, style.lip)


def _draw_inside(canvas: Canvas, mouth: MouthShape, style: FaceStyle) -> None:
    canvas.fill(style.mouth_inside)
    middle = len(mouth.x) // 2
    half = 0.5 * (mouth.x[-1] - mouth.x[0])
    centre_x = 0.5 * (mouth.x[-1] + mouth.x[0])
    floor_y = float(mouth.lower_y[middle])
    deep = min(14.0, 0.45 * mouth.opening) * mouth.teeth
    if deep > 0.6:
        edge = np.stack([mouth.x, mouth.upper_y + deep * np.clip(1.6 * (1.0 - np.abs(_U) ** 3), 0.0, 1.0)], axis=1)
        canvas.polygon(np.concatenate([np.stack([mouth.x, mouth.upper_y - 1.0], axis=1), edge[::-1]]), style.teeth)
    # The tongue comes last: on "th" it lies between and over the teeth.
    angle = np.linspace(0.0, 2.0 * np.pi, 33)
    height = (0.42 + 0.75 * mouth.tongue) * mouth.opening
    wide = (0.58 - 0.12 * mouth.tongue) * half
    tongue = np.stack([centre_x + wide * np.cos(angle), floor_y + height * np.sin(angle)], axis=1)
    canvas.polygon(tongue, style.tongue)
    if mouth.tongue > 0.1:
        canvas.stroke(np.array([[centre_x, floor_y], [centre_x, floor_y - 0.6 * height]]), 2.0,
                      mix(style.tongue, style.mouth_inside, 0.35))
