"""What the page shows and what its visitor does: plain values, no browser library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array, frozen_array
from gesture_robot.errors import InvalidInput, UnknownName

Picture = Array | Callable[[], Array]
EVENT_KINDS = ("stop", "release", "gesture", "say", "pause", "resume", "greet", "joint", "give_back")
LONGEST_SAY = 500
"""Characters of a text from the say box."""
NODE_OK, NODE_WARNS, NODE_FAILS, NODE_GONE = 0, 1, 2, 3


@dataclass(frozen=True, slots=True, eq=False)
class PageState:
    """One moment of the robot, as far as the page shows it. Fields left out stay empty on the page."""

    stamp_s: float
    joint_positions: Array | None = None
    """(J,) [rad or m], in the order of `RobotModel.joint_names`; None leaves the robot where it is."""
    camera_rgb: Picture | None = None
    """(H, W, 3) uint8 with its overlays, or a function that draws it, called on the page's thread when it is needed."""
    face_rgb: Picture | None = None
    """The same for the robot's face."""
    act: str = ""
    """The decision that is being carried out: "greet", "attend", ..."""
    reason: str = ""
    mode: str = ""
    """What control is doing: "waiting", "starting", "running", "stopping", "stopped"."""
    stopped: bool = False
    spoken_words: tuple[str, ...] = ()
    spoken_word: int = -1
    """Index of the word that is heard now, -1 for none."""
    people: tuple[str, ...] = ()
    """One line for each person."""
    status: tuple[tuple[str, str], ...] = ()
    """(label, value) lines."""
    stop_reason: str = ""
    """Why it is stopped."""
    notes: tuple[str, ...] = ()
    """Answers to what the operator asked for, such as a refusal; the newest last."""
    paused: bool | None = None
    """Whether behaviours are paused; None: not known, or there is nothing to pause."""
    person_ids: tuple[str, ...] = ()
    """Whom the operator can have greeted."""
    gestures: tuple[str, ...] | None = None
    """Names for the gesture buttons; None leaves them as they are."""
    manual: tuple[str, ...] = ()
    """Joints that the operator moves by hand."""
    nodes: tuple[tuple[str, int, str], ...] = ()
    """(name, NODE_OK ... NODE_GONE, message) of every node."""

    def __post_init__(self) -> None:
        if self.joint_positions is not None:
            positions = frozen_array(self.joint_positions, (None,), "PageState.joint_positions")
            object.__setattr__(self, "joint_positions", positions)
        for name in ("camera_rgb", "face_rgb"):
            picture = getattr(self, name)
            if picture is not None and not callable(picture):
                check_picture(picture, f"PageState.{name}")


def check_picture(picture: Array, name: str) -> Array:
    """The picture itself, contiguous; raises InvalidInput unless it is (H, W, 3) uint8."""
    picture = np.asarray(picture)
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or not picture.size:
        raise InvalidInput(f"{name} must be (H, W, 3) uint8, got {picture.shape} {picture.dtype}.")
    return np.ascontiguousarray(picture)


@dataclass(frozen=True, slots=True)
class PageEvent:
    """What the visitor of the page did.

    `value` is the gesture's name, the text to say, the person's id (empty: the nearest) or the joint's name; `number`
    is where the joint shall go [rad or m].
    """

    kind: str
    value: str = ""
    number: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in EVENT_KINDS:
            raise UnknownName("page event", self.kind, EVENT_KINDS)
