"""Retargeting: the robot's limbs and head point where the human's do, smoothly, inside its limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gesture_robot.body.skeleton import joint_index
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import InvalidInput
from gesture_robot.gesture.hands import finger_rotations, shape
from gesture_robot.retarget.figures import direction_errors, summary_deg
from gesture_robot.retarget.human import measure
from gesture_robot.retarget.retargeter import Retargeter, without_heading
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import load_model

FPS = 30.0
SPINE, NECK = ("spine1", "spine2", "spine3"), ("neck", "head")


@pytest.fixture(scope="module")
def wren():
    return load_model("wren")


def smooth(rng, frames, size, rate_hz=0.35):
    """(T, n) sums of slow sines around zero, within +-size (n,)."""
    t = np.arange(frames)[:, None, None] / FPS
    n = len(size)
    waves = np.sin(2 * np.pi * rng.uniform(0.3, 1.0, (1, n, 3)) * rate_hz * t + rng.uniform(0, 7, (1, n, 3)))
    return waves.mean(axis=-1) * size


def arm_turn(raise_rad, swing_rad, twist_rad, sign):
    """(T, 3) axis-angle of a left arm at the T-pose raised, swung backward and twisted; sign -1 mirrors it."""
    turn = Rotation.from_euler("ZYX", np.stack([raise_rad, swing_rad, twist_rad], axis=-1)).as_rotvec()
    return turn * (np.array([1.0, -1.0, -1.0]) if sign < 0 else 1.0)


def talking(seed, frames=120):
    """(T, 55, 3) smooth motion of arms in front of the body, torso, head and fingers."""
    rng = np.random.default_rng(seed)
    rotations = np.zeros((frames, 55, 3))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        lowered, forward, twist = (np.array([1.0, -0.4, 0.2]) + smooth(rng, frames, np.array([0.5, 0.6, 0.7]))).T
        rotations[:, joint_index(f"{side}_shoulder")] = arm_turn(-lowered, forward, twist, sign)
        bend, turned = (np.array([1.2, 0.0]) + smooth(rng, frames, np.array([1.0, 0.8]))).T
        rotations[:, joint_index(f"{side}_elbow")] = arm_turn(0 * bend, -bend, turned, sign)
        rotations[:, joint_index(f"{side}_wrist")] = smooth(rng, frames, np.array([0.4, 0.3, 0.5]))
    for joints, size in ((SPINE, 0.08), (NECK, 0.25)):
        for name in joints:
            rotations[:, joint_index(name)] = smooth(rng, frames, np.array([0.4, 1.0, 0.2]) * size)
    return rotations


@settings(derandomize=True, deadline=None, max_examples=4)
@given(seed=st.integers(0, 1000))
def test_limbs_and_head_point_where_the_human_s_do(wren, seed):
    """Touches left aside, whose relation counts more than directions, and links, since these arms pass the trunk."""
    rotations = talking(seed)
    retargeter = Retargeter(wren, touch=False, margin_m=0.0)
    trajectory = retargeter.motion(BodyMotion(FPS, rotations, np.zeros((len(rotations), 3))))
    errors = summary_deg(direction_errors(wren, trajectory.positions, rotations))
    for side in ("left", "right"):
        assert errors[f"{side}_upper_arm"]["p95"] < 0.5 and errors[f"{side}_forearm"]["p95"] < 0.5, errors
    assert errors["head"]["max"] < 1.0
    assert (trajectory.positions >= wren.lower).all() and (trajectory.positions <= wren.upper).all()
    steps = np.abs(np.diff(trajectory.positions, axis=0)) * FPS
    assert (steps <= wren.max_velocity + 1e-6).all()


def test_the_t_pose_is_exact(wren):
    errors = direction_errors(wren, Retargeter(wren).pose(np.zeros((55, 3)))[None], np.zeros((1, 55, 3)))
    assert max(np.degrees(e[0]) for e in errors.values()) < 0.5


def test_mirrored_humans_make_mirrored_robots(wren):
    """Left and right solve the same problem: at a pose that is its own mirror image the joints agree up to sign."""
    joints = Retargeter(wren).pose(talking(3)[0] * 0)
    left = [wren.index(n) for n in wren.joint_names if n.startswith("left_")]
    right = [wren.index(n.replace("left_", "right_")) for n in wren.joint_names if n.startswith("left_")]
    np.testing.assert_allclose(np.abs(joints[left]), np.abs(joints[right]), atol=1e-6)


@pytest.mark.parametrize(
    ("yaw", "pitch", "spine"), [(0.9, 0.0, 0.0), (-0.6, 0.3, 0.15), (0.2, -0.3, -0.1), (0.0, 0.0, 0.3)]
)
def test_the_head_looks_where_the_human_head_looks_whatever_the_torso_does(wren, yaw, pitch, spine):
    rotations = np.zeros((55, 3))
    for name in SPINE:
        rotations[joint_index(name)] = [0.5 * spine, spine, 0.2 * spine]
    rotations[joint_index("neck")] = [0.5 * pitch, 0.5 * yaw - 1.5 * spine, 0.0]
    rotations[joint_index("head")] = [0.5 * pitch, 0.5 * yaw - 1.5 * spine, 0.0]
    joints = Retargeter(wren).pose(rotations)
    head = Kinematics(wren).pose(joints, wren.limbs.head_link)[:3, 0]
    wanted = measure(rotations[None]).base_from_head[0][:, 0]
    assert np.degrees(np.arccos(np.clip(head @ wanted, -1, 1))) < 1.0
    assert joints[wren.index("torso_yaw")] == pytest.approx(3 * spine, abs=0.15)


def test_a_head_turned_too_far_still_turns_as_far_as_it_can(wren):
    rotations = np.zeros((55, 3))
    rotations[joint_index("neck")] = rotations[joint_index("head")] = [0.0, 1.2, 0.0]
    assert Retargeter(wren).pose(rotations)[wren.index("neck_yaw")] == pytest.approx(
        wren.upper[wren.index("neck_yaw")], abs=0.02
    )


def test_a_straight_arm_does_not_make_the_elbow_spin(wren):
    """With the elbow straight the swivel is free; noise in the pose must not turn into large joint motion."""
    rng, frames = np.random.default_rng(0), 60
    rotations = np.zeros((frames, 55, 3))
    rotations[:, 16] = [0.0, 0.0, -1.2]
    rotations[:, 18] = [0.0, -0.24, 0.35]  # in line with the upper arm, whose bones are not straight at the zero pose
    rotations[:, [16, 18]] += rng.normal(size=(frames, 2, 3)) * 0.01
    q = Retargeter(wren).motion(BodyMotion(FPS, rotations, np.zeros((frames, 3)))).positions
    assert np.ptp(q[10:, wren.index("left_shoulder_yaw")]) < 0.6


def test_a_jump_in_the_pose_is_followed_no_faster_than_the_joints_can(wren):
    retargeter = Retargeter(wren)
    poses = talking(1, 40)
    first = retargeter.pose(poses[0])
    for _ in range(40):
        following = retargeter.pose(poses[-1])
        assert (np.abs(following - first) <= wren.max_velocity / FPS + 1e-9).all()
        first = following
    fresh = Retargeter(wren).pose(poses[-1])
    errors = direction_errors(wren, np.stack([first, fresh]), np.stack([poses[-1]] * 2))
    assert max(np.degrees(e).max() for name, e in errors.items() if "arm" in name) < 1.0


@pytest.mark.parametrize(("name", "low", "high"), [("flat", 0.0, 0.15), ("relaxed", 0.15, 0.5), ("fist", 0.9, 1.0)])
def test_hands_close_with_the_fingers(wren, name, low, high):
    rotations = np.zeros((55, 3))
    fingers = finger_rotations(shape(name)[None])[0]
    rotations[25:40], rotations[40:55] = fingers, fingers * [1.0, -1.0, -1.0]
    joints = Retargeter(wren).pose(rotations)
    for side in ("left", "right"):
        share = joints[wren.index(f"{side}_hand")] / wren.upper[wren.index(f"{side}_hand")]
        assert low <= share <= high


def test_motion_has_matching_velocities_and_the_same_answer_as_frame_by_frame(wren):
    rotations = talking(5, 30)
    trajectory = Retargeter(wren).motion(BodyMotion(FPS, rotations, np.zeros((30, 3))))
    retargeter = Retargeter(wren)
    np.testing.assert_allclose(trajectory.positions, [retargeter.pose(r) for r in rotations], atol=1e-9)
    np.testing.assert_allclose(
        trajectory.velocities[5], (trajectory.positions[6] - trajectory.positions[4]) * FPS / 2, atol=1e-9
    )
    assert trajectory.joint_names == wren.joint_names and trajectory.times_s[-1] == pytest.approx(29 / FPS)


def test_a_person_who_faces_elsewhere_is_turned_to_the_front_and_sways_stay():
    rotations = np.zeros((60, 55, 3))
    rotations[:, 0, 1] = 2.0 + 0.1 * np.sin(np.arange(60) * 2 * np.pi / 30)
    straight = without_heading(BodyMotion(FPS, rotations, np.zeros((60, 3))))
    assert np.abs(straight[:, 0, 1]).max() < 0.2 and np.ptp(straight[:, 0, 1]) > 0.15
    rotations[:, 0, 1] -= 2.0
    np.testing.assert_allclose(without_heading(BodyMotion(FPS, rotations, np.zeros((60, 3)))), rotations, atol=1e-9)


def test_bad_poses_are_refused(wren):
    with pytest.raises(InvalidInput, match="finite"):
        Retargeter(wren).pose(np.full((55, 3), np.nan))
    with pytest.raises(InvalidInput, match="shape"):
        Retargeter(wren).pose(np.zeros((24, 3)))
