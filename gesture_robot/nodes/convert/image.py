"""Pictures of every encoding of sensor_msgs as RGB, without a copy where the camera sends rgb8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.errors import InvalidInput, MissingDependency

SMALLEST_PX, LARGEST_PX = 16, 8192
_CHANNELS = {"rgb": 3, "bgr": 3, "rgba": 4, "bgra": 4, "mono": 1}
_BAYER = {"rggb": "COLOR_BayerBG2RGB", "bggr": "COLOR_BayerRG2RGB", "gbrg": "COLOR_BayerGR2RGB",
          "grbg": "COLOR_BayerGB2RGB"}
"""OpenCV names a pattern by the second row's middle."""


def _layouts() -> dict[str, tuple[int, int, str]]:
    """Encoding -> (channels, bytes of each, name of the OpenCV conversion to RGB; empty: none)."""
    to_rgb = {"rgb": "", "bgr": "COLOR_BGR2RGB", "rgba": "COLOR_RGBA2RGB", "bgra": "COLOR_BGRA2RGB",
              "mono": "COLOR_GRAY2RGB"}
    found = {f"{name}{8 * size}": (count, size, to_rgb[name]) for name, count in _CHANNELS.items() for size in (1, 2)}
    for size, kind in ((1, "8UC"), (2, "16UC")):  # OpenCV's own types; three and four channels are blue, green, red
        found |= {f"{kind}1": (1, size, "COLOR_GRAY2RGB"), f"{kind}3": (3, size, "COLOR_BGR2RGB"),
                  f"{kind}4": (4, size, "COLOR_BGRA2RGB")}
    found |= {f"bayer_{name}{8 * size}": (1, size, code) for name, code in _BAYER.items() for size in (1, 2)}
    for names, code in ((("yuv422", "uyvy"), "COLOR_YUV2RGB_UYVY"), (("yuv422_yuy2", "yuyv"), "COLOR_YUV2RGB_YUY2")):
        found |= dict.fromkeys(names, (2, 1, code))
    return found | {"nv21": (1, 1, "COLOR_YUV2RGB_NV21")}


LAYOUTS = _layouts()


def rgb_array(message: Any) -> Array:
    """(H, W, 3) uint8 of a sensor_msgs/Image; a view of the message's own bytes for rgb8 without padding.

    Raises:
        InvalidInput: unknown encoding, sizes that cannot be, fewer bytes than announced.
        MissingDependency: a conversion needs OpenCV, which is absent.
    """
    encoding = str(message.encoding)
    if encoding not in LAYOUTS:
        raise InvalidInput(f"the encoding '{encoding}' is not known. These work: {', '.join(sorted(LAYOUTS))}.")
    channels, size, code = LAYOUTS[encoding]
    pixels = _pixels(message, channels, size)
    if size == 2:
        pixels = (pixels >> 8).astype(np.uint8)
    if not code:
        return np.ascontiguousarray(pixels)
    return np.asarray(_convert(pixels[:, :, 0] if channels == 1 else pixels, code))


def _pixels(message: Any, channels: int, size: int) -> Array:
    """(H, W, channels) view of the message's data, with its row step and byte order; H * 3 / 2 rows for nv21."""
    height, width, step = int(message.height), int(message.width), int(message.step)
    if not (SMALLEST_PX <= height <= LARGEST_PX and SMALLEST_PX <= width <= LARGEST_PX):
        raise InvalidInput(f"a picture of {width} x {height} pixels cannot be used; "
                           f"{SMALLEST_PX} to {LARGEST_PX} work.")
    halves = message.encoding == "nv21"
    if (halves and (width % 2 or height % 2)) or (channels == 2 and width % 2):
        raise InvalidInput(f"{message.encoding} needs an even size, got {width} x {height}.")
    row = width * channels * size
    rows = height * 3 // 2 if halves else height
    if step < row:
        raise InvalidInput(f"step is {step} bytes, a row of {width} pixels in {message.encoding} has {row}.")
    data = np.frombuffer(message.data, np.uint8)
    if len(data) < (rows - 1) * step + row:
        raise InvalidInput(f"the picture is cut off: {len(data)} bytes, {width} x {height} pixels in "
                           f"{message.encoding} need {rows * step}.")
    order = ">" if message.is_bigendian else "<"
    return np.ndarray((rows, width, channels), np.dtype(f"{order}u{size}"), data, 0, (step, channels * size, size))


def _convert(pixels: Array, code: str) -> Any:
    try:
        import cv2
    except ImportError:
        raise MissingDependency("cv2", "perception") from None
    convert: Callable[..., Any] = cv2.cvtColor
    return convert(np.ascontiguousarray(pixels), getattr(cv2, code))


__all__ = ["LAYOUTS", "rgb_array"]
