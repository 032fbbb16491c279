"""From events to word times, on events made by hand."""

from __future__ import annotations

from gesture_robot.speech.espeak_library import RawEvent
from gesture_robot.speech.text import spoken_words
from gesture_robot.speech.word_times import Sound, Spoken, group_events, mark_stress, split_sounds, words_in_samples

FORMS = {
    "for": ["f", "ɔː", "ɹ"],
    "the": ["ð", "ə"],
    "bus": ["b", "ˈʌ", "s"],
    "hm": [],
    "museum": ["m", "j", "uː", "z", "ˈiə", "m"],
}


def alone(word: str) -> list[str]:
    return FORMS[word]


def word(position: int, sample: int) -> RawEvent:
    return RawEvent(True, position, sample)


def sound(ipa: str, sample: int) -> RawEvent:
    return RawEvent(False, 0, sample, ipa)


EVENTS = (
    word(0, 0),
    sound("f", 10),
    sound("ɚ", 100),
    sound("ð", 200),
    sound("ə", 300),
    word(8, 400),
    sound("b", 410),
    sound("ˈʌ", 500),
    sound("s", 600),
    sound("", 700),
    sound("(en)", 700),
    sound("", 900),
)


def test_pauses_end_sounds_and_give_none() -> None:
    groups = group_events(EVENTS, 1000)
    assert [s.ipa for g in groups for s in g.sounds] == ["f", "ɚ", "ð", "ə", "b", "ˈʌ", "s"]
    assert groups[1].sounds[-1].end == 700 and groups[0].sounds[-1].end == 400


def test_a_shared_event_is_divided_by_its_sounds() -> None:
    words = words_in_samples(spoken_words("for the bus"), group_events(EVENTS, 1000), alone)
    assert [(token.text, start, end) for token, start, end in words] == [
        ("for", 0, 200),
        ("the", 200, 400),
        ("bus", 400, 700),
    ]


def test_a_word_without_sound_gets_an_empty_span_and_order_is_kept() -> None:
    words = words_in_samples(
        spoken_words("hm for the hm bus"),
        group_events((word(3, 0), *EVENTS[1:5], word(14, 400), *EVENTS[6:]), 1000),
        alone,
    )
    spans = [(token.text, start, end) for token, start, end in words]
    assert spans[1:3] == [("for", 0, 200), ("the", 200, 400)] and spans[4] == ("bus", 400, 700)
    assert spans[0][1] == spans[0][2] == 0 and spans[3][1] == spans[3][2] == 400


def test_two_events_of_one_word_are_joined() -> None:
    events = (
        word(0, 0),
        sound("t", 10),
        sound("uː", 50),
        word(1, 100),
        sound("f", 110),
        sound("aɪ", 200),
        sound("v", 300),
    )
    assert [(t.text, a, b) for t, a, b in words_in_samples(spoken_words("25"), group_events(events, 400), alone)] == [
        ("25", 0, 400)
    ]


def test_positions_that_go_back_do_not_disorder_words() -> None:
    events = (word(8, 0), sound("b", 0), word(0, 100), sound("f", 100), word(9, 200), sound("s", 200))
    words = words_in_samples(spoken_words("for the bus"), group_events(events, 300), alone)
    assert [t.text for t, _, _ in words] == ["for", "the", "bus"]
    assert all(a[1] <= b[1] and a[1] <= a[2] for a, b in zip(words, words[1:], strict=False))


def test_splitting_follows_likeness_and_covers_all() -> None:
    assert split_sounds(["f", "ɚ", "ð", "ə"], [FORMS["for"], FORMS["the"]]) == [0, 2, 4]
    assert split_sounds(["ɪ", "n", "ð", "ə"], [["ɪ", "n"], ["ð", "iː"]]) == [0, 2, 4]
    assert split_sounds(["x", "y"], [["a"], [], []])[-1] == 2
    assert split_sounds(["x"], [["a", "b"]]) == [0, 1]


def test_stress_is_copied_only_where_there_is_none() -> None:
    tokens = spoken_words("the museum")
    group = [
        Spoken(0, 0, [Sound(ipa, 10 * i, 10 * i + 10) for i, ipa in enumerate(("ð", "ə"))]),
        Spoken(4, 20, [Sound(ipa, 20 + 10 * i, 30 + 10 * i) for i, ipa in enumerate(("m", "j", "uː", "z", "iə", "m"))]),
    ]
    words = [(tokens[0], 0, 20), (tokens[1], 20, 80)]
    mark_stress(words, group, alone)
    assert [s.ipa for s in group[1].sounds] == ["m", "j", "uː", "z", "ˈiə", "m"] and group[0].sounds[1].ipa == "ə"
    mark_stress(words, group, lambda text: ["ˈə"] * 6)
    assert [s.ipa for s in group[0].sounds] == ["ð", "ə"]
