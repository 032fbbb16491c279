"""Speech for face tests: a greeting with the times a real synthesiser gave it, and a sound to go with them."""

from __future__ import annotations

import numpy as np

from gesture_robot.datatypes import Phoneme, Speech

RATE_HZ = 22050
END_S = 1.894
HELLO = (("h", 11), ("ə", 62), ("l", 112), ("ˈoʊ", 219), ("", 440), ("w", 590), ("ˈɛ", 674), ("l", 807), ("k", 846),
         ("ʌ", 892), ("m", 956), ("t", 1071), ("ə", 1111), ("ð", 1176), ("ə", 1222), ("m", 1279), ("j", 1346),
         ("uː", 1404), ("z", 1439), ("ˈiə", 1529), ("m", 1778))
"""espeak-ng 1.52, en-us: "Hello, welcome to the museum!", start of each phoneme [ms]."""
_LOUD = {"vowel": 0.25, "voiced": 0.10, "other": 0.03}


def hello(emotion: str = "neutral", *, phonemes: bool = True) -> Speech:
    """The greeting, 2.23 s, with tones on vowels, softer ones on voiced consonants and hiss elsewhere."""
    starts = [ms / 1e3 for _, ms in HELLO] + [END_S]
    parts = tuple(Phoneme(text, low, high) for (text, _), low, high in zip(HELLO, starts[:-1], starts[1:], strict=True))
    return Speech("hello", "Hello, welcome to the museum!", RATE_HZ, sound_of(parts, 2.233), (),
                  parts if phonemes else (), emotion)


def sound_of(phonemes: tuple[Phoneme, ...], duration_s: float) -> np.ndarray:
    """(N,) float32: loudness follows the phonemes."""
    time_s = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
    rng = np.random.default_rng(0)
    samples = np.zeros(len(time_s))
    for phoneme in phonemes:
        if not phoneme.text:
            continue
        vowel, voiced = bool(set(phoneme.text) & set("əɛʌuɪioʊaæɑɔ")), phoneme.text in "lmnwjzð"
        kind = "vowel" if vowel else "voiced" if voiced else "other"
        inside = (time_s >= phoneme.start_s) & (time_s < phoneme.end_s)
        tone = sum(np.sin(2 * np.pi * hz * time_s[inside]) for hz in (120.0, 600.0, 1400.0)) / 3.0
        samples[inside] = _LOUD[kind] * (rng.normal(0.0, 0.5, inside.sum()) if kind == "other" else tone)
    return samples.astype(np.float32)


def silence(seconds: float) -> Speech:
    """Audio that came alone and holds nothing."""
    return Speech("silence", "", RATE_HZ, np.zeros(int(seconds * RATE_HZ), np.float32))
