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
