"""The joint-space step: limits hold at 1 kHz for any wish, braking is consistent, following is close and calm."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.control.audit import audit
from gesture_robot.control.limits import JointLimits, Reference
from gesture_robot.datatypes import LimbMap, RobotModel
from gesture_robot.errors import InvalidInput

TICK_S = 0.01
JOINTS = 6


def make_model(seed=0):
    rng = np.random.default_rng(seed)
    lower = rng.uniform(-3.0, -0.1, JOINTS)
    return RobotModel(
        "box",
        "<robot/>",
        tuple(f"j{i}" for i in range(JOINTS)),
        lower,
        lower + rng.uniform(0.02, 4.0, JOINTS),
        rng.uniform(0.5, 6.0, JOINTS),
        rng.uniform(2.0, 40.0, JOINTS),
        lower + 0.01,
        LimbMap("base"),
    )


def follow(model, reference, ticks, q=None, v=None):
    limits = JointLimits(model, TICK_S)
    q = 0.5 * (model.lower + model.upper) if q is None else q
    v, last = np.zeros(JOINTS) if v is None else v, np.zeros(JOINTS)
    log_q, log_v = [q], [v]
    for k in range(ticks):
        here, there = reference(k * TICK_S), reference((k + 1) * TICK_S)
        _, wish = limits.approach(q, v, Reference(*here, *there), model.max_velocity)
        wish = limits.smooth(wish, last)
        low, high = limits.velocity_bounds(q, v)
        assert (low <= high).all()
        following = np.clip(v + TICK_S * wish, low, high)
        q, last, v = limits.advance(q, v, following), (following - v) / TICK_S, following
        log_q.append(q)
        log_v.append(v)
    return np.array(log_q), np.array(log_v)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), beyond=st.floats(0.0, 2.0), speed=st.floats(0.0, 20.0), hold=st.integers(1, 40))
def test_no_reference_breaks_a_limit_at_1_khz(seed, beyond, speed, hold):
    model, rng = make_model(seed), np.random.default_rng(seed)
    span = model.upper - model.lower
    targets = model.lower + span * rng.uniform(-beyond, 1.0 + beyond, (20, JOINTS))
    speeds = rng.normal(size=(20, JOINTS)) * speed

    def reference(t_s):
        row = int(round(t_s / TICK_S)) // hold % 20
        return targets[row], speeds[row]

    q, v = follow(model, reference, 200)
    report = audit((TICK_S * np.arange(len(q)), q, v), model)
    assert report.violations == 0
    assert max(report.position_fraction, report.velocity_fraction, report.acceleration_fraction) <= 1.0 + 1e-6


@settings(derandomize=True, deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_any_step_inside_the_bounds_leaves_room_to_brake(seed):
    model, rng = make_model(seed), np.random.default_rng(seed)
    limits = JointLimits(model, TICK_S)
    q, v = 0.5 * (model.lower + model.upper), np.zeros(JOINTS)
    for _ in range(100):
        low, high = limits.velocity_bounds(q, v)
        following = (
            np.where(rng.random(JOINTS) < 0.5, rng.choice([0.0, 1.0], JOINTS), rng.random(JOINTS)) * (high - low) + low
        )
        q, v = limits.advance(q, v, following), following
        path, speeds = limits.brake(q, v)
        assert audit((TICK_S * np.arange(len(path)), path, speeds), model).violations == 0


@settings(derandomize=True, deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_the_rest_of_a_braking_path_is_the_braking_path_from_there(seed):
    model, rng = make_model(seed), np.random.default_rng(seed)
    limits = JointLimits(model, TICK_S)
    path, speeds = limits.brake(rng.normal(size=JOINTS), rng.uniform(-1, 1, JOINTS) * model.max_velocity)
    assert not speeds[-1].any()
    for k in range(len(path) - 1):
        tail, tail_speeds = limits.brake(path[k], speeds[k])
        np.testing.assert_allclose(tail, path[k:], atol=1e-12)
        np.testing.assert_allclose(tail_speeds, speeds[k:], atol=1e-12)
        np.testing.assert_allclose(limits.brake_step(speeds[k]), speeds[k + 1], atol=1e-12)


def test_braking_at_rest_is_one_point():
    path, speeds = JointLimits(make_model(), TICK_S).brake(np.ones(JOINTS), np.zeros(JOINTS))
    assert path.shape == (1, JOINTS) and not speeds.any()


def test_a_slow_reference_is_followed_without_lag():
    model = make_model(3)
    middle, half = 0.5 * (model.upper + model.lower), 0.5 * (model.upper - model.lower)
    rate = 2 * np.pi * 0.5
    size = np.minimum(0.5 * half, np.minimum(0.5 * model.max_acceleration / rate**2, 0.5 * model.max_velocity / rate))

    def reference(t_s):
        return middle + size * np.sin(rate * t_s), size * rate * np.cos(rate * t_s)

    q, _ = follow(model, reference, 400)
    wanted = np.array([reference(k * TICK_S)[0] for k in range(401)])
    assert (np.abs(q - wanted)[150:].max(axis=0) < 0.002 * size + 1e-6).all()


def test_a_step_is_reached_without_overshoot_or_chatter():
    model = make_model(4)
    start, goal = model.lower + 0.1 * (model.upper - model.lower), model.lower + 0.8 * (model.upper - model.lower)
    q, v = follow(model, lambda t_s: (goal, np.zeros(JOINTS)), 1500, q=start)
    assert np.abs(q[-1] - goal).max() < 1e-3
    assert (q <= goal + 1e-3 * (goal - start)).all()
    acceleration = np.diff(v, axis=0) / TICK_S
    signs = np.sign(np.where(np.abs(acceleration) < 1e-3 * model.max_acceleration, 0.0, acceleration))
    assert ((np.diff(signs, axis=0) != 0).sum(axis=0) <= 6).all()


def test_a_target_behind_a_limit_ends_at_the_limit_at_rest():
    model = make_model(5)
    q, v = follow(model, lambda t_s: (model.upper + 1.0, model.max_velocity), 1000)
    np.testing.assert_allclose(q[-1], model.upper, atol=2e-3)
    assert np.abs(v[-1]).max() < 1e-2


def test_acceleration_grows_in_steps_and_falls_freely():
    limits = JointLimits(make_model(), TICK_S, jerk_time_s=0.04)
    full = make_model().max_acceleration
    np.testing.assert_allclose(limits.smooth(full * 3, np.zeros(JOINTS)), 0.25 * full)
    np.testing.assert_allclose(limits.smooth(np.zeros(JOINTS), full), 0.0)
    np.testing.assert_allclose(limits.smooth(-full, full), -0.25 * full)


def test_the_audit_sees_what_lies_between_the_points():
    model = make_model(1)
    q = np.tile(0.5 * (model.lower + model.upper), (3, 1))
    calm = audit((np.array([0.0, 0.1, 0.2]), q, np.zeros_like(q)), model)
    assert calm.violations == 0 and calm.position_fraction == 0.0
    v = np.zeros_like(q)
    v[1] = 1000.0  # the points are inside, the cubic between them is not
    wild = audit((np.array([0.0, 0.1, 0.2]), q, v), model)
    assert wild.violations > 0 and wild.acceleration_fraction > 1.0


def test_the_audit_refuses_other_joints():
    with pytest.raises(InvalidInput, match="shape"):
        audit((np.zeros(2), np.zeros((2, 3)), np.zeros((2, 3))), make_model())
