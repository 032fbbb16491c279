"""Retargeting with every guard on: no self-collision, no limit left, touches kept, the same numbers without numba."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from gesture_robot.control.audit import audit
from gesture_robot.datatypes import BodyMotion, FaceMotion
from gesture_robot.errors import InvalidInput
from gesture_robot.evaluation.contact_figures import RobotLandmarks
from gesture_robot.evaluation.human_motions import contact_clips, random_motion, random_pose
from gesture_robot.evaluation.retarget_figures import SelfCollisions
from gesture_robot.retarget.figures import direction_errors
from gesture_robot.retarget.kernel_near import begin_at, look, open_up
from gesture_robot.retarget.retargeter import Retargeter, without_heading
from gesture_robot.robots.model import load_model

FPS = 30.0


@pytest.fixture(scope="module")
def wren():
    return load_model("wren")


@pytest.fixture(scope="module")
def retargeter(wren):
    return Retargeter(wren)


def wild(seed, frames):
    """(T, 55, 3): jumps between poses of the human range, noise on all joints, and spins."""
    rng = np.random.default_rng(seed)
    poses = np.repeat([random_pose(rng) for _ in range(frames // 10 + 1)], 10, axis=0)[:frames]
    kind = seed % 3
    if kind == 1:
        poses = poses + rng.normal(size=poses.shape) * 0.5
    if kind == 2:
        poses = rng.normal(size=poses.shape) * rng.uniform(0.5, 20.0)
    return poses


@pytest.mark.parametrize("seed", range(9))
def test_whatever_comes_no_limit_is_left_and_links_never_touch(wren, retargeter, seed):
    body = BodyMotion(FPS, wild(seed, 80), np.zeros((80, 3)))
    trajectory, _ = retargeter.motion_with_report(body, rest_at_ends=True)
    assert audit([trajectory], wren).violations == 0
    assert not trajectory.velocities[0].any() and not trajectory.velocities[-1].any()
    assert not SelfCollisions(wren).path(trajectory).any()


@pytest.mark.parametrize("seed", range(3))
def test_a_limit_on_jerk_holds_from_frame_to_frame(wren, seed):
    most = np.full(len(wren.joint_names), np.inf)
    slow = [wren.index("left_elbow"), wren.index("right_wrist_roll")]
    most[slow] = [600.0, 900.0]
    model = replace(wren, max_jerk=most)
    body = BodyMotion(FPS, wild(seed, 90), np.zeros((90, 3)))
    trajectory = Retargeter(model).motion(body)
    assert audit([trajectory], model).violations == 0
    q, v = trajectory.positions[:, slow], trajectory.velocities[:, slow]
    mean = np.diff(v, axis=0) * FPS  # acceleration of a frame; at its ends it is 6 dq / dt^2 - (4 v0 + 2 v1) / dt ...
    ends = np.stack([6 * np.diff(q, axis=0) * FPS**2 - (4 * v[:-1] + 2 * v[1:]) * FPS,
                     -6 * np.diff(q, axis=0) * FPS**2 + (2 * v[:-1] + 4 * v[1:]) * FPS])
    for change in (np.diff(mean, axis=0), ends[0][1:] - ends[1][:-1], ends[1] - ends[0]):
        assert (np.abs(change) * FPS <= most[slow] * (1 + 1e-6)).all()
    free = Retargeter(wren).motion(body).velocities[:, slow]
    assert (np.abs(np.diff(free, n=2, axis=0)).max(axis=0) * FPS**2 > most[slow]).any(), "the limit asks for something"


def test_a_robot_that_stands_anywhere_follows_within_its_limits_and_arrives(wren):
    rng = np.random.default_rng(4)
    target = random_motion(1.0, seed=3).rotations[-1]
    for _ in range(6):
        retargeter = Retargeter(wren, margin_m=0.0)
        measured = rng.uniform(wren.lower, wren.upper)
        retargeter.reset(measured)
        before, path = measured, []
        for _ in range(46):
            path.append(retargeter.pose(target))
            assert (np.abs(path[-1] - before) <= wren.max_velocity / FPS + 1e-9).all()
            before = path[-1]
        errors = direction_errors(wren, path[-1][None], target[None])
        assert max(np.degrees(e[0]) for name, e in errors.items() if "arm" in name) < 20.0


def test_the_same_poses_give_the_same_joints_frame_by_frame_and_at_once(wren, retargeter):
    body = random_motion(2.0, seed=8)
    live = Retargeter(wren)
    first = [live.pose(rotations) for rotations in without_heading(body)]
    live.reset()
    np.testing.assert_array_equal(first, [live.pose(rotations) for rotations in without_heading(body)])
    np.testing.assert_array_equal(retargeter.motion(body).positions, Retargeter(wren).motion(body).positions)


def test_a_bad_pose_changes_nothing(wren):
    body = random_motion(1.0, seed=2)
    retargeter, undisturbed = Retargeter(wren), Retargeter(wren)
    for rotations in body.rotations[:10]:
        retargeter.pose(rotations)
        undisturbed.pose(rotations)
    with pytest.raises(InvalidInput, match="finite"):
        retargeter.pose(np.full((55, 3), np.inf))
    np.testing.assert_array_equal(retargeter.pose(body.rotations[10]), undisturbed.pose(body.rotations[10]))


def test_without_numba_the_joints_are_the_same():
    code = ("import sys, numpy as np\n"
            "from gesture_robot.evaluation.human_motions import random_motion\n"
            "from gesture_robot.retarget.retargeter import Retargeter\n"
            "from gesture_robot.robots.model import load_model\n"
            "r = Retargeter(load_model('wren'))\n"
            "from gesture_robot.evaluation.human_contacts import contact_motion\n"
            "q = [r.pose(p) for p in random_motion(2.0, seed=5).rotations[30:42]]\n"
            "r.reset()\n"
            "q += [r.pose(p) for p in contact_motion('hand_to_chin')[0].rotations[20:28]]\n"
            "np.save(sys.argv[1], q)\n")

    def run(compiled: str, path: str) -> np.ndarray:
        environment = os.environ | {"GESTURE_ROBOT_COMPILED": compiled}
        subprocess.run([sys.executable, "-c", code, path], check=True, env=environment, timeout=300)
        return np.load(path)

    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        np.testing.assert_allclose(run("0", f"{folder}/plain.npy"), run("1", f"{folder}/fast.npy"), atol=1e-6)


@pytest.mark.parametrize("name", ["prayer", "hand_to_mouth"])
def test_a_touch_is_kept_and_is_better_than_directions_alone(wren, retargeter, name):
    clip = next(clip for clip in contact_clips() if clip.name == name)
    landmarks, directions = RobotLandmarks(wren), Retargeter(wren, touch=False)
    for contact in clip.contacts:
        kept, lost = (landmarks.errors_cm(contact, r.motion(clip.body).positions, clip.body.rotations)
                      for r in (retargeter, directions))
        assert kept.mean() < 3.0 and kept.mean() < 0.7 * lost.mean()


@pytest.mark.parametrize("name, most_cm", [("hand_on_heart", 3.0), ("hand_to_chin", 3.0), ("scratch_head", 3.0),
                                           ("hands_on_hips", 3.2), ("applause", 3.7), ("folded_arms", 5.5)])
def test_touches_on_links_in_the_way_are_kept_around_them(wren, retargeter, name, most_cm):
    """The hand stays in its place while arms, wrist and fingers give way; the last two are not below 3 cm yet."""
    clip = next(clip for clip in contact_clips() if clip.name == name)
    positions = retargeter.motion(clip.body).positions
    errors = [RobotLandmarks(wren).errors_cm(contact, positions, clip.body.rotations) for contact in clip.contacts]
    assert np.mean(errors) < most_cm


def test_an_answer_whose_links_overlap_is_mended_and_its_hands_stay(wren):
    clip = next(clip for clip in contact_clips() if clip.name == "folded_arms")
    retargeter, landmarks = Retargeter(wren), RobotLandmarks(wren)
    for pose in clip.body.rotations[: np.flatnonzero(clip.contacts[0].held)[-1]]:
        retargeter.pose(pose)
    guard, overlaps = retargeter._guard, []
    answer, mended = retargeter._answer.copy(), guard.touch.repaired.copy()
    for joints in (answer, mended):
        look(guard, joints)
        overlaps.append(float((guard.margin - guard.distance).max()))
    assert overlaps[0] > 0.03 and overlaps[1] < 0.01
    assert (wren.lower <= mended).all() and (mended <= wren.upper).all()
    for contact in clip.contacts:
        apart = landmarks.distances_m(contact, np.stack([answer, mended]))
        assert apart[1] < apart[0] + 0.04


def test_the_report_says_where_guards_held_and_what_the_ranges_cost(wren, retargeter):
    calm, report = retargeter.motion_with_report(BodyMotion(FPS, np.zeros((20, 55, 3)), np.zeros((20, 3))))
    assert not report.velocity_guard.any() and not report.collision_guard.any()
    assert max(loss.max() for loss in report.losses_rad.values()) < 0.01
    np.testing.assert_array_equal(calm.positions, report.answers)
    _, report = retargeter.motion_with_report(BodyMotion(FPS, wild(0, 60), np.zeros((60, 3))))
    assert report.velocity_guard.any()


def test_face_channels_move_the_face_s_joints_inside_their_limits(wren):
    from gesture_robot.datatypes import FaceJoint

    eyed = replace(wren, limbs=replace(wren.limbs, face=(FaceJoint("left_hand", {"jawOpen": 2.0}),)))
    row = eyed.index("left_hand")
    face = FaceMotion(60.0, ("jawOpen",), np.linspace(0.0, 1.0, 120)[:, None])
    trajectory = Retargeter(eyed).motion(BodyMotion(FPS, np.zeros((60, 55, 3)), np.zeros((60, 3))), face)
    assert trajectory.positions[-1, row] == pytest.approx(eyed.upper[row], abs=0.05)
    assert audit([trajectory], eyed).violations == 0


def test_an_arm_that_stands_anywhere_arrives_within_46_frames(wren, retargeter):
    """Among these starts are an arm tangled nearer to links than the margin, and one behind the trunk."""
    rng, touches = np.random.default_rng(5), SelfCollisions(wren).touches
    pose = random_pose(np.random.default_rng(3))
    for _ in range(40):
        measured = wren.lower + rng.uniform(size=len(wren.rest)) * (wren.upper - wren.lower)
        while touches(measured):
            measured = wren.rest + 0.9 * (measured - wren.rest)
        retargeter.reset(measured)
        joints = [retargeter.pose(pose) for _ in range(46)][-1]
        errors = direction_errors(wren, joints[None], pose[None])
        assert max(np.degrees(e[0]) for name, e in errors.items() if name.endswith("arm")) < 5.0


def test_pairs_that_began_near_may_stay_as_near_as_they_are(wren):
    """What they gain is theirs to lose again only while the arm brakes; they never hold the arm for good."""
    guard = Retargeter(wren)._guard
    begin_at(guard, np.array(wren.rest))
    pair = int(np.argmax(guard.margin))
    for floor, distance, needed in ((0.004, 0.006, 0.006), (0.004, 0.003, 0.004), (0.004, 0.5, guard.margin[pair])):
        guard.floor[pair], guard.distance[pair] = floor, distance
        open_up(guard)
        assert guard.needed[pair] == pytest.approx(needed, abs=2e-6)
