"""Values are checked at birth: shape, finiteness, range; arrays are read-only."""

import numpy as np
import pytest

from gesture_robot.datatypes import BodyMotion, CameraImage, Decision, FaceMotion, JointTrajectory, Speech, Word
from gesture_robot.errors import InvalidInput, UnknownName

GOOD = (("a", "b"), 0.0, [0.0, 0.1], np.zeros((2, 2)), np.zeros((2, 2)))


def test_arrays_are_read_only():
    trajectory = JointTrajectory(*GOOD)
    with pytest.raises(ValueError):
        trajectory.positions[0, 0] = 1.0


@pytest.mark.parametrize(
    "index, bad",
    [
        (0, ("a", "a")),
        (1, np.nan),
        (2, [0.1, 0.0]),
        (2, []),
        (3, np.zeros((2, 3))),
        (3, np.full((2, 2), np.nan)),
        (4, np.zeros((1, 2))),
        (4, [["x", "y"], ["z", "w"]]),
    ],
)
def test_a_trajectory_with_nan_or_wrong_length_is_refused(index, bad):
    with pytest.raises(InvalidInput):
        JointTrajectory(*GOOD[:index], bad, *GOOD[index + 1 :])


def test_messages_say_what_came():
    with pytest.raises(InvalidInput, match=r"\(any, 55, 3\), got \(4, 54, 3\)"):
        BodyMotion(30.0, np.zeros((4, 54, 3)), np.zeros((4, 3)))
    with pytest.raises(InvalidInput, match="entry 2 is nan"):
        Speech("s", "x", 16000, [0.0, 0.0, np.nan])
    with pytest.raises(InvalidInput, match="uint8"):
        CameraImage(0.0, "camera", np.zeros((4, 4, 3)), np.eye(3), np.eye(4))


def test_ranges():
    with pytest.raises(InvalidInput):
        FaceMotion(60.0, ("jawOpen",), [[1.5]])
    with pytest.raises(InvalidInput):
        Word("x", 0.3, 0.2)
    with pytest.raises(UnknownName, match="greet"):
        Decision("gret", "typo")
    with pytest.raises(InvalidInput, match="reason"):
        Decision("greet", "")
    with pytest.raises(UnknownName, match="happiness"):
        Decision("greet", "why", expression="happyness")
