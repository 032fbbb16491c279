"""The teleop node: a keyboard or a joystick moves joints, stops, releases, plays gestures, and beats the heart.

A device that goes silent is a dead operator: the motion ends, and the heartbeat with it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from rclpy.action import ActionClient
from sensor_msgs.msg import JointState, Joy
from std_msgs.msg import Empty
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory as TrajectoryMessage

from gesture_robot.action import PlayGesture
from gesture_robot.datatypes import RobotState
from gesture_robot.errors import InvalidInput
from gesture_robot.gesture.library import gesture_names
from gesture_robot.msg import ControlStatus
from gesture_robot.nodes import topics
from gesture_robot.nodes.base import StageNode
from gesture_robot.nodes.config.teleop import TeleopNodeConfig
from gesture_robot.nodes.convert.joints import robot_state, trajectory_message
from gesture_robot.nodes.robot_model import RobotDescription
from gesture_robot.nodes.runner import run
from gesture_robot.nodes.teleop_intents import HELP, Intent, Keys
from gesture_robot.nodes.teleop_jog import Jogger
from gesture_robot.nodes.teleop_joy import Joystick, read_joy_map
from gesture_robot.nodes.teleop_terminal import Terminal
from gesture_robot.resources import resource_path

HEARTBEAT_S = 0.1
JOINTS_S = 0.5
"""Joint states older than this are no start for a motion."""


class TeleopNode(StageNode):
    """Turns keys and joystick messages into short trajectories and calls."""

    stage = "teleop"
    config_type = TeleopNodeConfig

    def connect(self) -> None:
        """See StageNode."""
        self._description = RobotDescription(self)
        self._terminal: Terminal | None = None
        self._measured: RobotState | None = None
        self._mode = ""
        self._beaten_s = self._joy_s = self._held_until_s = float("-inf")
        self._chosen = self._direction = 0
        self._trajectories = self.create_publisher(TrajectoryMessage, topics.TELEOP_TRAJECTORY, topics.STREAM)
        self._heartbeat = self.create_publisher(Empty, topics.HEARTBEAT, topics.STREAM)
        self._stop: Any = self.create_client(Trigger, topics.STOP)
        self._release: Any = self.create_client(Trigger, topics.RELEASE)
        self._play: Any = ActionClient(self, PlayGesture, topics.PLAY_GESTURE)
        self.listen(JointState, topics.JOINT_STATES, self._on_joints, topics.SENSOR, polled=True, single=True)
        self.listen(Joy, topics.JOY, self._on_joy, topics.STREAM, polled=True, single=True)
        self.listen(ControlStatus, topics.CONTROL_SOURCE, self._on_status, topics.LATCHED, polled=True)
        self._beat = self.beat(1.0 / self.config.rate_hz, self._tick)

    def setup(self) -> None:
        """See StageNode."""
        config = self.config
        self._model = self._description.model()
        self._gestures = gesture_names()
        path = Path(config.joy_map) if config.joy_map else resource_path("config/joy.yaml")
        self._joystick = Joystick(read_joy_map(path, self._model.joint_names, self._gestures))
        self._jogger = Jogger(self._model, 1.0 / config.rate_hz)
        self._keys = Keys(self._gestures)
        self._beat.period_s = 1.0 / config.rate_hz

    def start(self) -> None:
        """See StageNode."""
        self._terminal = Terminal.open() if self.config.keyboard else None
        self.health.facts["keyboard"] = "yes" if self._terminal else "no terminal: joystick only"
        self.health.expect(topics.JOINT_STATES, JOINTS_S, self.now_s())
        if self._terminal is not None:
            self._say(HELP + "\ngestures: " + "  ".join(f"{n} {name}" for n, name in enumerate(self._gestures, 1)))

    def halt(self) -> None:
        """See StageNode."""
        self._jogger.stop()
        self._joystick.gone()
        if self._terminal is not None:
            self._terminal.close()
            self._terminal = None

    def teardown(self) -> None:
        """See StageNode."""
        if self._terminal is not None:
            self._terminal.close()

    # --- input ------------------------------------------------------------------------------------------------

    def _on_joints(self, message: JointState) -> None:
        self._measured = robot_state(message, self._model.joint_names, self.now_s())

    def _on_joy(self, message: Joy) -> None:
        self._joy_s = time.monotonic()
        for intent in self._joystick.read(message.axes, message.buttons):
            self._do(intent)

    def _on_status(self, message: ControlStatus) -> None:
        mode = f"{message.mode} {message.source} {message.reason}".strip()
        if mode != self._mode:
            self._mode = mode
            self._say(f"control: {mode}")

    def _read_keys(self) -> None:
        if self._terminal is None:
            return
        try:
            text = self._terminal.read()
        except EOFError:
            self._do(Intent("quit"))
            return
        asked = self._keys.asking
        for intent in self._keys.read(text):
            self._do(intent)
        if self._keys.asking and not asked:
            self._say("gesture number: " + "  ".join(f"{n} {name}" for n, name in enumerate(self._gestures, 1)))

    # --- acting -----------------------------------------------------------------------------------------------

    def _do(self, intent: Intent) -> None:
        if intent.kind == "jog":
            self._direction, self._held_until_s = intent.step, time.monotonic() + self.config.key_hold_s
        elif intent.kind == "choose":
            self._chosen = (self._chosen + intent.step) % len(self._model.joint_names)
            self._held_until_s = float("-inf")
            self._say(f"joint: {self._model.joint_names[self._chosen]}")
        elif intent.kind == "stop":
            self._held_until_s = float("-inf")
            self._jogger.stop()
            self._call(self._stop, "stop")
        elif intent.kind == "release":
            self._call(self._release, "release")
        elif intent.kind == "gesture":
            self._gesture(intent.name)
        elif intent.kind == "help":
            self._say(HELP)
        elif intent.kind == "quit":
            self._say("bye")
            self.context.try_shutdown()

    def _call(self, client: Any, name: str) -> None:
        if not client.service_is_ready():
            raise InvalidInput(f"no {name}: control does not run.")

        def answered(future: Any) -> None:
            answer = future.result()
            self._say(f"{name}: {answer.message}" if answer is not None else f"{name}: no answer")

        client.call_async(Trigger.Request()).add_done_callback(answered)

    def _gesture(self, name: str) -> None:
        if not self._play.server_is_ready():
            raise InvalidInput("no gesture: the gesture node does not run.")

        def answered(future: Any) -> None:
            goal = future.result()
            self._say(f"gesture {name}: {'plays' if goal is not None and goal.accepted else 'refused'}")

        self._play.send_goal_async(PlayGesture.Goal(name=name, amplitude=1.0)).add_done_callback(answered)

    def _say(self, text: str) -> None:
        if self._terminal is not None:
            print(text, flush=True)
        else:
            self.get_logger().info(text)

    # --- the beat ---------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self.poll()
        self.guarded("keyboard", self._read_keys)
        steady_s = time.monotonic()
        joy_lives = steady_s - self._joy_s <= self.config.joy_timeout_s
        if not joy_lives:
            self._joystick.gone()
        spoke = self._joy_s > float("-inf")
        self.health.lasting("joystick", "the joystick is silent: no motion, no heartbeat"
                            if spoke and not joy_lives else "")
        self._feed(steady_s, alive=joy_lives or (self._terminal is not None and not spoke))
        self._move(steady_s)

    def _feed(self, steady_s: float, alive: bool) -> None:
        if alive and steady_s - self._beaten_s >= HEARTBEAT_S - 0.02:
            self._beaten_s = steady_s
            self._heartbeat.publish(Empty())

    def _move(self, steady_s: float) -> None:
        wished = dict(self._joystick.wished)
        if steady_s < self._held_until_s:
            wished[self._model.joint_names[self._chosen]] = self._direction * self.config.jog_speed_rad_s
        now_s = self.now_s()
        if self._measured is None or self.health.age_s(topics.JOINT_STATES, now_s) > JOINTS_S:
            if wished:
                raise InvalidInput("no motion: joint_states do not come.")
            return
        piece = self._jogger.update(wished, self._measured, now_s)
        if piece is not None:
            self._trajectories.publish(trajectory_message(piece, self.stamp(now_s)))


def main() -> int:
    """Entry point."""
    return run([TeleopNode])


if __name__ == "__main__":
    sys.exit(main())
