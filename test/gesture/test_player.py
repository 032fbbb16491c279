import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.body.rotations import matrix_from_rotvec, rotvec_from_matrix
from gesture_robot.body.skeleton import forward_kinematics, joint_index
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.gesture.beat import BeatConfig, BeatGestures
from gesture_robot.gesture.compose import rest_pose
from gesture_robot.gesture.idle import IdleConfig, IdleMotion
from gesture_robot.gesture.library import gesture_mask, make_gesture
from gesture_robot.gesture.player import MotionPlayer, PlayerConfig

STATUE = PlayerConfig(idle=IdleConfig(amplitude=0.0))
LEFT, RIGHT, HEAD = joint_index("left_wrist"), joint_index("right_wrist"), joint_index("head")
STEP_S = 0.01


def watch(player, until_s, begin_s=0.0, events=()):
    """Poses every 10 ms; `events` are (time, function) that run before the pose of that time."""
    times = np.round(np.arange(begin_s, until_s, STEP_S), 6)
    waiting, poses = sorted(events, key=lambda e: e[0]), []
    for t in times:
        while waiting and waiting[0][0] <= t:
            waiting.pop(0)[1]()
        poses.append(player.pose(float(t)))
    return times, np.array(poses)


def joint_rates(poses):
    turns = matrix_from_rotvec(poses)
    return rotvec_from_matrix(np.swapaxes(turns[:-1], -1, -2) @ turns[1:]) / STEP_S


def assert_smooth(poses, speed=12.0, acceleration=260.0):
    rates = joint_rates(poses)
    assert np.linalg.norm(rates, axis=-1).max() < speed  # a jump of 0.12 rad in one tick would show
    assert np.linalg.norm(np.diff(rates, axis=0), axis=-1).max() / STEP_S < acceleration  # 2.6 rad/s between ticks


def test_nothing_playing_is_rest_plus_idle():
    player = MotionPlayer(STATUE)
    assert np.allclose(player.pose(3.0), rest_pose(), atol=1e-9)
    assert player.active_until_s == -np.inf
    idle = MotionPlayer().pose(3.0)
    assert 0.0 < np.abs(idle - rest_pose()).max() < 0.15


def test_motion_is_reproduced_at_its_frames_once_blended_in():
    player, motion = MotionPlayer(STATUE), make_gesture("wave")
    player.play(motion, 2.0)
    for frame in (20, 33, 60):
        shown = matrix_from_rotvec(player.pose(2.0 + frame / 30.0))
        assert np.allclose(shown, matrix_from_rotvec(motion.rotations[frame]), atol=1e-6)
    assert player.active_until_s == pytest.approx(2.0 + motion.duration_s)
    assert np.allclose(player.pose(60.0), rest_pose(), atol=1e-9)
    assert player.active_until_s == -np.inf


def test_pose_is_the_same_whatever_the_rate_it_is_asked_at():
    def ask(step):
        player = MotionPlayer()
        player.play(make_gesture("point"), 0.2)
        return [player.pose(float(t)) for t in np.arange(0, 2.01, step)][-1]
    assert np.allclose(ask(0.01), ask(0.1), atol=1e-9)


def test_everything_at_once_stays_smooth(speech):
    player = MotionPlayer()
    talk = BeatGestures().generate(speech, style="neutral", seed_pose=None, rng=np.random.default_rng(1))
    events = [(0.5, lambda: player.play(talk, 0.55)),
              (2.3, lambda: player.play(make_gesture("wave"), 2.3, mask="right_arm")),
              (3.1, lambda: player.play(make_gesture("bow"), 3.0)),
              (4.0, lambda: player.add_head_layer(make_gesture("nod"), 4.0)),
              (4.2, lambda: player.play(make_gesture("shake"), 4.2, mask="head")),
              (5.45, lambda: player.interrupt(5.45)),
              (5.7, lambda: player.play(make_gesture("open_palms"), 5.7)), (7.0, lambda: player.play(talk, 4.0)),
              (9.0, lambda: player.interrupt(9.0)), (9.1, lambda: player.interrupt(9.1))]
    _, poses = watch(player, 12.0, events=events)
    assert_smooth(poses)


@settings(derandomize=True, deadline=None, max_examples=6)
@given(st.lists(st.tuples(st.floats(0.2, 3.0), st.sampled_from(["wave", "shrug", "nod", "point"]), st.booleans()),
                min_size=1, max_size=4))
def test_any_sequence_of_plays_and_interrupts_is_smooth(script):
    player = MotionPlayer(STATUE)
    events = []
    for at, name, stop in script:
        events.append((at, lambda at=at, name=name: player.play(make_gesture(name), at, mask=gesture_mask(name))))
        if stop:
            events.append((at + 0.4, lambda at=at: player.interrupt(at + 0.4)))
    _, poses = watch(player, 4.0, events=events)
    assert_smooth(poses)


def test_interrupt_settles_quickly_and_forgets_the_future():
    player = MotionPlayer(STATUE)
    player.play(make_gesture("open_palms"), 0.0)
    player.play(make_gesture("wave"), 5.0)
    _, poses = watch(player, 3.0, events=[(1.0, lambda: player.interrupt(1.0))])
    hand = forward_kinematics(poses)[0][:, RIGHT]
    rest = forward_kinematics(rest_pose())[0][RIGHT]
    away = np.linalg.norm(hand - rest, axis=1)
    assert away[100] > 0.3
    assert away[150] < 0.35 * away[100]
    assert away[190:].max() < 1e-6
    assert np.allclose(player.pose(6.0), rest_pose(), atol=1e-9)


def test_a_gesture_takes_only_its_joints(speech):
    talk = BeatGestures().generate(speech, style="neutral", seed_pose=None, rng=np.random.default_rng(0))
    plain, both = MotionPlayer(STATUE), MotionPlayer(STATUE)
    for player in (plain, both):
        player.play(talk, 0.0)
    both.play(make_gesture("wave"), 2.0, mask="right_arm")
    t = 3.2
    alone, mixed = plain.pose(t), both.pose(t)
    left = [joint_index(n) for n in ("left_collar", "left_shoulder", "left_elbow", "left_wrist", "left_index1")]
    assert np.allclose(alone[left + [HEAD]], mixed[left + [HEAD]])
    places = forward_kinematics(mixed)[0]
    assert places[RIGHT, 1] > places[joint_index("right_shoulder"), 1]
    after = 2.0 + make_gesture("wave").duration_s + 1.5
    assert np.allclose(plain.pose(after), both.pose(after), atol=1e-9)  # and gives them back


def test_hands_left_up_sink_slowly(speech):
    up = BeatGestures(BeatConfig(end_at_rest=False)).generate(speech, style="neutral", seed_pose=None,
                                                              rng=np.random.default_rng(0))
    player = MotionPlayer(STATUE)
    player.play(up, 0.0)
    end = up.duration_s
    _, poses = watch(player, end + 3.5, end - 0.5)
    hand = forward_kinematics(poses)[0][:, [LEFT, RIGHT]]
    speed = np.linalg.norm(np.diff(hand[60:], axis=0), axis=-1).max() / STEP_S
    assert speed < 0.9
    assert np.allclose(poses[-1], rest_pose(), atol=1e-6)


def test_head_layers_add_up():
    player = MotionPlayer(STATUE)
    player.add_head_layer(lambda t: np.array([0.1 * np.sin(t), 0.0, 0.0]))
    player.add_head_layer(make_gesture("nod"), 1.0)
    _, poses = watch(player, 3.0)
    pitch = poses[:, [joint_index("neck"), HEAD], 0].sum(axis=1)
    times = np.arange(len(pitch)) * STEP_S
    assert np.allclose(pitch[:95], 0.1 * np.sin(times[:95]), atol=1e-6)
    assert pitch[136] == pytest.approx(0.1 * np.sin(1.36) + 0.30, abs=0.03)
    assert np.allclose(pitch[250:], 0.1 * np.sin(times[250:]), atol=1e-6)
    assert_smooth(poses)
    with pytest.raises(InvalidInput, match="head layer"):
        player.add_head_layer(lambda t: np.zeros(2))
        player.pose(3.0)


def test_late_start_joins_in_the_middle():
    player = MotionPlayer(STATUE)
    _, poses = watch(player, 2.5, events=[(1.0, lambda: player.play(make_gesture("wave"), 0.2))])
    assert_smooth(poses)
    assert forward_kinematics(poses[-1])[0][RIGHT, 1] > 0.3


def test_clear_and_unknown_masks_and_empty_motion():
    player = MotionPlayer(STATUE)
    player.play(make_gesture("wave"), 0.0)
    player.clear()
    assert np.allclose(player.pose(1.5), rest_pose(), atol=1e-9)
    with pytest.raises(UnknownName, match="arms"):
        player.play(make_gesture("wave"), 0.0, mask="arm")
    with pytest.raises(InvalidInput, match="start_s"):
        player.play(make_gesture("wave"), float("nan"))
    player.play(BodyMotion(30.0, np.zeros((0, 55, 3)), np.zeros((0, 3))), 0.0)


def test_idle_is_small_smooth_pure_and_never_repeats():
    idle = IdleMotion()
    times = np.arange(0.0, 60.0, 0.02)
    turns = np.array([idle.rotations(t) for t in times])
    assert np.array_equal(turns[700], IdleMotion().rotations(times[700]))
    assert np.abs(turns).max() < 0.12
    assert np.abs(np.diff(turns, axis=0)).max() / 0.02 < 0.4
    assert np.abs(np.diff(turns, 2, axis=0)).max() / 0.02**2 < 4.0
    breath = turns[:, joint_index("left_collar"), 2]
    spectrum = np.abs(np.fft.rfft(breath - breath.mean()))
    assert np.fft.rfftfreq(len(breath), 0.02)[np.argmax(spectrum)] == pytest.approx(0.25, abs=0.03)
    first = turns[:250]
    assert min(np.abs(turns[i:i + 250] - first).max() for i in range(250, len(turns) - 250, 5)) > 1e-3
    assert not np.allclose(IdleMotion(IdleConfig(seed=1)).rotations(3.0), idle.rotations(3.0))
    assert not IdleMotion(IdleConfig(amplitude=0.0)).rotations(3.0).any()


def test_seed_pose_is_the_motions_alone():
    player = MotionPlayer()
    player.add_head_layer(lambda t: np.array([0.2, 0.0, 0.0]))
    assert np.allclose(player.seed_pose(1.0), rest_pose(), atol=1e-9)
    player.play(make_gesture("wave"), 1.0)
    motion = make_gesture("wave")
    assert np.allclose(player.seed_pose(2.5), motion.rotations[45], atol=1e-6)


def test_the_next_sentence_does_not_cut_a_wave_short(speech):
    talk = BeatGestures().generate(speech, style="neutral", seed_pose=None, rng=np.random.default_rng(0))
    player = MotionPlayer(STATUE)
    player.play(talk, 0.0)
    player.play(make_gesture("wave"), 1.0, mask=gesture_mask("wave"))
    _, poses = watch(player, 6.0, events=[(1.9, lambda: player.play(talk, 1.9))])
    places = forward_kinematics(poses)[0]
    assert places[250, RIGHT, 1] > places[250, joint_index("right_shoulder"), 1]
    assert_smooth(poses)
