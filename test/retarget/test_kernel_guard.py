"""The path guard: what it calls free never touches, what it blocks would have, and nothing slips through."""

from __future__ import annotations

import numpy as np
import pytest
from collision_look import Look

from gesture_robot.control.limits import JointLimits
from gesture_robot.datatypes import LimbMap, RobotModel
from gesture_robot.retarget.kernel_guard import braking_blocked, needed_at, path_blocked
from gesture_robot.retarget.kernel_path import COLUMNS, joint_travel, path_at, set_braking, set_cubic
from gesture_robot.robots.model import load_model

MARGIN_M, RESOLUTION_M = 0.015, 0.005
INERTIAL = '<inertial><mass value="1"/><inertia ixx="0.1" iyy="0.1" izz="0.1" ixy="0" ixz="0" iyz="0"/></inertial>'
TURNSTILE = f"""<robot name="turnstile">
  <link name="base">
    <collision><origin xyz="0.4 0 0"/><geometry><cylinder radius="0.01" length="0.4"/></geometry></collision></link>
  <link name="hub"/>
  <link name="arm">{INERTIAL}
    <collision><origin xyz="0.4 0 0"/><geometry><sphere radius="0.02"/></geometry></collision></link>
  <joint name="hub_fixed" type="fixed"><parent link="base"/><child link="hub"/></joint>
  <joint name="turn" type="revolute"><parent link="hub"/><child link="arm"/><axis xyz="0 0 1"/>
    <limit lower="-1.5" upper="1.5" velocity="5" effort="10"/></joint>
</robot>"""


@pytest.fixture(scope="module")
def wren():
    return Look(load_model("wren"))


@pytest.fixture(scope="module")
def turnstile():
    limits = [np.array([value]) for value in (-1.5, 1.5, 5.0, 10.0, -1.0)]
    return Look(RobotModel("turnstile", TURNSTILE, ("turn",), *limits, LimbMap("base")), pairs=(("base", "arm"),))


def lowest_room(look, needed, points=60, begin=0.0, end=1.0):
    """(P,) least of distance - needed over the path in the guard's scratch, looked at densely."""
    q, lowest = np.zeros(len(look.slope)), np.full(len(needed), np.inf)
    for u in np.linspace(begin, end, points):
        path_at(look.guard.path, u, q)
        lowest = np.minimum(lowest, look.at(q) - needed)
    return lowest


def cubic(look, state, needed, resolution_m=RESOLUTION_M):
    """The guard's word on (q0, v0, q1, v1, dt); the path is left in its scratch."""
    found = path_blocked(look.tree, look.plan, *state, needed, resolution_m, look.guard)
    set_cubic(*state, look.guard.path)
    return found


# --- paths --------------------------------------------------------------------------------------------------------


def test_the_braking_path_is_that_of_the_joint_limits(wren):
    limits, rng, joints = JointLimits(wren.model), np.random.default_rng(0), len(wren.model.rest)
    path, q = np.zeros((joints, COLUMNS)), np.zeros(joints)
    for _ in range(10):
        start = rng.uniform(wren.model.lower, wren.model.upper)
        speed = rng.uniform(-1.0, 1.0, joints) * wren.model.max_velocity
        positions, velocities = limits.brake(start, speed)
        set_braking(start, speed, np.array(wren.model.max_acceleration), limits.tick_s, path)
        ticks = len(positions) - 1
        for k in range(ticks):
            for part in (0.0, 0.3, 1.0):
                path_at(path, 1.0 + max((k + part) / ticks, 1e-15), q)
                change = velocities[k + 1] - velocities[k]
                expected = positions[k] + limits.tick_s * part * (velocities[k] + 0.5 * part * change)
                np.testing.assert_allclose(q, expected, atol=1e-12)


def test_a_joint_at_rest_brakes_where_it_is(wren):
    joints = len(wren.model.rest)
    path, q, travel = np.zeros((joints, COLUMNS)), np.zeros(joints), np.zeros(joints)
    set_braking(np.array(wren.model.rest), np.zeros(joints), np.array(wren.model.max_acceleration), 0.01, path)
    for u in (1.1, 1.5, 2.0):
        path_at(path, u, q)
        assert np.array_equal(q, wren.model.rest)
    joint_travel(path, 1.0, 2.0, travel)
    assert not travel.any()


def test_travel_counts_the_way_there_and_back():
    rng, joints = np.random.default_rng(1), 400
    path, travel = np.zeros((joints, COLUMNS)), np.zeros(joints)
    ends, speeds = rng.normal(size=(2, joints)), rng.normal(size=(2, joints)) * np.geomspace(1.0, 300.0, joints)
    set_cubic(ends[0], speeds[0], ends[1], speeds[1], 0.1, path)
    grid = np.linspace(0.0, 1.0, 2001)
    found = np.zeros((len(grid), joints))
    for row, u in zip(found, grid, strict=True):
        path_at(path, u, row)
    np.testing.assert_allclose(found[[0, -1]], ends, atol=1e-12)
    np.testing.assert_allclose((found[1] - found[0]) / (grid[1] * 0.1), speeds[0], atol=0.01 * np.abs(speeds).max())
    for begin, end in ((0, 2000), (300, 1700), (900, 1000)):
        joint_travel(path, grid[begin], grid[end], travel)
        seen = np.abs(np.diff(found[begin : end + 1], axis=0)).sum(axis=0)
        assert (travel >= seen - 1e-9).all() and (travel <= seen + 1e-4 * (1.0 + np.abs(speeds).max(axis=0))).all()


# --- the guard ----------------------------------------------------------------------------------------------------


def test_free_paths_keep_what_is_needed_and_blocked_ones_do_not(wren):
    rng, needed = np.random.default_rng(2), np.zeros(len(wren.plan.pairs))
    words = {True: 0, False: 0}
    for _ in range(120):
        q0 = wren.near_rest(rng, 0.3)
        needed_at(wren.at(q0), MARGIN_M, needed)
        v0 = rng.uniform(-1.0, 1.0, len(q0)) * wren.model.max_velocity * rng.choice([0.05, 0.2, 0.5])
        v1, dt_s = v0 + rng.uniform(-2.0, 2.0, len(q0)), rng.choice([0.01, 0.033, 0.1])
        pair = cubic(wren, (q0, v0, q0 + 0.5 * dt_s * (v0 + v1), v1, dt_s), needed)
        lowest = lowest_room(wren, needed)
        words[pair < 0] += 1
        if pair < 0:
            assert lowest.min() >= -0.5 * RESOLUTION_M
            assert (needed + lowest)[needed >= MARGIN_M].min() > 0.0
        else:
            assert lowest[pair] < 1e-4
    assert min(words.values()) > 20


def test_braking_paths_too(wren):
    rng, needed = np.random.default_rng(3), np.zeros(len(wren.plan.pairs))
    words, acceleration = {True: 0, False: 0}, np.array(wren.model.max_acceleration)
    for _ in range(80):
        q = wren.near_rest(rng, 0.3)
        needed_at(wren.at(q), MARGIN_M, needed)
        v = rng.uniform(-1.0, 1.0, len(q)) * wren.model.max_velocity * rng.choice([0.05, 0.2, 0.5])
        pair = braking_blocked(wren.tree, wren.plan, q, v, acceleration, 0.01, needed, RESOLUTION_M, wren.guard)
        lowest = lowest_room(wren, needed, begin=1.0, end=2.0)
        words[pair < 0] += 1
        assert lowest.min() >= -0.5 * RESOLUTION_M if pair < 0 else lowest[pair] < 1e-4
    assert min(words.values()) > 10


def test_a_thin_thing_between_two_points_is_not_missed(turnstile):
    needed = np.array([0.002])
    there, back = np.array([-0.5]), np.array([0.5])
    assert turnstile.at(there)[0] == turnstile.at(back)[0] == 0.06  # both ends are clear, the arm swings through
    for dt_s, speed in ((0.2, 5.0), (1.0, 0.0)):
        state = there, np.array([speed]), back, np.array([speed]), dt_s
        assert cubic(turnstile, state, needed) == 0
    short = there, np.zeros(1), np.array([-0.1]), np.zeros(1), 1.0
    assert turnstile.at(short[2])[0] > 0.002 and cubic(turnstile, short, needed) == -1


def test_a_path_that_goes_there_and_back_is_not_missed(turnstile):
    """The ends are one and the same place; only the speeds tell that the arm goes through the pole and returns."""
    place, needed = np.array([-0.4]), np.array([0.002])
    assert cubic(turnstile, (place, np.array([2.0]), place, np.array([-2.0]), 1.0), needed) == 0
    assert cubic(turnstile, (place, np.array([0.5]), place, np.array([-0.5]), 1.0), needed) == -1
    v, brakes = np.array([2.5]), np.array([10.0])
    words = [
        braking_blocked(turnstile.tree, turnstile.plan, place, s * v, brakes, 0.01, needed, 0.005, turnstile.guard)
        for s in (1.0, -1.0, 0.5)
    ]
    assert words == [-1, -1, -1]  # it stops before the pole, 0.31 rad on
    assert (
        braking_blocked(turnstile.tree, turnstile.plan, place, 1.2 * v, brakes, 0.01, needed, 0.005, turnstile.guard)
        == 0
    )


def test_what_begins_too_near_may_leave_but_not_come_nearer(turnstile):
    near, needed = np.array([-0.08]), np.zeros(1)
    distance = turnstile.at(near)
    assert 0.0 < distance[0] < MARGIN_M
    needed_at(distance, MARGIN_M, needed)
    assert needed[0] == distance[0]
    for step, word in ((-0.02, -1), (0.0, -1), (0.01, 0)):
        state = near, np.zeros(1), near + step, np.zeros(1), 0.1
        assert cubic(turnstile, state, needed, 0.001) == word
    inside = np.array([-0.01])
    needed_at(turnstile.at(inside), MARGIN_M, needed)
    assert needed[0] < 0.0
    for step, word in ((-0.02, -1), (0.008, 0)):
        assert cubic(turnstile, (inside, np.zeros(1), inside + step, np.zeros(1), 0.1), needed, 0.001) == word


def test_a_finer_resolution_cuts_the_corner_less(turnstile):
    """Looks are at most `resolution` apart: what lies between may be nearer than needed by half of that, no more."""
    needed, dip = np.array([0.0]), {}
    for resolution_m in (0.02, 0.002):
        lowest = []
        for begin in np.linspace(-0.2, -0.09, 25):
            for speed in (0.2, 0.8, 1.5):
                state = np.array([begin]), np.array([speed]), np.array([begin]), np.array([-speed]), 0.3
                if cubic(turnstile, state, needed, resolution_m) < 0:
                    lowest.append(lowest_room(turnstile, needed, 200).min())
        dip[resolution_m] = min(lowest)
        assert dip[resolution_m] >= -0.5 * resolution_m
    assert dip[0.002] >= dip[0.02]
