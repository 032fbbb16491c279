"""Shapes and distances of public robots: axes with rounding in them, COLLADA meshes, many shapes per link."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from collision_look import RANGE_M, Look

from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import load_model

sys.path.append(str(Path(__file__).parents[1] / "robots"))
from public_robots import needs_robots  # noqa: E402

pytestmark = needs_robots


@pytest.mark.parametrize("name", ["icub", "baxter"])
def test_distances_are_those_of_mujoco_less_the_stated_inflation(name):
    mujoco = pytest.importorskip("mujoco")
    from gesture_robot.robots.mujoco_model import build_spec, compile_spec, set_positions

    model = load_model(name)
    look, kinematics, rng = Look(model), Kinematics(model), np.random.default_rng(0)
    assert look.names.inflation_m.max() < 0.004
    compiled = compile_spec(build_spec(model, actuators=False, visuals=False), model)
    compiled.opt.ccd_tolerance, compiled.opt.ccd_iterations = 1e-9, 200
    data = mujoco.MjData(compiled)
    geoms = {compiled.body(i).name: np.flatnonzero(compiled.geom_bodyid == i) for i in range(compiled.nbody)}
    inflation = dict.fromkeys(look.names.shape_links, 0.0)
    for link, size in zip(look.names.shape_links, look.names.inflation_m, strict=True):
        inflation[link] = max(inflation[link], size)
    seen = 0
    for _ in range(3):
        q = look.near_rest(rng)
        distance = look.at(q)
        for link, pose in kinematics.link_poses(q, tuple(look.bodies.body_of_link)).items():
            body, fixed = look.bodies.body_of_link[link], look.bodies.body_from_link[link]
            moved = look.rotations[body] @ fixed[:3] + np.outer(look.positions[body], [0, 0, 0, 1])
            np.testing.assert_allclose(moved, pose[:3], atol=1e-12)
        set_positions(compiled, data, model, q)
        mujoco.mj_kinematics(compiled, data)
        for pair in np.flatnonzero(distance < RANGE_M):
            links = look.names.links[pair]
            theirs = min(
                mujoco.mj_geomDistance(compiled, data, int(i), int(j), 2.0 * RANGE_M, None)
                for a, b in links for i in geoms[a] for j in geoms[b]
            )  # fmt: skip
            slack = max(inflation[a] + inflation[b] for a, b in links)
            assert distance[pair] <= theirs + 1e-5
            if theirs > 0.0:
                assert distance[pair] >= theirs - slack - 1e-5
            seen += 1
    assert seen > 30
