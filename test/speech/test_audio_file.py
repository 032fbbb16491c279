"""Recordings of any kind, and what is refused with a line that says what works."""

from __future__ import annotations

import os
import wave
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from gesture_robot.checks import Array
from gesture_robot.errors import InvalidInput, OutputUnwritable
from gesture_robot.speech.audio_file import load_speech, read_audio, read_speech
from gesture_robot.speech.wav import WavWriter, save_wav


def tone(rate_hz: int, seconds: float = 0.5, level: float = 0.5) -> Array:
    return level * np.sin(2.0 * np.pi * 220.0 * np.arange(round(seconds * rate_hz)) / rate_hz)


def write_24_bit(path: Path, samples: Array, rate_hz: int) -> None:
    values = np.round(samples * 8388607.0).astype("<i4")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(3)
        file.setframerate(rate_hz)
        file.writeframes(values.view(np.uint8).reshape(-1, 4)[:, :3].tobytes())


@pytest.mark.parametrize("kind", ["uint8", "int16", "int24", "int32", "float32", "float64"])
@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050, 24000, 44100, 48000])
def test_every_format_and_rate_gives_the_same_sound(tmp_path: Path, kind: str, rate_hz: int) -> None:
    wanted, path = tone(rate_hz), tmp_path / "a.wav"
    if kind == "int24":
        write_24_bit(path, wanted, rate_hz)
    elif kind == "uint8":
        wavfile.write(path, rate_hz, np.round(wanted * 127.0 + 128.0).astype(np.uint8))
    elif kind.startswith("int"):
        wavfile.write(path, rate_hz, np.round(wanted * np.iinfo(kind).max).astype(kind))
    else:
        wavfile.write(path, rate_hz, wanted.astype(kind))
    speech = load_speech(path, text="hm", emotion="happiness")
    assert speech.rate_hz == (22050 if rate_hz > 24000 else rate_hz)
    assert speech.duration_s == pytest.approx(0.5, abs=1e-3) and speech.samples.dtype == np.float32
    middle = slice(len(speech.samples) // 4, 3 * len(speech.samples) // 4)
    assert np.abs(speech.samples - tone(speech.rate_hz, 0.6)[: len(speech.samples)])[middle].max() < 0.02
    assert (speech.text, speech.emotion, speech.words) == ("hm", "happiness", ())


def test_stereo_at_48_khz_becomes_mono(tmp_path: Path) -> None:
    left = tone(48000)
    wavfile.write(tmp_path / "s.wav", 48000, np.stack([left, 0.2 * left], axis=1).astype(np.float32))
    samples, rate_hz, report = read_audio(tmp_path / "s.wav")
    assert samples.ndim == 1 and rate_hz == 22050 and (report.channels, report.rate_hz) == (2, 48000)
    assert np.abs(samples).max() == pytest.approx(0.3, abs=0.01) and report.warnings == ()


def test_silence_is_taken_and_reported(tmp_path: Path) -> None:
    save_wav(tmp_path / "z.wav", np.zeros(8000), 16000)
    speech, report = read_speech(tmp_path / "z.wav")
    assert not speech.samples.any() and report.silent and "silent" in report.warnings[0]


def test_clipping_and_excess_are_reported_and_samples_stay_in_range(tmp_path: Path) -> None:
    save_wav(tmp_path / "c.wav", np.clip(tone(16000, level=3.0), -1.0, 1.0), 16000)
    assert "clipped" in read_audio(tmp_path / "c.wav")[2].warnings[0]
    wavfile.write(tmp_path / "x.wav", 16000, tone(16000, level=2.5).astype(np.float32))
    samples, _, report = read_audio(tmp_path / "x.wav")
    assert np.abs(samples).max() <= 1.0 and "full scale" in " ".join(report.warnings) and report.clipped_share < 1e-4
    save_wav(tmp_path / "fine.wav", tone(16000, level=0.99), 16000)
    assert read_audio(tmp_path / "fine.wav")[2].warnings == ()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_is_refused_with_its_time(tmp_path: Path, bad: float) -> None:
    samples = tone(16000).astype(np.float32)
    samples[1600] = bad
    wavfile.write(tmp_path / "n.wav", 16000, samples)
    with pytest.raises(InvalidInput, match=r"0\.100 s.*16-bit WAV"):
        load_speech(tmp_path / "n.wav")


def test_what_is_no_wav_is_refused_with_what_works(tmp_path: Path) -> None:
    save_wav(tmp_path / "whole.wav", tone(16000), 16000)
    whole = (tmp_path / "whole.wav").read_bytes()
    files = {
        "text": b"hello, I am not audio",
        "empty": b"",
        "mp3": b"ID3\x04\x00" + bytes(range(256)) * 4,
        "head": whole[:30],
        "header_only": whole[:44],
        "noise": np.random.default_rng(0).bytes(5000),
        "riff": b"RIFF\xff\xff\xff\xffWAVE" + bytes(40),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidInput, match="a WAV file works") as error:
            load_speech(tmp_path / name)
        assert "\n" not in str(error.value), name
    for path in (tmp_path / "missing.wav", tmp_path):
        with pytest.raises(InvalidInput, match="there is no audio file"):
            load_speech(path)


def test_truncated_audio_keeps_what_is_there(tmp_path: Path) -> None:
    save_wav(tmp_path / "t.wav", tone(16000), 16000)
    raw = (tmp_path / "t.wav").read_bytes()
    (tmp_path / "t.wav").write_bytes(raw[: len(raw) // 2])
    try:
        assert 0.2 < load_speech(tmp_path / "t.wav").duration_s < 0.3
    except InvalidInput as error:
        assert "a WAV file works" in str(error)


def test_too_low_a_rate_is_refused(tmp_path: Path) -> None:
    save_wav(tmp_path / "l.wav", tone(4000), 4000)
    with pytest.raises(InvalidInput, match="8000"):
        load_speech(tmp_path / "l.wav")


def test_written_files_are_16_bit_and_never_wrap(tmp_path: Path) -> None:
    with WavWriter(tmp_path / "w.wav", 22050) as file:
        file.write(np.array([0.0, 1.0, -1.0]))
        file.write(np.array([1.5, -2.0, 0.5]))
    rate_hz, values = wavfile.read(tmp_path / "w.wav")
    assert rate_hz == 22050 and values.dtype == np.int16
    assert values.tolist() == [0, 32767, -32767, 32767, -32767, 16384]
    with pytest.raises(OutputUnwritable, match="folder"):
        save_wav(os.path.join(tmp_path, "no", "w.wav"), np.zeros(3), 22050)
    with pytest.raises(InvalidInput, match="finite"):
        save_wav(tmp_path / "n.wav", np.array([np.nan]), 22050)
