"""The shell of every node, seen on the smallest real one."""

from __future__ import annotations

import pytest

from gesture_robot.nodes.diagnostics import ERROR, OK, WARN, Health
from gesture_robot.nodes.params_file import find, names
from gesture_robot.nodes.timeline import Timeline


class Clock:
    def __init__(self, now_s=100.0):
        self.now_s = now_s

    def __call__(self):
        return self.now_s


def test_time_never_runs_backwards_when_the_clock_is_set():
    clock, steady = Clock(), Clock(5.0)
    line = Timeline(clock, steady)
    before = line.now_s()
    for jump in (-3600.0, 7200.0, 0.0):
        clock.now_s += 0.01 + jump
        steady.now_s += 0.01
        now = line.now_s()
        assert now - before == pytest.approx(0.01, abs=1e-6)
        assert line.to_clock(now) == pytest.approx(clock.now_s, abs=1e-6)
        assert line.from_clock(clock.now_s) == pytest.approx(now, abs=1e-6)
        before = now
    assert line.jumps == 2


def test_a_slewing_clock_is_followed_without_a_jump():
    clock, steady = Clock(), Clock(5.0)
    line = Timeline(clock, steady)
    for _ in range(1000):
        clock.now_s += 0.0101
        steady.now_s += 0.01
        line.now_s()
    assert line.jumps == 0
    assert abs(line.now_s() - clock.now_s) < 0.01


def test_simulated_time_may_start_late_stand_still_and_be_reset():
    clock = Clock(0.0)
    line = Timeline(clock, Clock(), simulated=True)
    assert line.now_s() == 0.0
    clock.now_s = 55.0  # first message of /clock
    assert line.now_s() == 55.0 and line.jumps == 0
    assert line.now_s() == 55.0
    clock.now_s = 1.0  # the simulation was reset
    assert line.now_s() == pytest.approx(55.0) and line.jumps == 1
    clock.now_s = 1.5
    assert line.now_s() == pytest.approx(55.5) and line.to_clock(line.now_s()) == pytest.approx(1.5)


def test_health_names_silence_losses_and_refusals_and_forgets_them():
    health = Health()
    assert health.report(0.0).level == OK
    health.expect("image", 0.7, now_s=0.0)
    assert health.report(0.5).level == OK
    assert health.report(1.0).level == WARN and "image: nothing for 1.0 s" in health.report(1.0).message
    health.tick("image", 1.1, latency_s=0.02)
    assert health.report(1.2).level == OK
    health.drop("image", "3 lost", 1.2, count=3)
    assert health.event("people", "people: NaN", 1.2) and not health.event("people", "people: NaN", 1.3)
    report = health.report(1.4)
    assert "3 lost" in report.message and "NaN" in report.message and dict(report.values)["image: drops"] == "3"
    health.tick("image", 9.0)
    assert health.report(9.0).level == OK
    health.lasting("engine", "engine is gone", ERROR)
    assert health.report(99.0).level == ERROR


def test_a_name_in_a_parameter_file_is_found_with_its_line(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("/**:\n  ros__parameters:\n    use_sim_time: true\ncontrol:\n  ros__parameters:\n    control:\n"
                    "      tick_z: 0.01\n/a/page:\n  ros__parameters: {port: 1}\n")
    assert find("control.tick_z", "/control", [path]) == f"{path} line 7"
    assert find("control.tick_z", "/a/control", [path]) == ""
    assert [n for _, n, _ in names(path)] == ["use_sim_time", "control.tick_z", "port"]
