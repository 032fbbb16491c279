"""The compiled model: servos, gravity, and one list of pairs for guard and simulation."""

from dataclasses import replace

import numpy as np
import pytest

from gesture_robot.errors import MissingDependency
from gesture_robot.robots.model import load_model
from gesture_robot.robots.mujoco_model import collision_pairs, compile_model, contact_links, set_positions

mujoco = pytest.importorskip("mujoco")
MODEL = load_model("wren")
LIMIT = "<limit lower='-1' upper='1' velocity='2' effort='3'/>"


def test_one_servo_per_joint_in_order():
    compiled = compile_model(MODEL)
    assert tuple(compiled.actuator(i).name for i in range(compiled.nu)) == MODEL.joint_names
    assert (compiled.actuator_gainprm[:, 0] > 0).all() and (compiled.body_gravcomp[1:] == 1).all()
    assert compiled.opt.timestep == 0.002 and compiled.neq == 4, "two followers per hand are coupled"


def test_visuals_are_optional_and_change_no_physics():
    bare, full = compile_model(MODEL, visuals=False), compile_model(MODEL)
    assert bare.nmesh == 0 and full.nmesh >= 20
    np.testing.assert_allclose(bare.body_mass, full.body_mass)
    np.testing.assert_allclose(bare.body_inertia, full.body_inertia)


def test_base_link_is_kept_and_fixed():
    compiled = compile_model(MODEL, visuals=False)
    assert compiled.body("base_link").weldid[0] == 0 and compiled.body("camera_optical_frame").id > 0


def test_pairs_are_those_that_simulation_lets_collide():
    """Every body pair MuJoCo filters out is missing from the list, every other is in it."""
    compiled = compile_model(MODEL, visuals=False)
    excluded = {frozenset((s >> 16, s & 0xFFFF)) for s in compiled.exclude_signature.tolist()}
    names = [compiled.body(i).name for i in range(compiled.nbody)]
    solid = [i for i in range(1, compiled.nbody) if compiled.body_geomnum[i]]
    expected = {
        frozenset((names[a], names[b])) for a in solid for b in solid if a < b and frozenset((a, b)) not in excluded
    }
    assert {frozenset(pair) for pair in collision_pairs(MODEL)} == expected


def test_neighbours_and_hands_are_left_out_the_rest_is_watched():
    pairs = {frozenset(pair) for pair in collision_pairs(MODEL)}
    for pair in (
        ("torso", "left_shoulder"),
        ("left_upper_arm", "left_forearm"),
        ("left_palm", "left_fingertips"),
        ("torso", "head"),
    ):
        assert frozenset(pair) not in pairs
    for pair in (
        ("torso", "left_palm"),
        ("left_palm", "right_palm"),
        ("head", "right_fingertips"),
        ("torso", "left_upper_arm"),
        ("head", "left_upper_arm"),
    ):
        assert frozenset(pair) in pairs


def test_no_contact_at_rest_or_with_one_joint_at_a_gentle_part_of_its_range():
    compiled = compile_model(MODEL, visuals=False, actuators=False)
    data = mujoco.MjData(compiled)
    poses = [MODEL.rest.copy()]
    for joint in ("neck_yaw", "neck_pitch", "neck_roll", "torso_yaw", "torso_pitch", "left_hand", "right_hand"):
        for limit in (MODEL.lower, MODEL.upper):
            poses.append(MODEL.rest.copy())
            poses[-1][MODEL.index(joint)] = limit[MODEL.index(joint)]
    for positions in poses:
        set_positions(compiled, data, MODEL, positions)
        mujoco.mj_forward(compiled, data)
        assert contact_links(compiled, data) == []


def test_links_mounted_in_touch_are_left_out(tmp_path):
    """Two boxes that overlap at rest without being neighbours do not count as a collision."""
    box = (
        "<collision><geometry><box size='.1 .1 .1'/></geometry></collision>"
        "<inertial><mass value='1'/><inertia ixx='.1' iyy='.1' izz='.1' ixy='0' ixz='0' iyz='0'/></inertial>"
    )
    links = "".join(f"<link name='{n}'>{box}</link>" for n in "abc")
    path = tmp_path / "touching.urdf"
    path.write_text(
        f"<robot name='r'>{links}"
        + "".join(
            f"<joint name='{p}{c}' type='revolute'><parent link='{p}'/><child link='{c}'/><origin xyz='{x} 0 0'/>"
            f"<axis xyz='0 0 1'/>{LIMIT}</joint>"
            for p, c, x in (("a", "b", 0.3), ("b", "c", -0.25))
        )
        + "</robot>"
    )
    assert collision_pairs(load_model(str(path))) == ()


INERTIAS = {
    "none": "",
    "zero": "<inertial><mass value='0'/><inertia ixx='0' iyy='0' izz='0' ixy='0' ixz='0' iyz='0'/></inertial>",
    "negative": "<inertial><mass value='1'/><inertia ixx='-1' iyy='1' izz='1' ixy='0' ixz='0' iyz='0'/></inertial>",
    "of no body": "<inertial><mass value='1'/><inertia ixx='9' iyy='.1' izz='.1' ixy='0' ixz='0' iyz='0'/></inertial>",
}


@pytest.mark.parametrize("case", INERTIAS)
def test_links_without_a_possible_inertia_compile(case, tmp_path):
    path = tmp_path / "massless.urdf"
    path.write_text(
        f"<robot name='r'><link name='a'/><link name='b'>{INERTIAS[case]}</link>"
        "<joint name='j' type='revolute'><parent link='a'/><child link='b'/>"
        f"<axis xyz='0 0 1'/>{LIMIT}</joint></robot>"
    )
    compiled = compile_model(load_model(str(path)))
    assert (compiled.body_inertia[1:] > 0).all() and (compiled.body_mass[1:] > 0).all()


def test_links_that_may_touch_are_left_out():
    pair = collision_pairs(MODEL)[0]
    assert pair not in collision_pairs(replace(MODEL, may_touch=(pair[::-1],)))


def test_without_mujoco_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "mujoco", None)
    with pytest.raises(MissingDependency, match=r"gesture_robot\[mujoco\]"):
        compile_model(MODEL)
