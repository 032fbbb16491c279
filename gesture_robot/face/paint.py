"""Anti-aliased drawing in design units on a picture of any size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.face.style import DESIGN_HEIGHT, DESIGN_WIDTH, Colour

SHIFT = 4
"""Bits of sub-pixel position given to OpenCV: sixteenths, so slow movements do not step."""


@dataclass(slots=True)
class Canvas:
    """A picture and the mapping from design units (origin in the middle, y down) to its pixels."""

    image: Array
    """(H, W, 3) uint8."""
    scale: float
    """Pixels per design unit."""
    origin_px: tuple[float, float]

    @staticmethod
    def over(image: Array) -> Canvas:
        """A canvas that shows the whole design, centred, on `image`."""
        height, width = image.shape[:2]
        return Canvas(image, min(width / DESIGN_WIDTH, height / DESIGN_HEIGHT), (width / 2.0, height / 2.0))

    def pixels(self, points: Array) -> Array:
        """(N, 2) design units to OpenCV's fixed-point pixels."""
        px = np.asarray(points, dtype=float) * self.scale + self.origin_px
        return np.round((px - 0.5) * (1 << SHIFT)).astype(np.int32)  # type: ignore[no-any-return]

    def fill(self, colour: Colour) -> None:
        """One colour everywhere."""
        import cv2

        height, width = self.image.shape[:2]
        cv2.rectangle(self.image, (0, 0), (width, height), colour, -1)

    def polygon(self, points: Array, colour: Colour) -> None:
        """Fill a closed outline (N, 2)."""
        import cv2

        cv2.fillPoly(self.image, [self.pixels(points)], colour, cv2.LINE_AA, SHIFT)

    def stroke(self, points: Array, width: float, colour: Colour, *, closed: bool = False) -> None:
        """A line of even width with round ends."""
        import cv2

        cv2.polylines(self.image, [self.pixels(points)], closed, colour, max(1, round(width * self.scale)),
                      cv2.LINE_AA, SHIFT)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A filled circle."""
        import cv2

        centre = self.pixels(np.array([[x, y]]))[0]
        cv2.circle(self.image, (int(centre[0]), int(centre[1])), max(1, round(radius * self.scale * (1 << SHIFT))),
                   colour, -1, cv2.LINE_AA, SHIFT)

    def glow(self, x: float, y: float, radius: float, colour: Colour, alpha: float) -> None:
        """Add soft light around a point."""
        import cv2

        size = max(2, round(2 * radius * self.scale))
        left, top = (round(c * self.scale + o - size / 2) for c, o in zip((x, y), self.origin_px, strict=True))
        height, width = self.image.shape[:2]
        x0, y0, x1, y1 = max(0, left), max(0, top), min(width, left + size), min(height, top + size)
        if alpha <= 0.004 or x0 >= x1 or y0 >= y1:
            return
        part = self.image[y0:y1, x0:x1]
        light = _soft_disc(size, colour)[y0 - top:y1 - top, x0 - left:x1 - left]
        part[:] = np.minimum(cv2.scaleAdd(light, alpha, part.astype(np.float32)), 255.0)

    def layer(self, outline: Array) -> Layer | None:
        """A patch that will be shown inside `outline` only; None when the outline lies outside the picture."""
        px = np.asarray(outline, dtype=float) * self.scale + self.origin_px
        height, width = self.image.shape[:2]
        low = np.maximum(np.floor(px.min(axis=0)).astype(int) - 2, 0)
        high = np.minimum(np.ceil(px.max(axis=0)).astype(int) + 3, (width, height))
        if (low >= high).any():
            return None
        patch = np.zeros((high[1] - low[1], high[0] - low[0], 3), np.uint8)
        canvas = Canvas(patch, self.scale, (self.origin_px[0] - low[0], self.origin_px[1] - low[1]))
        return Layer(self, canvas, np.asarray(outline), (int(low[0]), int(low[1])))


@dataclass(slots=True)
class Layer:
    """A patch with its own canvas, blended back through an anti-aliased mask."""

    below: Canvas
    canvas: Canvas
    outline: Array
    corner_px: tuple[int, int]

    def merge(self) -> None:
        """Show the patch inside the outline."""
        import cv2

        height, width = self.canvas.image.shape[:2]
        mask = np.zeros((height, width), np.uint8)
        cv2.fillPoly(mask, [self.canvas.pixels(self.outline)], (255,), cv2.LINE_AA, SHIFT)
        x, y = self.corner_px
        target = self.below.image[y:y + height, x:x + width]
        inside = mask.astype(np.float32) * np.float32(1.0 / 255.0)
        target[:] = cv2.blendLinear(self.canvas.image, np.ascontiguousarray(target), inside, np.float32(1.0) - inside)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Colour between a (share 0) and b (share 1)."""
    share = min(max(share, 0.0), 1.0)
    return tuple(round(p + (q - p) * share) for p, q in zip(a, b, strict=True))  # type: ignore[return-value]


@lru_cache(maxsize=32)
def _soft_disc(size: int, colour: Colour) -> Array:
    """(size, size, 3) float32 light that falls off to 0 at the rim."""
    axis = (np.arange(size) - (size - 1) / 2.0) / (size / 2.0)
    fall = np.clip(1.0 - np.hypot(axis[:, None], axis[None, :]), 0.0, 1.0)
    fall = fall * fall * (3.0 - 2.0 * fall)
    return (fall[..., None] * np.array(colour)).astype(np.float32)  # type: ignore[no-any-return]
