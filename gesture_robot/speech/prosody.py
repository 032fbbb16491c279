"""Loudness, pitch, voicing and onsets of any audio, every 10 ms. Own numpy code: no licence strings, no models."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft
from scipy.ndimage import gaussian_filter1d, maximum_filter1d
from scipy.signal import find_peaks

from gesture_robot.checks import Array
from gesture_robot.errors import InvalidInput

HOP_S = 0.01
_WINDOW_S = 1024 / 22050
_F0_LOW_HZ, _F0_HIGH_HZ = 70.0, 500.0
_VOICED = 0.5
_FLOOR_DB = -55.0
_BLOCK = 16 * 1024
"""Samples analysed at once: so few that the arrays need no fresh pages of memory, which cost as much as the work."""
_BANDS = 24
_STEADY_CENTS = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Prosody:
    """Curves at 100 Hz; entry k describes the audio around k * 10 ms. All (K,)."""

    energy: Array
    """Root mean square over 20 ms."""
    energy_db: Array
    """The same in dB of full scale, at least -100."""
    syllable_db: Array
    """Energy between 250 and 3500 Hz in dB, smoothed: its bumps are syllables."""
    f0_hz: Array
    """Pitch; 0 where unvoiced."""
    voiced: Array
    """bool."""
    onset: Array
    """Spectral flux: how much louder the bands became, 0 for steady sound."""

    @property
    def times_s(self) -> Array:
        """(K,) middle of each hop."""
        return np.arange(len(self.energy)) * HOP_S


def analyse(samples: Array, rate_hz: int) -> Prosody:
    """Prosody of mono audio.

    Pitch is the autocorrelation by FFT of a 46 ms Hann window divided by the window's own (Boersma 1993, IFA
    Proceedings 17): the smallest lag that reaches 0.9 of the largest peak between 70 and 500 Hz, refined by a parabola.

    Args:
        samples: (N,) in [-1, 1].
        rate_hz: at least 4000.

    Raises:
        InvalidInput: not mono, not finite, or a rate below 4000 Hz.
    """
    audio = np.asarray(samples, np.float64)
    if audio.ndim != 1 or not np.isfinite(audio).all():
        raise InvalidInput(f"prosody needs finite mono samples (N,), got shape {audio.shape}.")
    if rate_hz < 4000:
        raise InvalidInput(f"prosody needs 4000 samples/s or more, got {rate_hz}.")
    count = int(np.ceil(len(audio) / rate_hz / HOP_S))
    size = max(2 * round(_WINDOW_S * rate_hz / 2), 64)
    padded = np.concatenate([np.zeros(size), audio, np.zeros(2 * size)])
    hops = max(_BLOCK // size, 1)
    blocks = [_block(padded, np.arange(low, min(low + hops, count)), size, rate_hz) for low in range(0, count, hops)]
    energy, syllable, f0_hz, strength, bands = (
        (np.concatenate(part) for part in zip(*blocks, strict=True))
        if blocks
        else (np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros((0, _BANDS)))
    )
    energy_db = np.maximum(20.0 * np.log10(np.maximum(energy, 1e-9)), -100.0)
    voiced = _voicing(strength, energy_db)
    return Prosody(energy, energy_db, _smooth_db(syllable), np.where(voiced, f0_hz, 0.0), voiced, _flux(bands))


def speech_activity(prosody: Prosody) -> Array:
    """(K,) bool: where somebody speaks, by loudness above the noise floor; gaps under 150 ms are closed."""
    level = prosody.energy_db
    if len(level) == 0:
        return np.zeros(0, bool)
    low, high = np.percentile(level, [10, 95])
    if high < _FLOOR_DB:
        return np.zeros(len(level), bool)
    threshold = max(_FLOOR_DB, high - 30.0, min(low + 9.0, high - 10.0))
    return _close(level > threshold, gap=15, shortest=4)


def syllables(prosody: Prosody) -> list[tuple[int, int, int, int]]:
    """Syllables as hops (start, onset, peak, end): bumps of the band energy with a voiced top.

    After de Jong & Wempe (2009, Behavior Research Methods 41): peaks at least 3 dB over the dips beside them.
    The onset is where the energy rises fastest, close to the start of the vowel.
    """
    level = prosody.syllable_db
    if len(level) == 0 or level.max() < _FLOOR_DB:
        return []
    floor_db = max(_FLOOR_DB, float(np.percentile(level, 95)) - 22.0)
    padded = np.concatenate([[-100.0], level, [-100.0]])
    peaks, _ = find_peaks(padded, height=floor_db, prominence=3.0, distance=8)
    spoken = maximum_filter1d(prosody.voiced.astype(np.uint8), 7) > 0
    peaks = [int(p) - 1 for p in peaks if spoken[min(p - 1, len(spoken) - 1)]]
    found = []
    for index, peak in enumerate(peaks):
        low = peaks[index - 1] if index else max(peak - 30, 0)
        high = peaks[index + 1] if index + 1 < len(peaks) else min(peak + 30, len(level) - 1)
        start = _edge(level, peak, low + int(np.argmin(level[low : peak + 1])))
        end = _edge(level, peak, peak + int(np.argmin(level[peak : high + 1])))
        rise = np.diff(level[start : peak + 1])
        onset = start + 1 + int(np.argmax(rise)) if len(rise) else peak
        found.append((start, onset, peak, max(end, peak + 1)))
    return [item for item in found if not _steady(prosody, item[0], item[2], item[3])]


def onset_peaks(prosody: Prosody) -> Array:
    """(B,) times [s] of the beats of audio that comes alone: vowel onsets; none in silence, few in steady sound."""
    return np.array([onset * HOP_S for _, onset, _, _ in syllables(prosody)])


def _steady(prosody: Prosody, start: int, peak: int, end: int) -> bool:
    """A tone or a held note: within the bump the pitch does not move, as a voice's always does a little."""
    around = slice(max(start, peak - 10), min(end, peak + 10) + 1)
    f0_hz = prosody.f0_hz[around][prosody.voiced[around]]
    if len(f0_hz) < 5:
        return False
    cents = 1200.0 * np.abs(np.log2(f0_hz / np.median(f0_hz)))
    return bool(np.percentile(cents, 75) < _STEADY_CENTS)


def _edge(level: Array, peak: int, dip: int) -> int:
    """From the peak towards the dip: where it is first 18 dB quieter, else the dip."""
    step = -1 if dip < peak else 1
    path = level[peak:dip:step] if dip != peak else level[:0]
    quiet = np.flatnonzero(path < level[peak] - 18.0)
    return peak + step * int(quiet[0]) if len(quiet) else dip


@dataclass(frozen=True, slots=True, eq=False)
class _Spectra:
    """What every block of one sample rate needs."""

    window: Array
    length: int
    scale: float
    own: Array
    """Autocorrelation of the window."""
    voice: slice
    """Bins between 250 and 3500 Hz."""
    low: Array
    high: Array
    """Bins of the bands."""


@lru_cache(maxsize=4)
def _spectra(size: int, rate_hz: int) -> _Spectra:
    window = np.hanning(size)
    needed = size + int(rate_hz / _F0_LOW_HZ) + 3  # no lag that is looked at wraps round
    length = 2 * fft.next_fast_len(-(-needed // 2), real=True)
    frequency_hz = fft.rfftfreq(length, 1.0 / rate_hz)
    edges = 80.0 * (min(frequency_hz[-1], 8000.0) / 80.0) ** (np.arange(_BANDS + 1) / _BANDS)
    index = np.searchsorted(frequency_hz, edges)
    voice = slice(int(np.searchsorted(frequency_hz, 250, "right")), int(np.searchsorted(frequency_hz, 3500)))
    return _Spectra(window, length, length * (window**2).sum() / 2.0, fft.irfft(np.abs(fft.rfft(window, length)) ** 2),
                    voice, index[:-1], np.maximum(index[1:], index[:-1] + 1))


def _block(padded: Array, hops: Array, size: int, rate_hz: int) -> tuple[Array, Array, Array, Array, Array]:
    """RMS, syllable-band energy, pitch, periodicity and bands of some hops; `padded` starts `size` before time 0."""
    centres = np.round(hops * HOP_S * rate_hz).astype(int) + size
    frames = padded[centres[:, None] + np.arange(-size // 2, size // 2)]
    near = round(0.01 * rate_hz)
    energy = np.sqrt((frames[:, size // 2 - near : size // 2 + near] ** 2).mean(axis=1))
    tables = _spectra(size, rate_hz)
    waves = fft.rfft((frames - frames.mean(axis=1, keepdims=True)) * tables.window, tables.length)
    power = waves.real**2 + waves.imag**2
    f0_hz, strength = _pitch(power, tables.own, rate_hz)
    return energy, power[:, tables.voice].sum(axis=1) / tables.scale, f0_hz, strength, _bands(power, tables)


def _pitch(power: Array, own: Array, rate_hz: int) -> tuple[Array, Array]:
    low, high = max(int(rate_hz / _F0_HIGH_HZ), 2), int(rate_hz / _F0_LOW_HZ)
    lags = np.arange(low - 1, high + 2)
    raw = fft.irfft(power)
    correlation = raw[:, lags] / np.maximum(own[lags], 1e-9) * own[0] / np.maximum(raw[:, :1], 1e-12)
    middle = correlation[:, 1:-1]
    is_peak = (middle >= correlation[:, :-2]) & (middle > correlation[:, 2:])
    height = np.where(is_peak, middle, -1.0)
    best = height.max(axis=1)
    first = np.argmax(height >= 0.9 * best[:, None], axis=1)
    row = np.arange(len(first))
    before, at, after = correlation[row, first], correlation[row, first + 1], correlation[row, first + 2]
    curve = before - 2.0 * at + after
    shift = np.where(np.abs(curve) > 1e-9, 0.5 * (before - after) / np.where(np.abs(curve) > 1e-9, curve, 1.0), 0.0)
    return rate_hz / (lags[first + 1] + np.clip(shift, -0.5, 0.5)), np.where(best > 0.0, at, 0.0)


def _bands(power: Array, tables: _Spectra) -> Array:
    totals = np.concatenate([np.zeros((len(power), 1)), np.cumsum(power, axis=1)], axis=1)
    return np.log1p(1e4 * (totals[:, tables.high] - totals[:, tables.low]) / tables.scale)


def _flux(bands: Array) -> Array:
    if len(bands) < 3:
        return np.zeros(len(bands))
    rise = np.maximum(bands[2:] - bands[:-2], 0.0).mean(axis=1)
    return np.concatenate([[0.0], rise, [0.0]])


def _voicing(strength: Array, energy_db: Array) -> Array:
    if len(strength) == 0:
        return np.zeros(0, bool)
    loud = energy_db > max(_FLOOR_DB, float(energy_db.max()) - 40.0)
    return _close((strength > _VOICED) & loud, gap=1, shortest=3)


def _smooth_db(power: Array) -> Array:
    level = np.maximum(10.0 * np.log10(np.maximum(power, 1e-12)), -100.0)
    return gaussian_filter1d(level, 2.0, mode="nearest") if len(level) else level


def _close(active: Array, gap: int, shortest: int) -> Array:
    """Fill holes of up to `gap` hops, then drop runs shorter than `shortest`."""
    result = active.copy()
    for value, limit in ((False, gap + 1), (True, shortest)):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], result == value, [False]]).astype(np.int8)))
        for start, end in zip(edges[::2], edges[1::2], strict=False):
            inside = start > 0 and end < len(result)
            if end - start < limit and (value or inside):
                result[start:end] = not value
    return result
