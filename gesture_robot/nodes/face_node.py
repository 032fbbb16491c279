"""The face node: speech, decisions and the eyes' direction in; face frames out, each sent shortly before it is due.

While the robot is stopped the face lives on, with a silent mouth: a face that freezes looks broken, not stopped.
"""

from __future__ import annotations

import sys

import numpy as np

from gesture_robot import registry
from gesture_robot.datatypes import FaceMotion, Speech
from gesture_robot.face.player import FacePlayer
from gesture_robot.msg import BodyMotion as BodyMessage
from gesture_robot.msg import ControlStatus, SpeechAudio
from gesture_robot.msg import Decision as DecisionMessage
from gesture_robot.msg import FaceMotion as FaceMessage
from gesture_robot.nodes import topics
from gesture_robot.nodes.base import StageNode
from gesture_robot.nodes.config.face import FaceNodeConfig
from gesture_robot.nodes.convert.motion import AHEAD, face_message
from gesture_robot.nodes.convert.people import decision_value
from gesture_robot.nodes.runner import run
from gesture_robot.nodes.speech_pieces import CANCEL, PLAY, Received, SpeechPieces, report
from gesture_robot.protocols import FaceGenerator

FRAMES = 2
"""Frames in a message."""
BEHIND_S = 0.5
"""A process that stood still for longer leaves frames out instead of sending them all at once."""
SPOKEN_ACTS = ("greet", "farewell")
INTENSITY = 0.7


class FaceNode(StageNode):
    """Plays speech, expression, gaze and blinks on one timeline."""

    stage = "face"
    config_type = FaceNodeConfig

    def connect(self) -> None:
        """See StageNode."""
        self._stopped = False
        self._weights = self.create_publisher(FaceMessage, topics.FACE_WEIGHTS, topics.STREAM)
        self.listen(ControlStatus, topics.CONTROL_SOURCE, self._on_status, topics.LATCHED, always=True, single=True,
                    polled=True)
        self.listen(SpeechAudio, topics.SPEECH_AUDIO, self._on_speech, topics.EVERY, single=True, polled=True)
        self.listen(DecisionMessage, topics.DECISION, self._on_decision, topics.LATCHED, single=True, polled=True)
        self.listen(BodyMessage, topics.GESTURE_BODY, self._on_body, topics.STREAM, single=True, polled=True)
        self.beat(FRAMES / self.config.fps, self._tick, always=True)

    def setup(self) -> None:
        """See StageNode."""
        c = self.config
        self._engine: FaceGenerator = registry.create("face", c.engine, c.device)
        self._rng = np.random.default_rng(c.seed)
        # The first plan of a process takes several times as long.
        self._engine.generate(Speech("warm-up", "hello", 16000, np.zeros(16000, np.float32)), rng=self._rng)
        self._player = FacePlayer(c.player, seed=c.seed)
        self._frame: int | None = None
        self.health.facts["engine"] = c.engine

    def start(self) -> None:
        """See StageNode."""
        self._pieces = SpeechPieces()
        self._frame = None
        self._era = 0
        self._expects = False
        self._calm_s = self._seen_s = float("inf")
        self._planning_ms = 0.0

    def halt(self) -> None:
        """See StageNode."""
        self._era += 1
        self._player.interrupt(self._turn_s())
        self.health.expect(topics.GESTURE_BODY, None, self.now_s())

    # --- input ------------------------------------------------------------------------------------------------

    def _on_status(self, message: ControlStatus) -> None:
        before, self._stopped = self._stopped, message.stopped
        if self.active and self._stopped and not before:
            self._pieces.forget()
            self._hush()
            self.health.expect(topics.GESTURE_BODY, None, self.now_s())  # the gesture node is silent while stopped
            self._expects = False

    def _on_speech(self, message: SpeechAudio) -> None:
        now_s = self.now_s()
        received = self._pieces.take(message, now_s, self.seconds(message.header.stamp))
        report(received, topics.SPEECH_AUDIO, self.health, now_s)
        if received.act == CANCEL or received.replaces:
            self._hush()
        if received.act == PLAY and not self._stopped:
            self._plan(received)

    def _on_decision(self, message: DecisionMessage) -> None:
        decision = decision_value(message)
        age_s = self.now_s() - self.seconds(message.header.stamp)
        if decision.act in SPOKEN_ACTS and not self._stopped and age_s < self.config.smile_s:
            self._player.express(decision.expression, INTENSITY, self._turn_s())
            self._calm_s = self.now_s() + self.config.smile_s

    def _on_body(self, message: BodyMessage) -> None:
        eyes = np.array([message.eyes.x, message.eyes.y, message.eyes.z])
        self._player.look(eyes, self._turn_s())
        if not (self._expects or self._stopped):
            self._expects = True
            self.health.expect(topics.GESTURE_BODY, self.config.stale_s, self.now_s())
        self._seen_s = self.now_s()

    # --- speech -----------------------------------------------------------------------------------------------

    def _plan(self, piece: Received) -> None:
        speech, era = piece.speech, self._era
        assert speech is not None
        began_s = self.now_s()

        def done(face: FaceMotion | None) -> None:
            if face is not None and era == self._era and self.active:
                self._planning_ms = 1000.0 * (self.now_s() - began_s)
                self._player.play(face, piece.heard_s)

        self.background(lambda: self._engine.generate(speech, rng=self._rng), done, "planning")

    def _hush(self) -> None:
        """The mouth closes now; what is being planned will not be shown."""
        self._era += 1
        self._player.interrupt(self._turn_s())

    # --- frames -----------------------------------------------------------------------------------------------

    def _turn_s(self) -> float:
        """From when on a change can be seen: frames sent already stay as they are."""
        sent_s = float("-inf") if self._frame is None else (self._frame - 1) / self.config.fps
        return max(self.now_s(), sent_s)

    def _tick(self) -> None:
        self.poll()
        if not self.active:
            return
        now_s = self.now_s()
        if now_s >= self._calm_s:
            self._player.express("neutral", 0.0, self._turn_s())
            self._calm_s = float("inf")
        if now_s > self._seen_s + self.config.stale_s:
            self._player.look(AHEAD, self._turn_s())
            self._seen_s = float("inf")
        self._show(now_s)

    def _show(self, now_s: float) -> None:
        """Send the frames that fall due until a little from now."""
        fps = self.config.fps
        upto = int((now_s + self.config.ahead_s) * fps)  # the last frame to send
        if self._frame is None or upto - self._frame > BEHIND_S * fps:
            if self._frame is not None:
                missed = upto - self._frame
                text = f"{missed} frames left out: this process stood still for {missed / fps:.1f} s"
                self.health.drop(topics.FACE_WEIGHTS, text, now_s, missed)
            self._frame = upto
        while self._frame + FRAMES - 1 <= upto:
            times_s = (self._frame + np.arange(FRAMES)) / fps
            frames = np.array([self._player.weights(float(t_s)) for t_s in times_s])
            self._weights.publish(face_message(frames, fps, self.stamp(float(times_s[0]))))
            self._frame += FRAMES
            self.health.tick(topics.FACE_WEIGHTS, now_s)

    def inspect(self) -> None:
        """See StageNode."""
        if not self.active:
            return
        now_s = self.now_s()
        unfinished = self._pieces.unfinished(now_s)
        if unfinished:
            text = f"{topics.SPEECH_AUDIO}: utterance {unfinished} breaks off: did the speech node die?"
            self.health.event("unfinished", text, now_s)
        if self._pieces.sounding(now_s) and self.count_publishers(topics.SPEECH_AUDIO) == 0:
            self._pieces.forget()
            self._hush()
            self.health.event("unfinished", f"{topics.SPEECH_AUDIO}: the speech node is gone, so is its sound", now_s)
        self.health.facts |= {"planning": f"{self._planning_ms:.0f} ms", "pieces doubled": str(self._pieces.doubled),
                              "pieces lost": str(self._pieces.lost), "pieces late": str(self._pieces.late)}


def main() -> int:
    """Run the node."""
    return run([FaceNode])


if __name__ == "__main__":
    sys.exit(main())
