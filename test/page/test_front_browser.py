"""The login in a real Chromium: no page without the token, with it the robot, its pictures and STOP."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_page_browser import TIMEOUT_S, button, page_text, wait

from gesture_robot.datatypes import RobotModel
from gesture_robot.page.server import OperatorPage
from gesture_robot.page.state import PageEvent, PageState

pytestmark = pytest.mark.browser
TOKEN = "correct-horse-battery"


def enter(driver: Any, token: str) -> None:
    box = wait(driver, lambda d: (d.find_elements("id", "token") or [None])[0], "the form")
    box.send_keys(token)
    box.submit()


def test_log_in_and_stop(wren: RobotModel, chromium: Any) -> None:
    pressed: list[PageEvent] = []
    shows = ("pause", "greet", "joints", "nodes")
    with OperatorPage(wren, "127.0.0.1:0", token=TOKEN, shows=shows, on_event=pressed.append) as page:
        page.update(PageState(1.0, wren.rest, np.full((120, 160, 3), 90, np.uint8), reason="came <close>", act="greet",
                              mode="running", paused=False, person_ids=("p1",), gestures=("wave",),
                              nodes=(("speech", 3, "silent for 4 s"),)))
        chromium.get(page.url)
        enter(chromium, "not-the-right-token")
        wait(chromium, lambda d: "This token is wrong." in page_text(d), "the refusal")
        enter(chromium, TOKEN)
        wait(chromium, lambda d: "came <close>" in page_text(d), "the page")
        assert "speech" in page_text(chromium)
        button(chromium, "STOP").click()
        assert page.stop_pressed.wait(TIMEOUT_S)
        for label, kind, value in (("Pause behaviours", "pause", ""), ("Greet", "greet", ""),
                                   ("wave", "gesture", "wave")):
            button(chromium, label).click()
            wait(chromium, lambda _, k=kind, v=value: PageEvent(k, v) in pressed, kind)
        assert pressed[0] == PageEvent("stop") and page.answers(5.0)
        chromium.get("about:blank")
