"""`gesture_robot retarget`: file in, checked trajectory out."""

import argparse
from dataclasses import replace

import numpy as np
import pytest

from gesture_robot.body.motion_file import save_motion
from gesture_robot.commands import retarget
from gesture_robot.control.audit import audit
from gesture_robot.datatypes import BodyMotion, FaceJoint, FaceMotion, JointTrajectory
from gesture_robot.errors import InvalidInput, InvalidModel, OutputUnwritable, UnknownName
from gesture_robot.face.face_file import save_face
from gesture_robot.retarget.face_joints import face_joints
from gesture_robot.retarget.outcome import open_retargeter
from gesture_robot.retarget.outcome import retarget as outcome_of
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
    shown = {"left_upper_arm", "left_forearm", "left_fingers", "left_palm", "chest"}
    assert set(report["direction_errors_deg"]) == set(report["direction_errors_sent_deg"]) == shown
    with np.load(tmp_path / "t.npz") as file:
        assert np.ptp(file["positions"], axis=0).max() > 0.1
    assert "head" not in capsys.readouterr().out


def test_the_report_tells_every_loss(motion, tmp_path, capsys):
    report = retarget.run(arguments(motion, "--out", tmp_path / "t.npz", "--report"))
    limbs = {f"{side}_{part}" for side in ("left", "right") for part in ("upper_arm", "forearm", "fingers", "palm")}
    for key in ("deg", "sent_deg", "world_deg"):
        assert set(report[f"direction_errors_{key}"]) == limbs | {"head", "chest"}
    assert report["frame_that_counts"] == "chest" and set(report["wrist_errors_percent"]) == {"left", "right"}
    assert set(report["guard_shares"]) == {"velocity", "collision", "any"}
    assert max(report["guard_shares"].values()) == report["guard_shares"]["any"]
    assert set(report["guard_shares_by_limb"]) == {
        "torso", "neck", "left_arm", "left_hand", "right_arm", "right_hand"}
    assert report["wrist_jerk"]["ratio"] == pytest.approx(
        report["wrist_jerk"]["robot"] / report["wrist_jerk"]["human"], rel=0.01)
    assert set(report["range_losses_deg"]) == limbs | {"head", "torso"}
    said = capsys.readouterr().out
    for word in (*limbs, "head", "chest", "velocity", "collision", "jerk", "closest links", "samples outside"):
        assert word in said


def test_one_frame_is_held(tmp_path):
    save_motion(tmp_path / "one.npz", BodyMotion(30.0, np.zeros((1, 55, 3)), np.zeros((1, 3))))
    report = retarget.run(arguments(tmp_path / "one.npz", "--out", tmp_path / "t.npz", "--report"))
    assert report["frames"] == 1 and report["limits"]["violations"] == 0
    with np.load(tmp_path / "t.npz") as file:
        assert np.ptp(file["positions"], axis=0).max() < 1e-9 and not file["velocities"].any()


def test_what_is_wrong_with_a_motion_stops_everything(tmp_path):
    poses = np.zeros((5, 165))
    poses[2, 7] = np.nan
    np.savez(tmp_path / "nan.npz", poses=poses, mocap_frame_rate=30.0)
    np.savez(tmp_path / "deg.npz", poses=np.full((5, 165), 40.0), mocap_frame_rate=30.0)
    for name, says in (("nan", "frame 2"), ("deg", "degrees")):
        with pytest.raises(InvalidInput, match=says):
            retarget.run(arguments(tmp_path / f"{name}.npz", "--out", tmp_path / "t.npz"))
        assert not (tmp_path / "t.npz").exists()


def test_a_bvh_file_works_as_well(tmp_path):
    from test_bvh import write

    path = write(tmp_path / "m.bvh", {"LeftArm": (-70.0, 0.0, 0.0), "RightArm": (70.0, 0.0, 0.0)}, frames=20)
    report = retarget.run(arguments(path, "--out", tmp_path / "t.npz"))
    assert report["frames"] == 20 and report["direction_errors_deg"]["left_upper_arm"]["mean"] < 1.0


def with_face(model, *joints):
    return replace(model, limbs=replace(model.limbs, face=joints))


def test_face_channels_go_to_joints_inside_their_limits():
    wren = load_model("wren")
    joint = wren.limbs.neck[-1]
    row, top = wren.index(joint), wren.upper[wren.index(joint)]
    unknown = FaceJoint(wren.joint_names[0], {"cheekPuff": 1.0})
    model = with_face(wren, FaceJoint(joint, {"jawOpen": 0.2, "eyeBlinkLeft": -0.1, "tongueOut": 9.0}), unknown)
    weights = np.array([[0.0, 0.0], [0.5, 0.0], [1.0, 1.0]])
    face = FaceMotion(10.0, ("jawOpen", "eyeBlinkLeft"), weights)
    rows, joints = face_joints(model, face, np.array([0.0, 0.05, 0.1, 0.2, 9.0]))
    assert rows.tolist() == [row], "what the motion lacks is left out"
    np.testing.assert_allclose(joints[:, 0] - wren.rest[row], [0.0, 0.05, 0.1, 0.1, 0.1], atol=1e-12)
    wide = with_face(wren, FaceJoint(joint, {"jawOpen": 100.0}))
    assert face_joints(wide, face, np.array([0.2]))[1][0, 0] == top


def test_a_face_is_kept_in_the_trajectory_and_in_its_limits():
    wren = load_model("wren")
    joint = wren.limbs.left_arm.hand_joints[0]
    half = 0.5 * wren.upper[wren.index(joint)]
    model = with_face(wren, FaceJoint(joint, {"jawOpen": half}))
    body = BodyMotion(30.0, np.zeros((40, 55, 3)), np.zeros((40, 3)))
    face = FaceMotion(60.0, ("jawOpen",), np.where(np.arange(80) < 20, 0.0, 1.0)[:, None])
    outcome = outcome_of(open_retargeter(model), body, face)
    assert outcome.shown[-1, wren.index(joint)] == pytest.approx(half, abs=0.02)
    assert outcome.shown[5, wren.index(joint)] == pytest.approx(0.0, abs=0.02)
    assert audit([outcome.sent], model).violations == 0


def test_a_robot_without_a_face_says_so(motion, tmp_path, capsys):
    part = urdf(tmp_path / "part.urdf", "LShoulderPitch", "LShoulderRoll", "LElbowRoll", "LWristYaw")
    save_face(tmp_path / "face.npz", FaceMotion(60.0, ("jawOpen",), np.zeros((3, 1))))
    retarget.run(arguments(motion, "--robot", part, "--face", tmp_path / "face.npz", "--out", tmp_path / "t.npz"))
    assert "no joint for any channel" in capsys.readouterr().err
