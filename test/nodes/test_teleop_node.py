"""The teleop node over real DDS: a pseudo terminal and a made-up joystick; control and gesture node are fakes."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import termios

import numpy as np
import pytest
from fake_robot import MODEL, stamp
from gesture_robot.action import PlayGesture
from rclpy.action import ActionServer
from ros_graph import ROOT
from sensor_msgs.msg import JointState, Joy
from std_msgs.msg import Empty
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as TrajectoryMessage

from gesture_robot.datatypes import RobotState
from gesture_robot.nodes import topics
from gesture_robot.nodes.convert.joints import joint_state_message

TAKE_TERMINAL = ("import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
                 "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])")
"""The pseudo terminal becomes that of the process, as a shell's would."""


class Operator:
    """What teleop talks to."""

    def __init__(self, graph):
        self.graph, self.calls = graph, []
        node = graph.node
        self.beats = graph.listen(Empty, topics.HEARTBEAT)
        self.pieces = graph.listen(TrajectoryMessage, topics.TELEOP_TRAJECTORY)
        node.create_service(Trigger, topics.STOP, lambda request, answer: self._answer("stop", answer))
        node.create_service(Trigger, topics.RELEASE, lambda request, answer: self._answer("release", answer))
        self.actions = ActionServer(node, PlayGesture, topics.PLAY_GESTURE, self._play)
        joints = node.create_publisher(JointState, topics.JOINT_STATES, topics.STREAM)
        state = RobotState(0.0, MODEL.joint_names, MODEL.rest, np.zeros(len(MODEL.joint_names)))
        node.create_timer(0.02, lambda: joints.publish(joint_state_message(state, stamp(1.0))))

    def _answer(self, name, answer):
        self.calls.append(name)
        answer.success, answer.message = True, f"{name} done"
        return answer

    def _play(self, goal):
        self.calls.append(goal.request.name)
        goal.succeed()
        return PlayGesture.Result(completed=True)

    def called(self, name, again=lambda: None):
        self.graph.wait(lambda: again() or name in self.calls, f"{name} is called, not only {self.calls}")


class Console:
    """A teleop process on a pseudo terminal."""

    def __init__(self, graph):
        self.graph = graph
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(self.master)
        os.set_blocking(self.master, False)
        self.text = ""
        command = [sys.executable, "-c", TAKE_TERMINAL, "-m", "gesture_robot.cli", "teleop"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=graph.environment, stdin=slave, stdout=slave,
                                        stderr=slave, start_new_session=True)
        os.close(slave)
        self.shows("up, down")

    def type(self, keys):
        os.write(self.master, keys.encode())

    def shows(self, text):
        def seen():
            try:
                self.text += os.read(self.master, 65536).decode(errors="replace")
            except (BlockingIOError, OSError):
                pass
            return text in self.text

        self.graph.wait(seen, f"the terminal shows '{text}'", on_fail=lambda: self.text)

    @property
    def raw(self):
        return not termios.tcgetattr(self.master)[3] & termios.ECHO

    def ended(self):
        self.graph.wait(lambda: self.process.poll() is not None, "teleop ends", on_fail=lambda: self.text)
        assert termios.tcgetattr(self.master)[3] == self.before[3]
        return self.process.returncode


@pytest.fixture(scope="module")
def operator(shared_graph):
    return Operator(shared_graph)


@pytest.fixture
def console(operator):
    made = Console(operator.graph)
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.wait(10)
    os.close(made.master)


def test_keys_jog_stop_release_play_and_the_terminal_is_given_back(operator, console):
    graph = operator.graph
    assert console.raw
    graph.wait(lambda: len(operator.beats) > 3, "the heart beats")
    del operator.pieces[:]
    console.type("\x1b[B")
    console.shows(f"joint: {MODEL.joint_names[1]}")
    graph.wait(lambda: console.type("+") or len(operator.pieces) > 15, "it jogs")
    graph.wait(lambda: operator.pieces[-1].points and len(operator.pieces[-1].points) <= 3, "it comes to rest")
    assert all(list(piece.joint_names) == [MODEL.joint_names[1]] for piece in operator.pieces)
    assert all(piece.points[-1].velocities[0] == 0.0 for piece in operator.pieces)
    sped = [piece.points[1].velocities[0] for piece in operator.pieces]  # the first is where a late timer found it
    assert max(sped) == pytest.approx(0.5)
    console.type("g")
    console.shows("gesture number: 1 ")
    console.type("2")
    operator.called("hand_on_heart")
    console.type("r")
    operator.called("release")
    console.shows("release: release done")
    console.type(" ")
    operator.called("stop")
    graph.spin(0.4)
    count = len(operator.pieces)
    graph.spin(0.3)
    assert len(operator.pieces) == count  # silent at rest, so that others drive again
    console.type("q")
    assert console.ended() == 0
    del operator.beats[:]
    graph.spin(0.3)
    assert not operator.beats


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_gives_the_terminal_back(console, number):
    assert console.raw
    console.process.send_signal(number)
    console.ended()


def test_without_a_terminal_the_joystick_drives_and_its_silence_ends_all(operator):
    graph = operator.graph
    graph.start("teleop")
    assert "joystick only" in graph.value("teleop", "keyboard")
    joy = graph.publisher(Joy, topics.JOY)
    del operator.beats[:], operator.pieces[:], operator.calls[:]

    def send(*down, axis=0.0):
        joy.publish(Joy(axes=[0.0, 0.0, 0.0, axis, 0.0, 0.0], buttons=[int(n in down) for n in range(8)]))

    graph.spin(0.3)
    assert not operator.beats  # nobody is at the controls
    graph.wait(lambda: send(axis=1.0) or len(operator.beats) > 3, "the heart beats with the joystick")
    assert not operator.pieces  # the dead-man button is not held
    graph.wait(lambda: send(4, axis=1.0) or len(operator.pieces) > 5, "it jogs")
    assert list(operator.pieces[-1].joint_names) == ["neck_yaw"]
    operator.called("stop", lambda: send(1, axis=1.0))
    operator.called("wave", lambda: (send(4), send(4, 0)))
    graph.wait(lambda: "joystick is silent" in graph.message("teleop"), "its silence is named")
    del operator.beats[:]
    graph.spin(0.4)
    assert not operator.beats
    rubbish = Joy(axes=[float("nan")] * 6, buttons=[0, 0, 0, 0, 1])
    del operator.pieces[:]
    graph.wait(lambda: joy.publish(rubbish) or "not a finite number" in graph.message("teleop"), "NaN is named")
    assert not operator.pieces


def test_a_typo_in_the_joystick_map_is_named_with_its_line(graph, tmp_path):
    path = tmp_path / "joy.yaml"
    path.write_text("stop: 1\naxes:\n  - {axis: 0, joint: nek_yaw, speed_rad_s: 1.0}\n")
    graph.start("teleop", parameters={"joy_map": path}, wait=False)
    graph.wait(lambda: "joy.yaml line 3: unknown joint 'nek_yaw'" in graph.message("teleop"), "the typo is named")
    assert graph.state("teleop") == "unconfigured"


def test_without_ros_the_command_says_what_to_do(tmp_path):
    (tmp_path / "rclpy.py").write_text("raise ImportError('No module named rclpy')\n")
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run([sys.executable, "-m", "gesture_robot.cli", "teleop"], cwd=ROOT, env=environment,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "make ros" in done.stderr and done.stderr.count("\n") == 1
