"""`gesture_robot render`: input that cannot be used is one clear line, and nothing is drawn or left behind."""

import argparse

import numpy as np
import pytest

from gesture_robot.commands import render
from gesture_robot.errors import InvalidInput, OutputUnwritable


def arguments(*words):
    parser = argparse.ArgumentParser()
    render.add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


def test_the_ending_is_checked_before_opencv_sees_it(tmp_path, capfd):
    np.savez(tmp_path / "m.npz", poses=np.zeros((2, 165)), mocap_frame_rate=30.0)
    for name in ("v", "v.xyz", "v.avi"):
        with pytest.raises(OutputUnwritable, match=r"must end in \.mp4"):
            render.run(arguments(tmp_path / "m.npz", "--out", tmp_path / name))
    with pytest.raises(OutputUnwritable, match="no folder"):
        render.run(arguments(tmp_path / "m.npz", "--out", tmp_path / "no" / "v.mp4"))
    assert capfd.readouterr() == ("", "")


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_damaged_and_huge_input_is_one_clear_line(tmp_path):
    (tmp_path / "empty.npz").write_bytes(b"")
    np.savez(tmp_path / "huge.npz", poses=np.full((2, 165), 1e300), mocap_frame_rate=30.0)
    whole = (tmp_path / "huge.npz").read_bytes()
    header = whole.index(b"{'descr'")
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "header.npz").write_bytes(whole[:header] + b"{(((('" + whole[header + 6 :])
    for name in ("empty", "huge", "cut", "header"):
        with pytest.raises(InvalidInput, match=rf"{name}\.npz") as error:
            render.run(arguments(tmp_path / f"{name}.npz", "--out", tmp_path / "v.mp4"))
        assert "\n" not in str(error.value)
    assert not (tmp_path / "v.mp4").exists()
