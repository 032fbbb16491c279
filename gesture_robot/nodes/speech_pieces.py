"""The receiving end of speech/audio, for everything that moves to speech: which pieces to play, and what went wrong.

Knows pieces that come twice, get lost, come late, belong to a cancelled utterance, or to a speech node that died.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np

from gesture_robot.datatypes import Speech
from gesture_robot.errors import InvalidInput
from gesture_robot.msg import SpeechAudio
from gesture_robot.nodes.convert.speech import speech_value
from gesture_robot.nodes.diagnostics import Health

UTTERANCES_KEPT = 16
NUMBERS_KEPT = 64
UNFINISHED_S = 1.0
"""An utterance without its END for this long after its last sound is unfinished: speech nodes plan ahead."""
FUTURE_S = 60.0
PAST_S = 3600.0
MOST_S = 120.0
MOST_PIECES = 100_000
"""Bounds of stamps, of a piece's length and of its number: no speech node goes so far."""
LOUDEST, OVERHANG_S = 2.0, 0.5
"""Samples a little beyond 1 and words a little beyond the sound are let through, nonsense is not."""
PLAY, CANCEL, END, NOTHING = "play", "cancel", "end", "nothing"


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong on the way."""

    kind: str
    """lost, doubled, late or unfinished."""
    text: str
    count: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """What one message asks for."""

    act: str
    """play, cancel, end or nothing."""
    utterance_id: str = ""
    chunk: int = 0
    speech: Speech | None = None
    """With `play`: the piece."""
    heard_s: float = 0.0
    """When its first sample is heard, or the stamp of a cancel or an end."""
    problems: tuple[Problem, ...] = ()
    """For the diagnostics, see `report`; empty when all is well."""
    replaces: bool = False
    """With `play`: the utterance before never ended; what is still shown of it must be interrupted first."""


@dataclass(slots=True)
class _Utterance:
    """What is known of one utterance."""

    next_chunk: int = 0
    missing: OrderedDict[int, None] = field(default_factory=OrderedDict)
    until_s: float = -np.inf
    cancelled: bool = False
    ended: bool = False
    told: bool = False


class SpeechPieces:
    """Keeps the newest utterances in mind; memory is bounded. Times are the node's own seconds."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Utterance] = OrderedDict()
        self.doubled = self.lost = self.late = 0

    def take(self, message: SpeechAudio, now_s: float, heard_s: float) -> Received:
        """Judge a message whose stamp is `heard_s`.

        A doubled piece, one of a cancelled utterance, and one that was over before it came are not played. A piece
        under way is played with its own `heard_s`. Numbers that are skipped count as lost at once, and come back from
        the dead should they arrive out of order.

        Raises:
            InvalidInput: a kind, stamp, name or number that cannot be; nothing was remembered of the message then.
        """
        name, chunk, kind = message.utterance_id, int(message.chunk), int(message.kind)
        if chunk > MOST_PIECES:
            raise InvalidInput(f"piece {chunk} cannot be: at most {MOST_PIECES} are possible.")
        if not name:
            raise InvalidInput("utterance_id must not be empty.")
        if kind == SpeechAudio.CANCEL:  # whatever its stamp: silence is always safe
            self._utterance(name).cancelled = True
            return Received(CANCEL, name, chunk, heard_s=heard_s)
        if not -PAST_S <= heard_s - now_s <= FUTURE_S:
            raise InvalidInput(f"the stamp is {heard_s - now_s:+.0f} s from now. Do both sides use the same clock?")
        if kind == SpeechAudio.AUDIO:
            return self._piece(name, chunk, self._speech(message), now_s, heard_s)
        if kind == SpeechAudio.END:
            return self._end(name, chunk, heard_s)
        raise InvalidInput(f"kind must be AUDIO 0, END 1 or CANCEL 2, got {kind}.")

    def unfinished(self, now_s: float) -> str:
        """The newest utterance when it was to go on and did not, else empty; every utterance is told once."""
        name, known = self._newest()
        if known.ended or known.cancelled or known.told or now_s <= known.until_s + UNFINISHED_S:
            return ""
        known.told = True
        return name

    def sounding(self, now_s: float) -> bool:
        """Whether something is heard now, or will be."""
        _, known = self._newest()
        return not known.cancelled and now_s < known.until_s

    def forget(self) -> None:
        """Everything that came so far is over: after a stop, or a jump of the clock."""
        for known in self._known.values():
            known.cancelled = True

    # --- inside -----------------------------------------------------------------------------------------------

    @staticmethod
    def _speech(message: SpeechAudio) -> Speech:
        speech = speech_value(message)
        if not len(speech.samples) or speech.duration_s > MOST_S:
            raise InvalidInput(f"a piece lasts up to {MOST_S:g} s, got {speech.duration_s:g} s.")
        if float(np.abs(speech.samples).max()) > LOUDEST:
            raise InvalidInput(f"samples must lie in [-1, 1], got up to {np.abs(speech.samples).max():.3g}.")
        for sound in (*speech.words, *speech.phonemes):
            if sound.end_s > speech.duration_s + OVERHANG_S:
                raise InvalidInput(f"'{sound.text}' ends at {sound.end_s:g} s, the piece at {speech.duration_s:g} s.")
        return speech

    def _newest(self) -> tuple[str, _Utterance]:
        name = next(reversed(self._known), "")
        return name, self._known[name] if name else _Utterance(cancelled=True)

    def _utterance(self, name: str) -> _Utterance:
        if name not in self._known:
            self._known[name] = _Utterance()
            while len(self._known) > UTTERANCES_KEPT:
                self._known.popitem(last=False)
        return self._known[name]

    def _piece(self, name: str, chunk: int, speech: Speech, now_s: float, heard_s: float) -> Received:
        problems = self._before(name)
        replaces = bool(problems)
        known = self._utterance(name)
        if known.cancelled:
            return Received(NOTHING, name, chunk)
        if chunk < known.next_chunk and chunk not in known.missing:
            self.doubled += 1
            return Received(NOTHING, name, chunk, problems=(self._problem("doubled", name, chunk, "came twice"),))
        if chunk in known.missing:
            del known.missing[chunk]
            self.lost -= 1
        problems += self._skip(name, known, chunk)
        known.next_chunk = max(known.next_chunk, chunk + 1)
        end_s = heard_s + speech.duration_s
        known.until_s = max(known.until_s, end_s)
        over = end_s <= now_s
        if heard_s < now_s:
            self.late += 1
            how = f"came {1000.0 * (now_s - heard_s):.0f} ms late" + (", it was over: dropped" if over else "")
            problems += (self._problem("late", name, chunk, how),)
        if over:
            return Received(NOTHING, name, chunk, problems=problems)
        return Received(PLAY, name, chunk, speech, heard_s, problems, replaces)

    @staticmethod
    def _problem(kind: str, name: str, chunk: int, what: str) -> Problem:
        return Problem(kind, f"piece {chunk} of utterance {name} {what}")

    def _before(self, name: str) -> tuple[Problem, ...]:
        """A new utterance while the one before has not ended: its speech node was restarted, or its END got lost."""
        if name in self._known:
            return ()
        before, known = self._newest()
        if known.ended or known.cancelled:
            return ()
        known.cancelled = True
        return (Problem("unfinished", f"utterance {before} never ended: was the speech node restarted?"),)

    def _skip(self, name: str, known: _Utterance, upto: int) -> tuple[Problem, ...]:
        """Count the pieces before number `upto` that never came."""
        first, count = known.next_chunk, upto - known.next_chunk
        if count <= 0:
            return ()
        self.lost += count
        known.missing.update(dict.fromkeys(range(max(first, upto - NUMBERS_KEPT), upto)))
        while len(known.missing) > NUMBERS_KEPT:
            known.missing.popitem(last=False)
        known.next_chunk = upto
        if count == 1:
            return (self._problem("lost", name, first, "lost"),)
        return (Problem("lost", f"pieces {first} to {upto - 1} of utterance {name} lost", count),)

    def _end(self, name: str, count: int, heard_s: float) -> Received:
        known = self._utterance(name)
        if known.ended or known.cancelled:
            return Received(NOTHING, name, count)
        problems = self._skip(name, known, count)
        known.ended = True
        return Received(END, name, count, heard_s=heard_s, problems=problems)


def report(received: Received, topic: str, health: Health, now_s: float) -> None:
    """Name the problems of a message in the diagnostics."""
    for problem in received.problems:
        health.event(f"{topic} {problem.kind}", f"{topic}: {problem.text}", now_s)
        if problem.kind == "lost":
            health.drop(topic, problem.text, now_s, problem.count)
