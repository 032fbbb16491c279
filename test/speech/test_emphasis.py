"""Moments of emphasis, with words and from the sound alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from gesture_robot.datatypes import Phoneme, Speech, Word
from gesture_robot.speech.emphasis import emphases, pseudo_words
from gesture_robot.speech.espeak import EspeakTts
from gesture_robot.speech.function_words import is_function_word
from gesture_robot.speech.tone import ToneTts

TEXTS = (
    "Hello, welcome to the museum! Would you like to see the dinosaurs?",
    "My name is Wren. I am a small robot with two arms, and I can show you the way to every room in this building.",
    "When we looked at the results last week, we found that nearly everyone had changed their mind about it.",
)


def alone(speech: Speech) -> Speech:
    return replace(speech, text="", words=(), phonemes=())


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("voice", ["", "f3", "en-gb", "m7"])
def test_each_word_has_one_inside_it_and_content_words_are_stronger(espeak: EspeakTts, text: str, voice: str) -> None:
    speech = espeak.synthesize(text, voice=voice)
    found = emphases(speech)
    assert [e.text for e in found] == [w.text for w in speech.words]
    for item, word in zip(found, speech.words, strict=True):
        assert word.start_s <= item.time_s <= word.end_s and item.word_start_s == word.start_s
        assert 0.0 <= item.strength <= 1.0
    weak = [e.strength for e in found if is_function_word(e.text)]
    strong = [e.strength for e in found if not is_function_word(e.text)]
    assert max(weak) < 0.35 < min(strong) and np.mean(strong) > 0.6


def test_the_time_is_the_stressed_vowel(espeak: EspeakTts) -> None:
    speech = espeak.synthesize("It surprised the museum.")
    found = {e.text: e.time_s for e in emphases(speech)}
    for word in ("surprised", "museum"):
        span = next(w for w in speech.words if w.text == word)
        vowel = next(p for p in speech.phonemes if "ˈ" in p.text and span.start_s <= p.start_s < span.end_s)
        assert found[word] == vowel.start_s > span.start_s + 0.05


def test_last_content_word_of_a_phrase_is_stronger_and_a_repeated_one_weaker() -> None:
    words = tuple(Word(t, 0.4 * i, 0.4 * i + 0.3) for i, t in enumerate(("red", "house", "red", "tree")))
    phonemes = tuple(Phoneme("ˈa", w.start_s, w.end_s) for w in words)
    speech = Speech("x", "red house red tree", 16000, np.zeros(32000), words, phonemes)
    red, house, again, tree = (e.strength for e in emphases(speech))
    assert again < red == house < tree


def test_without_stress_marks_long_words_still_stand_out(espeak: EspeakTts) -> None:
    speech = espeak.synthesize("The museum is wonderful.")
    bare = replace(speech, phonemes=tuple(Phoneme(p.text.strip("ˈˌ"), p.start_s, p.end_s) for p in speech.phonemes))
    the, museum, be, wonderful = (e.strength for e in emphases(bare))
    assert min(museum, wonderful) > 2.0 * max(the, be)


@pytest.mark.parametrize("voice", ["", "f3", "en-gb", "m7", "tone"])
def test_sound_alone_gives_about_as_many_as_the_words(espeak: EspeakTts, voice: str) -> None:
    text = " ".join(TEXTS)
    speech = ToneTts().synthesize(text) if voice == "tone" else espeak.synthesize(text, voice=voice)
    known, heard = emphases(speech), emphases(alone(speech))
    assert 0.5 <= len(heard) / len(known) <= 1.5
    strong, loud = (np.array([e.time_s for e in part if e.strength >= 0.5]) for part in (known, heard))
    assert 0.5 <= len(loud) / len(strong) <= 1.5
    times_s = np.array([e.time_s for e in heard])
    assert (np.abs(strong[:, None] - times_s).min(axis=1) < 0.08).mean() > 0.65
    assert all(a.time_s < b.time_s for a, b in pairwise(heard))
    assert all(e.start_s <= e.time_s <= e.end_s and 0.0 <= e.strength <= 1.0 for e in heard)


def test_pseudo_words_stand_in_for_words(espeak: EspeakTts) -> None:
    speech = espeak.synthesize(TEXTS[0])
    spans = pseudo_words(alone(speech))
    assert all(a.start_s < b.start_s and a.text == "" for a, b in pairwise(spans))
    assert spans[-1].end_s <= speech.duration_s and pseudo_words(speech) == speech.words


@pytest.mark.parametrize(
    "samples", [np.zeros(22050), np.zeros(0), 0.1 * np.random.default_rng(0).standard_normal(22050)]
)
def test_silence_and_noise_have_none(samples: np.ndarray) -> None:
    assert emphases(Speech("x", "", 22050, samples)) == ()


def test_other_languages_have_strong_and_weak_words(espeak: EspeakTts) -> None:
    for language, text in (
        ("de", "Das ist ein schönes Museum mit vielen Bildern."),
        ("ru", "Добро пожаловать в музей!"),
        ("fr", "Vous pouvez voir les dinosaures dans la grande salle."),
        ("zh", "欢迎来到博物馆。"),
    ):
        strengths = [e.strength for e in emphases(espeak.synthesize(text, language=language))]
        assert max(strengths) > 0.5, language
