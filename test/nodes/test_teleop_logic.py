"""Keys, joystick files and jogging, without terminal and without ROS."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.control.audit import audit
from gesture_robot.datatypes import RobotState
from gesture_robot.errors import InvalidInput
from gesture_robot.gesture.library import gesture_names
from gesture_robot.nodes.teleop_intents import Intent, Keys
from gesture_robot.nodes.teleop_jog import Jogger
from gesture_robot.nodes.teleop_joy import AxisRule, JoyMap, Joystick, read_joy_map
from gesture_robot.resources import resource_path
from gesture_robot.robots.follower import TrajectoryFollower
from gesture_robot.robots.model import load_model

MODEL = load_model("wren")
GESTURES = tuple(f"gesture_{n}" for n in range(1, 14))
RULES = JoyMap(dead_man=4, stop=1, release=7, deadzone=0.1, axes=(AxisRule(0, "neck_yaw", 0.8),),
               gestures=((2, "wave"),))


def buttons(*down):
    return [int(n in down) for n in range(8)]


def test_keys_mean_what_the_help_says():
    keys = Keys(GESTURES)
    assert keys.read("\x1b[A\x1b[B\x1b[C\x1b[D") == [
        Intent("choose", -1), Intent("choose", 1), Intent("jog", 1), Intent("jog", -1)]
    assert keys.read("+-") == [Intent("jog", 1), Intent("jog", -1)]
    assert [i.kind for i in keys.read(" rhq")] == ["stop", "release", "help", "quit"]
    assert keys.read("xyz7\x00é") == []


@pytest.mark.parametrize("typed, name", [("g3", "gesture_3"), ("g12", "gesture_12"), ("g1\n", "gesture_1"),
                                         ("g1\r", "gesture_1"), ("g0\n", None), ("g99", "gesture_9"),
                                         ("g14", None), ("g\n", None)])
def test_gestures_by_number(typed, name):
    keys = Keys(GESTURES)
    assert [i.name for i in keys.read(typed) if i.kind == "gesture"] == ([name] if name else [])
    assert not keys.asking


@given(st.text(alphabet="g0123456789 \x1b[AOrhq+-x\n", max_size=20))
def test_space_stops_whatever_came_before(text):
    keys = Keys(GESTURES)
    for char in text:  # half-read arrows and numbers included
        keys.read(char)
    assert keys.read(" ") == [Intent("stop")]


def test_an_arrow_may_come_in_pieces():
    keys = Keys(GESTURES)
    assert keys.read("\x1b") == keys.read("[") == [] and keys.read("C") == [Intent("jog", 1)]


def test_the_joystick_moves_only_with_the_dead_man_held_and_stops_always():
    joystick = Joystick(RULES)
    assert joystick.read([1.0], buttons()) == [] and joystick.wished == {}
    assert joystick.read([1.0], buttons(4)) == [] and joystick.wished == {"neck_yaw": pytest.approx(0.8)}
    joystick.read([-0.55], buttons(4))
    assert joystick.wished["neck_yaw"] == pytest.approx(-0.4)
    joystick.read([0.05], buttons(4))
    assert joystick.wished == {}
    assert joystick.read([1.0], buttons(1)) == [Intent("stop")]
    assert joystick.read([1.0], buttons(1)) == []  # one press, one stop
    assert joystick.read([0.0], buttons(7)) == [] and joystick.read([0.0], buttons(2)) == []
    assert joystick.read([0.0], buttons(4, 7)) == [Intent("release")]
    assert joystick.read([0.0], buttons(4, 2)) == [Intent("gesture", name="wave")]


def test_a_button_held_when_the_joystick_comes_back_is_no_press_but_a_stop_is():
    joystick = Joystick(RULES)
    assert joystick.read([0.0], buttons(4, 7, 2)) == []
    joystick.gone()
    assert joystick.read([0.0], buttons(4, 7, 1)) == [Intent("stop")]


@pytest.mark.parametrize("axes", [[float("nan")], [float("inf")], []])
def test_rubbish_from_a_joystick_moves_nothing(axes):
    joystick = Joystick(RULES)
    joystick.read([1.0], buttons(4))
    with pytest.raises(InvalidInput):
        joystick.read(axes, buttons(4))
    assert joystick.wished == {}


def test_the_map_that_ships_is_sound():
    rules = read_joy_map(resource_path("config/joy.yaml"), MODEL.joint_names, gesture_names())
    assert rules.dead_man >= 0 and rules.stop >= 0 and rules.axes and rules.gestures


@pytest.mark.parametrize("text, complaint", [
    ("dead_man: 4\naxsi: []\n", "line 2: unknown setting 'axsi'. Did you mean 'axes'?"),
    ("axes:\n  - {axis: 0, joint: nek_yaw, speed_rad_s: 1}\n", "line 2: unknown joint 'nek_yaw'. Did you mean"),
    ("axes:\n  - {axis: 0, joint: neck_yaw, speed_rad_s: fast}\n", "line 2: a number from -5 to 5 is expected"),
    ("axes:\n  - {axis: 0, joint: neck_yaw}\n", "line 2: 'speed_rad_s' is missing"),
    ("gestures:\n\n  - {button: 1, gesture: wvae}\n", "line 3: unknown gesture 'wvae'. Did you mean 'wave'?"),
    ("stop: B\n", "line 1: a number from 0 to 99"), ("stop: 1\nstop: 2\n", "line 2: 'stop' stands here twice"),
    ("axes: 3\n", "line 1: a list"), ("- 1\n", "line 1: NAME: VALUE"), ("a: [", "cannot be read"),
])
def test_a_typo_in_a_map_is_named_with_its_line(tmp_path, text, complaint):
    path = tmp_path / "joy.yaml"
    path.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        read_joy_map(path, MODEL.joint_names, gesture_names())
    assert complaint in str(caught.value) and str(path) in str(caught.value)


def test_an_empty_map_does_nothing(tmp_path):
    path = tmp_path / "joy.yaml"
    path.write_text("# nothing yet\n")
    assert read_joy_map(path, MODEL.joint_names, gesture_names()) == JoyMap()


@given(st.lists(st.tuples(st.dictionaries(st.sampled_from(MODEL.joint_names), st.floats(-9.0, 9.0), max_size=3),
                          st.floats(0.005, 0.3)), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_jogging_keeps_limits_ends_at_rest_and_goes_on_where_it_was(steps):
    jogger, now_s = Jogger(MODEL, 0.04), 5.0
    robot = TrajectoryFollower(MODEL.joint_names, np.clip(MODEL.rest, MODEL.lower, MODEL.upper))
    for wished, pause_s in steps:
        position, velocity, _ = robot.command(now_s)
        piece = jogger.update(wished, RobotState(now_s, MODEL.joint_names, position, velocity), now_s)
        if piece is None:
            assert all(abs(speed) <= 0.001 for speed in wished.values())
        else:
            rows = [MODEL.index(name) for name in piece.joint_names]
            assert {name for name, speed in wished.items() if abs(speed) > 0.001} <= set(piece.joint_names)
            assert np.abs(piece.velocities[-1]).max() < 1e-6
            assert np.allclose(piece.positions[0], position[rows], atol=1e-6)
            assert (piece.positions >= MODEL.lower[rows] - 1e-6).all()
            assert (piece.positions <= MODEL.upper[rows] + 1e-6).all()
            assert (np.abs(piece.velocities) <= MODEL.max_velocity[rows] + 1e-6).all()
            robot.follow(piece, now_s)
        now_s += pause_s
    assert audit((np.zeros(1), robot.command(now_s)[0][None], np.zeros((1, len(MODEL.joint_names)))),
                 MODEL).violations == 0


def test_a_key_that_is_let_go_ends_in_silence():
    jogger, now_s, got = Jogger(MODEL, 0.04), 0.0, []
    still = RobotState(0.0, MODEL.joint_names, MODEL.rest, np.zeros(len(MODEL.joint_names)))
    for tick in range(40):
        got.append(jogger.update({"neck_yaw": 0.5} if tick < 10 else {}, still, now_s))
        now_s += 0.04
    assert all(piece is not None and piece.joint_names == ("neck_yaw",) for piece in got[:10]) and got[-1] is None
    assert max(np.abs(piece.velocities).max() for piece in got if piece is not None) == pytest.approx(0.5)
