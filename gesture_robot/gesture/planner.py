"""Where the hands are when: a score of strokes whose ends fall on stressed words.

A stroke's apex is where the hand stops or turns. Every fast movement planned here, preparation included, ends at an
emphasis; whatever happens in between is slower than 0.6 arm lengths/s and so no stroke (Kendon's phases: preparation,
stroke, hold, retraction).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.gesture.arm_ik import PEAK_OVER_MEAN, least_duration_s, twist_for_palm
from gesture_robot.gesture.compose import BEND, FINGERS, REST_KEY, SWIVEL, TWIST, WRIST, girdle
from gesture_robot.gesture.curves import Keys
from gesture_robot.gesture.hand_path import Hand, glide
from gesture_robot.gesture.hands import shape
from gesture_robot.gesture.styles import Style

_SLOW = 0.46  # arm lengths/s: well below what counts as a stroke
_LOW = np.array([-0.05, -0.74, 0.30])
_HIGH = np.array([0.54, -0.10, 0.68])
_PALMS = {"in": (-0.95, 0.15, 0.2), "up": (-0.35, 0.9, 0.25), "down": (-0.45, -0.75, 0.3), "front": (-0.5, 0.35, 0.8)}


@dataclass(frozen=True)
class Apex:
    """A time at which a stroke shall end [s] and how strong it is [0, 1]."""

    time_s: float
    strength: float


def choose_apexes(beats: list[Apex], style: Style, first_s: float) -> list[Apex]:
    """The set with the greatest total weight of which no two are nearer than the style's spacing.

    Emphases before `first_s` (no time to get the hands up) or weaker than the style's threshold do not count.
    """
    usable = [b for b in beats if b.time_s >= first_s and b.strength >= style.threshold]
    best: list[tuple[float, int]] = []  # total weight of a set that ends with i, and the member before i
    for i, beat in enumerate(usable):
        before = [(best[j][0], j) for j in range(i) if beat.time_s - usable[j].time_s >= style.spacing_s]
        total, j = max(before) if before else (0.0, -1)
        best.append((float(total) + 0.45 + beat.strength, j))
    chosen: list[Apex] = []
    i = max(range(len(best)), key=lambda k: best[k][0], default=-1)
    while i >= 0:
        chosen.append(usable[i])
        i = best[i][1]
    return chosen[::-1]


class StrokePlanner:
    """Plans both hands for one utterance."""

    def __init__(self, style: Style, rng: np.random.Generator):
        self.style, self.rng = style, rng
        self._lead, self._both = 1, True
        self._drop = True
        self._strokes = 0  # in this phrase

    def plan(self, apexes: list[Apex], start: tuple[Array, Array], end_s: float, *, to_rest: bool) -> tuple[Keys, Keys]:
        """Curves of the left and the right hand over the utterance; `start` are their channels at time 0."""
        hands = (Hand.start(start[0], self._home()), Hand.start(start[1], self._home()))
        for i, apex in enumerate(apexes):
            gap = apex.time_s - max(hands[0].times[-1], hands[1].times[-1])
            if i == 0 or gap > 1.3 or self._strokes >= 6 or self.rng.random() < 0.2:
                self._new_phrase(hands)
            self._stroke(hands, apex)
        for hand in hands:
            if apexes and not to_rest:
                self._relax(hand, max(end_s, hand.times[-1] + 0.5))
            elif np.linalg.norm(hand.last - REST_KEY) > 1e-6:
                hold = self.rng.uniform(0.22, 0.5) if apexes else 0.0
                glide(hand, hand.times[-1] + hold, REST_KEY)
        return hands[0].keys(), hands[1].keys()

    def _home(self) -> Array:
        low, high = np.array([0.08, -0.52, 0.43]), np.array([0.30, -0.34, 0.54])
        return self.rng.uniform(low, high) + np.array([0.0, self.style.height, 0.0])

    def _new_phrase(self, hands: tuple[Hand, Hand]) -> None:
        one_before = self._strokes > 0 and not self._both
        self._both, self._strokes = bool(one_before or self.rng.random() < self.style.two_handed), 0
        self._lead = int(self.rng.random() < 0.66)
        home = self._home()
        for hand in hands:
            hand.home = home + self.rng.normal(0.0, 0.03, 3)

    def _stroke(self, hands: tuple[Hand, Hand], apex: Apex) -> None:
        lead, other = hands[self._lead], hands[1 - self._lead]
        self._strokes += 1
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
            quiet = other.home + np.array([-0.04, -0.12, -0.05]) + 0.45 * (target - lead.home)
            self._wind_up(other, apex.time_s - span, quiet - other.last[WRIST])
            self._drift(other, apex.time_s, quiet + self.rng.normal(0, 0.03, 3))

    def _duration(self, hand: Hand, apex: Apex) -> float:
        """Seconds the stroke takes: most of the gap when it is short, else about half a second."""
        gap = apex.time_s - hand.times[-1]
        raised = hand.last[1] > -0.8
        longest = (0.54 if raised else 0.78) + self.rng.uniform(-0.05, 0.07)
        return gap if gap < longest + 0.14 else longest

    def _size(self, strength: float, span: float) -> float:
        """Travel [arm lengths]: a peak speed that grows with the emphasis, a bounded acceleration."""
        peak = self.style.size * (2.0 + 0.5 * strength) * self.rng.uniform(0.88, 1.12)
        return float(min(peak * span / PEAK_OVER_MEAN, 2.4 * span**2))

    def _target(self, hand: Hand, size: float) -> Array:
        """The best of a handful of random places: about `size` away, turning back, down on strong beats, near home."""
        here = hand.last[WRIST]
        spread = np.array([0.20, 0.17, 0.11])
        lift = np.array([0.0, self.style.height, 0.0])
        places = np.clip(hand.home + self.rng.normal(0, 1.1, (40, 3)) * spread, _LOW + lift, _HIGH + lift)
        move = places - here
        length = np.linalg.norm(move, axis=1)
        heading = move / np.maximum(length, 1e-6)[:, None]
        wanted = np.array([0.25, -0.75, 0.4]) if self._drop else np.array([0.1, 0.8, -0.1])
        score = (-3.4 * np.abs(length - size) / size + 0.9 * heading @ wanted - 0.55 * heading @ hand.travel
                 - 0.6 * (((places - hand.home) / spread) ** 2).mean(1) + self.rng.gumbel(0, 0.25, len(places)))
        best = int(np.argmax(score))
        return np.asarray(here + heading[best] * min(length[best], 1.12 * size))

    def _reach(self, hand: Hand, time_s: float, target: Array, strength: float) -> None:
        """The stroke: an arched path whose end is the apex."""
        here, span = hand.last[WRIST], time_s - hand.times[-1]
        target = np.clip(target, _LOW + (0, self.style.height, 0), _HIGH + (0, self.style.height, 0))
        move = target - here
        length = float(np.linalg.norm(move))
        limit = min(2.35 * span / PEAK_OVER_MEAN, 2.5 * span**2)
        if length > limit:
            move *= limit / length
        while least_duration_s(here, here + move) > span and np.linalg.norm(move) > 0.02:
            move = 0.87 * move
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
        kinds = ("up", "front", "in") if move[0] > 0.08 else ("in", "up", "in")
        kinds = ("down", "in", "up") if move[1] < -0.1 else kinds
        palm = np.array(_PALMS[str(self.rng.choice(kinds, p=[0.5, 0.3, 0.2]))]) + self.rng.normal(0, 0.12, 3)
        twist = twist_for_palm(wrist[None], value[None, SWIVEL], girdle(wrist[None]), palm[None])[0]
        value[TWIST] += np.clip(twist - value[TWIST], -1.5 * span, 1.5 * span)
        value[BEND] = (0.22 * np.sign(-move[1]) * self.rng.uniform(-0.2, 1.0) - 0.10, self.rng.uniform(-0.14, 0.18))
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
            arrive = glide(hand, hand.times[-1] + self.rng.uniform(0.25, 0.45), rested, latest_s=until_s - 0.1)
            hand.add(max(arrive + 0.05, until_s), rested.copy())
            return
        if hand.last[1] < -0.8:  # hanging: nothing to hold
            hand.add(until_s, hand.last.copy())
            return
        back = -travel * 0.3 + self.rng.normal(0, 0.03, 3)
        # With a recoil, so that the apex stays where the hand turns.
        back -= (max(float(back @ hand.travel), 0.0) + 0.03) * hand.travel
        most = _SLOW * time_left / PEAK_OVER_MEAN
        length = max(float(np.linalg.norm(back)), 1e-6)
        back = back * float(np.clip(length, min(0.8 * most, 0.22), most) / length)
        value = hand.last.copy()
        value[WRIST] = np.clip(value[WRIST] + back, _LOW - 0.05, _HIGH + 0.1)
        hand.add(until_s, value)

    def _drift(self, hand: Hand, time_s: float, target: Array) -> None:
        """The quiet hand: towards a place at the waist, slowly."""
        span = time_s - hand.times[-1]
        move = target - hand.last[WRIST]
        move *= min(1.0, _SLOW * span / PEAK_OVER_MEAN / max(float(np.linalg.norm(move)), 1e-6))
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
