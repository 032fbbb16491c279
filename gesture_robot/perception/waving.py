"""Waving, seen over time: a raised hand that goes to and fro beside the shoulder."""

from __future__ import annotations

from collections import deque

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.perception.body_pose import (
    LEFT_ELBOW,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_ELBOW,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    body_size_px,
)

WINDOW_S = 1.3
"""Reversals are counted over this time."""
HOLD_S = 0.5
"""A wave is reported this much longer than it is seen."""
SWING = 0.12
"""A reversal counts when the hand went this far since the last one, in body sizes."""
REVERSALS = 2
LOWEST = 0.35
"""A raised hand is at most this far below the shoulder, in body sizes, and above the elbow."""
SEEN = 0.4
ARMS = ((LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST), (RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST))


class WaveDetector:
    """Watches both hands of one person."""

    def __init__(self) -> None:
        self._tracks: tuple[deque[tuple[float, float]], ...] = (deque(), deque())
        self._until_s = -np.inf

    def update(self, keypoints_px: Array, now_s: float) -> bool:
        """Whether the person waves, after keypoints (33 or 0, 4) seen at `now_s`."""
        for arm, track in zip(ARMS, self._tracks, strict=True):
            place = _raised_hand(keypoints_px, arm) if len(keypoints_px) else None
            if place is not None:
                track.append((now_s, place))
            while track and now_s - track[0][0] > WINDOW_S:
                track.popleft()
            if place is not None and count_reversals([x for _, x in track]) >= REVERSALS:
                self._until_s = now_s + HOLD_S
        return now_s < self._until_s


def _raised_hand(keypoints_px: Array, arm: tuple[int, int, int]) -> float | None:
    """The hand's place beside the shoulder in body sizes, None when it hangs or is not seen."""
    shoulder, elbow, wrist = (keypoints_px[i] for i in arm)
    if min(shoulder[3], wrist[3]) < SEEN:
        return None
    size = body_size_px(keypoints_px)
    if wrist[1] > elbow[1] or wrist[1] > shoulder[1] + LOWEST * size:
        return None
    return float((wrist[0] - shoulder[0]) / size)


def count_reversals(places: list[float], swing: float = SWING) -> int:
    """Turning points of a series, ignoring movements smaller than `swing`."""
    count, heading, turn = 0, 0, None
    for place in places:
        if turn is None:
            turn = low = high = place
            continue
        low, high = min(low, place), max(high, place)
        if heading >= 0 and high - place >= swing:
            count, heading, low, high = count + (heading > 0), -1, place, place
        elif heading <= 0 and place - low >= swing:
            count, heading, low, high = count + (heading < 0), 1, place, place
    return count
