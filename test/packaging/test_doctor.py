"""`gesture_robot doctor` names clashes and what is missing, each with the command that mends it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from gesture_robot.commands import doctor, system
from gesture_robot.commands.system import Need

CLASHES = [
    (
        {"onnxruntime": "1.31.1", "onnxruntime-gpu": "1.31.1"},
        "onnxruntime and onnxruntime-gpu",
        "pip install onnxruntime-gpu",
    ),
    (
        {"opencv-python": "4.11", "opencv-contrib-python": "4.11"},
        "opencv-contrib-python and opencv-python",
        "pip install opencv-contrib-python",
    ),
    ({"opencv-python-headless": "4.11", "opencv-contrib-python": "4.11"}, "opencv-python-headless", "pip uninstall -y"),
    ({"mediapipe": "0.10.21", "numpy": "2.1.0"}, "numpy below 2", "pip install 'numpy<2'"),
    ({"mediapipe": "1.2.2", "numpy": "2.1.0"}, "does not carry the models", "gesture_robot[perception]"),
    ({"mediapipe": "0.10.9", "numpy": "1.26.4"}, "does not carry the models", "gesture_robot[perception]"),
]


@pytest.mark.parametrize(("installed", "problem", "remedy"), CLASHES)
def test_clashes_are_found_with_their_remedy(installed: dict[str, str], problem: str, remedy: str) -> None:
    (found,) = doctor.find_clashes(installed.get)
    assert problem in found.problem
    assert remedy in found.remedy


def test_a_sound_installation_has_no_clash() -> None:
    sound = {"mediapipe": "0.10.21", "numpy": "1.26.4", "onnxruntime": "1.31.1", "opencv-contrib-python": "4.11.0.86"}
    assert doctor.find_clashes(sound.get) == []


def test_missing_libraries_come_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = Need("PortAudio", "sound", ("demo",), lambda: False, (("libportaudio2",),))
    monkeypatch.setattr(system, "NEEDS", (absent,))
    monkeypatch.setattr(system, "available", lambda package: True)
    (found,) = doctor.find_missing_system()
    assert found.problem == "PortAudio (sound)"
    assert found.remedy == "sudo apt-get install -y --no-install-recommends libportaudio2"


def test_cameras_are_listed_by_number(tmp_path: Path) -> None:
    for name in ("video10", "video2", "videocard", "vcs"):
        (tmp_path / name).touch()
    assert [c["camera"] for c in doctor.cameras(tmp_path)] == [2, 10]
    assert doctor.cameras(tmp_path / "nothing") == []


def test_the_report_is_plain_and_complete(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "NEEDS", ())
    report = doctor.run(argparse.Namespace())
    assert json.loads(json.dumps(report)) == report
    assert {
        "package",
        "python",
        "libraries",
        "onnx_providers",
        "clashes",
        "missing_system",
        "audio_devices",
        "cameras",
        "engines",
    } <= set(report)
    printed = capsys.readouterr().out
    assert report["package"] in printed
    assert "numpy" in printed or "not installed" in printed


def test_a_checkout_that_is_not_installed_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "PACKAGE", "no_such_distribution")
    monkeypatch.setattr(system, "NEEDS", ())
    doctor.run(argparse.Namespace())
    assert "pip install -e" in capsys.readouterr().out
