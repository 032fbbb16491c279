"""Wild commands from all sources, stops, releases, people and blindness, into the simulated robot."""

from gesture_robot.control.stress import run_stress
from gesture_robot.robots.mujoco_robot import MujocoRobot


def test_wild_commands_break_no_limit_touch_nothing_and_always_stop(wren):
    report = run_stress(wren, MujocoRobot(wren), commands=150, seed=1)
    assert report.commands == 150 and report.ticks > 1200
    assert report.limits.violations == 0
    assert (
        max(report.limits.position_fraction, report.limits.velocity_fraction, report.limits.acceleration_fraction)
        <= 1.0 + 1e-6
    )
    assert report.contacts == 0, report.contact_pairs
    assert report.fastest_hand_mps <= 1.5 + 1e-6
    assert report.stops >= 2
    assert report.longest_stop_s <= (wren.max_velocity / wren.max_acceleration).max() + 0.03
