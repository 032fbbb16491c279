"""Channel names, files, IPA and the lag measurement."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from face_samples import HELLO, hello, silence
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.datatypes import FaceMotion
from gesture_robot.errors import InvalidInput, OutputUnwritable, UnknownName
from gesture_robot.evaluation.lips import closure_share, lag_s, mouth_opening_of_frames, opening_curve_from_phonemes
from gesture_robot.face.arkit import CHANNELS, INDEX, index, indices, mouth_opening, shape
from gesture_robot.face.articulation import TARGETS
from gesture_robot.face.coarticulation import Segment, blend
from gesture_robot.face.face_file import load_face, save_face
from gesture_robot.face.ipa import VISEMES, stress, visemes


def test_channels_are_apples_52_in_order() -> None:
    assert len(CHANNELS) == len(set(CHANNELS)) == 52
    assert CHANNELS[0] == "eyeBlinkLeft" and CHANNELS[17] == "jawOpen" and CHANNELS[-1] == "tongueOut"
    for name in CHANNELS:
        if name.endswith("Left"):
            assert name[:-4] + "Right" in CHANNELS


def test_index_and_pairs() -> None:
    assert index("jawOpen") == 17 and indices("mouthSmile") == (index("mouthSmileLeft"), index("mouthSmileRight"))
    with pytest.raises(UnknownName, match="Did you mean 'jawOpen'"):
        index("jawopen")
    assert shape({"mouthSmile": 0.5}).sum() == 1.0


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_mouth_opening_stays_in_range_and_a_closed_jaw_is_shut(jaw: float, close: float, lips: float) -> None:
    opening = mouth_opening(shape({"jawOpen": jaw, "mouthClose": close, "mouthLowerDown": lips}))
    assert 0.0 <= opening <= 1.0 and (close < jaw or opening == 0.0)


def test_face_file_round_trip(tmp_path: Path) -> None:
    face = FaceMotion(60.0, CHANNELS, np.random.default_rng(0).uniform(0, 1, (90, 52)))
    back = load_face(save_face(tmp_path / "face.npz", face))
    assert back.fps == 60.0 and back.channels == CHANNELS
    np.testing.assert_allclose(back.weights, face.weights, atol=1e-7)
    with np.load(tmp_path / "face.npz") as data:
        assert sorted(data.files) == ["channels", "fps", "weights"] and data["channels"].shape == (52,)


def test_bad_face_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such face file"):
        load_face(tmp_path / "none.npz")
    for name, content in (("text.npz", b"hello"), ("empty.npz", b""), ("zip.npz", b"PK\x03\x04" + bytes(40))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidInput, match="not a face file"):
            load_face(tmp_path / name)
    np.save(tmp_path / "array.npy", np.zeros(3))
    with pytest.raises(InvalidInput, match="not a face file"):
        load_face(tmp_path / "array.npy")
    np.savez(tmp_path / "keys.npz", fps=60.0)
    with pytest.raises(InvalidInput, match="lacks channels, weights"):
        load_face(tmp_path / "keys.npz")
    np.savez(tmp_path / "nan.npz", fps=60.0, channels=np.array(CHANNELS), weights=np.full((2, 52), np.nan))
    with pytest.raises(InvalidInput, match="finite"):
        load_face(tmp_path / "nan.npz")


def test_unwritable_face_file(tmp_path: Path) -> None:
    with pytest.raises(OutputUnwritable, match="cannot write"):
        save_face(tmp_path / "no" / "folder" / "face.npz", FaceMotion(60.0, CHANNELS, np.zeros((1, 52))))


@pytest.mark.parametrize(("text", "expected"), [
    ("", ("silence",)), ("  ", ("silence",)), ("(en)", ()), ("p", ("bilabial",)), ("ˈoʊ", ("mid_back", "close_back")),
    ("aɪɚ", ("open", "close_front", "r_vowel")), ("tʃ", ("postalveolar",)), ("ts", ("sibilant",)),
    ("uː", ("close_back",)),
    ("ẽ", ("mid_front",)), ("ɔ̃", ("mid_back",)), ("ç", ("velar",)), ("n̩", ("alveolar",)), ("ŋ", ("velar",)),
    ("你", ("central",)), ("?", ("silence",)), ("ˌaɪ", ("open", "close_front"))])
def test_ipa_to_visemes(text: str, expected: tuple[str, ...]) -> None:
    assert tuple(name for name, _ in visemes(text)) == expected


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.text(max_size=8))
def test_any_text_has_visemes_whose_shares_add_up(text: str) -> None:
    found = visemes(text)
    assert all(name in VISEMES and share > 0 for name, share in found)
    assert not found or sum(share for _, share in found) == pytest.approx(1.0)


def test_every_viseme_has_a_target_and_stress_is_read() -> None:
    assert set(TARGETS) == set(VISEMES)
    assert [stress(t) for t in ("ˈoʊ", "ˌaɪ", "ə")] == [1.0, 0.5, 0.0]
    assert all(visemes(text) for text, _ in HELLO)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.01, 0.3), st.floats(0.0, 1.0)), min_size=1, max_size=8))
def test_blend_stays_between_its_targets(parts: list) -> None:
    segments = [Segment(start, start + length, np.array([target]), np.ones(1)) for start, length, target in parts]
    curve = blend(segments, np.arange(0.0, 1.3, 1 / 60), np.array([0.04]))
    assert curve.min() >= -1e-9 and curve.max() <= max(p[2] for p in parts) + 1e-9


def test_a_single_sound_is_centred() -> None:
    time_s = np.arange(0.0, 1.0, 1 / 240)
    rest = [Segment(-0.3, 0.4, np.zeros(1), np.ones(1), 0.3), Segment(0.6, 1.3, np.zeros(1), np.ones(1), 0.3)]
    curve = blend([rest[0], Segment(0.4, 0.6, np.ones(1), np.ones(1)), rest[1]], time_s, np.array([0.04]))[:, 0]
    assert (curve @ time_s) / curve.sum() == pytest.approx(0.5, abs=0.003)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.floats(-0.2, 0.2), st.sampled_from([25.0, 60.0]))
def test_lag_is_found_below_one_frame(shift_s: float, fps: float) -> None:
    time_s = np.arange(0.0, 6.0, 1.0 / fps)

    def curve(t: np.ndarray) -> np.ndarray:
        return sum(np.exp(-((t - c) / 0.09) ** 2) for c in (0.7, 1.3, 1.75, 2.9, 3.3, 4.4, 5.2))  # type: ignore[return-value]

    assert lag_s(curve(time_s - shift_s), curve(time_s), fps) == pytest.approx(shift_s, abs=0.1 / fps)


def test_lag_of_a_short_word_is_found() -> None:
    time_s = np.arange(0.0, 0.5, 1 / 60)
    assert lag_s(np.exp(-((time_s - 0.27) / 0.08) ** 2), np.exp(-((time_s - 0.25) / 0.08) ** 2), 60.0) == pytest.approx(
        0.02, abs=0.003)


def test_lag_refuses_curves_that_say_nothing() -> None:
    wave = np.sin(np.arange(200) / 5.0)
    for a, b in ((wave[:8], wave), (np.ones(200), wave), (np.where(np.arange(200) == 3, np.nan, wave), wave)):
        with pytest.raises(InvalidInput):
            lag_s(a, b, 60.0)


@pytest.mark.parametrize("fps", [25.0, 60.0])
def test_opening_curve_follows_the_vowels(fps: float) -> None:
    speech = hello()
    curve = opening_curve_from_phonemes(speech, fps)
    assert len(curve) == int(np.ceil(speech.duration_s * fps))
    assert curve[round(0.740 * fps)] == pytest.approx(0.7) and curve[round(0.52 * fps)] == 0.0 and curve[-1] == 0.0
    with pytest.raises(InvalidInput, match="phoneme times"):
        opening_curve_from_phonemes(silence(1.0), fps)


def test_closure_share_counts_bilabials() -> None:
    speech = hello()
    assert closure_share(np.zeros(134), speech.phonemes, 60.0) == 1.0
    assert closure_share(np.ones(134), speech.phonemes, 60.0) == 0.0
    assert closure_share(np.ones(134), [p for p in speech.phonemes if p.text != "m"], 60.0) == 1.0


def test_opening_of_frames_reads_the_box() -> None:
    from gesture_robot.face.screen import draw_face

    frames = np.zeros((2, 300, 500, 3), np.uint8)
    for k, jaw in enumerate((0.0, 0.5)):
        frames[k, 50:230, 120:360] = draw_face(shape({"jawOpen": jaw}), 240, 180)
    opening = mouth_opening_of_frames(frames, (120, 50, 240, 180))
    assert opening[0] < 1.0 < 12.0 < opening[1]
    assert INDEX["jawOpen"] == 17
