"""Pictures of a human skeleton beside the robot that shows its motion, with the time and what was lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gesture_robot.body.draw import Camera, HumanPainter
from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion, FaceMotion, RobotModel
from gesture_robot.retarget.figures import bar_frame, robot_pose
from gesture_robot.retarget.human import measure
from gesture_robot.retarget.outcome import Outcome, carrying_joints, limb_joints
from gesture_robot.retarget.report import limb_errors
from gesture_robot.retarget.retargeter import without_heading
from gesture_robot.robots.render import CAMERAS, FIELD_OF_VIEW_DEG, Renderer, open_renderer

PANEL_PX = (480, 540)
"""Width and height of each of the two pictures."""
STRIP_PX = 84
"""Height of the text below them."""
SIZE_PX = (2 * PANEL_PX[0], PANEL_PX[1] + STRIP_PX)
_FASTEST_FPS = 30.0
_LOOK_AT_M, _HEIGHT_M = 1.16, 2.0
_INK, _PALE, _ALARM = (38, 42, 48), (118, 126, 136), (204, 62, 52)
_ROWS_Y, _COLUMNS_X = (24, 48, 72), (288, 390, 480, 552, 640, 706)
_LARGE_DEG = 10.0
_SHOWN = ("upper_arm", "forearm", "palm", "fingers")


class Overlay:
    """Both panels and the text for every picture of a motion.

    A renderer belongs to the thread that made it; `close` frees it. `note` says what draws the robot when that is not
    MuJoCo.
    """

    def __init__(
        self,
        body: BodyMotion,
        outcome: Outcome,
        model: RobotModel,
        face: FaceMotion | None = None,
        camera: str = "three_quarter",
    ):
        """Prepare drawing.

        Args:
            body: the human motion.
            outcome: what became of it.
            model: the robot.
            face: shown on the robot's screen, where it has one.
            camera: of `robots.render.CAMERAS`; both are seen from there.

        Raises:
            UnknownName: no such camera.
        """
        self._renderer: Renderer = open_renderer(model, *PANEL_PX, camera)
        self.note = self._renderer.note
        eye = Camera(np.array([0.0, 0.0, _LOOK_AT_M]), *CAMERAS[camera], _HEIGHT_M, FIELD_OF_VIEW_DEG)
        self._painter = HumanPainter(eye, *PANEL_PX)
        self._rotations, self._outcome, self._face = without_heading(body), outcome, face
        self._guards = outcome.guarded([*carrying_joints(model), *limb_joints(model).get("neck", [])])
        human, shown = measure(self._rotations), robot_pose(model, outcome.shown)
        errors = limb_errors(model, human, shown, frame=bar_frame(model))
        self._errors_deg = {name: np.degrees(values) for name, values in errors.items()}
        self._robot = model.name
        self._every = max(1, int(np.ceil(body.fps / _FASTEST_FPS - 1e-6)))
        self._body_fps = body.fps
        self.fps = body.fps / self._every
        self.count = len(range(0, len(body.rotations), self._every))

    def pictures(self) -> Iterator[Array]:
        """One (H, W, 3) uint8 RGB picture of SIZE_PX after the other."""
        for frame in range(0, len(self._rotations), self._every):
            yield self.picture(frame)

    def picture(self, frame: int) -> Array:
        """The picture of one frame of the human motion."""
        human = self._painter.draw(self._rotations[frame])
        robot = self._renderer.render(self._outcome.shown[frame], self._screen(frame / self._body_fps))
        picture = np.full((SIZE_PX[1], SIZE_PX[0], 3), 252, np.uint8)
        picture[: PANEL_PX[1], : PANEL_PX[0]], picture[: PANEL_PX[1], PANEL_PX[0] :] = human, robot
        self._write(picture, frame)
        return picture

    def close(self) -> None:
        """Free the graphics context."""
        self._renderer.close()

    def _screen(self, time_s: float) -> Array | None:
        from gesture_robot.face.arkit import CHANNELS
        from gesture_robot.face.screen import draw_face

        weights = np.zeros(len(CHANNELS))
        if self._face is not None and self._face.channels == tuple(CHANNELS) and len(self._face.weights):
            row = min(max(int(round(time_s * self._face.fps)), 0), len(self._face.weights) - 1)
            weights = self._face.weights[row]
        return np.asarray(draw_face(weights))

    def _write(self, picture: Array, frame: int) -> None:
        left, bottom = 14, PANEL_PX[1]
        _text(picture, "human", (left, 26), _PALE)
        _text(picture, self._robot, (PANEL_PX[0] + left, 26), _PALE)
        _text(picture, f"{frame / self._body_fps:.2f} s", (left, bottom + 30), _INK, 0.62)
        _text(picture, "angle to the human [deg]", (left, bottom + 72), _PALE, 0.42)
        for row, side in enumerate(("left", "right")):
            _text(picture, side, (_COLUMNS_X[0] - 62, bottom + _ROWS_Y[1 + row]), _PALE)
        for x, name in zip(_COLUMNS_X, (*_SHOWN, "head", "chest"), strict=True):
            _text(picture, name.replace("_", " "), (x, bottom + _ROWS_Y[0]), _PALE)
            keys = (f"left_{name}", f"right_{name}") if name in _SHOWN else (name,)
            for y, key in zip(_ROWS_Y[1:], keys, strict=False):
                self._write_error(picture, frame, key, (x, bottom + y))
        active = [name for name, frames in self._guards.items() if frames[frame]]
        if active:
            _text(picture, "guard: " + ", ".join(active), (SIZE_PX[0] - 186, bottom + _ROWS_Y[1]), _ALARM)

    def _write_error(self, picture: Array, frame: int, key: str, at: tuple[int, int]) -> None:
        if key in self._errors_deg:
            value = self._errors_deg[key][frame]
            _text(picture, f"{value:.1f}", at, _ALARM if value > _LARGE_DEG else _INK)


def _text(picture: Array, text: str, at: tuple[int, int], colour: tuple[int, int, int], size: float = 0.48) -> None:
    import cv2

    font: Any = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(picture, text, at, font, size, colour, 1, cv2.LINE_AA)
