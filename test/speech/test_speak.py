"""The command `speak`: four files that belong together, from text of any length or from audio alone."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import wavfile

from gesture_robot.commands import speak, speak_files
from gesture_robot.commands.speak_files import FILES
from gesture_robot.errors import InvalidInput, OutputUnwritable, UnknownName
from gesture_robot.speech.wav import save_wav

TEXT = "Hello, welcome to the museum! Would you like to see the dinosaurs? They are very big."


def run(out: Path, *words: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    speak.add_arguments(parser)
    return speak.run(parser.parse_args([*words, "--out", str(out)]))


def content(out: Path) -> tuple[Any, Any, Any, Any]:
    return (
        wavfile.read(out / FILES[0]),
        np.load(out / FILES[1]),
        np.load(out / FILES[2]),
        json.loads((out / FILES[3]).read_text(encoding="utf-8")),
    )


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("speak") / "new" / "folder"
    run(out, TEXT, "--tts", "tone", "--emotion", "happiness", "--seed", "3")
    return out


def test_files_have_one_time_axis_and_the_layouts_of_the_field(spoken: Path) -> None:
    (rate_hz, samples), motion, face, timing = content(spoken)
    duration_s = len(samples) / rate_hz
    assert rate_hz == 22050 and samples.dtype == np.int16 and np.abs(samples).max() < 32767
    assert motion["poses"].shape[1] == 165 and float(motion["mocap_frame_rate"]) == 30.0
    assert len(motion["poses"]) >= 30 * duration_s - 1e-6 and motion["trans"].shape == (len(motion["poses"]), 3)
    assert face["weights"].shape == (round(60 * duration_s), 52) and len(face["channels"]) == 52
    assert timing["duration_s"] == pytest.approx(duration_s, abs=1e-3)
    assert [w["text"] for w in timing["words"]][:5] == ["Hello", "welcome", "to", "the", "museum"]
    assert (timing["tts"], timing["gesture"], timing["face"], timing["seed"]) == ("tone", "beat", "viseme", 3)
    assert timing["emotion"] == "happiness" and len(timing["emphases"]) == len(timing["words"])
    assert all(0 <= p["start_s"] < p["end_s"] <= duration_s for p in timing["phonemes"])


def test_same_seed_same_files_other_seed_other_motion(spoken: Path, tmp_path: Path) -> None:
    arguments = (TEXT, "--tts", "tone", "--emotion", "happiness")
    run(tmp_path / "same", *arguments, "--seed", "3")
    run(tmp_path / "other", *arguments, "--seed", "4")
    assert all((tmp_path / "same" / name).read_bytes() == (spoken / name).read_bytes() for name in (FILES[0], FILES[3]))
    first, same, other = (content(out) for out in (spoken, tmp_path / "same", tmp_path / "other"))
    assert np.array_equal(first[1]["poses"], same[1]["poses"]) and np.array_equal(
        first[2]["weights"], same[2]["weights"]
    )
    assert not np.array_equal(first[1]["poses"][:100], other[1]["poses"][:100])
    assert np.array_equal(first[0][1], other[0][1])


def test_audio_alone_moves_as_much_as_with_words(
    spoken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run(tmp_path, "--audio", str(spoken / FILES[0]))
    _, with_words, face_with, _ = content(spoken)
    (_, samples), alone, face_alone, timing = content(tmp_path)
    assert report["words"] == 0 and timing["words"] == [] and 0.5 <= len(timing["emphases"]) / 15 <= 1.5
    assert len(samples) == len(content(spoken)[0][1]) and report["warnings"] == []
    jaw = list(face_with["channels"]).index("jawOpen")
    opening = [face["weights"][:, jaw].mean() for face in (face_with, face_alone)]
    assert 0.5 <= opening[1] / opening[0] <= 1.5
    wrist = [np.abs(np.diff(m["poses"][:, 16 * 3 : 20 * 3], axis=0)).sum() for m in (with_words, alone)]
    assert 0.5 <= wrist[1] / wrist[0] <= 1.6


def test_silent_audio_is_still_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_wav(tmp_path / "z.wav", np.zeros(48000), 16000)
    report = run(tmp_path / "out", "--audio", str(tmp_path / "z.wav"))
    assert "silent" in capsys.readouterr().err and "silent" in report["warnings"][0]
    _, motion, face, _ = content(tmp_path / "out")
    assert np.ptp(motion["poses"][:, 16 * 3 : 20 * 3], axis=0).max() < 0.05 and face["weights"].max() < 0.05


def test_long_text_is_streamed_without_drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    text = "This is a sentence, and it is not the last one. " * 12
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    monkeypatch.setattr(speak_files, "_WHOLE_CHARS", 300)
    report = run(tmp_path, "-", "--tts", "tone")
    (rate_hz, samples), motion, face, timing = content(tmp_path)
    duration_s = len(samples) / rate_hz
    assert report["words"] == 132 and "100 % spoken" in capsys.readouterr().err
    assert len(motion["poses"]) == round(30 * duration_s) and len(face["weights"]) == round(60 * duration_s)
    last = timing["words"][-1]
    low, high = (round(last[key] * rate_hz) for key in ("start_s", "end_s"))
    assert np.abs(samples[low:high]).max() > 1000 and np.abs(samples[high + 500 :]).max() < 50
    step = np.abs(np.diff(motion["poses"], axis=0)).max()
    assert step < 0.6, "poses jump between pieces"


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["", "--tts", "tone"], InvalidInput, "at least one word"),
        ([" ... ", "--tts", "tone"], InvalidInput, "at least one word"),
        (["hi", "--tts", "parrot"], UnknownName, "espeak, tone"),
        (["hi", "--tts", "tone", "--emotion", "glad"], UnknownName, "happiness"),
        (["hi", "--tts", "tone", "--style", "wild"], UnknownName, "lively"),
        (["--audio", "gone.wav"], InvalidInput, "a WAV file works"),
        (["--audio", "gone.wav", "--emotion", "glad"], UnknownName, "happiness"),
        (["hi", "--seed", "-1"], InvalidInput, "--seed"),
    ],
)
def test_bad_input_is_refused_and_leaves_no_files(
    tmp_path: Path, words: list[str], error: type[Exception], hint: str
) -> None:
    with pytest.raises(error, match=hint):
        run(tmp_path / "out", *words)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere")):
        with pytest.raises(OutputUnwritable, match="--out"):
            run(out, "hi", "--tts", "tone")
