"""A voice of tones: deterministic, numpy only. Stands in for a speech engine in tests and where none is installed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import EMOTIONS, Phoneme, Speech, Word
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.speech.config import SpeechConfig
from gesture_robot.speech.function_words import is_function_word
from gesture_robot.speech.join import fit_to_frames, join_speech, shift_speech
from gesture_robot.speech.sentences import pause_after, split_sentences
from gesture_robot.speech.text import Token, clean, has_words, spoken_words

RATE_HZ = 22050
_PAIRS = {
    "sh": "ʃ",
    "ch": "tʃ",
    "th": "θ",
    "ph": "f",
    "ng": "ŋ",
    "ee": "iː",
    "ea": "iː",
    "oo": "uː",
    "ou": "aʊ",
    "ow": "oʊ",
    "ai": "eɪ",
    "ay": "eɪ",
    "oy": "ɔɪ",
    "er": "ɚ",
}
_LETTERS = dict(
    zip("abcdefghijklmnopqrstuvwxyz", "æ b k d ɛ f ɡ h ɪ dʒ k l m n oʊ p k ɹ s t ʌ v w k i z".split(), strict=True)
)
_OTHER = (("m", "ɑ"), ("t", "ɛ"), ("b", "ɪ"), ("n", "oʊ"), ("k", "uː"), ("s", "ɑ"), ("l", "iː"))
_FORMANTS_HZ = {
    "i": (300, 2300),
    "ɪ": (400, 2000),
    "e": (450, 2000),
    "ɛ": (550, 1800),
    "æ": (700, 1700),
    "ɑ": (750, 1150),
    "a": (750, 1300),
    "ʌ": (650, 1200),
    "o": (500, 900),
    "ɔ": (550, 900),
    "u": (320, 800),
    "ɚ": (480, 1350),
}
_NOISY = frozenset(["s", "ʃ", "tʃ", "f", "θ", "t", "k", "p", "h"])


class ToneTts:
    """The TtsEngine seam with vowel-like tones; voices and languages are ignored (any script is "spoken")."""

    rate_hz = RATE_HZ

    def __init__(self, config: SpeechConfig | None = None):
        self.config = config or SpeechConfig()
        self._stops = 0

    def synthesize(self, text: str, *, language: str = "en", voice: str = "", emotion: str = "neutral") -> Speech:
        """The whole text at once. Raises InvalidInput when there is nothing to say, UnknownName for an emotion."""
        return join_speech(list(self.stream(text, language=language, voice=voice, emotion=emotion)), text.strip())

    def stream(self, text: str, *, language: str = "en", voice: str = "", emotion: str = "neutral") -> Iterator[Speech]:
        """Sentence by sentence, as EspeakTts does."""
        if emotion not in EMOTIONS:
            raise UnknownName("emotion", emotion, EMOTIONS)
        cleaned = clean(text)
        if not has_words(cleaned):
            raise InvalidInput("the text holds nothing to say: give at least one word.")
        return self._pieces(cleaned, language, emotion)

    def stop(self) -> None:
        """End every running stream."""
        self._stops += 1

    def _pieces(self, text: str, language: str, emotion: str) -> Iterator[Speech]:
        began, identity = self._stops, f"tone-{zlib.crc32(text.encode('utf-8', 'replace')):08x}"
        spoken = (s for s in split_sentences(text, self.config.max_chars) if has_words(s))
        for count, sentence in enumerate(spoken):
            if self._stops != began:
                return
            pause_s = pause_after(sentence, self.config.pause_s)
            samples, words, phonemes = _speak(sentence, pause_s, self.config.rate_wpm, self.config.volume)
            speech = Speech(f"{identity}-{count}", sentence, RATE_HZ, samples, words, phonemes, emotion, language)
            yield fit_to_frames(shift_speech(speech, self.config.lead_s if count == 0 else 0.0))


def _speak(
    sentence: str, pause_s: float, rate_wpm: float, volume: float
) -> tuple[Array, tuple[Word, ...], tuple[Phoneme, ...]]:
    scale, at_s = 165.0 / rate_wpm, 0.0
    words: list[Word] = []
    phonemes: list[Phoneme] = []
    tokens = spoken_words(sentence)
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        start_s = at_s
        for ipa in _sounds(token.text):
            length_s = scale * (0.15 if "ˈ" in ipa else 0.09 if _is_vowel(ipa) else 0.065)
            phonemes.append(Phoneme(ipa, at_s, at_s + length_s))
            at_s += length_s
        words.append(Word(token.text, start_s, at_s))
        at_s += scale * _gap_s(sentence, token, following)
    samples = np.zeros(round((at_s + pause_s) * RATE_HZ), np.float32)
    for phoneme in phonemes:
        low, high = round(phoneme.start_s * RATE_HZ), round(phoneme.end_s * RATE_HZ)
        samples[low:high] = _tone(phoneme.text, phoneme.start_s, at_s, high - low) * np.float32(volume / 100.0)
    return samples, tuple(words), tuple(phonemes)


def _gap_s(sentence: str, token: Token, following: Token | None) -> float:
    between = sentence[token.end : following.start if following else len(sentence)]
    if following is None:
        return 0.0
    return 0.18 if any(mark in between for mark in ",;:—–.!?") else 0.02 if between else 0.0


def _sounds(word: str) -> list[str]:
    """A rough reading of a word: what matters is that equal words sound equal and each has a vowel."""
    letters, sounds, index = word.lower(), [], 0
    while index < len(letters):
        if letters[index : index + 2] in _PAIRS:
            sounds.append(_PAIRS[letters[index : index + 2]])
            index += 2
            continue
        if letters[index] in _LETTERS:
            sounds.append(_LETTERS[letters[index]])
        elif letters[index].isalnum() or ord(letters[index]) > 127:
            sounds.extend(_OTHER[ord(letters[index]) % len(_OTHER)])
        index += 1
    if not any(map(_is_vowel, sounds)):
        sounds.append("ʌ")
    stressed = next(i for i, ipa in enumerate(sounds) if _is_vowel(ipa))
    if not is_function_word(word):
        sounds[stressed] = "ˈ" + sounds[stressed]
    return sounds


def _is_vowel(ipa: str) -> bool:
    return ipa.lstrip("ˈ")[0] in "aeiouæɑɔɛɪʊʌɚ"


def _tone(ipa: str, start_s: float, total_s: float, count: int) -> Array:
    """Samples of one sound: harmonics under two formants for a vowel, a soft hum or hiss for a consonant."""
    time_s = np.arange(count) / RATE_HZ
    envelope = np.sin(np.pi * np.clip(np.minimum(time_s, time_s[::-1]) / 0.02, 0.0, 0.5)) if count else time_s
    bare = ipa.lstrip("ˈ")
    if bare in _NOISY:
        hiss = np.random.default_rng(zlib.crc32(bare.encode())).standard_normal(count)
        return (0.02 * envelope * np.clip(hiss, -3, 3)).astype(np.float32)
    f0_hz = 140.0 - 35.0 * start_s / max(total_s, 1e-9) + (18.0 if "ˈ" in ipa else 0.0) - 25.0 * time_s
    phase = 2.0 * np.pi * np.cumsum(f0_hz) / RATE_HZ
    formants = _FORMANTS_HZ.get(bare[0], (250, 1000))
    wave = np.zeros(count)
    for harmonic in range(1, 25):
        frequency_hz = harmonic * f0_hz.mean() if count else 0.0
        wave += sum(np.exp(-0.5 * ((frequency_hz - f) / 180.0) ** 2) for f in formants) * np.sin(harmonic * phase)
    level = (0.5 if "ˈ" in ipa else 0.3) if _is_vowel(ipa) else 0.08
    return (level * envelope * wave / max(float(np.abs(wave).max(initial=0.0)), 1e-9)).astype(np.float32)
