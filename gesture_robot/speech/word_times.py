"""From the library's events to one start and end per word of the text, and to clean phonemes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from gesture_robot.speech.espeak_library import RawEvent
from gesture_robot.speech.text import Token

_VOWELS = frozenset("aeiouyæɑɐɒɔəɚɛɜɝɪɨɵøœɶʊʉʌʏɯɤɘɞɥ")
STRESS = "ˈˌ"


@dataclass
class Sound:
    """A phoneme in samples."""

    ipa: str
    start: int
    end: int


@dataclass
class Spoken:
    """A word event with the sounds up to the next one."""

    text_position: int
    start: int
    sounds: list[Sound] = field(default_factory=list)


def is_vowel(ipa: str) -> bool:
    """Whether an IPA symbol (stress mark allowed) is a vowel or diphthong."""
    bare = ipa.lstrip(STRESS)
    return bool(bare) and bare[0] in _VOWELS


def group_events(events: Sequence[RawEvent], end: int) -> list[Spoken]:
    """Sounds of each word event. Pauses and language switches give no sound; a pause ends the sound before it."""
    groups: list[Spoken] = []
    for index, event in enumerate(events):
        following = events[index + 1].sample if index + 1 < len(events) else end
        if event.is_word or not groups:
            groups.append(Spoken(event.text_position, event.sample))
        if not event.is_word and event.ipa.strip(STRESS) and not event.ipa.startswith("(") and following > event.sample:
            groups[-1].sounds.append(Sound(event.ipa, event.sample, min(following, end)))
    return [group for group in groups if group.sounds]


def words_in_samples(
    tokens: Sequence[Token], groups: Sequence[Spoken], alone: Callable[[str], list[str]]
) -> list[tuple[Token, int, int]]:
    """Start and end of every token, in samples.

    Events are matched by text position. A token without an event of its own ("the" in "for the") shares the event
    before it; the sounds are divided by aligning them with what each token sounds like `alone`.
    """
    owners = _owners(tokens, groups)
    spans: list[tuple[int, int] | None] = [None] * len(tokens)
    for group, owner in zip(groups, owners, strict=True):
        shared = [owner]
        while shared[-1] + 1 < len(tokens) and shared[-1] + 1 not in owners and group is _last(groups, owners, owner):
            shared.append(shared[-1] + 1)
        cuts = split_sounds(
            [sound.ipa for sound in group.sounds], [alone(tokens[i].text) for i in shared] if len(shared) > 1 else [[]]
        )
        for index, low, high in zip(shared, cuts[:-1], cuts[1:], strict=True):
            spans[index] = _join(spans[index], _span(group, low, high))
    return _fill(tokens, spans)


def split_sounds(sounds: Sequence[str], forms: Sequence[Sequence[str]]) -> list[int]:
    """Boundaries (len(forms) + 1) that divide `sounds` among words whose isolated forms are given.

    Edit-distance alignment of the sounds with the joined forms; substituting like for like is cheap.
    """
    if len(forms) == 1:
        return [0, len(sounds)]
    reached = _align(sounds, [ipa for form in forms for ipa in form])
    cuts, position = [0], 0
    for form in forms[:-1]:
        position += len(form)
        cuts.append(max(cuts[-1], reached[position]))
    return [*cuts, len(sounds)]


def mark_stress(
    words: Sequence[tuple[Token, int, int]], groups: Sequence[Spoken], alone: Callable[[str], list[str]]
) -> None:
    """Give the sounds the stress marks of the words spoken `alone`, if the library's events carry none (1.51)."""
    sounds = [sound for group in groups for sound in group.sounds]
    if any(mark in sound.ipa for sound in sounds for mark in STRESS):
        return
    for token, start, end in words:
        own = [sound for sound in sounds if start <= sound.start < end]
        form = alone(token.text)
        reached = _align([sound.ipa for sound in own], form)
        for index, ipa in enumerate(form):
            if ipa[0] in STRESS and reached[index] < len(own) and is_vowel(own[reached[index]].ipa):
                own[reached[index]].ipa = ipa[0] + own[reached[index]].ipa


def _align(sounds: Sequence[str], joined: Sequence[str]) -> list[int]:
    """For each number of joined symbols used (0 .. all), how many sounds were used."""
    cost = np.zeros((len(sounds) + 1, len(joined) + 1))
    cost[:, 0], cost[0, :] = np.arange(len(sounds) + 1), np.arange(len(joined) + 1)
    for i, sound in enumerate(sounds, 1):
        for j, ipa in enumerate(joined, 1):
            cost[i, j] = min(cost[i - 1, j - 1] + _difference(sound, ipa), cost[i - 1, j] + 1.0, cost[i, j - 1] + 1.0)
    return _trace(cost, sounds, joined)


def _trace(cost: np.ndarray, sounds: Sequence[str], joined: Sequence[str]) -> list[int]:
    i, j = len(sounds), len(joined)
    reached = [0] * (j + 1)
    reached[j] = i
    while j > 0:
        if i > 0 and np.isclose(cost[i, j], cost[i - 1, j - 1] + _difference(sounds[i - 1], joined[j - 1])):
            i, j = i - 1, j - 1
            reached[j] = i
        elif i > 0 and np.isclose(cost[i, j], cost[i - 1, j] + 1.0):
            i -= 1
        else:
            j -= 1
            reached[j] = i
    return reached


def _difference(first: str, second: str) -> float:
    a, b = first.lstrip(STRESS), second.lstrip(STRESS)
    if a == b:
        return 0.0
    if is_vowel(a) != is_vowel(b):
        return 1.6
    return 0.3 if a[:1] == b[:1] else 0.5 if is_vowel(a) else 0.9


def _owners(tokens: Sequence[Token], groups: Sequence[Spoken]) -> list[int]:
    """Index of the token each event belongs to, never going back."""
    starts = [token.start for token in tokens]
    owners: list[int] = []
    for group in groups:
        index = max(bisect_right(starts, group.text_position) - 1, 0)
        if group.text_position >= tokens[index].end and index + 1 < len(tokens):
            index += 1
        owners.append(max(index, owners[-1] if owners else 0))
    return owners


def _last(groups: Sequence[Spoken], owners: Sequence[int], owner: int) -> Spoken:
    return groups[len(owners) - 1 - list(reversed(owners)).index(owner)]


def _span(group: Spoken, low: int, high: int) -> tuple[int, int]:
    if low >= high:
        at = group.sounds[low - 1].end if low > 0 else group.start
        return at, at
    start = group.start if low == 0 else group.sounds[low].start
    return start, group.sounds[high - 1].end


def _join(old: tuple[int, int] | None, new: tuple[int, int]) -> tuple[int, int]:
    return new if old is None else (min(old[0], new[0]), max(old[1], new[1]))


def _fill(tokens: Sequence[Token], spans: Sequence[tuple[int, int] | None]) -> list[tuple[Token, int, int]]:
    """A word before the first event, or one without any sound, gets an empty span at its neighbour."""
    known = [span for span in spans if span is not None]
    at = known[0][0] if known else 0
    words = []
    for token, span in zip(tokens, spans, strict=True):
        start, end = span if span is not None else (at, at)
        start, end = max(start, at), max(end, at)
        words.append((token, start, end))
        at = max(start, end if span is None else start)
    return words
