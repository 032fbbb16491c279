"""The camera's pose with an optical frame, and with a head link in its place."""

from dataclasses import replace

import numpy as np

from gesture_robot.robots.head_camera import camera_pose
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import load_model


def test_the_head_stands_in_for_a_missing_camera():
    model = load_model("wren")
    kinematics = Kinematics(model)
    headed = replace(model, limbs=replace(model.limbs, camera_link=model.limbs.head_link))
    joints = np.array(model.rest)
    joints[model.index("neck_yaw")] = 0.5
    with_frame, with_head = (camera_pose(kinematics, m, joints) for m in (model, headed))
    assert np.allclose(with_frame[:3, :3], with_head[:3, :3], atol=0.2)
    assert np.allclose(with_head[:3, 2], [np.cos(0.5), np.sin(0.5), 0.0], atol=1e-6)
