"""`gesture_robot retarget`: file in, checked trajectory out."""

import argparse

import numpy as np
import pytest

from gesture_robot.body.motion_file import save_motion
from gesture_robot.commands import retarget
from gesture_robot.control.audit import audit
from gesture_robot.datatypes import BodyMotion, JointTrajectory
from gesture_robot.errors import InvalidInput, InvalidModel, OutputUnwritable, UnknownName
from gesture_robot.robots.model import load_model


def arguments(*words):
    parser = argparse.ArgumentParser()
    retarget.add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


@pytest.fixture
def motion(tmp_path):
    rotations = np.zeros((30, 55, 3))
    rotations[:, 16, 2] = -1.0  # left shoulder lowered from the T-pose, and moving
    rotations[:, 17, 2] = 1.0
    rotations[:, 18, 1] = -0.8 * np.sin(np.arange(30) / 10.0)
    save_motion(tmp_path / "m.npz", BodyMotion(30.0, rotations, np.zeros((30, 3))))
    return tmp_path / "m.npz"


def test_it_writes_a_trajectory_that_keeps_the_limits(motion, tmp_path, capsys):
    out = tmp_path / "sub" / "traj.npz"
    report = retarget.run(arguments(motion, "--robot", "wren", "--out", out, "--report"))
    assert "samples outside: 0" in capsys.readouterr().out
    assert report["limits"]["violations"] == 0 and report["closest_links_m"] > 0.01
    assert report["direction_errors_deg"]["left_upper_arm"]["p95"] < 3.0
    with np.load(out) as file:
        names, wren = tuple(file["joint_names"]), load_model("wren")
        assert names == wren.joint_names
        trajectory = JointTrajectory(names, 0.0, file["times_s"], file["positions"], file["velocities"])
    assert audit([trajectory], wren).violations == 0
    assert not trajectory.velocities[-1].any() and not trajectory.velocities[0].any()


def test_bad_input_is_one_clear_error(motion, tmp_path):
    with pytest.raises(InvalidInput, match="npz"):
        retarget.run(arguments(motion, "--out", tmp_path / "traj.csv"))
    with pytest.raises(UnknownName, match="wren"):
        retarget.run(arguments(motion, "--robot", "wran", "--out", tmp_path / "t.npz"))
    with pytest.raises(InvalidInput, match="nothing.npz"):
        retarget.run(arguments(tmp_path / "nothing.npz", "--out", tmp_path / "t.npz"))
    assert not (tmp_path / "t.npz").exists(), "no empty output is left behind"
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputUnwritable):
        retarget.run(arguments(motion, "--out", tmp_path / "file" / "t.npz"))


def urdf(path, *joints):
    """A row of links 0.2 m apart, each turned by one of the joints about x, y or z."""
    inertial = "<inertial><mass value='1'/><inertia ixx='.1' iyy='.1' izz='.1' ixy='0' ixz='0' iyz='0'/></inertial>"
    parts = [f"<link name='k{i}'>{inertial}</link>" for i in range(len(joints) + 1)]
    parts += [
        f"<joint name='{name}' type='revolute'><parent link='k{i}'/><child link='k{i + 1}'/><origin xyz='0 0 -0.2'/>"
        f"<axis xyz='{('1 0 0', '0 1 0', '0 0 1')[i % 3]}'/>"
        "<limit lower='-1' upper='1' velocity='3' effort='1'/></joint>"
        for i, name in enumerate(joints)
    ]
    path.write_text("<robot name='r'>" + "".join(parts) + "</robot>")
    return path


def test_a_robot_without_a_known_part_is_refused_and_one_with_some_works(motion, tmp_path, capsys):
    unknown = urdf(tmp_path / "crane.urdf", "j1", "j2")
    with pytest.raises(InvalidModel, match=r"no arm, neck or torso .* crane\.yaml .*Joints: j1, j2"):
        retarget.run(arguments(motion, "--robot", unknown, "--out", tmp_path / "t.npz"))
    part = urdf(tmp_path / "part.urdf", "LShoulderPitch", "LShoulderRoll", "LElbowRoll", "LWristYaw")
    report = retarget.run(arguments(motion, "--robot", part, "--out", tmp_path / "t.npz", "--report"))
    shown = {"left_upper_arm", "left_forearm", "left_fingers", "left_palm"}
    assert set(report["direction_errors_deg"]) == set(report["direction_errors_sent_deg"]) == shown
    with np.load(tmp_path / "t.npz") as file:
        assert np.ptp(file["positions"], axis=0).max() > 0.1
    assert "head" not in capsys.readouterr().out
