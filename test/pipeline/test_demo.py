"""The demo command as a user runs it: its files, its repeatability, Ctrl-C, no GL library, audio that comes alone."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from gesture_robot import cli
from gesture_robot.scene.camera import SceneCamera

pytestmark = pytest.mark.slow
FILES = ("speech.wav", "motion.npz", "face.npz", "trajectory.npz", "report.json")
COMMAND = [sys.executable, "-m", "gesture_robot.cli", "demo"]


def test_files_of_a_short_run(tmp_path):
    assert cli.main(["demo", "--headless", "--seconds", "7", "--out", str(tmp_path)]) == 0
    assert sorted(os.listdir(tmp_path)) == sorted([*FILES, "demo.mp4"])
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["greetings"] == 1 and report["limits"]["violations"] == 0 and report["self_collision_contacts"] == 0
    assert report["peak_memory_mb"] > 0 and report["timings"]["control"]["runs"] == 700
    motion = np.load(tmp_path / "motion.npz")
    assert motion["poses"].shape[1] == 165 and abs(len(motion["poses"]) - 210) <= 4
    assert motion["expressions"].shape == (len(motion["poses"]), 100) and str(motion["model"]) == "smplx2020"
    face = np.load(tmp_path / "face.npz")
    assert face["weights"].shape == (421, 52) or abs(len(face["weights"]) - 420) <= 2
    assert_video(tmp_path / "demo.mp4", 175)


def assert_video(path, frames):
    import cv2

    video = cv2.VideoCapture(str(path))
    size = (video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT), video.get(cv2.CAP_PROP_FPS))
    count, last = 0, None
    while True:
        ok, frame = video.read()
        if not ok:
            break
        count, last = count + 1, frame
    assert size == (960.0, 540.0, 25.0) and abs(count - frames) <= 1
    assert last.std() > 20.0


def test_same_seed_same_files(tmp_path):
    for name in ("a", "b"):
        assert (
            cli.main(
                ["demo", "--headless", "--seconds", "6.5", "--no-mp4", "--seed", "3", "--out", str(tmp_path / name)]
            )
            == 0
        )
    assert (tmp_path / "a/speech.wav").read_bytes() == (tmp_path / "b/speech.wav").read_bytes()
    for name in ("motion.npz", "face.npz", "trajectory.npz"):
        first, second = np.load(tmp_path / "a" / name), np.load(tmp_path / "b" / name)
        assert all(np.array_equal(first[key], second[key]) for key in first.files), name


def test_ctrl_c_stops_first_and_keeps_what_was_recorded(tmp_path):
    process = subprocess.Popen(
        [*COMMAND, "--headless", "--scene", "still_20deg", "--seconds", "600", "--no-mp4", "--out", str(tmp_path)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for line in process.stderr:
            if "greet:" in line:
                break
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    report = json.loads((tmp_path / "report.json").read_text())
    stopped_s = next(a["time_s"] for a in report["acts"] if a["act"] == "stop: Ctrl-C")
    saved = np.load(tmp_path / "trajectory.npz")
    assert saved["times_s"][-1] >= stopped_s + 1.5
    assert np.abs(saved["velocities"][saved["times_s"] > stopped_s + 1.2]).max() < 1e-9


def test_without_a_gl_library_a_stick_figure_is_drawn(tmp_path):
    environment = {**os.environ, "MUJOCO_GL": "disable"}
    done = subprocess.run(
        [*COMMAND, "--headless", "--scene", "empty", "--seconds", "1", "--out", str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert any("stick" in note for note in report["notices"]), report["notices"]
    assert_video(tmp_path / "demo.mp4", 25)


def film(path, code, seconds=7.0):
    """The visitor scene from a fixed camera as a video file."""
    import cv2

    camera = SceneCamera("visitor", mount="base")
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), camera.fps, (640, 480))
    for k in range(int(seconds * camera.fps)):
        image = camera.read((k + 0.5) / camera.fps, np.eye(4))
        writer.write(cv2.cvtColor(image.rgb, cv2.COLOR_RGB2BGR))
    writer.release()


def test_a_video_file_takes_the_place_of_the_camera(tmp_path):
    film(tmp_path / "in.mp4", "mp4v")
    out = tmp_path / "out"
    assert cli.main(["demo", "--headless", "--video", str(tmp_path / "in.mp4"), "--no-mp4", "--out", str(out)]) == 0
    report = json.loads((out / "report.json").read_text())
    assert report["greetings"] == 1 and any("ended" in note for note in report["notices"])


def test_a_video_that_is_cut_off(tmp_path, capsys):
    film(tmp_path / "whole.mp4", "mp4v", 3.0)
    film(tmp_path / "whole.avi", "MJPG", 3.0)
    for name in ("whole.mp4", "whole.avi"):
        data = (tmp_path / name).read_bytes()
        (tmp_path / name.replace("whole", "cut")).write_bytes(data[: len(data) // 2])
    # An MP4 keeps its table at the end: nothing of it can be read. An AVI can be read up to the cut.
    assert cli.main(["demo", "--headless", "--video", str(tmp_path / "cut.mp4")]) == 2
    assert "cut off" in capsys.readouterr().err
    out = tmp_path / "out"
    assert cli.main(["demo", "--headless", "--video", str(tmp_path / "cut.avi"), "--no-mp4", "--out", str(out)]) == 0
    report = json.loads((out / "report.json").read_text())
    assert 1.0 < report["duration_s"] < 5.0 and any("cut off" in note for note in report["notices"])


def test_start_needs_no_heavy_library():
    code = (
        "import sys; from gesture_robot import cli; cli.build_parser(); "
        "print([m for m in ('mediapipe', 'cv2', 'mujoco', 'viser', 'scipy', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
