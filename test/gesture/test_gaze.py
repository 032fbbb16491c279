import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.body.rotations import matrix_from_rotvec
from gesture_robot.body.skeleton import forward_kinematics, joint_index
from gesture_robot.errors import InvalidInput
from gesture_robot.gesture.compose import rest_pose
from gesture_robot.gesture.gaze import GazeConfig, GazeLayer
from gesture_robot.gesture.library import make_gesture

HEAD, SPINE1, SPINE3 = joint_index("head"), joint_index("spine1"), joint_index("spine3")
STEP_S = 0.01


def towards(yaw_deg, pitch_up_deg=0.0):
    yaw, pitch = np.radians([yaw_deg, pitch_up_deg])
    return np.array([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)])


def face(pose):
    """Where the face points in the base frame: SMPL-X forward (z) is x, left (x) is y, up (y) is z."""
    x, y, z = forward_kinematics(pose)[1][HEAD][:, 2]
    return np.array([z, x, y])


def angle_deg(a, b):
    return np.degrees(np.arccos(np.clip(a @ b, -1.0, 1.0)))


def run(gaze, until_s, pose=rest_pose, events=(), begin_s=0.0):
    """Poses every 10 ms from `pose()` or `pose(t)`."""
    waiting, out = list(events), []
    for t in np.round(np.arange(begin_s, until_s, STEP_S), 6):
        while waiting and waiting[0][0] <= t:
            gaze.target(waiting.pop(0)[1], float(t))
        out.append(gaze.apply(pose() if pose is rest_pose else pose(t), float(t)))
    return np.array(out)


@settings(derandomize=True, deadline=None, max_examples=6)
@given(st.floats(-80, 80), st.floats(-25, 25))
def test_head_ends_within_a_degree_of_the_target(yaw, pitch):
    goal = towards(yaw, pitch)
    poses = run(GazeLayer(), 2.0, events=[(0.2, goal)])
    assert angle_deg(face(poses[-1]), goal) < 1.0


def test_it_starts_at_once_and_settles_without_overshoot():
    goal = towards(20.0)
    poses = run(GazeLayer(), 1.5, events=[(0.2, goal)])
    left = np.array([angle_deg(face(p), goal) for p in poses])
    moved = 20.0 - left
    assert moved[20 + 15] > 3.0  # 150 ms
    assert moved[20 + 25] > 5.0
    assert left[20 + 60:].max() < 1.0
    yaws = [face(p)[1] for p in poses]
    assert max(yaws) <= np.sin(np.radians(20.2))


def test_torso_motion_does_not_move_the_gaze():
    goal = towards(15.0, 5.0)

    def swaying(t):
        pose = np.array(rest_pose())
        pose[SPINE1] = (0.10 * np.sin(2.0 * t), 0.25 * np.sin(1.3 * t), 0.05 * np.sin(1.7 * t))
        return pose
    poses = run(GazeLayer(), 6.0, swaying, [(0.2, goal)])
    assert max(angle_deg(face(p), goal) for p in poses[150:]) < 1.0


def test_a_still_turned_head_is_brought_to_the_target_but_nods_survive():
    goal = towards(10.0)
    nod = make_gesture("nod").rotations

    def pose(t):
        moved = np.array(rest_pose())
        moved[HEAD] = (0.1, -0.3, 0.05)
        if t >= 4.0:
            moved[[12, 15]] += nod[min(int((t - 4.0) * 30), len(nod) - 1)][[12, 15]]
        return moved
    poses = run(GazeLayer(), 8.0, pose, [(0.2, goal)])
    assert angle_deg(face(poses[390]), goal) < 1.0
    dip = max(angle_deg(face(p), goal) for p in poses[400:520])
    assert 7.0 < dip < 20.0
    assert angle_deg(face(poses[-1]), goal) < 1.0


def test_moving_target_is_followed():
    gaze = GazeLayer()
    errors = []
    for t in np.arange(0.0, 6.0, STEP_S):
        goal = towards(20.0 * np.sin(0.8 * t))
        gaze.target(goal, float(t))
        errors.append(angle_deg(face(gaze.apply(rest_pose(), float(t))), goal))
    assert max(errors[100:]) < 4.0


def test_pose_is_smooth_through_engaging_switching_and_releasing():
    events = [(0.3, towards(30, 10)), (0.8, towards(-60, -10)), (1.5, None), (1.8, towards(10)), (2.6, None),
              (2.7, towards(80)), (3.4, towards(-80))]
    poses = run(GazeLayer(), 5.0, events=events)
    turns = matrix_from_rotvec(poses[:, [SPINE3, 12, HEAD]])
    whole = forward_kinematics(poses)[1][:, HEAD]
    speed = np.linalg.norm(np.diff(whole, axis=0), axis=(1, 2)) / np.sqrt(2) / STEP_S
    assert speed.max() < 4.0
    assert np.abs(np.diff(speed)).max() / STEP_S < 110.0
    assert np.linalg.norm(np.diff(turns, axis=0), axis=(2, 3)).max() < 0.08


def test_released_head_returns_to_the_motion():
    pose = np.array(rest_pose())
    pose[HEAD] = (0.05, 0.2, 0.1)
    poses = run(GazeLayer(), 3.0, lambda t: pose, [(0.1, towards(-20)), (1.0, None)])
    assert np.allclose(matrix_from_rotvec(poses[-1][HEAD]) , matrix_from_rotvec(pose[HEAD]), atol=0.12)
    assert np.allclose(face(poses[-1]), face(pose), atol=1e-6)


def test_without_a_target_nothing_changes():
    assert np.allclose(GazeLayer().apply(rest_pose(), 1.0), rest_pose())


def test_torso_helps_only_for_large_angles_and_neck_limits_hold():
    small = run(GazeLayer(), 2.0, events=[(0.1, towards(25))])[-1]
    large = run(GazeLayer(), 3.0, events=[(0.1, towards(75))])[-1]
    behind = run(GazeLayer(), 3.0, events=[(0.1, towards(170))])[-1]
    assert np.allclose(small[SPINE3], rest_pose()[SPINE3])
    assert np.degrees(np.linalg.norm(large[[3, 6, 9]], axis=1).sum()) > 10.0
    yaw = np.degrees(np.arctan2(face(behind)[1], face(behind)[0]))
    assert 80.0 < yaw < 105.0


def test_eyes_lead_and_come_back_to_the_middle():
    gaze = GazeLayer()
    run(gaze, 0.3)
    gaze.target(towards(20.0, 8.0), 0.3)
    gaze.apply(rest_pose(), 0.3)
    first = gaze.eye_direction_head(0.3)
    assert np.linalg.norm(first) == pytest.approx(1.0)
    assert np.degrees(np.arctan2(first[1], first[0])) == pytest.approx(20.0, abs=1.0) and first[2] > 0.1
    run(gaze, 2.0, begin_s=0.31)
    assert angle_deg(gaze.eye_direction_head(2.0), np.array([1.0, 0, 0])) < 1.0
    assert angle_deg(gaze.head_direction_base, towards(20.0, 8.0)) < 1.0
    gaze.target(None, 2.0)
    assert np.array_equal(gaze.eye_direction_head(2.0), [1.0, 0.0, 0.0])


def test_a_slow_caller_reaches_the_same_place():
    for step in (0.004, 0.033, 0.2):
        gaze = GazeLayer()
        gaze.target(towards(30), 0.0)
        for t in np.arange(0.0, 2.01, step):
            pose = gaze.apply(rest_pose(), float(t))
        assert angle_deg(face(pose), towards(30)) < 1.0


def test_bad_targets_are_refused():
    gaze = GazeLayer()
    for bad in (np.zeros(3), np.array([1.0, np.nan, 0.0]), np.ones(2)):
        with pytest.raises(InvalidInput):
            gaze.target(bad, 0.0)
    with pytest.raises(InvalidInput, match="max_yaw_deg"):
        GazeConfig(max_yaw_deg=200.0)
