"""The face over time: speech, emotion, gaze, blinks and micro motion added up per frame.

Not thread-safe; call it from one place. `play`, `interrupt`, `look`, `express` change what follows; `weights(t)` tells
what is shown at t. Time must not run backwards across changes. Everything shown is continuous.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array, check_range, frozen_array
from gesture_robot.datatypes import FaceMotion
from gesture_robot.errors import InvalidInput
from gesture_robot.face.arkit import CHANNELS, INDEX, indices
from gesture_robot.face.expression import expression, with_expression
from gesture_robot.face.glide import Glide
from gesture_robot.face.layers import BLINK_SHORTEST_S, Blink, blinks_near, glance, lids_closed, micro_motion
from gesture_robot.settings import check_settings, setting

_EXPRESSION_RATE, _EYE_RATE = 9.0, 40.0
"""1/s: an expression settles in about 0.4 s, the eyes in about 0.1 s (a large saccade's 440 deg/s)."""


@dataclass(frozen=True)
class PlayerConfig:
    """How the face lives."""

    fade_in_s: float = setting(0.05, "time in which a played face comes up, ending at its first frame", unit="s",
                               low=0.005, high=1.0)
    fade_out_s: float = setting(0.12, "time in which a face that ended or was interrupted goes away", unit="s",
                                low=0.01, high=1.0)
    micro: float = setting(1.0, "size of micro motion and glances", low=0.0, high=2.0)
    gaze_range_rad: float = setting(0.52, "eye angle at which a look channel reaches 1", unit="rad", low=0.1, high=1.2)
    gaze_blink_rad: float = setting(0.35, "a look that turns the eyes by more is accompanied by a blink", unit="rad",
                                    low=0.05, high=3.0)
    blink_gap_s: float = setting(0.8, "least time between two blinks made by looking around", unit="s", low=0.2,
                                 high=10.0)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(slots=True)
class _Clip:
    face: FaceMotion
    start_s: float
    fade_from_s: float
    """Fading in begins here: before the start when there is time."""
    cut_s: float = float("inf")


class FacePlayer:
    """Plays face motions on a timeline and keeps the face alive in between."""

    channels = CHANNELS

    def __init__(self, config: PlayerConfig | None = None, *, seed: int = 0):
        """The same seed blinks, glances and drifts in the same way; it must not be negative."""
        self.config = config or PlayerConfig()
        self._seed = int(check_range(seed, 0, 2**63, "seed"))
        self._clips: list[_Clip] = []
        self._extra_blinks: list[Blink] = []
        self._expression = Glide(np.zeros(len(CHANNELS)), _EXPRESSION_RATE)
        self._gaze = Glide(np.zeros(2), _EYE_RATE)
        self._last_s = -np.inf

    def play(self, face: FaceMotion, start_s: float) -> None:
        """Show `face` with its frame 0 at `start_s`, over what is shown at that time; several may be queued.

        Raises:
            InvalidInput: channels other than the 52 of ARKit in Apple's order, or a start that is not finite.
        """
        if face.channels != CHANNELS:
            raise InvalidInput("the player needs the 52 ARKit channels in Apple's order (face.arkit.CHANNELS).")
        check_range(start_s, -1e12, 1e12, "start_s")
        if len(face.weights):
            fade_from_s = max(start_s - self.config.fade_in_s, self._last_s)
            self._clips.append(_Clip(face, float(start_s), float(fade_from_s)))
            self._clips.sort(key=lambda clip: clip.start_s)

    def interrupt(self, now_s: float) -> None:
        """Stop speaking now: what plays fades out within `fade_out_s`, what was queued is dropped."""
        self._clips = [clip for clip in self._clips if clip.fade_from_s <= now_s]
        for clip in self._clips:
            clip.cut_s = min(clip.cut_s, now_s)

    def look(self, direction_head: Array, now_s: float) -> None:
        """Turn the eyes to a direction (3,) in the head frame: x out of the face, y to the robot's left, z up.

        May be called every tick with a moving target. A big change brings a blink, as it does in people.

        Raises:
            InvalidInput: not three finite numbers, or all zero.
        """
        x, y, z = frozen_array(direction_head, (3,), "direction_head")
        if np.hypot(np.hypot(x, y), z) < 1e-9:
            raise InvalidInput("direction_head must not be zero; (1, 0, 0) is straight ahead.")
        target = np.array([np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))])
        reach = self.config.gaze_range_rad
        target = np.clip(target, -reach, reach)
        if np.abs(target - self._gaze.target).max() > self.config.gaze_blink_rad:
            self._blink_with_gaze(now_s)
        if not np.array_equal(target, self._gaze.target):
            self._gaze.to(target, now_s)

    def express(self, emotion: str, intensity: float, now_s: float) -> None:
        """Change to an emotion smoothly; raises UnknownName for one that is not among the eight."""
        check_range(intensity, 0.0, 1.0, "intensity")
        target = expression(emotion, intensity)
        if not np.array_equal(target, self._expression.target):
            self._expression.to(target, now_s)

    def weights(self, t_s: float) -> Array:
        """(52,) what the face shows at `t_s`, in [0, 1]."""
        self._last_s = max(self._last_s, t_s)
        self._forget(t_s)
        return self.peek(t_s)

    def peek(self, t_s: float) -> Array:
        """(52,) what the face will show at `t_s`, as far as it is known now; nothing is remembered of the question."""
        speech, speaking = self._speech(t_s)
        out = with_expression(speech, np.clip(self._expression.at(t_s), 0.0, 1.0), speaking)
        idle = self.config.micro * micro_motion(t_s, self._seed)
        out = np.clip(out + idle * (1.0 - out) * (1.0 - 0.5 * speaking), 0.0, 1.0)
        self._add_gaze(out, t_s)
        closed = lids_closed(t_s, (*blinks_near(t_s, self._seed), *self._extra_blinks))
        for side in indices("eyeBlink"):
            out[side] = out[side] + (1.0 - out[side]) * closed
        for side in indices("eyeWide"):
            out[side] *= 1.0 - closed
        return np.clip(out, 0.0, 1.0)

    def _speech(self, t_s: float) -> tuple[Array, float]:
        """(52,) what plays, later clips over earlier ones, and how much is playing (0 to 1)."""
        shown, speaking = np.zeros(len(CHANNELS)), 0.0
        for i, clip in enumerate(self._clips):
            share = self._share(clip, t_s, self._clips[i + 1] if i + 1 < len(self._clips) else None)
            if share > 0.0:
                shown = shown * (1.0 - share) + share * _frame(clip.face, t_s - clip.start_s)
                speaking = speaking * (1.0 - share) + share
        return shown, speaking

    def _share(self, clip: _Clip, t_s: float, after: _Clip | None) -> float:
        """How much of a clip is shown: up before its start, down after its end unless another follows at once."""
        up = _ease((t_s - clip.fade_from_s) / self.config.fade_in_s)
        end_s = clip.start_s + clip.face.duration_s
        if after is not None and after.fade_from_s <= end_s and after.cut_s == np.inf:
            end_s = max(end_s, after.fade_from_s + self.config.fade_in_s)
        return up * (1.0 - _ease((t_s - min(end_s, clip.cut_s)) / self.config.fade_out_s))

    def _add_gaze(self, out: Array, t_s: float) -> None:
        yaw, pitch = self._gaze.at(t_s) + self.config.micro * glance(t_s, self._seed)
        side, up = np.clip(np.array([yaw, pitch]) / self.config.gaze_range_rad, -1.0, 1.0)
        for name, value in (("eyeLookOutLeft", side), ("eyeLookInRight", side), ("eyeLookInLeft", -side),
                            ("eyeLookOutRight", -side), ("eyeLookUpLeft", up), ("eyeLookUpRight", up),
                            ("eyeLookDownLeft", -up), ("eyeLookDownRight", -up)):
            # An emotion's downcast eyes give way to a place to look at.
            out[INDEX[name]] = max(0.0, value) + 0.3 * out[INDEX[name]] * (1.0 - abs(value))

    def _blink_with_gaze(self, now_s: float) -> None:
        near = (*blinks_near(now_s, self._seed), *self._extra_blinks)
        gap = self.config.blink_gap_s
        if all(start_s + length_s + 0.1 < now_s or start_s > now_s + 0.4 for start_s, length_s in near) and all(
                now_s - start_s > gap for start_s, _ in self._extra_blinks):
            self._extra_blinks.append((now_s, BLINK_SHORTEST_S))

    def _forget(self, t_s: float) -> None:
        """Drop what can no longer be seen."""
        past_s = t_s - 1.0
        self._clips = [c for c in self._clips if min(c.start_s + c.face.duration_s, c.cut_s) > past_s]
        self._extra_blinks = [b for b in self._extra_blinks if b[0] > t_s - 5.0]


def _frame(face: FaceMotion, t_s: float) -> Array:
    """(52,) weights between two frames; the first and last frame are held outside."""
    x = min(max(t_s * face.fps, 0.0), len(face.weights) - 1.0)
    k = min(int(x), max(len(face.weights) - 2, 0))
    share = x - k
    if share <= 0.0:
        return face.weights[k]  # type: ignore[no-any-return]
    return face.weights[k] * (1.0 - share) + face.weights[k + 1] * share  # type: ignore[no-any-return]


def _ease(x: float) -> float:
    x = min(max(x, 0.0), 1.0)
    return x * x * (3.0 - 2.0 * x)
