"""The gesture node: speech, decisions and goals in; body frames out, each sent shortly before it is due.

While the robot is stopped nothing is sent and nothing can be played; after a release the motion begins anew.
"""

from __future__ import annotations

import sys

from sensor_msgs.msg import JointState

from gesture_robot.gesture.gaze import GazeLayer
from gesture_robot.gesture.library import gesture_names
from gesture_robot.gesture.player import MotionPlayer
from gesture_robot.gesture.stream import BodyFrames, BodyStream
from gesture_robot.msg import BodyMotion as BodyMessage
from gesture_robot.msg import ControlStatus, SpeechAudio
from gesture_robot.msg import Decision as DecisionMessage
from gesture_robot.nodes import topics
from gesture_robot.nodes.base import StageNode
from gesture_robot.nodes.config.gesture import GestureNodeConfig
from gesture_robot.nodes.convert.motion import body_message
from gesture_robot.nodes.gesture_gaze import GazeTarget
from gesture_robot.nodes.gesture_goals import GestureGoals
from gesture_robot.nodes.gesture_speech import SpeechMotion, load_engine
from gesture_robot.nodes.robot_model import RobotDescription
from gesture_robot.nodes.runner import run
from gesture_robot.nodes.speech_pieces import CANCEL, PLAY, SpeechPieces, report
from gesture_robot.srv import ListGestures

LOOK_S = 0.05
JOINTS_S = 0.7
"""Joint states that came and then stay away for longer than this are reported."""


class GestureNode(StageNode):
    """Plays speech, goals and gaze on one timeline."""

    stage = "gesture"
    config_type = GestureNodeConfig
    niceness = background_niceness = -8  # little work, which the voice does not wait for

    def connect(self) -> None:
        """See StageNode."""
        self._description = RobotDescription(self)
        self._stopped = False
        self._pieces = SpeechPieces()
        self._stream: BodyStream | None = None
        self._bodies = self.create_publisher(BodyMessage, topics.GESTURE_BODY, topics.STREAM)
        self.create_service(ListGestures, topics.LIST_GESTURES, self._on_list)
        self._goals = GestureGoals(self, self._refusal)
        self.listen(ControlStatus, topics.CONTROL_SOURCE, self._on_status, topics.LATCHED, always=True, single=True,
                    polled=True)
        self.listen(JointState, topics.JOINT_STATES, self._on_joints, topics.SENSOR, single=True, polled=True)
        self.listen(DecisionMessage, topics.DECISION, self._on_decision, topics.LATCHED, single=True, polled=True,
                    urgent=True)
        self.listen(SpeechAudio, topics.SPEECH_AUDIO, self._on_speech, topics.EVERY, single=True, polled=True,
                    urgent=True)
        self.beat(1.0 / self.config.fps, self._tick, always=True, look_s=LOOK_S)

    def setup(self) -> None:
        """See StageNode."""
        c = self.config
        model = self._description.model()
        engine = load_engine(c.engine, c.device)
        gaze = GazeLayer(c.gaze)
        stream = BodyStream(MotionPlayer(c.player), gaze, c.fps, c.ahead_s)
        self._speech = SpeechMotion(self, stream, engine, c.style, c.seed, self._show)
        self._gaze = GazeTarget(model, gaze, c.stale_s)
        self._stream = self._goals.stream = stream
        self.health.facts |= {"robot": model.name, "engine": c.engine}

    def start(self) -> None:
        """See StageNode."""
        self._joints_seen = False
        self._begin_anew()

    def halt(self) -> None:
        """See StageNode."""
        self._settle("the gesture node was deactivated")
        self.health.expect(topics.JOINT_STATES, None, self.now_s())
        self.health.lasting("gaze", "")

    def teardown(self) -> None:
        """See StageNode."""
        self._stream = self._goals.stream = None

    def inspect(self) -> None:
        """See StageNode."""
        name = self._pieces.unfinished(self.now_s())
        text = f"{topics.SPEECH_AUDIO}: utterance {name} never ended; did the speech node die?" if name else ""
        self.health.lasting("unfinished", text)

    # --- input ------------------------------------------------------------------------------------------------

    def _on_status(self, message: ControlStatus) -> None:
        before, self._stopped = self._stopped, message.stopped
        if self.active and before != self._stopped:
            if self._stopped:
                self._settle("the robot was stopped")
            else:
                self._begin_anew()

    def _on_joints(self, message: JointState) -> None:
        self._gaze.move(message)
        if not self._joints_seen:
            self._joints_seen = True
            self.health.expect(topics.JOINT_STATES, JOINTS_S, self.now_s())

    def _on_decision(self, message: DecisionMessage) -> None:
        self._gaze.decide(message, self.seconds(message.header.stamp), self.now_s(), self._turn_s())
        self.health.lasting("gaze", "")

    def _on_speech(self, message: SpeechAudio) -> None:
        now_s = self.now_s()
        got = self._pieces.take(message, now_s, self.seconds(message.header.stamp))
        report(got, topics.SPEECH_AUDIO, self.health, now_s)
        if self._stopped:
            return
        if got.replaces:
            self._settle("interrupted: the speech node was restarted")
        if got.act == PLAY and got.speech is not None:
            self._speech.add(got.speech, got.chunk, got.heard_s, message.style, message.gesture)
        elif got.act == CANCEL:
            self._settle("interrupted: the speech was cancelled")

    def _on_list(self, request: ListGestures.Request, response: ListGestures.Response) -> ListGestures.Response:
        response.names = list(gesture_names())
        return response

    def _refusal(self) -> str:
        if not self.active:
            return f"the gesture node is {self.state}; it must be active."
        return "the robot is stopped; release it first." if self._stopped else ""

    # --- stop and release -------------------------------------------------------------------------------------

    def _turn_s(self) -> float:
        """From when on a change can be seen: frames sent already stay as they are."""
        assert self._stream is not None
        return max(self.now_s(), self._stream.latest_s)

    def _settle(self, why: str) -> None:
        """Forget what is planned, come to rest."""
        assert self._stream is not None
        self._speech.cancel()
        self._stream.motions.interrupt(self._turn_s())
        self._goals.abort(why, self.now_s())

    def _begin_anew(self) -> None:
        assert self._stream is not None
        self._pieces.forget()
        self._speech.cancel()
        self._stream.motions.clear()
        self._gaze.ahead(self._turn_s())
        self._stream.restart()

    # --- frames -----------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self.poll()
        now_s = self.now_s()
        if not self.active or self._stopped or now_s == 0.0:  # 0: a simulation whose clock was not heard yet
            return
        silent_s = self._gaze.stale_for(now_s, self._turn_s())
        if silent_s:
            self.health.lasting("gaze", f"{topics.DECISION}: nothing for {silent_s:.1f} s, looking ahead")
        self._goals.update(now_s)
        self._show()

    def _show(self, extra: int = 0) -> None:
        """Send the frames that are due, and `extra` ones at once."""
        assert self._stream is not None
        frames = self._stream.take(self.now_s(), extra)
        if frames is not None and not self._stopped:
            self._send(frames)

    def _send(self, frames: BodyFrames) -> None:
        now_s, stream = self.now_s(), self._stream
        assert stream is not None
        if frames.skipped:
            text = f"{frames.skipped} frames left out: this process stood still for {frames.skipped / stream.fps:.1f} s"
            self.health.drop(topics.GESTURE_BODY, text, now_s, frames.skipped)
        utterance_id, chunk = self._speech.contained(stream.latest_s)
        self._bodies.publish(body_message(frames.rotations, stream.fps, frames.first, self.stamp(frames.start_s),
                                          eyes=frames.eyes, utterance_id=utterance_id, chunk=chunk))
        self.health.tick(topics.GESTURE_BODY, now_s)


def main() -> int:
    """Run the node."""
    return run([GestureNode])


if __name__ == "__main__":
    sys.exit(main())
