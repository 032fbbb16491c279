"""Where the speech node's sound goes: the sound device, or nowhere; in the node's own time."""

from __future__ import annotations

import time
from collections.abc import Callable

from gesture_robot.datatypes import Speech
from gesture_robot.speech.playback import SimulatedPlayer, open_player

JOIN_S = 0.002
"""Pieces whose sound is this close follow one another without a gap; the device's clock breathes by less."""


class SpeechSound:
    """A player whose times are the node's, which may be set, while the device's thread reads a clock that never is."""

    def __init__(self, now_s: Callable[[], float], rate_hz: int, audible: bool, say: Callable[[str], None]):
        self._now_s = now_s
        self._player = open_player(time.monotonic, rate_hz, say) if audible else SimulatedPlayer()
        self.audible = not isinstance(self._player, SimulatedPlayer)

    def play(self, speech: Speech, earliest_s: float) -> float:
        """Queue a piece; returns when its first sample is heard."""
        if not self.audible:
            return self._player.play(speech, earliest_s)
        shift_s = self._now_s() - time.monotonic()
        heard_s = self._player.play(speech, earliest_s - shift_s) + shift_s
        return earliest_s if abs(heard_s - earliest_s) < JOIN_S else heard_s

    def silence(self) -> None:
        """Silence at once, forget what is queued."""
        self._player.stop(time.monotonic() if self.audible else self._now_s())

    def close(self) -> None:
        """Free the device."""
        self._player.close()
