"""Pieces of speech: shifted, made a whole number of frames long, joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import gcd

import numpy as np

from gesture_robot.datatypes import Phoneme, Speech, Word
from gesture_robot.errors import InvalidInput

FRAMES_HZ = 30
"""Pieces last a multiple of 1/30 s, one body frame and two face frames: 735 samples at 22050 Hz."""


def shift_speech(speech: Speech, lead_s: float) -> Speech:
    """The same speech after `lead_s` of silence (rounded to a sample); every time moves with it."""
    count = round(lead_s * speech.rate_hz)
    if count == 0:
        return speech
    exact_s = count / speech.rate_hz
    return replace(
        speech,
        samples=np.concatenate([np.zeros(count, np.float32), speech.samples]),
        words=_moved(speech.words, exact_s),
        phonemes=_moved_phonemes(speech.phonemes, exact_s),
    )


def fit_to_frames(speech: Speech) -> Speech:
    """The same speech with silence added until it lasts a whole number of body frames (and of samples)."""
    missing = -len(speech.samples) % (speech.rate_hz // gcd(speech.rate_hz, FRAMES_HZ))
    return (
        replace(speech, samples=np.concatenate([speech.samples, np.zeros(missing, np.float32)])) if missing else speech
    )


def join_speech(pieces: Sequence[Speech], text: str) -> Speech:
    """One speech from consecutive pieces of one rate; `text` is the whole text.

    Raises:
        InvalidInput: no piece, or different rates.
    """
    if not pieces:
        raise InvalidInput("there is no speech to join: the utterance was stopped before its first sound.")
    if len({piece.rate_hz for piece in pieces}) > 1:
        raise InvalidInput("pieces of one utterance must have one sample rate.")
    words: list[Word] = []
    phonemes: list[Phoneme] = []
    offset = 0
    for piece in pieces:
        words.extend(_moved(piece.words, offset / piece.rate_hz))
        phonemes.extend(_moved_phonemes(piece.phonemes, offset / piece.rate_hz))
        offset += len(piece.samples)
    first = pieces[0]
    return replace(
        first,
        id=first.id.rpartition("-")[0] or first.id,
        text=text,
        words=tuple(words),
        phonemes=tuple(phonemes),
        samples=np.concatenate([piece.samples for piece in pieces]),
    )


def _moved(words: Sequence[Word], by_s: float) -> tuple[Word, ...]:
    return tuple(Word(word.text, word.start_s + by_s, word.end_s + by_s) for word in words)


def _moved_phonemes(phonemes: Sequence[Phoneme], by_s: float) -> tuple[Phoneme, ...]:
    return tuple(Phoneme(item.text, item.start_s + by_s, item.end_s + by_s) for item in phonemes)
