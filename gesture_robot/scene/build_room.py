"""Draws the room of the built-in scenes as a panorama seen from the camera: config/scene/room.jpg (offline).

Run `python -m gesture_robot.scene.build_room` after a change here. Walls, floor and ceiling are painted flat, then
every direction of the panorama is followed to the surface it hits.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.scene.layout import CAMERA_M
from gesture_robot.scene.room import AZIMUTH, ELEVATION, PX_PER_RAD, ROOM_HIGH, ROOM_LOW, box_points

SCALE = 170
"""Pixels per metre of the painted surfaces."""


def _blank(wide_m: float, high_m: float, colour: tuple[int, int, int], rng: np.random.Generator) -> Array:
    """Painted plaster: a soft vertical gradient and faint blotches."""
    import cv2

    height, width = round(high_m * SCALE), round(wide_m * SCALE)
    page = np.ones((height, width, 3), np.float32) * np.array(colour, np.float32)
    coarse = rng.normal(0, 1, (height // 30, width // 30)).astype(np.float32)
    blotches = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    page *= (1.0 + 0.006 * blotches)[..., None]
    return np.asarray(page * np.linspace(1.04, 0.93, height, dtype=np.float32)[:, None, None])


def _rectangle(page: Array, centre_m: float, bottom_m: float, wide_m: float, high_m: float,
               colour: tuple[int, ...]) -> tuple[slice, slice]:
    """Fill a rectangle given in metres from the left edge and from the floor; returns where it is."""
    height = len(page)
    rows = slice(round(height - (bottom_m + high_m) * SCALE), round(height - bottom_m * SCALE))
    columns = slice(round((centre_m - wide_m / 2) * SCALE), round((centre_m + wide_m / 2) * SCALE))
    page[rows, columns] = colour
    return rows, columns


def _shadow(page: Array, centre_m: float, bottom_m: float, wide_m: float, high_m: float,
            strength: float = 0.25) -> None:
    import cv2

    shade = np.zeros(page.shape[:2], np.float32)
    height = len(page)
    cv2.rectangle(shade, (round((centre_m - wide_m / 2) * SCALE), round(height - (bottom_m + high_m) * SCALE)),
                  (round((centre_m + wide_m / 2) * SCALE), round(height - bottom_m * SCALE)), (1.0,), -1)
    page *= 1.0 - strength * cv2.GaussianBlur(shade, (0, 0), 7)[..., None]


def _framed(page: Array, centre_m: float, bottom_m: float, wide_m: float, high_m: float,
            bands: tuple[tuple[int, int, int], ...]) -> None:
    """A picture of soft horizontal bands, like a landscape, in a wooden frame."""
    import cv2

    _shadow(page, centre_m + 0.03, bottom_m - 0.05, wide_m + 0.04, high_m + 0.02)
    _rectangle(page, centre_m, bottom_m, wide_m, high_m, (92, 66, 44))
    _rectangle(page, centre_m, bottom_m + 0.03, wide_m - 0.06, high_m - 0.06, (240, 237, 228))
    rows, columns = _rectangle(page, centre_m, bottom_m + 0.1, wide_m - 0.2, high_m - 0.2, (0, 0, 0))
    size = (columns.stop - columns.start, rows.stop - rows.start)
    page[rows, columns] = cv2.resize(np.array(bands, np.float32)[:, None], size, interpolation=cv2.INTER_LINEAR)


def _front_wall(rng: np.random.Generator) -> Array:
    page = _blank(ROOM_HIGH[1] - ROOM_LOW[1], ROOM_HIGH[2], (156, 172, 156), rng)
    _framed(page, 1.55, 1.5, 1.1, 0.75, ((176, 205, 222), (205, 218, 216), (150, 168, 140), (96, 124, 88)))
    _framed(page, 5.75, 1.4, 0.7, 0.9, ((232, 206, 160), (222, 160, 110), (120, 104, 116), (70, 78, 98)))
    _shadow(page, 3.75, 0.0, 1.7, 0.85, 0.3)
    _rectangle(page, 3.7, 0.08, 1.6, 0.72, (146, 108, 74))
    for offset in (-0.4, 0.4):
        _rectangle(page, 3.7 + offset, 0.14, 0.74, 0.58, (158, 118, 82))
        _rectangle(page, 3.7 + offset * 0.2, 0.42, 0.03, 0.12, (70, 62, 54))
    _rectangle(page, 3.7, 0.80, 1.66, 0.035, (120, 86, 58))
    books = ((150, 60, 52), (56, 92, 118), (196, 170, 96), (86, 110, 84), (120, 92, 128), (60, 66, 80))
    for index, colour in enumerate(books):
        _rectangle(page, 3.18 + 0.062 * index, 0.835, 0.052, 0.22 + 0.025 * (index * 7 % 3), colour)
    _rectangle(page, 4.25, 0.835, 0.13, 0.2, (206, 200, 190))
    _rectangle(page, 3.6, 0.0, 7.2, 0.09, (236, 233, 226))
    _plant(page, 6.15, rng)
    _lamp(page, 0.4)
    return page


def _plant(page: Array, centre_m: float, rng: np.random.Generator) -> None:
    """Long leaves from a pot on the floor."""
    import cv2

    foot = np.array([centre_m * SCALE, len(page) - 0.34 * SCALE])
    for angle in rng.uniform(-0.75, 0.75, 26):
        length = rng.uniform(0.4, 0.8) * SCALE
        way = np.linspace(0.0, 1.0, 14)[:, None]
        droop = 0.35 * np.array([np.sin(2 * angle), np.sin(abs(angle))])
        curve = foot + length * (way * [np.sin(angle), -np.cos(angle)] + way**2 * droop)
        shade = rng.uniform(0.7, 1.1)
        line = np.rint(curve).astype(np.int32)
        for colour, thick in (((62.0, 104.0, 58.0), 7), ((88.0, 136.0, 76.0), 2)):
            cv2.polylines(page, [line], False, [shade * c for c in colour], thick, cv2.LINE_AA)
    pot = np.array([[-0.19, 0.36], [0.19, 0.36], [0.14, 0.0], [-0.14, 0.0]])
    place = np.rint([centre_m * SCALE, len(page)] + pot * SCALE * [1, -1]).astype(np.int32)
    cv2.fillPoly(page, [place], (196, 118, 84))


def _lamp(page: Array, centre_m: float) -> None:
    """A floor lamp with its glow on the wall."""
    import cv2

    height, width = page.shape[:2]
    v, u = np.mgrid[0:height, 0:width].astype(np.float32) / SCALE
    distance = np.hypot(u - centre_m, (height / SCALE - v) - 1.75)
    page += (30.0 * np.exp(-(distance / 0.7) ** 2))[..., None] * np.array([1.0, 0.92, 0.7], np.float32)
    _rectangle(page, centre_m, 0.0, 0.026, 1.6, (64, 60, 56))
    _rectangle(page, centre_m, 0.0, 0.3, 0.03, (64, 60, 56))
    shade = np.array([[-0.12, 1.92], [0.12, 1.92], [0.2, 1.58], [-0.2, 1.58]])
    place = np.rint([centre_m * SCALE, height] + shade * SCALE * [1, -1]).astype(np.int32)
    cv2.fillPoly(page, [place], (250, 238, 206))


def _window_wall(rng: np.random.Generator) -> Array:
    import cv2

    page = _blank(ROOM_HIGH[0] - ROOM_LOW[0], ROOM_HIGH[2], (150, 166, 152), rng)
    sky = np.array([(176, 206, 238), (214, 228, 242), (240, 242, 240), (168, 186, 150), (132, 156, 116)], np.float32)
    for centre in (2.4, 4.6):
        _rectangle(page, centre, 0.85, 1.6, 1.5, (244, 243, 240))
        for side in (-0.37, 0.37):
            rows, columns = _rectangle(page, centre + side, 0.92, 0.66, 1.36, (0, 0, 0))
            page[rows, columns] = cv2.resize(sky[:, None], (columns.stop - columns.start, rows.stop - rows.start))
        _rectangle(page, centre, 0.78, 1.8, 0.07, (230, 226, 218))
    _rectangle(page, 3.25, 0.0, 6.5, 0.09, (236, 233, 226))
    return page


def _door_wall(rng: np.random.Generator) -> Array:
    page = _blank(ROOM_HIGH[0] - ROOM_LOW[0], ROOM_HIGH[2], (148, 164, 150), rng)
    _rectangle(page, 2.0, 0.0, 1.1, 2.12, (238, 234, 226))
    _rectangle(page, 2.0, 0.0, 0.94, 2.04, (186, 160, 126))
    for bottom in (0.15, 1.1):
        _rectangle(page, 2.0, bottom, 0.66, 0.8, (176, 150, 116))
    _rectangle(page, 2.38, 1.0, 0.12, 0.03, (120, 120, 122))
    _framed(page, 4.4, 1.2, 0.9, 0.7, ((210, 214, 196), (190, 196, 150), (140, 156, 120), (200, 178, 130)))
    for low, high in ((0.0, 1.4), (2.6, 6.5)):
        _rectangle(page, (low + high) / 2, 0.0, high - low, 0.09, (236, 233, 226))
    return page


def _floor(rng: np.random.Generator) -> Array:
    """Boards along x, rows of the page along y."""
    import cv2

    height, width = (round((h - lo) * SCALE) for h, lo in zip(ROOM_HIGH[1::-1], ROOM_LOW[1::-1], strict=True))
    page = np.ones((height, width, 3), np.float32) * np.array((168, 128, 90), np.float32)
    grain = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), sigmaX=25, sigmaY=0.8)
    page *= (1.0 + 0.35 * grain)[..., None]
    board = round(0.15 * SCALE)
    for row in range(0, height, board):
        page[row:row + board] *= rng.uniform(0.92, 1.06)
        page[row:row + 2] *= 0.72
        page[row:row + board, int(rng.integers(0, width)):][:, :2] *= 0.75
    x = np.arange(width)[None, :] / SCALE + ROOM_LOW[0]
    y = np.arange(height)[:, None] / SCALE + ROOM_LOW[1]
    rug = ((x - 2.2) / 1.5) ** 2 + (y / 1.9) ** 2
    for edge, colour in ((1.0, (112, 122, 132)), (0.9, (196, 192, 180)), (0.82, (128, 140, 148))):
        page[rug < edge] = colour
    return np.asarray(page * (1.0 + 0.10 * (y / 3.6))[..., None].astype(np.float32))


def paint_panorama(seed: int = 0) -> Array:
    """The panorama, RGB uint8."""
    import cv2

    rng = np.random.default_rng(seed)
    walls = [_door_wall(rng), _window_wall(rng), _front_wall(rng), _floor(rng),
             np.ones((64, 64, 3), np.float32) * np.array((226, 222, 214), np.float32)]
    width, height = (round((span[1] - span[0]) * PX_PER_RAD) for span in (AZIMUTH, ELEVATION))
    azimuth = np.linspace(AZIMUTH[1], AZIMUTH[0], 2 * width)[None, :]
    elevation = np.linspace(ELEVATION[1], ELEVATION[0], 2 * height)[:, None]
    ray = np.stack(np.broadcast_arrays(np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth),
                                       np.sin(elevation)), axis=-1)
    point = box_points(np.array(CAMERA_M), ray).astype(np.float32)
    x, y, z = ((point[..., i] - ROOM_LOW[i]) * SCALE for i in range(3))
    up = ROOM_HIGH[2] * SCALE - z
    along = (ROOM_HIGH[0] - ROOM_LOW[0]) * SCALE - x
    across = (ROOM_HIGH[1] - ROOM_LOW[1]) * SCALE - y
    places = ((along, up, np.abs(y) < 0.5), (x, up, np.abs(across) < 0.5), (across, up, np.abs(along) < 0.5),
              (x, y, z < 0.5), (x / 30, y / 30, up < 0.5))
    picture = np.full((*x.shape, 3), 200.0, np.float32)
    for (u, v, hit), page in zip(places, walls, strict=True):
        colours = cv2.remap(page, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        picture[hit] = colours[hit]
    picture *= _corner_shade(point)[..., None]
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA).clip(0, 255).astype(np.uint8))


def _corner_shade(point: Array) -> Array:
    """Corners are darker: light comes from everywhere but there."""
    gaps = np.sort(np.minimum(point - np.array(ROOM_LOW), np.array(ROOM_HIGH) - point).clip(0.0), axis=-1)
    return np.asarray(1.0 - 0.22 * np.exp(-gaps[..., 1] / 0.25), np.float32)


def build(folder: Path) -> None:
    """Write room.jpg into `folder`."""
    import cv2

    bgr = cv2.cvtColor(paint_panorama(), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(folder / "room.jpg"), bgr, [cv2.IMWRITE_JPEG_QUALITY, 90])


if __name__ == "__main__":
    from gesture_robot.resources import resource_path

    build(resource_path("config/scene"))
