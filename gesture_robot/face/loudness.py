"""Mouth from sound alone: jaw from the envelope, lips from the spectrum's centre.

Used when audio comes without phonemes. All windows are centred on their frame, so the mouth is not late.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.face.arkit import CHANNELS, INDEX, indices
from gesture_robot.face.coarticulation import smooth

WINDOW_S = 0.030
GATE_DBFS = -52.0
"""Quieter than this is silence whatever came before."""
GATE_BELOW_PEAK_DB = 32.0
ABOVE_NOISE_DB = 7.0
LEAST_PEAK_DBFS = -32.0
"""A loud level below this is not a voice at work but noise or a whisper: it opens the mouth only a little."""
JAW_AT_PEAK = 0.36
"""Open jaw at the loudest moments; set so that mean opening equals that of the same speech with phonemes."""


@dataclass(frozen=True, slots=True)
class LoudnessMemory:
    """What one chunk tells the next: the loud level reached so far [dBFS]."""

    peak_db: float = -120.0


def level_db(samples: Array, rate_hz: int, fps: float, count: int) -> Array:
    """(count,) RMS level around each frame [dBFS], floor -120."""
    out = np.empty(count)
    for low in range(0, count, 4096):  # In blocks: minutes of audio must not become gigabytes of windows.
        part = _windows(samples, rate_hz, fps, low, min(count, low + 4096))
        out[low:low + len(part)] = np.sqrt(np.mean(part.astype(np.float64) ** 2, axis=1))
    return 20.0 * np.log10(np.maximum(out, 1e-6))  # type: ignore[no-any-return]


def _windows(samples: Array, rate_hz: int, fps: float, low: int, high: int) -> Array:
    """(high - low, W) samples around the times k / fps of frames low..high, zero outside the audio."""
    first = max(0, int(low * rate_hz / fps) - int(WINDOW_S * rate_hz))
    last = int(high * rate_hz / fps) + int(WINDOW_S * rate_hz) + 2
    half = max(1, int(WINDOW_S * rate_hz / 2))
    part = np.pad(np.asarray(samples[first:last], dtype=np.float32), (half, 2 * half + 2))
    centres = (np.arange(low, high) * rate_hz / fps).astype(int) - first
    starts = np.clip(centres, 0, max(0, len(part) - 2 * half))
    return part[starts[:, None] + np.arange(2 * half)]


def mouth_from_sound(samples: Array, rate_hz: int, fps: float, count: int,
                     memory: LoudnessMemory = LoudnessMemory()) -> tuple[Array, LoudnessMemory]:  # noqa: B008
    """Mouth channels (count, 52) for audio that came alone, and what to remember for the next chunk.

    The jaw follows the level between a gate and the loud level of this voice; a low spectral centre (rounded vowels)
    pushes the lips forward, a high one (front vowels, hiss) stretches them. Silence is exactly zero.
    """
    out = np.zeros((count, len(CHANNELS)))
    if count == 0:
        return out, memory
    level = level_db(samples, rate_hz, fps, count)
    loud = level[level > GATE_DBFS]
    peak = max(memory.peak_db - 3.0, float(np.percentile(loud, 90))) if len(loud) else memory.peak_db
    if not len(loud):
        return out, memory
    top = max(peak, LEAST_PEAK_DBFS)
    # Steady noise between words is the floor; speech has to rise above it, a steady tone alone is not a floor.
    floor = float(np.percentile(level, 5))
    gate = max(GATE_DBFS, top - GATE_BELOW_PEAK_DB, min(floor + ABOVE_NOISE_DB, top - 12.0))
    drive = np.clip((level - gate) / max(top - gate, 6.0), 0.0, 1.15)
    centre_hz = _spectral_centre_hz(samples, rate_hz, fps, count)
    hiss = np.clip((centre_hz - 2600.0) / 1600.0, 0.0, 1.0)
    jaw = smooth(JAW_AT_PEAK * drive ** 1.6 * (1.0 - 0.8 * hiss), fps, 0.022)
    heard = smooth((level > gate).astype(float), fps, 0.010)
    front = smooth(np.clip((centre_hz - 900.0) / 1200.0, 0.0, 1.0), fps, 0.030) * heard
    back = smooth(np.clip((850.0 - centre_hz) / 500.0, 0.0, 1.0), fps, 0.030) * heard
    out[:, INDEX["jawOpen"]] = jaw
    for name, value in (("mouthStretch", 0.26 * front), ("mouthLowerDown", 0.55 * jaw), ("mouthUpperUp", 0.25 * jaw),
                        ("mouthFunnel", 0.40 * back), ("mouthPucker", 0.22 * back)):
        out[:, list(indices(name))] = value[:, None]
    out *= np.clip(smooth((level > gate).astype(float), fps, 0.012) * 1.2, 0.0, 1.0)[:, None]
    out[out < 1e-3] = 0.0
    return np.clip(out, 0.0, 1.0), LoudnessMemory(peak)


def _spectral_centre_hz(samples: Array, rate_hz: int, fps: float, count: int) -> Array:
    """(count,) centre of mass of the magnitude spectrum below 8 kHz [Hz]."""
    out = np.zeros(count)
    for low in range(0, count, 4096):
        part = _windows(samples, rate_hz, fps, low, min(count, low + 4096))
        spectrum = np.abs(np.fft.rfft(part * np.hanning(part.shape[1])[None, :], axis=1))
        hz = np.fft.rfftfreq(part.shape[1], 1.0 / rate_hz)
        keep = (hz > 80.0) & (hz < 8000.0)
        out[low:low + len(part)] = (spectrum[:, keep] @ hz[keep]) / np.maximum(spectrum[:, keep].sum(axis=1), 1e-9)
    return out
