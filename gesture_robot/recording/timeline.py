"""The strip under the camera picture: decisions, words and gestures of the last and next seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array

BEHIND_S, AHEAD_S = 4.0, 2.0
INK, DIM, BACK = (236, 238, 242), (120, 128, 140), (26, 29, 36)
COLOURS = {"decision": (255, 179, 92), "word": (118, 196, 255), "gesture": (140, 226, 160), "stop": (255, 96, 96)}
LANES = ("decision", "word", "gesture")


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled span on a lane."""

    lane: str
    start_s: float
    end_s: float
    text: str


def draw_timeline(marks: list[Mark], wrist_speed: Array, now_s: float, width: int, height: int) -> Array:
    """(height, width, 3) uint8 RGB.

    Args:
        marks: spans; those outside the window are passed over.
        wrist_speed: (N, 2) time [s] and speed [m/s] of the faster hand up to now.
        now_s: the moment under the cursor.
        width: [px].
        height: [px].
    """
    import cv2

    picture = np.full((height, width, 3), BACK, np.uint8)
    left, lane_h = 66, height // (len(LANES) + 1)
    scale = (width - left) / (BEHIND_S + AHEAD_S)

    def x_of(t_s: float) -> int:
        return int(left + (t_s - now_s + BEHIND_S) * scale)

    for row, lane in enumerate(LANES):
        y = row * lane_h
        cv2.putText(picture, lane, (8, y + lane_h // 2 + 4), cv2.FONT_HERSHEY_SIMPLEX, 0.38, DIM, 1, cv2.LINE_AA)
        cv2.line(picture, (left, y + lane_h), (width, y + lane_h), (44, 48, 58), 1)
    for mark in marks:
        if mark.end_s < now_s - BEHIND_S or mark.start_s > now_s + AHEAD_S:
            continue
        colour = COLOURS.get(mark.lane, INK)
        y = LANES.index(mark.lane if mark.lane in LANES else "decision") * lane_h
        x0, x1 = max(x_of(mark.start_s), left), min(max(x_of(mark.end_s), x_of(mark.start_s) + 3), width - 1)
        active = mark.start_s <= now_s <= mark.end_s
        shade = colour if active else tuple(int(0.45 * c) for c in colour)
        if mark.lane == "word":
            _draw_word(picture, mark, x0, x1, y, lane_h, active)
            continue
        cv2.rectangle(picture, (x0, y + 6), (x1, y + lane_h - 6), shade, -1)
        _fit_text(picture, mark.text, x0 + 4, y + lane_h // 2 + 4, width, active)
    _curve(picture, wrist_speed, now_s, x_of, len(LANES) * lane_h, height)
    cv2.putText(
        picture,
        "hands",
        (8, len(LANES) * lane_h + lane_h // 2 + 4),
        cv2.FONT_HERSHEY_SIMPLEX,
        0.38,
        DIM,
        1,
        cv2.LINE_AA,
    )
    cv2.line(picture, (x_of(now_s), 0), (x_of(now_s), height), INK, 1, cv2.LINE_AA)
    return picture


def _draw_word(picture: Array, mark: Mark, x0: int, x1: int, y: int, lane_h: int, active: bool) -> None:
    """A bar for when it sounds; the word, often wider than its bar, is written above it while it is heard."""
    import cv2

    shade = COLOURS["word"] if active else tuple(int(0.5 * c) for c in COLOURS["word"])
    cv2.rectangle(picture, (x0 + 1, y + lane_h - 15), (max(x1 - 1, x0 + 2), y + lane_h - 6), shade, -1)
    if active:
        size = cv2.getTextSize(mark.text, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)[0][0]
        at = int(np.clip((x0 + x1 - size) / 2, 68, picture.shape[1] - size - 4))
        cv2.putText(picture, mark.text, (at, y + lane_h - 22), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA)


def _fit_text(picture: Array, text: str, x: int, y: int, limit: int, active: bool) -> None:
    import cv2

    while text and x + cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.4, 1)[0][0] > limit + 2:
        text = text[:-1]
    cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (16, 18, 22) if active else INK, 1, cv2.LINE_AA)


def _curve(picture: Array, series: Array, now_s: float, x_of: Callable[[float], int], top: int, bottom: int) -> None:
    import cv2

    near = series[(series[:, 0] > now_s - BEHIND_S) & (series[:, 0] <= now_s)] if len(series) else series
    if len(near) < 2:
        return
    ys = bottom - 4 - np.clip(near[:, 1] / 1.5, 0.0, 1.0) * (bottom - top - 8)
    points = np.stack([[x_of(t) for t in near[:, 0]], ys], axis=1).astype(np.int32)
    cv2.polylines(picture, [points], False, COLOURS["gesture"], 1, cv2.LINE_AA)
