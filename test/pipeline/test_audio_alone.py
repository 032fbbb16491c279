"""Speech without its words still moves: as much as with them; silence is still."""

from dataclasses import replace

import numpy as np
import pytest

from gesture_robot.datatypes import Speech
from gesture_robot.evaluation.motion_figures import motion_figures, wrist_paths
from gesture_robot.face.arkit import mouth_opening
from gesture_robot.face.viseme import VisemeFace
from gesture_robot.gesture.beat import BeatGestures
from gesture_robot.speech.espeak import EspeakTts

TEXT = ("Good morning everybody. Today I want to tell you why robots should move their hands while they speak. "
        "People understand more, they remember more, and they like to listen. That is a big difference!")


@pytest.fixture(scope="module")
def with_words():
    return EspeakTts().synthesize(TEXT)


def moved(speech):
    rng = np.random.default_rng(1)
    body = BeatGestures().generate(speech, style="lively", seed_pose=None, rng=rng)
    return body, VisemeFace().generate(speech, rng=rng)


def test_strokes_and_mouth_stay_within_half_when_the_words_are_removed(with_words):
    alone = replace(with_words, text="", words=(), phonemes=())
    (body, face), (body_alone, face_alone) = moved(with_words), moved(alone)
    strokes, strokes_alone = (motion_figures(b, with_words)["strokes_per_min"] for b in (body, body_alone))
    assert 0.5 * strokes <= strokes_alone <= 1.5 * strokes, (strokes, strokes_alone)
    mouth, mouth_alone = (float(np.mean(mouth_opening(f.weights))) for f in (face, face_alone))
    assert 0.5 * mouth <= mouth_alone <= 1.5 * mouth, (mouth, mouth_alone)


def test_silence_is_still():
    body, face = moved(Speech("silence", "", 22050, np.zeros(22050 * 4, np.float32)))
    paths, _ = wrist_paths(body)
    assert np.ptp(paths, axis=0).max() < 0.03
    assert np.asarray(mouth_opening(face.weights)).max() < 0.05
