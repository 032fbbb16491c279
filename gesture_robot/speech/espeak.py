"""Text to speech with espeak-ng: audio, word times and phoneme times without a model or a network."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import EMOTIONS, Phoneme, Speech, Word
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.speech.config import SpeechConfig
from gesture_robot.speech.espeak_library import PITCH, RANGE, RATE, RATE_HZ, VOLUME, open_session
from gesture_robot.speech.espeak_voices import resolve_voice
from gesture_robot.speech.join import fit_to_frames, join_speech, shift_speech
from gesture_robot.speech.sentences import pause_after, split_sentences
from gesture_robot.speech.text import clean, has_words, spoken_words
from gesture_robot.speech.word_times import Sound, group_events, mark_stress, words_in_samples

_SILENCE = 1e-3
_CEILING = 0.98


@dataclass(frozen=True)
class _Manner:
    """How an emotion changes the voice: rate factor, pitch and range offsets (of 100), volume factor."""

    rate: float = 1.0
    pitch: float = 0.0
    range: float = 0.0
    volume: float = 1.0


# Mild on purpose: directions follow Scherer (2003, Speech Communication 40, table 2), sizes stay intelligible.
_MANNERS = {
    "neutral": _Manner(),
    "happiness": _Manner(1.07, 8.0, 15.0, 1.05),
    "sadness": _Manner(0.86, -8.0, -20.0, 0.85),
    "anger": _Manner(1.08, -2.0, 15.0, 1.1),
    "fear": _Manner(1.12, 10.0, 5.0, 0.95),
    "surprise": _Manner(1.03, 12.0, 25.0, 1.05),
    "disgust": _Manner(0.92, -6.0, 0.0, 0.95),
    "contempt": _Manner(0.95, -4.0, -8.0, 0.95),
}


class EspeakTts:
    """The TtsEngine seam on espeak-ng. Equal text and settings give equal samples; threads may share one engine."""

    rate_hz = RATE_HZ

    def __init__(self, config: SpeechConfig | None = None):
        self.config = config or SpeechConfig()
        self._guard = threading.Lock()
        self._stops = 0

    def synthesize(self, text: str, *, language: str = "en", voice: str = "", emotion: str = "neutral") -> Speech:
        """The whole text at once: exactly the pieces of `stream`, joined.

        Raises:
            InvalidInput: nothing to say. UnknownName: language, voice or emotion. MissingDependency: no library.
        """
        return join_speech(list(self.stream(text, language=language, voice=voice, emotion=emotion)), text.strip())

    def stream(self, text: str, *, language: str = "en", voice: str = "", emotion: str = "neutral") -> Iterator[Speech]:
        """Sentence by sentence; each piece lasts a whole number of 1/30 s, so that motions made of them join exactly.

        Closing the generator or `stop()` ends it. Raises at once, as `synthesize` does.
        """
        if emotion not in EMOTIONS:
            raise UnknownName("emotion", emotion, EMOTIONS)
        cleaned = clean(text)
        if not has_words(cleaned):
            raise InvalidInput("the text holds nothing to say: give at least one word.")
        name = resolve_voice(language, voice or self.config.voice)
        return self._pieces(cleaned, name, language, emotion)

    def stop(self) -> None:
        """End every running stream: the current piece is cut off within milliseconds, no other follows."""
        with self._guard:
            self._stops += 1

    def _pieces(self, text: str, voice: str, language: str, emotion: str) -> Iterator[Speech]:
        began = self._stops
        identity = f"espeak-{zlib.crc32(repr((text, voice, emotion, self.config)).encode('utf-8', 'replace')):08x}"
        count = 0
        for sentence in split_sentences(text, self.config.max_chars):
            piece = self._speak(sentence, voice, emotion, began) if has_words(sentence) else None
            if self._stops != began:
                return
            if piece is None:
                continue
            samples, words, phonemes = piece
            speech = Speech(f"{identity}-{count}", sentence, RATE_HZ, samples, words, phonemes, emotion, language)
            yield fit_to_frames(shift_speech(speech, self.config.lead_s if count == 0 else 0.0))
            count += 1
        if count == 0:
            raise InvalidInput(f"the voice '{voice}' has no sound for this text: choose another language or voice.")

    def _speak(
        self, sentence: str, voice: str, emotion: str, began: int
    ) -> tuple[Array, tuple[Word, ...], tuple[Phoneme, ...]] | None:
        """Samples, words and phonemes of one sentence; None when it is silent or was stopped."""
        manner, config = _MANNERS[emotion], self.config
        tokens = spoken_words(sentence)
        with open_session() as session:
            session.set_voice(voice)
            session.set_parameter(RATE, config.rate_wpm * manner.rate)
            session.set_parameter(PITCH, float(np.clip(config.pitch + manner.pitch, 0, 100)))
            session.set_parameter(RANGE, float(np.clip(config.pitch_range + manner.range, 0, 100)))
            session.set_parameter(VOLUME, float(np.clip(config.volume * manner.volume, 0, 100)))
            raw = session.speak(sentence, lambda: self._stops != began)
            samples = np.frombuffer(bytes(raw.pcm), np.int16).astype(np.float32) / 32768.0
            groups = group_events(raw.events, len(samples))
            if not groups or self._stops != began:
                return None
            words = words_in_samples(tokens, groups, session.phonemes_of)
            mark_stress(words, groups, session.phonemes_of)
        samples = _end_with_pause(_limit(samples), pause_after(sentence, config.pause_s))
        sounds = [sound for group in groups for sound in group.sounds]
        return samples, _words(words, len(samples)), _phonemes(sounds, len(samples))


def languages() -> tuple[str, ...]:
    """Language tags the installed library speaks."""
    from gesture_robot.speech.espeak_voices import voice_table

    return tuple(sorted(voice_table().by_language))


def library_version() -> str:
    """Version of the installed library, for reports. Raises MissingDependency."""
    with open_session() as session:
        return session.version()


def _limit(samples: Array) -> Array:
    peak = float(np.abs(samples).max(initial=0.0))
    return samples * np.float32(_CEILING / peak) if peak > _CEILING else samples


def _end_with_pause(samples: Array, pause_s: float) -> Array:
    """Exactly `pause_s` of silence after the last sample that can be heard."""
    loud = np.flatnonzero(np.abs(samples) > _SILENCE)
    sounding = samples[: int(loud[-1]) + 1 if len(loud) else 0]
    return np.concatenate([sounding, np.zeros(round(pause_s * RATE_HZ), np.float32)])


def _words(words: list[tuple], count: int) -> tuple[Word, ...]:  # type: ignore[type-arg]
    return tuple(
        Word(token.text, min(start, count) / RATE_HZ, min(end, count) / RATE_HZ) for token, start, end in words
    )


def _phonemes(sounds: list[Sound], count: int) -> tuple[Phoneme, ...]:
    return tuple(Phoneme(s.ipa, s.start / RATE_HZ, min(s.end, count) / RATE_HZ) for s in sounds if s.start < count)
