"""Control and retargeting: wild commands against the limits and the body, stops, and what a tick and a pose cost."""

from __future__ import annotations

import time

import numpy as np
from tqdm import tqdm

from gesture_robot.control.controller import Controller
from gesture_robot.control.stress import run_stress
from gesture_robot.datatypes import Command, JointTrajectory, RobotModel
from gesture_robot.gesture.library import make_gesture
from gesture_robot.retarget.figures import direction_errors
from gesture_robot.retarget.retargeter import Retargeter
from gesture_robot.robots.model import load_model
from gesture_robot.robots.mujoco_robot import MujocoRobot

Row = tuple[str, float, str, str]
COMMANDS = 10_000
GESTURES = ("rest", "wave", "point", "open_palms", "think", "hand_on_heart", "welcome", "shrug")


def measure(commands: int = COMMANDS) -> list[Row]:
    """Rows (what, value, unit, target)."""
    model = load_model("wren")
    return [*_stress(model, commands), *_cost(model)]


def _stress(model: RobotModel, commands: int) -> list[Row]:
    report = run_stress(
        model, MujocoRobot(model), commands, progress=lambda turns: tqdm(turns, "wild commands", leave=False)
    )
    limits, allowed_s = report.limits, float((model.max_velocity / model.max_acceleration).max())
    return [
        ("wild commands through control", report.commands, "commands", f">= {commands}"),
        ("joint samples outside limits, cubic at 1 kHz", limits.violations, f"of {limits.samples}", "<= 0"),
        ("self-collision contacts, every physics step", report.contacts, f"of {5 * report.ticks} steps", "<= 0"),
        ("largest share of the position limits", limits.position_fraction, "", "<= 1.000001"),
        ("largest share of the velocity limits", limits.velocity_fraction, "", "<= 1.000001"),
        ("largest share of the acceleration limits", limits.acceleration_fraction, "", "<= 1.000001"),
        ("fastest palm", report.fastest_hand_mps, "m/s", "<= 1.5"),
        (f"longest stop of {report.stops}", report.longest_stop_s, "s", f"<= {allowed_s + 0.02:.3f}"),
        ("limbs held back by the guard", 100.0 * report.blocked_ticks / report.ticks, "% of ticks", ""),
    ]


def _cost(model: RobotModel) -> list[Row]:
    """One tick of control with gestures playing, and one retargeted pose; processor time of this thread."""
    robot, retargeter, tick, spent = MujocoRobot(model), Retargeter(model), 0, []
    controller, poses, angles, pose_s = Controller(model, robot.read()), 0, [], 0.0
    for name in GESTURES:
        body = make_gesture(name, rng=np.random.default_rng(0))
        retargeter.reset()
        start = time.thread_time()
        joints = np.array([retargeter.pose(pose) for pose in body.rotations])
        pose_s, poses = pose_s + time.thread_time() - start, poses + len(joints)
        angles.append(
            np.concatenate(
                [e for n, e in direction_errors(model, joints, body.rotations).items() if "arm" in n or n == "head"]
            )
        )
        times = np.arange(len(joints)) / body.fps
        wanted = JointTrajectory(
            model.joint_names, 0.01 * tick, times, joints, np.gradient(joints, 1.0 / body.fps, axis=0)
        )
        for k in range(int(100 * times[-1]) + 40):
            now_s = 0.01 * tick
            start = time.thread_time()
            if k % 20 == 0:
                controller.submit(Command("gesture", now_s, wanted), now_s)
            controller.step(now_s)
            spent.append(time.thread_time() - start)
            tick += 1
    return [
        ("control, one tick with the guard, mean", 1e3 * float(np.mean(spent)), "ms", "<= 0.6"),
        ("control, one tick, 99th percentile", 1e3 * float(np.percentile(spent, 99)), "ms", ""),
        ("retargeting one pose", 1e3 * pose_s / poses, "ms", "<= 1.0"),
        (
            "limbs and head against the human, 95th percentile",
            float(np.degrees(np.percentile(np.concatenate(angles), 95))),
            "deg",
            "<= 3",
        ),
    ]
