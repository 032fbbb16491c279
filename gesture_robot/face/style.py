"""Colours of the screen face.

Lengths elsewhere are in design units: the face is 440 x 330, centred on (0, 0), y down.
"""

from __future__ import annotations

from dataclasses import dataclass

from gesture_robot.errors import UnknownName

Colour = tuple[int, int, int]
DESIGN_WIDTH, DESIGN_HEIGHT = 440.0, 330.0


@dataclass(frozen=True)
class FaceStyle:
    """RGB colours of one look. The screen's red stays under 35: `mouth_opening_px` tells the mouth from it by red."""

    screen: Colour = (13, 20, 40)
    screen_edge: Colour = (6, 9, 20)
    eye_white: Colour = (236, 245, 252)
    eye_shade: Colour = (176, 198, 222)
    iris_rim: Colour = (10, 74, 104)
    iris: Colour = (18, 140, 170)
    iris_light: Colour = (92, 224, 226)
    pupil: Colour = (7, 16, 30)
    highlight: Colour = (255, 255, 255)
    lid_open: Colour = (58, 104, 138)
    lid_shut: Colour = (206, 232, 244)
    brow: Colour = (188, 214, 234)
    lip: Colour = (255, 142, 130)
    mouth_inside: Colour = (104, 20, 44)
    tongue: Colour = (232, 96, 104)
    teeth: Colour = (250, 248, 242)
    blush: Colour = (255, 96, 120)
    glow: Colour = (20, 108, 150)


STYLES: dict[str, FaceStyle] = {
    "lagoon": FaceStyle(),
    "hazel": FaceStyle(screen=(20, 16, 34), screen_edge=(10, 8, 18), iris_rim=(78, 40, 16), iris=(160, 92, 34),
                       iris_light=(244, 186, 92), pupil=(24, 12, 10), lid_open=(110, 82, 96), brow=(236, 214, 196),
                       glow=(33, 40, 96)),
}


def style_named(name: str) -> FaceStyle:
    """A look by name; raises UnknownName that lists them."""
    if name not in STYLES:
        raise UnknownName("face style", name, STYLES)
    return STYLES[name]
