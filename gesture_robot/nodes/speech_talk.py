"""Says one utterance after the other: planned sentence by sentence just in time, announced, played, broken off.

The next utterance is not begun before the one before has been heard: what was announced and not heard is always one
utterance's, so breaking it off takes one message. Lives in the executor's thread; only the engine works beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gesture_robot.datatypes import Speech
from gesture_robot.errors import GestureRobotError, InvalidInput
from gesture_robot.msg import SpeechAudio
from gesture_robot.nodes.config.speech import SpeechNodeConfig
from gesture_robot.nodes.convert.speech import event_message, speech_message
from gesture_robot.nodes.speech_goals import ABORT, CANCELED, PLANNING, SUCCEED, Utterance
from gesture_robot.nodes.speech_sound import SpeechSound
from gesture_robot.protocols import TtsEngine

if TYPE_CHECKING:
    from gesture_robot.nodes.base import StageNode

ONE_PIECE_CHARS = 200
"""A text up to this long with a gesture is one piece, so that the gesture knows all its words."""
LEAST_LEAD_S = 0.02
"""However quiet it begins, a piece is announced this long before, so that it does not come late."""
ENGINE_FAILED = "the speech engine failed; the node's log says how."


class Talk:
    """The queue of utterances. `send` publishes a message, `settle(utterance, how, why)` ends a goal."""

    def __init__(self, node: StageNode, tts: TtsEngine, sound: SpeechSound, config: SpeechNodeConfig,
                 send: Callable[[SpeechAudio], None], settle: Callable[[Utterance, str, str], None]):
        self._node, self._tts, self._sound, self._config = node, tts, sound, config
        self._send, self._settle = send, settle
        self._queue: deque[Utterance] = deque()
        self.current: Utterance | None = None

    @property
    def waiting(self) -> int:
        """Utterances behind the current one."""
        return len(self._queue)

    def add(self, utterance: Utterance) -> None:
        """Queue an utterance, or begin it at once; raises InvalidInput when too many wait."""
        if len(self._queue) >= max(self._config.max_queue, 1 if self.current is None else 0):
            raise InvalidInput(f"{len(self._queue)} utterances wait already, which is the limit (max_queue).")
        if utterance.request.interrupt and self.current is not None:
            self.break_off(self.current, ABORT, "interrupted by a newer utterance.")
            self._queue.appendleft(utterance)
        else:
            self._queue.append(utterance)
        self._node.background(lambda: self._open(utterance), lambda _: self._opened(utterance), "speech engine")
        self._next()

    def update(self, now_s: float) -> None:
        """Plan ahead, end what has been heard, begin the next."""
        utterance = self.current
        if utterance is None:
            self._next()
        elif utterance.complete:
            if now_s >= utterance.end_s:
                self.current = None
                self._settle(utterance, ABORT if utterance.failure else SUCCEED, utterance.failure)
                self._next()
        elif not utterance.planning and now_s >= utterance.end_s - self._config.ahead_s:
            self._plan(utterance)

    def cancel(self, key: bytes) -> bool:
        """A client cancels: silence now, the goal ends as soon as rclpy has noted the cancel."""
        for utterance in (*self._queue, *([self.current] if self.current else [])):
            if utterance.key == key:
                self._drop(utterance)
                self._node.call_soon(lambda u=utterance: self._cancelled(u))  # type: ignore[misc]
                return True
        return False

    def break_off(self, utterance: Utterance, how: str, why: str) -> None:
        """End an utterance now."""
        self._drop(utterance)
        self._settle(utterance, how, why)

    def abort_all(self, why: str) -> None:
        """Silence; nothing is said any more."""
        for utterance in (*([self.current] if self.current else []), *self._queue):
            self.break_off(utterance, ABORT, why)

    # --- inside -----------------------------------------------------------------------------------------------

    def _cancelled(self, utterance: Utterance) -> None:
        self._settle(utterance, CANCELED, "canceled")
        self._next()

    def _drop(self, utterance: Utterance) -> None:
        if utterance is not self.current:
            if utterance in self._queue:
                self._queue.remove(utterance)
            return
        self.current = None
        now_s = self._node.now_s()
        if utterance.planning and hasattr(self._tts, "stop"):
            self._tts.stop()
        if utterance.chunks:
            self._sound.silence()
            self._send(event_message(SpeechAudio.CANCEL, utterance.id, utterance.chunks, self._node.stamp(now_s)))

    def _next(self) -> None:
        if self.current is None and self._queue:
            self.current = self._queue.popleft()
            self.current.state = PLANNING
            self._plan(self.current)

    def _open(self, utterance: Utterance) -> None:
        """Names the engine does not know are told at once, also while others speak."""
        try:
            utterance.pieces = self._pieces(utterance)
        except GestureRobotError as error:
            utterance.failure = str(error)

    def _pieces(self, utterance: Utterance) -> Iterator[Speech]:
        text, voice = utterance.request.text, self._config.speech.voice
        how = {"language": utterance.language, "voice": voice, "emotion": utterance.emotion}
        pieces = iter(self._tts.stream(text, **how))  # raises at once for what it cannot say
        return self._whole(text, how) if utterance.request.gesture and len(text) <= ONE_PIECE_CHARS else pieces

    def _whole(self, text: str, how: dict[str, str]) -> Iterator[Speech]:
        """One piece; made when it is its turn, so that breaking off another does not cut it."""
        yield self._tts.synthesize(text, **how)

    def _opened(self, utterance: Utterance) -> None:
        if utterance.failure and utterance in self._queue:
            self.break_off(utterance, ABORT, utterance.failure)

    def _plan(self, utterance: Utterance) -> None:
        utterance.planning = True
        self._node.background(lambda: self._piece(utterance), lambda made: self._planned(utterance, made), "planning")

    @staticmethod
    def _piece(utterance: Utterance) -> tuple[Speech | None, str]:
        if utterance.pieces is None:
            return None, utterance.failure or ENGINE_FAILED
        try:
            speech = next(utterance.pieces, None)
        except GestureRobotError as error:
            return None, str(error)
        return speech, "" if speech is not None or utterance.chunks else "the text holds nothing to say."

    def _planned(self, utterance: Utterance, made: tuple[Speech | None, str] | None) -> None:
        utterance.planning = False
        if utterance is not self.current:
            return
        speech, failure = made or (None, ENGINE_FAILED)
        if speech is not None:
            try:
                self._announce(utterance, speech)
                return
            except GestureRobotError as error:
                failure = str(error)
        utterance.complete, utterance.failure = True, failure
        if utterance.chunks:
            self._send(event_message(SpeechAudio.END, utterance.id, utterance.chunks,
                                     self._node.stamp(utterance.end_s)))
        self.update(self._node.now_s())

    def _announce(self, utterance: Utterance, speech: Speech) -> None:
        lead_s = max(self._config.lead_s - _quiet_s(speech), LEAST_LEAD_S)
        earliest_s = max(self._node.now_s() + lead_s, utterance.end_s)
        heard_s = self._sound.play(speech, earliest_s)
        first, chunk = utterance.chunks == 0, utterance.chunks
        utterance.add(speech, heard_s)
        request = utterance.request
        self._send(speech_message(replace(speech, id=utterance.id), chunk, self._node.stamp(heard_s),
                                  style=request.style, gesture=request.gesture if first else ""))


def _quiet_s(speech: Speech) -> float:
    """How long a piece is silent before its first word; 0 when that is not known."""
    return speech.words[0].start_s if speech.words else 0.0


def load_tts(name: str, device: str, config: Any) -> TtsEngine:
    """The engine of that name, warmed up; raises UnknownName, MissingDependency."""
    from inspect import signature

    from gesture_robot import registry

    kind = registry.load("tts", name)
    takes = "config" in signature(kind).parameters
    tts: TtsEngine = kind(config) if takes else registry.create("tts", name, device)
    tts.synthesize("hello", voice=config.voice)  # the library is there, and the first sentence comes soon
    return tts
