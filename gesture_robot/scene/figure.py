"""The person of the built-in scenes: a photograph on a mesh whose head turns on its neck and whose legs walk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial.transform import Rotation

from gesture_robot.checks import Array
from gesture_robot.resources import resource_path
from gesture_robot.scene.arm import raised_arm
from gesture_robot.scene.layout import EYE_HEIGHT_M, EYES_FROM_NECK_M, HEAD_PAGE, HIP_HEIGHT_M, KNEE_HEIGHT_M, NECK_PAGE
from gesture_robot.scene.raster import Surface, Texture

PARTS = ("torso", "free_torso", "neck", "head", "left_leg", "right_leg")


@dataclass(frozen=True, slots=True, eq=False)
class FigurePose:
    """Where one person is and how they hold themselves; angles in the robot's base frame [rad]."""

    x_m: float
    y_m: float
    body_yaw: float
    head_yaw: float
    head_pitch: float = 0.0
    """Positive looks down."""
    head_roll: float = 0.0
    step_phase: float = 0.0
    """[rad], one stride is 2 pi."""
    step_size: float = 0.0
    """Half the angle between the legs [rad]; 0 stands still."""
    lean_m: float = 0.0
    """Sideways sway of the hips."""
    legs_yaw: float | None = None
    """Where the legs point; with the body when None."""
    wave: float = 0.0
    """Right hand up, 0..1."""
    wave_phase: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """Meshes by part (vertices [m], texture pixels, triangles) and the texture."""

    meshes: dict[str, tuple[Array, Array, Array]]
    texture: Texture
    mirrored: bool = False


def base_from_body(pose: FigurePose) -> Array:
    """(4, 4) figure frame: on the floor below the neck, lifted and swayed by the walk."""
    result = np.eye(4)
    result[:2, :2] = _about_z(pose.body_yaw)
    bob = -0.5 * HIP_HEIGHT_M * (pose.step_size * np.sin(pose.step_phase)) ** 2
    result[:3, 3] = [pose.x_m, pose.y_m, bob]
    result[:3, 3] += result[:3, 1] * (pose.lean_m + 0.05 * pose.step_size * np.cos(pose.step_phase))
    return result


def _about_z(angle: float) -> Array:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def base_from_head(pose: FigurePose) -> Array:
    """(4, 4) head frame: x out of the face, y to the person's left, z up, origin between the eyes."""
    turn = Rotation.from_euler("ZYX", [pose.head_yaw, pose.head_pitch, pose.head_roll])
    pivot = np.array([0.0, 0.0, EYE_HEIGHT_M - EYES_FROM_NECK_M[2], 1.0])
    result = np.eye(4)
    result[:3, :3] = turn.as_matrix()
    result[:3, 3] = (base_from_body(pose) @ pivot)[:3] + turn.apply(EYES_FROM_NECK_M)
    return result


def figure_surfaces(figure: Figure, pose: FigurePose, camera_from_base: Array) -> tuple[Surface, Surface]:
    """Body (legs, torso, neck) and head, ready to draw in this order."""
    camera_from_body = camera_from_base @ base_from_body(pose)
    turn = np.eye(4)
    if pose.legs_yaw is not None:
        turn[:2, :2] = _about_z(pose.legs_yaw - pose.body_yaw)
    legs = []
    for side, sign in (("left_leg", 1.0), ("right_leg", -1.0)):
        vertices, uv, triangles = figure.meshes[side]
        legs.append((_move(camera_from_body @ turn, _step(vertices, sign, pose)), uv, triangles))
    legs.sort(key=lambda leg: -float(leg[0][:, 2].mean()))
    trunk = [(_move(camera_from_body, figure.meshes[part][0]), *figure.meshes[part][1:])
             for part in ("free_torso" if pose.wave > 0.0 else "torso", "neck")]
    if pose.wave > 0.0:
        vertices, uv, triangles = raised_arm(pose.wave, pose.wave_phase, 1.0 if figure.mirrored else -1.0)
        trunk.append((_move(camera_from_body, vertices), uv, triangles))
    vertices, uv, triangles = figure.meshes["head"]
    head = _move(camera_from_base @ base_from_head(pose), vertices)
    order = np.argsort(-head[triangles, 2].sum(axis=1))
    return _join([*legs, *trunk]), Surface(head, uv, triangles[order])


def _step(vertices: Array, sign: float, pose: FigurePose) -> Array:
    """Leg vertices swung at hip and knee; the knee bends while the leg comes forward."""
    if pose.step_size == 0.0:
        return vertices
    swing = pose.step_size * np.sin(pose.step_phase) * sign
    bend = 1.6 * pose.step_size * max(0.0, float(np.cos(pose.step_phase)) * sign)
    knee = np.clip((KNEE_HEIGHT_M + 0.06 - vertices[:, 2]) / 0.12, 0.0, 1.0)
    result = vertices.copy()
    for height, angle in ((KNEE_HEIGHT_M, bend * knee), (HIP_HEIGHT_M, -swing * np.ones(len(vertices)))):
        x, z = result[:, 0].copy(), result[:, 2] - height
        result[:, 0] = np.cos(angle) * x + np.sin(angle) * z
        result[:, 2] = height - np.sin(angle) * x + np.cos(angle) * z
    return result


def _move(a_from_b: Array, points_b: Array) -> Array:
    return np.asarray(points_b @ a_from_b[:3, :3].T + a_from_b[:3, 3])


def _join(parts: list[tuple[Array, Array, Array]]) -> Surface:
    starts = np.cumsum([0] + [len(vertices) for vertices, _, _ in parts])
    return Surface(np.vstack([v for v, _, _ in parts]), np.vstack([u for _, u, _ in parts]),
                   np.vstack([t + s for (_, _, t), s in zip(parts, starts, strict=False)]))


@lru_cache(maxsize=4)
def load_figure(look: str = "orange") -> Figure:
    """The figure; look "blue" is mirrored and wears another suit and darker hair."""
    import cv2

    with np.load(resource_path("config/scene/figure.npz")) as data:
        meshes = {part: (data[f"{part}_vertices"].astype(np.float64), data[f"{part}_uv"].astype(np.float64),
                         data[f"{part}_triangles"].astype(np.intp)) for part in PARTS}
        face_oval = data["face_oval"]
    rgb = cv2.cvtColor(cv2.imread(str(resource_path("config/scene/figure.jpg"))), cv2.COLOR_BGR2RGB)
    if look == "orange":
        return Figure(meshes, Texture.from_rgb(rgb))
    mirrored = {part: (v * [1.0, -1.0, 1.0], uv, t[:, ::-1]) for part, (v, uv, t) in meshes.items()}
    mirrored["left_leg"], mirrored["right_leg"] = mirrored["right_leg"], mirrored["left_leg"]
    return Figure(mirrored, Texture.from_rgb(_recolour(rgb, face_oval)), mirrored=True)


def _recolour(rgb: Array, face_oval: Array) -> Array:
    """Orange cloth becomes blue, blond hair brown; skin is left as it is."""
    import cv2

    hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)
    hue, saturation, value = (hsv[..., i].astype(np.int32) for i in range(3))
    page = np.zeros(hue.shape, bool)
    page[:430, HEAD_PAGE[0]:] = True
    skin = cv2.fillPoly(np.zeros(hue.shape, np.uint8), [np.rint(face_oval).astype(np.int32)], (1,)) > 0
    skin[:NECK_PAGE[1] + 110, :NECK_PAGE[0] + 90] = True
    reddish = ((hue < 20) | (hue > 168)) & (saturation > 80) & (value > 50)
    cloth = cv2.GaussianBlur((reddish & ~page & ~skin).astype(np.float32), (0, 0), 1.2)
    blond = page & ~(skin & (value > 105)) & (hue > 12) & (hue < 32) & (saturation > 70) & (value < 215)
    hair = cv2.GaussianBlur(blond.astype(np.float32), (0, 0), 1.5)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)[..., None]
    blue = np.clip(grey * np.array([0.46, 0.78, 1.15], np.float32), 0, 255)
    brown = rgb * np.array([0.62, 0.52, 0.46], np.float32)
    mixed = rgb * (1 - cloth - hair)[..., None] + blue * cloth[..., None] + brown * hair[..., None]
    return np.asarray(mixed.clip(0, 255).astype(np.uint8))
