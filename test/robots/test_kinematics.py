"""Forward kinematics against MuJoCo and its own laws, Jacobians against finite differences, the arms' reach."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import load_model
from gesture_robot.robots.mujoco_model import compile_model, set_positions

MODEL = load_model("wren")
KINEMATICS = Kinematics(MODEL)
BODY = "<inertial><mass value='1'/><inertia ixx='.1' iyy='.1' izz='.1' ixy='0' ixz='0' iyz='0'/></inertial>"
ODD = """<robot name='odd'><link name='a'/><link name='b'>BODY</link><link name='c'>BODY</link>
<link name='d'>BODY</link><link name='e'/>
<joint name='slide' type='prismatic'><parent link='a'/><child link='b'/><origin xyz='.1 .2 .3' rpy='.4 .5 .6'/>
<axis xyz='1 2 3'/>
<limit lower='-1' upper='1' velocity='1' effort='1'/></joint>
<joint name='turn' type='revolute'><parent link='b'/><child link='c'/><origin xyz='0 .2 0' rpy='0 1 0'/>
<axis xyz='1 1 0'/>
<limit lower='-2' upper='2' velocity='1' effort='1'/><mimic joint='slide' multiplier='-1.5' offset='0.3'/></joint>
<joint name='again' type='revolute'><parent link='c'/><child link='d'/><origin xyz='.3 0 0'/><axis xyz='0 0 -2'/>
<limit lower='-2' upper='2' velocity='1' effort='1'/></joint>
<joint name='end' type='fixed'><parent link='d'/><child link='e'/><origin xyz='0 0 .5' rpy='1 0 0'/></joint></robot>"""
ODD = ODD.replace("BODY", BODY)


def random_positions(model, seed, *lead):
    return np.random.default_rng(seed).uniform(model.lower, model.upper, (*lead, len(model.joint_names)))


@pytest.fixture(scope="module", params=["wren", "odd"])
def robot(request, tmp_path_factory):
    if request.param == "wren":
        return MODEL
    path = tmp_path_factory.mktemp("odd") / "odd.urdf"
    path.write_text(ODD)
    return load_model(str(path))


def test_every_link_agrees_with_mujoco(robot):
    mujoco = pytest.importorskip("mujoco")
    compiled = compile_model(robot, visuals=False, actuators=False)
    data, kinematics = mujoco.MjData(compiled), Kinematics(robot)
    for positions in random_positions(robot, 1, 30):
        set_positions(compiled, data, robot, positions)
        mujoco.mj_kinematics(compiled, data)
        for link, pose in kinematics.link_poses(positions, kinematics.links).items():
            np.testing.assert_allclose(pose[:3, 3], data.body(link).xpos, atol=1e-9, err_msg=link)
            np.testing.assert_allclose(pose[:3, :3], data.body(link).xmat.reshape(3, 3), atol=1e-9, err_msg=link)


def test_jacobian_is_the_derivative(robot):
    kinematics, step = Kinematics(robot), 1e-6
    tips = ("left_fingertips", "camera_optical_frame", "pedestal") if robot is MODEL else ("e", "c", "a")
    for positions in random_positions(robot, 2, 5):
        for link in tips:
            pose, jacobian = kinematics.pose_and_jacobian(positions, link)
            for joint in range(len(positions)):
                nudge = np.eye(len(positions))[joint] * step
                ahead, behind = kinematics.pose(positions + nudge, link), kinematics.pose(positions - nudge, link)
                spin = (ahead - behind)[:3, :3] / (2 * step) @ pose[:3, :3].T
                expected = [*(ahead - behind)[:3, 3] / (2 * step), spin[2, 1], spin[0, 2], spin[1, 0]]
                np.testing.assert_allclose(jacobian[:, joint], expected, atol=1e-7)


def test_leading_axes_are_batches():
    positions = random_positions(MODEL, 3, 4, 5)
    poses = KINEMATICS.link_poses(positions, ("left_palm", "head", "base_link"))
    assert poses["left_palm"].shape == (4, 5, 4, 4) and poses["base_link"].shape == (4, 5, 4, 4)
    np.testing.assert_allclose(poses["head"][2, 3], KINEMATICS.pose(positions[2, 3], "head"), atol=1e-12)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_poses_are_rigid_and_bone_lengths_stay(seed):
    poses = KINEMATICS.link_poses(
        random_positions(MODEL, seed), ("left_upper_arm", "left_forearm", "left_palm", "torso")
    )
    for pose in poses.values():
        np.testing.assert_allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-12)
        assert np.linalg.det(pose[:3, :3]) == pytest.approx(1.0)
    shoulder, elbow, wrist = (poses[n][:3, 3] for n in ("left_upper_arm", "left_forearm", "left_palm"))
    assert np.linalg.norm(elbow - shoulder) == pytest.approx(0.25) and np.linalg.norm(wrist - elbow) == pytest.approx(
        0.23
    )


def test_zero_pose_stands_straight_with_palms_inward():
    poses = KINEMATICS.link_poses(MODEL.rest, KINEMATICS.links)
    for link, pose in poses.items():
        if link != "camera_optical_frame":
            np.testing.assert_allclose(pose[:3, :3], np.eye(3), atol=1e-9, err_msg=link)
    shoulders = poses["left_upper_arm"][:3, 3] - poses["right_upper_arm"][:3, 3]
    np.testing.assert_allclose(shoulders, [0, 0.36, 0], atol=1e-9)
    np.testing.assert_allclose(poses["left_palm"][:2, 3], poses["left_upper_arm"][:2, 3], atol=1e-9)
    camera = poses["camera_optical_frame"]
    np.testing.assert_allclose(camera[:3, 2], [1, 0, 0], atol=1e-9)  # looks forward
    np.testing.assert_allclose(camera[:3, 1], [0, 0, -1], atol=1e-9)  # its y points down
    assert 1.25 <= camera[2, 3] <= 1.30


@pytest.mark.parametrize(
    ("joint", "angle", "link", "towards"),
    [
        ("left_shoulder_pitch", -0.5, "left_palm", (1, 0, 0)),
        ("right_elbow", -0.5, "right_palm", (1, 0, 0)),
        ("left_shoulder_roll", 0.5, "left_palm", (0, 1, 0)),
        ("right_shoulder_roll", -0.5, "right_palm", (0, -1, 0)),
        ("left_hand", 1.0, "left_fingertips", (0, -1, 0)),
        ("right_hand", 1.0, "right_fingertips", (0, 1, 0)),
        ("torso_pitch", 0.3, "head", (1, 0, 0)),
        ("neck_pitch", 0.3, "screen_link", (0, 0, -1)),
        ("neck_yaw", 0.5, "screen_link", (0, 1, 0)),
    ],
)
def test_directions_of_joints(joint, angle, link, towards):
    positions = MODEL.rest.copy()
    positions[MODEL.index(joint)] = angle
    moved = KINEMATICS.pose(positions, link)[:3, 3] - KINEMATICS.pose(MODEL.rest, link)[:3, 3]
    assert moved @ np.array(towards) > 0.02


GRIP = np.array([0.0, 0.0, -0.075, 1.0])
PLACES = {  # point [m] of the left grip, direction of the palm
    "mouth": ((0.17, 0.03, 1.17), (-1, 0, 0)),
    "chest": ((0.15, 0.03, 0.93), (-1, 0, 0)),
    "hip": ((0.03, 0.17, 0.66), (0, -1, 0)),
    "wave": ((0.15, 0.35, 1.3), (1, 0, 0)),
    "sideways": ((0.0, 0.74, 1.0), (0, 0, -1)),
    "palm up": ((0.35, 0.3, 0.85), (0, 0, 1)),
    "handshake": ((0.45, 0.05, 0.9), (0, -1, 0)),
    "overhead": ((0.05, 0.2, 1.5), (1, 0, 0)),
    "point": ((0.53, 0.15, 1.0), (0, 0, -1)),
}


@pytest.mark.parametrize("place", PLACES)
def test_hands_reach_without_touching_the_body(place):
    mujoco = pytest.importorskip("mujoco")
    compiled = compile_model(MODEL, visuals=False, actuators=False)
    data = mujoco.MjData(compiled)
    target, palm = (np.array(v, dtype=float) for v in PLACES[place])
    columns = [MODEL.index(j) for j in MODEL.limbs.left_arm.joints]
    lower, upper = MODEL.lower[columns], MODEL.upper[columns]

    def miss(arm):
        positions = MODEL.rest.copy()
        positions[columns] = arm
        pose = KINEMATICS.pose(positions, "left_palm")
        return np.concatenate([(pose @ GRIP)[:3] - target, 0.05 * (-pose[:3, 1] - palm), 0.001 * arm])

    for seed in range(40):
        start = np.random.default_rng(seed).uniform(lower, upper)
        positions = MODEL.rest.copy()
        positions[columns] = least_squares(miss, start, bounds=(lower - 1e-9, upper + 1e-9), max_nfev=40).x
        set_positions(compiled, data, MODEL, positions)
        mujoco.mj_kinematics(compiled, data)
        mujoco.mj_collision(compiled, data)
        pose = KINEMATICS.pose(positions, "left_palm")
        if np.linalg.norm((pose @ GRIP)[:3] - target) < 0.01 and -pose[:3, 1] @ palm > 0.97 and data.ncon == 0:
            return
    pytest.fail(f"the left hand does not reach the {place}")


def test_bad_arguments():
    with pytest.raises(InvalidInput, match="21 joints"):
        KINEMATICS.pose(np.zeros(5), "head")
    with pytest.raises(UnknownName, match="Did you mean 'left_palm'"):
        KINEMATICS.pose(MODEL.rest, "left_plam")
