"""The robot node: physics and a camera where a real robot would have ros2_control and a camera driver."""

from __future__ import annotations

import sys
import time
from xml.etree import ElementTree

from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from gesture_robot import registry
from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import InvalidInput
from gesture_robot.nodes import topics
from gesture_robot.nodes.base import StageNode
from gesture_robot.nodes.config.robot import RobotHostConfig
from gesture_robot.nodes.convert.joints import joint_state_message, trajectory_value
from gesture_robot.nodes.robot_body import CATCH_UP_S, PacedBody
from gesture_robot.nodes.robot_pictures import BASE_CAMERA_FRAME, Pictures, open_source
from gesture_robot.nodes.runner import run
from gesture_robot.nodes.timeline import Timeline
from gesture_robot.robots.head_camera import camera_pose
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import load_model

TICK_S = 0.01
SERVICES_S = 0.1
SILENCE_S = 0.3
CLOCK_START_S = 1.0
"""A simulation's time begins after 0, because 0 means that no /clock has come yet."""


class RobotNode(StageNode):
    """Follows the controller's topic, publishes joints and pictures."""

    stage, config_type = "robot", RobotHostConfig
    background_niceness = 10  # a real robot's camera does not compete with it

    def connect(self) -> None:
        """See StageNode."""
        self._model: RobotModel | None = None
        self._body: PacedBody | None = None
        self._pictures: Pictures | None = None
        self._ticks, self._command_s, self._skipped_s = 0, float("-inf"), 0.0
        self._simulated_s = CLOCK_START_S
        if self.config.publish_clock:
            self.timeline = Timeline(lambda: self._simulated_s, time.monotonic, simulated=True)
        self._tick_real_s = time.monotonic()
        self._joints = self.create_publisher(JointState, topics.JOINT_STATES, topics.STREAM)
        self._camera_publishers = (self.create_publisher(Image, topics.IMAGE, topics.SENSOR),
                                   self.create_publisher(CameraInfo, topics.CAMERA_INFO, topics.SENSOR))
        self._description = self.create_publisher(String, topics.ROBOT_DESCRIPTION, topics.LATCHED)
        self._clock_topic = (self.create_publisher(Clock, "/clock", topics.STREAM) if self.config.publish_clock
                             else None)
        self.create_service(Trigger, "~/restart_scene", self._restart_scene)
        self.listen(JointTrajectory, topics.CONTROLLER_TRAJECTORY, self._follow, topics.STREAM, single=True,
                    polled=True, always=True)
        self.beat(TICK_S, self._tick, always=True, look_s=SERVICES_S)

    def setup(self) -> None:
        """See StageNode."""
        config = self.config
        if not config.robot:
            raise InvalidInput("the robot node needs a robot: -p robot:=NAME or -p robot:=/path/to/robot.urdf")
        self._model = load_model(config.robot)
        self._kinematics = Kinematics(self._model)
        self._engine = registry.load("robot", config.engine)(self._model)
        self._camera = open_source(config)
        self.health.facts["engine"] = config.engine

    def start(self) -> None:
        """See StageNode."""
        assert self._model is not None
        now_s = self.now_s()
        self._body = PacedBody(self._engine, now_s)
        if self._camera is not None:
            drawn = self.config.camera < 0 and not self.config.video
            on_head = self.config.camera_mount == "head"
            frame = self._model.limbs.camera_link if on_head else BASE_CAMERA_FRAME
            self._pictures = Pictures(self, self._camera_publishers, self._camera, frame, drawn=drawn,
                                      waits=self.config.scene_waits, now_s=now_s)
        self._description.publish(String(data=described(self._model)))

    def halt(self) -> None:
        """See StageNode."""
        if self._body is not None:
            self._body.robot.hold()
        self._pictures = None

    def teardown(self) -> None:
        """See StageNode."""
        self._body = self._pictures = None
        camera, self._camera = getattr(self, "_camera", None), None
        if camera is not None:
            self.background(camera.close, lambda _: None, "camera")  # after the picture that is being made
        engine, self._engine = getattr(self, "_engine", None), None
        if engine is not None:
            engine.close()

    # --- every tick -------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self._pass_time()
        self.poll()
        body = self._body
        if body is None:
            return
        now_s = self.now_s()
        body.advance(now_s)
        if body.skipped_s > self._skipped_s:
            self.health.event("time", f"{body.skipped_s - self._skipped_s:.2f} s of physics were left out: the "
                              "computer is too slow or was stopped", now_s)
            self._skipped_s = body.skipped_s
        if not self.active:
            return
        self._ticks += 1
        if self._ticks % max(round(1.0 / TICK_S / self.config.joint_states_hz), 1) == 0:
            state = body.read()
            self._joints.publish(joint_state_message(state, self.stamp(state.stamp_s)))
            self.health.tick(topics.JOINT_STATES, now_s)
        if self._pictures is not None:
            self._pictures.tick(now_s, self._base_from_camera)

    def _pass_time(self) -> None:
        """The simulation's own time goes on by what passed, and waits for a computer that is too slow."""
        real_s = time.monotonic()
        passed_s, self._tick_real_s = real_s - self._tick_real_s, real_s
        if self._clock_topic is not None:
            self._simulated_s += min(passed_s * self.config.real_time_factor, CATCH_UP_S)
            message = Clock()
            message.clock = self.stamp(self.now_s())
            self._clock_topic.publish(message)

    def _base_from_camera(self) -> Array:
        assert self._body is not None and self._model is not None
        return camera_pose(self._kinematics, self._model, self._body.read().positions)

    # --- messages ---------------------------------------------------------------------------------------------

    def _follow(self, message: JointTrajectory) -> None:
        if self._body is None or not self.active:
            return
        now_s = self.now_s()
        stamp = message.header.stamp
        start_s = self.seconds(stamp) if stamp.sec or stamp.nanosec else now_s
        self._body.follow(trajectory_value(message, start_s), now_s)
        self._command_s = now_s

    def _restart_scene(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if self._pictures is None:
            response.message = "there is no camera, or the node is not active"
            return response
        now_s = self.now_s()
        self._pictures.restart(now_s)
        response.success, response.message = True, self._clock_text(now_s)
        return response

    def _clock_text(self, time_s: float) -> str:
        stamp = self.stamp(time_s)
        return f"{stamp.sec}.{stamp.nanosec:09d}"

    def inspect(self) -> None:
        """See StageNode."""
        facts, body = self.health.facts, self._body
        if body is None:
            return
        contacts = body.robot.contacts
        facts["self-collision contacts"] = str(contacts.count)
        facts["self-collision pairs"] = ", ".join(f"{a} and {b}" for a, b in contacts.pairs)
        silent_s = self.now_s() - self._command_s
        facts["commands"] = "followed" if silent_s < SILENCE_S else "none: holds"
        facts["commands: late"] = str(body.late)
        if getattr(self._camera, "ended", False):
            facts["video"] = "ended"
        if self._pictures is not None:
            started_s = self._pictures.started_s
            facts["scene started"] = "waits" if started_s is None else self._clock_text(started_s)


def described(model: RobotModel) -> str:
    """The URDF with mesh files as URLs, as tools on the graph want them."""
    robot = ElementTree.fromstring(model.urdf_xml)
    for mesh in robot.iter("mesh"):
        name = mesh.get("filename", "")
        mesh.set("filename", name if "://" in name else f"file://{name}")
    return ElementTree.tostring(robot, encoding="unicode")


def main() -> int:
    """Run the node."""
    return run([RobotNode])


if __name__ == "__main__":
    sys.exit(main())
