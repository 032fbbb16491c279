"""The drawn face shows what the weights say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gesture_robot.datatypes import EMOTIONS
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.face.arkit import shape
from gesture_robot.face.articulation import TARGETS
from gesture_robot.face.expression import expression
from gesture_robot.face.screen import draw_face, mouth_opening_px
from gesture_robot.face.style import STYLES

NEUTRAL = np.zeros(52)
LEFT_HALF, RIGHT_HALF = np.s_[:, :240], np.s_[:, 240:]


def bright(image: np.ndarray) -> np.ndarray:
    """Pixels of the white of the eyes."""
    return image[:210].min(axis=2) > 222


def iris_centre(image: np.ndarray) -> np.ndarray:
    """(x, y) of the pupils: dark pixels inside the eyes' box."""
    part = image[70:220, 60:420].astype(int)
    dark = (part.sum(axis=2) < 75) & (part[..., 0] < 12) & (part[..., 2] > 20) & (part[..., 2] < 36)
    y, x = np.nonzero(dark)
    return np.array([x.mean(), y.mean()])


@pytest.mark.parametrize("size", [(480, 360), (320, 240), (200, 300), (1024, 600), (64, 48)])
def test_size_and_type(size: tuple[int, int]) -> None:
    width, height = size
    image = draw_face(expression("happiness"), width, height)
    assert image.shape == (height, width, 3) and image.dtype == np.uint8
    assert image.max() > 200


def test_pure() -> None:
    first = draw_face(expression("fear"))
    first_copy = first.copy()
    first[:] = 0
    np.testing.assert_array_equal(first_copy, draw_face(expression("fear")))


def test_neutral_face_is_symmetric_but_for_the_reflections() -> None:
    image = draw_face(NEUTRAL).astype(int)
    difference = np.abs(image - image[:, ::-1]).max(axis=2)
    assert (difference > 60).mean() < 0.01


@pytest.mark.parametrize("size", [(480, 360), (240, 180)])
def test_mouth_opens_with_the_jaw_and_is_measured(size: tuple[int, int]) -> None:
    jaws = np.linspace(0.0, 0.8, 17)
    measured = np.array([mouth_opening_px(draw_face(shape({"jawOpen": j}), *size)) for j in jaws])
    assert (np.diff(measured) > 0.0).all() and measured[0] < 1.5
    assert np.corrcoef(jaws, measured)[0, 1] > 0.999
    assert mouth_opening_px(draw_face(shape({"jawOpen": 0.4, "mouthClose": 0.4}), *size)) < 1.5


def test_emotions_do_not_read_as_speech() -> None:
    for emotion in ("happiness", "sadness", "anger", "contempt"):
        assert mouth_opening_px(draw_face(expression(emotion))) < 2.0


def test_blink_covers_the_eyes_step_by_step() -> None:
    white = [bright(draw_face(shape({"eyeBlink": b}))).sum() for b in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert all(a > b for a, b in itertools.pairwise(white)) and white[-1] < 0.02 * white[0]


def test_a_wink_shuts_one_eye() -> None:
    image = draw_face(shape({"eyeBlinkLeft": 1.0}))
    assert bright(image)[RIGHT_HALF].sum() < 0.05 * bright(image)[LEFT_HALF].sum()


def test_pupils_follow_the_gaze() -> None:
    middle = iris_centre(draw_face(NEUTRAL))
    to_left = iris_centre(draw_face(shape({"eyeLookOutLeft": 0.5, "eyeLookInRight": 0.5})))
    to_right = iris_centre(draw_face(shape({"eyeLookInLeft": 0.5, "eyeLookOutRight": 0.5})))
    up = iris_centre(draw_face(shape({"eyeLookUp": 0.5})))
    assert to_left[0] - middle[0] > 6 and middle[0] - to_right[0] > 6
    assert abs(to_left[1] - middle[1]) < 2 and middle[1] - up[1] > 5


def test_small_movements_are_drawn_smoothly() -> None:
    def iris_x(look: float) -> float:
        dark = 236.0 - draw_face(shape({"eyeLookOutLeft": look, "eyeLookInRight": look}))[118:176, 284:379, 0]
        return float((dark.sum(axis=0) @ np.arange(dark.shape[1])) / dark.sum())

    steps = np.diff([iris_x(look) for look in np.arange(0.0, 0.3, 0.02)])
    assert steps.min() > 0.2 and steps.max() < 0.7


def test_a_smile_lifts_the_corners_and_a_frown_lowers_them() -> None:
    def corner_y(weights: np.ndarray) -> float:
        red = draw_face(weights)[230:, :, 0] > 150
        columns = np.flatnonzero(red.any(axis=0))
        return float(np.nonzero(red[:, columns[2]])[0].mean())

    assert corner_y(shape({"mouthSmile": 0.8})) < corner_y(NEUTRAL) - 8 < corner_y(shape({"mouthFrown": 0.8})) - 16


def test_brows_rise() -> None:
    def top(weights: np.ndarray) -> int:
        return int(np.flatnonzero((draw_face(weights)[:, :, 0] > 120).any(axis=1))[0])

    assert top(shape({"browInnerUp": 1.0, "browOuterUp": 1.0})) < top(NEUTRAL) - 8
    assert top(shape({"browDown": 1.0})) > top(NEUTRAL) + 2


def test_emotions_are_told_apart() -> None:
    pictures = {e: draw_face(expression(e), 240, 180).astype(int) for e in EMOTIONS}
    for a, b in itertools.combinations(EMOTIONS, 2):
        changed = (np.abs(pictures[a] - pictures[b]).max(axis=2) > 40).mean()
        assert changed > 0.02, (a, b)


def test_visemes_of_different_mouths_are_told_apart() -> None:
    names = ("open", "close_front", "close_back", "labiodental", "dental", "sibilant", "postalveolar", "silence")
    mouths = {n: draw_face(TARGETS[n])[230:].astype(int) for n in names}
    for a, b in itertools.combinations(names, 2):
        assert (np.abs(mouths[a] - mouths[b]).max(axis=2) > 40).sum() > 150, (a, b)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_keeps_the_mouth_measurable(style: str) -> None:
    assert mouth_opening_px(draw_face(NEUTRAL, style=style)) < 1.5
    assert mouth_opening_px(draw_face(shape({"jawOpen": 0.5}), style=style)) > 25


def test_extreme_weights_are_drawn() -> None:
    for weights in (np.ones(52), np.full(52, 5.0), np.full(52, -5.0)):
        assert draw_face(weights).shape == (360, 480, 3)


@pytest.mark.parametrize("weights", [np.zeros(51), np.full(52, np.nan), np.zeros((1, 52))])
def test_bad_weights_are_refused(weights: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match="face weights"):
        draw_face(weights)


def test_bad_sizes_and_styles_are_refused() -> None:
    with pytest.raises(InvalidInput, match="32 to 4096"):
        draw_face(NEUTRAL, 0, 100)
    with pytest.raises(UnknownName, match="lagoon"):
        draw_face(NEUTRAL, style="purple")
    with pytest.raises(InvalidInput, match="picture of a face"):
        mouth_opening_px(np.zeros((10, 10, 3), np.uint8))
