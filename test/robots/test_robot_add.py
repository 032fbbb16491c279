"""`robot add`: the file it writes loads as what was found, every field may be edited, and the picture shows it."""

import json

import numpy as np
import pytest
import yaml
from made_robots import Choice, make_robot

from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import InvalidInput, InvalidModel
from gesture_robot.robots.model import load_model, robot_and_notes, robot_names, understood_model
from gesture_robot.robots.settings import Settings

cli = pytest.importorskip("gesture_robot.cli")
ARRAYS = ("lower", "upper", "max_velocity", "max_acceleration", "max_jerk", "rest")


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """A user's folder of robots of its own, and no source checkout around."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("gesture_robot.robots.settings.checkout_root", lambda: None)
    return tmp_path / "config" / "gesture_robot" / "robots"


@pytest.fixture()
def urdf(tmp_path):
    path = tmp_path / "made.urdf"
    path.write_text(make_robot(Choice("7", fingers="free", lift=True), seed=4).urdf)
    return path


def add(*arguments):
    """The command's own parser and run."""
    import argparse

    from gesture_robot.commands import robot

    parser = argparse.ArgumentParser()
    robot.add_arguments(parser)
    return robot.run(parser.parse_args(["add", *map(str, arguments)]))


def equal(one: RobotModel, other: RobotModel) -> bool:
    """Everything but the name."""
    return (
        repr(one.limbs) == repr(other.limbs)
        and one.urdf_xml == other.urdf_xml
        and one.may_touch == other.may_touch
        and all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ARRAYS)
    )


def test_the_file_loads_as_what_was_found(urdf, own_folder, capsys):
    report = add(urdf, "--name", "mine", "--no-picture")
    path = own_folder / "mine.yaml"
    assert report["settings"] == str(path) and "left arm" in report["parts"] and "mine" in robot_names()
    found, analysis = understood_model("mine", urdf, Settings({}))
    assert equal(load_model("mine"), found) and load_model("mine").name == "mine"
    assert yaml.safe_load(path.read_text())["notes"] == report["notes"] == list(robot_and_notes("mine")[1])
    assert list(analysis.notes) == report["notes"] and "no link has a collision shape" in analysis.notes[-1]
    assert any("torso_lift" in note for note in report["notes"])
    assert "use it with --robot mine" in capsys.readouterr().out
    json.dumps(report)


def test_every_field_may_be_edited(urdf, tmp_path):
    out = tmp_path / "here.yaml"
    add(urdf, "--out", out, "--no-picture")
    values = yaml.safe_load(out.read_text())
    joint = values["limbs"]["left_arm"]["joints"][0]
    values["limits"][joint] = {"lower": -0.5, "upper": 0.6, "velocity": 1.5}
    values["max_acceleration"] = {joint: 3.0, "*": 9.0}
    values["max_jerk"] = {joint: 70.0}
    values["rest"][joint] = 0.25
    values["limbs"]["left_arm"] |= {"palm_axis": [1.0, 0.0, 0.0], "wrist_m": [0.0, 0.0, 0.01]}
    values["limbs"]["left_arm"]["fingers"] = values["limbs"]["left_arm"]["fingers"][:1]
    values["limbs"]["face"] = [{"joint": "neck_pitch", "gains": {"jawOpen": 0.2}}]
    values["may_touch"] = [["left_palm", "base"]]
    out.write_text(yaml.safe_dump(values, sort_keys=False))
    model = load_model(str(out))
    row, arm = model.index(joint), model.limbs.left_arm
    limits = [getattr(model, name)[row] for name in ARRAYS]
    assert limits == [-0.5, 0.6, 1.5, 3.0, 70.0, 0.25]
    assert model.max_acceleration.max() == 9.0 and np.isinf(model.max_jerk).sum() == len(model.max_jerk) - 1
    assert arm.palm_axis == (1.0, 0.0, 0.0) and arm.wrist_m == (0.0, 0.0, 0.01) and len(arm.fingers) == 1
    assert model.limbs.face[0].gains == {"jawOpen": 0.2} and model.may_touch == (("left_palm", "base"),)


def test_the_picture_shows_five_poses(urdf, tmp_path, monkeypatch):
    import cv2

    monkeypatch.setenv("MUJOCO_GL", "disable")  # stick figures: shaded pictures have their own tests
    report = add(urdf, "--out", tmp_path / "mine.yaml")
    picture = cv2.imread(str(tmp_path / "mine.png"))
    assert report["picture"].endswith("mine.png") and "stick" in report["picture_note"]
    width = picture.shape[1] // 5
    tiles = [picture[40:, k * width : (k + 1) * width].astype(int) for k in range(5)]
    for k, tile in enumerate(tiles):
        assert tile.min() < 100, "a robot stands there"
        for other in tiles[:k]:
            assert np.abs(tile - other).max() > 100, "no two poses are alike"


def test_what_is_there_is_not_overwritten(urdf, own_folder):
    add(urdf, "--no-picture")
    with pytest.raises(InvalidInput, match="is there already"):
        add(urdf, "--no-picture")
    add(urdf, "--no-picture", "--force")
    with pytest.raises(InvalidInput, match="is there already"):
        add(urdf, "--name", "wren", "--no-picture")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("wren",), "known already"),
        (("{urdf}", "--name", "a robot"), "cannot be a robot's name"),
        (("{urdf}", "--out", "{folder}/robot.txt"), "must be a .yaml"),
        (("none.urdf",), "cannot read robot description"),
        (("{urdf}", "--out", "/proc/none/robot.yaml", "--no-picture"), "cannot write"),
    ],
)
def test_bad_arguments(arguments, expected, urdf, tmp_path):
    with pytest.raises((InvalidInput, InvalidModel), match=expected):
        add(*(a.format(urdf=urdf, folder=tmp_path) for a in arguments))


def test_the_neutral_pose_keeps_clear_of_a_wide_base(tmp_path):
    """Arms that would hang into a base hang further out or forward instead; covers that always overlap may touch."""
    pytest.importorskip("mujoco")
    from gesture_robot.robots.analysis.contacts import ContactStudy

    text = make_robot(Choice("7", torso=0), seed=2).urdf
    box = "<collision><origin xyz='0 0 {z}'/><geometry><box size='{size}'/></geometry></collision>"
    wide = box.format(z=0.6, size=".3 .5 .5") + box.format(z=1.2, size=".3 .3 .3")
    text = text.replace("<link name='base'>", f"<link name='base'>{wide}")
    for side in ("left", "right"):
        sizes = {"shoulder_pitch_link": ".02 .02 .02", "shoulder_roll_link": ".3 .3 .3", "elbow_link": ".07 .07 .07"}
        for link, size in {**sizes, "palm": ".05 .05 .05"}.items():
            name = f"{side}_{link}"
            text = text.replace(f"<link name='{name}'>", f"<link name='{name}'>" + box.format(z=0, size=size))
    path = tmp_path / "wide.urdf"
    path.write_text(text)
    model = load_model(str(path))
    assert {("base", "left_shoulder_roll_link"), ("base", "right_shoulder_roll_link")} <= set(model.may_touch)
    assert ContactStudy(model).contacts(model).too_near == ()
