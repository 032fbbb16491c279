"""Writes 16-bit mono WAV files, whole or piece by piece."""

from __future__ import annotations

import wave
from pathlib import Path
from types import TracebackType

import numpy as np

from gesture_robot.checks import Array, check_range, frozen_array
from gesture_robot.errors import OutputUnwritable


class WavWriter:
    """A WAV file that grows; a context manager. Samples beyond [-1, 1] are limited, never wrapped around."""

    def __init__(self, path: str | Path, rate_hz: int):
        check_range(rate_hz, 1, 1_000_000, "rate_hz")
        try:
            self._raw = open(path, "wb")
        except OSError as error:
            raise OutputUnwritable(
                f"cannot write '{path}': {error.strerror}. Choose a folder you may write to."
            ) from None
        self._file = wave.open(self._raw, "wb")
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._file.setframerate(rate_hz)
        self.rate_hz, self.count = rate_hz, 0

    def write(self, samples: Array) -> None:
        """Append (N,) samples."""
        checked = frozen_array(samples, (None,), "samples", np.float32)
        self._file.writeframes(np.round(np.clip(checked, -1.0, 1.0) * 32767.0).astype("<i2").tobytes())
        self.count += len(checked)

    def close(self) -> None:
        """Complete the header."""
        self._file.close()
        self._raw.close()

    def __enter__(self) -> WavWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def save_wav(path: str | Path, samples: Array, rate_hz: int) -> None:
    """Write (N,) samples in [-1, 1] as 16-bit mono.

    Raises:
        OutputUnwritable: the file cannot be made. InvalidInput: samples not finite or not mono.
    """
    with WavWriter(path, rate_hz) as file:
        file.write(samples)
