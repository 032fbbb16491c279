"""espeak-ng: languages, voices, emotions, the data path limit, word events that are shared."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gesture_robot.errors import InvalidInput, MissingDependency, UnknownName
from gesture_robot.speech import espeak_library, espeak_paths
from gesture_robot.speech.config import SpeechConfig
from gesture_robot.speech.espeak import EspeakTts, languages, library_version
from gesture_robot.speech.text import spoken_words

GREETINGS = {
    "en-US": "Hello, welcome to the museum!",
    "en-GB": "Would you like to see it?",
    "fr": "Où est la bibliothèque?",
    "de-DE": "Guten Tag, schön Sie zu sehen.",
    "es": "¿Qué tal? ¡Bienvenido!",
    "it": "Buongiorno a tutti.",
    "ru": "Добро пожаловать в музей!",
    "hi": "नमस्ते, आप कैसे हैं?",
    "ko": "안녕하세요, 반갑습니다.",
    "ar": "مرحبا بكم في المتحف، كيف حالكم؟",
    "zh": "你好，欢迎来到博物馆。",
    "zh-Hans-CN": "再见！",
    "yue": "你好。",
    "ja": "こんにちは、ようこそ。",
    "pt-BR": "Olá, tudo bem?",
}


@pytest.mark.parametrize("language", GREETINGS)
def test_languages_give_all_words_and_sounds(espeak: EspeakTts, language: str) -> None:
    speech = espeak.synthesize(GREETINGS[language], language=language)
    assert [w.text for w in speech.words] == [t.text for t in spoken_words(GREETINGS[language])]
    assert all(w.end_s > w.start_s for w in speech.words)
    assert len(speech.phonemes) >= 1.5 * len(speech.words) and speech.language == language
    assert not any(set(p.text) & set("()_-| ") for p in speech.phonemes)


@pytest.mark.parametrize(
    ("text", "second", "onset"),
    [
        ("wait for the bus", "the", "ð"),
        ("he is in the house", "the", "ð"),
        ("part of the plan", "the", "ð"),
        ("two of a kind", "a", "ə"),
        ("a cup of it", "it", "ɪ"),
    ],
)
def test_one_event_for_two_words_is_divided_at_the_right_sound(
    espeak: EspeakTts, text: str, second: str, onset: str
) -> None:
    speech = espeak.synthesize(text)
    index = text.split().index(second)
    word = speech.words[index]
    assert [w.text for w in speech.words] == text.split()
    first = next(p for p in speech.phonemes if p.start_s >= word.start_s - 1e-6)
    assert first.text.lstrip("ˈˌ")[0] == onset or second == "a" and first.text[0] in "ɐəʌ"
    assert word.start_s == pytest.approx(speech.words[index - 1].end_s, abs=0.03)


def test_stress_marks_are_on_content_words(espeak: EspeakTts) -> None:
    speech = espeak.synthesize("The museum is wonderful.")
    stressed = [any("ˈ" in p.text for p in speech.phonemes if w.start_s <= p.start_s < w.end_s) for w in speech.words]
    assert stressed == [False, True, False, True]


def test_word_starts_are_where_sound_starts(espeak: EspeakTts) -> None:
    for word in ("apple", "museum", "welcome", "robot"):
        speech = espeak.synthesize(f"{word}.")
        heard_s = np.flatnonzero(np.abs(speech.samples) > 0.01)[0] / speech.rate_hz
        assert speech.words[0].start_s == pytest.approx(heard_s, abs=0.03)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"language": "klingonn"}, "language"),
        ({"language": ""}, "language"),
        ({"voice": "f9"}, "f2"),
        ({"voice": "en-us+zz"}, "variant"),
        ({"voice": "../x"}, "voice"),
    ],
)
def test_unknown_voice_or_language_lists_near_ones(espeak: EspeakTts, given: dict[str, str], named: str) -> None:
    with pytest.raises(UnknownName, match=named) as error:
        espeak.synthesize("hello", **given)
    assert len(str(error.value)) < 400 and "\n" not in str(error.value)


def test_voices_and_variants_change_the_sound(espeak: EspeakTts) -> None:
    sounds = [
        espeak.synthesize("hello", voice=v).samples.tobytes()
        for v in ("", "f3", "en-gb", "en-us+m3", "English (Great Britain)")
    ]
    assert len(set(sounds)) == 4 and sounds[2] == sounds[4]
    assert EspeakTts(SpeechConfig(voice="f3")).synthesize("hello").samples.tobytes() == sounds[1]
    assert {"cmn", "en-us", "de"} <= set(languages())


def test_emotion_changes_rate_mildly_and_in_the_expected_direction(espeak: EspeakTts) -> None:
    length_s = {
        e: espeak.synthesize("Hello, welcome to the museum!", emotion=e).words[-1].end_s
        for e in ("neutral", "happiness", "sadness", "fear")
    }
    assert (
        length_s["fear"]
        < length_s["happiness"]
        < length_s["neutral"]
        < length_s["sadness"]
        < 1.25 * length_s["neutral"]
    )


def test_a_data_path_of_250_characters_works(
    espeak: EspeakTts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, data = espeak_paths.locate()
    if data is None:
        pytest.skip("the system's library has its own data folder")
    deep = tmp_path
    while len(os.fsencode(deep)) < 250:
        deep = deep / ("d" * min(60, 250 - len(os.fsencode(deep))))
    deep.mkdir(parents=True)
    (deep / "espeak-ng-data").symlink_to(data)
    registered: list[tuple] = []  # type: ignore[type-arg]
    monkeypatch.setattr(atexit, "register", lambda *call, **more: registered.append((call, more)))
    short = espeak_paths.short_data_path(str(deep / "espeak-ng-data"))
    expected = espeak.synthesize("hello").samples
    monkeypatch.setattr(espeak_library, "locate", lambda: (library, short))
    assert len(os.fsencode(short)) <= espeak_paths.MAX_DATA_PATH_BYTES
    assert np.array_equal(EspeakTts().synthesize("hello").samples, expected)
    (function, *arguments), more = registered[0]
    function(*arguments, **more)
    assert not Path(short).parent.exists() and Path(data).exists()


def test_the_version_is_known(espeak: EspeakTts) -> None:
    assert library_version().startswith("1.")


def test_a_short_path_is_left_alone() -> None:
    assert espeak_paths.short_data_path("/usr/share/espeak-ng-data") == "/usr/share/espeak-ng-data"


@pytest.fixture
def forget_library() -> Iterator[None]:
    espeak_paths.locate.cache_clear()
    yield
    espeak_paths.locate.cache_clear()


def test_a_link_that_was_cleaned_away_is_made_again(
    espeak: EspeakTts, forget_library: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, data = espeak_paths.locate()
    if data is None:
        pytest.skip("the system's library has its own data folder")
    link = tmp_path / "espeak-ng-data"
    monkeypatch.setattr(espeak_paths, "candidates", lambda: iter([(library, data)]))

    def relink(path: str) -> str:
        link.symlink_to(path)
        return str(link)

    monkeypatch.setattr(espeak_paths, "short_data_path", relink)
    espeak_paths.locate.cache_clear()
    espeak.synthesize("hello")
    link.unlink()
    assert espeak.synthesize("hello").words and link.exists()


def test_without_a_library_the_extra_is_named(forget_library: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(espeak_paths, "import_module", missing)
    monkeypatch.setattr(espeak_paths.ctypes.util, "find_library", lambda name: "libno-such-thing.so.7")
    with pytest.raises(MissingDependency, match=r"apt install libespeak-ng1.*gesture_robot\[espeak\]"):
        EspeakTts().synthesize("hello")


def test_the_system_library_is_tried_when_the_wheel_does_not_load(
    espeak: EspeakTts, forget_library: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, data = espeak_paths.locate()
    (tmp_path / "no.so").write_bytes(b"not a library")
    monkeypatch.setattr(
        espeak_paths, "candidates", lambda: iter([(str(tmp_path / "no.so"), str(tmp_path)), (library, data)])
    )
    espeak_paths.locate.cache_clear()
    assert espeak_paths.locate() == (library, data)


def test_a_library_without_its_data_is_named(
    espeak: EspeakTts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, _ = espeak_paths.locate()
    monkeypatch.setattr(espeak_library, "locate", lambda: (library, str(tmp_path)))
    with pytest.raises(MissingDependency, match="cannot be read"), espeak_library.open_session():
        pass


def test_stop_from_another_thread_ends_a_synthesis(espeak: EspeakTts) -> None:
    engine = EspeakTts(SpeechConfig(max_chars=2000))
    stream = engine.stream("one two three four five six seven eight nine ten. " * 2000)
    next(stream)
    thread = threading.Thread(target=engine.stop)
    thread.start()
    thread.join()
    assert list(stream) == []
    with pytest.raises(InvalidInput, match="stopped"):
        _stopped_at_once(engine)


def _stopped_at_once(engine: EspeakTts) -> None:
    original = engine._speak

    def speak(*arguments: object) -> object:
        engine.stop()
        return original(*arguments)  # type: ignore[arg-type]

    engine._speak = speak  # type: ignore[method-assign, assignment]
    engine.synthesize("Hello there.")


def test_threads_do_not_disturb_each_other(espeak: EspeakTts) -> None:
    texts = ["Hello there.", "Bonjour à tous.", "Guten Tag."]
    expected = [espeak.synthesize(text).samples for text in texts]
    results: list[list[np.ndarray]] = [[], [], []]
    threads = [
        threading.Thread(target=lambda i=i: results[i].extend(espeak.synthesize(texts[i]).samples for _ in range(5)))
        for i in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(sound, expected[i]) for i in range(3) for sound in results[i])


def test_nothing_heavy_or_gpl_is_loaded_before_it_is_used() -> None:
    code = (
        "import sys, gesture_robot.speech.espeak as e, gesture_robot.speech.playback; e.EspeakTts();"
        "print([m for m in ('espeakng_loader', 'sounddevice', 'cv2', 'mediapipe') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
