import numpy as np
import pytest

from gesture_robot.body.rotations import matrix_from_rotvec, rotvec_from_matrix
from gesture_robot.body.skeleton import ARM_LENGTH_M, forward_kinematics, joint_index
from gesture_robot.datatypes import EMOTIONS, Speech
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.evaluation.strokes import find_strokes
from gesture_robot.evaluation.sync import gesture_word_offsets, summarize
from gesture_robot.gesture.beat import BeatConfig, BeatGestures
from gesture_robot.gesture.compose import rest_pose
from gesture_robot.gesture.planner import Apex, choose_apexes
from gesture_robot.gesture.styles import STYLES, Style
from gesture_robot.speech.emphasis import emphases

WRISTS = [joint_index("left_wrist"), joint_index("right_wrist")]


def generate(speech, seed=0, style="neutral", **config):
    engine = BeatGestures(BeatConfig(**config))
    return engine.generate(speech, style=style, seed_pose=None, rng=np.random.default_rng(seed))


def wrists(motion):
    return forward_kinematics(motion.rotations)[0][:, WRISTS]


def strokes(motion):
    paths = wrists(motion)
    return [find_strokes(paths[:, i], motion.fps, ARM_LENGTH_M) for i in range(2)]


def mean_speed(motion, until_s):
    paths = wrists(motion)[:int(until_s * 30)]
    return float(np.linalg.norm(np.diff(paths, axis=0), axis=-1).mean() * 30 / ARM_LENGTH_M)


@pytest.fixture(scope="module")
def motions(speech):
    return [generate(speech, seed) for seed in range(3)]


def test_strokes_end_on_words(speech, motions):
    stressed = [e.word_start_s for e in emphases(speech) if e.strength > 0.45]
    found = [s for m in motions for s in strokes(m)]
    every = summarize(np.concatenate([gesture_word_offsets(s, speech.words) for s in found]))
    marked = summarize(np.concatenate([gesture_word_offsets(s, stressed) for s in found]))
    assert every.passes, every
    assert marked.passes and -0.15 < marked.mean_s < -0.05, marked


def test_it_is_as_lively_as_people_and_within_a_robot_s_means(speech, motions):
    rates, speeds = [], []
    for motion in motions:
        rates += [len(s.peak_s) / speech.duration_s * 60.0 for s in strokes(motion)]
        speeds.append(mean_speed(motion, speech.duration_s))
        velocity = np.gradient(wrists(motion), 1 / 30.0, axis=0) / ARM_LENGTH_M
        assert np.linalg.norm(velocity, axis=-1).max() < 2.6
        turns = matrix_from_rotvec(motion.rotations)
        rate = np.linalg.norm(rotvec_from_matrix(np.swapaxes(turns[:-1], -1, -2) @ turns[1:]), axis=-1) * 30.0
        assert rate[:, :25].max() < 8.5 and np.percentile(rate[:, [18, 19]], 95) < 4.5
        assert rate[:, 25:].mean() > 0.05  # fingers live
    assert 45.0 < np.mean(rates) < 110.0
    assert 0.5 < np.mean(speeds) < 1.0


def test_head_and_torso_take_part(motions):
    for motion in motions:
        _, turns = forward_kinematics(motion.rotations)
        head = rotvec_from_matrix(np.swapaxes(turns[:, joint_index("spine3")], -1, -2) @ turns[:, joint_index("head")])
        assert (np.degrees(head.std(axis=0)) > 2.0).all() and (np.degrees(head.std(axis=0)) < 12.0).all()
        chest = rotvec_from_matrix(turns[:, joint_index("spine3")])
        assert 1.0 < np.degrees(chest.std(axis=0)).max() < 10.0


def test_hands_stay_out_of_the_body_and_of_each_other(motions):
    for motion in motions:
        places, turns = forward_kinematics(motion.rotations)
        local = np.einsum("tji,tkj->tki", turns[:, joint_index("spine3")],
                          places[:, WRISTS] - places[:, None, joint_index("spine3")])
        inside = (np.abs(local[:, :, 0]) < 0.17) & (local[:, :, 1] > -0.35) & (local[:, :, 2] < 0.10)
        assert not inside.any()
        assert np.linalg.norm(local[:, 0] - local[:, 1], axis=1).min() > 0.16


def test_it_ends_at_rest_or_stays_up_as_told(speech):
    assert np.allclose(generate(speech).rotations[-1], rest_pose(), atol=2e-3)
    stays = generate(speech, end_at_rest=False)
    assert len(stays.rotations) == int(np.ceil(speech.duration_s * 30 - 1e-9))
    assert wrists(stays)[-1, :, 1].max() > wrists(generate(speech))[0, 0, 1] + 0.1


def test_the_way_back_to_rest_is_no_stroke(speech, motions):
    for motion in motions:
        for found in strokes(motion):
            assert not (found.apex_s > speech.duration_s + 0.1).any()


def test_audio_alone_moves_as_much_as_with_words(speech, motions):
    alone = Speech("alone", "", speech.rate_hz, speech.samples)
    without = [generate(alone, seed) for seed in range(2)]
    counts = [np.mean([len(s.peak_s) for m in group for s in strokes(m)]) for group in (motions[:2], without)]
    assert 0.5 < counts[1] / counts[0] < 1.5
    assert 0.5 < mean_speed(without[0], speech.duration_s) / mean_speed(motions[0], speech.duration_s) < 1.5


def test_different_randomness_different_motion(motions):
    count = min(len(m.rotations) for m in motions)
    assert np.abs(motions[0].rotations[:count] - motions[1].rotations[:count]).mean() > 0.01


def test_style_and_emotion_scale(make_speech):
    text = "I can show everybody the way to the garden. Please follow the lines, and listen to the birds outside."
    speech = make_speech(text)

    def lively(**how):
        return np.mean([mean_speed(generate(speech, seed, **how), speech.duration_s) for seed in range(2)])
    assert lively(style="calm") < 0.85 * lively()
    assert lively(amplitude=0.5) < 0.85 * lively()
    sad = make_speech(text, emotion="sadness")
    assert np.mean([mean_speed(generate(sad, seed), sad.duration_s) for seed in range(2)]) < 0.85 * lively()
    head = joint_index("head")
    assert generate(sad).rotations[60:-60, head, 0].mean() > generate(speech).rotations[60:-60, head, 0].mean() + 0.03
    for emotion in EMOTIONS:
        assert len(generate(make_speech("Hello my friend.", emotion=emotion)).rotations) > 10


def test_short_greeting_has_a_stroke(make_speech):
    greeting = make_speech("Hello there! Nice to meet you, welcome.")
    counts = [sum(len(s.peak_s) for s in strokes(generate(greeting, seed))) for seed in range(6)]
    assert min(counts) >= 1


def test_unknown_style_and_wrong_settings(speech):
    with pytest.raises(UnknownName, match="neutral"):
        generate(speech, style="wild")
    with pytest.raises(InvalidInput, match="amplitude"):
        BeatConfig(amplitude=5.0)


def test_apexes_keep_their_distance_and_prefer_strong_words():
    beats = [Apex(1.0, 0.2), Apex(1.3, 0.9), Apex(1.6, 0.2), Apex(3.0, 0.5), Apex(0.1, 1.0)]
    beats.sort(key=lambda b: b.time_s)
    chosen = choose_apexes(beats, Style(spacing_s=0.7), 0.4)
    assert [b.time_s for b in chosen] == [1.3, 3.0]
    assert choose_apexes([], Style(), 0.4) == []
    assert set(STYLES) >= {"neutral", "calm", "lively"}


def test_twenty_thousand_words_are_streamed_with_flat_memory_per_chunk(make_speech):
    chunk = make_speech("Please follow the yellow lines on the floor.")
    stream = BeatGestures().stream((chunk for _ in range(2500)), style="neutral", rng=np.random.default_rng(0))
    lengths = {len(next(stream).rotations) for _ in range(3)}
    assert lengths == {int(np.ceil(chunk.duration_s * 30 - 1e-9))}
