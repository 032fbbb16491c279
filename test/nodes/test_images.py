"""Pictures of every encoding become the same RGB; what cannot be used is refused with what works."""

from __future__ import annotations

from array import array

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensor_msgs.msg import Image

from gesture_robot.errors import InvalidInput
from gesture_robot.nodes.convert.image import LAYOUTS, rgb_array

WIDTH, HEIGHT = 32, 24
COLOUR = (200, 120, 40)


def message(encoding, pixels, *, padding=0, big=False):
    """An Image of rows (H, bytes or samples); 16 bit samples in the wanted byte order, rows padded."""
    pixels = np.asarray(pixels)
    if pixels.dtype.itemsize == 2:
        pixels = pixels.astype(">u2" if big else "<u2")
    rows = np.ascontiguousarray(pixels.reshape(len(pixels), -1)).view(np.uint8)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    height = len(rows) * 2 // 3 if encoding == "nv21" else len(rows)
    return Image(height=height, width=WIDTH, encoding=encoding, is_bigendian=int(big), step=rows.shape[1],
                 data=array("B", rows.tobytes()))


def flat(colour=COLOUR):
    return np.full((HEIGHT, WIDTH, 3), colour, np.uint8)


def encoded(encoding):
    """A picture of one colour in an encoding, made without the code under test."""
    rgb = flat()
    base, deep = encoding.rstrip("0123456789"), encoding.endswith("16") or encoding.startswith("16")
    if "UC" in encoding:
        base = {"1": "mono", "3": "bgr", "4": "bgra"}[encoding[-1]]
    if base.startswith("bayer_"):
        pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
        for place, letter in enumerate(base[6:]):
            pixels[place // 2::2, place % 2::2] = COLOUR["rgb".index(letter)]
    elif encoding in ("nv21", "yuv422", "uyvy", "yuyv", "yuv422_yuy2"):
        y, u, v = cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420), cv2.COLOR_GRAY2BGR)[[0, HEIGHT, -1], 0, 0]
        if encoding == "nv21":
            chroma = np.tile(np.array([v, u], np.uint8), (HEIGHT // 2, WIDTH // 2))
            return np.vstack([np.full((HEIGHT, WIDTH), y, np.uint8), chroma])
        order = (y, u, y, v) if "yuy" in encoding else (u, y, v, y)
        return np.tile(np.array(order, np.uint8), (HEIGHT, WIDTH // 2))
    elif base == "mono":
        pixels = np.full((HEIGHT, WIDTH), 99, np.uint8)
    else:
        channels = {"r": rgb[..., 0], "g": rgb[..., 1], "b": rgb[..., 2], "a": np.full((HEIGHT, WIDTH), 255, np.uint8)}
        pixels = np.stack([channels[letter] for letter in base], axis=-1)
    return pixels.astype(np.uint16) * 256 + 3 if deep else pixels


@pytest.mark.parametrize("padding, big", [(0, False), (12, True)])
@pytest.mark.parametrize("encoding", sorted(LAYOUTS))
def test_every_encoding_gives_the_same_colours(encoding, padding, big):
    rgb = rgb_array(message(encoding, encoded(encoding), padding=padding, big=big))
    grey = encoding.startswith("mono") or encoding.endswith("UC1")
    assert rgb.shape == (HEIGHT, WIDTH, 3) and rgb.dtype == np.uint8
    inner = rgb[4:-4, 4:-4].reshape(-1, 3).astype(int)
    assert np.abs(inner - (99 if grey else COLOUR)).max() <= 3


def test_rgb8_without_padding_is_not_copied():
    made = message("rgb8", flat())
    rgb = rgb_array(made)
    made.data[0] = 7
    assert rgb[0, 0, 0] == 7


@pytest.mark.parametrize("change, says", [
    ({"encoding": "jpeg"}, "These work: .*rgb8"), ({"encoding": "32FC1"}, "not known"), ({"encoding": ""}, "not known"),
    ({"data": array("B", bytes(100))}, "cut off"), ({"data": array("B")}, "cut off"), ({"step": 5}, "step is 5"),
    ({"width": 0}, "cannot be used"), ({"height": 4_000_000_000}, "cannot be used"),
    ({"encoding": "nv21", "height": 23}, "even size")])
def test_a_picture_that_cannot_be_used_is_refused_with_the_reason(change, says):
    made = message("rgb8", flat())
    for name, value in change.items():
        setattr(made, name, value)
    with pytest.raises(InvalidInput, match=says):
        rgb_array(made)


@settings(max_examples=200)
@given(st.sampled_from(sorted(LAYOUTS)), st.integers(0, 100), st.integers(0, 100), st.integers(0, 400),
       st.integers(0, 20000), st.integers(0, 255))
def test_no_header_makes_it_fail_otherwise_or_read_beyond_the_data(encoding, height, width, step, size, big):
    made = Image(height=height, width=width, encoding=encoding, step=step, is_bigendian=big,
                 data=array("B", bytes(size)))
    try:
        assert rgb_array(made).shape == (height, width, 3)
    except InvalidInput:
        pass
