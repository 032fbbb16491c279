"""Bad input on the command line: exit code 2 and one line that says what would have worked."""

import json
import os
import subprocess
import sys
import wave

import numpy as np
import pytest

from gesture_robot import cli

CASES = {
    "unknown robot": (["demo", "--headless", "--robot", "robby"], "wren"),
    "unknown scene": (["demo", "--headless", "--scene", "beach"], "visitor"),
    "unknown tts": (["demo", "--headless", "--tts", "parrot"], "espeak"),
    "unknown gesture engine": (["demo", "--headless", "--gesture", "parrot"], "beat"),
    "missing gesture model": (["demo", "--headless", "--gesture", "onnx:gone.onnx"], "gone.onnx"),
    "no camera": (["demo", "--headless", "--camera", "97"], "--video"),
    "missing video": (["demo", "--headless", "--video", "gone.mp4"], "gone.mp4"),
    "nodes with an unknown engine": (["demo", "--ros", "--tts", "nobody"], "Known: espeak"),
    "no time": (["demo", "--headless", "--seconds", "0"], "--seconds"),
    "beyond loopback": (["demo", "--bind", "0.0.0.0:8080", "--seconds", "1"], "ssh -L"),
    "bad address": (["demo", "--bind", "nowhere", "--seconds", "1"], "127.0.0.1"),
    "empty text": (["speak", "", "--out", "OUT"], "text"),
    "nothing to say": (["speak", " ... ", "--out", "OUT"], ""),
    "unknown emotion": (["speak", "Hello", "--emotion", "hangry", "--out", "OUT"], "happiness"),
    "unknown speech engine": (["speak", "Hello", "--tts", "parrot", "--out", "OUT"], "espeak"),
    "unknown language": (["speak", "Hello", "--language", "xx-none", "--out", "OUT"], ""),
    "missing audio": (["speak", "--audio", "gone.wav", "--out", "OUT"], "gone.wav"),
    "missing picture": (["perceive", "gone.png", "--out", "OUT/people.json"], "gone.png"),
    "missing motion": (["retarget", "gone.npz", "--robot", "wren", "--out", "OUT/t.npz"], "gone.npz"),
    "nothing to render": (["render", "gone.npz", "--out", "OUT/v.mp4"], "gone.npz"),
    "no model file": (["demo", "--headless", "--gesture", "onnx"], "onnx:MODEL"),
    "no model file to speak": (["speak", "Hello", "--face", "onnx:", "--out", "OUT"], "onnx:MODEL"),
    "a file for an engine that takes none": (["speak", "Hello", "--gesture", "beat:x", "--out", "OUT"], "beat alone"),
    "negative seed": (["demo", "--headless", "--seed", "-5"], "--seed"),
    "negative variation": (["gesture", "show", "wave", "--seed", "-3"], "--seed"),
    "no folder": (["demo", "--headless", "--seconds", "1", "--out", ""], "--out"),
    "unknown robot shown": (["robot", "show", "robby"], "wren"),
}


@pytest.mark.parametrize("name", CASES)
def test_exit_code_2_and_one_line(name, tmp_path, capsys):
    words, hint = CASES[name]
    argv = [w.replace("OUT", str(tmp_path)) for w in words]
    assert cli.main(argv) == 2
    lines = [line for line in capsys.readouterr().err.strip().splitlines() if line.startswith("gesture_robot ")]
    assert len(lines) == 1 and hint in lines[0], lines


def test_out_folder_that_cannot_be_written(tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    for argv in (["demo", "--headless", "--out", str(blocked / "x")], ["speak", "Hello", "--out", str(blocked / "x")]):
        assert cli.main(argv) == 2
        assert "--out" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["dance"], ["demo", "--seconds", "soon"], ["speak", "Hello"], []])
def test_a_wrong_command_line_is_one_line(argv, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(argv)
    lines = capsys.readouterr().err.strip().splitlines()
    assert left.value.code == 2 and len(lines) == 1 and "--help" in lines[0]


def test_results_are_refused_before_the_run_when_a_folder_is_in_their_way(tmp_path, capsys):
    (tmp_path / "report.json").mkdir()
    assert cli.main(["demo", "--headless", "--seconds", "1", "--out", str(tmp_path)]) == 2
    assert "report.json' is a folder" in capsys.readouterr().err


def test_bytes_that_are_no_text_are_spoken_around(tmp_path):
    assert cli.main(["speak", "Hello \udcff there", "--out", str(tmp_path)]) == 0


def test_a_reader_that_has_seen_enough_is_no_error():
    command = f"{sys.executable} -m gesture_robot.cli robot show wren | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_json_carries_the_error(capsys):
    assert cli.main(["robot", "show", "robby", "--json"]) == 2
    assert json.loads(capsys.readouterr().out.strip().splitlines()[-1])["exit_code"] == 2


def _write_wav(path, samples, rate, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.asarray(samples) * 32767).astype("<i2").tobytes())


@pytest.mark.parametrize("kind", ["silent", "clipped", "stereo 48 kHz"])
def test_odd_audio_is_accepted(kind, tmp_path):
    rate = 48000 if "48" in kind else 16000
    t = np.arange(rate) / rate
    samples = {"silent": 0.0 * t, "clipped": np.clip(5 * np.sin(900 * t) * np.sin(12 * t), -1, 1),
               "stereo 48 kHz": np.repeat(0.3 * np.sin(900 * t) * np.sin(12 * t), 2)}[kind]
    _write_wav(tmp_path / "in.wav", samples, rate, 2 if "stereo" in kind else 1)
    assert cli.main(["speak", "--audio", str(tmp_path / "in.wav"), "--out", str(tmp_path / "out")]) == 0
    assert sorted(os.listdir(tmp_path / "out")) == ["face.npz", "motion.npz", "speech.wav", "timing.json"]


def test_nan_audio_is_refused(tmp_path, capsys):
    from scipy.io import wavfile

    wavfile.write(tmp_path / "nan.wav", 16000, np.full(16000, np.nan, np.float32))
    assert cli.main(["speak", "--audio", str(tmp_path / "nan.wav"), "--out", str(tmp_path / "out")]) == 2
