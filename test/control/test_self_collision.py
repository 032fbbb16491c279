"""The guard against self-collision: distances, bounds between looks, and control with it on the simulated robot."""

import sys

import numpy as np
import pytest

from gesture_robot.control.collision import CollisionGuard
from gesture_robot.control.controller import Controller
from gesture_robot.control.distances import RANGE_M
from gesture_robot.control.limits import JointLimits
from gesture_robot.errors import MissingDependency
from gesture_robot.robots.model import load_model
from gesture_robot.robots.mujoco_model import collision_pairs

ACROSS = {"left_shoulder_roll": -0.4, "left_elbow": -1.9, "left_shoulder_yaw": 1.2}


@pytest.fixture(scope="module")
def guard(wren):
    return CollisionGuard(wren, 0.015)


def posed(wren, angles):
    q = wren.rest.copy()
    for name, angle in angles.items():
        q[wren.index(name)] = angle
    return q


def test_rest_is_free_and_an_arm_in_the_chest_is_named(guard, wren):
    rest, across = guard.colliding(np.stack([wren.rest, posed(wren, ACROSS)]))
    assert rest == ()
    assert any("torso" in pair and any("left" in link for link in pair) for pair in across)
    assert guard.pairs == collision_pairs(wren)


def test_no_pair_moves_more_than_the_bound_between_two_looks(guard, wren):
    rng = np.random.default_rng(0)
    seen = 0
    for _ in range(300):
        a = wren.lower + (wren.upper - wren.lower) * rng.uniform(0.2, 0.8, len(wren.rest))
        b = np.clip(a + rng.normal(size=len(a)) * 0.03, wren.lower, wren.upper)
        da, db = guard.distances(a), guard.distances(b)
        both = (da < RANGE_M) & (db < RANGE_M)
        seen += both.sum()
        assert (np.abs(da - db)[both] <= (guard._links.reach @ np.abs(a - b))[both] + 1e-4).all()
    assert seen > 100


INERTIAL = '<inertial><mass value="1"/><inertia ixx="0.1" iyy="0.1" izz="0.1" ixy="0" ixz="0" iyz="0"/></inertial>'
TURNSTILE = f"""<robot name="turnstile">
  <link name="base">
    <collision><origin xyz="0.4 0 0"/><geometry><cylinder radius="0.01" length="0.4"/></geometry></collision></link>
  <link name="hub"/>
  <link name="arm">{INERTIAL}
    <collision><origin xyz="0.4 0 0"/><geometry><sphere radius="0.02"/></geometry></collision></link>
  <link name="tip">{INERTIAL}
    <collision><origin xyz="0.4 0 0"/><geometry><sphere radius="0.015"/></geometry></collision></link>
  <joint name="hub_fixed" type="fixed"><parent link="base"/><child link="hub"/></joint>
  <joint name="turn" type="revolute"><parent link="hub"/><child link="arm"/><axis xyz="0 0 1"/>
    <limit lower="-1.5" upper="1.5" velocity="5" effort="10"/></joint>
  <joint name="lift" type="prismatic"><parent link="arm"/><child link="tip"/><axis xyz="0 0 1"/>
    <limit lower="0" upper="0.1" velocity="1" effort="10"/></joint>
</robot>"""


def test_a_thin_thing_between_two_ticks_is_not_missed(tmp_path):
    (tmp_path / "turnstile.urdf").write_text(TURNSTILE)
    (tmp_path / "turnstile.yaml").write_text("rest: {turn: -1.0}\nmax_acceleration: {turn: 10.0, lift: 5.0}\n")
    model = load_model(str(tmp_path / "turnstile.urdf"))
    guard, limits = CollisionGuard(model, 0.002), JointLimits(model, tick_s=0.1)
    positions, velocities = limits.brake(np.array([-0.6, 0.0]), np.array([5.0, 0.0]))
    assert (
        min(guard.distances(q).min() for q in positions) > 0.01
    )  # every tick is clear, the arm swings through the pole
    assert positions[0, 0] < 0.0 < positions[-1, 0]
    assert guard.blocking(positions, velocities, 0.1)[0]
    positions, velocities = limits.brake(np.array([-0.6, 0.0]), np.array([2.0, 0.5]))
    assert not guard.blocking(positions, velocities, 0.1).any()


def test_a_robot_that_begins_too_near_may_leave_but_not_come_nearer(wren):
    guard, limits = CollisionGuard(wren, 0.05), JointLimits(wren)
    assert guard.colliding(wren.rest) != [()]
    guard.reset(wren.rest)
    for side, ahead in ((1.0, False), (-1.0, True)):
        velocity = np.zeros(len(wren.rest))
        velocity[wren.index("left_shoulder_roll")] = side
        positions, velocities = limits.brake(wren.rest, velocity)
        assert guard.blocking(positions, velocities, 0.01).any() == ahead


def test_a_target_inside_the_body_is_approached_held_calmly_and_left_again(wren, at_rest, drive, hold):
    driver = drive(Controller(wren, at_rest))
    driver.run(0.1, lambda t: hold("gesture", t, {}))
    q, v = driver.run(3.0, lambda t: hold("gesture", t, ACROSS))
    distances = np.array([driver.controller._guard.distances(p).min() for p in q])
    assert 0.0149 <= distances.min() <= 0.02
    assert np.abs(v[-100:]).max() < 0.01 and np.ptp(q[-100:], axis=0).max() < 0.003
    q, _ = driver.run(2.0, lambda t: hold("gesture", t, {}))
    np.testing.assert_allclose(q[-1], wren.rest, atol=0.01)


def test_only_the_limb_in_the_way_is_held(wren, at_rest, drive, hold):
    driver = drive(Controller(wren, at_rest))
    driver.run(0.1, lambda t: hold("gesture", t, {}))
    q, _ = driver.run(2.0, lambda t: hold("gesture", t, {**ACROSS, "right_elbow": -1.0, "neck_yaw": 0.5}))
    assert q[-1, wren.index("right_elbow")] == pytest.approx(-1.0, abs=0.01)
    assert q[-1, wren.index("neck_yaw")] == pytest.approx(0.5, abs=0.01)


def test_steering_moves_only_joints_that_are_driven(wren, at_rest, drive, hold):
    driver = drive(Controller(wren, at_rest))
    names = [n for n in wren.joint_names if n.startswith("left_")]
    q, _ = driver.run(2.0, lambda t: hold("teleop", t, ACROSS, only=names))
    others = [j for j, n in enumerate(wren.joint_names) if n not in names]
    assert np.ptp(q[:, others], axis=0).max() == 0.0


def test_without_the_library_the_message_names_the_extra(wren, at_rest, monkeypatch):
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(MissingDependency, match=r"gesture_robot\[mujoco\]"):
        Controller(wren, at_rest)
