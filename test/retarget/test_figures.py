"""The figures of retargeting say what they mean: known angles, known jerk, exact contacts, honest reachability."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicHermiteSpline
from scipy.spatial.transform import Rotation

from gesture_robot.body.skeleton import FOREARM_M, UPPER_ARM_M
from gesture_robot.control.distances import LinkDistances
from gesture_robot.datatypes import JointTrajectory
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.evaluation.contact_figures import RobotLandmarks
from gesture_robot.evaluation.human_contacts import contact_motion
from gesture_robot.evaluation.human_motions import random_motion
from gesture_robot.evaluation.reachable import reachable_arms, reachable_frames, scaled_wrist_floor
from gesture_robot.evaluation.retarget_figures import (
    SelfCollisions,
    arm_joint_jerk,
    between,
    fresh_starts,
    robot_wrist_jerk,
)
from gesture_robot.retarget.figures import (
    angles,
    arm_length_m,
    bar_frame,
    direction_errors,
    pose_errors,
    robot_pose,
    summary_deg,
    wrist_errors,
)
from gesture_robot.retarget.human import HumanArm, HumanPose, measure
from gesture_robot.retarget.retargeter import Retargeter
from gesture_robot.robots.model import load_model

SIDES = ("left", "right")


@pytest.fixture(scope="module")
def wren():
    return load_model("wren")


def joints(model, seed, count=20):
    return np.random.default_rng(seed).uniform(model.lower, model.upper, (count, len(model.rest)))


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def human_like(robot, turn=np.eye(3)):
    """The human whose limbs point where the robot's do, all turned by (3, 3) in the chest frame."""
    count = len(robot.world_from_chest)
    head = np.broadcast_to(np.eye(3), (count, 3, 3)).copy()
    arms = {
        side: HumanArm(
            unit(a.elbow - a.shoulder) @ turn.T,
            unit(a.wrist - a.elbow) @ turn.T,
            a.fingers @ turn.T,
            a.palm @ turn.T,
            np.zeros(count),
        )
        for side, a in robot.arms.items()
    }
    return HumanPose(robot.world_from_chest, head, arms)


@settings(derandomize=True, deadline=None, max_examples=5)
@given(seed=st.integers(0, 1000))
def test_a_human_that_is_the_robot_has_no_error_in_any_frame(wren, seed):
    robot = robot_pose(wren, joints(wren, seed))
    for frame in ("chest", "world"):
        errors = pose_errors(human_like(robot), robot, frame=frame)
        assert max(np.abs(e).max() for name, e in errors.items() if name != "head") < 1e-7
    floor = scaled_wrist_floor(wren)
    assert 0.0 < max(e.max() for e in wrist_errors(human_like(robot), robot).values()) <= floor + 1e-9 < 0.01


def test_a_known_turn_is_measured_as_that_angle(wren):
    robot = robot_pose(wren, joints(wren, 1))
    turn = Rotation.from_rotvec([0.0, 0.0, 0.2]).as_matrix()
    errors, human = pose_errors(human_like(robot, turn), robot), human_like(robot)
    for side in SIDES:
        level = np.linalg.norm(human.arms[side].upper[:, :2], axis=-1)
        np.testing.assert_allclose(np.sin(errors[f"{side}_upper_arm"] / 2), level * np.sin(0.1), atol=1e-9)


def test_frames_differ_by_the_turn_of_the_chest(wren):
    q = np.repeat(joints(wren, 6, 1), 2, axis=0)
    q[:, [wren.index(name) for name in wren.limbs.torso]] = 0.0
    q[1, wren.index("torso_yaw")] = 0.3
    robot, human = robot_pose(wren, q), measure(np.zeros((2, 55, 3)))
    chest, world = (pose_errors(human, robot, frame=frame) for frame in ("chest", "world"))
    for name in chest:
        if name != "head":
            assert chest[name][0] == pytest.approx(world[name][0], abs=1e-12)
            assert chest[name][1] == pytest.approx(chest[name][0], abs=1e-9)
    assert abs(world["left_fingers"][1] - world["left_fingers"][0]) > 0.01
    assert angles(robot.world_from_chest[1:, :, 0], np.array([[np.cos(0.3), np.sin(0.3), 0.0]]))[0] < 1e-9


def test_a_robot_whose_root_faces_backward_is_seen_from_its_own_front(wren):
    """Left and right, forward and backward change sign with the front; what points up stays."""
    turned = replace(wren, limbs=replace(wren.limbs, front_axis=(-1.0, 0.0, 0.0)))
    q = joints(wren, 2)
    ours, theirs = robot_pose(wren, q), robot_pose(turned, q)
    np.testing.assert_allclose(theirs.arms["left"].elbow, ours.arms["left"].elbow * [-1, -1, 1], atol=1e-12)
    np.testing.assert_allclose(theirs.head, robot_pose(turned, q).head)


def test_landmarks_are_points_of_their_links(wren):
    arm = wren.limbs.left_arm
    moved = replace(wren, limbs=replace(wren.limbs, left_arm=replace(arm, wrist_m=(0.0, 0.0, -0.1))))
    before, after = (arm_length_m(robot_pose(m, wren.rest[None]).arms["left"]) for m in (wren, moved))
    assert after == pytest.approx(before + 0.1, abs=0.01)


def test_the_wrist_error_is_a_share_of_the_arm(wren):
    """A human arm that points the other way round is two arm lengths off."""
    robot = robot_pose(wren, wren.rest[None])
    human = human_like(robot, -np.eye(3))
    arm = robot.arms["left"]
    reach = np.linalg.norm(arm.wrist - arm.shoulder) / arm_length_m(arm)
    assert wrist_errors(human, robot)["left"][0] == pytest.approx(2.0 * reach, abs=0.01)
    assert UPPER_ARM_M + FOREARM_M == pytest.approx(0.52)


def test_the_frame_that_counts_follows_from_the_model(wren):
    assert bar_frame(wren) == "chest"
    assert bar_frame(replace(wren, limbs=replace(wren.limbs, torso=()))) == "world"


def test_bad_questions_are_refused(wren):
    with pytest.raises(UnknownName, match="chest"):
        direction_errors(wren, wren.rest[None], np.zeros((1, 55, 3)), frame="hand")
    with pytest.raises(InvalidInput, match="as many"):
        direction_errors(wren, wren.rest[None], np.zeros((2, 55, 3)))


def test_a_summary_looks_at_the_frames_it_is_given():
    errors = {"left_forearm": np.radians([1.0, 3.0, 50.0])}
    assert summary_deg(errors, np.array([True, True, False])) == {"left_forearm": {"mean": 2.0, "p95": 2.9, "max": 3.0}}
    assert summary_deg(errors, np.zeros(3, bool)) == {}


# --- motion, safety, starts --------------------------------------------------------------------------------------


def test_jerk_of_a_known_motion(wren):
    """Joints on t^3 have the third difference 6."""
    t = np.arange(12) / 30.0
    q = wren.rest + t[:, None] ** 3 * np.ones(len(wren.rest))
    assert arm_joint_jerk(wren, q, 30.0) == pytest.approx(6.0, rel=1e-9)
    assert arm_joint_jerk(wren, q[:3], 30.0) == 0.0
    still = robot_wrist_jerk(robot_pose(wren, np.tile(wren.rest, (8, 1))), 30.0)
    assert still.shape == (10,) and still.max() < 1e-6


@settings(derandomize=True, deadline=None, max_examples=5)
@given(seed=st.integers(0, 1000), step_s=st.sampled_from([0.004, 0.01, 0.1]))
def test_the_path_between_frames_is_the_controllers_cubic(seed, step_s):
    rng = np.random.default_rng(seed)
    times = np.arange(4) / 30.0
    p, v = rng.normal(size=(2, 4, 2))
    path = between(JointTrajectory(("a", "b"), 0.0, times, p, v), step_s)
    at = np.linspace(0.0, times[-1], len(path))
    assert at[1] <= step_s + 1e-9
    np.testing.assert_allclose(path, CubicHermiteSpline(times, p, v)(at), atol=1e-9)


def test_contacts_are_those_of_the_exact_model(wren):
    """Where links are a millimetre apart or inside each other, distances tell the same."""
    contacts, distances, seen = SelfCollisions(wren), LinkDistances(wren), set()
    assert not contacts.touches(wren.rest) and contacts.links(wren.rest) == ()
    for q in joints(wren, 3, 60):
        least = distances.at(q).min()
        if abs(least) > 1e-3:
            assert contacts.touches(q) == (least < 0.0)
            seen.add(bool(least < 0.0))
    assert seen == {True, False}


def test_what_a_robot_shows_is_reachable_and_what_it_cannot_is_not(wren):
    human = human_like(robot_pose(wren, joints(wren, 4, 8)))
    assert reachable_frames(wren, human, frame="chest").all()
    rows = [wren.index(name) for arm in (wren.limbs.left_arm, wren.limbs.right_arm) for name in arm.joints]
    lower, upper = np.array(wren.lower), np.array(wren.upper)
    lower[rows], upper[rows] = wren.rest[rows] - 0.05, wren.rest[rows] + 0.05
    stiff = replace(wren, lower=lower, upper=upper)
    found = reachable_arms(stiff, human, frame="chest", starts=2)["left"]
    assert np.degrees(found.max(axis=1)).min() > 1.0
    assert found.shape == (8, 2)


def test_fresh_starts_tell_a_tool_that_comes_from_one_that_stays(wren):
    poses = random_motion(3.0, seed=2).rotations
    reachable = reachable_frames(wren, measure(poses))
    retargeter = Retargeter(wren)

    def comes(measured, coming):
        retargeter.reset(measured)
        return np.array([retargeter.pose(pose) for pose in coming])

    def stays(measured, coming):
        return np.tile(measured, (len(coming), 1))

    touches = SelfCollisions(wren).touches
    coming = fresh_starts(wren, comes, poses, reachable, touches=touches, trials=6)
    assert coming.bad == 0 and 0.0 < coming.first_step_share <= 1.0 + 1e-9
    assert fresh_starts(wren, stays, poses, reachable, trials=6).bad == 6
    with pytest.raises(InvalidInput, match="reachable"):
        fresh_starts(wren, comes, poses, np.zeros(len(poses), bool))


# --- contacts ----------------------------------------------------------------------------------------------------


def test_landmarks_of_the_body_lie_on_the_robots_surface(wren):
    marks = RobotLandmarks(wren)
    _, (heart,) = contact_motion("hand_on_heart")
    _, (chin,) = contact_motion("hand_to_chin")
    link, at = marks.place(heart.second)
    assert link == wren.limbs.chest_link and at[0] > 0.04 and 0.0 < at[1] < 0.1
    link, at = marks.place(chin.second)
    assert link == wren.limbs.head_link and at[0] > 0.04 and abs(at[1]) < 0.01
    hand, _ = marks.place(heart.first)
    assert hand == wren.limbs.right_arm.hand_link


def test_a_contact_error_is_how_far_the_landmarks_are_apart(wren):
    marks = RobotLandmarks(wren)
    body, (contact,) = contact_motion("prayer")
    q = np.tile(wren.rest, (len(body.rotations), 1))
    errors = marks.errors_cm(contact, q, body.rotations)
    assert len(errors) == contact.held.sum() and np.ptp(errors) < 1e-6
    apart = marks.distances_m(contact, q)[0]
    assert errors[0] == pytest.approx(100.0 * apart / marks.scale, abs=0.1)
    gaps = marks.gaps_cm(contact, q)
    assert len(gaps) == -(-contact.held.sum() // 6) and abs(gaps[0] - errors[0]) < 8.0
    one_armed = replace(wren, limbs=replace(wren.limbs, left_arm=None))
    assert RobotLandmarks(one_armed).errors_cm(contact, q, body.rotations) is None
