"""Reads recorded speech: WAV of any kind to mono float32, with a report of what is wrong with it."""

from __future__ import annotations

import struct
import warnings
import zlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

from gesture_robot.checks import Array
from gesture_robot.datatypes import Speech
from gesture_robot.errors import InvalidInput

TARGET_HZ = 22050
_KEEP_UP_TO_HZ = 24000
_KEEP_FROM_HZ = 8000
_WORKS = "a WAV file works: 8, 16, 24 or 32-bit integer or float, any rate from 8000 Hz, mono or stereo"
_CLIPPED_RUN = 3


@dataclass(frozen=True, slots=True)
class AudioReport:
    """What was found in a recording."""

    duration_s: float
    rate_hz: int
    """Of the file."""
    channels: int
    peak: float
    """Before any scaling; 1 is full scale."""
    clipped_share: float
    """Share of samples that sit in flat tops at the largest value."""
    silent: bool

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line for each thing a user should know."""
        lines = []
        if self.silent:
            lines.append("the audio is silent: the robot will stay still")
        # Coarse samples have small flat tops of their own; only at full scale are a few of them a sign.
        if self.clipped_share > (1e-4 if self.peak > 0.97 else 2e-3):
            lines.append(
                f"the audio is clipped ({100.0 * self.clipped_share:.2g} % of the samples): lower the recording level"
            )
        if self.peak > 1.0:
            lines.append(f"the audio exceeds full scale (peak {self.peak:.3g}): it was scaled down")
        return tuple(lines)


def load_speech(path: str | Path, *, text: str = "", emotion: str = "neutral", language: str = "en") -> Speech:
    """A recording as Speech without word times; see `read_audio` for the report.

    Raises:
        InvalidInput: missing, not a WAV, empty, or with NaN; the message says what works.
    """
    return read_speech(path, text=text, emotion=emotion, language=language)[0]


def read_speech(
    path: str | Path, *, text: str = "", emotion: str = "neutral", language: str = "en"
) -> tuple[Speech, AudioReport]:
    """As `load_speech`, with the report."""
    samples, rate_hz, report = read_audio(path)
    identity = f"audio-{zlib.crc32(samples.tobytes()):08x}"
    return Speech(identity, text, rate_hz, samples, emotion=emotion, language=language), report


def read_audio(path: str | Path) -> tuple[Array, int, AudioReport]:
    """Samples (N,) float32 in [-1, 1], their rate, and the report.

    Channels are averaged. Rates above 24 kHz come down to 22050 Hz; those below 8 kHz are refused.
    """
    rate_hz, raw = _read(Path(path))
    if raw.size == 0:
        raise InvalidInput(f"'{path}' holds no audio; {_WORKS}.")
    if rate_hz < _KEEP_FROM_HZ:
        raise InvalidInput(f"'{path}' has {rate_hz} samples/s, too few for speech; {_WORKS}.")
    channels = 1 if raw.ndim == 1 else raw.shape[1]
    scaled = _to_float(raw)
    if not np.isfinite(scaled).all():
        raise InvalidInput(
            f"'{path}' holds NaN or infinite samples (the first at {_first_bad_s(scaled, rate_hz):.3f} s): "
            "export it again as 16-bit WAV."
        )
    peak = float(np.abs(scaled).max())
    clipped = max(_clipped_share(channel) for channel in np.atleast_2d(scaled.T))
    mono = scaled if scaled.ndim == 1 else scaled.mean(axis=1)
    report = AudioReport(len(mono) / rate_hz, rate_hz, channels, peak, clipped, bool(np.abs(mono).max() < 1e-4))
    mono, rate = _resampled(mono, rate_hz)
    return np.clip(mono / max(peak, 1.0), -1.0, 1.0).astype(np.float32), rate, report


def _read(path: Path) -> tuple[int, Array]:
    if not path.is_file():
        raise InvalidInput(f"there is no audio file '{path}'; {_WORKS}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)
            rate_hz, raw = wavfile.read(path)
    # scipy answers broken headers with any of these
    except (
        ValueError,
        EOFError,
        OSError,
        LookupError,
        TypeError,
        ArithmeticError,
        UnboundLocalError,
        MemoryError,
        struct.error,
    ) as error:
        detail = " ".join(str(error).split())[:100]
        raise InvalidInput(f"'{path}' is not a WAV file that can be read ({detail}); {_WORKS}.") from None
    return int(rate_hz), np.asarray(raw)


def _to_float(raw: Array) -> Array:
    if raw.dtype.kind == "f":
        return raw.astype(np.float64)
    if raw.dtype == np.uint8:
        return (raw.astype(np.float64) - 128.0) / 128.0
    return raw.astype(np.float64) / float(-np.iinfo(raw.dtype).min)


def _clipped_share(samples: Array) -> float:
    """Share of samples in runs of three or more at the very top or bottom."""
    top, bottom = float(samples.max()), float(samples.min())
    step = 2.0 / 32768.0
    flat = ((samples >= top - step) & (top > 0.2)) | ((samples <= bottom + step) & (bottom < -0.2))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flat.astype(np.int8), [0]])))
    lengths = edges[1::2] - edges[::2]
    return float(lengths[lengths >= _CLIPPED_RUN].sum() / len(samples))


def _first_bad_s(samples: Array, rate_hz: int) -> float:
    bad = ~np.isfinite(samples if samples.ndim == 1 else samples.sum(axis=1))
    return float(np.argmax(bad)) / rate_hz


def _resampled(samples: Array, rate_hz: int) -> tuple[Array, int]:
    if rate_hz <= _KEEP_UP_TO_HZ:
        return samples, rate_hz
    ratio = Fraction(TARGET_HZ, rate_hz).limit_denominator(1000)
    return resample_poly(samples, ratio.numerator, ratio.denominator), TARGET_HZ
