"""Descriptions that cannot be used: each gives one clear InvalidModel that says what would have worked."""

import pytest

from gesture_robot.errors import InvalidModel, UnknownName
from gesture_robot.robots.model import load_model, robot_names
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
    "no limits": (robot(joint("j1", "a", "b", ""), joint("j2", "b", "c")), "limits for j1. Add"),
    "no velocity limit": (
        robot(joint("j1", "a", "b", '<limit lower="-1" upper="1"/>'), joint("j2", "b", "c")),
        "limits for j1. Add",
    ),
    "limits swapped": (
        robot(joint("j1", "a", "b", '<limit lower="1" upper="-1" velocity="1"/>'), joint("j2", "b", "c")),
        "above upper limit",
    ),
    "unknown shape": (
        GOOD.replace("<link name='a'/>", "<link name='a'><visual><geometry><torus/></geometry></visual></link>"),
        "Known: box",
    ),
    "missing mesh": (
        GOOD.replace(
            "<link name='a'/>",
            "<link name='a'><visual><geometry><mesh filename='package://nobody/arm.stl'/></geometry></visual></link>",
        ),
        "'package://nobody/arm.stl' is missing; searched",
    ),
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


def test_missing_mesh_names_where_it_was_searched(tmp_path):
    path = tmp_path / "robot.urdf"
    path.write_text(
        GOOD.replace(
            "<link name='a'/>",
            "<link name='a'><collision><geometry><mesh filename='meshes/x.stl'/></geometry></collision></link>",
        )
    )
    with pytest.raises(InvalidModel, match="meshes/x.stl") as error:
        load_model(str(path))
    assert str(tmp_path / "meshes") in str(error.value)


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
    ],
)
def test_bad_settings(settings, expected, tmp_path):
    path = tmp_path / "robot.urdf"
    path.write_text(GOOD)
    path.with_suffix(".yaml").write_text(settings)
    with pytest.raises((InvalidModel, UnknownName), match=expected):
        load_model(str(path))


def test_conventional_names_are_recognised_without_settings(tmp_path):
    """The project's own URDF without its yaml gives the same limb map."""
    known = load_model("wren")
    path = tmp_path / "copy.urdf"
    path.write_text(known.urdf_xml)
    guessed = load_model(str(path))
    assert repr(guessed.limbs) == repr(known.limbs) and guessed.joint_names == known.joint_names


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
