"""The retarget node: every body frame that comes becomes joint positions, sent at once as a short trajectory.

Stamps pass through as they are: whether a command is too old or too far ahead is judged by control alone.
"""

from __future__ import annotations

import sys

import numpy as np
from trajectory_msgs.msg import JointTrajectory as TrajectoryMessage

from gesture_robot.datatypes import BodyMotion, JointTrajectory
from gesture_robot.errors import InvalidInput
from gesture_robot.msg import BodyMotion as BodyMessage
from gesture_robot.msg import ControlStatus
from gesture_robot.msg import FaceMotion as FaceMessage
from gesture_robot.nodes import topics
from gesture_robot.nodes.base import StageNode
from gesture_robot.nodes.config.retarget import RetargetNodeConfig
from gesture_robot.nodes.convert.joints import trajectory_message
from gesture_robot.nodes.convert.motion import body_value, face_value
from gesture_robot.nodes.robot_model import RobotDescription
from gesture_robot.nodes.runner import run
from gesture_robot.retarget.face_joints import FaceTrack
from gesture_robot.retarget.frames import Arrival, FrameBuffer, FrameOrder
from gesture_robot.retarget.retargeter import Retargeter

BEAT_S = 0.05
SERVICES_S = 0.1
"""Services may wait this long; frames come at once."""


class RetargetNode(StageNode):
    """Body motion in, joint trajectories out."""

    stage = "retarget"
    config_type = RetargetNodeConfig
    niceness = -8

    def connect(self) -> None:
        """See StageNode."""
        self._description = RobotDescription(self)
        self._order = FrameOrder()
        self._stopped, self._hears_face = False, False
        self._trajectories = self.create_publisher(TrajectoryMessage, topics.GESTURE_TRAJECTORY, topics.STREAM)
        self.listen(BodyMessage, topics.GESTURE_BODY, self._on_body, topics.STREAM, single=True, polled=True,
                    urgent=True)
        self.listen(ControlStatus, topics.CONTROL_SOURCE, self._on_status, topics.LATCHED, always=True, polled=True)
        self.beat(BEAT_S, self.poll, always=True, look_s=SERVICES_S)

    def setup(self) -> None:
        """See StageNode."""
        model = self._description.model()
        self._retargeter = Retargeter(model)
        self._retargeter.pose(np.zeros((55, 3)))  # the first pose loads the kernels: not while a motion waits
        self._retargeter.reset()
        self._buffer = FrameBuffer(model.joint_names)
        self.health.facts["robot"] = model.name
        self._face = FaceTrack()
        if self._retargeter.moves_face and not self._hears_face:
            self._hears_face = True
            self.listen(FaceMessage, topics.FACE_WEIGHTS, self._on_face, topics.STREAM, single=True, polled=True)

    def start(self) -> None:
        """See StageNode."""
        self._order.forget()
        self._buffer.clear()
        self._expect(False)

    def halt(self) -> None:
        """See StageNode."""
        self._expect(False)

    def _on_status(self, message: ControlStatus) -> None:
        if message.stopped != self._stopped:
            self._stopped = message.stopped
            self._expect(False)

    def _expect(self, frames: bool) -> None:
        """Frames that once came must keep coming, except while the robot is stopped."""
        self._expected = frames
        self.health.expect(topics.GESTURE_BODY, self.config.silent_s if frames else None, self.now_s())

    # --- frames -----------------------------------------------------------------------------------------------

    def _on_body(self, message: BodyMessage) -> None:
        body = body_value(message)
        count = len(body.rotations)
        if not 0 < count <= self.config.most_frames:
            raise InvalidInput(f"a message must hold 1 to {self.config.most_frames} frames, got {count}.")
        stamp_s = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
        arrival = self._order.take(message.frame, count, stamp_s, body.fps)
        self._tell(arrival, message.frame)
        if arrival.restart:
            self._buffer.clear()
            self._face = FaceTrack()
            self._buffer.fps = self._retargeter.fps = body.fps
        if not self._expected and not self._stopped:
            self._expect(True)
        self._send(body, arrival.skip, self.seconds(message.header.stamp))

    def _on_face(self, message: FaceMessage) -> None:
        self._face.add(face_value(message), self.seconds(message.header.stamp))

    def _tell(self, arrival: Arrival, frame: int) -> None:
        name, now_s = topics.GESTURE_BODY, self.now_s()
        if arrival.skip:
            self.health.event(f"{name} again", f"{name}: frames came again or too late, ignored", now_s)
        if arrival.lost:
            self.health.drop(name, f"{arrival.lost} frames lost before number {frame}", now_s, arrival.lost)
        if arrival.stamp_step_s:
            self.health.event(f"{name} stamps", f"{name}: the stamps jumped by {arrival.stamp_step_s:+.2f} s", now_s)

    def _send(self, body: BodyMotion, skip: int, start_s: float) -> None:
        for index in range(skip, len(body.rotations)):
            at_s = start_s + index / body.fps
            joints = self._retargeter.pose(body.rotations[index], self._face.at(at_s))
            trajectory = self._buffer.add(joints, at_s)
            if trajectory is not None:
                self._publish(trajectory)

    def _publish(self, trajectory: JointTrajectory) -> None:
        now_s = self.now_s()
        self._trajectories.publish(trajectory_message(trajectory, self.stamp(trajectory.start_s)))
        self.health.tick(topics.GESTURE_TRAJECTORY, now_s)


def main() -> int:
    """Run the node."""
    return run([RetargetNode])


if __name__ == "__main__":
    sys.exit(main())
