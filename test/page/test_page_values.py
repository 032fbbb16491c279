"""What is shown: values are checked at birth, text from outside cannot become markup, frames follow the joints."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.page.panels import PRESS_S, Controls
from gesture_robot.page.robot_view import RobotView
from gesture_robot.page.state import PageEvent, PageState
from gesture_robot.page.words import mode_html, nodes_html, notes_html, status_html, thoughts_html
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import tree_of


@pytest.mark.parametrize("picture", [np.zeros((4, 4)), np.zeros((4, 4, 3)), np.zeros((4, 4, 4), np.uint8),
                                     np.zeros((0, 4, 3), np.uint8)])
def test_only_rgb_pictures_are_shown(picture: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match="camera_rgb must be"):
        PageState(0.0, camera_rgb=picture)


def test_positions_must_be_finite() -> None:
    with pytest.raises(InvalidInput, match="entry 1 is nan"):
        PageState(0.0, joint_positions=np.array([0.0, np.nan]))


def test_unknown_events_are_refused() -> None:
    with pytest.raises(UnknownName, match="gesture, give_back, greet, joint, pause, release, resume, say, stop"):
        PageEvent("explode")


@given(st.text(max_size=40))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_text_from_outside_never_becomes_markup(text: str) -> None:
    hostile = f"<img src=x onerror=alert(1)>{text}<script>"
    state = PageState(0.0, act=hostile, reason=hostile, mode=hostile, spoken_words=(hostile,), spoken_word=0,
                      people=(hostile,), status=((hostile, hostile),), stop_reason=hostile, notes=(hostile,),
                      nodes=((hostile, 2, hostile),))
    for html in (mode_html(state), thoughts_html(state), status_html(state), notes_html(state), nodes_html(state)):
        assert "<img" not in html
        assert "<script" not in html


def test_the_word_that_is_heard_stands_out() -> None:
    html = thoughts_html(PageState(0.0, spoken_words=("good", "day"), spoken_word=1))
    assert "good <b>day</b>" in html


def test_a_node_in_trouble_is_named_beside_stop_and_in_the_list() -> None:
    state = PageState(0.0, nodes=(("control", 0, "ok"), ("face", 1, "late"), ("speech", 3, "silent for 4 s")))
    assert "control" not in mode_html(state) and mode_html(state).index("speech") < mode_html(state).index("face")
    for part in ("control", "warns: late", "gone: silent for 4 s"):
        assert part in nodes_html(state)


@dataclass
class Node:
    name: str
    wxyz: Any = (1.0, 0.0, 0.0, 0.0)
    position: Any = (0.0, 0.0, 0.0)
    moved: int = field(default=0)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if name == "position":
            object.__setattr__(self, "moved", getattr(self, "moved", 0) + 1)


class RecordingScene:
    """Stands in for viser's scene: frames nest by name."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}

    def add_frame(self, name: str, **_: Any) -> Node:
        return self.nodes.setdefault(name, Node(name))

    def add_mesh_simple(self, name: str, *_: Any, **__: Any) -> Node:
        return self.nodes.setdefault(name, Node(name))

    add_mesh_trimesh = add_image = add_mesh_simple

    def pose(self, name: str) -> np.ndarray:
        pose = np.eye(4)
        parts = name.strip("/").split("/")
        for depth in range(len(parts)):
            node = self.nodes["/" + "/".join(parts[: depth + 1])]
            local = np.eye(4)
            local[:3, :3] = Rotation.from_quat(np.roll(node.wxyz, -1)).as_matrix()
            local[:3, 3] = node.position
            pose = pose @ local
        return pose


def test_every_link_is_drawn_where_kinematics_has_it(wren: RobotModel) -> None:
    scene, kinematics = RecordingScene(), Kinematics(wren)
    view = RobotView(scene, wren)
    rng = np.random.default_rng(1)
    links = tuple(tree_of(wren).links)
    for _ in range(3):
        positions = rng.uniform(wren.lower, wren.upper)
        view.show(positions)
        expected = kinematics.link_poses(positions, links)
        frames = {name.rsplit("/", 1)[1]: name for name in scene.nodes if "_visual_" not in name and name != "/robot"
                  and not name.endswith("/face")}
        for link, name in frames.items():
            np.testing.assert_allclose(scene.pose(name), expected[link], atol=1e-3)
    assert len(frames) == len(links) - 1


class Presses:
    """Controls without a browser: only the handlers of STOP and Release."""

    def __init__(self) -> None:
        self.now_s, self.sent = 100.0, [""][:0]
        self.controls = Controls.__new__(Controls)
        self.controls._send = lambda kind, *_: self.sent.append(kind)  # type: ignore[method-assign]
        self.controls._clock, self.controls._held_s = lambda: self.now_s, {}

    def do(self, handler: str, client: int = 1) -> None:
        asyncio.run(getattr(self.controls, handler)(SimpleNamespace(client_id=client)))


def test_one_press_of_stop_is_one_stop_and_a_keyboard_press_counts() -> None:
    presses = Presses()
    presses.do("_stop_held")
    presses.now_s += 0.2
    presses.do("_stop_clicked")
    assert presses.sent == ["stop"]
    presses.do("_stop_clicked")  # the space bar: no pointer went down
    assert presses.sent == ["stop", "stop"]


def test_no_stop_is_lost_after_a_release_or_from_somebody_else() -> None:
    presses = Presses()
    presses.do("_stop_held")  # its click got lost on the way
    presses.do("_stop_clicked", client=2)
    presses.do("_released")
    presses.do("_stop_clicked")
    assert presses.sent == ["stop", "stop", "release", "stop"]
    presses.do("_stop_held")
    presses.now_s += PRESS_S
    presses.do("_stop_clicked")
    assert presses.sent[-2:] == ["stop", "stop"]


def test_only_joints_that_moved_are_sent(wren: RobotModel) -> None:
    scene = RecordingScene()
    view = RobotView(scene, wren)
    before = {name: node.moved for name, node in scene.nodes.items()}
    positions = wren.rest.copy()
    view.show(positions)
    assert {name: node.moved for name, node in scene.nodes.items()} == before
    positions[0] += 0.1
    view.show(positions)
    assert sum(node.moved - before[name] for name, node in scene.nodes.items()) == 1


def test_every_shape_of_the_robot_can_be_drawn(wren: RobotModel, caplog: pytest.LogCaptureFixture) -> None:
    scene = RecordingScene()
    RobotView(scene, wren)
    drawn = [name for name in scene.nodes if "_visual_" in name]
    assert len(drawn) == sum(len(link.visuals) for link in tree_of(wren).links.values())
    assert not caplog.records
