"""The robot in the page's 3-D scene: its visual shapes on a tree of frames that follows the joints.

Each link is a frame below its parent link, so a joint moves exactly one frame and the browser does the forward
kinematics. Axes and units are the URDF's (x forward, y left, z up; metres, radians).
"""

from __future__ import annotations

import logging
import math
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.robots.model import tree_of
from gesture_robot.robots.render_scene import screen_size_m
from gesture_robot.robots.urdf import Geometry, Joint, UrdfTree

ROOT = "/robot"
_LOG = logging.getLogger(__name__)
SHARP_EDGE_RAD = math.radians(35.0)
SCREEN_GAP_M = 0.003
DARK = np.full((3, 4, 3), 12, dtype=np.uint8)
DEFAULT_RGBA = (0.75, 0.77, 0.8, 1.0)
SMALLEST_MOVE = 1e-4
"""[rad or m] A joint that moved less than this is not sent again."""


class RobotView:
    """A robot in a viser scene."""

    def __init__(self, scene: Any, model: RobotModel):
        self._model = model
        self._tree = tree_of(model)
        self._frames: dict[str, Any] = {}
        self._shown: dict[str, float] = {}
        paths = {self._tree.root: ROOT}
        scene.add_frame(ROOT, show_axes=False)
        _add_shapes(scene, self._tree, self._tree.root, ROOT)
        for name in self._tree.order:
            joint = self._tree.joints[name]
            paths[joint.child] = f"{paths[joint.parent]}/{joint.child}"
            self._frames[name] = scene.add_frame(paths[joint.child], show_axes=False)
            _place(self._frames[name], joint, 0.0)
            _add_shapes(scene, self._tree, joint.child, paths[joint.child])
        self._screen = _add_screen(scene, model, paths)
        self.show(model.rest)

    def show_face(self, face_rgb: Array) -> None:
        """Put a picture (H, W, 3) uint8 on the robot's screen, where it has one."""
        if self._screen is not None:
            self._screen.image = face_rgb

    def show(self, positions: Array) -> None:
        """Move the joints to `positions` (J,), in the order of the model's joint names."""
        values = dict(zip(self._model.joint_names, positions.tolist(), strict=True))
        for name in self._tree.order:
            joint = self._tree.joints[name]
            if joint.mimic is not None:
                values[name] = joint.mimic.multiplier * values.get(joint.mimic.joint, 0.0) + joint.mimic.offset
            value = values.get(name, 0.0)
            if abs(value - self._shown.get(name, math.inf)) > SMALLEST_MOVE:
                _place(self._frames[name], joint, value)
                self._shown[name] = value


def joint_pose(joint: Joint, value: float) -> Array:
    """(4, 4) pose of the joint's child link in its parent link."""
    motion = np.eye(4)
    if joint.kind == "prismatic":
        motion[:3, 3] = joint.axis * value
    elif joint.kind != "fixed":
        motion[:3, :3] = Rotation.from_rotvec(joint.axis * value).as_matrix()
    return joint.parent_from_joint @ motion  # type: ignore[no-any-return]


def _place(frame: Any, joint: Joint, value: float) -> None:
    pose = joint_pose(joint, value)
    frame.wxyz = np.roll(Rotation.from_matrix(pose[:3, :3]).as_quat(), 1)
    frame.position = pose[:3, 3]


def _add_screen(scene: Any, model: RobotModel, paths: dict[str, str]) -> Any:
    """A picture just in front of the screen link's face, None without a screen.

    The screen looks along x with y to the robot's left; viser's picture has x to the right, y down, z away.
    """
    size_m = screen_size_m(model)
    if size_m is None:
        return None
    screen_from_picture = np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    wxyz = np.roll(Rotation.from_matrix(screen_from_picture).as_quat(), 1)
    return scene.add_image(f"{paths[model.limbs.screen_link]}/face", DARK, *size_m, format="jpeg", jpeg_quality=85,
                           wxyz=wxyz, position=(SCREEN_GAP_M, 0.0, 0.0), cast_shadow=False)


def _add_shapes(scene: Any, tree: UrdfTree, link: str, path: str) -> None:
    for number, shape in enumerate(tree.links[link].visuals):
        mesh = _mesh(shape)
        name = f"{path}/{link}_visual_{number}"
        if mesh is None:
            _LOG.warning("the page cannot draw mesh '%s'; it is left out.", shape.mesh)
        elif shape.kind == "mesh" and shape.rgba is None:
            scene.add_mesh_trimesh(name, mesh)  # its own colours
        else:
            rgba = shape.rgba or DEFAULT_RGBA
            scene.add_mesh_simple(name, mesh.vertices, mesh.faces, color=tuple(round(255 * c) for c in rgba[:3]),
                                  opacity=None if rgba[3] >= 1.0 else rgba[3], side="double")


def _mesh(shape: Geometry) -> Any:
    """The shape as a trimesh in its link's frame, smooth but for its sharp edges; None when its file cannot be read."""
    import trimesh

    if shape.kind == "mesh":
        try:
            mesh = trimesh.load(shape.mesh, force="mesh")
        except (ImportError, NotImplementedError, OSError, ValueError):
            return None
        mesh.apply_scale(shape.size)
    elif shape.kind == "box":
        mesh = trimesh.creation.box(shape.size)
    elif shape.kind == "sphere":
        mesh = trimesh.creation.icosphere(3, shape.size[0])
    else:
        mesh = getattr(trimesh.creation, shape.kind)(radius=shape.size[0], height=shape.size[1])
        mesh.apply_translation(-mesh.bounds.mean(axis=0))  # capsules of some versions stand on the origin
    mesh.apply_transform(shape.link_from_shape)
    return trimesh.graph.smooth_shade(mesh, angle=SHARP_EDGE_RAD)
