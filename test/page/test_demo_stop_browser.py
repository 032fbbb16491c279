"""The real demo with its page: the stop button really stops the robot, and Ctrl-C ends with everything saved."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from test_page_browser import page_text, wait

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TIMEOUT_S = 60.0


def press(driver, label):
    from selenium.common.exceptions import WebDriverException

    def clicked(d):
        try:
            d.find_element("xpath", f"//button[normalize-space(.)='{label}']").click()
        except WebDriverException:  # not there yet, or still sliding into its place
            return False
        return True

    wait(driver, clicked, label, TIMEOUT_S)


def body(driver):
    return page_text(driver).lower()


@pytest.fixture
def demo(tmp_path):
    command = [
        sys.executable,
        "-m",
        "gesture_robot.cli",
        "demo",
        "--scene",
        "still_20deg",
        "--bind",
        "127.0.0.1:0",
        "--no-mp4",
        "--seconds",
        "240",
        "--out",
        str(tmp_path),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    yield process, tmp_path
    process.kill()


def test_stop_button_stops_the_robot(demo, chromium):
    process, folder = demo
    url = next(line.split()[1] for line in process.stderr if line.startswith("Open http"))
    chromium.get(url)
    press(chromium, "STOP")
    wait(chromium, lambda d: "stopped" in body(d), "the page says stopped", TIMEOUT_S)
    press(chromium, "Release")
    wait(chromium, lambda d: "stopped" not in body(d), "the page says released", TIMEOUT_S)
    press(chromium, "wave")
    press(chromium, "STOP")
    wait(chromium, lambda d: "stopped" in body(d), "the page says stopped again", TIMEOUT_S)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0
    report = json.loads((folder / "report.json").read_text())
    stops = [a["time_s"] for a in report["acts"] if "stop button" in a["act"]]
    assert len(stops) == 2 and report["limits"]["violations"] == 0
    saved = np.load(folder / "trajectory.npz")
    after = saved["times_s"] > stops[1] + 1.2
    assert np.abs(saved["velocities"][after]).max() < 1e-9, "still moving"
    between = (saved["times_s"] > stops[0] + 1.2) & (
        saved["times_s"] < [a["time_s"] for a in report["acts"] if a["act"] == "release"][0]
    )
    assert between.sum() == 0 or np.abs(saved["velocities"][between]).max() < 1e-9
