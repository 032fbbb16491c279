"""Joint limits: whatever is asked for, the cubic between two states stays inside, and braking is always possible."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.retarget.kernel_limits import LimitPlan, braking_way, fastest_towards, follow, possible_speed

FPS = 30.0
DT = 1.0 / FPS


def one_joint(lower=-2.0, upper=2.0, velocity=4.0, acceleration=25.0):
    return LimitPlan(np.array([lower]), np.array([upper]), np.array([velocity]), np.array([acceleration]), DT)


def cubic(q, v, next_q, next_v, count=40):
    """Positions, velocities and accelerations of one frame's cubic, both ends included."""
    u = np.linspace(0.0, DT, count)
    sums, half = 2.0 * (next_v - v) / DT, 6.0 * (next_q - q - v * DT) / DT**2
    a, b = half - sums, 2.0 * sums - half
    rise = (b - a) / DT
    return q + u * (v + u * (0.5 * a + u * rise / 6.0)), v + u * (a + 0.5 * u * rise), a + u * rise


def targets(kind, rng, count):
    if kind == "noise":
        return rng.uniform(-6.0, 6.0, count)
    if kind == "steps":
        return np.repeat(rng.uniform(-3.0, 3.0, count // 15 + 1), 15)[:count]
    if kind == "walk":
        return np.cumsum(rng.normal(size=count)) * 0.15
    return np.sin(np.arange(count) * rng.uniform(0.05, 0.4)) * rng.uniform(0.5, 3.0)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), kind=st.sampled_from(("noise", "steps", "walk", "sine")))
def test_no_sample_leaves_any_limit_whatever_is_asked_for(seed, kind):
    rng = np.random.default_rng(seed)
    lower, upper = -rng.uniform(0.05, 3.0), rng.uniform(0.05, 3.0)
    top, most = rng.uniform(0.5, 8.0), rng.uniform(3.0, 80.0)
    plan = one_joint(lower, upper, top, most)
    wanted = targets(kind, rng, 120)
    speeds = np.gradient(wanted) * FPS if seed % 2 else rng.uniform(-9.0, 9.0, 120)
    q, v = rng.uniform(lower, upper), 0.0
    for target, target_v in zip(wanted, speeds, strict=True):
        next_q, next_v, exact = follow(plan, 0, q, v, target, target_v)
        positions, velocities, accelerations = cubic(q, v, next_q, next_v)
        assert positions.min() >= lower - 1e-9 and positions.max() <= upper + 1e-9
        assert np.abs(velocities).max() <= top * (1 + 1e-9) and np.abs(accelerations).max() <= most * (1 + 1e-9)
        stops_at = next_q + braking_way(next_v, most * DT, DT)
        assert lower - 1e-9 <= stops_at <= upper + 1e-9
        assert not exact or next_q == np.clip(target, lower, upper)
        q, v = next_q, next_v


def test_a_target_within_the_limits_is_met_exactly_and_without_delay():
    plan = one_joint()
    times = np.arange(90) * DT
    wanted, speeds = np.sin(2.0 * times), 2.0 * np.cos(2.0 * times)
    q, v = wanted[0], speeds[0]
    for target, target_v in zip(wanted[1:], speeds[1:], strict=True):
        q, v, exact = follow(plan, 0, q, v, target, target_v)
        assert exact and q == target


def test_a_step_is_reached_as_fast_as_the_limits_allow_and_not_overshot():
    plan, path = one_joint(), []
    q, v = 0.0, 0.0
    for _ in range(20):
        q, v, _ = follow(plan, 0, q, v, 1.0, 0.0)
        path.append(q)
    assert max(path) <= 1.0 and np.all(np.diff(path) >= 0.0)
    assert path[14] == 1.0 and v == 0.0  # 1 rad at 4 rad/s and 25 rad/s^2 takes 0.41 s at least


@settings(derandomize=True, deadline=None, max_examples=80)
@given(velocity=st.floats(0.0, 10.0), step=st.floats(0.01, 3.0))
def test_the_fastest_speed_towards_an_end_is_the_one_whose_braking_way_fits(velocity, step):
    room = 0.5 * DT * velocity + braking_way(velocity, step, DT)
    assert fastest_towards(room, step, DT) == pytest.approx(velocity, abs=1e-9)


def test_a_joint_at_its_end_may_only_start_away_from_it():
    plan = one_joint()
    assert possible_speed(plan, np.array([2.0]), np.array([1.0]))[0] == 0.0
    assert possible_speed(plan, np.array([2.0]), np.array([-1.0]))[0] == -1.0
    assert possible_speed(plan, np.array([0.0]), np.array([9.0]))[0] == 4.0
