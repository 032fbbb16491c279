"""The face on its timeline: speech, blinks, gaze, expression, all continuous."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from face_samples import hello
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.datatypes import EMOTIONS, FaceMotion
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.face.arkit import CHANNELS, INDEX, mouth_opening
from gesture_robot.face.expression import expression, with_expression
from gesture_robot.face.glide import Glide
from gesture_robot.face.player import FacePlayer, PlayerConfig
from gesture_robot.face.viseme import VisemeFace

BLINK = INDEX["eyeBlinkLeft"]
SPEECH = VisemeFace().generate(hello(), rng=np.random.default_rng(0))
STILL = PlayerConfig(micro=0.0)


def run(player: FacePlayer, start_s: float, end_s: float, step_s: float = 1 / 60) -> np.ndarray:
    return np.stack([player.weights(t) for t in np.arange(start_s, end_s, step_s)])


@pytest.mark.parametrize("start_s", [0.0, 1.7e9])
@pytest.mark.parametrize("seed", [0, 7])
def test_blinks_come_every_two_to_five_seconds_and_last_a_sixth_of_one(seed: int, start_s: float) -> None:
    shut = run(FacePlayer(seed=seed), start_s, start_s + 60.0, 1 / 60)[:, BLINK] > 0.02
    starts = np.flatnonzero(np.diff(shut.astype(int)) == 1) / 60.0
    ends = np.flatnonzero(np.diff(shut.astype(int)) == -1) / 60.0
    lengths = ends[:len(starts)] - starts[:len(ends)] if ends[0] > starts[0] else ends[1:] - starts[:-1]
    assert (lengths > 0.08).all() and (lengths <= 0.22).all()
    gaps = np.diff(starts)
    doubles = gaps < 0.5
    assert ((gaps[~doubles] > 1.5) & (gaps[~doubles] < 5.1)).all()
    assert 12 <= (~doubles).sum() <= 30


def test_double_blinks_happen_sometimes() -> None:
    blink = run(FacePlayer(), 0.0, 240.0, 1 / 20)[:, BLINK] > 0.1
    gaps = np.diff(np.flatnonzero(np.diff(blink.astype(int)) == 1)) / 20.0
    assert 3 <= (gaps < 0.5).sum() <= 25


def test_lids_close_fully() -> None:
    assert run(FacePlayer(), 0.0, 20.0)[:, BLINK].max() > 0.95


def test_seed_decides_the_idle_face() -> None:
    same = [run(FacePlayer(seed=3), 0.0, 6.0) for _ in range(2)]
    np.testing.assert_array_equal(*same)
    assert np.abs(same[0] - run(FacePlayer(seed=4), 0.0, 6.0)).max() > 0.3


def test_time_may_be_asked_in_any_order() -> None:
    player = FacePlayer(seed=1)
    times = np.linspace(0.0, 10.0, 80)
    forward = np.stack([player.weights(t) for t in times])
    backward = np.stack([player.weights(t) for t in times[::-1]])[::-1]
    np.testing.assert_allclose(forward, backward, atol=1e-12)


def test_an_idle_face_moves_a_little_and_keeps_its_mouth_shut() -> None:
    weights = run(FacePlayer(), 0.0, 30.0)
    assert mouth_opening(weights).max() == 0.0
    brows = weights[:, INDEX["browInnerUp"]]
    assert 0.02 < np.ptp(brows) < 0.1 and np.abs(np.diff(brows)).max() < 0.005


def test_played_speech_is_what_is_shown() -> None:
    player = FacePlayer(STILL)
    player.weights(0.0)
    player.play(SPEECH, 1.0)
    for k in range(6, len(SPEECH.weights), 7):
        shown = player.weights(1.0 + k / 60.0)
        mouth = slice(INDEX["jawForward"], INDEX["mouthUpperUpRight"] + 1)
        np.testing.assert_allclose(shown[mouth], SPEECH.weights[k][mouth], atol=1e-9)


def test_sentences_played_back_to_back_leave_no_gap() -> None:
    face = FaceMotion(60.0, CHANNELS, np.full((60, 52), 0.4))
    player = FacePlayer(STILL)
    player.weights(0.0)
    player.play(face, 1.0)
    player.play(face, 2.0)
    player.play(face, 3.02)
    jaw = run(player, 1.0, 4.0, 0.005)[:, INDEX["jawOpen"]]
    np.testing.assert_allclose(jaw, 0.4, atol=0.02)


def test_interrupt_shuts_the_mouth_and_drops_what_was_queued() -> None:
    player = FacePlayer(STILL)
    player.weights(0.0)
    player.play(SPEECH, 0.5)
    player.play(SPEECH, 3.0)
    run(player, 0.0, 0.75)
    assert mouth_opening(player.weights(0.75)) > 0.1
    player.interrupt(0.75)
    assert mouth_opening(player.weights(0.75 + 0.125)) == 0.0
    assert mouth_opening(run(player, 0.9, 6.0)).max() == 0.0
    player.play(SPEECH, 6.5)
    assert mouth_opening(run(player, 6.0, 9.0)).max() > 0.2


@pytest.mark.parametrize(("direction", "up", "down"), [
    ((1.0, 0.3, 0.0), ("eyeLookOutLeft", "eyeLookInRight"), ("eyeLookInLeft", "eyeLookOutRight")),
    ((1.0, -0.3, 0.0), ("eyeLookInLeft", "eyeLookOutRight"), ("eyeLookOutLeft", "eyeLookInRight")),
    ((1.0, 0.0, 0.3), ("eyeLookUpLeft", "eyeLookUpRight"), ("eyeLookDownLeft", "eyeLookDownRight")),
    ((1.0, 0.0, -0.3), ("eyeLookDownLeft", "eyeLookDownRight"), ("eyeLookUpLeft", "eyeLookUpRight"))])
def test_eyes_look_where_they_are_told(direction: tuple, up: tuple, down: tuple) -> None:
    player = FacePlayer(STILL)
    player.look(np.array(direction), 0.0)
    weights = player.weights(0.5)
    for name in up:
        assert weights[INDEX[name]] == pytest.approx(np.arctan(0.3) / 0.52, abs=0.01)
    for name in down:
        assert weights[INDEX[name]] == 0.0


def test_a_look_takes_about_a_tenth_of_a_second_even_when_it_is_repeated_every_tick() -> None:
    once, often = FacePlayer(STILL), FacePlayer(STILL)
    target = np.array([1.0, 0.3, 0.0])
    once.look(target, 0.0)
    for k in range(15):
        often.look(target + [0.0, 1e-6 * k, 0.0], k * 0.01)
    a, b = (p.weights(0.15)[INDEX["eyeLookOutLeft"]] for p in (once, often))
    assert a == pytest.approx(b, abs=0.01) and a > 0.9 * np.arctan(0.3) / 0.52


def test_a_big_change_of_gaze_brings_a_blink_a_small_one_does_not() -> None:
    quiet_s = next(t for t in np.arange(0.5, 20.0, 0.1) if run(FacePlayer(), t - 0.5, t + 1.0)[:, BLINK].max() < 0.01)
    for angle, blinks in ((0.45, True), (0.05, False)):
        player = FacePlayer()
        player.look(np.array([1.0, 0.0, 0.0]), 0.0)
        player.weights(quiet_s)
        player.look(np.array([np.cos(angle), np.sin(angle), 0.0]), quiet_s)
        assert (run(player, quiet_s, quiet_s + 0.3)[:, BLINK].max() > 0.9) == blinks


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_an_expression_comes_smoothly_and_stays(emotion: str) -> None:
    player = FacePlayer(STILL)
    player.express(emotion, 1.0, 1.0)
    shape = expression(emotion)
    brows = slice(INDEX["browDownLeft"], INDEX["browOuterUpRight"] + 1)
    np.testing.assert_allclose(player.weights(1.0)[brows], 0.0, atol=1e-9)
    np.testing.assert_allclose(player.weights(3.0)[brows], shape[brows], atol=0.01)


def test_closures_survive_a_smile() -> None:
    player = FacePlayer(STILL)
    player.express("happiness", 1.0, 0.0)
    player.express("surprise", 1.0, 0.5)
    player.weights(0.9)
    player.play(SPEECH, 1.0)
    for phoneme in hello().phonemes:
        if phoneme.text == "m":
            near = [mouth_opening(player.weights(1.0 + t)) for t in np.arange(phoneme.start_s, phoneme.end_s, 0.01)]
            assert min(near) < 0.01


ACTIONS = st.one_of(
    st.tuples(st.just("look"), st.floats(-0.6, 0.6), st.floats(-0.5, 0.5)),
    st.tuples(st.just("express"), st.sampled_from(EMOTIONS), st.floats(0.0, 1.0)),
    st.tuples(st.just("play"), st.floats(-0.5, 0.5), st.just(0)),
    st.tuples(st.just("interrupt"), st.just(0), st.just(0)))


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.floats(0.0, 0.4), ACTIONS), max_size=12))
def test_whatever_happens_the_face_does_not_jump(actions: list) -> None:
    player, now_s, step_s = FacePlayer(), 0.0, 0.002
    last = player.weights(0.0)
    for wait_s, (kind, a, b) in actions:
        for _ in range(max(1, int(wait_s / step_s / 4))):
            now_s += step_s
            weights = player.weights(now_s)
            # The quickest thing is a lid: 1 in 50 ms with a smooth start.
            assert np.abs(weights - last).max() < 0.075
            assert weights.min() >= 0.0 and weights.max() <= 1.0
            last = weights
        if kind == "look":
            player.look(np.array([1.0, a, b]), now_s)
        elif kind == "express":
            player.express(a, b, now_s)
        elif kind == "play":
            player.play(SPEECH, now_s + a)
        else:
            player.interrupt(now_s)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(0.0, 0.3), st.floats(-1.0, 1.0)), min_size=1, max_size=8))
def test_glide_is_smooth_and_arrives(steps: list) -> None:
    glide, now_s = Glide([0.0], 20.0), 0.0
    for wait_s, target in steps:
        now_s += wait_s
        before, slope = glide.at(now_s), glide.velocity(now_s)
        glide.to([target], now_s)
        np.testing.assert_allclose(glide.at(now_s), before, atol=1e-12)
        np.testing.assert_allclose(glide.velocity(now_s), slope, atol=1e-9)
    np.testing.assert_allclose(glide.at(now_s + 2.0), steps[-1][1], atol=1e-9)


def test_bad_input_is_refused() -> None:
    player = FacePlayer()
    with pytest.raises(InvalidInput, match="52 ARKit"):
        player.play(FaceMotion(60.0, ("a",), np.zeros((2, 1))), 0.0)
    for direction in ([np.nan, 0, 0], [0, 0, 0], [1, 0]):
        with pytest.raises(InvalidInput, match="direction_head"):
            player.look(np.array(direction), 0.0)
    with pytest.raises(UnknownName, match="happiness"):
        player.express("joy", 1.0, 0.0)
    with pytest.raises(InvalidInput, match="intensity"):
        player.express("fear", 1.5, 0.0)
    with pytest.raises(InvalidInput, match="start_s"):
        player.play(SPEECH, float("nan"))


def test_an_empty_face_is_ignored() -> None:
    player = FacePlayer(STILL)
    player.play(FaceMotion(60.0, CHANNELS, np.zeros((0, 52))), 0.0)
    assert mouth_opening(player.weights(0.0)) == 0.0


def test_expression_leaves_opening_to_the_speech() -> None:
    for (a, first), (b, second) in itertools.combinations(((e, expression(e)) for e in EMOTIONS), 2):
        assert np.abs(first - second).max() > 0.3, (a, b)
    assert mouth_opening(with_expression(np.zeros(52), expression("surprise"), 1.0)) == 0.0
