"""The page in a real Chromium: it loads by itself, shows the robot, and its buttons reach the robot's loop."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from gesture_robot.datatypes import RobotModel
from gesture_robot.page.server import OperatorPage
from gesture_robot.page.state import PageEvent, PageState

pytestmark = pytest.mark.browser
TIMEOUT_S = 30.0
BUTTON = "//button[normalize-space(.)='{}']"
MEAN_COLOUR = """
const picture = arguments[0], canvas = document.createElement('canvas');
canvas.width = canvas.height = 8;
const pen = canvas.getContext('2d'); pen.drawImage(picture, 0, 0, 8, 8);
const bytes = pen.getImageData(0, 0, 8, 8).data; let sum = [0, 0, 0];
for (let k = 0; k < bytes.length; k += 4) for (let c = 0; c < 3; c++) sum[c] += bytes[k + c] / 64;
return sum;
"""


def wait(driver: Any, condition: Callable[[Any], Any], what: str, timeout_s: float = TIMEOUT_S) -> Any:
    """Look until it is true; what was replaced by a new page while it was looked at is looked at again."""
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.support.ui import WebDriverWait

    looking = WebDriverWait(driver, timeout_s, poll_frequency=0.05,
                            ignored_exceptions=(StaleElementReferenceException,))
    return looking.until(condition, f"never: {what}")


def button(driver: Any, label: str) -> Any:
    return wait(driver, lambda d: (d.find_elements("xpath", BUTTON.format(label)) or [None])[0], f"button {label}")


def page_text(driver: Any) -> str:
    """What stands on the page, read in one step: an element found first may be gone when it is asked for its text."""
    return str(driver.execute_script("return document.body ? document.body.innerText : ''"))


def pictures(driver: Any) -> list[Any]:
    return driver.find_elements("xpath", "//img[starts-with(@src, 'blob:') or starts-with(@src, 'data:')]")


@pytest.fixture(scope="module")
def opened(wren: RobotModel, chromium: Any) -> Iterator[tuple[OperatorPage, Any]]:
    camera = np.full((480, 640, 3), (200, 30, 30), np.uint8)

    def face() -> np.ndarray:
        return np.full((240, 320, 3), (20, 40, 180), np.uint8)

    with OperatorPage(wren, "127.0.0.1:0", gestures=("wave", "open_palms")) as page:
        page.update(PageState(1.0, wren.rest, camera, face, "greet", "came <close>", "running", people=("p1: 1.9 m",),
                              spoken_words=("Hello", "there"), spoken_word=0, status=(("Camera", "15 pictures/s"),)))
        chromium.get_log("performance")
        chromium.get(page.url)
        button(chromium, "STOP")
        yield page, chromium
        chromium.get("about:blank")


def test_it_shows_what_the_robot_sees_thinks_and_says(opened: tuple[OperatorPage, Any]) -> None:
    _, driver = opened
    wait(driver, lambda d: "came <close>" in page_text(d), "the decision")
    text = page_text(driver)
    for part in ("wren", "greet", "Hello there", "p1: 1.9 m", "15 pictures/s"):
        assert part in text


def test_camera_and_face_pictures_appear(opened: tuple[OperatorPage, Any]) -> None:
    _, driver = opened

    def colours(d: Any) -> list[list[float]]:
        return [d.execute_script(MEAN_COLOUR, picture) for picture in pictures(d)]

    for wanted in ((200, 30, 30), (20, 40, 180)):
        wait(driver, lambda d, w=wanted: any(np.abs(np.array(c) - w).max() < 12 for c in colours(d)), f"{wanted}")


def test_the_robot_stands_in_the_middle_of_the_view(opened: tuple[OperatorPage, Any]) -> None:
    import cv2

    _, driver = opened

    def bright_share(d: Any) -> bool:
        shot = cv2.imdecode(np.frombuffer(d.get_screenshot_as_png(), np.uint8), cv2.IMREAD_GRAYSCALE)
        height, width = shot.shape
        middle = shot[height // 5: height * 4 // 5, width * 2 // 5: width * 3 // 5]
        return float((middle > 120).mean()) > 0.1

    wait(driver, bright_share, "a robot in the middle of the 3-D view")


def test_it_asks_no_other_machine_and_reports_no_error(opened: tuple[OperatorPage, Any]) -> None:
    page, driver = opened
    own = page.url.split("://")[1].rstrip("/")
    errors = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    # No errors: a picture that was replaced before it was drawn, and pages of earlier tests that look for their server.
    harmless = re.compile(rf"^blob:.*ERR_FILE_NOT_FOUND|127\.0\.0\.1:(?!{own.split(':')[1]}\b)\d+")
    assert [message for message in errors if not harmless.search(message)] == []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated"):
            url = message["params"].get("url") or message["params"]["request"]["url"]
            assert url.startswith(("data:", "blob:", "chrome:", "about:", f"http://{own}", f"ws://{own}")), url


def test_stop_then_release(opened: tuple[OperatorPage, Any], wren: RobotModel) -> None:
    page, driver = opened
    page.poll()
    page.stop_pressed.clear()
    button(driver, "STOP").click()
    assert page.stop_pressed.wait(TIMEOUT_S)
    assert page.poll() == [PageEvent("stop")]
    page.update(PageState(2.0, wren.rest, mode="stopped", stopped=True))
    wait(driver, lambda d: "holds still until released" in page_text(d), "stopped")
    wait(driver, lambda d: button(d, "Release").is_enabled(), "Release enabled")
    assert page.poll() == []  # one press, one stop
    button(driver, "Release").click()
    assert first_event(driver, page) == PageEvent("release")


def test_gestures_and_the_say_box(opened: tuple[OperatorPage, Any]) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    page, driver = opened
    button(driver, "open_palms").click()
    assert first_event(driver, page) == PageEvent("gesture", "open_palms")
    box = next(b for b in driver.find_elements("xpath", "//form//input") if b.is_displayed())
    # A person's pace: the browser sends one message in 50 ms and drops what lies between.
    ActionChains(driver).click(box).send_keys("Good <evening>").pause(0.3).send_keys(Keys.ENTER).perform()
    assert first_event(driver, page) == PageEvent("say", "Good <evening>")


def first_event(driver: Any, page: OperatorPage) -> PageEvent:
    return wait(driver, lambda _: (page.poll() or [None])[0], "an event")
