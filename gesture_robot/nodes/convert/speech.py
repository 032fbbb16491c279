"""Speech and its pieces."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from builtin_interfaces.msg import Time

from gesture_robot.datatypes import Phoneme, Speech, Word
from gesture_robot.msg import SpeechAudio
from gesture_robot.msg import Word as WordMessage
from gesture_robot.nodes.convert.arrays import sequence


def speech_message(speech: Speech, chunk: int, stamp: Time, *, style: str = "", gesture: str = "") -> SpeechAudio:
    """One piece of an utterance, whose id is the speech's."""
    message = SpeechAudio(
        kind=SpeechAudio.AUDIO, utterance_id=speech.id, chunk=chunk, rate_hz=speech.rate_hz, text=speech.text,
        language=speech.language, emotion=speech.emotion, style=style, gesture=gesture,
        samples=sequence(speech.samples, "f"), words=_word_messages(speech.words),
        phonemes=_word_messages(speech.phonemes))
    message.header.stamp = stamp
    return message


def event_message(kind: int, utterance_id: str, chunk: int, stamp: Time) -> SpeechAudio:
    """END or CANCEL of an utterance."""
    message = SpeechAudio(kind=kind, utterance_id=utterance_id, chunk=chunk)
    message.header.stamp = stamp
    return message


def speech_value(message: SpeechAudio) -> Speech:
    """The speech of an AUDIO message; raises InvalidInput for numbers or names that cannot be."""
    return Speech(
        message.utterance_id, message.text, int(message.rate_hz), np.asarray(message.samples, np.float32),
        tuple(Word(w.text, w.start_s, w.end_s) for w in message.words),
        tuple(Phoneme(p.text, p.start_s, p.end_s) for p in message.phonemes),
        message.emotion or "neutral", message.language or "en")


def _word_messages(words: Iterable[Word]) -> list[WordMessage]:
    return [WordMessage(text=w.text, start_s=w.start_s, end_s=w.end_s) for w in words]
