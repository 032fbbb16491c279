"""The robot's screen face: ARKit weights to a picture.

A dark screen with luminous eyes whose lids, brows and gaze follow the weights, and a mouth with lips, teeth and tongue.
Pure: the same weights give the same picture.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from gesture_robot.checks import Array, frozen_array
from gesture_robot.errors import InvalidInput, MissingDependency
from gesture_robot.face.arkit import CHANNELS, INDEX
from gesture_robot.face.eyes import EYE_X, EYE_Y, draw_brow, draw_eye, draw_sneer, eye_openness, eye_pose
from gesture_robot.face.mouth import LIPS_PART, LOWER_LIP, MOUTH_Y, UPPER_LIP, draw_mouth
from gesture_robot.face.paint import Canvas
from gesture_robot.face.style import DESIGN_HEIGHT, DESIGN_WIDTH, FaceStyle, style_named

FINE = 2
"""Drawn this much larger, then averaged: smooth edges at a small size."""
_SMALLEST, _LARGEST = 32, 4096


def draw_face(weights: Array, width: int = 480, height: int = 360, style: FaceStyle | str = "lagoon") -> Array:
    """Draw the face: (52,) weights in [0, 1] to a (height, width, 3) uint8 RGB picture.

    Args:
        weights: ARKit channels in the order of `arkit.CHANNELS`; values outside [0, 1] are clipped.
        width: of the picture [px]; the face keeps its proportions and stays centred.
        height: of the picture [px].
        style: a look, or the name of one.

    Raises:
        InvalidInput: wrong shape, NaN, or a size outside 32..4096 px.
        UnknownName: no such style.
        MissingDependency: OpenCV is absent.
    """
    if not (_SMALLEST <= width <= _LARGEST and _SMALLEST <= height <= _LARGEST):
        raise InvalidInput(f"a face is drawn {_SMALLEST} to {_LARGEST} px wide and high, got {width} x {height}.")
    try:
        import cv2
    except ImportError as error:
        raise MissingDependency("cv2", "perception", str(error)) from None
    look = style_named(style) if isinstance(style, str) else style
    w = np.clip(frozen_array(weights, (len(CHANNELS),), "face weights"), 0.0, 1.0)
    poses = [eye_pose(w, side) for side in (-1, 1)]
    light = tuple(round(4.0 * min(eye_openness(pose) / 1.7, 1.0)) for pose in poses)
    canvas = Canvas.over(_background(FINE * width, FINE * height, look, light).copy())
    _draw_cheeks(canvas, w, look)
    for pose in poses:
        draw_eye(canvas, pose, look)
        draw_brow(canvas, pose, look)
    draw_sneer(canvas, float(w[INDEX["noseSneerLeft"]] + w[INDEX["noseSneerRight"]]) / 2.0, look)
    draw_mouth(canvas, w, look)
    return cv2.resize(canvas.image, (width, height), interpolation=cv2.INTER_AREA) if FINE > 1 else canvas.image


def mouth_opening_px(image: Array) -> float:
    """Opening between the lips [px], measured in a picture of the face: (H, W, 3) uint8 RGB that the face fills.

    Lips and the inside of the mouth are red, the screen is not; the height of red in the middle columns, less the
    lips' own height, is the opening. Soft thresholds keep it smooth under video compression.
    """
    if image.ndim != 3 or image.shape[2] != 3 or min(image.shape[:2]) < _SMALLEST:
        raise InvalidInput(f"a picture of a face is (H, W, 3) with at least {_SMALLEST} px a side, got {image.shape}.")
    height, width = image.shape[:2]
    scale = min(width / DESIGN_WIDTH, height / DESIGN_HEIGHT)
    top = round(height / 2 + (MOUTH_Y - 50.0) * scale)
    half = max(1, round(7.0 * scale))
    part = image[top:, width // 2 - half:width // 2 + half, 0].astype(np.float32)
    red = float(np.clip((part - 45.0) / 40.0, 0.0, 1.0).sum(axis=0).mean()) / scale
    lips = 0.5 * (UPPER_LIP + LOWER_LIP)
    opening = max((red - lips) / (1.0 + lips / LIPS_PART) if red < LIPS_PART + 2.0 * lips else red - 2.0 * lips, 0.0)
    return opening * scale


def _draw_cheeks(canvas: Canvas, weights: Array, style: FaceStyle) -> None:
    """A blush that smiles and full cheeks bring out."""
    for side, name in ((1, "Left"), (-1, "Right")):
        lift = max(float(weights[INDEX["cheekSquint" + name]]), 0.8 * float(weights[INDEX["mouthSmile" + name]]))
        puff = float(weights[INDEX["cheekPuff"]])
        canvas.glow(side * 136.0, 48.0 - 7.0 * lift, 46.0 + 14.0 * round(4 * puff) / 4, style.blush,
                    0.10 + 0.34 * lift + 0.2 * puff)


@lru_cache(maxsize=16)
def _background(width: int, height: int, style: FaceStyle, light: tuple[int, ...]) -> Array:
    """The empty screen: darker towards the rim, a light around each eye that is open (0 to 4 quarters)."""
    x = (np.arange(width) - (width - 1) / 2.0) / (width / 2.0)
    y = (np.arange(height) - (height - 1) / 2.0) / (height / 2.0)
    rim = np.clip(np.hypot(x[None, :], y[:, None]) / 1.25, 0.0, 1.0)[..., None] ** 2
    image = (np.array(style.screen) * (1.0 - rim) + np.array(style.screen_edge) * rim).round().astype(np.uint8)
    canvas = Canvas.over(image)
    for side, quarters in zip((-1, 1), light, strict=True):
        canvas.glow(side * EYE_X, EYE_Y, 118.0, style.glow, 0.08 + 0.09 * quarters)
    image.setflags(write=False)
    return image  # type: ignore[no-any-return]
