"""Every command of the README is run, in its order, in an empty folder; those that need a device are named here."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDS = {
    "demo --camera 0": "a camera",
    "demo --tts mine": "somebody's own package",
}


def commands():
    blocks = re.findall(r"```\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line.removeprefix("gesture_robot ") for line in lines if line.startswith("gesture_robot ")]


@pytest.mark.slow
def test_every_command_runs(tmp_path):
    shutil.copy(ROOT / "config/scene/astronaut.jpg", tmp_path / "photo.jpg")
    shutil.copytree(ROOT / "urdf", tmp_path / "urdf")
    ran = 0
    for command in commands():
        if command in NEEDS:
            continue
        if "recording.wav" in command:
            shutil.copy(tmp_path / "out/welcome/speech.wav", tmp_path / "recording.wav")
        done = subprocess.run([sys.executable, "-m", "gesture_robot.cli", *shlex.split(command)], cwd=tmp_path,
                              env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
                              capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, (command, done.stderr)
        ran += 1
    assert ran >= 8
