"""The picture's stage: floor, background, soft lights, materials, and the lit screen of the face."""

from __future__ import annotations

from typing import Any

import numpy as np

from gesture_robot.datatypes import RobotModel
from gesture_robot.robots.model import tree_of
from gesture_robot.robots.mujoco_model import build_spec

SCREEN_PX = (512, 384)
"""Width and height of the face texture."""
SCREEN_CORNER = 0.16
"""Corner radius of the lit screen as a part of its height."""
FACE = "gesture_robot_face"
VISUAL_GROUP = 1
_BLACK = (0.22, 0.22, 0.24)


def screen_size_m(model: RobotModel) -> tuple[float, float] | None:
    """Width and height of the robot's screen, None when it has none.

    The screen is the y-z face of the first box that `limbs.screen_link` shows; its picture looks along x.
    """
    link = tree_of(model).links.get(model.limbs.screen_link)
    boxes = [shape for shape in link.visuals if shape.kind == "box"] if link else []
    return (boxes[0].size[1], boxes[0].size[2]) if boxes else None


def scene_spec(model: RobotModel, width: int, height: int, shadows: bool) -> Any:
    """An MjSpec with the robot on its stage; the face texture is called FACE."""
    import mujoco

    spec = build_spec(model, actuators=False)
    spec.visual.global_.offwidth, spec.visual.global_.offheight = width, height
    spec.visual.quality.offsamples = 0
    spec.visual.quality.shadowsize = 2048 if shadows else 0
    spec.visual.headlight.ambient = [0.36, 0.36, 0.38]
    spec.visual.headlight.diffuse = [0.12, 0.12, 0.12]
    spec.visual.headlight.specular = [0.0, 0.0, 0.0]
    spec.visual.rgba.haze = [0.86, 0.885, 0.91, 1]
    spec.visual.map.haze = 0.45
    spec.stat.center, spec.stat.extent = [0, 0, 0.8], 1.6
    _stage(spec, mujoco)
    _materials(spec, model, mujoco)
    if screen_size_m(model):
        _screen(spec, model, mujoco)
    return spec


def _stage(spec: Any, mujoco: Any) -> None:
    spec.add_texture(
        name="sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=[0.96, 0.97, 0.98],
        rgb2=[0.78, 0.82, 0.86],
        width=256,
        height=256,
    )
    floor = spec.add_material(name="floor", rgba=[0.80, 0.825, 0.85, 1], specular=0.1, shininess=0.1)
    spec.worldbody.add_geom(
        name="floor",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=[0, 0, 0.1],
        material=floor.name,
        contype=0,
        conaffinity=0,
        group=VISUAL_GROUP,
    )
    lights = (((2.2, 1.6, 3.2), 0.55, True), ((1.6, -2.4, 2.0), 0.28, False), ((-2.0, 0.6, 2.4), 0.25, False))
    for position, strength, shadow in lights:
        aim = np.array([0.0, 0.0, 0.9]) - position
        spec.worldbody.add_light(
            pos=position,
            dir=aim / np.linalg.norm(aim),
            diffuse=[strength, strength, strength * 0.98],
            specular=[0.25 * shadow] * 3,
            castshadow=shadow,
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        )


def _materials(spec: Any, model: RobotModel, mujoco: Any) -> None:
    """Soft highlights on every shell; links without a visual show their collision shape."""
    materials: dict[tuple[float, ...], str] = {}
    shown = {name for name, link in tree_of(model).links.items() if link.visuals}
    for body in spec.bodies[1:]:
        for geom in body.geoms:
            if body.name == model.limbs.screen_link and geom.type == mujoco.mjtGeom.mjGEOM_BOX:
                geom.group = VISUAL_GROUP + 1  # the lit screen takes its place
                continue
            if geom.group != VISUAL_GROUP and body.name not in shown:
                geom.group = VISUAL_GROUP
            if geom.group == VISUAL_GROUP and not geom.material:
                rgba = tuple(float(v) for v in geom.rgba)
                if max(rgba[:3]) == 0.0:  # a robot of pure black shows no form
                    rgba = (*_BLACK, rgba[3])
                    geom.rgba = rgba
                if rgba not in materials:
                    materials[rgba] = f"shell{len(materials)}"
                    dark = max(rgba[:3]) < 0.1
                    spec.add_material(
                        name=materials[rgba],
                        rgba=list(rgba),
                        specular=0.6 if dark else 0.35,
                        shininess=0.85 if dark else 0.5,
                    )
                geom.material = materials[rgba]


def _screen(spec: Any, model: RobotModel, mujoco: Any) -> None:
    """A rounded rectangle just in front of the screen, with the face as its glowing texture."""
    width, height = screen_size_m(model) or (0.0, 0.0)
    pixels = np.zeros((SCREEN_PX[1], SCREEN_PX[0], 3), dtype=np.uint8)
    texture = spec.add_texture(
        name=FACE, type=mujoco.mjtTexture.mjTEXTURE_2D, width=SCREEN_PX[0], height=SCREEN_PX[1], nchannel=3
    )
    texture.data = pixels.tobytes()
    material = spec.add_material(name=FACE, emission=1.0, specular=0.0, shininess=0.0)
    names = list(material.textures)
    names[mujoco.mjtTextureRole.mjTEXROLE_RGB] = FACE
    material.textures = names
    outline = _rounded_rectangle(width, height, SCREEN_CORNER * height)
    points = np.vstack([[0.0, 0.0], outline])
    count = len(outline)
    faces = np.array([(0, 1 + i, 1 + (i + 1) % count) for i in range(count)])
    # The picture's left edge is on the robot's right as seen by who faces it: u grows towards +y.
    mesh = spec.add_mesh(name=FACE, inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL)
    mesh.uservert = np.column_stack([np.zeros(len(points)), points]).ravel()
    mesh.userface = faces.ravel()
    mesh.usertexcoord = np.column_stack([points[:, 0] / width + 0.5, 0.5 - points[:, 1] / height]).ravel()
    mesh.userfacetexcoord = faces.ravel()
    front = screen_front_m(model)
    spec.body(model.limbs.screen_link).add_geom(
        name=FACE,
        type=mujoco.mjtGeom.mjGEOM_MESH,
        meshname=FACE,
        material=FACE,
        pos=[front + 0.0006, 0, 0],
        contype=0,
        conaffinity=0,
        group=VISUAL_GROUP,
        mass=0,
    )


def screen_front_m(model: RobotModel) -> float:
    """X of the screen's front face in the screen link."""
    shape = next(s for s in tree_of(model).links[model.limbs.screen_link].visuals if s.kind == "box")
    return float(shape.link_from_shape[0, 3] + shape.size[0] / 2)


def _rounded_rectangle(width: float, height: float, radius: float) -> Any:
    """(N, 2) outline, counter-clockwise seen from the front."""
    quarter = np.linspace(0.0, np.pi / 2, 10)
    corners = []
    for turn, (sy, sz) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        angle = quarter + turn * np.pi / 2
        corners.append(
            np.column_stack(
                [
                    sy * (width / 2 - radius) + radius * np.cos(angle),
                    sz * (height / 2 - radius) + radius * np.sin(angle),
                ]
            )
        )
    return np.vstack(corners)
