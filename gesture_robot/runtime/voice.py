"""Says things: text to pieces of audio, each with its body and face motion, started when the sound is heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion, FaceMotion, Speech
from gesture_robot.errors import GestureRobotError
from gesture_robot.face.player import FacePlayer
from gesture_robot.gesture.library import gesture_mask, make_gesture
from gesture_robot.gesture.player import MotionPlayer
from gesture_robot.protocols import FaceGenerator, GestureGenerator, TtsEngine
from gesture_robot.runtime.jobs import Job, Worker
from gesture_robot.speech.playback import Player

ONE_PIECE_CHARS = 200


@dataclass(frozen=True, slots=True)
class Utterance:
    """A wish to say something."""

    text: str
    emotion: str = "neutral"
    language: str = "en"
    motion: str = ""
    """A named gesture that starts with the first sound."""
    style: str = "lively"


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One sentence, planned; `heard_s` is when its first sample is heard."""

    speech: Speech
    body: BodyMotion
    face: FaceMotion
    heard_s: float = 0.0
    gesture: str = ""
    """The named gesture that starts with it, if any."""
    gesture_s: float = 0.0
    """How long that gesture takes."""


class Voice:
    """Plans piece by piece, just in time, so that memory stays flat however long the text is."""

    def __init__(self, tts: TtsEngine, gesture: GestureGenerator, face: FaceGenerator, player: Player,
                 motions: MotionPlayer, faces: FacePlayer, worker: Worker, rng: np.random.Generator,
                 notice: Callable[[str], None], ahead_s: float = 0.6):
        self._tts, self._gesture, self._face, self._player = tts, gesture, face, player
        self._motions, self._faces, self._worker, self._rng, self._ahead_s = motions, faces, worker, rng, ahead_s
        self._notice = notice
        self._queue: deque[Utterance] = deque()
        self._pieces: Iterator[Speech] | None = None
        self._utterance: Utterance | None = None
        self._job: Job[Piece | None] | None = None
        self._first = False
        self._end_s = 0.0

    @property
    def until_s(self) -> float:
        """When the last planned sound ends."""
        return self._end_s

    def busy(self, now_s: float) -> bool:
        """Is something being said, or about to be?"""
        return bool(self._queue) or self._pieces is not None or self._job is not None or now_s < self._end_s

    def say(self, utterance: Utterance) -> None:
        """Queue something to say."""
        self._queue.append(utterance)

    def update(self, now_s: float) -> Piece | None:
        """Plan ahead and start what is planned; returns a piece when it is scheduled."""
        started = self._take(now_s)
        if self._job is None and now_s >= self._end_s - self._ahead_s:
            self._begin(now_s)
        return started

    def _begin(self, now_s: float) -> None:
        if self._pieces is None:
            if not self._queue:
                return
            self._utterance = self._queue.popleft()
            self._pieces, self._first = self._speak(self._utterance), True
        assert self._utterance is not None
        pieces, style = self._pieces, self._utterance.style
        seed_pose = self._motions.seed_pose(max(now_s, self._end_s))
        self._job = self._worker.submit(lambda: self._plan(pieces, style, seed_pose), now_s)

    def _speak(self, utterance: Utterance) -> Iterator[Speech]:
        """Sentence by sentence; a short text with a gesture in one piece, so that the gesture knows all its words.

        A generator: the engine works, and raises, in the planning thread.
        """
        how = {"language": utterance.language, "emotion": utterance.emotion}
        if utterance.motion and len(utterance.text) <= ONE_PIECE_CHARS:
            yield self._tts.synthesize(utterance.text, **how)
        else:
            yield from self._tts.stream(utterance.text, **how)

    def _plan(self, pieces: Iterator[Speech], style: str, seed_pose: Array) -> Piece | None:
        speech = next(pieces, None)
        if speech is None:
            return None
        body = self._gesture.generate(speech, style=style, seed_pose=seed_pose, rng=self._rng)
        return Piece(speech, body, self._face.generate(speech, rng=self._rng))

    def _take(self, now_s: float) -> Piece | None:
        if self._job is None or not self._job.ready(now_s):
            return None
        job, self._job = self._job, None
        try:
            piece = job.result()
            if piece is not None:
                return self._start(piece, now_s)
        except GestureRobotError as error:
            self._notice(f"not said: {error}")
        self._pieces = None
        return None

    def _start(self, piece: Piece, now_s: float) -> Piece:
        heard_s = self._player.play(piece.speech, max(now_s, self._end_s))
        self._motions.play(piece.body, heard_s)
        self._faces.play(piece.face, heard_s)
        name = self._utterance.motion if self._first and self._utterance is not None else ""
        gesture_s = self._play_gesture(name, piece.speech, heard_s) if name else 0.0
        self._first = False
        self._end_s = heard_s + piece.speech.duration_s
        return Piece(piece.speech, piece.body, piece.face, heard_s, name, gesture_s)

    def _play_gesture(self, name: str, speech: Speech, start_s: float) -> float:
        motion = make_gesture(name, rng=self._rng, word_onsets_s=[word.start_s for word in speech.words])
        self._motions.play(motion, start_s, mask=gesture_mask(name))
        return motion.duration_s

    def cancel(self, now_s: float) -> None:
        """Barge-in: silence now, settle, forget what was queued. Never waits: what is being planned is dropped."""
        self._queue.clear()
        self._job, self._pieces = None, None
        self._end_s = min(self._end_s, now_s)
        self._player.stop(now_s)
        self._motions.interrupt(now_s)
        self._faces.interrupt(now_s)

    def close(self) -> None:
        """Free the audio device and the planning thread."""
        try:
            self._worker.close()
        finally:
            self._player.close()
