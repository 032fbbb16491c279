"""The page without a browser: events, refusals, no way in for other web sites."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from urllib.request import urlopen

import numpy as np
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import InvalidInput, MissingDependency
from gesture_robot.page.server import MAX_WAITING_EVENTS, OperatorPage
from gesture_robot.page.state import PageEvent, PageState


@pytest.fixture(scope="module")
def page(wren: RobotModel) -> Iterator[OperatorPage]:
    with OperatorPage(wren, "127.0.0.1:0", gestures=("wave",)) as page:
        yield page


def test_it_serves_its_page_and_says_where(page: OperatorPage) -> None:
    assert page.url.startswith("http://127.0.0.1:")
    with urlopen(page.url) as answer:
        assert answer.status == 200
        assert b"<html" in answer.read()
    assert not page.has_visitor()


def test_updates_cost_nothing_while_nobody_looks(page: OperatorPage, wren: RobotModel) -> None:
    for step in range(100):
        page.update(PageState(step / 30.0, joint_positions=wren.rest, camera_rgb=np.zeros((480, 640, 3), np.uint8)))
    assert page.poll() == []


def test_positions_of_another_robot_are_refused(page: OperatorPage) -> None:
    with pytest.raises(InvalidInput, match="joint_positions must have"):
        page.update(PageState(0.0, joint_positions=np.zeros(2)))


def test_stop_is_known_at_once_and_drops_what_waits(page: OperatorPage) -> None:
    page._send("gesture", "wave")
    page._send("say", "hello")
    page._send("stop", "")
    page._send("release", "")
    assert page.stop_pressed.is_set()
    page.stop_pressed.clear()
    assert page.poll() == [PageEvent("stop"), PageEvent("release")]
    assert page.poll() == []


def test_a_flood_of_presses_stays_bounded_and_cannot_hide_a_stop(page: OperatorPage) -> None:
    page._send("stop", "")
    for _ in range(10 * MAX_WAITING_EVENTS):
        page._send("gesture", "wave")
    assert page.stop_pressed.is_set()
    page.stop_pressed.clear()
    assert len(page.poll()) == MAX_WAITING_EVENTS


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_another_web_site_cannot_connect(page: OperatorPage, origin: str) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        connect(page.url.replace("http", "ws"), origin=origin, subprotocols=["viser-v0"])  # type: ignore[arg-type, list-item]


def test_no_public_tunnel_is_ever_opened(page: OperatorPage) -> None:
    assert page._server.request_share_url() is None


def test_a_taken_port_is_refused_and_left_alone(wren: RobotModel) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        with pytest.raises(InvalidInput, match=r"taken.*--bind 127\.0\.0\.1:\d+"):
            OperatorPage(wren, f"127.0.0.1:{other.getsockname()[1]}")


def test_beyond_this_machine_nothing_starts(wren: RobotModel) -> None:
    with pytest.raises(InvalidInput, match="ssh -L"):
        OperatorPage(wren, "0.0.0.0:8080")


def test_without_viser_the_extra_is_named(wren: RobotModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "viser", None)
    with pytest.raises(MissingDependency, match=r"gesture_robot\[page\]"):
        OperatorPage(wren, "127.0.0.1:0")


def test_close_frees_port_and_threads_prints_nothing_and_may_be_repeated(
        wren: RobotModel, capfd: pytest.CaptureFixture[str]) -> None:
    page = OperatorPage(wren, "127.0.0.1:0")
    port = int(page.url.rsplit(":", 1)[1].strip("/"))
    page.close()
    page.close()
    assert "operator-page" not in {t.name for t in threading.enumerate() if t is page._worker}
    with OperatorPage(wren, f"127.0.0.1:{port}"):
        pass
    assert capfd.readouterr().out == ""
