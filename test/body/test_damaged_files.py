"""Whatever a file holds, the answer is a motion or one clear line."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.body.motion_file import load_motion
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import InvalidInput
from gesture_robot.retarget.bvh import load_bvh

FEW = settings(derandomize=True, deadline=None, max_examples=80)


def npz(save):
    held = io.BytesIO()
    poses = np.random.default_rng(0).normal(0.0, 0.1, (4, 165))
    save(held, poses=poses, trans=np.zeros((4, 3)), mocap_frame_rate=30.0, gender="neutral")
    return held.getvalue()


NPZ = {"stored": npz(np.savez), "packed": npz(np.savez_compressed)}
BVH = (
    "HIERARCHY\nROOT Hips { OFFSET 0 0 0 CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation\n"
    + "".join(
        f"JOINT {s}Arm {{ OFFSET {x}20 40 0 CHANNELS 3 Zrotation Xrotation Yrotation\n"
        f"JOINT {s}ForeArm {{ OFFSET {x}28 0 0 CHANNELS 3 Zrotation Xrotation Yrotation\n"
        f"JOINT {s}Hand {{ OFFSET {x}25 0 0 CHANNELS 3 Zrotation Xrotation Yrotation\n"
        "End Site { OFFSET 1 0 0 } } } }\n"
        for s, x in (("Left", ""), ("Right", "-"))
    )
    + "}\nMOTION\nFrames: 2\nFrame Time: 0.0333\n"
    + " ".join(["1.5"] * 24)
    + "\n"
    + " ".join(["2.5"] * 24)
).encode()


def answers(load, path, content):
    path.write_bytes(content)
    try:
        motion = load(path, [].append)
    except InvalidInput as error:
        assert "\n" not in str(error) and str(path) in str(error)
    else:
        assert isinstance(motion, BodyMotion) and len(motion.rotations) > 0


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("damaged") / "file"


changes = st.lists(st.tuples(st.floats(0.0, 1.0), st.integers(0, 255)), min_size=1, max_size=8)


def changed(whole, spots):
    content = bytearray(whole)
    for where, value in spots:
        content[int(where * (len(content) - 1))] = value
    return bytes(content)


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
@pytest.mark.parametrize("kind", NPZ)
@FEW
@given(spots=changes, cut=st.floats(0.0, 1.0) | st.none())
def test_damaged_npz(path, kind, spots, cut):
    content = changed(NPZ[kind], spots)
    answers(load_motion, path, content if cut is None else content[: int(cut * len(content))])


@FEW
@given(spots=changes, cut=st.floats(0.0, 1.0) | st.none())
def test_damaged_bvh(path, spots, cut):
    content = changed(BVH, spots)
    answers(load_bvh, path, content if cut is None else content[: int(cut * len(content))])


@FEW
@given(st.text(alphabet="0123456789.-+eEinfaNX \n\t{}", max_size=60), st.integers(0, len(BVH)))
def test_any_text_in_a_bvh(path, text, at):
    answers(load_bvh, path, BVH[:at] + text.encode() + BVH[at:])


values = st.floats(width=64) | st.floats(-7.0, 7.0)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@FEW
@given(
    st.lists(values, min_size=1, max_size=12), values, st.sampled_from([63, 66, 72, 156, 165, 220]), st.integers(0, 3)
)
def test_any_numbers_in_an_npz(path, numbers, rate, width, frames):
    held = io.BytesIO()
    poses = np.resize(np.array(numbers), (frames, width))
    np.savez(held, poses=poses, trans=np.resize(np.array(numbers), (frames, 3)), fps=rate)
    answers(load_motion, path, held.getvalue())
