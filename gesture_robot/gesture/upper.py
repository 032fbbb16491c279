"""What torso, head and shoulders do while the hands speak: they follow the hands, nod with the words and wander."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.gesture.compose import REST_KEY, Upper
from gesture_robot.gesture.curves import ease, smooth, wander
from gesture_robot.gesture.planner import Apex
from gesture_robot.gesture.styles import Style

_SPREAD_S, _LEAD_S = 0.12, 0.10  # the trunk moves first, the hand arrives last


def upper_body(times: Array, left: Array, right: Array, beats: list[Apex], active: Array, style: Style,
               rng: np.random.Generator) -> Upper:
    """Torso, head and shoulder angles for arm channels (T, 13) each.

    `beats` are all the emphases, for the head marks more words than the hands do; `active` (T,) is 0 at rest and 1
    while talking.
    """
    fps = 1.0 / (times[1] - times[0]) if len(times) > 1 else 30.0
    follow_left = _ahead(smooth(left[:, :3] - REST_KEY[:3], fps, _SPREAD_S), fps)
    follow_right = _ahead(smooth(right[:, :3] - REST_KEY[:3], fps, _SPREAD_S), fps)
    sideways = follow_left[:, 0] - follow_right[:, 0]
    reach = 0.5 * (follow_left[:, 2] + follow_right[:, 2])
    uneven = (follow_left[:, 2] + follow_left[:, 1]) - (follow_right[:, 2] + follow_right[:, 1])
    nods = nod_curve(times, beats)
    slow, quick = wander(times, rng, 6, 5.0), wander(times, rng, 6, 2.4)
    a = active * style.torso
    dips = _ahead(smooth(nods, fps, 0.07), fps)
    pitch = a * (0.12 * reach + 0.045 * quick[:, 0] + 0.03 * slow[:, 0]) + 0.30 * style.torso * dips
    yaw = a * (0.40 * sideways - 0.14 * uneven + 0.05 * slow[:, 1] + 0.045 * quick[:, 1])
    roll = a * (0.12 * sideways + 0.03 * slow[:, 2] + 0.025 * quick[:, 2])
    h = active * style.head
    head = np.stack([
        h * (0.042 * quick[:, 3] + 0.030 * slow[:, 3]) + style.head * nods + active * style.head_down,
        h * (0.095 * slow[:, 4] + 0.045 * quick[:, 4] + 0.10 * sideways),
        h * (0.050 * slow[:, 5] + 0.030 * quick[:, 5] - 0.04 * sideways)], axis=-1)
    torso = np.stack([pitch + active * style.lean, yaw, roll], axis=-1)
    raised = a[:, None] * (0.025 * slow[:, :2] + 0.05) * smooth(active[:, None], fps, 0.2)
    return Upper(torso, head, raised)


def _ahead(values: Array, fps: float) -> Array:
    """The same curve a moment earlier, the end held; the first value stays where it starts."""
    frames = min(round(_LEAD_S * fps), len(values) - 1)
    return np.concatenate([values[frames:], np.repeat(values[-1:], frames, axis=0)])


def nod_curve(times: Array, beats: list[Apex]) -> Array:
    """(T,) head pitch down [rad]: a small rise before each emphasis, a dip on it."""
    nods = np.zeros(len(times))
    for beat in beats:
        size, after = 0.04 + 0.11 * beat.strength, times - beat.time_s
        nods += size * (np.exp(-((after - 0.06) / 0.12) ** 2) - 0.4 * np.exp(-((after + 0.20) / 0.13) ** 2))
    return nods


def activity(times: Array, start_s: float, end_s: float, *, fade_out: bool) -> Array:
    """(T,) 0 to 1 in the first half second, and back to 0 by `end_s` when `fade_out`."""
    rise = ease((times - start_s) / 0.8)
    return np.asarray(rise * (ease((end_s - times) / 1.8) if fade_out else 1.0))
