"""Moments of emphasis, which a beat gesture should hit: from words when they are known, else from the sound alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import Phoneme, Speech, Word
from gesture_robot.speech.function_words import is_function_word
from gesture_robot.speech.prosody import HOP_S, Prosody, analyse, syllables
from gesture_robot.speech.word_times import is_vowel

_FUNCTION_WEIGHT = 0.4
_NUCLEAR_BONUS = 0.12
"""The last content word of a phrase usually carries its accent."""
_GIVEN_WEIGHT = 0.75
"""A word that was said before in the utterance is seldom accented again (Brown 1983)."""
_PHRASE_GAP_S = 0.12
_SHORTEST_STEP_S = 0.2
_ENOUGH_HZ = 8000


@dataclass(frozen=True, slots=True, eq=False)
class Emphasis:
    """One moment worth a beat."""

    time_s: float
    """The moment to hit: the onset of the word's stressed vowel, or of a prominent syllable."""
    strength: float
    """[0, 1]: above 0.5 stressed content words and clear accents, below 0.35 grammar words and weak syllables."""
    start_s: float
    """Start of the word (or of the word-like span)."""
    end_s: float
    text: str = ""
    """The word; empty for audio that came alone."""

    @property
    def word_start_s(self) -> float:
        """The same as `start_s`: the time against which gesture timing is measured."""
        return self.start_s


def emphases(speech: Speech, prosody: Prosody | None = None) -> tuple[Emphasis, ...]:
    """One per word in order (or per prominent syllable when the words are unknown); none in silence.

    Args:
        speech: any speech; words and phonemes are used when there.
        prosody: its analysis, when the caller has it already.
    """
    if speech.words:
        return _from_words(speech, prosody or analyse(*_halved(speech)))
    return _from_sound(prosody or analyse(speech.samples, speech.rate_hz))


def _halved(speech: Speech) -> tuple[Array, int]:
    """Samples and their rate, halved where that is enough: loudness and pitch of known words need no more."""
    if speech.rate_hz < 2 * _ENOUGH_HZ or speech.rate_hz % 2:
        return speech.samples, speech.rate_hz
    return speech.samples[: len(speech.samples) // 2 * 2].reshape(-1, 2).mean(axis=1), speech.rate_hz // 2


def pseudo_words(speech: Speech) -> tuple[Word, ...]:
    """Word-like spans (empty text) of audio that came alone; the real words when they are known."""
    if speech.words:
        return speech.words
    return tuple(Word("", item.start_s, item.end_s) for item in emphases(speech))


def _from_words(speech: Speech, prosody: Prosody) -> tuple[Emphasis, ...]:
    starts = np.array([phoneme.start_s for phoneme in speech.phonemes])
    loud_db = float(np.percentile(prosody.energy_db, 95)) if len(prosody.energy_db) else -100.0
    usual_hz = _median_pitch(prosody)
    found, said = [], set()
    for index, word in enumerate(speech.words):
        low, high = np.searchsorted(starts, [word.start_s - 1e-6, word.end_s - 1e-6])
        vowel, stress = _stressed_vowel(speech.phonemes[low:high])
        length_s = word.end_s - word.start_s
        time_s = vowel.start_s if vowel else word.start_s + 0.3 * length_s
        vowel_s = min(vowel.end_s - vowel.start_s, 0.3) if vowel else 0.3 * length_s
        strength = 0.5 * stress + 0.4 * _accent(prosody, time_s, vowel_s, loud_db, usual_hz)
        if is_function_word(word.text):
            strength *= _FUNCTION_WEIGHT
        else:
            strength += _NUCLEAR_BONUS if _ends_phrase(speech.words, index) else 0.0
            strength *= _GIVEN_WEIGHT if word.text.lower() in said else 1.0
            said.add(word.text.lower())
        found.append(Emphasis(time_s, float(np.clip(strength, 0.0, 1.0)), word.start_s, word.end_s, word.text))
    return tuple(found)


def _accent(prosody: Prosody, start_s: float, length_s: float, loud_db: float, usual_hz: float) -> float:
    """How much a vowel stands out by sound, [0, 1]: loud, long, high."""
    low = int(start_s / HOP_S)
    part = slice(low, low + max(int(length_s / HOP_S), 1))
    level_db = float(prosody.energy_db[part].max(initial=-100.0))
    pitch_hz = float(prosody.f0_hz[part].max(initial=0.0))
    louder = np.clip((level_db - loud_db + 10.0) / 13.0, 0.0, 1.0)
    higher = np.clip(0.4 + 1.5 * np.log2(pitch_hz / usual_hz), 0.0, 1.0) if pitch_hz > 0.0 else 0.4
    return float(0.4 * louder + 0.3 * min(length_s / 0.2, 1.0) + 0.3 * higher)


def _median_pitch(prosody: Prosody) -> float:
    return float(np.median(prosody.f0_hz[prosody.voiced])) if prosody.voiced.any() else 1.0


def _stressed_vowel(phonemes: Sequence[Phoneme]) -> tuple[Phoneme | None, float]:
    """The vowel that carries the word's stress, and how much: 1 primary, 0.7 secondary, 0.35 unstressed.

    Without any mark (some libraries give none) the longest vowel of a long word counts as stressed.
    """
    for mark, stress in (("ˈ", 1.0), ("ˌ", 0.7)):
        for phoneme in phonemes:
            if mark in phoneme.text:
                return phoneme, stress
    vowels = [phoneme for phoneme in phonemes if is_vowel(phoneme.text)]
    if not vowels:
        return None, 0.35
    if len(phonemes) >= 4:
        return max(vowels, key=lambda p: p.end_s - p.start_s), 0.7
    return vowels[0], 0.35


def _ends_phrase(words: Sequence[Word], index: int) -> bool:
    return index + 1 == len(words) or words[index + 1].start_s - words[index].end_s > _PHRASE_GAP_S


def _from_sound(prosody: Prosody) -> tuple[Emphasis, ...]:
    """Syllables that stand out against their neighbours, about as many as there would be words."""
    found = syllables(prosody)
    if not found:
        return ()
    prominence = _prominence(prosody, found)
    kept: list[int] = []
    for index in np.argsort(-prominence, kind="stable"):
        if all(abs(found[index][1] - found[other][1]) * HOP_S >= _SHORTEST_STEP_S for other in kept):
            kept.append(int(index))
    kept.sort()
    order = prominence[kept].argsort().argsort() / max(len(kept) - 1, 1)
    return tuple(
        Emphasis(
            found[i][1] * HOP_S,
            float(np.clip(0.5 * prominence[i] + 0.5 * rank, 0.0, 1.0)),
            found[i][0] * HOP_S,
            found[i][3] * HOP_S,
        )
        for i, rank in zip(kept, order, strict=True)
    )


def _prominence(prosody: Prosody, found: list[tuple[int, int, int, int]]) -> Array:
    """(S,) in [0, 1]: louder, longer and higher syllables stand out (Terken 1991; Kochanski et al. 2005, JASA 118)."""
    peak_db = np.array([prosody.syllable_db[peak] for _, _, peak, _ in found])
    length = np.array([np.count_nonzero(prosody.voiced[start:end]) for start, _, _, end in found]) * HOP_S
    pitch = np.array([prosody.f0_hz[start:end].max(initial=0.0) for start, _, _, end in found])
    higher = np.where(pitch > 0, np.log2(np.maximum(pitch, 1.0) / _median_pitch(prosody)), 0.0)
    loud = np.clip((peak_db - peak_db.max() + 15.0) / 15.0, 0.0, 1.0)
    return np.asarray(
        np.clip(0.45 * loud + 0.35 * np.clip(length / 0.25, 0, 1) + 0.2 * np.clip(0.5 + 2.0 * higher, 0, 1), 0.0, 1.0)
    )
