"""What every face engine must do: the contract of `protocols.FaceGenerator`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from face_samples import RATE_HZ, hello, silence

from gesture_robot import registry
from gesture_robot.datatypes import EMOTIONS, FaceMotion, Speech
from gesture_robot.face.arkit import CHANNELS
from gesture_robot.protocols import FaceGenerator

sys.path.append(str(Path(__file__).parents[1] / "onnx"))

ENGINES = registry.names("face")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> FaceGenerator:
    made = registry.load("face", request.param)
    if request.param == "onnx":
        from stand_in_models import face_model

        return made(face_model(tmp_path / "face.onnx"))  # type: ignore[no-any-return]
    return made()  # type: ignore[no-any-return]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def check(face: FaceMotion, speech: Speech) -> None:
    assert face.fps == 60.0 and face.channels == CHANNELS
    assert len(face.weights) == int(np.ceil(speech.duration_s * 60.0 - 1e-6))
    assert np.isfinite(face.weights).all() and face.weights.min(initial=0) >= 0 and face.weights.max(initial=0) <= 1
    assert not face.weights.flags.writeable


def test_seam_attributes(engine: FaceGenerator) -> None:
    assert engine.fps == 60.0 and tuple(engine.channels) == CHANNELS


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_emotion_with_and_without_phonemes(engine: FaceGenerator, emotion: str) -> None:
    for phonemes in (True, False):
        speech = hello(emotion, phonemes=phonemes)
        check(engine.generate(speech, rng=rng()), speech)


@pytest.mark.parametrize("count", [0, 1, 100, 367, 368, 22050])
def test_any_length(engine: FaceGenerator, count: int) -> None:
    speech = Speech("x", "", RATE_HZ, np.full(count, 0.1, np.float32))
    check(engine.generate(speech, rng=rng()), speech)


@pytest.mark.parametrize("samples", [np.ones(8000), -np.ones(8000), np.zeros(8000), np.tile([1.0, -1.0], 4000)])
@pytest.mark.parametrize("rate_hz", [8000, 48000])
def test_clipped_flat_and_silent_audio(engine: FaceGenerator, samples: np.ndarray, rate_hz: int) -> None:
    speech = Speech("x", "", rate_hz, samples.astype(np.float32))
    check(engine.generate(speech, rng=rng()), speech)


def test_same_seed_same_face(engine: FaceGenerator) -> None:
    first, second = (engine.generate(hello(), rng=rng(3)).weights for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_stream_gives_one_motion_per_chunk_lazily(engine: FaceGenerator) -> None:
    chunks = [hello(), silence(0.5), hello("happiness", phonemes=False)]
    taken = []

    def source():  # type: ignore[no-untyped-def]
        for chunk in chunks:
            taken.append(chunk)
            yield chunk

    faces = engine.stream(source(), rng=rng())
    check(next(faces), chunks[0])
    assert len(taken) == 1
    for face, chunk in zip(faces, chunks[1:], strict=True):
        check(face, chunk)


def test_stream_of_nothing(engine: FaceGenerator) -> None:
    assert list(engine.stream([], rng=rng())) == []
