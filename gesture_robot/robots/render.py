"""Pictures of the robot: shaded by MuJoCo, or a stick figure where no OpenGL works.

A renderer belongs to the thread that made it. `open_renderer` never fails; its `note` says what was chosen and why.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from gesture_robot.checks import Array, check_range, frozen_array
from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import InvalidModel, MissingDependency, UnknownName
from gesture_robot.robots.gl import NoGraphics, open_context
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import tree_of
from gesture_robot.robots.mujoco_model import compile_spec, set_positions
from gesture_robot.robots.render_scene import FACE, SCREEN_PX, VISUAL_GROUP, scene_spec, screen_size_m

CAMERAS = {"front": (180.0, -3.0), "three_quarter": (215.0, -8.0)}
"""Azimuth of the view direction and elevation [deg], as MuJoCo's free camera counts them."""
FIELD_OF_VIEW_DEG = 26.0
_SUNK_M = 0.02
"""A robot whose root link is not on the floor reaches further below it."""
OVERSAMPLING = 2
"""Drawn at twice the size and averaged: on a processor half the time of 4-fold multisampling, and smoother."""


class Renderer(Protocol):
    """Draws one robot."""

    note: str

    def render(self, positions: Array, face_rgb: Array | None = None) -> Array:
        """Picture (H, W, 3) uint8 of the robot at joint positions (J,), with a face picture on its screen."""

    def close(self) -> None:
        """Free the graphics context."""


def open_renderer(
    model: RobotModel,
    width: int = 480,
    height: int = 540,
    camera: str = "three_quarter",
    *,
    shadows: bool = False,
    further: float = 1.0,
) -> Renderer:
    """The best renderer this machine can run; `further` moves the camera back by that factor."""
    try:
        return RobotRenderer(model, width, height, camera, shadows=shadows, further=further)
    except (NoGraphics, MissingDependency, InvalidModel) as error:  # InvalidModel: MuJoCo cannot read a mesh
        return StickRenderer(model, width, height, camera, note=f"stick figure: {error}")


class RobotRenderer:
    """Shaded pictures through MuJoCo.

    Raises:
        NoGraphics: no OpenGL library works.
        MissingDependency: mujoco is not installed.
    """

    note = ""

    def __init__(
        self,
        model: RobotModel,
        width: int = 480,
        height: int = 540,
        camera: str = "three_quarter",
        *,
        shadows: bool = False,
        further: float = 1.0,
    ):
        _check(model, width, height, camera)
        try:
            import mujoco
        except ImportError as error:
            raise MissingDependency("mujoco", "mujoco", str(error)) from None
        self._mujoco, self._model, self.width, self.height = mujoco, model, width, height
        columns, rows = OVERSAMPLING * width, OVERSAMPLING * height
        spec = scene_spec(model, columns, rows, shadows)
        spec.visual.global_.fovy = FIELD_OF_VIEW_DEG
        self._compiled = compile_spec(spec, model)
        self._data = mujoco.MjData(self._compiled)
        self._low, self._high = self._stand()
        self._gl: Any = open_context(columns, rows)
        self._context = mujoco.MjrContext(self._compiled, mujoco.mjtFontScale.mjFONTSCALE_100)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._scene = mujoco.MjvScene(self._compiled, maxgeom=2000)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = shadows
        self._scene.flags[mujoco.mjtRndFlag.mjRND_HAZE] = True
        self._option = mujoco.MjvOption()
        self._option.geomgroup[:] = 0
        self._option.geomgroup[VISUAL_GROUP] = 1
        self._camera = self._make_camera(camera)
        self._camera.distance *= further
        self._face = self._compiled.texture(FACE).id if screen_size_m(model) else -1
        self._viewport = mujoco.MjrRect(0, 0, columns, rows)
        self._pixels = np.zeros((rows, columns, 3), dtype=np.uint8)

    def render(self, positions: Array, face_rgb: Array | None = None) -> Array:
        """Picture (H, W, 3) uint8; a face picture of any size is stretched over the screen."""
        import cv2

        mujoco = self._mujoco
        self._gl.make_current()
        set_positions(
            self._compiled,
            self._data,
            self._model,
            frozen_array(positions, (len(self._model.joint_names),), "positions"),
        )
        mujoco.mj_kinematics(self._compiled, self._data)
        mujoco.mj_camlight(self._compiled, self._data)
        if face_rgb is not None and self._face >= 0:
            self._upload(face_rgb)
        mujoco.mjv_updateScene(
            self._compiled, self._data, self._option, None, self._camera, mujoco.mjtCatBit.mjCAT_ALL, self._scene
        )
        mujoco.mjr_render(self._viewport, self._scene, self._context)
        mujoco.mjr_readPixels(self._pixels, None, self._viewport, self._context)
        return cv2.flip(cv2.resize(self._pixels, (self.width, self.height), interpolation=cv2.INTER_AREA), 0)

    def close(self) -> None:
        """Free the graphics context; a second call does nothing."""
        if self._gl is not None:
            self._gl.make_current()
            self._context.free()
            self._gl.free()
            self._gl = None

    def _stand(self) -> tuple[float, float]:
        """Put the floor under the robot; heights [m] that the picture must show."""
        compiled, data = self._compiled, self._data
        set_positions(compiled, data, self._model, self._model.rest)
        self._mujoco.mj_kinematics(compiled, data)
        solid = np.flatnonzero(compiled.geom_bodyid > 0)
        box, turn = compiled.geom_aabb[solid], data.geom_xmat[solid].reshape(-1, 3, 3)[:, 2]
        middle = data.geom_xpos[solid, 2] + np.einsum("gi,gi->g", turn, box[:, :3])
        half = np.einsum("gi,gi->g", np.abs(turn), box[:, 3:])
        low, high = _vertical_extent(self._model)
        lowest = float((middle - half).min(initial=low))
        if lowest < -_SUNK_M:
            floor = compiled.geom("floor").id
            compiled.geom_pos[floor, 2], compiled.geom_sameframe[floor] = lowest, 0
        return min(low, lowest), max(high, float((middle + half).max(initial=high)))

    def _upload(self, face_rgb: Array) -> None:
        import cv2

        picture = cv2.resize(np.ascontiguousarray(face_rgb), SCREEN_PX, interpolation=cv2.INTER_AREA)
        start = int(self._compiled.tex_adr[self._face])
        self._compiled.tex_data[start : start + picture.size] = picture.reshape(-1)
        self._mujoco.mjr_uploadTexture(self._compiled, self._context, self._face)

    def _make_camera(self, name: str) -> Any:
        camera = self._mujoco.MjvCamera()
        camera.type = self._mujoco.mjtCamera.mjCAMERA_FREE
        low, high = self._low, self._high
        camera.lookat[:] = (0.0, 0.0, low + 0.65 * (high - low))
        camera.azimuth, camera.elevation = CAMERAS[name]
        camera.azimuth += _heading_deg(self._model)
        camera.distance = 0.55 * (high - low) / np.tan(np.radians(FIELD_OF_VIEW_DEG / 2))
        return camera


class StickRenderer:
    """A line drawing from the kinematics, for machines without OpenGL."""

    def __init__(
        self,
        model: RobotModel,
        width: int = 480,
        height: int = 540,
        camera: str = "three_quarter",
        *,
        note: str = "stick figure, as asked",
    ):
        _check(model, width, height, camera)
        self.note, self.width, self.height = note, width, height
        self._kinematics, self._model = Kinematics(model), model
        tree = tree_of(model)
        self._bones = [(joint.parent, joint.child) for joint in tree.joints.values()]
        low, high = _vertical_extent(model)
        azimuth, elevation = (np.radians(a) for a in CAMERAS[camera])
        azimuth += np.radians(_heading_deg(model))
        forward = np.array(
            [np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)]
        )
        right = np.cross(forward, [0.0, 0.0, 1.0]) / np.cos(elevation)
        self._view = np.stack([right, -np.cross(right, forward)]) * height / (1.1 * (high - low))
        self._centre = np.array([0.0, 0.0, low + 0.65 * (high - low)])

    def render(self, positions: Array, face_rgb: Array | None = None) -> Array:
        """Picture (H, W, 3) uint8."""
        import cv2

        shade = np.linspace(244, 214, self.height, dtype=np.uint8)
        picture = np.ascontiguousarray(np.broadcast_to(shade[:, None, None], (self.height, self.width, 3)))
        poses = self._kinematics.link_poses(np.asarray(positions, dtype=float), self._kinematics.links)
        points = {name: tuple(int(v) for v in self._pixel(pose[:3, 3])) for name, pose in poses.items()}
        for parent, child in self._bones:
            knee = poses[parent].copy()  # along the parent's own axis first: a chest with shoulders, not a V
            knee[:3, 3] += (
                knee[:3, 2]
                * (knee[:3, 2] @ (poses[child][:3, 3] - knee[:3, 3]))
                * (parent == self._model.limbs.chest_link)
            )
            corner = tuple(int(v) for v in self._pixel(knee[:3, 3]))
            cv2.line(picture, points[parent], corner, (60, 68, 80), 6, cv2.LINE_AA)
            cv2.line(picture, corner, points[child], (60, 68, 80), 6, cv2.LINE_AA)
        for _, child in self._bones:
            cv2.circle(picture, points[child], 5, (240, 125, 90), -1, cv2.LINE_AA)
        if face_rgb is not None and screen_size_m(self._model):
            self._paste_face(picture, poses[self._model.limbs.screen_link], np.asarray(face_rgb))
        return picture

    def close(self) -> None:
        """Nothing to free."""

    def _pixel(self, point: Array) -> Array:
        return self._view @ (point - self._centre) + np.array([self.width, self.height]) / 2

    def _paste_face(self, picture: Array, base_from_screen: Array, face_rgb: Array) -> None:
        import cv2

        width, height = screen_size_m(self._model) or (0.0, 0.0)
        corners = (
            np.array([[0, -width, height, 2], [0, width, height, 2], [0, width, -height, 2], [0, -width, -height, 2]])
            / 2
        )
        target = np.array([self._pixel((base_from_screen @ corner)[:3]) for corner in corners], dtype=np.float32)
        rows, columns = face_rgb.shape[:2]
        source = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], dtype=np.float32)
        warped = cv2.warpPerspective(face_rgb, cv2.getPerspectiveTransform(source, target), (self.width, self.height))
        mask = cv2.fillConvexPoly(np.zeros(picture.shape[:2], np.uint8), target.astype(np.int32), (255,))
        picture[mask > 0] = warped[mask > 0]


def _check(model: RobotModel, width: int, height: int, camera: str) -> None:
    check_range(width, 16, 2048, "width")
    check_range(height, 16, 2048, "height")
    if camera not in CAMERAS:
        raise UnknownName("camera", camera, CAMERAS)


def _heading_deg(model: RobotModel) -> float:
    """Where the robot's front is, counted from x towards y of its root link."""
    x, y, _ = model.limbs.front_axis
    return float(np.degrees(np.arctan2(y, x)))


def _vertical_extent(model: RobotModel) -> tuple[float, float]:
    """Heights [m] that the picture must show: from the floor or the lowest link to above the head."""
    kinematics = Kinematics(model)
    heights = [float(pose[2, 3]) for pose in kinematics.link_poses(model.rest, kinematics.links).values()]
    low, high = min(*heights, 0.0), max(heights)
    return low, high + 0.1 * (high - low)
