"""The human motions that retargeting is measured with: human, smooth, repeatable, clear of the body, in touch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.body.rotations import rotvec_from_matrix
from gesture_robot.body.skeleton import forward_kinematics, joint_index
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.evaluation.human_contacts import CONTACTS, contact_motion, landmark_m
from gesture_robot.evaluation.human_motions import FPS, accuracy_set, random_motion, random_pose
from gesture_robot.evaluation.human_range import (
    ARM_HIGH,
    ARM_LOW,
    HANGING,
    arm_rotations,
    clearance_m,
    random_arms,
    segment_distance,
)
from gesture_robot.evaluation.retarget_figures import human_wrist_jerk
from gesture_robot.retarget.human import measure

SIDES = ("left", "right")


@pytest.fixture(scope="module")
def clips():
    return accuracy_set()


@pytest.fixture(scope="module")
def minute():
    return random_motion(60.0, seed=3)


def elbow_deg(rotations):
    """(T, 2) how far both elbows are bent."""
    arms = measure(rotations).arms
    return np.degrees([np.arccos(np.clip((arms[s].upper * arms[s].fore).sum(-1), -1, 1)) for s in SIDES]).T


def test_the_accuracy_set_is_twelve_clips_of_three_kinds(clips):
    assert len({clip.name for clip in clips}) == len(clips) == 12
    assert 1150 <= sum(len(clip.body.rotations) for clip in clips) <= 1250
    assert sum(bool(clip.contacts) for clip in clips) == 4
    assert all(clip.body.fps == FPS for clip in clips)


def test_wrists_jerk_like_those_of_a_human(clips, minute):
    """A lively speaker's mean is 94 arm lengths/s^3."""
    jerk = np.concatenate([human_wrist_jerk(measure(c.body.rotations), FPS) for c in clips]).mean()
    assert 65.0 < jerk < 110.0
    assert 75.0 < human_wrist_jerk(measure(minute.rotations), FPS).mean() < 115.0


def test_the_same_seed_gives_the_same_motion_and_another_does_not():
    first, again, other = (random_motion(2.0, seed=seed).rotations for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.2
    np.testing.assert_array_equal(
        contact_motion("prayer", seed=1)[0].rotations, contact_motion("prayer", seed=1)[0].rotations
    )


@settings(derandomize=True, deadline=None, max_examples=3)
@given(seed=st.integers(0, 1000))
def test_random_motion_is_human_and_clear_of_the_body(seed):
    rotations = random_motion(4.0, seed=seed).rotations
    assert clearance_m(rotations).min() > -0.012
    bend = elbow_deg(rotations)
    assert bend.min() >= 0.0 and bend.max() < 146.0
    steps = [
        np.linalg.norm(rotvec_from_matrix(np.swapaxes(a, -1, -2) @ b), axis=-1) * FPS
        for a, b in zip(*(lambda f: (f[:-1], f[1:]))(forward_kinematics(rotations)[1]), strict=True)
    ]
    assert np.max([s[joint_index("left_shoulder")] for s in steps]) < 8.0


def test_a_minute_fills_the_range(minute):
    arms, bend = measure(minute.rotations).arms, elbow_deg(minute.rotations)
    for column, side in enumerate(SIDES):
        low, high = np.percentile(arms[side].upper, [1, 99], axis=0)
        assert (high - low > [0.9, 0.7, 1.0]).all(), (low, high)  # forward, sideways, up
        assert np.percentile(bend[:, column], 2) < 35.0 and np.percentile(bend[:, column], 98) > 105.0
    chest = np.degrees(np.linalg.norm(rotvec_from_matrix(forward_kinematics(minute.rotations)[1][:, 9]), axis=-1))
    assert 14.0 < chest.max() <= 19.0
    assert np.ptp(minute.rotations[:, 25:]) > 1.5 and np.abs(minute.rotations[:, 0]).max() == 0.0


def test_random_motion_has_no_corners(minute):
    """Minimum jerk: at 30 fps neighbouring frames differ little in speed."""
    wrists = forward_kinematics(minute.rotations, fingers=False)[0][:, [joint_index(f"{s}_wrist") for s in SIDES]]
    speed = np.diff(wrists, axis=0) * FPS
    assert np.abs(np.diff(speed, axis=0)).max() < 0.9


@pytest.mark.parametrize("name", sorted(CONTACTS))
def test_contact_gestures_touch_where_they_should(name):
    body, contacts = contact_motion(name)
    for contact in contacts:
        assert contact.held.sum() >= 9 and not contact.held[[0, -1]].any()
        (a, out_a), (b, out_b) = (landmark_m(body.rotations, mark) for mark in (contact.first, contact.second))
        apart = np.linalg.norm(a - b, axis=-1)
        assert apart[contact.held].max() < 1.5e-3
        assert apart[0] > 0.05
        if name in ("prayer", "applause", "hand_on_heart"):
            assert (out_a * out_b).sum(-1)[contact.held].max() < -0.98
    assert clearance_m(body.rotations, hands=False).min() > -0.012


def test_claps_open_between_contacts():
    body, (contact,) = contact_motion("applause")
    apart = np.linalg.norm(
        np.subtract(*(landmark_m(body.rotations, m)[0] for m in (contact.first, contact.second))), axis=-1
    )
    first, last = np.flatnonzero(contact.held)[[0, -1]]
    assert apart[first:last].max() > 0.12 and (np.diff(contact.held[first:last].astype(int)) == -1).sum() >= 3


@pytest.mark.parametrize("seconds", [0.01, -1.0, float("nan")])
def test_a_motion_needs_a_length(seconds):
    with pytest.raises(InvalidInput, match="seconds"):
        random_motion(seconds)


def test_unknown_contacts_are_named():
    with pytest.raises(UnknownName, match="prayer"):
        contact_motion("handshake")


def test_one_frame_and_single_poses_are_fine():
    assert random_motion(1.0 / FPS).rotations.shape == (1, 55, 3)
    pose = random_pose(np.random.default_rng(0))
    assert pose.shape == (55, 3) and clearance_m(pose[None])[0] > 0.0


# --- anatomy -----------------------------------------------------------------------------------------------------


def posed(angles):
    pose = np.zeros((1, 55, 3))
    pose[0, [joint_index(f"left_{part}") for part in ("collar", "shoulder", "elbow", "wrist")]] = arm_rotations(angles)
    return measure(pose).arms["left"], pose


def test_a_hanging_arm_hangs_with_the_palm_to_the_thigh():
    arm, _ = posed(np.radians([0.01, 90.0, 0.0, 0.0, 0.0, 0.0, 0.0]))
    np.testing.assert_allclose(arm.upper[0], [0, 0, -1], atol=0.03)
    np.testing.assert_allclose(arm.fore[0], [0, 0, -1], atol=0.03)
    assert arm.palm[0] @ [0, -1, 0] > 0.9


@pytest.mark.parametrize(("angle", "axis"), [("elbow", [1, 0, 0]), ("pronation", [-1, 0, 0])])
def test_elbows_bend_forward_and_pronation_turns_the_palm_back(angle, axis):
    angles = np.radians([0.01, 90.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    angles[3 if angle == "elbow" else 4] = np.radians(90.0)
    arm, _ = posed(angles)
    assert (arm.fore if angle == "elbow" else arm.palm)[0] @ axis > 0.95


@settings(derandomize=True, deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_the_angles_of_an_arm_are_what_they_say(seed):
    angles = random_arms(np.random.default_rng(seed), 1)
    assert (angles >= ARM_LOW).all() and (angles <= ARM_HIGH).all()
    _, pose = posed(angles[0])
    assert elbow_deg(pose)[0, 0] == pytest.approx(np.degrees(angles[0, 3]), abs=1e-6)


def test_limbs_inside_the_trunk_have_no_clearance():
    inside = np.radians([20.0, -38.0, 75.0, 120.0, 0.0, 0.0, 0.0])
    assert clearance_m(posed(HANGING)[1])[0] > 0.0 > clearance_m(posed(inside)[1])[0]


@settings(derandomize=True, deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_distances_of_segments_are_those_of_their_nearest_points(seed):
    a, b, c, d = np.random.default_rng(seed).normal(size=(4, 3))
    share = np.linspace(0.0, 1.0, 201)[:, None]
    dense = np.linalg.norm((a + share * (b - a))[:, None] - (c + share * (d - c))[None], axis=-1).min()
    found = segment_distance(a, b, c, d)
    assert dense - 0.03 < found <= dense + 1e-9
