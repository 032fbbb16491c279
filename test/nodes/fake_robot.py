"""A robot and sources of commands in the test's own process: what control sends is followed perfectly and kept."""

from __future__ import annotations

import time

import numpy as np
from gesture_robot.msg import ControlStatus
from ros_graph import Graph
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as TrajectoryMessage

from gesture_robot.control.audit import audit
from gesture_robot.datatypes import JointTrajectory, RobotState
from gesture_robot.nodes import topics
from gesture_robot.nodes.convert.joints import joint_state_message, trajectory_message, trajectory_value
from gesture_robot.robots.follower import TrajectoryFollower, sample_trajectory
from gesture_robot.robots.model import load_model

MODEL = load_model("wren")


def stamp(time_s):
    message = Clock()
    message.clock.sec, message.clock.nanosec = int(time_s), int(time_s % 1.0 * 1e9)
    return message.clock


class FakeRobot:
    """Joint states at 50 Hz while the graph spins; `shift_s` is what the graph's clock differs from the computer's."""

    def __init__(self, graph: Graph, *, simulated: bool = False):
        self.graph, self.model = graph, MODEL
        self.shift_s = 1000.0 - time.time() if simulated else 0.0
        self.follower = TrajectoryFollower(MODEL.joint_names, np.clip(MODEL.rest, MODEL.lower, MODEL.upper))
        self.sent: list[JointTrajectory] = []
        self.arrived_s: list[float] = []
        self.heard, self.waving, self.edit = True, 0.0, lambda message: message
        self.wave_joints = MODEL.joint_names
        self.status: list[ControlStatus] = graph.listen(ControlStatus, topics.CONTROL_SOURCE, topics.LATCHED)
        node = graph.node
        node.create_subscription(TrajectoryMessage, topics.CONTROLLER_TRAJECTORY, self._take, topics.EVERY)
        self._joints = node.create_publisher(JointState, topics.JOINT_STATES, topics.STREAM)
        self._gesture = node.create_publisher(TrajectoryMessage, topics.GESTURE_TRAJECTORY, topics.STREAM)
        node.create_timer(0.02, self._measure)
        node.create_timer(1.0 / 30.0, self._wave)
        self._clock = node.create_publisher(Clock, "/clock", topics.STREAM) if simulated else None
        if simulated:
            node.create_timer(0.005, lambda: self._clock.publish(Clock(clock=stamp(self.now_s()))))

    def now_s(self) -> float:
        return time.time() + self.shift_s

    def _take(self, message: TrajectoryMessage) -> None:
        start_s = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
        self.sent.append(trajectory_value(message, start_s))
        self.arrived_s.append(self.now_s())
        self.follower.follow(self.sent[-1], self.now_s())

    def _measure(self) -> None:
        if self.heard:
            position, velocity, _ = self.follower.command(self.now_s())
            state = RobotState(0.0, MODEL.joint_names, position, velocity)
            self._joints.publish(self.edit(joint_state_message(state, stamp(self.now_s()))))

    def _wave(self) -> None:
        if self.waving:
            self._gesture.publish(wave(self.now_s(), self.waving, self.wave_joints))

    # --- control ----------------------------------------------------------------------------------------------

    @property
    def mode(self) -> str:
        return self.status[-1].mode if self.status else ""

    @property
    def reason(self) -> str:
        return self.status[-1].reason if self.status else ""

    def until(self, condition, what):
        return self.graph.wait(condition, f"{what}; now: {self.mode}, {self.reason}")

    def release(self) -> Trigger.Response:
        return self.graph.call(Trigger, topics.RELEASE, Trigger.Request())

    def stop(self) -> Trigger.Response:
        return self.graph.call(Trigger, topics.STOP, Trigger.Request())

    def run(self, waving=0.0) -> None:
        """Released and, when asked, waving."""
        self.waving = waving
        self.until(lambda: self.mode in ("stopped", "starting", "running"), "control is ready")
        if self.status[-1].stopped:
            assert self.release().success
        self.until(lambda: self.mode in ("starting", "running"), "it was released")
        if waving:
            self.until(lambda: self.moving and self.status[-1].source, "it waves")

    @property
    def moving(self) -> bool:
        return bool(self.sent) and bool(np.abs(self.sent[-1].velocities[:2]).max() > 0.05)

    def silent(self) -> bool:
        """Nothing came for a while, not even the 10 Hz of a robot at rest."""
        return not self.arrived_s or self.now_s() - self.arrived_s[-1] > 0.4

    def rests(self) -> bool:
        return not self.sent or not self.sent[-1].velocities.any()

    def violations(self) -> int:
        """Samples outside a limit in all that was ever commanded; every message must end at rest too."""
        assert all(not sent.velocities[-1].any() for sent in self.sent)
        return audit(self.sent, MODEL).violations if self.sent else 0


def wave(now_s, size, joints=MODEL.joint_names):
    return trajectory_message(wave_value(now_s, size, joints), stamp(now_s))


def wave_value(now_s, size, joints=MODEL.joint_names):
    """A tenth of a second of all joints swinging."""
    rows = [MODEL.index(name) for name in joints]
    times = np.arange(3) / 30.0
    middle = np.clip(MODEL.rest, MODEL.lower + size, MODEL.upper - size)[rows]
    rate = 2.0 * np.pi * 0.7
    phase = rate * (now_s + times)[:, None]
    positions, velocities = middle + size * np.sin(phase), size * rate * np.cos(phase) * np.ones(len(rows))
    return JointTrajectory(tuple(joints), now_s, times, positions, velocities)


def breaks(sent, tolerance=1e-4):
    """Trajectories that do not begin on the one before them."""
    found = []
    for before, after in zip(sent, sent[1:], strict=False):
        position, velocity, _ = sample_trajectory(before, [after.start_s])
        gap = np.abs(position[0] - after.positions[0]).max() + 0.01 * np.abs(velocity[0] - after.velocities[0]).max()
        if gap > tolerance:
            found.append(after)
    return found
