"""Speech of known word times, made without a speech engine."""

import numpy as np
import pytest

from gesture_robot.datatypes import Phoneme, Speech, Word

TEXT = ("Hello, it is wonderful to meet you here today. I can show everybody the way to the garden, and the people "
        "in the little kitchen will make coffee for us. Please follow the yellow lines on the floor, and tell me about "
        "your favourite music. The weather is getting better, so we could open the window and listen to the birds.")
SMALL = set("it is to you i can the and in will for us on me about your so we could a".split())
RATE = 16000


def speak(text=TEXT, seed=0, emotion="neutral"):
    """Words at the pace of read speech, stressed ones marked; a buzz in place of the voice."""
    rng = np.random.default_rng(seed)
    words, phonemes, t = [], [], 0.15
    for token in text.split():
        name = token.strip(".,")
        small = name.lower() in SMALL
        length = (0.07 + 0.03 * len(name) if small else 0.14 + 0.045 * len(name)) * rng.uniform(0.9, 1.1)
        onset = t + 0.3 * length
        words.append(Word(name, t, t + length))
        phonemes += [Phoneme("t", t, onset), Phoneme("ə" if small else "ˈa", onset, t + length)]
        t += length + (0.25 if token.endswith(",") else 0.5 if token.endswith(".") else 0.0)
    samples = np.zeros(int((t + 0.1) * RATE), np.float32)
    clock = np.arange(len(samples)) / RATE
    for word in words:
        inside = (clock >= word.start_s) & (clock < word.end_s)
        level = 0.1 if word.text.lower() in SMALL else 0.4
        since = clock[inside] - word.start_s
        cycles = 150.0 * since - 60.0 * since**2  # a falling pitch, as a voice has
        swell = level * np.sin(np.pi * since / (word.end_s - word.start_s))
        samples[inside] = swell * np.sign(np.sin(2 * np.pi * cycles))
    return Speech("test", text, RATE, samples, tuple(words), tuple(phonemes), emotion)


@pytest.fixture(scope="session")
def speech():
    return speak()


@pytest.fixture(scope="session")
def make_speech():
    return speak


@pytest.fixture(scope="session")
def silence():
    return Speech("silence", "", RATE, np.zeros(RATE * 3, np.float32))
