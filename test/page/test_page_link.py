"""The page of the demo in one process: joints by hand drive as teleop until a stop, or until the browser is lost."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from page_clients import Browser, comes_true

from gesture_robot.datatypes import RobotModel
from gesture_robot.page.server import OperatorPage
from gesture_robot.page.state import PageState
from gesture_robot.runtime.page_link import PageLink

JOINT = "neck_yaw"


class Pipeline:
    """As much of the pipeline as the page presses."""

    def __init__(self, model: RobotModel):
        self.now_s, self.stopped, self.sent = 0.0, False, [][:0]
        self.stages: Any = SimpleNamespace(
            model=model, robot=SimpleNamespace(read=lambda: SimpleNamespace(positions=model.rest)),
            controller=SimpleNamespace(submit=lambda command, now_s: self.sent.append((command, now_s))))

    def stop(self, reason: str) -> None:
        self.stopped = True

    def release(self) -> None:
        self.stopped = False


@pytest.fixture
def linked(wren: RobotModel) -> Iterator[tuple[Pipeline, PageLink, Browser, list[str]]]:
    said: list[str] = []
    pipeline: Any = Pipeline(wren)
    link = PageLink(pipeline, "127.0.0.1:0", said.append)
    browser = Browser(link)
    yield pipeline, link, browser, said
    browser.close()
    link.close()


def test_a_slider_drives_its_joint_as_teleop(linked: tuple[Pipeline, PageLink, Browser, list[str]]) -> None:
    pipeline, link, browser, said = linked

    def sends() -> bool:
        pipeline.now_s += 0.01
        link.take_events()
        return bool(pipeline.sent)

    browser.set(JOINT, 0.5)
    assert comes_true(sends)
    command, at_s = pipeline.sent[-1]
    assert command.source == "teleop" and command.trajectory.joint_names == (JOINT,) and at_s == pipeline.now_s
    assert command.trajectory.positions[-1, 0] == pytest.approx(0.5)
    browser.set("STOP", True)
    assert comes_true(lambda: sends() and pipeline.stopped)
    pipeline.sent.clear()
    assert not any(sends() for _ in range(10))
    browser.set(JOINT, 0.2)
    assert comes_true(lambda: sends() or bool(said)) and "release it first" in said[0]
    pipeline.stopped = False
    assert not any(sends() for _ in range(10))  # what was held before the stop does not come back
    browser.set(JOINT, 0.1)
    assert comes_true(sends)
    browser.close()

    def ended() -> bool:
        pipeline.sent.clear()
        return not sends() and not link._manual.names

    assert comes_true(ended)


def test_sliders_follow_the_robot_until_they_are_held(wren: RobotModel) -> None:
    row = wren.index(JOINT)

    def at(angle: float, manual: tuple[str, ...] = ()) -> PageState:
        positions = np.array(wren.rest)
        positions[row] = angle
        return PageState(0.0, positions, manual=manual)

    with OperatorPage(wren, "127.0.0.1:0", shows=("joints",)) as page:
        browser = Browser(page)
        page.update(at(0.4))
        assert comes_true(lambda: browser.value(JOINT) == pytest.approx(0.4))
        page.update(at(-0.6, manual=(JOINT,)))
        assert comes_true(lambda: browser.knows("Give back 1 joint"))
        assert browser.value(JOINT) == pytest.approx(0.4)
        page.update(at(-0.6))
        assert comes_true(lambda: page.update(at(-0.6)) or browser.value(JOINT) == pytest.approx(-0.6))  # type: ignore[func-returns-value]
        browser.close()
