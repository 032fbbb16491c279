"""The speech node: goals of the action say in, sound out, announced piece by piece for lips and gestures.

While the robot is stopped nothing is said. Without control on the graph there is nobody to stop it: it speaks.
"""

from __future__ import annotations

import sys
from itertools import count
from typing import Any
from uuid import uuid4

from gesture_robot.action import Say
from gesture_robot.errors import GestureRobotError
from gesture_robot.msg import ControlStatus, SpeechAudio
from gesture_robot.nodes import topics
from gesture_robot.nodes.base import StageNode
from gesture_robot.nodes.config.speech import SpeechNodeConfig
from gesture_robot.nodes.runner import run
from gesture_robot.nodes.speech_goals import ABORT, SayServer, Utterance, check_goal
from gesture_robot.nodes.speech_sound import SpeechSound
from gesture_robot.nodes.speech_talk import Talk, load_tts

TICK_S = 0.05
FEEDBACK_TICKS = 2


class SpeechNode(StageNode):
    """Says what it is asked to, one goal after the other."""

    stage = "speech"
    config_type = SpeechNodeConfig

    def connect(self) -> None:
        """See StageNode."""
        self._stopped = ""
        self._talk: Talk | None = None
        self._sound: SpeechSound | None = None
        self._ticks = 0
        self._process, self._numbers = uuid4().hex[:8], count(1)
        self._audio = self.create_publisher(SpeechAudio, topics.SPEECH_AUDIO, topics.EVERY)
        self._server = SayServer(self, self._on_goal, self._on_cancel)
        self.listen(ControlStatus, topics.CONTROL_SOURCE, self._on_status, topics.LATCHED, always=True, single=True)
        self._timer = self.every(TICK_S, self._tick)
        self._timer.cancel()  # runs while something is said

    def setup(self) -> None:
        """See StageNode."""
        c = self.config
        tts = load_tts(c.tts, c.device, c.speech)
        audible = c.sound and not self.timeline.simulated  # a device plays in real time
        self._sound = SpeechSound(self.now_s, tts.rate_hz, audible, self._warn)
        self._talk = Talk(self, tts, self._sound, c, self._send, self._settle)
        self.health.facts |= {"engine": c.tts, "sound": "device" if self._sound.audible else "none"}

    def halt(self) -> None:
        """See StageNode."""
        self._end_all("the speech node was deactivated.")

    def teardown(self) -> None:
        """See StageNode."""
        self._timer.cancel()
        sound, self._sound, self._talk = self._sound, None, None
        if sound is not None:
            sound.close()

    # --- input ------------------------------------------------------------------------------------------------

    def _on_status(self, message: ControlStatus) -> None:
        before, self._stopped = self._stopped, (message.reason or "no reason given") if message.stopped else ""
        if self._stopped and not before and self.active:
            self._end_all(f"the robot was stopped: {self._stopped}")

    def _on_goal(self, handle: Any) -> None:
        request = handle.request
        utterance = Utterance(f"{self._process}-{next(self._numbers)}", request, handle,
                              request.language or self.config.language)
        try:
            why = self._refusal()
            if why or self._talk is None:
                self._settle(utterance, ABORT, why)
                return
            check_goal(request)
            self._talk.add(utterance)
        except GestureRobotError as error:
            self._settle(utterance, ABORT, str(error))
            return
        self._feed_back(utterance, self.now_s())
        self._timer.reset()

    def _on_cancel(self, key: bytes) -> bool:
        return self._talk is not None and self._talk.cancel(key)

    def _refusal(self) -> str:
        if not self.active:
            return f"the speech node is {self.state}; it must be active."
        return "the robot is stopped; call control/release" if self._stopped else ""

    # --- speaking ---------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        assert self._talk is not None
        now_s = self.now_s()
        self._talk.update(now_s)
        self._ticks += 1
        if self._talk.current is None:
            self._timer.cancel()
        elif self._ticks % FEEDBACK_TICKS == 0:
            self._feed_back(self._talk.current, now_s)

    def _end_all(self, why: str) -> None:
        assert self._talk is not None
        if self.context.ok():
            self._talk.abort_all(why)
        elif self._sound is not None:
            self._sound.silence()

    def _send(self, message: SpeechAudio) -> None:
        self._audio.publish(message)
        self.health.tick(topics.SPEECH_AUDIO, self.now_s())

    def _warn(self, text: str) -> None:
        self.get_logger().warning(text)

    def _feed_back(self, utterance: Utterance, now_s: float) -> None:
        utterance.handle.publish_feedback(Say.Feedback(
            state=utterance.state, utterance_id=utterance.id, word=utterance.word(now_s),
            spoken_s=utterance.spoken_s(now_s)))

    def _settle(self, utterance: Utterance, how: str, why: str) -> None:
        spoken_s = utterance.spoken_s(self.now_s())
        self._server.settle(utterance.handle, how, Say.Result(
            completed=how == "succeed", utterance_id=utterance.id, message=why, duration_s=spoken_s))

    def inspect(self) -> None:
        """See StageNode."""
        talk = self._talk
        now = "stopped" if self._stopped else "speaking" if talk is not None and talk.current else "silent"
        self.health.facts |= {"speech": now, "waiting": str(talk.waiting if talk is not None else 0)}


def main() -> int:
    """Run the node."""
    return run([SpeechNode])


if __name__ == "__main__":
    sys.exit(main())
