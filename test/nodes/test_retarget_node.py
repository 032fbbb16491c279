"""The retarget node over DDS: the same joints as the core, and nothing jumps when frames are lost, doubled or wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from gesture_robot.msg import BodyMotion, ControlStatus, FaceMotion
from trajectory_msgs.msg import JointTrajectory

from gesture_robot.face.arkit import CHANNELS, INDEX
from gesture_robot.gesture.player import MotionPlayer
from gesture_robot.nodes import topics
from gesture_robot.nodes.convert.joints import trajectory_value
from gesture_robot.nodes.convert.motion import body_message, face_message
from gesture_robot.retarget.frames import FrameBuffer
from gesture_robot.retarget.retargeter import Retargeter
from gesture_robot.robots.model import load_model

FPS = 30.0
MODEL = load_model("wren")


class Bench:
    """The node, fed by hand."""

    def __init__(self, graph: Any):
        self.graph = graph
        self.out = graph.listen(JointTrajectory, topics.GESTURE_TRAJECTORY)
        self.process = graph.start("retarget")
        self.bodies = graph.publisher(BodyMotion, topics.GESTURE_BODY)
        self.status = graph.publisher(ControlStatus, topics.CONTROL_SOURCE, topics.LATCHED)
        self.player = MotionPlayer()
        self.frame, self.start_s = 0, 1000.0

    def pose(self, frame: int) -> np.ndarray:
        return np.float32(self.player.pose(frame / FPS))

    def message(self, frame: int, poses: Any = None, shift_s: float = 0.0) -> BodyMotion:
        total = round((self.start_s + frame / FPS + shift_s) * 1e9)
        poses = self.pose(frame) if poses is None else poses
        return body_message(poses, FPS, frame, Time(sec=total // 10**9, nanosec=total % 10**9))

    def begin(self) -> None:
        """A new motion, as a gesture node begins one."""
        self.start_s += 100.0
        self.frame = 0

    def send(self, count: int, shift_s: float = 0.0) -> list[Any]:
        """Send frames one by one; returns what came of them."""
        came = []
        for _ in range(count):
            before = len(self.out)
            self.bodies.publish(self.message(self.frame, shift_s=shift_s))
            self.frame += 1
            self.graph.spin(0.03)
            came += self.out[before:]
        return came

    def values(self, messages: list[Any]) -> list[Any]:
        return [trajectory_value(m, m.header.stamp.sec + m.header.stamp.nanosec * 1e-9) for m in messages]

    def named(self, text: str) -> None:
        self.graph.wait(lambda: text in self.graph.message("retarget"), f"the diagnostics say '{text}'",
                        on_fail=lambda: self.process.output)

    def quiet(self, text: str) -> None:
        self.graph.wait(lambda: text not in self.graph.message("retarget"), f"the diagnostics do not say '{text}'")


@pytest.fixture(scope="module")
def bench(shared_graph):
    return Bench(shared_graph)


def check_safe(trajectories: list[Any]) -> None:
    """Inside the joints' limits of place and speed; velocities are those of the positions."""
    for t in trajectories:
        assert (t.positions >= MODEL.lower - 1e-9).all() and (t.positions <= MODEL.upper + 1e-9).all()
        assert (np.abs(t.velocities) <= MODEL.max_velocity * 1.001).all()
        assert np.allclose(t.velocities[2], (t.positions[2] - t.positions[1]) * FPS, atol=1e-6)


def test_joints_are_those_of_the_core(bench):
    bench.begin()
    core, buffer, wanted = Retargeter(MODEL), FrameBuffer(MODEL.joint_names, FPS), []
    for frame in range(12):
        wanted.append(buffer.add(core.pose(bench.pose(frame)), bench.start_s + frame / FPS))
    bench.send(12)
    bench.graph.wait(lambda: len(bench.out) >= 9, "nine trajectories")
    got = bench.values(bench.out)
    for mine, theirs in zip(got, wanted[3:], strict=True):
        assert mine.joint_names == theirs.joint_names == MODEL.joint_names
        assert mine.start_s == pytest.approx(theirs.start_s, abs=1e-5)
        assert np.allclose(mine.times_s, theirs.times_s, atol=1e-6)
        assert np.allclose(mine.positions, theirs.positions, atol=1e-9)
        assert np.allclose(mine.velocities, theirs.velocities, atol=1e-6)
    check_safe(got)
    assert bench.graph.message("retarget") == "ok"


def test_lost_frames_are_named_and_give_no_velocity(bench):
    bench.begin()
    bench.send(6)
    bench.frame += 40
    before = len(bench.out)
    bench.send(3)
    bench.named("40 frames lost before number 46")
    assert len(bench.out) == before
    bench.send(3)
    bench.graph.wait(lambda: len(bench.out) == before + 3, "trajectories come again")
    check_safe(bench.values(bench.out[before:]))
    assert bench.graph.value("retarget", "gesture/body: drops") == "40"


def test_doubled_and_old_frames_are_ignored_and_the_new_ones_of_a_message_are_used(bench):
    bench.begin()
    bench.send(6)
    bench.graph.spin(0.2)
    before = len(bench.out)
    bench.bodies.publish(bench.message(5))
    bench.bodies.publish(bench.message(2))
    bench.named("again or too late")
    assert len(bench.out) == before
    bench.bodies.publish(bench.message(4, [bench.pose(k) for k in (4, 5, 6, 7)]))
    bench.graph.wait(lambda: len(bench.out) == before + 2, "two of four frames are new")
    first, second = bench.values(bench.out[before:])
    assert second.start_s - first.start_s == pytest.approx(1.0 / FPS, abs=1e-6)
    assert np.allclose(first.positions[1:], second.positions[:2])


def test_what_cannot_be_is_refused(bench):
    bench.begin()
    bench.send(5)
    bench.graph.spin(0.2)
    before = len(bench.out)
    broken = bench.message(5)
    broken.rotations[7] = float("nan")
    short = bench.message(5)
    short.rotations = short.rotations[:-1]
    many = body_message(np.zeros((61, 55, 3)), FPS, 5, short.header.stamp)
    for message, text in ((broken, "finite"), (short, "no multiple of 165"), (many, "1 to 60 frames")):
        bench.bodies.publish(message)
        bench.named(text)
    assert len(bench.out) == before
    bench.frame = 5
    bench.send(1)
    bench.graph.wait(lambda: len(bench.out) == before + 1, "the stream goes on as if nothing had come")
    check_safe(bench.values(bench.out[before:]))


def test_stamps_that_run_backwards_begin_anew(bench):
    bench.begin()
    bench.send(6)
    bench.graph.spin(0.2)
    before = len(bench.out)
    bench.send(4, shift_s=-50.0)
    bench.named("the stamps jumped by -50.00 s")
    bench.graph.wait(lambda: len(bench.out) == before + 1, "after four frames there is a trajectory")
    newest = bench.values(bench.out[-1:])[0]
    assert newest.start_s == pytest.approx(bench.start_s - 50.0 + 7 / FPS, abs=1e-5)


def test_two_senders_are_named(bench):
    other = bench.graph.publisher(BodyMotion, topics.GESTURE_BODY)
    bench.graph.wait(lambda: (bench.send(1), other.publish(BodyMotion()),
                              "gesture/body: 2 publishers" in bench.graph.message("retarget"))[-1], "both are named")
    bench.graph.node.destroy_publisher(other)
    bench.quiet("2 publishers")


def test_silence_is_named_unless_the_robot_is_stopped(bench):
    bench.begin()
    bench.send(5)
    bench.named("gesture/body: nothing for")
    bench.status.publish(ControlStatus(mode="stopped", stopped=True))
    bench.quiet("gesture/body: nothing for")
    bench.status.publish(ControlStatus(mode="running"))
    bench.begin()
    bench.send(5)
    bench.quiet("gesture/body: nothing for")


def test_gesture_killed_and_restarted_gives_no_spike(graph):
    got = graph.listen(JointTrajectory, topics.GESTURE_TRAJECTORY)
    first = graph.start("gesture", wait=False)
    graph.start("retarget")
    graph.wait(lambda: len(got) > 20, "trajectories come", on_fail=lambda: first.output)
    first.kill()
    graph.wait(lambda: "gesture/body: nothing for" in graph.message("retarget"), "the silence is named")
    count = len(got)
    graph.start("gesture")
    graph.wait(lambda: len(got) > count + 20, "trajectories come again")
    values = [trajectory_value(m, m.header.stamp.sec + m.header.stamp.nanosec * 1e-9) for m in got]
    check_safe(values)
    assert (np.diff([v.start_s for v in values]) > 0.0).all()
    graph.wait(lambda: "nothing for" not in graph.message("retarget"), "all is well again")


JAWED = """<robot name="jawed">
  <link name="base"/><link name="head"/><link name="chin"/>
  <joint name="neck_yaw" type="revolute"><parent link="base"/><child link="head"/><axis xyz="0 0 1"/>
    <limit lower="-1" upper="1" velocity="3" effort="5"/></joint>
  <joint name="jaw" type="revolute"><parent link="head"/><child link="chin"/><axis xyz="0 1 0"/>
    <limit lower="0" upper="0.6" velocity="6" effort="5"/></joint>
</robot>"""


def test_joints_of_the_face_follow_the_face_node_s_weights(graph, tmp_path):
    (tmp_path / "jawed.urdf").write_text(JAWED)
    (tmp_path / "jawed.yaml").write_text(
        "limbs:\n  base_link: base\n  head_link: head\n  neck: [neck_yaw]\n"
        "  face: [{joint: jaw, gains: {jawOpen: 0.5}}]\n")
    out = graph.listen(JointTrajectory, topics.GESTURE_TRAJECTORY)
    node = graph.start("retarget", parameters={"robot": tmp_path / "jawed.urdf"})
    bodies, faces = graph.publisher(BodyMotion, topics.GESTURE_BODY), graph.publisher(FaceMotion, topics.FACE_WEIGHTS)
    open_jaw = np.zeros((1, len(CHANNELS)))
    open_jaw[0, INDEX["jawOpen"]] = 1.0

    def stamp(frame: int) -> Time:
        total = round((1000.0 + frame / FPS) * 1e9)
        return Time(sec=total // 10**9, nanosec=total % 10**9)

    for frame in range(40):
        if frame >= 10:
            faces.publish(face_message(open_jaw, FPS, stamp(frame)))
            graph.spin(0.01)
        bodies.publish(body_message(np.zeros((55, 3), np.float32), FPS, frame, stamp(frame)))
        graph.spin(0.02)
    graph.wait(lambda: len(out) >= 37, "every frame became a trajectory", on_fail=lambda: node.output)
    jaw = [message.points[-1].positions[list(message.joint_names).index("jaw")] for message in out]
    assert jaw[0] == pytest.approx(0.0, abs=1e-6) and jaw[-1] == pytest.approx(0.5, abs=0.02)
