"""The C library of espeak-ng through ctypes (GPL-3.0-or-later, loaded only when used).

The library keeps hidden state between utterances (pitch flutter, noise, wave phase), so that the same text sounds a
little different each time. A session therefore loads the library afresh (about 3 ms) and unloads it at its end: what is
spoken depends on text and settings alone. One session at a time per process; a lock sees to it.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gesture_robot.errors import MissingDependency
from gesture_robot.speech.espeak_paths import locate, unload

RATE_HZ = 22050
RATE, VOLUME, PITCH, RANGE = 1, 2, 3, 4
_WORD, _PHONEME = 1, 7
_INITIALIZE_FLAGS = 1 | 2 | 0x8000
"""Phoneme events, in IPA, and never exit the process."""
_LOCK = threading.RLock()


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


class _Voice(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("unused", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True)
class RawEvent:
    """A word (its `text_position` counts characters from 0) or a phoneme (IPA, blank for a pause) at a sample."""

    is_word: bool
    text_position: int
    sample: int
    ipa: str = ""


@dataclass
class RawSpeech:
    """What the library delivered: 16-bit samples and events in their order."""

    pcm: bytearray = field(default_factory=bytearray)
    events: list[RawEvent] = field(default_factory=list)


@dataclass(frozen=True)
class RawVoice:
    """One row of the library's voice list."""

    name: str
    identifier: str
    languages: tuple[str, ...]


class EspeakSession:
    """One freshly loaded library; use `open_session`."""

    def __init__(self, library: ctypes.CDLL):
        self._library = library

    def set_voice(self, voice: str) -> bool:
        """Choose a voice by the library's own name; False when it does not know it."""
        return self._library.espeak_SetVoiceByName(voice.encode()) == 0  # type: ignore[no-any-return]

    def set_parameter(self, parameter: int, value: float) -> None:
        """Set RATE, VOLUME, PITCH or RANGE."""
        self._library.espeak_SetParameter(parameter, round(value), 0)

    def speak(self, text: str, stopped: Callable[[], bool]) -> RawSpeech:
        """Audio and events of a text; ends early, with what there is, as soon as `stopped()` is true."""
        speech = RawSpeech()

        def receive(wave: object, count: int, events: object) -> int:
            if stopped():
                return 1
            if wave and count > 0:
                speech.pcm.extend(ctypes.string_at(wave, 2 * count))  # type: ignore[arg-type]
            _collect(events, speech.events)
            return 0

        callback = _Callback(receive)
        self._library.espeak_SetSynthCallback(callback)
        raw = text.encode("utf-8")
        self._library.espeak_Synth(raw, len(raw) + 1, 0, 1, 0, 1, None, None)
        self._library.espeak_Synchronize()
        return speech

    def phonemes_of(self, text: str) -> list[str]:
        """IPA phonemes of a text spoken alone."""
        position = ctypes.c_char_p(text.encode("utf-8"))
        raw = self._library.espeak_TextToPhonemes(ctypes.byref(position), 1, (ord("_") << 8) | 2) or b""
        return [ipa for ipa in raw.decode("utf-8", "replace").replace(" ", "_").split("_") if ipa]

    def voices(self) -> tuple[RawVoice, ...]:
        """All voices of the library, without variants."""
        rows, found = self._library.espeak_ListVoices(None), []
        index = 0
        while rows[index]:
            voice = rows[index].contents
            found.append(RawVoice(voice.name.decode(), voice.identifier.decode(), _languages(voice.languages)))
            index += 1
        return tuple(found)

    def version(self) -> str:
        """Such as "1.52.0"."""
        return (self._library.espeak_Info(None) or b"").decode().split(" ")[0]

    def variants(self) -> tuple[str, ...]:
        """Voice variants ("f3"), from the data folder."""
        path = ctypes.c_char_p()
        self._library.espeak_Info(ctypes.byref(path))
        folder = Path((path.value or b"").decode()) / "voices" / "!v"
        return tuple(sorted(item.name for item in folder.iterdir())) if folder.is_dir() else ()


@contextmanager
def open_session() -> Iterator[EspeakSession]:
    """A freshly loaded library, unloaded at the end.

    Raises:
        MissingDependency: neither the wheel nor Debian's library is there, or it does not start.
    """
    with _LOCK:
        library_path, data_path = locate()
        if data_path and not os.path.exists(data_path):  # a cleaner of temporary folders took the link
            locate.cache_clear()
            library_path, data_path = locate()
        try:
            library = _declare(ctypes.CDLL(library_path))
        except OSError as error:
            raise MissingDependency("espeak-ng", "espeak", str(error)) from None
        try:
            rate_hz = library.espeak_Initialize(2, 0, data_path.encode() if data_path else None, _INITIALIZE_FLAGS)
            if rate_hz != RATE_HZ:
                raise MissingDependency(
                    "espeak-ng", "espeak", f"its data in '{data_path or 'the system folder'}' cannot be read"
                )
            _seed_noise(library)
            yield EspeakSession(library)
        finally:
            library.espeak_Terminate()
            unload(library)


def _seed_noise(library: ctypes.CDLL) -> None:
    """Breath and hiss are random numbers; before 1.52 they were the C library's."""
    if hasattr(library, "espeak_ng_SetRandSeed"):
        library.espeak_ng_SetRandSeed(ctypes.c_long(1))
    else:
        ctypes.CDLL(None).srand(1)


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_Info.restype = ctypes.c_char_p
    return library


def _collect(events: object, into: list[RawEvent]) -> None:
    index = 0
    while events and events[index].type != 0:  # type: ignore[index]
        event = events[index]  # type: ignore[index]
        if event.type == _WORD:
            into.append(RawEvent(True, event.text_position - 1, event.sample))
        elif event.type == _PHONEME:
            into.append(RawEvent(False, event.text_position - 1, event.sample, _ipa(event.id.string)))
        index += 1


def _ipa(raw: bytes) -> str:
    """At most 8 bytes without a sure terminator; a hyphen is the library's mark for a reduced vowel, not IPA."""
    return raw.decode("utf-8", "ignore").strip().rstrip("-")


def _languages(address: int) -> tuple[str, ...]:
    """The list "priority byte, name, 0, ... 0" at an address."""
    names = []
    while address and ctypes.string_at(address, 1) != b"\0":
        name = ctypes.string_at(address + 1)
        names.append(name.decode())
        address += len(name) + 2
    return tuple(names)
