"""Hands that lie flat on what they touch, on our own robot and on public ones."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from gesture_robot.evaluation.contact_figures import RobotLandmarks
from gesture_robot.evaluation.human_motions import contact_clips
from gesture_robot.retarget.body_shapes import body_shapes
from gesture_robot.retarget.fingers import HandShapes, finger_joints, flatten
from gesture_robot.retarget.retargeter import Retargeter
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import load_model
from gesture_robot.robots.moving_tree import moving_tree

sys.path.append(str(Path(__file__).parents[1] / "robots"))
from public_robots import needs_robots  # noqa: E402


def hand_of(model, side):
    tree, bodies = moving_tree(model)
    arm = (model.limbs.left_arm, model.limbs.right_arm)[side]
    return HandShapes(tree, bodies, body_shapes(model, tree, bodies)[0], arm, side)


def test_corners_of_a_hand_are_where_its_links_are():
    model, rng = load_model("wren"), np.random.default_rng(1)
    hand, kinematics = hand_of(model, 0), Kinematics(model)
    q = rng.uniform(model.lower, model.upper)
    tree, bodies = moving_tree(model)
    arm = model.limbs.left_arm
    at = kinematics.link_poses(q, (arm.hand_link, "left_fingers"))
    shapes = [s for s in body_shapes(model, tree, bodies)[0] if s.body == bodies.body_of_link["left_fingers"]]
    corners = {len(points): points for points, _ in hand.corners(q)}
    for shape in shapes:
        fixed = bodies.body_from_link["left_fingers"]
        world = (shape.full.vertices - fixed[:3, 3]) @ fixed[:3, :3] @ at["left_fingers"][:3, :3].T
        world += at["left_fingers"][:3, 3]
        wanted = (world - at[arm.hand_link][:3, 3]) @ at[arm.hand_link][:3, :3] - np.array(arm.wrist_m)
        assert any(len(points) == len(wanted) and np.allclose(points, wanted, atol=1e-9)
                   for points, _ in hand.corners(q)), corners.keys()


def test_a_hand_whose_fingers_are_flat_when_open_stays_open():
    model = load_model("wren")
    fingers = Retargeter(model)._plan.fingers
    np.testing.assert_allclose(fingers.flat, fingers.open, atol=1e-6)
    np.testing.assert_array_equal(finger_joints(model).row, fingers.row)


@needs_robots
@pytest.mark.parametrize("name", ["g1", "talos"])
def test_flat_is_inside_the_limits_and_flatter_than_open(name):
    model = load_model(name)
    hand, start = hand_of(model, 0), np.array(model.rest)
    flat = flatten(model, hand, start)
    assert (model.lower <= flat).all() and (flat <= model.upper).all()
    others = np.setdiff1d(np.arange(len(start)), hand.rows)
    np.testing.assert_array_equal(flat[others], start[others])
    assert hand.height_m(flat) < hand.height_m(start) - 0.01


@needs_robots
def test_a_head_without_a_neck_is_touched_too():
    """The G1's head is fixed to its trunk, and its thumb stands out of the palm: 14 and 19 cm before."""
    model = load_model("g1")
    landmarks, retargeter = RobotLandmarks(model), Retargeter(model)
    for name, most_cm in (("hand_to_mouth", 7.0), ("scratch_head", 8.0)):
        clip = next(clip for clip in contact_clips() if clip.name == name)
        positions = retargeter.motion(clip.body).positions
        assert landmarks.errors_cm(clip.contacts[0], positions, clip.body.rotations).mean() < most_cm
