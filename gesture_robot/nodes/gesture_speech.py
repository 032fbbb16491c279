"""Speech that will be heard to motion on the timeline: planned beside the executor, piece by piece, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gesture_robot import registry
from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion, Speech, Word
from gesture_robot.errors import UnknownName
from gesture_robot.gesture.library import gesture_mask, gesture_names, make_gesture
from gesture_robot.gesture.stream import BodyStream
from gesture_robot.nodes import topics
from gesture_robot.protocols import GestureGenerator

if TYPE_CHECKING:
    from gesture_robot.nodes.base import StageNode

LATE_S = 0.15
"""Motion that begins this much after its sound is reported; less is hidden by the blend."""
PLANNING = "planning"


@dataclass(frozen=True, slots=True, eq=False)
class SpokenPiece:
    """One sentence to move to."""

    speech: Speech
    chunk: int
    heard_s: float
    style: str
    gesture: str


class SpeechMotion:
    """Plans pieces and puts them on the stream's timeline; lives in the executor's thread."""

    def __init__(self, node: StageNode, stream: BodyStream, engine: GestureGenerator, style: str, seed: int,
                 show: Callable[[int], None]):
        """Args as in GestureNodeConfig; `show` sends so many frames ahead of their time."""
        self._node, self._stream, self._engine, self._style, self._show = node, stream, engine, style, show
        self._rng = np.random.default_rng(seed)
        self._waiting: deque[SpokenPiece] = deque()
        self._busy = False
        self._era = 0  # plans made before a cancel belong to an era that is over
        self._begun: deque[tuple[float, str, int]] = deque()
        self._contained = ("", 0)
        self.warm_up()

    def warm_up(self) -> None:
        """Plan something, and every gesture: the first time of a process takes two and three times as long."""
        speech = Speech("warm-up", "hello there", 16000, np.zeros(16000, np.float32),
                        (Word("hello", 0.1, 0.4), Word("there", 0.4, 0.8)))
        self._engine.generate(speech, style=self._style, seed_pose=None, rng=np.random.default_rng(0))
        for name in gesture_names():
            make_gesture(name)

    def add(self, speech: Speech, chunk: int, heard_s: float, style: str, gesture: str) -> None:
        """Take a piece whose first sample is heard at `heard_s`; an unknown gesture is left out."""
        if gesture and gesture not in gesture_names():
            self._node.refuse("named gesture", str(UnknownName("gesture", gesture, gesture_names())))
            gesture = ""
        self._waiting.append(SpokenPiece(speech, chunk, heard_s, style or self._style, gesture))
        self._begin()

    def cancel(self) -> None:
        """Forget what is planned or waits."""
        self._era += 1
        self._waiting.clear()
        self._begun.clear()
        self._contained = ("", 0)

    def contained(self, until_s: float) -> tuple[str, int]:
        """Id and number of the newest piece in the frames due until `until_s`; empty when nothing plays."""
        while self._begun and self._begun[0][0] <= until_s + 1e-6:
            self._contained = self._begun.popleft()[1:]
        if until_s > self._stream.motions.active_until_s:
            self._contained = ("", 0)
        return self._contained

    # --- inside -----------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        if self._busy or not self._waiting:
            return
        self._busy, piece, era = True, self._waiting.popleft(), self._era
        seed_pose = self._stream.motions.seed_pose(max(piece.heard_s, self._node.now_s()))
        self._node.background(lambda: self._plan(piece, seed_pose), lambda made: self._done(piece, era, made), PLANNING)

    def _plan(self, piece: SpokenPiece, seed_pose: Array) -> tuple[BodyMotion, BodyMotion | None]:
        body = self._engine.generate(piece.speech, style=piece.style, seed_pose=seed_pose, rng=self._rng)
        if not piece.gesture:
            return body, None
        onsets_s = [word.start_s for word in piece.speech.words]
        return body, make_gesture(piece.gesture, rng=self._rng, word_onsets_s=onsets_s)

    def _done(self, piece: SpokenPiece, era: int, made: tuple[BodyMotion, BodyMotion | None] | None) -> None:
        self._busy = False
        if made is not None and era == self._era:
            self._play(piece, *made)
        self._begin()

    def _play(self, piece: SpokenPiece, body: BodyMotion, gesture: BodyMotion | None) -> None:
        begin_s = max(piece.heard_s, self._stream.latest_s)
        self._stream.motions.play(body, piece.heard_s)
        if gesture is not None:
            self._stream.motions.play(gesture, piece.heard_s, mask=gesture_mask(piece.gesture))
        self._begun.append((begin_s, piece.speech.id, piece.chunk))
        if piece.heard_s <= self._stream.next_s:
            self._show(1)
        if begin_s > piece.heard_s + LATE_S:
            late_ms = 1000.0 * (begin_s - piece.heard_s)
            text = f"{topics.SPEECH_AUDIO}: piece {piece.chunk} moves {late_ms:.0f} ms late"
            self._node.health.event("late motion", text, self._node.now_s())


def load_engine(name: str, device: str) -> GestureGenerator:
    """The generator of that name; raises UnknownName, MissingDependency."""
    engine: GestureGenerator = registry.create("gesture", name, device)
    return engine
