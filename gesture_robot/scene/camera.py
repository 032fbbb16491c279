"""The built-in scene as a camera: people of photograph pixels in a drawn room.

Perception sees pictures only; `truth` is for tests and reports. Nothing here reads a clock: every picture follows from
scene, seed, time and camera pose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array, check_range
from gesture_robot.datatypes import CameraImage
from gesture_robot.errors import InvalidInput, MissingDependency, UnknownName
from gesture_robot.scene.acting import pose_at
from gesture_robot.scene.figure import FigurePose, base_from_head, figure_surfaces, load_figure
from gesture_robot.scene.layout import CAMERA_M
from gesture_robot.scene.raster import draw_shadow, draw_surface
from gesture_robot.scene.room import draw_room
from gesture_robot.scene.scripts import load_scene

MOUNTS = ("base", "head")
FIELD_OF_VIEW_DEG = 60.0
NOISE_SD = 2.2
_NOISE_MARGIN = 96

PAUSE_S = 3.0
"""Emptiness between two rounds of a scene that is looped."""


@dataclass(frozen=True, slots=True, eq=False)
class TruePerson:
    """What the script says about one person at one time."""

    id: str
    base_from_head: Array
    """(4, 4) x out of the face, y to the person's left, z up, origin between the eyes."""
    yaw_to_camera_rad: float
    """Face direction against the line to the camera, seen from above; positive turns to the person's left."""
    distance_m: float
    """Horizontal distance of the eyes from the robot's base axis."""
    eyes_px: Array
    """(2,) where the point between the eyes is in the picture."""
    visible: bool
    """The eye point lies inside the picture."""


def camera_matrix_for(width: int, height: int, field_of_view_deg: float = FIELD_OF_VIEW_DEG) -> Array:
    """(3, 3) pinhole matrix [px] of a horizontal field of view."""
    focal = width / 2.0 / np.tan(np.radians(field_of_view_deg) / 2.0)
    return np.array([[focal, 0.0, (width - 1) / 2.0], [0.0, focal, (height - 1) / 2.0], [0.0, 0.0, 1.0]])


def forward_camera(position_m: tuple[float, float, float] = CAMERA_M, yaw: float = 0.0, pitch: float = 0.0) -> Array:
    """(4, 4) base_from_camera of a camera that looks forward, turned left by `yaw` and down by `pitch` [rad]."""
    from scipy.spatial.transform import Rotation

    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_euler("ZY", [yaw, pitch]).as_matrix() @ np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]])
    pose[:3, 3] = position_m
    return pose


class SceneCamera:
    """A camera that looks at a built-in scene.

    With mount "base" it stands still at `CAMERA_M` and looks forward; with "head" it is wherever the robot's head
    camera is, so its picture moves with the robot's neck.
    """

    def __init__(self, scene: str = "visitor", *, mount: str = "base", width: int = 640, height: int = 480,
                 fps: float = 15.0, seed: int = 0, loop: bool = False):
        """With `loop` the scene begins anew when it has ended, for a demo that goes on.

        Raises UnknownName for a scene or mount that does not exist, MissingDependency without OpenCV.
        """
        if mount not in MOUNTS:
            raise UnknownName("camera mount", mount, MOUNTS)
        if width < 16 or height < 16:
            raise InvalidInput(f"a picture needs at least 16 x 16 pixels, got {width} x {height}.")
        try:
            import cv2  # noqa: F401
        except ImportError:
            raise MissingDependency("cv2", "perception") from None
        self.fps = check_range(fps, 0.1, 240.0, "fps")
        self.script = load_scene(scene)
        self.duration_s = self.script.duration_s
        self.camera_matrix = camera_matrix_for(width, height)
        self._mount, self._width, self._height, self._seed = mount, width, height, seed
        self._period_s = self.duration_s + PAUSE_S if loop else np.inf
        self._fixed = forward_camera()
        self._last = -1
        self._last_pose = self._fixed
        self._empty: Array | None = None
        self._empty_pose = self._fixed
        self._noise = self._make_noise()

    def read(self, now_s: float, base_from_camera: Array) -> CameraImage | None:
        """The newest picture at `now_s`, None when it was delivered already."""
        index = int(np.floor(now_s * self.fps + 1e-6))
        if index == self._last:
            return None
        self._last = index
        pose = self._fixed if self._mount == "base" else np.array(base_from_camera, dtype=np.float64)
        self._last_pose = pose
        stamp_s = index / self.fps
        rgb = self._grain(self.draw(stamp_s % self._period_s, pose), index)
        return CameraImage(stamp_s, "camera", rgb, self.camera_matrix, pose)

    def draw(self, time_s: float, base_from_camera: Array) -> Array:
        """(H, W, 3) uint8 picture without sensor noise."""
        picture = self._room(base_from_camera)
        camera_from_base = np.linalg.inv(base_from_camera)
        people = [(pose_at(actor, time_s, self._seed), actor.look) for actor in self.script.actors]
        people.sort(key=lambda person: -float(camera_from_base[2] @ [person[0].x_m, person[0].y_m, 1.0, 1.0]))
        for pose, _ in people:
            draw_shadow(picture, pose.x_m, pose.y_m, self.camera_matrix, camera_from_base)
        for pose, look in people:
            figure = load_figure(look)
            body, head = figure_surfaces(figure, pose, camera_from_base)
            draw_surface(picture, body, self.camera_matrix, figure.texture)
            draw_surface(picture, head, self.camera_matrix, figure.texture, oversample=2)
        return picture

    def truth(self, now_s: float) -> tuple[TruePerson, ...]:
        """Where people really are in the picture of `now_s` (for tests and reports only), camera as last read."""
        time_s = np.floor(now_s * self.fps + 1e-6) / self.fps % self._period_s
        return tuple(self._true(actor.id, pose_at(actor, time_s, self._seed)) for actor in self.script.actors)

    def close(self) -> None:
        """Nothing to free."""

    def _true(self, person_id: str, pose: FigurePose) -> TruePerson:
        head = base_from_head(pose)
        eyes_camera = np.linalg.inv(self._last_pose) @ head[:, 3]
        pixel = self.camera_matrix @ eyes_camera[:3] / eyes_camera[2]
        inside = eyes_camera[2] > 0.0 and 0.0 <= pixel[0] < self._width and 0.0 <= pixel[1] < self._height
        to_camera = self._last_pose[:2, 3] - head[:2, 3]
        yaw = np.arctan2(head[1, 0], head[0, 0]) - np.arctan2(to_camera[1], to_camera[0])
        return TruePerson(person_id, head, float((yaw + np.pi) % (2.0 * np.pi) - np.pi), float(np.hypot(*head[:2, 3])),
                          pixel[:2], bool(inside))

    def _room(self, base_from_camera: Array) -> Array:
        """A new copy of the empty room; drawn anew only when the camera has turned or moved enough to see it."""
        moved = np.abs(base_from_camera - self._empty_pose)
        if self._empty is None or moved[:3, :3].max() * self.camera_matrix[0, 0] > 0.3 or moved[:3, 3].max() > 0.002:
            self._empty = draw_room(self.camera_matrix, self._width, self._height, base_from_camera)
            self._empty_pose = base_from_camera
        return self._empty.copy()

    def _make_noise(self) -> tuple[Array, Array]:
        """Brighter and darker parts of a noise field larger than the picture; every frame takes another cut of it."""
        size = (self._height + _NOISE_MARGIN, self._width + _NOISE_MARGIN, 3)
        noise = np.random.default_rng([self._seed, 7]).standard_normal(size, dtype=np.float32) * NOISE_SD
        return noise.clip(0, 255).round().astype(np.uint8), (-noise).clip(0, 255).round().astype(np.uint8)

    def _grain(self, picture: Array, index: int) -> Array:
        import cv2

        top, left = np.random.default_rng([self._seed, abs(index)]).integers(0, _NOISE_MARGIN, 2)
        cut = (slice(top, top + self._height), slice(left, left + self._width))
        return np.asarray(cv2.subtract(cv2.add(picture, self._noise[0][cut]), self._noise[1][cut]))
