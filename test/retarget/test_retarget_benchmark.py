"""The benchmark's own parts: what the peer is given, what happens without it, wild motion for the long safety run."""

import importlib.util

import numpy as np
import pytest

from benchmark.retarget import COLUMNS, main, markdown, table, write_docs
from benchmark.retarget_bars import unmet
from benchmark.retarget_peer import human_frames, make_peer
from benchmark.retarget_peer_robot import PeerRobot
from benchmark.retarget_safety import Count, run_piece, wild_motion
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import InvalidInput, MissingDependency
from gesture_robot.robots.model import load_model

STILL = BodyMotion(30.0, np.zeros((1, 55, 3)), np.zeros((1, 3)))


def test_the_peer_sees_a_human_who_stands_and_faces_x():
    frame = human_frames(STILL)[0]
    assert 0.0 < frame["left_foot"][0][2] < 0.1 < 0.9 < frame["pelvis"][0][2] < 1.1
    assert frame["left_wrist"][0][1] > 0.5 and frame["right_wrist"][0][1] < -0.5
    forward = frame["left_foot"][0] - frame["left_ankle"][0]
    assert forward[0] > 0.1
    assert all(np.linalg.norm(quaternion) == pytest.approx(1.0) for _, quaternion in frame.values())


def test_the_stand_in_s_targets_are_met_by_the_robot_that_stands_like_the_human():
    """At the human's zero pose each upper arm's target points the bone where the human's does."""
    model = load_model("wren")
    robot = PeerRobot(model)
    targets = robot.targets(human_frames(STILL)[0])
    assert not robot.floating
    shoulder, elbow, wrist = (
        targets[link][0]
        for link in (
            model.limbs.left_arm.upper_arm_link,
            model.limbs.left_arm.forearm_link,
            model.limbs.left_arm.hand_link,
        )
    )
    human = human_frames(STILL)[0]
    bone = human["left_elbow"][0] - human["left_shoulder"][0]
    assert (elbow - shoulder) @ bone / np.linalg.norm(elbow - shoulder) / np.linalg.norm(bone) > 0.9999
    assert wrist[1] > elbow[1] > shoulder[1] > 0.1


@pytest.mark.skipif(importlib.util.find_spec("mink") is not None, reason="mink is installed")
def test_without_mink_one_line_says_what_to_install(capsys):
    with pytest.raises(MissingDependency, match="mink daqp"):
        make_peer(load_model("wren"))


def test_a_robot_that_is_not_there_ends_with_one_line(capsys):
    assert main(["--robots", "nobody", "--no-peer"]) == 2
    assert "nobody" in capsys.readouterr().err


def test_tables_show_both_tools_side_by_side(tmp_path):
    rows = [
        {"robot": "wren", "tool": "gesture_robot", "live_fps": 7000.4, "upper_free_deg": 1.234, "outside_limits": 0},
        {
            "robot": "wren",
            "tool": "GMR (x)",
            "live_fps": 290.0,
            "upper_calibrated_deg": 3.7,
            "fore_calibrated_deg": 3.9,
        },
    ]
    assert "7000" in table(rows) and "290" in table(rows) and table(rows).count("\n") == 2
    assert len({len(line) for line in table(rows).splitlines()}) == 1 and len(COLUMNS) > 20
    shown = markdown(rows).splitlines()
    assert len(shown) == 3 and len({line.count("|") for line in shown}) == 1
    assert "7000 / 290" in shown[2] and "(3.7, 3.9)" in shown[2]
    document = tmp_path / "table.md"
    document.write_text(
        "before\n<!-- measured: written by benchmark.retarget --docs -->\nold\n<!-- end of measured -->\nafter"
    )
    write_docs(document, rows)
    text = document.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter") and "7000 / 290" in text and "old" not in text
    document.write_text("no marks")
    with pytest.raises(InvalidInput, match="no '<!--"):
        write_docs(document, rows)


GOOD = {
    "live_fps": 7000.0,
    "bulk_fps": 20000.0,
    "free_percent": 90.0,
    "p99_ms": 0.5,
    "first_s": 0.8,
    "jerk_ratio": 1.1,
    "outside_limits": 0,
    "upper_free_deg": 2.0,
    "fore_free_deg": 3.0,
    "upper_guarded_deg": 9.0,
    "fore_guarded_deg": None,
    "contacts_cm": {"prayer_0": 1.0},
}
PEER = {
    "live_fps": 300.0,
    "upper_free_deg": 4.2,
    "fore_free_deg": 3.1,
    "upper_guarded_deg": 7.5,
    "fore_guarded_deg": 2.0,
}


def test_bars_are_half_the_peer_where_it_is_far_off_and_never_above_it():
    assert unmet(GOOD, PEER) == []
    assert len(unmet(GOOD, PEER | {"upper_free_deg": 3.9})) == 0  # not far off: only never above it
    assert "upper free" in unmet(GOOD | {"upper_free_deg": 2.2}, PEER)[0]
    assert "fore free" in unmet(GOOD | {"fore_free_deg": 3.2}, PEER)[0]
    assert "upper guarded" in unmet(GOOD | {"upper_guarded_deg": 9.5}, PEER)[0]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("live_fps", 5990.0),
        ("free_percent", 84.0),
        ("p99_ms", 1.1),
        ("jerk_ratio", 1.21),
        ("outside_limits", 1),
        ("contacts_cm", {"prayer_0": 3.1}),
        ("upper_reachable_deg", 2.1),
        ("bad_starts_percent", 1.0),
    ],
)
def test_every_missed_bar_is_named(key, value):
    (line,) = unmet(GOOD | {key: value})
    assert line.split()[0] in (key, "contact")


def test_wild_motion_is_finite_and_repeats():
    motions = [wild_motion(number, 200) for number in range(4)]
    assert all(np.isfinite(m.rotations).all() for m in motions)
    np.testing.assert_array_equal(motions[1].rotations, wild_motion(1, 200).rotations)
    steps = [np.abs(np.diff(m.rotations, axis=0)).max() for m in motions]
    assert max(steps) > 3.0
    assert len({m.fps for m in (wild_motion(n, 5) for n in range(12))}) > 2


@pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="plain Python would take minutes")
def test_wild_motion_never_leaves_a_limit_nor_hits_the_robot():
    total = Count()
    for number in range(3):
        total.add(run_piece("wren", number, 250))
    assert total.frames == 750 and total.limit_samples > 10_000 and total.contact_samples > 3000
    assert total.violations == 0
    assert total.contacts == 0, total.wrong_pieces
