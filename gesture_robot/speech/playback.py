"""Play-back that knows when sound is heard: the moment to which gestures and lips are timed.

All times are on the clock the caller gives. `SoundDevicePlayer` fills buffers in PortAudio's thread; every other method
may be called from any one thread. `SimulatedPlayer` makes no sound and stands in where there is no device.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from gesture_robot.checks import Array, check_range
from gesture_robot.datatypes import Speech
from gesture_robot.errors import InvalidInput, MissingDependency

_LATENCY_S = 0.06
_BLOCK_S = 0.01
_OUTAGE_S = 0.08
"""A device that falls behind by more has lost time: play-back skips ahead instead of lagging."""
_SNAP_S = 0.01
"""A piece wanted this close to the end of the one before follows it without a gap."""
_OFFSETS_KEPT = 64
_SETTLE_BLOCKS = 12
"""A device that was just started fills its buffer at once; only then do its times tell when sound is heard."""
_RESTART_S = 0.25
"""A stopped device plays again after this time."""


class AudioUnavailable(InvalidInput):
    """There is no audio device that plays."""


class Player(Protocol):
    """Plays pieces one after another, never two at once."""

    @property
    def busy_until_s(self) -> float:
        """When the last sample queued so far will have been heard; not after now when nothing is queued."""

    def play(self, speech: Speech, earliest_s: float) -> float:
        """Queue a piece; returns at once the time at which its first sample will be heard: `earliest_s` or later.

        A piece queued with `earliest_s` at or before `busy_until_s` follows the one before without a gap.
        """

    def stop(self, now_s: float) -> None:
        """Silence, and forget what is queued."""

    def close(self) -> None:
        """Free the device."""


class SimulatedPlayer:
    """Keeps time and makes no sound: a pure function of the times it is given."""

    def __init__(self) -> None:
        self._busy_until_s = -np.inf

    @property
    def busy_until_s(self) -> float:
        """See Player."""
        return float(self._busy_until_s)

    def play(self, speech: Speech, earliest_s: float) -> float:
        """See Player."""
        start_s = max(check_range(earliest_s, -1e12, 1e12, "earliest_s"), self._busy_until_s)
        self._busy_until_s = start_s + speech.duration_s
        return float(start_s)

    def stop(self, now_s: float) -> None:
        """See Player."""
        self._busy_until_s = min(self._busy_until_s, now_s)

    def close(self) -> None:
        """See Player."""


@dataclass
class _Piece:
    first: int
    """Index of its first sample in the stream."""
    samples: Array


class SoundDevicePlayer:
    """Plays through PortAudio. Raises MissingDependency without the library, AudioUnavailable without a device.

    The device's sample counter is the time base: a callback for stream sample n, which is heard
    `outputBufferDacTime - currentTime` after the caller's clock, gives the offset between both. A busy process reads
    its clock late, never early, so the offset is taken near the smallest of the last ones.
    """

    def __init__(self, clock: Callable[[], float], rate_hz: int = 22050, device: Any = None):
        self.rate_hz = rate_hz
        self._clock = clock
        self._guard = threading.Lock()
        self._pieces: deque[_Piece] = deque()
        self._written = 0
        self._queued_to = 0
        self._settling = _SETTLE_BLOCKS
        self._ready = 0
        self._offsets: deque[float] = deque(maxlen=_OFFSETS_KEPT)
        self._running = threading.Event()
        self._stream = self._open(device)
        if not self._running.wait(2.0):
            self._stream.close()
            raise AudioUnavailable("the audio device takes no sound; check it with: python -m sounddevice")

    def _open(self, device: Any) -> Any:
        try:
            sounddevice = import_module("sounddevice")
        except ImportError:
            raise MissingDependency("sounddevice", "speech") from None
        except OSError:
            raise MissingDependency("PortAudio", "speech", "on Debian and Ubuntu: apt install libportaudio2") from None
        try:
            stream = sounddevice.OutputStream(
                samplerate=self.rate_hz,
                channels=1,
                dtype="float32",
                device=device,
                callback=self._fill,
                blocksize=round(_BLOCK_S * self.rate_hz),
                latency=_LATENCY_S,
            )
            stream.start()
        except sounddevice.PortAudioError as error:
            raise AudioUnavailable(
                f"no audio device plays ({error}); connect one, then check: python -m sounddevice"
            ) from None
        return stream

    @property
    def busy_until_s(self) -> float:
        """See Player."""
        with self._guard:
            return self._offset() + self._queued_to / self.rate_hz

    def play(self, speech: Speech, earliest_s: float) -> float:
        """See Player. Raises InvalidInput for another sample rate."""
        if speech.rate_hz != self.rate_hz:
            raise InvalidInput(f"the player runs at {self.rate_hz} Hz, the speech has {speech.rate_hz} Hz.")
        check_range(earliest_s, -1e12, 1e12, "earliest_s")
        with self._guard:
            wanted = round((earliest_s - self._offset()) * self.rate_hz)
            if abs(wanted - self._queued_to) < _SNAP_S * self.rate_hz:
                wanted = self._queued_to
            first = max(wanted, self._queued_to, self._written, self._ready)
            self._forget_played(round((self._clock() - self._offset()) * self.rate_hz) - self.rate_hz)
            self._pieces.append(_Piece(first, np.asarray(speech.samples, np.float32)))
            self._queued_to = first + len(speech.samples)
            return self._offset() + first / self.rate_hz

    def stop(self, now_s: float) -> None:
        """See Player: the device's own buffer is thrown away, so silence begins at once."""
        with self._guard:
            self._pieces.clear()
            self._queued_to = self._written
            self._settling = _SETTLE_BLOCKS
            self._ready = round((self._clock() + _RESTART_S - self._offset()) * self.rate_hz)
        self._try(self._stream.abort)
        self._try(self._stream.start)

    def close(self) -> None:
        """See Player."""
        self._try(self._stream.abort)
        self._try(self._stream.close)

    @staticmethod
    def _try(work: Callable[[], None]) -> None:
        """Ask the device for something; one that is gone stays silent, and times go on by the last offset."""
        with suppress(import_module("sounddevice").PortAudioError):
            work()

    def _offset(self) -> float:
        """Caller's clock at which stream sample 0 was heard."""
        return sorted(self._offsets)[len(self._offsets) // 8]

    def _fill(self, output: Array, frames: int, times: Any, status: Any) -> None:
        """PortAudio's callback: `output` is (frames, 1) float32."""
        heard_s = self._clock() + (times.outputBufferDacTime - times.currentTime)
        with self._guard:
            self._align(heard_s)
            output[:, 0] = self._mix(frames)
            self._written += frames
            self._forget_played(self._written)
            if self._settling == 0:
                self._running.set()

    def _align(self, heard_s: float) -> None:
        """Learn the offset; after a restart or lost time the counter jumps, so that promised times stay true."""
        if self._settling:
            self._settling -= 1
            if self._settling or not self._offsets:
                return
            self._jump_to(heard_s)
        elif self._offsets and heard_s - self._offset() - self._written / self.rate_hz > _OUTAGE_S:
            self._jump_to(heard_s)
        self._offsets.append(heard_s - self._written / self.rate_hz)

    def _jump_to(self, heard_s: float) -> None:
        """Keep the offset, move the sample counter: back after a restart (its buffer is empty), on after an outage."""
        self._written = round((heard_s - self._offset()) * self.rate_hz)

    def _forget_played(self, sample: int) -> None:
        while self._pieces and self._pieces[0].first + len(self._pieces[0].samples) <= sample:
            self._pieces.popleft()

    def _mix(self, frames: int) -> Array:
        """The next `frames` samples of the stream."""
        block = np.zeros(frames, np.float32)
        for piece in self._pieces:
            low, high = max(piece.first, self._written), min(piece.first + len(piece.samples), self._written + frames)
            if low < high:
                block[low - self._written : high - self._written] = piece.samples[
                    low - piece.first : high - piece.first
                ]
        return block


def open_player(
    clock: Callable[[], float],
    rate_hz: int = 22050,
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr),
) -> Player:
    """A player on the default device; without library or device one line says so and time goes on without sound."""
    try:
        return SoundDevicePlayer(clock, rate_hz)
    except (MissingDependency, AudioUnavailable) as error:
        say(f"No sound: {' '.join(str(error).split())} Going on without.")
        return SimulatedPlayer()
