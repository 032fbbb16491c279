"""Speech: real-time factor, the first sound of a very long text, cancelling it, memory, and beats from sound alone."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from gesture_robot.speech.emphasis import emphases
from gesture_robot.speech.espeak import EspeakTts
from gesture_robot.speech.prosody import analyse

SENTENCES = (
    "The weather today is really wonderful, so I think we should all go out and enjoy the sunshine while it lasts. ",
    "My name is Wren, and I can show you the way to every room in this building! ",
    "When we looked at the results last week, we found that nearly everyone had changed their mind. ",
)
WORDS = 20_000


def measure() -> list[tuple[str, float, str, str]]:
    """Rows (what, value, unit, target)."""
    text = _long_text()
    start_s = time.perf_counter()
    stream = EspeakTts().stream(text)
    next(stream)
    first_ms = 1e3 * (time.perf_counter() - start_s)
    factor, growth_mb, words = _whole(stream)
    return [
        ("first sound of 20,000 words, library load included", first_ms, "ms", "<= 1000"),
        ("words spoken of 20,000", words, "words", f"{WORDS}"),
        ("speaking, time per second of audio", factor, "s/s", "<= 0.05"),
        ("memory growth over 20,000 words", growth_mb, "MB", "<= 20"),
        ("cancelling 20,000 words: close the stream", _cancel_ms(text, by_stop=False), "ms", "<= 200"),
        ("cancelling 20,000 words: stop()", _cancel_ms(text, by_stop=True), "ms", "<= 200"),
        *_prosody(),
    ]


def _long_text() -> str:
    words = ("".join(SENTENCES) * 600).split()
    return " ".join(words[:WORDS])


def _whole(stream: object) -> tuple[float, float, int]:
    """Seconds of work per second of audio, growth of resident memory after the first 100 pieces, words."""
    audio_s, words, start_s, first_mb = 0.0, 0, time.perf_counter(), 0.0
    for count, piece in enumerate(stream):  # type: ignore[call-overload]
        audio_s += piece.duration_s
        words += len(piece.words)
        first_mb = _resident_mb() if count == 100 else first_mb
    first_piece = len(SENTENCES[0].split())
    return (time.perf_counter() - start_s) / audio_s, _resident_mb() - first_mb, words + first_piece


def _cancel_ms(text: str, *, by_stop: bool) -> float:
    engine = EspeakTts()
    stream = engine.stream(text)
    next(stream)
    start_s = time.perf_counter()
    if by_stop:
        engine.stop()
        list(stream)
    else:
        stream.close()  # type: ignore[attr-defined]
    return 1e3 * (time.perf_counter() - start_s)


def _prosody() -> list[tuple[str, float, str, str]]:
    speech = EspeakTts().synthesize("".join(SENTENCES))
    start_s = time.perf_counter()
    prosody = analyse(speech.samples, speech.rate_hz)
    taken_s = time.perf_counter() - start_s
    known = emphases(speech, prosody)
    heard = emphases(replace(speech, words=(), phonemes=()), prosody)
    strong = np.array([item.time_s for item in known if item.strength >= 0.5])
    nearest = np.abs(strong[:, None] - np.array([item.time_s for item in heard])).min(axis=1)
    return [
        ("prosody, time per second of audio", taken_s / speech.duration_s, "s/s", "<= 0.05"),
        ("emphases from sound alone / from words", len(heard) / len(known), "", "0.5..1.5"),
        ("stressed words that sound alone finds within 80 ms", 100.0 * float((nearest < 0.08).mean()), "%", ">= 65"),
    ]


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6
