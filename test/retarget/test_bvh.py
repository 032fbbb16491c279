"""Motion files with a skeleton of their own."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gesture_robot.body.skeleton import forward_kinematics, joint_index
from gesture_robot.errors import InvalidInput
from gesture_robot.retarget.bvh import load_bvh

SIDE = """JOINT {S}Shoulder {{ OFFSET {x}5 40 0 CHANNELS 3 Zrotation Xrotation Yrotation
 JOINT {S}Arm {{ OFFSET {x}12 0 0 CHANNELS 3 Zrotation Xrotation Yrotation
  JOINT {S}ForeArm {{ OFFSET {x}28 0 0 CHANNELS 3 Zrotation Xrotation Yrotation
   JOINT {S}Hand {{ OFFSET {x}25 0 0 CHANNELS 3 Zrotation Xrotation Yrotation
    End Site {{ OFFSET {x}10 0 0 }} }} }} }} }}
"""
JOINTS = ("Hips", "Head", *(s + p for s in ("Left", "Right") for p in ("Shoulder", "Arm", "ForeArm", "Hand")))


def write(path, angles, frames=3, names=lambda text: text):
    """A T-posed skeleton in centimetres; `angles` maps joint -> Z, X, Y rotation in degrees."""
    text = (
        "HIERARCHY ROOT Hips { OFFSET 0 0 0 CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation\n"
        "JOINT Head { OFFSET 0 60 0 CHANNELS 3 Zrotation Xrotation Yrotation End Site { OFFSET 0 10 0 } }\n"
        + SIDE.format(S="Left", x="")
        + SIDE.format(S="Right", x="-")
        + "}\n"
    )
    row = [0.0, 95.0, 0.0] + [v for joint in JOINTS for v in angles.get(joint, (0.0, 0.0, 0.0))]
    line = " ".join(map(str, row))
    path.write_text(names(text) + f"MOTION\nFrames: {frames}\nFrame Time: 0.025\n" + "\n".join([line] * frames))
    return path


def directions(motion):
    positions, orientations = forward_kinematics(motion.rotations[0])

    def bone(a, b):
        way = positions[joint_index(b)] - positions[joint_index(a)]
        return way / np.linalg.norm(way)

    return bone("left_shoulder", "left_elbow"), bone("left_elbow", "left_wrist"), orientations[joint_index("head")]


def test_limbs_point_as_in_the_file(tmp_path):
    angles = {"LeftArm": (-50.0, 10.0, -20.0), "LeftForeArm": (0.0, 0.0, -70.0), "Head": (0.0, 15.0, 25.0)}
    motion = load_bvh(write(tmp_path / "m.bvh", angles))
    assert motion.fps == pytest.approx(40.0) and motion.rotations.shape == (3, 55, 3)
    assert motion.root_position[0, 1] == pytest.approx(0.95)
    shoulder = Rotation.from_euler("ZXY", angles["LeftArm"], degrees=True)
    elbow = shoulder * Rotation.from_euler("ZXY", angles["LeftForeArm"], degrees=True)
    upper, fore, head = directions(motion)
    np.testing.assert_allclose(upper, shoulder.apply([1, 0, 0]), atol=1e-9)
    np.testing.assert_allclose(fore, elbow.apply([1, 0, 0]), atol=1e-9)
    np.testing.assert_allclose(head, Rotation.from_euler("ZXY", angles["Head"], degrees=True).as_matrix(), atol=1e-9)


def test_other_names_for_the_same_joints(tmp_path):
    def other(text):
        for old, new in (("Shoulder", "Collar"), ("ForeArm", "Elbow"), ("Arm", "Shoulder"), ("Hand", "Wrist")):
            text = text.replace(old, new)
        return text

    angles = {"LeftArm": (-50.0, 0.0, 0.0)}
    upper, _, _ = directions(load_bvh(write(tmp_path / "m.bvh", angles, names=other)))
    np.testing.assert_allclose(upper, Rotation.from_euler("Z", -50.0, degrees=True).apply([1, 0, 0]), atol=1e-9)


def test_bad_files_are_one_clear_error(tmp_path):
    with pytest.raises(InvalidInput, match="no motion file"):
        load_bvh(tmp_path / "none.bvh")
    (tmp_path / "text.bvh").write_text("hello")
    with pytest.raises(InvalidInput, match="HIERARCHY"):
        load_bvh(tmp_path / "text.bvh")
    with pytest.raises(InvalidInput, match="left_elbow"):
        load_bvh(write(tmp_path / "m.bvh", {}, names=lambda text: text.replace("LeftForeArm", "Left1")))
    whole = write(tmp_path / "cut.bvh", {}).read_text()
    (tmp_path / "cut.bvh").write_text(whole[:-40])
    with pytest.raises(InvalidInput, match="not a .bvh"):
        load_bvh(tmp_path / "cut.bvh")
    with pytest.raises(InvalidInput, match="NaN"):
        load_bvh(write(tmp_path / "nan.bvh", {"Head": (float("nan"), 0.0, 0.0)}))


def test_unknown_joint_names_are_listed(tmp_path):
    path = write(tmp_path / "m.bvh", {}, names=lambda text: text.replace("LeftHand", "Bone_17"))
    with pytest.raises(InvalidInput, match=r"left_wrist; names like .*LeftHand.* Its joints: Hips, .*Bone_17"):
        load_bvh(path)


@pytest.mark.parametrize(("axes", "degrees"), [("x", 90), ("y", 180), ("zx", [90, 90])], ids=["z-up", "back", "ros"])
def test_other_axes_are_seen_from_the_rest_pose(tmp_path, axes, degrees):
    turn = Rotation.from_euler(axes, degrees, degrees=True)
    angles = {"LeftArm": (-50.0, 10.0, -20.0), "LeftForeArm": (0.0, 0.0, -70.0), "Head": (0.0, 15.0, 25.0)}
    straight = load_bvh(write(tmp_path / "m.bvh", angles))
    words = (tmp_path / "m.bvh").read_text().split()
    for at, word in enumerate(words):
        if word == "OFFSET":
            words[at + 1 : at + 4] = map(str, turn.apply([float(w) for w in words[at + 1 : at + 4]]).round(9))
    start = words.index("MOTION") + 6
    frames = np.array(words[start:], float).reshape(3, -1)
    frames[:, :3] = turn.apply(frames[:, :3])
    for column in range(3, frames.shape[1], 3):
        local = Rotation.from_euler("ZXY", frames[:, column : column + 3], degrees=True)
        frames[:, column : column + 3] = (turn * local * turn.inv()).as_euler("ZXY", degrees=True)
    rows = "\n".join(" ".join(map(repr, row)) for row in frames.tolist())
    head = " ".join(words[: words.index("MOTION")])
    (tmp_path / "turned.bvh").write_text(f"{head}\nMOTION\nFrames: 3\nFrame Time: 0.025\n{rows}\n")
    notes = []
    turned = load_bvh(tmp_path / "turned.bvh", notes.append)
    assert len(notes) == 1 and "y up" in notes[0]
    np.testing.assert_allclose(turned.rotations, straight.rotations, atol=1e-6)
    np.testing.assert_allclose(turned.root_position, straight.root_position, atol=1e-6)


def test_a_person_standing_in_a_z_up_world_is_turned(tmp_path):
    notes = []
    motion = load_bvh(write(tmp_path / "m.bvh", {"Hips": (0.0, 90.0, 0.0)}), notes.append)
    assert "z-up" in notes[0]
    np.testing.assert_allclose(motion.rotations[:, 0], 0.0, atol=1e-9)


def test_fingers_bend_as_in_the_file(tmp_path):
    turns = "CHANNELS 3 Zrotation Xrotation Yrotation"
    finger = f"JOINT LeftHandIndex1 {{ OFFSET 8 0 2 {turns} End Site {{ OFFSET 3 0 0 }} }} }}"
    text = write(tmp_path / "m.bvh", {}).read_text().replace("End Site { OFFSET 10 0 0 } }", finger, 1)
    head, _, rows = text.partition("Frame Time: 0.025\n")
    after = 6 + 3 * (JOINTS.index("LeftHand"))  # the finger's channels follow those of the hand
    lines = []
    for row in rows.split("\n"):
        values = row.split()
        lines.append(" ".join(values[:after] + ["-60", "0", "0"] + values[after:]))
    (tmp_path / "finger.bvh").write_text(head + "Frame Time: 0.025\n" + "\n".join(lines))
    motion = load_bvh(tmp_path / "finger.bvh")
    index = motion.rotations[0, joint_index("left_index1")]
    assert np.degrees(np.linalg.norm(index)) == pytest.approx(60.0)
    assert index[2] < -0.9, "curled towards the palm"
    assert not motion.rotations[:, joint_index("left_index2")].any()


@pytest.mark.parametrize(("change", "says"), [
    (("Frame Time: 0.025", "Frame Time: 30"), r"Frame Time: 30.* is 0\.0333333.*30 would work"),
    (("Frame Time: 0.025", "Frame Time: 0"), "3 frames of 0"),
    (("Frames: 3", "Frames: 0"), "0 frames"),
    (("Frames: 3", "Frames: 4"), "ends after 3 of 4"),
    (("MOTION", "MOVES"), "no MOTION"),
    (("JOINT Head", "JOIN Head"), "JOIN"),
    (("95.0 ", ""), "32 values instead of 33"),
    (("OFFSET 28 0 0", "OFFSET nan 0 0"), "offset of joint .LeftForeArm."),
])
def test_every_fault_is_named(tmp_path, change, says):
    path = write(tmp_path / "m.bvh", {})
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(InvalidInput, match=says) as error:
        load_bvh(path)
    assert "\n" not in str(error.value)


def test_long_files_are_read_in_blocks(tmp_path):
    path = write(tmp_path / "m.bvh", {"LeftArm": (-50.0, 10.0, -20.0)}, frames=4100)
    motion = load_bvh(path)
    assert motion.rotations.shape == (4100, 55, 3)
    assert not np.ptp(motion.rotations, axis=0).any()
    one = load_bvh(write(tmp_path / "one.bvh", {"LeftArm": (-50.0, 10.0, -20.0)}, frames=1))
    assert np.array_equal(one.rotations[0], motion.rotations[-1])
