"""Play-back against a sound library that exists only here: what is heard when, to the sample."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gesture_robot.checks import Array
from gesture_robot.datatypes import Speech
from gesture_robot.errors import InvalidInput, MissingDependency
from gesture_robot.speech.playback import (
    AudioUnavailable,
    SimulatedPlayer,
    SoundDevicePlayer,
    open_player,
)

RATE_HZ = 22050
LATENCY_S = 0.06
RESTART_S = 0.02


class FakePortAudioError(Exception):
    pass


@dataclass
class Sound:
    """The world: a clock, and what was heard at which time."""

    now_s: float = 100.0
    jitter_s: float = 0.0
    works: bool = True
    closed: int = 0

    def __post_init__(self) -> None:
        self.blocks: list[tuple[float, Array]] = []
        self.late = np.random.default_rng(0)
        self.device_s, self.filled = self.now_s, 0.0

    def library(self) -> Any:
        return SimpleNamespace(OutputStream=lambda **options: self._open(**options), PortAudioError=FakePortAudioError)

    def _open(self, *, samplerate: int, blocksize: int, callback: Any, latency: float, **rest: Any) -> Any:
        if not self.works:
            raise FakePortAudioError("Error querying device -1")
        assert samplerate == RATE_HZ and rest["channels"] == 1 and latency == LATENCY_S
        self.callback, self.block = callback, blocksize
        return SimpleNamespace(start=self._start, abort=self._abort, close=self._close)

    def _start(self) -> None:
        if not self.works:
            raise FakePortAudioError("Device unavailable")
        self.device_s = self.now_s + RESTART_S
        self.filled = 0.0
        self.run(20)

    def _abort(self) -> None:
        """What was not heard yet never will be."""
        if not self.works:
            raise FakePortAudioError("Device unavailable")
        self.blocks = [(at_s, part[: max(0, round((self.now_s - at_s) * RATE_HZ))]) for at_s, part in self.blocks]

    def _close(self) -> None:
        self.closed += 1
        if not self.works:
            raise FakePortAudioError("Device unavailable")

    def run(self, blocks: int) -> None:
        for _ in range(blocks):
            self.now_s = self.device_s + self.late.uniform(0.0, self.jitter_s)
            # As PortAudio on ALSA: a fresh buffer is filled at once, and these blocks are heard right after each other.
            ahead_s = LATENCY_S if self.filled >= LATENCY_S else self.filled
            wrong_s = -0.017 if self.filled < LATENCY_S else 0.0
            times = SimpleNamespace(
                currentTime=7.0 + self.device_s, outputBufferDacTime=7.0 + self.device_s + ahead_s + wrong_s
            )
            output = np.full((self.block, 1), 9.0, np.float32)
            self.callback(output, self.block, times, None)
            self.blocks.append((self.device_s + ahead_s, output[:, 0]))
            if self.filled < LATENCY_S:
                self.filled += self.block / RATE_HZ
            else:
                self.device_s += self.block / RATE_HZ

    def run_for(self, duration_s: float) -> None:
        self.run(round(duration_s * RATE_HZ / self.block))

    def audio(self) -> tuple[Array, Array]:
        """Times at which samples were heard, and the samples."""
        times_s = [at_s + np.arange(len(part)) / RATE_HZ for at_s, part in self.blocks]
        return np.concatenate(times_s), np.concatenate([part for _, part in self.blocks])


def speech(seconds: float, level: float = 0.5) -> Speech:
    return Speech("x", "", RATE_HZ, np.full(round(seconds * RATE_HZ), level))


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> Sound:
    sound = Sound()
    monkeypatch.setitem(sys.modules, "sounddevice", sound.library())
    return sound


@pytest.mark.parametrize("jitter_s", [0.0, 0.004])
def test_the_first_sample_is_heard_when_play_said(sound: Sound, jitter_s: float) -> None:
    sound.jitter_s = jitter_s
    player = SoundDevicePlayer(lambda: sound.now_s)
    sound.run_for(0.5)
    for earliest_s in (sound.now_s + 0.3, sound.now_s - 5.0):
        said_s = player.play(speech(0.1), earliest_s)
        assert said_s >= earliest_s - 1e-3 and said_s >= sound.now_s
        sound.run_for(0.8)
        time_s, samples = sound.audio()
        first_s = time_s[np.flatnonzero(samples)[0]]
        assert said_s == pytest.approx(first_s, abs=1e-3 if jitter_s == 0 else 3e-3)
        sound.blocks = [(at_s, np.zeros_like(part)) for at_s, part in sound.blocks]


def test_a_late_wish_is_heard_one_latency_later(sound: Sound) -> None:
    player = SoundDevicePlayer(lambda: sound.now_s)
    assert player.play(speech(0.1), 0.0) - sound.now_s <= LATENCY_S + 0.011


def test_pieces_follow_each_other_to_the_sample(sound: Sound) -> None:
    sound.jitter_s = 0.005
    player = SoundDevicePlayer(lambda: sound.now_s)
    sound.run_for(0.3)
    rng, pieces = np.random.default_rng(1), []
    until_s = sound.now_s + 0.2
    for count in (3000, 777, 1, 5000, 12):
        piece = Speech("x", "", RATE_HZ, rng.uniform(0.1, 0.9, count))
        start_s = player.play(piece, until_s)
        until_s = start_s + piece.duration_s
        pieces.append(piece.samples)
        sound.run(2)
    assert player.busy_until_s == pytest.approx(until_s, abs=0.006)
    sound.run_for(1.0)
    samples = sound.audio()[1]
    first = np.flatnonzero(samples)[0]
    expected = np.concatenate(pieces)
    assert np.array_equal(samples[first : first + len(expected)], expected)
    assert not samples[first + len(expected) :].any() and player.busy_until_s < sound.now_s + LATENCY_S + 0.02


def test_stop_is_silent_at_once_and_play_works_again(sound: Sound) -> None:
    player = SoundDevicePlayer(lambda: sound.now_s)
    player.play(speech(5.0, 0.8), 0.0)
    player.play(speech(5.0, 0.8), 0.0)
    sound.run_for(1.0)
    stop_s = sound.now_s
    player.stop(stop_s)
    assert player.busy_until_s <= sound.now_s + LATENCY_S + 0.02
    start_s = player.play(speech(0.2, 0.3), sound.now_s)
    sound.run_for(1.0)
    time_s, samples = sound.audio()
    assert samples[time_s < stop_s].any() and not samples[(time_s > stop_s + 0.001) & (time_s < start_s - 0.001)].any()
    assert np.count_nonzero(samples[time_s > stop_s + 0.01]) == round(0.2 * RATE_HZ)
    time_s, samples = sound.audio()
    assert start_s == pytest.approx(time_s[np.flatnonzero(np.isclose(samples, 0.3))[0]], abs=1e-3)
    player.close()
    assert sound.closed == 1


def test_a_device_that_stalls_skips_ahead_instead_of_lagging(sound: Sound) -> None:
    player = SoundDevicePlayer(lambda: sound.now_s)
    ramp = Speech("x", "", RATE_HZ, np.linspace(0.1, 0.9, RATE_HZ))
    start_s = player.play(ramp, sound.now_s + 0.1)
    sound.run_for(0.4)
    sound.device_s += 0.3
    sound.run_for(0.6)
    time_s, samples = sound.audio()
    late = time_s > start_s + 0.8
    expected = np.interp(time_s[late] - start_s, np.arange(RATE_HZ) / RATE_HZ, ramp.samples, right=0.0)
    assert np.abs(samples[late] - expected).max() < 0.01


def test_a_device_that_is_gone_keeps_time_and_no_memory(sound: Sound) -> None:
    player = SoundDevicePlayer(lambda: sound.now_s)
    sound.works = False
    player.stop(sound.now_s)
    for _ in range(50):
        start_s = player.play(speech(1.0), sound.now_s)
        assert sound.now_s <= start_s <= sound.now_s + 1.1
        sound.now_s += 1.0
    assert len(player._pieces) < 5
    player.close()
    assert sound.closed == 1


def test_output_is_always_written(sound: Sound) -> None:
    player = SoundDevicePlayer(lambda: sound.now_s)
    sound.run(5)
    assert not sound.audio()[1].any()
    player.stop(sound.now_s)
    sound.run(5)
    assert not sound.audio()[1].any()


def test_another_rate_is_refused(sound: Sound) -> None:
    player = SoundDevicePlayer(lambda: sound.now_s)
    with pytest.raises(InvalidInput, match="22050"):
        player.play(Speech("x", "", 16000, np.zeros(5)), 0.0)


def test_without_device_one_line_says_so_and_time_goes_on(sound: Sound) -> None:
    sound.works = False
    lines: list[str] = []
    player = open_player(lambda: 0.0, say=lines.append)
    assert isinstance(player, SimulatedPlayer)
    assert len(lines) == 1 and "\n" not in lines[0] and "sounddevice" in lines[0]
    with pytest.raises(AudioUnavailable):
        SoundDevicePlayer(lambda: 0.0)


@pytest.mark.parametrize(
    ("error", "named"), [(ImportError("no"), r"gesture_robot\[speech\]"), (OSError("no"), "libportaudio2")]
)
def test_without_library_the_remedy_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, named: str
) -> None:
    def missing(name: str) -> None:
        raise error

    monkeypatch.setattr("gesture_robot.speech.playback.import_module", missing)
    with pytest.raises(MissingDependency, match=named):
        SoundDevicePlayer(lambda: 0.0)
    assert isinstance(open_player(lambda: 0.0), SimulatedPlayer)
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_with_a_device_the_real_player_opens(sound: Sound) -> None:
    assert isinstance(open_player(lambda: sound.now_s, say=lambda line: pytest.fail(line)), SoundDevicePlayer)


def test_the_simulated_player_is_a_function_of_time() -> None:
    player = SimulatedPlayer()
    assert player.busy_until_s < 0.0
    assert player.play(speech(1.0), 2.0) == 2.0
    assert player.play(speech(1.0), 2.5) == 3.0 and player.busy_until_s == 4.0
    player.stop(3.2)
    assert player.busy_until_s == 3.2 and player.play(speech(1.0), 3.3) == 3.3
    player.stop(9.0)
    assert player.busy_until_s == 4.3
    with pytest.raises(InvalidInput, match="earliest_s"):
        player.play(speech(1.0), float("nan"))
