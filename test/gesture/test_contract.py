"""What every registered gesture engine must do."""

import numpy as np
import pytest

from gesture_robot import registry
from gesture_robot.datatypes import BodyMotion, Speech
from gesture_robot.errors import InvalidInput
from gesture_robot.gesture.compose import rest_pose
from gesture_robot.gesture.library import make_gesture

NEEDS_A_MODEL = {"onnx"}  # has its own run of this contract, with a stand-in model
ENGINES = [name for name in registry.names("gesture") if name not in NEEDS_A_MODEL]


@pytest.fixture(params=ENGINES)
def engine(request):
    return registry.load("gesture", request.param)()


@pytest.fixture(scope="module")
def speech(make_speech):
    return make_speech("Please follow the yellow lines on the floor, and tell me about your favourite music. The "
                       "weather is getting better, so we could open the window and listen to the birds outside.")


def rng(seed=0):
    return np.random.default_rng(seed)


def cut(speech, begin_s, end_s):
    def inside(items):
        return tuple(type(i)(i.text, i.start_s - begin_s, i.end_s - begin_s) for i in items
                     if begin_s <= i.start_s and i.end_s <= end_s)
    rate = speech.rate_hz
    return Speech("cut", "", rate, speech.samples[int(begin_s * rate):int(end_s * rate)], inside(speech.words),
                  inside(speech.phonemes), speech.emotion)


def test_motion_covers_the_audio_and_starts_at_the_seed(engine, speech):
    seed = make_gesture("open_palms").rotations[30]
    motion = engine.generate(speech, style="neutral", seed_pose=seed, rng=rng())
    assert isinstance(motion, BodyMotion) and motion.fps == engine.fps
    assert motion.duration_s >= speech.duration_s - 1e-9
    assert np.allclose(motion.rotations[0], seed, atol=1e-6)
    from_rest = engine.generate(speech, style="neutral", seed_pose=None, rng=rng())
    assert np.allclose(from_rest.rotations[0], rest_pose(), atol=1e-6)


def test_same_randomness_same_motion(engine, speech):
    first, second = (engine.generate(speech, style="neutral", seed_pose=None, rng=rng(3)) for _ in range(2))
    assert np.array_equal(first.rotations, second.rotations)


def test_silence_is_still(engine, silence):
    motion = engine.generate(silence, style="neutral", seed_pose=None, rng=rng())
    assert np.abs(motion.rotations - rest_pose()).max() < 1e-6


def test_stream_continues_where_the_chunk_before_ended(engine, speech):
    pieces = [cut(speech, a, a + 3.0) for a in (0.0, 3.0, 6.0)]
    motions = list(engine.stream(iter(pieces), style="neutral", rng=rng()))
    assert len(motions) == 3
    for piece, motion in zip(pieces, motions, strict=True):
        assert len(motion.rotations) == int(np.ceil(piece.duration_s * engine.fps - 1e-9))
    for before, after in zip(motions, motions[1:], strict=False):
        assert np.allclose(after.rotations[0], before.rotations[-1], atol=1e-6)


def test_stream_is_lazy(engine, speech):
    def endless():
        while True:
            yield cut(speech, 0.0, 2.0)
    stream = engine.stream(endless(), style="neutral", rng=rng())
    assert next(stream).duration_s == pytest.approx(next(stream).duration_s)


def test_empty_audio_and_one_sample(engine):
    for count in (0, 1):
        speech = Speech("x", "", 16000, np.zeros(count, np.float32))
        motion = engine.generate(speech, style="neutral", seed_pose=None, rng=rng())
        assert len(motion.rotations) >= 1


def test_bad_seed_pose_is_refused(engine, speech):
    for seed in (np.zeros((54, 3)), np.full((55, 3), np.nan)):
        with pytest.raises(InvalidInput, match="seed_pose"):
            engine.generate(speech, style="neutral", seed_pose=seed, rng=rng())
