"""Eyes and brows of the screen face, in design units. The robot's left is on the right of the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.face.arkit import INDEX
from gesture_robot.face.paint import Canvas, mix
from gesture_robot.face.style import FaceStyle

EYE_X, EYE_Y = 84.0, -34.0
EYE_WIDTH, EYE_HEIGHT = 50.0, 58.0
"""Half axes of an open eye."""
IRIS, PUPIL = 33.0, 17.0
GAZE_X, GAZE_Y = 21.0, 20.0
"""How far the iris goes at full eyeLook."""
_ROUNDNESS = 2.5
_U = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 41))
"""Samples across the eye, denser towards the corners where its edge is steep."""
_EDGE = (1.0 - np.abs(_U) ** _ROUNDNESS) ** (1.0 / _ROUNDNESS)


@dataclass(frozen=True, slots=True)
class EyePose:
    """What one eye shows; `side` is 1 for the robot's left eye (right in the picture), -1 for its right one."""

    side: int
    blink: float
    wide: float
    squint: float
    cheek: float
    brow_down: float
    brow_inner: float
    brow_outer: float
    sneer: float
    look_x: float
    """-1 to 1, positive to the right of the picture."""
    look_y: float
    """-1 to 1, positive down."""


def eye_pose(weights: Array, side: int) -> EyePose:
    """Read one eye's channels."""
    name = "Left" if side > 0 else "Right"

    def get(stem: str) -> float:
        return float(weights[INDEX[stem + name]])

    return EyePose(side, get("eyeBlink"), get("eyeWide"), get("eyeSquint"), get("cheekSquint"), get("browDown"),
                   float(weights[INDEX["browInnerUp"]]), get("browOuterUp"), get("noseSneer"),
                   side * (get("eyeLookOut") - get("eyeLookIn")), get("eyeLookDown") - get("eyeLookUp"))


def lids(pose: EyePose) -> tuple[Array, Array]:
    """Upper and lower edge of the eye's opening over `_U`, in half heights (-1 top, 1 bottom)."""
    shut_at = 0.46 - 0.30 * pose.cheek
    frown = max(0.0, pose.brow_down - 0.5 * pose.brow_inner)
    worry = max(0.0, pose.brow_inner - 0.9 * pose.brow_outer) * (1.0 - pose.wide)
    out = _U * pose.side
    top = -0.76 - 0.45 * pose.wide + 0.12 * pose.squint + 0.20 * frown + 0.12 * worry
    top += 0.30 * max(pose.look_y, 0.0) + 0.16 * min(pose.look_y, 0.0)
    arch = 0.24 * _U ** 2
    slant = (0.36 * worry - 0.44 * frown) * out
    bottom = 1.02 - 0.62 * pose.squint - 0.50 * pose.cheek - 0.25 * pose.sneer
    cup = (0.05 + 0.40 * pose.cheek) * _U ** 2
    bow = (0.62 * pose.cheek - 0.20) * _U ** 2  # Shut eyes: calm ones sag, smiling ones arch.
    shut = shut_at + bow
    upper = -_soft_min(-((top + arch + slant) * (1.0 - pose.blink) + shut * pose.blink), _EDGE)
    follow = pose.blink ** 3  # The lower lid hardly moves until they meet.
    lower = _soft_min((bottom + cup) * (1.0 - follow) + shut * follow, _EDGE)
    return upper, np.maximum(lower, upper)


def _soft_min(a: Array, b: Array) -> Array:
    """Smaller of two curves with the corner between them rounded."""
    return 0.5 * (a + b - np.sqrt((a - b) ** 2 + 0.012))  # type: ignore[no-any-return]


def eye_openness(pose: EyePose) -> float:
    """How far the lids are apart at the widest, in half heights: 0 shut, about 1.8 open."""
    upper, lower = lids(pose)
    return float((lower - upper).max())


def draw_eye(canvas: Canvas, pose: EyePose, style: FaceStyle) -> None:
    """One eye with its lids."""
    upper, lower = lids(pose)
    grow = 1.0 + 0.07 * pose.wide
    x = pose.side * EYE_X + _U * EYE_WIDTH * grow
    top, bottom = (EYE_Y + v * EYE_HEIGHT * grow for v in (upper, lower))
    openness = float((bottom - top).max())
    if openness > 1.5:
        outline = np.concatenate([np.stack([x, top], axis=1), np.stack([x, bottom], axis=1)[::-1]])
        layer = canvas.layer(outline)
        if layer is not None:
            _draw_ball(layer.canvas, pose, style, np.stack([x, top], axis=1))
            layer.merge()
    shut = min(max(1.0 - openness / (0.9 * EYE_HEIGHT), 0.0), 1.0)
    keep = upper < 0.97 * _EDGE  # Beyond, the lid has left the eye.
    canvas.stroke(np.stack([x, top], axis=1)[keep], 3.5 + 2.5 * shut, mix(style.lid_open, style.lid_shut, shut * 1.4))


def _draw_ball(canvas: Canvas, pose: EyePose, style: FaceStyle, lid: Array) -> None:
    """White, iris, pupil and highlights; the lid clips them."""
    canvas.fill(style.eye_white)
    shade = np.concatenate([lid, (lid + [0.0, 9.0])[::-1]])
    canvas.polygon(shade, mix(style.eye_white, style.eye_shade, 0.75))
    x = pose.side * (EYE_X - 3.0) + GAZE_X * pose.look_x
    y = EYE_Y + 3.0 + GAZE_Y * pose.look_y
    iris = IRIS * (1.0 - 0.12 * pose.wide)
    canvas.disc(x, y, iris, style.iris_rim)
    for k in range(6):
        share = (k + 1) / 6.0
        canvas.disc(x, y + 7.0 * share, (iris - 4.0) - 11.5 * share, mix(style.iris, style.iris_light, share ** 1.3))
    canvas.disc(x, y, PUPIL * (1.0 - 0.20 * pose.wide), style.pupil)
    # Reflections belong to the room: they move less than the iris.
    hx, hy = x - 0.25 * GAZE_X * pose.look_x, y - 0.25 * GAZE_Y * pose.look_y
    canvas.disc(hx - 11.0, hy - 12.0, 8.5, style.highlight)
    canvas.disc(hx + 11.0, hy + 12.0, 4.0, mix(style.iris_light, style.highlight, 0.7))


def draw_brow(canvas: Canvas, pose: EyePose, style: FaceStyle) -> None:
    """A tapered brow: inner end, arch and tail move on their own."""
    down, inner, outer = pose.brow_down, pose.brow_inner, pose.brow_outer
    lift = 4.0 * pose.wide - 2.0 * pose.blink
    y_inner = EYE_Y - 73.0 - 21.0 * inner + 33.0 * down + 4.0 * pose.sneer - lift
    y_middle = EYE_Y - 84.0 - 8.0 * inner - 13.0 * outer + 19.0 * down - lift
    y_outer = EYE_Y - 70.0 - 18.0 * outer + 7.0 * inner - 3.0 * down - lift
    x_inner, x_outer = 50.0 - 12.0 * down, 122.0 - 4.0 * down
    t = np.linspace(0.0, 1.0, 15)
    x = x_inner + (x_outer - x_inner) * t
    control = 2.0 * y_middle - 0.5 * (y_inner + y_outer)
    y = (1 - t) ** 2 * y_inner + 2 * t * (1 - t) * control + t ** 2 * y_outer
    half = 5.0 * (1.0 - 0.62 * t ** 1.5)
    slope = np.gradient(y, x)
    across = half[:, None] * np.stack([-slope, np.ones_like(slope)], axis=1) / np.hypot(1.0, slope)[:, None]
    line = np.stack([x, y], axis=1)
    mirror = np.array([pose.side, 1.0])
    canvas.polygon(np.concatenate([line - across, (line + across)[::-1]]) * mirror, style.brow)
    for end in (0, -1):
        canvas.disc(pose.side * float(x[end]), float(y[end]), float(half[end]), style.brow)


def draw_sneer(canvas: Canvas, sneer: float, style: FaceStyle) -> None:
    """Wrinkles on the bridge of the nose."""
    if sneer < 0.08:
        return
    colour = mix(style.screen, style.brow, 0.75 * min(1.0, sneer))
    for side in (-1, 1):
        for y, reach in ((-20.0, 15.0), (-9.0, 19.0)):
            line = np.array([[5.0, y + 3.0], [0.5 * (5.0 + reach), y - 2.0], [reach, y - 6.0]])
            canvas.stroke(line * [side, 1.0], 3.0, colour)
