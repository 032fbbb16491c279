"""One picture of a robot in five poses, so that a person sees at a glance whether it was understood."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import OutputUnwritable

TILE_PX = (380, 400)
"""Width and height of one pose."""
_FURTHER = 1.3
"""Outstretched arms must fit into a tile."""
_INK = (52, 58, 66)


def _stroke(name: str) -> Array:
    """(55, 3) the human pose in the middle of a gesture, made with the right hand or both."""
    from gesture_robot.gesture.library import make_gesture

    rotations = make_gesture(name).rotations
    return np.asarray(rotations[len(rotations) // 2])


HUMAN_POSES: dict[str, Callable[[], Array]] = {
    "T-pose": lambda: np.zeros((55, 3)),
    "wave": lambda: _stroke("wave"),
    "point": lambda: _stroke("point"),
    "palms up": lambda: _stroke("open_palms"),
}


def write_sheet(model: RobotModel, path: Path) -> str:
    """Draw rest, T-pose, wave, point and palms up side by side; returns the renderer's note.

    Raises:
        OutputUnwritable: the picture cannot be written.
    """
    import cv2

    from gesture_robot.robots.render import StickRenderer, open_renderer

    width, height = TILE_PX
    renderer = (
        open_renderer(model, width, height, "front", further=_FURTHER)
        if _has_shapes(model)
        else StickRenderer(model, width, height, "front", note="stick figure: the arms have no shape")
    )
    try:
        tiles = [_labelled(renderer.render(pose), name) for name, pose in _robot_poses(model).items()]
    finally:
        renderer.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), cv2.cvtColor(np.hstack(tiles), cv2.COLOR_RGB2BGR)):
        raise OutputUnwritable(f"cannot write the picture '{path}'; choose another --picture.")
    return renderer.note


def _has_shapes(model: RobotModel) -> bool:
    """Whether an arm can be seen."""
    from gesture_robot.robots.model import tree_of

    links, limbs = tree_of(model).links, model.limbs
    arms = [arm for arm in (limbs.left_arm, limbs.right_arm) if arm]
    names = [name for arm in arms for name in (arm.upper_arm_link, arm.forearm_link, arm.hand_link)]
    shown = [links[name].visuals or links[name].collisions for name in names or links]
    return any(shown)


def _robot_poses(model: RobotModel) -> dict[str, Array]:
    """Joint positions (J,) by name; a robot without limbs only rests."""
    from gesture_robot.retarget.retargeter import Retargeter

    limbs, poses = model.limbs, {"rest": np.array(model.rest)}
    if not (limbs.torso or limbs.neck or limbs.left_arm or limbs.right_arm):
        return poses
    retargeter = Retargeter(model)
    for name, human in HUMAN_POSES.items():
        retargeter.reset()
        poses[name] = retargeter.pose(human())
    return poses


def _labelled(picture: Array, name: str) -> Array:
    import cv2

    tile = np.ascontiguousarray(picture)
    cv2.putText(tile, name, (10, 26), cv2.FONT_HERSHEY_SIMPLEX, 0.7, _INK, 2, cv2.LINE_AA)
    return tile
