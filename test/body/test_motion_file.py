import io
import zipfile

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gesture_robot.body import motion_file
from gesture_robot.body.motion_file import load_motion, resample, save_motion
from gesture_robot.body.skeleton import forward_kinematics
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import InvalidInput, OutputUnwritable
from gesture_robot.gesture.library import gesture_names, make_gesture


def motion(count=20, seed=0):
    rng = np.random.default_rng(seed)
    rotations = np.cumsum(rng.normal(0, 0.02, (count, 55, 3)), axis=0)
    return BodyMotion(fps=30.0, rotations=rotations, root_position=rng.normal(0, 1, (count, 3)))


def write(path, **changes):
    data = {"poses": np.zeros((5, 165)), "trans": np.zeros((5, 3)), "mocap_frame_rate": 30.0} | changes
    np.savez(path, **{key: value for key, value in data.items() if value is not None})
    return path


def test_round_trip_and_layout_of_the_field(tmp_path):
    before = motion()
    save_motion(tmp_path / "m.npz", before)
    after = load_motion(tmp_path / "m.npz")
    assert after.fps == 30.0
    assert np.array_equal(after.rotations, before.rotations)
    assert np.array_equal(after.root_position, before.root_position)
    with np.load(tmp_path / "m.npz") as data:
        shapes = {key: data[key].shape for key in data.files}
        assert shapes == {"poses": (20, 165), "expressions": (20, 100), "trans": (20, 3), "betas": (300,), "gender": (),
                          "model": (), "mocap_frame_rate": ()}
        assert str(data["gender"]) == "neutral" and str(data["model"]) == "smplx2020"
        assert not data["expressions"].any()


def test_z_up_recordings_are_turned_with_a_note(tmp_path, capsys):
    upright = make_gesture("wave")
    turn = Rotation.from_euler("x", 90, degrees=True)
    rotations = np.array(upright.rotations)
    rotations[:, 0] = (turn * Rotation.from_rotvec(rotations[:, 0])).as_rotvec()
    root = np.tile([0.3, -0.2, 1.0], (len(rotations), 1))
    path = write(tmp_path / "amass.npz", poses=rotations.reshape(-1, 165), trans=root)
    loaded = load_motion(path)
    assert "z-up" in capsys.readouterr().err
    assert np.allclose(forward_kinematics(loaded.rotations)[0], forward_kinematics(upright.rotations)[0], atol=1e-9)
    assert np.allclose(loaded.root_position[0], [0.3, 1.0, 0.2])


def test_y_up_files_are_left_alone(tmp_path, capsys):
    save_motion(tmp_path / "m.npz", make_gesture("bow"))
    load_motion(tmp_path / "m.npz")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("changes", "says"), [
    ({"poses": np.zeros((0, 165)), "trans": np.zeros((0, 3))}, "zero frames"),
    ({"poses": np.full((5, 165), 45.0)}, "degrees"),
    ({"poses": np.zeros((5, 100))}, "165"),
    ({"poses": None}, "poses"),
    ({"mocap_frame_rate": None}, "mocap_frame_rate"),
    ({"trans": np.zeros((4, 3))}, "trans"),
    ({"trans": np.full((5, 3), 1e300)}, "trans reaches 1e"),
    ({"mocap_frame_rate": np.array([30.0, 30.0])}, "one number, got 2"),
    ({"mocap_frame_rate": "fast"}, "one number"),
    ({"poses": np.full((5, 165), "0.1")}, "floating-point numbers"),
    ({"poses": np.zeros((5, 165), int)}, "floating-point numbers"),
    ({"poses": np.zeros(165)}, r"one frame is \(1, 165\)"),
    ({"poses": np.zeros((5, 55, 4)), "trans": None}, "55 quaternions"),
    ({"poses": np.zeros((5, 55, 3, 3)), "trans": None}, "55 rotation matrices"),
    ({"poses": np.zeros((165, 7)), "trans": None}, r"poses\.T"),
    ({"mocap_frame_rate": 0.0}, "mocap_frame_rate is 0; a rate of 1 to 1000"),
    ({"mocap_frame_rate": -30.0}, "mocap_frame_rate is -30;"),
    ({"mocap_frame_rate": 1e5}, "mocap_frame_rate is 100000;"),
    ({"mocap_frame_rate": np.nan}, "mocap_frame_rate is nan;"),
    ({"mocap_frame_rate": 1.0 / 30.0}, "seconds per frame; 30 would work"),
    ({"mocap_frame_rate": None, "fps": 0.01}, "fps is 0.01;"),
    ({"trans": np.full((5, 3), np.inf)}, r"frame 0 .*trans"),
])
def test_unusable_files_say_what_is_wrong(tmp_path, changes, says):
    with pytest.raises(InvalidInput, match=says):
        load_motion(write(tmp_path / "bad.npz", **changes))


def test_the_frame_with_nan_is_named(tmp_path):
    poses = np.zeros((5, 165))
    poses[3, 18 * 3 + 1] = np.nan
    with pytest.raises(InvalidInput, match=r"frame 3 .*left_elbow"):
        load_motion(write(tmp_path / "nan.npz", poses=poses))


def test_not_a_motion_file(tmp_path):
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(InvalidInput, match="not a motion file"):
        load_motion(tmp_path / "text.npz")
    with pytest.raises(InvalidInput, match="no motion file"):
        load_motion(tmp_path / "absent.npz")
    np.save(tmp_path / "array.npy", np.zeros(3))
    with pytest.raises(InvalidInput, match="npz"):
        load_motion(tmp_path / "array.npy")


def test_smplh_and_body_only_poses_are_widened(tmp_path):
    poses = np.zeros((5, 156))
    poses[:, 66:69] = 0.3
    assert np.allclose(load_motion(write(tmp_path / "h.npz", poses=poses)).rotations[:, 25], 0.3)
    assert load_motion(write(tmp_path / "b.npz", poses=np.zeros((5, 66)))).rotations.shape == (5, 55, 3)


def test_unwritable_place(tmp_path):
    with pytest.raises(OutputUnwritable, match="cannot write"):
        save_motion(tmp_path / "no" / "such" / "m.npz", motion())


def test_resampling_keeps_length_and_path():
    before = make_gesture("wave")
    up = resample(before, 60.0)
    assert up.duration_s == pytest.approx(before.duration_s, abs=1 / 30)
    assert np.allclose(up.rotations[::2][:50], before.rotations[:50], atol=1e-6)
    assert resample(before, 30.0) is before
    assert resample(motion(1), 60.0).rotations.shape[0] == 2


def test_empty_and_damaged_files_are_one_clear_line(tmp_path):
    whole = write(tmp_path / "whole.npz", poses=np.random.default_rng(0).normal(0, 0.1, (5, 165))).read_bytes()
    np.savez_compressed(tmp_path / "packed.npz", poses=np.zeros((5, 165)), mocap_frame_rate=30.0)
    packed = (tmp_path / "packed.npz").read_bytes()
    header = whole.index(b"{'descr'")
    damaged = [b"", whole[: len(whole) // 2], whole[:header] + b"{(((('" + whole[header + 6 :]]
    damaged += [packed[:60] + bytes([byte]) * 20 + packed[80:] for byte in (0, 7, 255)]
    for content in damaged:
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(InvalidInput, match="not a motion file") as error:
            load_motion(tmp_path / "bad.npz")
        assert "\n" not in str(error.value)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_huge_numbers_give_no_warning(tmp_path):
    with pytest.raises(InvalidInput, match="degrees"):
        load_motion(write(tmp_path / "huge.npz", poses=np.full((5, 165), 1e300)))


@pytest.mark.parametrize("name", gesture_names())
def test_every_gesture_in_degrees_is_refused_with_what_mends_it(tmp_path, name):
    poses = make_gesture(name).rotations.reshape(-1, 165)
    load_motion(write(tmp_path / "rad.npz", poses=poses, trans=None))
    with pytest.raises(InvalidInput, match=r"look like degrees.*poses = numpy\.radians\(poses\)"):
        load_motion(write(tmp_path / "deg.npz", poses=np.degrees(poses), trans=None))


def test_one_elbow_in_degrees_is_named_with_its_frame(tmp_path):
    poses = np.zeros((5, 165))
    poses[3, 18 * 3 + 1] = -90.0
    with pytest.raises(InvalidInput, match=r"reach 90 \(left_elbow, frame 3\).*degrees"):
        load_motion(write(tmp_path / "deg.npz", poses=poses))


def test_small_motions_in_degrees_are_seen_by_the_spine(tmp_path):
    poses = np.zeros((20, 55, 3))
    poses[:, [3, 6, 9, 12, 13, 14, 15], 0] = np.random.default_rng(0).uniform(2.5, 6.0, (20, 7))
    with pytest.raises(InvalidInput, match="spine.*degrees"):
        load_motion(write(tmp_path / "deg.npz", poses=poses.reshape(-1, 165), trans=None))


def test_unwound_turns_of_the_whole_body_are_not_taken_for_degrees(tmp_path):
    poses = np.zeros((5, 165))
    poses[:, 1] = np.linspace(0.0, 20.0, 5)  # a dancer's turns about the vertical
    assert np.array_equal(load_motion(write(tmp_path / "turns.npz", poses=poses)).rotations[:, 0], poses[:, :3])
    poses[:, 1] = 1e5
    with pytest.raises(InvalidInput, match="pelvis"):
        load_motion(write(tmp_path / "wild.npz", poses=poses))


def test_who_lies_in_a_y_up_file_is_left_lying(tmp_path, capsys):
    poses = np.zeros((5, 165))
    poses[:, 0] = np.pi / 2  # head forward, on the belly
    loaded = load_motion(write(tmp_path / "lies.npz", poses=poses, trans=np.tile([0.4, 0.15, 2.0], (5, 1))))
    assert capsys.readouterr().err == "" and np.array_equal(loaded.rotations[:, 0], poses[:, :3])
    load_motion(write(tmp_path / "stands.npz", poses=poses, trans=np.tile([0.4, 0.15, 0.95], (5, 1))))
    assert "z-up" in capsys.readouterr().err


def test_the_shape_of_the_person_is_left_out_with_a_note(tmp_path):
    plain, notes = {"betas": np.zeros(300), "gender": "neutral"}, []
    without = load_motion(write(tmp_path / "plain.npz", **plain), notes.append)
    assert notes == []
    for change in ({"betas": np.ones(16)}, {"gender": "female"}, {"gender": np.bytes_(b"male")}):
        with_shape = load_motion(write(tmp_path / "shape.npz", **(plain | change)), notes.append)
        assert "betas and gender are not used" in notes.pop() and notes == []
        assert np.array_equal(with_shape.rotations, without.rotations)


def test_one_frame_is_a_motion(tmp_path):
    assert load_motion(write(tmp_path / "one.npz", poses=np.zeros((1, 165)), trans=None)).rotations.shape == (1, 55, 3)


def test_only_what_is_needed_is_read(tmp_path):
    save_motion(tmp_path / "m.npz", motion(3))
    with np.load(tmp_path / "m.npz") as data:
        arrays = {key: data[key] for key in data.files}
    np.savez(tmp_path / "more.npz", **arrays, labels=np.array([{"marker": 1}], dtype=object))
    assert np.array_equal(load_motion(tmp_path / "more.npz").rotations, arrays["poses"].reshape(3, 55, 3))
    arrays["poses"] = np.array([{"no": 1}], dtype=object)
    np.savez(tmp_path / "objects.npz", **arrays)
    with pytest.raises(InvalidInput, match="not a motion file"):
        load_motion(tmp_path / "objects.npz")


def test_a_recording_that_would_fill_the_memory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    write(tmp_path / "m.npz", poses=np.zeros((500, 165)), trans=None)
    assert 1e8 < motion_file.free_memory_bytes() < 1e14
    monkeypatch.setattr(motion_file, "free_memory_bytes", lambda: 2e6)
    with pytest.raises(InvalidInput, match=r"500 frames.* 0\.004 GB.*parts of at most 125 frames"):
        load_motion(tmp_path / "m.npz")
    with zipfile.ZipFile(tmp_path / "claims.npz", "w") as archive:  # a small file may claim anything
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**12, 165)})
        archive.writestr("poses.npy", header.getvalue())
    with pytest.raises(InvalidInput, match="1000000000000 frames"):
        load_motion(tmp_path / "claims.npz")
