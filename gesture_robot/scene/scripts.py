"""What happens in the built-in scenes: people by key frames, in the robot's base frame (x forward, y left).

Angles say how far a person is turned away from the robot: 0 looks at it, positive turns to the person's own left.
"""

from __future__ import annotations

from dataclasses import dataclass

from gesture_robot.errors import InvalidInput, UnknownName


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """Where a person stands and looks at `at_s`; the way there from the frame before is minimum jerk, or `steady`."""

    at_s: float
    x_m: float
    y_m: float
    face_deg: float = 0.0
    body_deg: float = 0.0
    steady: bool = False
    wave: float = 0.0
    """How far the right hand is raised to wave, 0..1."""


@dataclass(frozen=True, slots=True)
class Actor:
    """One person: key frames in time order; before the first and after the last they stay there."""

    id: str
    frames: tuple[KeyFrame, ...]
    look: str = "orange"
    sway: float = 1.0
    """Size of natural body sway, 1 = about 1 cm and 2 degrees."""

    def __post_init__(self) -> None:
        times = [frame.at_s for frame in self.frames]
        if not times or any(b <= a for a, b in zip(times, times[1:], strict=False)):
            raise InvalidInput(f"actor '{self.id}' needs key frames with increasing times, got {times}.")


@dataclass(frozen=True, slots=True)
class SceneScript:
    """A named scene."""

    name: str
    text: str
    duration_s: float
    actors: tuple[Actor, ...] = ()


def _crossing(start_s: float, x_m: float, reach_m: float, speed: float, face: float,
              body: float) -> tuple[KeyFrame, ...]:
    """Across the picture from the robot's left to its right and, five seconds later, back."""
    time = 2 * reach_m / speed
    back_s = start_s + time + 5.0
    return (KeyFrame(start_s, x_m, reach_m, face, body),
            KeyFrame(start_s + time, x_m, -reach_m, face, body, steady=True),
            KeyFrame(back_s - 1.0, x_m, -reach_m, face, body),
            KeyFrame(back_s, x_m, -reach_m, -face, -body),
            KeyFrame(back_s + time, x_m, reach_m, -face, -body, steady=True))


_VISITOR = (
    KeyFrame(0.4, 2.75, 2.5, 50, 65), KeyFrame(3.2, 2.48, 0.25, 50, 45), KeyFrame(4.4, 2.48, 0.25, 50, 35),
    KeyFrame(5.2, 2.48, 0.25, 0, 10), KeyFrame(6.6, 2.48, 0.25, 0, 4), KeyFrame(8.2, 1.6, 0.1, 0, 0),
    KeyFrame(15.2, 1.6, 0.1, 0, 0), KeyFrame(16.0, 1.62, 0.05, 60, 45), KeyFrame(18.6, 2.3, -2.4, 60, 70))

_FAR = (
    KeyFrame(0.4, 3.9, 3.2, 50, 65), KeyFrame(3.6, 3.58, 0.3, 50, 45), KeyFrame(4.6, 3.58, 0.3, 50, 35),
    KeyFrame(5.4, 3.58, 0.3, 0, 5), KeyFrame(14.0, 3.58, 0.3, 0, 0), KeyFrame(14.8, 3.58, 0.3, 50, 45),
    KeyFrame(18.2, 3.8, -3.1, 50, 70))

_LOOKER = (
    KeyFrame(3.0, 1.95, -0.55, -48, -25), KeyFrame(3.8, 1.95, -0.55, 0, 0), KeyFrame(15.0, 1.95, -0.55, 0, 0),
    KeyFrame(15.8, 1.95, -0.6, 55, 45), KeyFrame(18.4, 2.4, -2.6, 60, 70))

_OTHER = (
    KeyFrame(2.0, 2.3, 0.75, 46, 30), KeyFrame(5.0, 2.3, 0.75, 50, 30), KeyFrame(9.0, 2.3, 0.75, 44, 30),
    KeyFrame(13.0, 2.3, 0.75, 49, 30))

_WAVER = (
    KeyFrame(0.4, 2.7, 2.5, 50, 65), KeyFrame(3.2, 2.2, 0.0, 50, 45), KeyFrame(4.2, 2.2, 0.0, 0, 5),
    KeyFrame(5.0, 2.2, 0.0), KeyFrame(5.6, 2.2, 0.0, wave=1.0), KeyFrame(9.0, 2.2, 0.0, wave=1.0),
    KeyFrame(9.8, 2.2, 0.0), KeyFrame(15.0, 2.2, 0.0), KeyFrame(15.8, 2.2, -0.05, 60, 45),
    KeyFrame(18.4, 2.4, -2.5, 60, 70))

_SCENES = {scene.name: scene for scene in (
    SceneScript("visitor", "comes in looking aside, turns to the robot at 2.5 m, comes to 1.6 m, stays, leaves", 20.0,
                (Actor("visitor", _VISITOR),)),
    SceneScript("passer_by", "crosses twice, looking 50 degrees past the robot", 20.0,
                (Actor("passer", _crossing(1.5, 2.4, 2.4, 1.1, 50.0, 65.0)),)),
    SceneScript("passer_by_facing", "crosses twice at 1.4 m/s, face towards the robot", 20.0,
                (Actor("passer", _crossing(1.5, 2.3, 2.6, 1.4, 0.0, 55.0)),)),
    SceneScript("two_people", "two stand before the robot; one looks at it and later leaves, one looks aside", 20.0,
                (Actor("looker", _LOOKER), Actor("other", _OTHER, look="blue"))),
    SceneScript("far_visitor", "as visitor, but turns to the robot at 3.6 m and stays there", 20.0,
                (Actor("visitor", _FAR),)),
    SceneScript("waver", "comes to 2.2 m, turns to the robot and waves for three seconds", 20.0,
                (Actor("waver", _WAVER),)),
    SceneScript("still_20deg", "one person stands 20 degrees to the robot's left", 35.0,
                (Actor("still", (KeyFrame(0.0, 1.786, 0.65),)),)),
    SceneScript("empty", "nobody", 20.0),
)}


def scene_names() -> tuple[str, ...]:
    """All built-in scenes."""
    return tuple(sorted(_SCENES))


def load_scene(name: str) -> SceneScript:
    """The scene of this name.

    Raises:
        UnknownName: lists the known ones.
    """
    if name not in _SCENES:
        raise UnknownName("scene", name, scene_names())
    return _SCENES[name]
