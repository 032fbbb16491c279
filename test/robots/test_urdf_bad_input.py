"""Descriptions that cannot be used: each gives one clear InvalidModel that says what would have worked."""

import numpy as np
import pytest

from gesture_robot.errors import InvalidModel, UnknownName
from gesture_robot.robots.model import load_model, robot_and_notes, robot_names, tree_of
from gesture_robot.robots.urdf import parse_urdf

LIMIT = '<limit lower="-1" upper="1" velocity="2" effort="3"/>'


def joint(name, parent, child, inner=LIMIT, kind="revolute"):
    return f'<joint name="{name}" type="{kind}"><parent link="{parent}"/><child link="{child}"/>{inner}</joint>'


def robot(*parts, links=("a", "b", "c")):
    return "<robot name='r'>" + "".join(f"<link name='{n}'/>" for n in links) + "".join(parts) + "</robot>"


GOOD = robot(joint("j1", "a", "b"), joint("j2", "b", "c"))
BAD = {
    "empty": ("", "empty"),
    "binary": (b"\x7fELF\x00\xff\xfe\x80", "not text"),
    "prose": ("hello", "not XML"),
    "truncated": (GOOD[:60], "not XML"),
    "sdf": ("<sdf version='1.9'><model name='m'/></sdf>", "<sdf>"),
    "xacro": (
        "<robot name='r' xmlns:xacro='http://www.ros.org/wiki/xacro'><xacro:macro name='m'/></robot>",
        "xacro robot.urdf.xacro >",
    ),
    "no links": ("<robot name='r'/>", "no <link>"),
    "no joints": (robot(links=("a",)), "no movable joint"),
    "cycle": (robot(joint("j1", "a", "b"), joint("j2", "b", "c"), joint("j3", "c", "a")), "cycle"),
    "cycle beside a root": (robot(joint("j2", "b", "c"), joint("j3", "c", "b"), links=("a", "b", "c")), "cycle"),
    "two parents": (robot(joint("j1", "a", "b"), joint("j2", "a", "c"), joint("j3", "b", "c")), "two parents"),
    "two roots": (robot(joint("j1", "a", "b")), "several roots (a, c)"),
    "unknown link": (robot(joint("j1", "a", "b"), joint("j2", "b", "ghost")), "'ghost', which does not exist"),
    "name twice": (robot(joint("j1", "a", "b"), joint("j1", "b", "c")), "'j1' twice"),
    "unknown type": (robot(joint("j1", "a", "b", kind="ball"), joint("j2", "b", "c")), "Known: continuous, fixed"),
    "mimic of nobody": (
        robot(joint("j1", "a", "b", LIMIT + '<mimic joint="ghost"/>'), joint("j2", "b", "c")),
        "mimics 'ghost'",
    ),
    "mimic in a circle": (
        robot(
            joint("j1", "a", "b", LIMIT + '<mimic joint="j2"/>'), joint("j2", "b", "c", LIMIT + '<mimic joint="j1"/>')
        ),
        "in a circle",
    ),
    "NaN": (
        robot(joint("j1", "a", "b", LIMIT + '<origin xyz="0 nan 0"/>'), joint("j2", "b", "c")),
        "finite numbers, got '0 nan 0'",
    ),
    "zero axis": (robot(joint("j1", "a", "b", LIMIT + '<axis xyz="0 0 0"/>'), joint("j2", "b", "c")), "axis is zero"),
    "limits swapped": (
        robot(joint("j1", "a", "b", '<limit lower="1" upper="-1" velocity="1"/>'), joint("j2", "b", "c")),
        "above upper limit",
    ),
    "unknown shape": (
        GOOD.replace("<link name='a'/>", "<link name='a'><visual><geometry><torus/></geometry></visual></link>"),
        "Known: box",
    ),
    "no name": (robot(joint("", "a", "b"), joint("j2", "b", "c")), "no name; every joint needs its own name"),
    "link twice": (robot(joint("j1", "a", "b"), joint("j2", "b", "c"), links=("a", "b", "c", "a")), "'a' twice"),
}


@pytest.mark.parametrize("case", BAD)
def test_one_clear_error(case, tmp_path):
    content, expected = BAD[case]
    path = tmp_path / "robot.urdf"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidModel) as error:
        load_model(str(path))
    assert expected in str(error.value) and error.value.exit_code == 2
    assert str(path) in str(error.value), "the message names the file"


def test_unknown_robot_lists_the_known_ones():
    with pytest.raises(UnknownName, match="Did you mean 'wren'"):
        load_model("wern")
    assert "wren" in robot_names()


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(InvalidModel, match="cannot read robot description"):
        load_model(str(tmp_path / "none.urdf"))
    with pytest.raises(InvalidModel, match="is a folder"):
        load_model(str(tmp_path))


MESHES = {
    "gone": ("package://nobody/arm.stl", None, "nobody': its package is not on this machine"),
    "not there": ("meshes/x.stl", None, "there is no such file"),
    "empty": ("x.stl", b"", "is empty"),
    "huge": ("x.stl", 101_000_000, "simplify it"),
}


@pytest.mark.parametrize("case", MESHES)
def test_a_mesh_that_cannot_be_used_is_told_and_everything_else_works(case, tmp_path):
    """Kinematics and limits need no shape; what does need one goes without it."""
    from gesture_robot.robots.mujoco_model import collision_pairs, compile_model

    name, content, reason = MESHES[case]
    path = tmp_path / "robot.urdf"
    shape = f"<collision><geometry><mesh filename='{name}'/></geometry></collision>"
    box = "<collision><geometry><box size='.1 .1 .1'/></geometry></collision>"
    links = f"<link name='a'>{box}</link><link name='b'>{shape}</link><link name='c'>{box}</link>"
    path.write_text(f"<robot name='r'>{links}{joint('j1', 'a', 'b')}{joint('j2', 'b', 'c')}</robot>")
    if content is not None:
        with (tmp_path / name).open("wb") as file:
            file.truncate(content) if isinstance(content, int) else file.write(content)
    model, notes = robot_and_notes(str(path))
    (note,) = [n for n in notes if "Without that shape: b." in n]
    assert reason in note and name.split("/")[0] in note
    assert compile_model(model).ngeom == 2 and collision_pairs(model) == ()


def test_limits_that_are_absent_are_assumed_and_told(tmp_path):
    path = tmp_path / "robot.urdf"
    path.write_text(
        robot(
            joint("j1", "a", "b", ""),
            joint("j2", "b", "c", '<limit lower="-1" upper="1" velocity="0"/>'),
            joint("j3", "c", "d", "", kind="prismatic"),
            links=("a", "b", "c", "d"),
        )
    )
    model, notes = robot_and_notes(str(path))
    assert model.lower.tolist() == [-np.pi, -1.0, 0.0] and model.upper.tolist() == [np.pi, 1.0, 0.0]
    assert model.max_velocity.tolist() == [6.0, 6.0, 0.1]
    for told in ("j1: no position limits; -pi to pi assumed", "j3: a sliding joint without limits; held at 0"):
        assert any(note.startswith(told) for note in notes)
    assert any(note.startswith("j1, j2: no velocity limit; 6 assumed") for note in notes)


def test_a_floating_base_is_held_and_axes_are_made_unit(tmp_path):
    path = tmp_path / "robot.urdf"
    path.write_text(
        robot(joint("base", "a", "b", "", kind="floating"), joint("j1", "b", "c", LIMIT + '<axis xyz="0 0 20"/>'))
    )
    model = load_model(str(path))
    assert model.joint_names == ("j1",) and tree_of(model).joints["base"].kind == "fixed"
    assert tree_of(model).joints["j1"].axis.tolist() == [0.0, 0.0, 1.0]


def test_limits_from_the_settings_beside_the_urdf(tmp_path):
    path = tmp_path / "robot.urdf"
    path.write_text(robot(joint("j1", "a", "b", ""), joint("j2", "b", "c")))
    path.with_suffix(".yaml").write_text(
        "limits: {j1: {lower: -0.5, upper: 0.7, velocity: 1.5}}\nmax_acceleration: {'j*': 9}\n"
    )
    model = load_model(str(path))
    assert (
        model.lower[0] == -0.5
        and model.upper[0] == 0.7
        and model.max_velocity[0] == 1.5
        and model.max_acceleration[0] == 9
    )
    assert model.limbs.left_arm is None and model.limbs.base_link == "a"


ARM = "joints: [j1], upper_arm_link: a, forearm_link: b, hand_link: c"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("[1, 2]", "key: value"),
        ("a: [", "must be YAML"),
        ("colour: red", "unknown setting 'colour'"),
        ("max_acceleration: {k9: 1}", "'k9' fits no joint"),
        ("rest: {k9: 1}", "unknown joint"),
        ("limbs: {base_link: nowhere}", "unknown link"),
        ("limbs: {legs: 2}", "limbs"),
        ("rest: {j1: often}", "must be a number"),
        ("limits: {j1: {top: 2}}", "give lower, upper and velocity"),
        ("limits: {j1: {lower: 2, upper: 1, velocity: 1}}", "above upper limit"),
        ("limits: {j1: {velocity: -1}}", "give a positive one"),
        ("limits: [j1]", "'JOINT: value' lines"),
        ("may_touch: [[a, z]]", "unknown link"),
        ("may_touch: [a]", "each entry is"),
        ("collada_up_axis: sideways", "Known: applied, ignored"),
        (f"limbs: {{base_link: a, left_arm: {{{ARM}, palm_m: [1]}}}}", "three numbers"),
        ("limbs: {base_link: a, face: [{joint: j9, gains: {jawOpen: 1}}]}", "unknown joint"),
    ],
)
def test_bad_settings(settings, expected, tmp_path):
    path = tmp_path / "robot.urdf"
    path.write_text(GOOD)
    path.with_suffix(".yaml").write_text(settings)
    with pytest.raises((InvalidModel, UnknownName), match=expected):
        load_model(str(path))


def test_the_analysis_finds_what_was_written_by_hand(tmp_path):
    """The project's own URDF without its yaml gives the limb map that was written by hand."""
    known = load_model("wren")
    path = tmp_path / "copy.urdf"
    path.write_text(known.urdf_xml)
    guessed = load_model(str(path))
    assert guessed.joint_names == known.joint_names
    for part in ("base_link", "torso", "neck", "chest_link", "head_link", "camera_link", "screen_link", "front_axis"):
        assert getattr(guessed.limbs, part) == getattr(known.limbs, part)
    for side in ("left_arm", "right_arm"):
        found, true = getattr(guessed.limbs, side), getattr(known.limbs, side)
        for part in ("joints", "upper_arm_link", "forearm_link", "hand_link", "hand_joints", "finger_axis"):
            assert getattr(found, part) == getattr(true, part)
        for part in ("shoulder_m", "elbow_m", "wrist_m"):
            np.testing.assert_allclose(getattr(found, part), 0.0, atol=1e-6)
    assert guessed.limbs.left_arm.palm_axis == (0.0, -1.0, 0.0) and guessed.limbs.right_arm.palm_axis == (0.0, 1.0, 0.0)


def test_continuous_joint_turns_a_full_circle_and_mimic_is_not_actuated(tmp_path):
    path = tmp_path / "robot.urdf"
    path.write_text(
        robot(
            joint("j1", "a", "b", '<limit velocity="2" effort="1"/>', kind="continuous"),
            joint("j2", "b", "c", LIMIT + '<mimic joint="j1" multiplier="0.5"/>'),
        )
    )
    model = load_model(str(path))
    assert model.joint_names == ("j1",) and model.upper[0] == pytest.approx(3.14159, abs=1e-4)
    assert parse_urdf(path.read_text()).joints["j2"].mimic.multiplier == 0.5
