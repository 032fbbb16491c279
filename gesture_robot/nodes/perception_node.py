"""The perception node: pictures in, people and interactions out, stamped like the picture.

Threads: messages are taken and sent in the executor's thread; a picture is worked on in the node's background thread,
one at a time. While one is in work the newest other one waits, older ones are dropped and counted.
"""

from __future__ import annotations

import sys
import time
from inspect import signature
from typing import Any

import numpy as np
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image, JointState
from visualization_msgs.msg import MarkerArray

from gesture_robot import registry
from gesture_robot.checks import Array
from gesture_robot.datatypes import CameraImage, EngagementLevel, RobotModel, SocialScene
from gesture_robot.errors import InvalidInput
from gesture_robot.msg import Interactions, People
from gesture_robot.nodes import topics
from gesture_robot.nodes.base import StageNode
from gesture_robot.nodes.config.perception import PerceptionNodeConfig
from gesture_robot.nodes.convert.image import rgb_array
from gesture_robot.nodes.convert.joints import robot_state
from gesture_robot.nodes.convert.markers import people_markers
from gesture_robot.nodes.convert.people import interactions_message, people_message
from gesture_robot.nodes.hri_output import HriOutput
from gesture_robot.nodes.one_sender import OneSender
from gesture_robot.nodes.perception_inputs import ROBOT, CameraPlace, Lens
from gesture_robot.nodes.robot_model import RobotDescription
from gesture_robot.nodes.runner import run
from gesture_robot.perception.stage import PerceptionStage
from gesture_robot.protocols import PerceptionBackend

SILENT_S, JOINTS_SILENT_S = 0.7, 0.7
IDLE, CALM = "idle, nobody in sight", "calm, everybody is engaged"
OLD_S, FUTURE_S = 1.0, 0.5
EARLY_S = 0.005
"""A picture this much before its turn counts as in time."""
HISTORY = QoSProfile(depth=30, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Joint states since the last look, for the place of the camera at the picture's stamp."""


class PerceptionNode(StageNode):
    """Looks at the newest picture."""

    stage = "perception"
    config_type = PerceptionNodeConfig
    background_niceness = 10  # it is the one that could use all cores; what moves and speaks needs little, but at once

    def connect(self) -> None:
        """See StageNode."""
        self._description = RobotDescription(self)
        self._stage: PerceptionStage | None = None
        self._lens = Lens()
        self._waiting: tuple[Image, float] | None = None
        self._busy = self._calm = False
        self._newest_s = self._due_s = self._found_s = float("-inf")
        self._period_s = float("inf")
        self._left_out = 0
        self._sender = OneSender(SILENT_S)
        self._people = self.create_publisher(People, topics.PEOPLE, topics.STREAM)
        self._interactions = self.create_publisher(Interactions, topics.INTERACTIONS, topics.STREAM)
        self._markers = self.create_publisher(MarkerArray, topics.PEOPLE_MARKERS, topics.STREAM)
        self._hri = HriOutput(self) if self.config.hri == "auto" else None
        self.listen(CameraInfo, topics.CAMERA_INFO, self._on_info, topics.SENSOR, polled=True)
        self.listen(JointState, topics.JOINT_STATES, self._on_joints, HISTORY, single=True, polled=True)
        self.listen(Image, topics.IMAGE, self._on_image, topics.SENSOR, single=True)

    def setup(self) -> None:
        """See StageNode."""
        config = self.config
        self._model: RobotModel = self._description.model()
        self._place = CameraPlace(config.camera_pose, self._model)
        self._frame = config.base_frame or self._model.limbs.base_link
        backend = self.aside(lambda: _backend(config))
        self._stage = PerceptionStage(backend, config.stage, id_prefix=_prefix(self.now_s()))
        self.health.facts |= {"engine": config.engine, "provider": "cpu",
                              "ROS4HRI": self._hri.state if self._hri is not None else "off"}

    def start(self) -> None:
        """See StageNode."""
        now_s = self.now_s()
        self._waiting, self._found_s, self._due_s = None, now_s, float("-inf")
        self.health.expect(topics.IMAGE, SILENT_S, now_s)
        if self.config.camera_pose.strip() == ROBOT:
            self.health.expect(topics.JOINT_STATES, JOINTS_SILENT_S, now_s)

    def halt(self) -> None:
        """See StageNode."""
        self._waiting = None
        for topic in (topics.IMAGE, topics.JOINT_STATES):
            self.health.expect(topic, None, self.now_s())
        for key in ("lens", "joints", "frame"):
            self.health.lasting(key, "")
        if self._hri is not None and self.context.ok():
            self._hri.clear(self.stamp(self.now_s()))

    def teardown(self) -> None:
        """See StageNode."""
        stage, self._stage = self._stage, None
        if stage is not None:
            self.background(stage.close, lambda _: None, "perception")  # after the picture in work

    # --- messages ---------------------------------------------------------------------------------------------

    def _on_info(self, message: CameraInfo) -> None:
        self._lens.take(message)

    def _on_joints(self, message: JointState) -> None:
        now_s = self.now_s()
        stamp = message.header.stamp
        stamp_s = self.seconds(stamp) if stamp.sec or stamp.nanosec else now_s
        if stamp_s > now_s + FUTURE_S:
            raise InvalidInput(f"stamped {stamp_s - now_s:.1f} s in the future; set the clocks of the computers alike.")
        self._place.take(robot_state(message, self._model.joint_names, stamp_s))

    def _on_image(self, message: Image) -> None:
        now_s = self.now_s()
        if now_s <= 0.0:
            raise InvalidInput("use_sim_time is set and no /clock has come yet; dropped.")
        self._sender.admit(self.sender, now_s)
        stamp_s = self._stamp_s(message, now_s)
        if stamp_s <= self._newest_s:
            raise InvalidInput("a picture that came already, or out of order; dropped.")
        self._period_s, self._newest_s = stamp_s - self._newest_s, stamp_s
        if not self._is_due(stamp_s):
            self._left_out += 1
        elif not self._busy:
            self._begin(message, stamp_s)
        else:
            if self._waiting is not None:
                self.health.drop(topics.IMAGE, "pictures come faster than they can be looked at", now_s)
            self._waiting = (message, stamp_s)

    def _stamp_s(self, message: Image, now_s: float) -> float:
        """When the picture was taken; the time of arrival when its stamp cannot be."""
        stamp = message.header.stamp
        age_s = now_s - self.seconds(stamp)
        if not stamp.sec and not stamp.nanosec:
            self.refuse(topics.IMAGE, "pictures carry no stamp; the time of arrival is taken")
        elif age_s > OLD_S:
            raise InvalidInput(f"the picture is {age_s:.1f} s old; dropped. A recording is played with --clock, to "
                               "nodes with use_sim_time:=true.")
        elif age_s >= -FUTURE_S:
            return now_s - age_s
        else:
            self.refuse(topics.IMAGE,
                        f"the picture is stamped {-age_s:.1f} s in the future; the time of arrival is taken")
        message.header.stamp = self.stamp(now_s)
        return now_s

    def _is_due(self, stamp_s: float) -> bool:
        """Whether this picture is looked at: the rate is limited, and low while nobody is in sight."""
        config = self.config
        alone = stamp_s - self._found_s > config.idle_after_s
        self.health.facts["looks"] = IDLE if alone else CALM if self._calm else "at every picture"
        if stamp_s < self._due_s - EARLY_S:
            return False
        period_s = 1.0 / min(config.max_fps, config.idle_fps if alone else config.calm_fps if self._calm else np.inf)
        self._due_s = max(self._due_s + period_s, stamp_s)
        return True

    # --- the work ---------------------------------------------------------------------------------------------

    def _begin(self, message: Image, stamp_s: float) -> None:
        self.poll()
        stage = self._stage
        assert stage is not None
        base_from_camera, wrong_place = self._place.at(stamp_s)
        matrix, wrong_lens = self._lens.matrix(message.width, message.height)
        for key, text in (("joints", wrong_place), ("lens", wrong_lens), ("frame", self._foreign(message))):
            if self.health.lasting(key, text):
                self.get_logger().warning(text)
        self._busy = True

        def see() -> tuple[SocialScene, Array]:
            image = CameraImage(stamp_s, message.header.frame_id, rgb_array(message), matrix, base_from_camera)
            return stage.process(image), image.rgb

        self.background(see, lambda seen: self._done(message, seen), "perception")

    def _foreign(self, message: Image) -> str:
        """What is wrong with the picture's frame; empty: nothing."""
        config, frame = self.config, message.header.frame_id
        own = config.camera_frame or (self._model.limbs.camera_link if config.camera_pose.strip() == ROBOT else "")
        if own in ("", frame):
            return ""
        return (f"pictures have the frame '{frame}', the camera is taken to be '{own}'. If that is right, set "
                f"camera_frame to '{frame}', else set camera_pose")

    def _done(self, message: Image, seen: tuple[SocialScene, Array] | None) -> None:
        self._busy = False
        if not self.active or self._stage is None:
            return
        if seen is not None:
            scene, rgb = seen
            if (scene.people or self._stage.detections) and scene.stamp_s > self._found_s:
                self._found_s = scene.stamp_s
                known = self.health.facts.get("looks")
                self._calm = all(e.level is EngagementLevel.ENGAGED for e in scene.engagement) and bool(scene.people)
                if known == IDLE or (known == CALM and not self._calm):
                    self._due_s = float("-inf")  # full rate at once
            self._send(message, scene, rgb)
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        if self.now_s() - waiting[1] > 0.5 * self._period_s:  # the next one is sooner here than this one is old
            self._left_out += 1
        else:
            self._begin(*waiting)

    def _send(self, message: Image, scene: SocialScene, rgb: Array) -> None:
        stamp, size_px = message.header.stamp, (message.width, message.height)
        self._people.publish(people_message(scene, stamp, self._frame, message.header.frame_id, size_px))
        self._interactions.publish(interactions_message(scene, stamp, self._frame))
        if self._markers.get_subscription_count():
            self._markers.publish(people_markers(scene, stamp, self._frame))
        now_s = self.now_s()
        self.health.tick(topics.PEOPLE, now_s, now_s - scene.stamp_s)
        if self._hri is not None:
            self._hri.publish(scene, message, self._frame, rgb)

    def inspect(self) -> None:
        """See StageNode."""
        self.poll()  # joint states are not silent because no picture asks for them
        self.health.facts["pictures left out"] = str(self._left_out)
        if self._lens.distorted:
            self.health.facts["lens"] = "distorted; rectified pictures give better distances"


def _backend(config: PerceptionNodeConfig) -> PerceptionBackend:
    """The engine; raises UnknownName, MissingDependency."""
    name, _, path = config.engine.partition(":")
    engine: Any = registry.load("perception", name)
    takes = not path and "config" in signature(engine).parameters
    return engine(config.search) if takes else registry.create("perception", config.engine)  # type: ignore[no-any-return]


def _prefix(now_s: float) -> str:
    """Three letters: people seen after a restart must not be taken for those of before."""
    number = int(now_s if now_s > 1.0 else time.time())
    return "".join(chr(ord("a") + number // 26**place % 26) for place in (2, 1, 0))


def main() -> int:
    """Run the node."""
    return run([PerceptionNode])


if __name__ == "__main__":
    sys.exit(main())
