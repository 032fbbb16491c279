"""The project's own robot: the field's checkers accept it, its body is possible, its files are what the code says."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from gesture_robot.robots.model import load_model, tree_of
from gesture_robot.robots.urdf import MOVING

ROOT = Path(__file__).resolve().parents[2]
URDF = ROOT / "urdf" / "wren.urdf"
APT = {"check_urdf": "liburdfdom-tools", "ign": "ignition-tools libsdformat-dev"}
HARMLESS = "libignition-tools-backward.so not found"


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "urdf" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def tool(*command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed; apt install {APT[command[0]]}")
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def model():
    return load_model("wren")


def test_check_urdf_accepts_it_and_sees_one_root():
    done = tool("check_urdf", str(URDF))
    assert done.returncode == 0 and "root Link: base_link" in done.stdout
    assert not done.stderr.strip(), done.stderr


def test_sdformat_accepts_it_after_conversion(tmp_path):
    """`ign sdf -k` converts and checks; it can say Valid and still complain on stderr, so stderr is read too."""
    done = tool("ign", "sdf", "-k", str(URDF))
    complaints = [line for line in done.stderr.splitlines() if line.strip() and HARMLESS not in line]
    assert done.returncode == 0 and "Valid" in done.stdout and not complaints, complaints
    converted = tool("ign", "sdf", "-p", str(URDF))
    assert converted.stdout.count("<joint name=") >= 25, "joints were lost in the conversion to SDF"
    for joint in ("left_shoulder_pitch", "right_hand", "neck_roll", "torso_yaw"):
        assert f"<joint name='{joint}'" in converted.stdout


def test_files_are_what_the_scripts_write():
    assert script("make_wren").make_urdf() == URDF.read_text()
    shells = script("make_meshes").all_shells()
    files = {path.stem: path for path in (ROOT / "urdf" / "meshes").glob("*.stl")}
    assert set(files) == set(shells)
    for name, triangles in shells.items():
        data = files[name].read_bytes()
        stored = np.frombuffer(data[84:], dtype=[("numbers", "<f4", 12), ("attribute", "<u2")])["numbers"][:, 3:]
        np.testing.assert_allclose(stored, triangles.reshape(-1, 9), atol=1e-6, err_msg=name)


def test_meshes_are_small_closed_and_face_outward():
    trimesh = pytest.importorskip("trimesh")
    files = list((ROOT / "urdf" / "meshes").glob("*.stl"))
    assert sum(path.stat().st_size for path in files) < 2e6
    for path in files:
        mesh = trimesh.load(path, force="mesh")
        assert mesh.is_watertight and mesh.volume > 0, path.name


def test_masses_and_inertias_are_possible(model):
    links = [link for link in tree_of(model).links.values() if link.inertial]
    assert 20 < sum(link.inertial.mass for link in links) < 40
    for link in links:
        moments = np.linalg.eigvalsh(link.inertial.inertia)
        assert link.inertial.mass > 0 and moments[0] > 0, link.name
        assert moments[0] + moments[1] >= moments[2] * (1 - 1e-9), f"{link.name} breaks the triangle inequality"


def test_limits_effort_and_settings_cover_every_joint(model):
    tree = tree_of(model)
    for joint in tree.joints.values():
        if joint.kind in MOVING:
            assert joint.lower < joint.upper and joint.velocity > 0 and joint.effort > 0
    fastest = dict(zip(model.joint_names, model.max_velocity, strict=True))
    assert all(4.0 <= fastest[j] <= 5.0 for j in model.limbs.left_arm.joints)
    assert (model.rest >= model.lower).all() and (model.rest <= model.upper).all() and not model.rest.any()


def test_parts_of_the_body(model):
    limbs = model.limbs
    assert limbs.torso == ("torso_yaw", "torso_pitch") and limbs.neck == ("neck_yaw", "neck_pitch", "neck_roll")
    for side, arm in (("left", limbs.left_arm), ("right", limbs.right_arm)):
        assert len(arm.joints) == 7 and arm.joints[3] == f"{side}_elbow" and arm.hand_joints == (f"{side}_hand",)
        followers = [j.name for j in tree_of(model).joints.values() if j.mimic and j.mimic.joint == f"{side}_hand"]
        assert followers == [f"{side}_fingertips_curl", f"{side}_thumb_curl"]
    left, right = (
        np.array([model.lower[i], model.upper[i]])
        for i in ([model.index(j) for j in limbs.left_arm.joints], [model.index(j) for j in limbs.right_arm.joints])
    )
    lateral = [1, 2, 4, 6]
    np.testing.assert_allclose(left[:, lateral], -right[::-1, lateral], atol=1e-9)


def test_visuals_are_meshes_and_collisions_are_primitives(model):
    tree = tree_of(model)
    assert {shape.kind for link in tree.links.values() for shape in link.collisions} <= {"box", "cylinder", "sphere"}
    for part in ("head", "torso", "pedestal", "left_upper_arm", "left_forearm", "left_palm", "right_palm"):
        assert tree.links[part].collisions and any(v.kind == "mesh" for v in tree.links[part].visuals), part


def outside(shape, points):
    """Distance (N,) of points to a primitive, negative inside."""
    shape_from_link = np.linalg.inv(shape.link_from_shape)
    local = np.abs(points @ shape_from_link[:3, :3].T + shape_from_link[:3, 3])
    if shape.kind == "sphere":
        return np.linalg.norm(local, axis=1) - shape.size[0]
    if shape.kind == "cylinder":
        local = np.column_stack([np.hypot(local[:, 0], local[:, 1]), local[:, 2]])
        excess = local - [shape.size[0], shape.size[1] / 2]
    else:
        excess = local - np.array(shape.size) / 2
    return np.linalg.norm(np.maximum(excess, 0), axis=1) + np.minimum(excess.max(axis=1), 0)


def test_collision_shapes_are_tight(model):
    """No part of a shell is over 20 mm outside the collision shapes, so what the guard allows also looks right."""
    trimesh = pytest.importorskip("trimesh")
    for link in tree_of(model).links.values():
        if link.collisions:
            shells = [trimesh.load(v.mesh, force="mesh").vertices for v in link.visuals if v.kind == "mesh"]
            distance = np.min([outside(shape, np.vstack(shells)) for shape in link.collisions], axis=0)
            assert distance.max() < 0.02, f"{link.name}: {distance.max() * 1e3:.1f} mm"
