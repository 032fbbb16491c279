"""The learned engines behind their seams, with stand-in models built here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from stand_in_models import face_model, gesture_model

from gesture_robot.datatypes import EMOTIONS, Speech
from gesture_robot.errors import InvalidInput
from gesture_robot.face.arkit import CHANNELS
from gesture_robot.face.onnx_engine import OnnxFace
from gesture_robot.gesture.onnx_engine import LEAVE_SEED_S, OnnxGestures


def speech(seconds: float = 1.0, rate_hz: int = 22050, level: float = 0.2, emotion: str = "neutral") -> Speech:
    time_s = np.arange(int(seconds * rate_hz)) / rate_hz
    samples = level * np.sign(np.sin(2 * np.pi * 200 * time_s))
    return Speech("x", "", rate_hz, samples.astype(np.float32), emotion=emotion)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("seconds", [0.011, 0.5, 1.2345])
def test_face_has_the_length_of_the_audio_at_every_rate(tmp_path: Path, rate_hz: int, seconds: float) -> None:
    face = OnnxFace(face_model(tmp_path / "face.onnx"), "cpu").generate(speech(seconds, rate_hz), rng=rng())
    assert face.channels == CHANNELS and face.fps == 60.0
    assert len(face.weights) == int(np.ceil(int(seconds * rate_hz) / rate_hz * 60 - 1e-6))
    if seconds > 0.1:
        np.testing.assert_allclose(face.weights, 0.2, atol=0.02)


def test_face_weights_are_clipped(tmp_path: Path) -> None:
    high = OnnxFace(face_model(tmp_path / "high.onnx", value=7.0)).generate(speech(), rng=rng())
    low = OnnxFace(face_model(tmp_path / "low.onnx", value=-7.0)).generate(speech(), rng=rng())
    assert (high.weights == 1.0).all() and (low.weights == 0.0).all()


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_model_may_take_the_emotion(tmp_path: Path, emotion: str) -> None:
    engine = OnnxFace(face_model(tmp_path / "face.onnx", value=-0.9, emotion=True))
    np.testing.assert_allclose(engine.generate(speech(emotion=emotion), rng=rng()).weights, 0.3, atol=0.02)


def test_face_stream_does_not_jump(tmp_path: Path) -> None:
    engine = OnnxFace(face_model(tmp_path / "face.onnx"))
    chunks = [speech(0.5, level=0.05), speech(0.5, level=0.9)]
    first, second = engine.stream(chunks, rng=rng())
    assert abs(second.weights[0] - first.weights[-1]).max() < 0.1
    np.testing.assert_allclose(second.weights[-1], 0.9, atol=0.05)


def test_no_audio_gives_no_frames_without_running_the_model(tmp_path: Path) -> None:
    nothing = Speech("x", "", 16000, np.zeros(0, np.float32))
    assert len(OnnxFace(face_model(tmp_path / "f.onnx")).generate(nothing, rng=rng()).weights) == 0
    assert len(OnnxGestures(gesture_model(tmp_path / "g.onnx")).generate(nothing, rng=rng()).rotations) == 1


@pytest.mark.parametrize("seconds", [0.02, 0.5, 1.2345])
def test_gesture_covers_the_audio_and_starts_at_the_seed_pose(tmp_path: Path, seconds: float) -> None:
    engine = OnnxGestures(gesture_model(tmp_path / "gesture.onnx"))
    seed = rng().uniform(-0.5, 0.5, (55, 3))
    motion = engine.generate(speech(seconds), style="neutral", seed_pose=seed, rng=rng())
    assert motion.fps == 30.0 and motion.duration_s >= int(seconds * 22050) / 22050 - 1e-6
    np.testing.assert_allclose(motion.rotations[0], seed, atol=1e-6)
    if seconds > 2 * LEAVE_SEED_S:
        np.testing.assert_allclose(motion.rotations[-1], seed + 0.1, atol=1e-5)
    assert (motion.root_position == 0.0).all()


def test_gesture_stream_continues_the_last_pose(tmp_path: Path) -> None:
    engine = OnnxGestures(gesture_model(tmp_path / "gesture.onnx", value=0.3))
    motions = list(engine.stream([speech(0.5)] * 3, style="neutral", rng=rng()))
    for before, after in zip(motions[:-1], motions[1:], strict=True):
        np.testing.assert_allclose(after.rotations[0], before.rotations[-1], atol=1e-6)


def test_gesture_angles_beyond_half_a_turn_are_the_same_rotation_wrapped(tmp_path: Path) -> None:
    motion = OnnxGestures(gesture_model(tmp_path / "g.onnx", value=2.5)).generate(speech(), rng=rng())
    assert np.linalg.norm(motion.rotations, axis=-1).max() <= np.pi + 1e-9


def test_gesture_takes_an_optional_root(tmp_path: Path) -> None:
    motion = OnnxGestures(gesture_model(tmp_path / "g.onnx", root=True)).generate(speech(), rng=rng())
    np.testing.assert_allclose(motion.root_position, 0.1, atol=1e-6)


@pytest.mark.parametrize("extra", [-1, 1])
def test_one_frame_of_rounding_is_accepted(tmp_path: Path, extra: int) -> None:
    gestures = OnnxGestures(gesture_model(tmp_path / "g.onnx", extra=extra))
    face = OnnxFace(face_model(tmp_path / "f.onnx", extra=extra))
    assert len(gestures.generate(speech(), rng=rng()).rotations) == 30
    assert len(face.generate(speech(), rng=rng()).weights) == 60


@pytest.mark.parametrize("extra", [-7, 9])
def test_a_wrong_length_is_an_error_that_says_the_right_one(tmp_path: Path, extra: int) -> None:
    with pytest.raises(InvalidInput, match="expected 30"):
        OnnxGestures(gesture_model(tmp_path / "g.onnx", extra=extra)).generate(speech(), rng=rng())
    with pytest.raises(InvalidInput, match="expected 60"):
        OnnxFace(face_model(tmp_path / "f.onnx", extra=extra)).generate(speech(), rng=rng())


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nan_from_a_model_is_an_error(tmp_path: Path, value: float) -> None:
    with pytest.raises(InvalidInput, match="NaN or infinity"):
        OnnxGestures(gesture_model(tmp_path / "g.onnx", value=value)).generate(speech(), rng=rng())
    with pytest.raises(InvalidInput, match="NaN or infinity"):
        OnnxFace(face_model(tmp_path / "f.onnx", value=value)).generate(speech(), rng=rng())


def test_degrees_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="radians"):
        OnnxGestures(gesture_model(tmp_path / "g.onnx", value=90.0)).generate(speech(), rng=rng())


def test_a_bad_seed_pose_is_an_error(tmp_path: Path) -> None:
    engine = OnnxGestures(gesture_model(tmp_path / "g.onnx"))
    with pytest.raises(InvalidInput, match="seed_pose"):
        engine.generate(speech(), seed_pose=np.zeros((54, 3)), rng=rng())


@pytest.mark.parametrize(("change", "names"), [
    ({"channels": 51}, "weights"), ({"audio_name": "sound"}, "sound"), ({"length": 8320}, "audio")])
def test_a_model_with_other_shapes_is_refused_with_the_expected_ones(tmp_path: Path, change: dict, names: str) -> None:
    with pytest.raises(InvalidInput) as error:
        OnnxFace(face_model(tmp_path / "face.onnx", **change))
    assert names in str(error.value) and "Expected inputs audio (1, any)" in str(error.value)


def test_a_face_model_is_not_a_gesture_model(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="seed_pose"):
        OnnxGestures(face_model(tmp_path / "face.onnx"))
