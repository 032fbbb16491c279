"""Where the hands are when: a score of strokes whose ends fall on stressed words.

A stroke's apex is where the hand stops or turns. Every fast movement planned here, preparation included, ends at an
emphasis; whatever happens in between is slower than 0.6 arm lengths/s and so no stroke (Kendon's phases: preparation,
stroke, hold, retraction).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.gesture.compose import BEND, FINGERS, REST_KEY, SWIVEL, TWIST, WRIST, girdle
from gesture_robot.gesture.arm_ik import twist_for_palm
from gesture_robot.gesture.curves import Keys
from gesture_robot.gesture.hands import shape
from gesture_robot.gesture.styles import Style

_PEAK = 1.875  # peak over mean speed of a minimum-jerk movement
_SLOW = 0.42  # arm lengths/s: well below what counts as a stroke
_LOW = np.array([-0.13, -0.74, 0.30])
_HIGH = np.array([0.54, -0.10, 0.68])
_PALMS = {"in": (-0.95, 0.15, 0.2), "up": (-0.35, 0.9, 0.25), "down": (-0.45, -0.75, 0.3), "front": (-0.5, 0.35, 0.8)}


@dataclass(frozen=True)
class Apex:
    """A time at which a stroke shall end [s] and how strong it is [0, 1]."""

    time_s: float
    strength: float


@dataclass
class Hand:
    """One hand's growing list of keys."""

    times: list[float]
    values: list[Array]
    bows: list[Array]
    home: Array
    travel: Array
    """Direction of the last stroke."""

    @classmethod
    def start(cls, value: Array, home: Array) -> Hand:
        """A hand at `value` (13,) at time 0."""
        return cls([0.0], [value.copy()], [], home, np.array([0.0, 1.0, 0.0]))

    @property
    def last(self) -> Array:
        """Newest key's channels."""
        return self.values[-1]

    def add(self, time_s: float, value: Array, bow: Array | None = None) -> None:
        """Append a key; keys closer than 20 ms to the last one are dropped."""
        if time_s - self.times[-1] < 0.02:
            return
        sideways = np.zeros(len(value))
        if bow is not None:
            sideways[WRIST] = bow
        self.times.append(time_s)
        self.values.append(value)
        self.bows.append(sideways)

    def keys(self) -> Keys:
        """The finished curve."""
        values = np.array(self.values)
        bows = np.array(self.bows) if self.bows else np.zeros((0, values.shape[1]))
        return Keys(np.array(self.times), values, np.zeros_like(values), bows)


def choose_apexes(times_s: list[float], strengths: list[float], style: Style, first_s: float) -> list[Apex]:
    """Strongest first, none nearer than the style's spacing to another, none before `first_s`."""
    order = sorted(range(len(times_s)), key=lambda i: -strengths[i])
    chosen: list[int] = []
    for i in order:
        apart = all(abs(times_s[i] - times_s[j]) >= style.spacing_s for j in chosen)
        if apart and times_s[i] >= first_s and strengths[i] >= style.threshold:
            chosen.append(i)
    return [Apex(times_s[i], strengths[i]) for i in sorted(chosen, key=lambda i: times_s[i])]


class StrokePlanner:
    """Plans both hands for one utterance."""

    def __init__(self, style: Style, rng: np.random.Generator):
        self.style, self.rng = style, rng
        self._lead, self._both = 1, True
        self._drop = True

    def plan(self, apexes: list[Apex], start: tuple[Array, Array], end_s: float, *, to_rest: bool) -> tuple[Keys, Keys]:
        """Curves of the left and the right hand over the utterance; `start` are their channels at time 0."""
        hands = (Hand.start(start[0], self._home()), Hand.start(start[1], self._home()))
        for i, apex in enumerate(apexes):
            gap = apex.time_s - max(hands[0].times[-1], hands[1].times[-1])
            if i == 0 or gap > 1.3 or self.rng.random() < 0.16:
                self._new_phrase(hands)
            self._stroke(hands, apex)
        for hand in hands:
            if apexes and not to_rest:
                self._relax(hand, max(end_s, hand.times[-1] + 0.5))
            elif np.linalg.norm(hand.last - REST_KEY) > 1e-6:
                hold = self.rng.uniform(0.22, 0.5) if apexes else 0.0
                _glide(hand, hand.times[-1] + hold, REST_KEY)
        return hands[0].keys(), hands[1].keys()

    def _home(self) -> Array:
        low, high = np.array([0.08, -0.52, 0.43]), np.array([0.30, -0.34, 0.54])
        return self.rng.uniform(low, high) + np.array([0.0, self.style.height, 0.0])

    def _new_phrase(self, hands: tuple[Hand, Hand]) -> None:
        self._both = self.rng.random() < self.style.two_handed
        self._lead = int(self.rng.random() < 0.66)
        home = self._home()
        for hand in hands:
            hand.home = home + self.rng.normal(0.0, 0.03, 3)

    def _stroke(self, hands: tuple[Hand, Hand], apex: Apex) -> None:
        lead, other = hands[self._lead], hands[1 - self._lead]
        span = self._duration(lead, apex)
        self._drop = apex.strength > 0.55 or not self._drop
        size = self._size(apex.strength, span)
        target = self._target(lead, size)
        travel = target - lead.last[WRIST]
        self._wind_up(lead, apex.time_s - span, travel)
        self._reach(lead, apex.time_s, target, apex.strength)
        if self._both:
            mirror = other.home + (target - lead.home) * self.rng.uniform(0.7, 1.05) + self.rng.normal(0, 0.03, 3)
            self._wind_up(other, apex.time_s - span, mirror - other.last[WRIST])
            self._reach(other, apex.time_s + self.rng.uniform(-0.012, 0.012), mirror, apex.strength)
        else:
            quiet = other.home + np.array([-0.04, -0.16, -0.06]) + self.rng.normal(0, 0.05, 3)
            self._drift(other, apex.time_s, quiet)

    def _duration(self, hand: Hand, apex: Apex) -> float:
        """Seconds the stroke takes: most of the gap when it is short, else about half a second."""
        gap = apex.time_s - hand.times[-1]
        raised = hand.last[1] > -0.8
        longest = (0.48 if raised else 0.62) + self.rng.uniform(-0.05, 0.07)
        return gap if gap < longest + 0.14 else longest

    def _size(self, strength: float, span: float) -> float:
        """Travel [arm lengths]: a peak speed that grows with the emphasis, a bounded acceleration."""
        peak = self.style.size * (1.45 + 0.65 * strength) * self.rng.uniform(0.88, 1.12)
        return float(min(peak * span / _PEAK, 2.3 * span**2))

    def _target(self, hand: Hand, size: float) -> Array:
        """The best of a handful of random places: about `size` away, turning back, down on strong beats, near home."""
        here = hand.last[WRIST]
        spread = np.array([0.20, 0.17, 0.11])
        lift = np.array([0.0, self.style.height, 0.0])
        places = np.clip(hand.home + self.rng.normal(0, 1.1, (28, 3)) * spread, _LOW + lift, _HIGH + lift)
        move = places - here
        length = np.linalg.norm(move, axis=1)
        heading = move / np.maximum(length, 1e-6)[:, None]
        wanted = np.array([0.25, -0.75, 0.4]) if self._drop else np.array([0.1, 0.8, -0.1])
        score = (-2.2 * np.abs(length - size) / size + 0.9 * heading @ wanted - 0.55 * heading @ hand.travel
                 - 0.6 * (((places - hand.home) / spread) ** 2).mean(1) + self.rng.gumbel(0, 0.25, len(places)))
        best = int(np.argmax(score))
        return np.asarray(here + heading[best] * min(length[best], 1.12 * size))

    def _reach(self, hand: Hand, time_s: float, target: Array, strength: float) -> None:
        """The stroke: an arched path whose end is the apex."""
        here, span = hand.last[WRIST], time_s - hand.times[-1]
        target = np.clip(target, _LOW + (0, self.style.height, 0), _HIGH + (0, self.style.height, 0))
        move = target - here
        length = float(np.linalg.norm(move))
        limit = min(2.35 * self.style.size**0.5 * span / _PEAK, 2.5 * span**2)
        if length > limit:
            move *= limit / length
        value = self._hand_shape(hand, here + move, strength, span)
        bow = np.cross(move, self.rng.normal(0, 1, 3))
        bow *= self.rng.uniform(0.06, 0.16) * np.linalg.norm(move) / max(float(np.linalg.norm(bow)), 1e-6)
        hand.travel = move / max(float(np.linalg.norm(move)), 1e-6)
        hand.add(time_s, value, bow)

    def _hand_shape(self, hand: Hand, wrist: Array, strength: float, span: float) -> Array:
        value = hand.last.copy()
        value[WRIST] = wrist
        move = wrist - hand.last[WRIST]
        value[SWIVEL] = 0.10 + 0.25 * max(wrist[0] - 0.2, 0.0) + self.rng.uniform(-0.08, 0.14)
        kinds = ["down", "in", "up"] if move[1] < -0.1 else ["up", "front", "in"] if move[0] > 0.08 else ["in", "up", "in"]
        palm = np.array(_PALMS[kinds[int(self.rng.choice(3, p=[0.5, 0.3, 0.2]))]]) + self.rng.normal(0, 0.12, 3)
        twist = twist_for_palm(wrist[None], value[None, SWIVEL], girdle(wrist[None]), palm[None])[0]
        value[TWIST] += np.clip(twist - value[TWIST], -1.5 * span, 1.5 * span)
        value[BEND] = (0.22 * np.sign(-move[1]) * self.rng.uniform(-0.2, 1.0) - 0.10, self.rng.uniform(-0.10, 0.14))
        if self.rng.random() < 0.55:
            open_share = self.rng.uniform(0.0, 0.55 + 0.45 * strength)
            pick = shape("ring") if self.rng.random() < 0.15 else shape("open")
            value[FINGERS] = shape("relaxed") * (1 - open_share) + pick * open_share + self.rng.normal(0, 0.05, 6)
        return value

    def _wind_up(self, hand: Hand, until_s: float, travel: Array) -> None:
        """From the last apex to the next stroke's begin: hold, recoil a little, draw back against the coming stroke."""
        time_left = until_s - hand.times[-1]
        if time_left < 0.10:
            return
        if time_left > 1.6 and hand.last[1] > -0.8:
            rested = hand.last + 0.55 * (REST_KEY - hand.last)
            arrive = _glide(hand, hand.times[-1] + self.rng.uniform(0.25, 0.45), rested, latest_s=until_s - 0.1)
            hand.add(max(arrive + 0.05, until_s), rested.copy())
            return
        if hand.last[1] < -0.8:  # hanging: nothing to hold
            hand.add(until_s, hand.last.copy())
            return
        back = -travel * 0.25 + self.rng.normal(0, 0.025, 3)
        back *= min(1.0, _SLOW * time_left / _PEAK / max(float(np.linalg.norm(back)), 1e-6))
        value = hand.last.copy()
        value[WRIST] = np.clip(value[WRIST] + back, _LOW - 0.05, _HIGH + 0.1)
        hand.add(until_s, value)

    def _drift(self, hand: Hand, time_s: float, target: Array) -> None:
        """The quiet hand: towards a place at the waist, slowly."""
        span = time_s - hand.times[-1]
        move = target - hand.last[WRIST]
        move *= min(1.0, _SLOW * span / _PEAK / max(float(np.linalg.norm(move)), 1e-6))
        value = hand.last.copy()
        value[WRIST] = value[WRIST] + move
        value[TWIST] += np.clip(0.15 - value[TWIST], -0.8 * span, 0.8 * span)
        hand.add(time_s, value)

    def _relax(self, hand: Hand, end_s: float) -> None:
        """Sink a little and wait: the utterance goes on in the next chunk."""
        value = hand.last.copy()
        span = end_s - hand.times[-1]
        value[WRIST] = value[WRIST] + np.array([0.02, -0.10, -0.03]) * min(1.0, span / 0.8)
        hand.add(end_s, value)


def _glide(hand: Hand, start_s: float, target: Array, latest_s: float = np.inf) -> float:
    """A slow, even movement (most of it at constant speed) from `start_s`; returns when it arrives."""
    hand.add(start_s, hand.last.copy())
    distance = float(np.linalg.norm(target[WRIST] - hand.last[WRIST]))
    span = max(0.6, 1.36 * distance / 0.52, float(np.abs(target - hand.last)[TWIST]) / 1.0)
    begin = hand.times[-1]
    if begin + span > latest_s:  # no time for the whole way: go as far as the speed allows
        span = max(latest_s - begin, 0.3)
        share = min(1.0, span * 0.52 / 1.36 / max(distance, 1e-6))
        target = hand.last + share * (target - hand.last)
    steps = np.linspace(0.0, 1.0, 13)[1:]
    first = hand.last.copy()
    for x in steps:
        hand.add(begin + span * x, first + (target - first) * _even(float(x)))
    return begin + span


def _even(x: float) -> float:
    """0 to 1 with smooth ends of 35 % and constant speed between (peak over mean 1.36 would be 1 / 0.735)."""
    ramp = 0.35
    peak = 1.0 / (1.0 - ramp)

    def area(y: float) -> float:  # integral of a raised cosine ramp
        return 0.5 * (y - ramp / np.pi * np.sin(np.pi * y / ramp))

    if x < ramp:
        return peak * area(x)
    if x > 1.0 - ramp:
        return 1.0 - peak * area(1.0 - x)
    return peak * (0.5 * ramp + x - ramp)
