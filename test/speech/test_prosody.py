"""Prosody from samples: known pitch, known beats, nothing in silence, little in steady sound."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import resample_poly

from gesture_robot.checks import Array
from gesture_robot.errors import InvalidInput
from gesture_robot.speech.espeak import EspeakTts
from gesture_robot.speech.prosody import HOP_S, analyse, onset_peaks, speech_activity
from gesture_robot.speech.word_times import is_vowel

RATE_HZ = 22050
SENTENCE = (
    "The weather today is really wonderful, so I think we should all go outside and enjoy the sunshine while it lasts."
)


def seconds(count: float, rate_hz: int = RATE_HZ) -> Array:
    return np.arange(round(count * rate_hz)) / rate_hz


def voice(f0_hz: Array, rate_hz: int = RATE_HZ) -> Array:
    phase = 2.0 * np.pi * np.cumsum(f0_hz) / rate_hz
    return 0.1 * sum(np.sin(k * phase) / k for k in range(1, 15))


def notes(frequencies_hz: tuple[float, ...], each_s: float, decay_s: float) -> Array:
    time_s = seconds(each_s)
    envelope = np.exp(-time_s / decay_s) * np.minimum(time_s / 0.005, 1.0)
    return np.concatenate(
        [0.1 * envelope * sum(np.sin(2 * np.pi * f * k * time_s) / k for k in range(1, 8)) for f in frequencies_hz]
    )


@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050, 48000])
@pytest.mark.parametrize("f0_hz", [80.0, 120.0, 210.0, 400.0])
def test_pitch_of_a_known_voice(rate_hz: int, f0_hz: float) -> None:
    curve = f0_hz * (1.0 + 0.1 * np.sin(2.0 * np.pi * 1.5 * seconds(1.0, rate_hz)))
    prosody = analyse(voice(curve, rate_hz), rate_hz)
    inner = slice(5, -5)
    truth = np.interp(prosody.times_s, seconds(1.0, rate_hz), curve)
    cents = 1200.0 * np.abs(np.log2(prosody.f0_hz[inner] / truth[inner]))
    assert prosody.voiced[inner].all() and np.median(cents) < 10.0 and cents.max() < 60.0


def test_energy_is_the_root_mean_square() -> None:
    prosody = analyse(0.5 * np.sin(2 * np.pi * 200.0 * seconds(1.0)), RATE_HZ)
    assert prosody.energy[5:-5] == pytest.approx(0.5 / np.sqrt(2.0), rel=0.02)
    assert len(prosody.energy) == 100 and prosody.times_s[1] == HOP_S
    assert (prosody.onset >= 0.0).all() and prosody.onset[10:-10].max() < 0.05


def test_noise_is_not_voiced() -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(3 * RATE_HZ)
    assert analyse(noise, RATE_HZ).voiced.mean() < 0.02


@pytest.mark.parametrize(
    "samples",
    [np.zeros(2 * RATE_HZ), 1e-4 * np.random.default_rng(0).standard_normal(2 * RATE_HZ), np.zeros(0), np.zeros(7)],
    ids=["silence", "faint noise", "empty", "a few samples"],
)
def test_silence_has_no_beats_and_no_speech(samples: Array) -> None:
    prosody = analyse(samples, RATE_HZ)
    assert len(onset_peaks(prosody)) == 0 and not speech_activity(prosody).any()


STEADY = {
    "white noise": 0.1 * np.random.default_rng(1).standard_normal(6 * RATE_HZ),
    "tone": 0.3 * np.sin(2 * np.pi * 220.0 * seconds(6.0)),
    "hum": voice(np.full(6 * RATE_HZ, 110.0)),
    "servo": 0.1 * np.sin(2 * np.pi * (400.0 * seconds(6.0) + 30.0 * np.sin(2 * np.pi * 0.3 * seconds(6.0)))),
    "melody": notes((262, 294, 330, 349, 392, 440) * 4, 0.25, 0.2),
    "held chords": sum(notes(f * 3, 1.0, 5.0) for f in ((131.0, 175.0), (165.0, 220.0), (196.0, 262.0))),
}


@pytest.mark.parametrize("name", STEADY)
def test_steady_sound_and_music_have_few_beats(name: str) -> None:
    samples = STEADY[name]
    assert len(onset_peaks(analyse(samples, RATE_HZ))) <= 0.5 * len(samples) / RATE_HZ


@pytest.mark.parametrize("change", ["clean", "quiet", "noise 10 dB", "16 kHz", "8 kHz"])
def test_beats_are_syllables(espeak: EspeakTts, change: str) -> None:
    speech = espeak.synthesize(SENTENCE)
    samples, rate_hz = np.asarray(speech.samples, np.float64), RATE_HZ
    if change == "quiet":
        samples = samples * 10 ** (-30 / 20)
    elif change.startswith("noise"):
        level = np.sqrt((samples**2).mean()) * 10 ** (-10 / 20)
        samples = samples + level * np.random.default_rng(0).standard_normal(len(samples))
    elif change.endswith("kHz"):
        rate_hz = 1000 * int(change.split()[0])
        samples = resample_poly(samples, rate_hz // 50, RATE_HZ // 50)
    beats = onset_peaks(analyse(samples, rate_hz))
    vowels_s = np.array([p.start_s for p in speech.phonemes if is_vowel(p.text)])
    nearest = np.abs(beats[:, None] - vowels_s).min(axis=1)
    assert 0.75 * len(vowels_s) <= len(beats) <= 1.15 * len(vowels_s)
    assert np.median(nearest) < 0.03 and (nearest < 0.08).mean() > 0.85


def test_speech_activity_covers_the_words_and_not_the_pauses(espeak: EspeakTts) -> None:
    speech = espeak.synthesize("Hello there, my friend. Goodbye for now.")
    active = speech_activity(analyse(speech.samples, speech.rate_hz))
    inside = np.zeros(len(active), bool)
    for word in speech.words:
        inside[int(word.start_s / HOP_S) : int(word.end_s / HOP_S)] = True
    assert active[inside].mean() > 0.95
    assert np.count_nonzero(np.diff(active.astype(int))) == 6, "three phrases, no holes at stop consonants"
    pause = slice(int(speech.words[3].end_s / HOP_S) + 5, int(speech.words[4].start_s / HOP_S) - 3)
    assert not active[pause].any() and not active[:15].any() and not active[-15:].any()


def test_a_constant_offset_changes_nothing_but_the_energy(espeak: EspeakTts) -> None:
    speech = espeak.synthesize("Hello there.")
    plain, shifted = analyse(speech.samples, RATE_HZ), analyse(speech.samples + 0.05, RATE_HZ)
    assert np.array_equal(plain.voiced[3:-3], shifted.voiced[3:-3])
    assert onset_peaks(plain) == pytest.approx(onset_peaks(shifted), abs=0.02)


@pytest.mark.parametrize(
    ("samples", "rate_hz"), [(np.zeros((3, 2)), 16000), (np.array([np.nan]), 16000), (np.zeros(9), 100)]
)
def test_bad_input_is_refused(samples: Array, rate_hz: int) -> None:
    with pytest.raises(InvalidInput):
        analyse(samples, rate_hz)
