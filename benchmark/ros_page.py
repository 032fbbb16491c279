"""Stop pressed with the mouse in a real browser until the joints' commands brake, all stages as processes over DDS.

Takes about two minutes. The time of a press is the browser's own, of its pointerdown event; that of braking is when the
first command after it, of a control that is stopped, arrives at an observer.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.ros import BACK_S, Row, Running
from gesture_robot.commands.system import find_chromium
from gesture_robot.errors import InvalidInput

TRIES = 20
SETTLE_S = 0.6
"""The page stops once when the button goes down and once more when it comes up."""
FLAGS = ("--headless=new", "--no-sandbox", "--enable-unsafe-swiftshader", "--use-angle=swiftshader", "--disable-quic",
         "--no-first-run", "--disable-sync", "--disable-background-networking", "--disable-component-update",
         "--window-size=1400,900")
LISTEN = """
window.pressed = [];
document.addEventListener('pointerdown', () => window.pressed.push(performance.timeOrigin + performance.now()), true);
"""
STATES = ("talking", "waving", "idle")


class Page:
    """The robot's page in headless Chromium."""

    def __init__(self, url: str, folder: Path):
        from selenium import webdriver

        paths = find_chromium()
        if paths is None:
            raise InvalidInput("Chromium or its driver is not installed: gesture_robot doctor tells what installs it.")
        options = webdriver.ChromeOptions()
        options.binary_location = paths[0]
        for flag in (*FLAGS, f"--user-data-dir={folder / 'chromium'}"):
            options.add_argument(flag)
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(_as_a_user(paths[1], folder)))
        self.driver.get(url)
        self.driver.execute_script(LISTEN)

    def press(self, label: str) -> float:
        """Click a button; returns when it was pressed [s], on the system's clock."""
        from selenium.webdriver.support.ui import WebDriverWait

        path = f"//button[normalize-space(.)='{label}']"
        WebDriverWait(self.driver, BACK_S, 0.02).until(lambda d: _clicked(d, path))
        return float(self.driver.execute_script("return window.pressed[window.pressed.length - 1]")) * 1e-3


def _as_a_user(driver: str, folder: Path) -> str:
    """A driver whose browser cannot give itself priority before the robot, as it does when root starts it."""
    if os.geteuid() or shutil.which("setpriv") is None:
        return driver
    script = folder / "driver"
    script.write_text(f'#!/bin/sh\nexec setpriv --bounding-set -sys_nice --inh-caps -sys_nice {driver} "$@"\n')
    script.chmod(0o755)
    return str(script)


def _clicked(driver: Any, path: str) -> bool:
    from selenium.common.exceptions import WebDriverException

    try:
        driver.find_element("xpath", path).click()
    except WebDriverException:  # not there yet, or still sliding into its place
        return False
    return True


def measure(tries: int = TRIES) -> list[Row]:
    """Rows (what, value, unit, target)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Running(folder, "still_20deg", page=True) as robot:
            robot.until(lambda: robot.seen.value("page", "address"), BACK_S)
            page = Page(robot.seen.value("page", "address"), folder)
            try:
                took = _presses(robot, page, tries)
            finally:
                page.driver.quit()
            violations = robot.seen.stream.violations()
    return [(f"stop pressed in Chromium to braking, median of {tries}", _ms(took, 50), "ms", ""),
            (f"stop pressed in Chromium to braking, p95 of {tries}", _ms(took, 95), "ms", "<= 150"),
            ("stop pressed in Chromium to braking, slowest", _ms(took, 100), "ms", "<= 300"),
            (f"limit violations over {tries} stops", violations, "", "0")]


def _presses(robot: Running, page: Page, tries: int) -> list[float]:
    rng, took, pool = np.random.default_rng(0), [], ThreadPoolExecutor(1)
    for number in range(tries):
        state = STATES[number % len(STATES)]
        if state == "talking":
            robot.talk()
        elif state == "waving":
            page.press("wave")
        robot.crew.spin(float(rng.uniform(0.2, 1.7)))
        known = len(robot.seen.statuses)
        pressing = pool.submit(page.press, "STOP")  # beside the observer, which must not miss when messages come
        robot.until(pressing.done, BACK_S)
        pressed_s = pressing.result() - (time.time() - robot.seen.now_s())
        took.append(robot.braked_s(known) - pressed_s)
        _go_on(robot)
    pool.shutdown()
    return took


def _go_on(robot: Running) -> None:
    released = False
    while not released:
        robot.crew.spin(SETTLE_S)
        robot.crew.release()
        robot.crew.spin(SETTLE_S)
        released = robot.seen.status is not None and not robot.seen.status.stopped


def _ms(took_s: list[float], percentile: float) -> Any:
    return round(float(np.percentile(took_s, percentile)) * 1e3, 1)


if __name__ == "__main__":
    for row in measure(int(sys.argv[1]) if len(sys.argv) > 1 else TRIES):
        print("{:66s} {!s:>14s} {:4s} {}".format(*row), flush=True)
