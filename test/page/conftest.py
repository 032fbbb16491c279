"""A robot for the page, and one headless Chromium for all tests of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gesture_robot.commands.system import find_chromium
from gesture_robot.datatypes import RobotModel
from gesture_robot.robots.model import load_model

FLAGS = ("--headless=new", "--no-sandbox", "--enable-unsafe-swiftshader", "--use-angle=swiftshader", "--disable-quic",
         "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-default-apps", "--window-size=1400,900")


@pytest.fixture(scope="session")
def wren() -> RobotModel:
    return load_model("wren")


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    paths = find_chromium()
    if paths is None:
        pytest.skip("Chromium or its driver is not installed; `gesture_robot doctor` tells what installs it")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = paths[0]
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(paths[1]))
    try:
        yield driver
    finally:
        driver.quit()
