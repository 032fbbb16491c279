"""Shapes as rounded hulls are never smaller than what they stand for; pairs and reach follow from the robot."""

from __future__ import annotations

import struct
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gesture_robot.datatypes import Arm, LimbMap, RobotModel
from gesture_robot.errors import InvalidInput, InvalidModel, UnknownName
from gesture_robot.retarget import shapes as shapes_module
from gesture_robot.retarget.body_shapes import body_shapes
from gesture_robot.retarget.hulls import (
    FINE_M,
    MOST_VERTICES,
    RoundedHull,
    bounding_capsule,
    bounding_sphere,
    box_hull,
    cylinder_hull,
    hull_corners,
    hull_of_mesh,
    hull_set,
    reduced_hull,
)
from gesture_robot.retarget.plan_cache import cache_folder
from gesture_robot.retarget.shapes import collision_plan
from gesture_robot.robots.model import load_model
from gesture_robot.robots.moving_tree import moving_tree
from gesture_robot.robots.mujoco_model import collision_pairs

DIRECTIONS = np.random.default_rng(9).normal(size=(500, 3))
DIRECTIONS /= np.linalg.norm(DIRECTIONS, axis=1)[:, None]


@pytest.fixture(scope="module")
def wren():
    return load_model("wren")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def extent(hull):
    """(500,) how far a rounded hull reaches in each direction."""
    return (hull.vertices @ DIRECTIONS.T).max(axis=0) + hull.radius_m


def potato(seed, count, size):
    """A smooth, lopsided shell."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(count, 3))
    points /= np.linalg.norm(points, axis=1)[:, None]
    return points * size * rng.uniform(0.4, 1.0, 3) + 0.2 * size * np.sin(3.0 * points[:, [1, 2, 0]])


# --- hulls --------------------------------------------------------------------------------------------------------


@settings(derandomize=True, deadline=None, max_examples=12)
@given(st.integers(0, 10**6), st.sampled_from([5, 30, 300, 1500]), st.sampled_from([0.02, 0.1, 0.25]))
def test_a_reduced_hull_holds_the_full_one_and_grows_no_more_than_it_says(seed, count, size):
    points = potato(seed, count, size)
    hull, full = reduced_hull(points), RoundedHull(hull_corners(points), 0.0)
    growth = extent(hull) - extent(full)
    assert growth.min() >= -1e-9
    assert growth.max() <= hull.inflation_m + 1e-9
    assert hull.inflation_m < 0.025 * size + FINE_M
    assert len(hull.vertices) <= MOST_VERTICES


def test_boxes_and_balls_as_meshes_stay_what_they_are():
    box = reduced_hull(np.concatenate([box_hull((0.3, 0.2, 0.1)).vertices] * 2))
    assert len(box.vertices) == 8 and box.inflation_m == box.radius_m == 0.0
    ball = reduced_hull(potato(0, 2000, 1e-9) + 0.1 * DIRECTIONS.repeat(4, axis=0))
    assert ball.inflation_m < 0.0035 and ball.radius_m > 0.02  # rounding suits it


@pytest.mark.parametrize("points", [np.zeros((1, 3)), np.eye(3)[:2], np.eye(3), DIRECTIONS * (0.1, 0.1, 0.0)])
def test_flat_meshes_work(points):
    hull = reduced_hull(points)
    assert (extent(hull) - (points @ DIRECTIONS.T).max(axis=0)).min() >= -1e-9


@pytest.mark.parametrize(("radius", "length"), [(0.01, 0.3), (0.05, 0.02), (0.2, 0.4)])
def test_prisms_hold_their_cylinders(radius, length):
    hull = cylinder_hull(radius, length)
    across = np.hypot(DIRECTIONS[:, 0], DIRECTIONS[:, 1])
    growth = extent(hull) - (radius * across + 0.5 * length * np.abs(DIRECTIONS[:, 2]))
    assert growth.min() >= -1e-12 and growth.max() <= hull.inflation_m + 1e-12 <= FINE_M


@settings(derandomize=True, deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.integers(1, 40))
def test_bounds_hold_the_shape(seed, count):
    rng = np.random.default_rng(seed)
    hull = RoundedHull(rng.normal(size=(count, 3)) * rng.uniform(0.01, 0.3, 3), 0.02)
    ends, radius = bounding_capsule(hull)
    capsule = (ends @ DIRECTIONS.T).max(axis=0) + radius
    assert (capsule - extent(hull)).min() >= 0.0
    centre, size = bounding_sphere(hull.vertices, np.full(count, 0.02))
    assert (DIRECTIONS @ centre + size - extent(hull)).min() >= 0.0


def test_walking_downhill_along_edges_finds_the_lowest_vertex():
    boxes = [box_hull((0.1, 0.2, 0.3)).vertices, cylinder_hull(0.05, 0.2).vertices, hull_corners(potato(1, 400, 0.1))]
    hulls = hull_set(boxes, [0, 1, 2])
    for row in hulls.shapes:
        heights = hulls.vertices[row[0] : row[1]] @ DIRECTIONS.T
        for k in range(row[0], row[1]):
            near = hulls.links[hulls.links[k] : hulls.links[k + 1]]
            assert ((row[0] <= near) & (near < row[1])).all() and k not in near
            stuck = heights[k - row[0]] <= heights[near - row[0]].min(axis=0)
            np.testing.assert_allclose(heights[k - row[0], stuck], heights.min(axis=0)[stuck], atol=1e-12)


# --- meshes -------------------------------------------------------------------------------------------------------


def stl(path, triangles):
    with open(path, "wb") as file:
        file.write(bytes(80) + struct.pack("<I", len(triangles)))
        for triangle in triangles:
            file.write(struct.pack("<12fH", 0, 0, 0, *np.ravel(triangle), 0))
    return str(path)


def test_meshes_are_scaled_and_mirrored(tmp_path):
    corner = np.array([[0.0, 0, 0], [1, 0, 0], [0, 2, 0], [0, 0, 3]])
    path = stl(tmp_path / "corner.stl", corner[[[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]])
    found = hull_of_mesh(path, (0.1, -0.1, 0.1))
    np.testing.assert_allclose(sorted(found.tolist()), sorted((corner * (0.1, -0.1, 0.1)).tolist()), atol=1e-7)


def test_a_mesh_that_cannot_be_read_is_named_and_leaves_the_rest(tmp_path):
    broken = tmp_path / "broken.stl"
    broken.write_bytes(b"nothing")
    for path in (broken, tmp_path / "missing.stl"):
        with pytest.raises(InvalidModel, match=path.stem):
            hull_of_mesh(str(path), (1.0, 1.0, 1.0))
        mesh = f'<collision><geometry><mesh filename="{path}"/></geometry></collision>'
        ball = '<collision><geometry><sphere radius="0.1"/></geometry></collision>'
        urdf = f"""<robot name="two"><link name="base">{ball}{mesh}</link><link name="tip">{ball}</link>
          <joint name="turn" type="revolute"><parent link="base"/><child link="tip"/><axis xyz="0 0 1"/>
            <limit lower="-1" upper="1" velocity="1" effort="1"/></joint></robot>"""
        limits = (np.array([value]) for value in (-1.0, 1.0, 1.0, 4.0, 0.0))
        model = RobotModel("two", urdf, ("turn",), *limits, LimbMap("base"))
        shapes, notes = body_shapes(model, *moving_tree(model))
        assert [shape.link for shape in shapes] == ["base", "tip"]
        assert len(notes) == 1 and path.stem in notes[0] and "'base'" in notes[0]


# --- robots -------------------------------------------------------------------------------------------------------


def test_the_shapes_of_a_robot_hold_its_collision_shapes(wren):
    shapes, notes = body_shapes(wren, *moving_tree(wren))
    assert notes == () and len(shapes) == 30
    for shape in shapes:
        assert (extent(shape.hull) - extent(shape.full)).min() >= -FINE_M * 0.1  # full: a finer prism around it
        assert shape.hull.inflation_m <= FINE_M


def test_pairs_are_those_of_the_simulation(wren):
    plan, names = collision_plan(wren)
    links = {frozenset(pair) for of_pair in names.links for pair in of_pair}
    assert links == {frozenset(pair) for pair in collision_pairs(wren)}
    assert len(plan.pairs) == len(names.links) and names.notes == ()
    for (first, second, begin, end), of_pair in zip(plan.pairs, names.links, strict=True):
        bodies = plan.shapes[plan.shape_pairs[begin:end], 2]
        assert (bodies == [first, second]).all()
        shown = {(names.shape_links[a], names.shape_links[b]) for a, b in plan.shape_pairs[begin:end]}
        assert shown == set(of_pair)


def test_without_mujoco_the_same_pairs_come_from_the_own_rule(wren, monkeypatch):
    expected = {frozenset(pair) for pair in collision_pairs(wren)}
    monkeypatch.setitem(sys.modules, "mujoco", None)
    _, names = collision_plan(wren)
    assert {frozenset(pair) for of_pair in names.links for pair in of_pair} == expected
    assert "own rule" in names.notes[0]
    touching = replace(wren, may_touch=(("head", "left_palm"),))
    _, names = collision_plan(touching)
    assert {frozenset(p) for of_pair in names.links for p in of_pair} == expected - {frozenset(("head", "left_palm"))}


def test_reach_counts_only_joints_between_two_bodies(wren):
    plan, names = collision_plan(wren, pairs=(("left_palm", "head"), ("left_forearm", "torso"), ("head", "torso")))
    moving = [{wren.joint_names[j] for j in np.flatnonzero(row)} for row in plan.reach]
    of_pair = {frozenset(names.name(k)): joints for k, joints in enumerate(moving)}
    neck, arm = (
        {f"neck_{turn}" for turn in ("yaw", "pitch", "roll")},
        {"left_elbow", "left_forearm_yaw", *(f"left_shoulder_{turn}" for turn in ("pitch", "roll", "yaw"))},
    )
    assert of_pair[frozenset(("torso", "head"))] == neck
    assert arm - {"left_forearm_yaw"} <= of_pair[frozenset(("torso", "left_forearm"))] <= arm
    assert of_pair[frozenset(("head", "left_palm"))] == neck | arm | {"left_wrist_pitch", "left_wrist_roll"}


def test_pairs_that_only_held_joints_move_are_left_out(wren):
    everything, _ = collision_plan(wren)
    arms = [name for name in wren.joint_names if name.startswith(("left_", "right_"))]
    plan, names = collision_plan(wren, held=arms)
    assert 0 < len(plan.pairs) < len(everything.pairs)
    free = [j for j, name in enumerate(wren.joint_names) if name not in arms]
    assert (plan.reach[:, free].max(axis=1) > 0.0).all()
    assert not any({"left_palm", "right_palm"} == set(pair) for of_pair in names.links for pair in of_pair)


def test_names_that_do_not_exist_are_told(wren):
    with pytest.raises(UnknownName, match="left_plam.*Did you mean 'left_palm'"):
        collision_plan(wren, pairs=(("left_plam", "head"),))
    with pytest.raises(InvalidInput, match="camera_link.*no shape"):
        collision_plan(wren, pairs=(("camera_link", "head"),))
    with pytest.raises(UnknownName, match="knee"):
        collision_plan(wren, held=("left_knee",))


BARE = """<robot name="bare"><link name="base"/>
  <link name="upper"><visual><origin xyz="0 0 -0.1"/><geometry><box size="0.05 0.05 0.2"/></geometry></visual></link>
  <link name="lower"/><link name="hand"/>
  <joint name="shoulder" type="revolute"><parent link="base"/><child link="upper"/><origin xyz="0 0.2 0.4"/>
    <axis xyz="0 1 0"/><limit lower="-1" upper="1" velocity="2" effort="1"/></joint>
  <joint name="elbow" type="revolute"><parent link="upper"/><child link="lower"/><origin xyz="0 0 -0.3"/>
    <axis xyz="0 1 0"/><limit lower="-1" upper="1" velocity="2" effort="1"/></joint>
  <joint name="wrist" type="revolute"><parent link="lower"/><child link="hand"/><origin xyz="0 0 -0.25"/>
    <axis xyz="0 1 0"/><limit lower="-1" upper="1" velocity="2" effort="1"/></joint>
</robot>"""


def test_links_without_shapes_are_guarded_by_what_there_is():
    arm = Arm(("shoulder", "elbow", "wrist"), "upper", "lower", "hand")
    limits = (np.full(3, value) for value in (-1.0, 1.0, 2.0, 8.0, 0.0))
    model = RobotModel("bare", BARE, arm.joints, *limits, LimbMap("base", left_arm=arm))
    found, notes = body_shapes(model, *moving_tree(model))
    by_link = {shape.link: shape.hull for shape in found}
    assert set(by_link) == {"upper", "lower", "hand"} and len(notes) == 3
    assert len(by_link["upper"].vertices) == 8 and "visual" in notes[0]
    np.testing.assert_allclose(by_link["lower"].vertices, [[0, 0, 0], [0, 0, -0.25]], atol=1e-12)
    assert by_link["lower"].radius_m == pytest.approx(0.0375) and "0.037" in notes[1] or "0.038" in notes[1]
    np.testing.assert_allclose(by_link["hand"].vertices[1], [0, 0, -0.1], atol=1e-12)


# --- the cache ----------------------------------------------------------------------------------------------------


def test_the_second_time_comes_from_the_cache(wren, monkeypatch):
    plan, names = collision_plan(wren)
    monkeypatch.setattr(shapes_module, "_make", None)
    again, same = collision_plan(wren)
    for ours, theirs in zip(plan, again, strict=True):
        assert np.array_equal(ours, theirs) and ours.dtype == theirs.dtype and theirs.flags.c_contiguous
    assert (same.links, same.shape_links, same.notes) == (names.links, names.shape_links, names.notes)


def test_a_changed_robot_or_a_broken_cache_is_made_anew(wren):
    plan, _ = collision_plan(wren)
    files = list(cache_folder().glob("plan-*.npz"))
    assert len(files) == 1 and not list(cache_folder().glob("*.part"))
    other, _ = collision_plan(replace(wren, may_touch=(("head", "left_palm"),)))
    assert len(other.pairs) == len(plan.pairs) - 1
    files[0].write_bytes(files[0].read_bytes()[:1000])
    again, _ = collision_plan(wren)
    assert np.array_equal(again.reach, plan.reach)


def test_a_folder_that_cannot_be_written_is_no_error(wren, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    plan, _ = collision_plan(wren, pairs=(("left_palm", "head"),))
    assert len(plan.pairs) == 1


def test_turned_shapes_sit_where_the_link_has_them(wren):
    """A shape's pose in its link and the link's in its body both count."""
    shapes, _ = body_shapes(wren, *moving_tree(wren))
    across = [s for s in shapes if s.link == "torso" and np.ptp(s.full.vertices[:, 1]) > 0.25]
    assert len(across) == 1  # the cylinder between the shoulders, turned on its side
    turned = Rotation.from_euler("x", 90, degrees=True).apply(cylinder_hull(0.041, 0.252, 0.0).vertices)
    np.testing.assert_allclose(np.ptp(across[0].full.vertices, axis=0), np.ptp(turned, axis=0), atol=1e-9)
