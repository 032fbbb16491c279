"""`robot` and `render` on the command line."""

import json

import numpy as np
import pytest

from gesture_robot.datatypes import JointTrajectory
from gesture_robot.errors import InvalidInput
from gesture_robot.robots.model import load_model
from gesture_robot.robots.trajectory_file import load_trajectory, save_trajectory

cli = pytest.importorskip("gesture_robot.cli")
MODEL = load_model("wren")


def command(name, *arguments):
    """Run one command module with its own parser."""
    import argparse
    from importlib import import_module

    module = import_module(f"gesture_robot.commands.{name}")
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return module.run(parser.parse_args(list(arguments)))


@pytest.fixture()
def trajectory(tmp_path):
    times = np.linspace(0.0, 0.4, 3)
    positions = np.outer(np.sin(times * 3), np.full(2, 0.5))
    made = JointTrajectory(("neck_yaw", "left_elbow"), 0.0, times, -np.abs(positions), np.zeros_like(positions))
    save_trajectory(tmp_path / "trajectory.npz", made)
    return tmp_path / "trajectory.npz"


def test_list_and_show(capsys):
    assert "wren" in command("robot", "list")["robots"]
    report = command("robot", "show", "wren")
    assert report["actuated"] == 21 and report["parts"] == [
        "torso",
        "neck",
        "left arm",
        "right arm",
        "camera",
        "screen",
    ]
    assert "left_shoulder_pitch" in capsys.readouterr().out
    json.dumps(report)


def test_show_tells_chains_and_needs_a_name(capsys):
    report = command("robot", "show", "wren")
    assert report["chains"]["left arm"][-2:] == ["left_wrist_roll", "left_palm"] and report["front"] == [1.0, 0.0, 0.0]
    assert "left_wrist_roll > left_palm" in capsys.readouterr().out
    with pytest.raises(InvalidInput, match="Known: .*wren"):
        command("robot", "show")


def test_trajectory_file_round_trip(trajectory):
    loaded = load_trajectory(trajectory)
    assert loaded.joint_names == ("neck_yaw", "left_elbow") and loaded.positions.shape == (3, 2)


def test_render_writes_a_video(trajectory, tmp_path, monkeypatch):
    import cv2

    monkeypatch.setenv("MUJOCO_GL", "disable")  # what is tested is the command; shaded pictures have their own tests
    report = command("render", str(trajectory), "--out", str(tmp_path / "v.mp4"), "--size", "160x180", "--fps", "10")
    video = cv2.VideoCapture(str(tmp_path / "v.mp4"))
    assert report["frames"] == 5 == int(video.get(cv2.CAP_PROP_FRAME_COUNT)) and "stick" in report["note"]
    found, frame = video.read()
    assert found and frame.shape == (180, 160, 3)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("none.npz", "--out", "v.mp4"), "no file at none.npz"),
        (("{trajectory}", "--out", "/nowhere/at/all/v.mp4"), "no folder"),
        (("{trajectory}", "--out", "v.mp4", "--size", "big"), "WIDTHxHEIGHT"),
        (("{trajectory}", "--out", "v.mp4", "--fps", "0"), "--fps must be"),
        (("{trajectory}", "--out", "v.mp4", "--robot", "wern"), "Did you mean 'wren'"),
        (("{noise}", "--out", "v.mp4"), "not an .npz file"),
        (("{other}", "--out", "v.mp4"), "neither a motion"),
    ],
)
def test_render_bad_input(arguments, expected, trajectory, tmp_path):
    (tmp_path / "noise.npz").write_bytes(b"noise" * 10)
    np.savez(tmp_path / "other.npz", colours=np.zeros(3))
    places = {"trajectory": trajectory, "noise": tmp_path / "noise.npz", "other": tmp_path / "other.npz"}
    with pytest.raises(InvalidInput, match=expected):
        command("render", *(a.format(**places) for a in arguments))
