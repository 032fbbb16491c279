"""Speech with its motion and face as files, piece by piece, so that a text may be a whole book.

speech.wav 16-bit mono; motion.npz in BEAT2's layout, 30 frames/s; face.npz 52 ARKit channels, 60 frames/s; timing.json
words, phonemes and emphases with times from the first sample. Frame 0 of both motions is sample 0 of the audio.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import tee
from pathlib import Path
from typing import Any

import numpy as np

from gesture_robot import __version__, registry
from gesture_robot.body.motion_file import save_motion
from gesture_robot.checks import Array
from gesture_robot.datatypes import EMOTIONS, BodyMotion, FaceMotion, Speech, Word
from gesture_robot.errors import OutputUnwritable, UnknownName
from gesture_robot.face.face_file import save_face
from gesture_robot.speech.audio_file import read_speech
from gesture_robot.speech.emphasis import emphases
from gesture_robot.speech.join import fit_to_frames, join_speech
from gesture_robot.speech.wav import WavWriter

_WHOLE_CHARS = 2000
"""Up to this length the gestures of a text are planned as a whole; beyond, sentence by sentence."""
FILES = ("speech.wav", "motion.npz", "face.npz", "timing.json")


@dataclass(frozen=True)
class SpeakRequest:
    """How to speak and where the files go."""

    out: str
    tts: str = "espeak"
    voice: str = ""
    emotion: str = "neutral"
    style: str = "neutral"
    language: str = "en"
    seed: int = 0
    gesture: str = "beat"
    face: str = "viseme"
    device: str = "auto"


def speak_text(text: str, request: SpeakRequest) -> dict[str, Any]:
    """Speak a text into files.

    Raises:
        InvalidInput: nothing to say. UnknownName: engine, voice, emotion, style or language.
        OutputUnwritable: the folder cannot be written.
    """
    engine = registry.create("tts", request.tts)
    pieces = map(
        fit_to_frames, engine.stream(text, language=request.language, voice=request.voice, emotion=request.emotion)
    )
    if len(text) <= _WHOLE_CHARS:
        whole = [join_speech(list(pieces), text.strip())]
        return _write(whole, text, request, {"tts": request.tts, "voice": request.voice}, ())
    return _write(pieces, text, request, {"tts": request.tts, "voice": request.voice}, ())


def speak_audio(path: str, text: str, request: SpeakRequest) -> dict[str, Any]:
    """Move to a recording; `text` is only noted. Raises InvalidInput for a file that is no usable WAV."""
    if request.emotion not in EMOTIONS:
        raise UnknownName("emotion", request.emotion, EMOTIONS)
    speech, report = read_speech(path, text=text, emotion=request.emotion, language=request.language)
    return _write([fit_to_frames(speech)], text, request, {"audio": str(path)}, report.warnings)


def _write(
    pieces: Iterable[Speech], text: str, request: SpeakRequest, source: dict[str, str], warnings: tuple[str, ...]
) -> dict[str, Any]:
    folder = _folder(request.out)
    first, for_body, for_face = tee(pieces, 3)
    bodies, faces = _motions(for_body, for_face, request, whole=isinstance(pieces, list))
    timing, rotations, roots, weights = _Timing(), [], [], []
    fps, face_fps = 30.0, 60.0
    channels: tuple[str, ...] = ()
    writer: WavWriter | None = None
    progress = _Progress(len(text))
    try:
        for speech, body, face in zip(first, bodies, faces, strict=True):
            writer = writer or WavWriter(folder / FILES[0], speech.rate_hz)
            writer.write(speech.samples)
            timing.add(speech)
            rotations.append(body.rotations.astype(np.float32))
            roots.append(body.root_position.astype(np.float32))
            weights.append(face.weights.astype(np.float32))
            fps, face_fps, channels = body.fps, face.fps, face.channels
            progress.advance(len(speech.text))
    finally:
        if writer is not None:
            writer.close()
    save_motion(folder / FILES[1], BodyMotion(fps, _joined(rotations), _joined(roots)))
    save_face(folder / FILES[2], FaceMotion(face_fps, channels, np.clip(_joined(weights), 0.0, 1.0)))
    return _save_timing(folder / FILES[3], timing, text, request, source, warnings)


def _motions(
    for_body: Iterable[Speech], for_face: Iterable[Speech], request: SpeakRequest, *, whole: bool
) -> tuple[Iterator[BodyMotion], Iterator[FaceMotion]]:
    gesture = registry.create("gesture", request.gesture, request.device)
    face = registry.create("face", request.face, request.device)
    rng, face_rng = np.random.default_rng(request.seed), np.random.default_rng(request.seed)
    if not whole:
        return gesture.stream(for_body, style=request.style, rng=rng), face.stream(for_face, rng=face_rng)
    return (gesture.generate(s, style=request.style, seed_pose=None, rng=rng) for s in for_body), (
        face.generate(s, rng=face_rng) for s in for_face
    )


class _Timing:
    """Words, phonemes and emphases of all pieces on one time axis."""

    def __init__(self) -> None:
        self.words: list[dict[str, Any]] = []
        self.phonemes: list[dict[str, Any]] = []
        self.emphases: list[dict[str, Any]] = []
        self.rate_hz, self.samples, self.id = 0, 0, ""

    def add(self, speech: Speech) -> None:
        offset_s = self.samples / speech.rate_hz
        self.words += [_timed(word, offset_s) for word in speech.words]
        self.phonemes += [_timed(item, offset_s) for item in speech.phonemes]
        self.emphases += [
            {
                "time_s": round(item.time_s + offset_s, 4),
                "strength": round(item.strength, 3),
                "word_start_s": round(item.word_start_s + offset_s, 4),
                "text": item.text,
            }
            for item in emphases(speech)
        ]
        self.id, self.rate_hz = self.id or speech.id, speech.rate_hz
        self.samples += len(speech.samples)


class _Progress:
    """Per cent of a long text on standard error; a short one is silent."""

    def __init__(self, total: int):
        self._total, self._done, self._shown = total, 0, 0

    def advance(self, characters: int) -> None:
        self._done += characters + 1
        percent = min(100, 100 * self._done // max(self._total, 1))
        if self._total > _WHOLE_CHARS and percent >= self._shown + (1 if sys.stderr.isatty() else 10):
            self._shown = percent
            print(f"{percent} % spoken", file=sys.stderr, end="\r" if sys.stderr.isatty() else "\n", flush=True)


def _save_timing(
    path: Path, timing: _Timing, text: str, request: SpeakRequest, source: dict[str, str], warnings: tuple[str, ...]
) -> dict[str, Any]:
    duration_s = timing.samples / timing.rate_hz
    about = {
        "gesture_robot": __version__,
        "id": timing.id,
        "text": text,
        **source,
        "gesture": request.gesture,
        "face": request.face,
        "emotion": request.emotion,
        "style": request.style,
        "language": request.language,
        "seed": request.seed,
        "rate_hz": timing.rate_hz,
        "duration_s": round(duration_s, 4),
        "warnings": list(warnings),
    }
    document = {**about, "words": timing.words, "phonemes": timing.phonemes, "emphases": timing.emphases}
    try:
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputUnwritable(f"cannot write '{path}': {error.strerror}. Choose a folder you may write to.") from None
    return {
        **about,
        "text": text if len(text) <= _WHOLE_CHARS else text[:_WHOLE_CHARS] + "…",
        "words": len(timing.words),
        "phonemes": len(timing.phonemes),
        "emphases": len(timing.emphases),
        "out": str(path.parent),
        "files": list(FILES),
    }


def _folder(out: str) -> Path:
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputUnwritable(
            f"--out: cannot make the folder '{out}' ({error.strerror}); choose one you may write to."
        ) from None
    if not os.access(folder, os.W_OK):
        raise OutputUnwritable(f"--out: the folder '{out}' cannot be written; choose one you may write to.")
    return folder


def _joined(parts: list[Array]) -> Array:
    """One array; the parts are given up, which halves the memory of a long text."""
    array = np.concatenate(parts)
    parts.clear()
    return array


def _timed(word: Word, offset_s: float) -> dict[str, Any]:
    return {"text": word.text, "start_s": round(word.start_s + offset_s, 4), "end_s": round(word.end_s + offset_s, 4)}
