"""Distances between rounded convex hulls: against MuJoCo's, closed forms, finite differences, and without numba."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from collision_look import RANGE_M, Look
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gesture_robot.retarget.hulls import RoundedHull, box_hull, capsule_hull, hull_corners, hull_set, sphere_hull
from gesture_robot.retarget.kernel_gjk import (
    NEAREST,
    POINT_A,
    RESULT,
    ROTATION,
    START,
    TRANSLATION,
    hull_distance,
    hull_scratch,
)
from gesture_robot.retarget.kernel_overlap import overlap_depth
from gesture_robot.retarget.kernel_rotation import turn_about
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import load_model


@pytest.fixture(scope="module")
def wren():
    return Look(load_model("wren"))


def apart(a, b, rotation=None, translation=(0.0, 0.0, 0.0), start=None, limit_m=100.0):
    """Signed distance of two RoundedHulls, normal from a to b and nearest points in a; the pose is a_from_b."""
    rotation = np.eye(3) if rotation is None else rotation
    s, n = hull_scratch()
    s[ROTATION : ROTATION + 3, :3], s[TRANSLATION, :3] = rotation, translation
    away = a.vertices.mean(axis=0) - (rotation @ b.vertices.mean(axis=0) + translation)
    s[START, :3] = away if start is None else start
    both = hull_set([a.vertices, b.vertices], [0, 1])
    core = hull_distance(both.vertices, both.links, both.shapes, 0, 1, limit_m, s, n)
    normal = -s[NEAREST, :3] / max(core, 1e-300)
    if core == 0.0:
        core = -overlap_depth(both.vertices, both.links, -1e9, s, n)
        normal = s[RESULT, :3].copy()
    on_a, on_b = s[POINT_A, :3].copy(), s[POINT_A, :3] - s[NEAREST, :3]
    return core - a.radius_m - b.radius_m, normal, on_a + normal * a.radius_m, on_b - normal * b.radius_m


def cloud(seed, count, size=0.1):
    return hull_corners(np.random.default_rng(seed).normal(size=(count, 3)) * size)


# --- the kinematics behind it -------------------------------------------------------------------------------------


def test_bodies_are_where_the_kinematics_says(wren):
    kinematics, rng = Kinematics(wren.model), np.random.default_rng(0)
    for _ in range(5):
        q = rng.uniform(wren.model.lower, wren.model.upper)
        wren.at(q)
        for link, pose in kinematics.link_poses(q, tuple(wren.bodies.body_of_link)).items():
            body, fixed = wren.bodies.body_of_link[link], wren.bodies.body_from_link[link]
            turned = wren.rotations[body] @ fixed[:3, :3]
            moved = wren.rotations[body] @ fixed[:3, 3] + wren.positions[body]
            np.testing.assert_allclose(np.column_stack([turned, moved]), pose[:3], atol=1e-12)


@pytest.mark.parametrize("tiny", [0.0, 6.1e-17, -6.1e-17])
@pytest.mark.parametrize("axis", [(1, 0, 0), (0, -1, 0), (0, 0, 1), (0.6, 0.0, -0.8), (2 / 3, -1 / 3, 2 / 3)])
def test_turning_about_an_axis(axis, tiny):
    """URDF files hold axes along x, y, z with rounding in the other components."""
    axis = np.array(axis, float)
    matrix = Rotation.random(random_state=0).as_matrix()
    turned, expected = matrix.copy(), matrix @ Rotation.from_rotvec(0.7 * axis).as_matrix()
    turn_about(turned, np.where(axis == 0.0, tiny, axis), 0.7)
    np.testing.assert_allclose(turned, expected, atol=1e-14)


# --- pairs of hulls -----------------------------------------------------------------------------------------------


def test_spheres_capsules_and_boxes_in_closed_form():
    ball, box = sphere_hull(0.1), box_hull((0.2, 0.2, 0.2))
    assert apart(ball, ball, translation=(0.5, 0.0, 0.0))[0] == pytest.approx(0.3, abs=1e-12)
    distance, normal, on_a, on_b = apart(box, ball, translation=(0.3, 0.0, 0.0))
    assert distance == pytest.approx(0.1, abs=1e-12)
    np.testing.assert_allclose([normal, on_a, on_b], [[1, 0, 0], [0.1, 0, 0], [0.2, 0, 0]], atol=1e-12)
    corner, *_ = apart(box, ball, translation=(0.2, 0.2, 0.2))
    assert corner == pytest.approx(0.1 * np.sqrt(3.0) - 0.1, abs=1e-12)
    rod = capsule_hull(np.array([0.0, 0.0, -0.5]), np.array([0.0, 0.0, 0.5]), 0.02)
    crossed = Rotation.from_euler("x", 90, degrees=True).as_matrix()
    assert apart(rod, rod, crossed, (0.1, 0.0, 0.2))[0] == pytest.approx(0.06, abs=1e-12)


def test_depth_of_boxes_that_overlap():
    box = box_hull((0.2, 0.3, 0.4))
    distance, normal, on_a, on_b = apart(box, box, translation=(0.15, 0.02, -0.01))
    assert distance == pytest.approx(-0.05, abs=1e-9)
    np.testing.assert_allclose(normal, [1, 0, 0], atol=1e-9)
    np.testing.assert_allclose(on_b - on_a, normal * distance, atol=1e-9)
    assert on_a[0] == pytest.approx(0.1, abs=1e-9)
    middle, *_ = apart(box, box)  # one inside the other, same centre
    assert middle == pytest.approx(-0.2, abs=1e-9)


@pytest.mark.parametrize("shift", [(0.0, 0.0, 0.0), (0.01, 0.0, 0.0), (0.0, 0.0, 1e-12)])
def test_flat_and_single_things_that_touch_give_numbers(shift):
    point, line = sphere_hull(0.0), capsule_hull(np.zeros(3), np.array([0.1, 0.0, 0.0]), 0.0)
    plate = box_hull((0.2, 0.2, 0.0))
    for a in (point, line, plate):
        for b in (point, line, plate):
            found = apart(a, b, translation=shift)
            assert np.isfinite(np.concatenate([np.atleast_1d(part) for part in found])).all()
            assert -1e-9 <= found[0] <= 0.01 + 1e-9
            assert np.linalg.norm(found[1]) == pytest.approx(1.0, abs=1e-6)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(4, 40), st.integers(1, 40), st.floats(0.0, 0.6))
def test_the_plane_between_the_nearest_points_parts_the_hulls(seed, many, few, away):
    """Necessary and sufficient for convex sets: the slab between two points is free, and they belong to the sets."""
    rng = np.random.default_rng(seed)
    a, b = RoundedHull(cloud(seed, many), 0.01), RoundedHull(cloud(seed + 1, few), 0.02)
    rotation, translation = Rotation.random(random_state=seed).as_matrix(), rng.normal(size=3) * away
    distance, normal, on_a, on_b = apart(a, b, rotation, translation)
    placed = b.vertices @ rotation.T + translation
    gap = (placed @ normal).min() - b.radius_m - (a.vertices @ normal).max() - a.radius_m
    assert gap == pytest.approx(distance, abs=1e-8)
    np.testing.assert_allclose(on_b - on_a, normal * distance, atol=1e-8)
    assert on_a @ normal == pytest.approx((a.vertices @ normal).max() + a.radius_m, abs=1e-8)
    if distance < -0.031:  # cores overlap: no direction parts them sooner
        directions = rng.normal(size=(300, 3))
        directions /= np.linalg.norm(directions, axis=1)[:, None]
        others = (placed @ directions.T).min(axis=0) - (a.vertices @ directions.T).max(axis=0) - 0.03
        assert others.max() <= distance + 1e-8


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.integers(0, 10**6))
def test_the_start_does_not_matter_and_a_bound_is_a_bound(seed):
    rng = np.random.default_rng(seed)
    a, b = (RoundedHull(cloud(seed + k, 30), 0.0) for k in range(2))
    pose = Rotation.random(random_state=seed).as_matrix(), rng.normal(size=3) * 0.4
    exact, normal, *_ = apart(a, b, *pose)
    for _ in range(4):
        again, other, *_ = apart(a, b, *pose, start=rng.normal(size=3))
        assert again == pytest.approx(exact, abs=1e-9)
        np.testing.assert_allclose(other, normal, atol=1e-5)
    if exact > 0.02:
        s, n = hull_scratch()
        s[ROTATION : ROTATION + 3, :3], s[TRANSLATION, :3], s[START, :3] = pose[0], pose[1], -pose[1]
        both = hull_set([a.vertices, b.vertices], [0, 1])
        bound = hull_distance(both.vertices, both.links, both.shapes, 0, 1, 0.01, s, n)
        assert 0.01 < bound <= exact + 1e-9


# --- a robot ------------------------------------------------------------------------------------------------------


def test_distances_are_those_of_mujoco_less_the_stated_inflation(wren):
    mujoco = pytest.importorskip("mujoco")
    from gesture_robot.robots.mujoco_model import build_spec, compile_spec, set_positions

    model, rng = wren.model, np.random.default_rng(1)
    compiled = compile_spec(build_spec(model, actuators=False, visuals=False), model)
    compiled.opt.ccd_tolerance, compiled.opt.ccd_iterations = 1e-9, 200
    data = mujoco.MjData(compiled)
    geoms = {compiled.body(i).name: np.flatnonzero(compiled.geom_bodyid == i) for i in range(compiled.nbody)}
    inflation = dict.fromkeys(wren.names.shape_links, 0.0)
    for link, size in zip(wren.names.shape_links, wren.names.inflation_m, strict=True):
        inflation[link] = max(inflation[link], size)
    seen = overlapping = 0
    for k in range(12):
        q = wren.near_rest(rng) if k % 2 else rng.uniform(model.lower, model.upper)
        distance = wren.at(q)
        set_positions(compiled, data, model, q)
        mujoco.mj_kinematics(compiled, data)
        for links, ours in zip(wren.names.links, distance, strict=True):
            theirs = min(
                mujoco.mj_geomDistance(compiled, data, int(i), int(j), RANGE_M, None)
                for a, b in links
                for i in geoms[a]
                for j in geoms[b]
            )
            if ours < RANGE_M or theirs < RANGE_M:
                slack = max(inflation[a] + inflation[b] for a, b in links)
                assert theirs - (1.0 if theirs > 0.0 else 1.5) * slack - 1e-5 <= ours <= theirs + 1e-5, links
                seen, overlapping = seen + 1, overlapping + (theirs < 0.0)
    assert seen > 100 and overlapping > 10


def test_nearest_points_and_slopes_fit_the_distances(wren):
    rng, seen = np.random.default_rng(2), 0
    for _ in range(12):
        q = wren.near_rest(rng)
        distance = wren.at(q)
        for pair in np.flatnonzero(distance < RANGE_M):
            wren.at(q)
            normal, a, b = wren.normal[pair].copy(), wren.point_a[pair], wren.point_b[pair]
            assert np.linalg.norm(normal) == pytest.approx(1.0, abs=1e-9)
            np.testing.assert_allclose(b - a, distance[pair] * normal, atol=1e-8)
            slope, step = wren.slopes(pair), rng.uniform(-1e-6, 1e-6, len(q))
            measured = wren.at(q + step)[pair] - wren.at(q - step)[pair]
            assert measured == pytest.approx(2.0 * slope @ step, abs=2e-10)
            assert (np.abs(slope) <= wren.plan.reach[pair] + 1e-9).all()
            seen += 1
    assert seen > 80


def test_no_pair_closes_faster_than_its_reach(wren):
    rng, seen = np.random.default_rng(3), 0
    for size in (0.02, 0.2) * 60:
        first = wren.near_rest(rng)
        second = np.clip(first + rng.normal(size=len(first)) * size, wren.model.lower, wren.model.upper)
        before, after = wren.at(first), wren.at(second)
        both = (before < RANGE_M) & (after < RANGE_M)
        assert (np.abs(before - after) <= wren.plan.reach @ np.abs(first - second) + 1e-9)[both].all()
        seen += both.sum()
    assert seen > 500


def test_looks_do_not_depend_on_those_before(wren):
    rng = np.random.default_rng(4)
    configurations = [wren.near_rest(rng) for _ in range(6)]
    forwards = [wren.at(q) for q in configurations]
    backwards = [wren.at(q) for q in configurations[::-1]][::-1]
    assert np.array_equal(forwards, backwards)
    near = wren.at(configurations[0], 0.02)
    np.testing.assert_allclose(near, np.minimum(forwards[0], 0.02), atol=1e-12)


RUN = """
import json, numpy as np
from collision_look import Look
from gesture_robot.compiled import COMPILED
from gesture_robot.retarget.kernel_guard import braking_blocked, needed_at, path_blocked
from gesture_robot.robots.model import load_model
look, rng, out = Look(load_model("wren")), np.random.default_rng(5), []
needed = np.zeros(len(look.plan.pairs))
for _ in range(6):
    q, v = look.near_rest(rng), rng.normal(size=len(look.model.rest))
    needed_at(look.at(q), 0.015, needed)
    pair = int(look.distance.argmin())
    path = path_blocked(look.tree, look.plan, q, v, q + 0.03 * v, v, 0.03, needed, 0.005, look.guard)
    acceleration = np.array(look.model.max_acceleration)
    brake = braking_blocked(look.tree, look.plan, q, v, acceleration, 0.01, needed, 0.005, look.guard)
    out += [*look.distance, *look.slopes(pair), *look.normal[pair], path, brake]
print(json.dumps([COMPILED, [float(x) for x in out]]))
"""


def test_plain_python_gives_the_same_numbers():
    pytest.importorskip("numba")
    runs, here = {}, Path(__file__).parent
    for compiled in ("0", "1"):
        path = os.pathsep.join([str(here), str(here.parents[1]), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "GESTURE_ROBOT_COMPILED": compiled, "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, "-c", RUN], env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        runs[compiled] = json.loads(done.stdout)
    assert [runs["0"][0], runs["1"][0]] == [False, True]
    np.testing.assert_allclose(runs["0"][1], runs["1"][1], rtol=0.0, atol=1e-9)
