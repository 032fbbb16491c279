"""Commands that look things up: gestures, models, figures of a motion."""

import json

import pytest

from gesture_robot import cli


def last_json(capsys):
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def test_models_are_listed_and_load(capsys):
    assert cli.main(["models", "list", "--json"]) == 0
    assert any(row["file"].endswith(".tflite") for row in last_json(capsys)["models"])
    assert cli.main(["models", "prepare", "--json"]) == 0
    assert all(engine["ready"] for engine in last_json(capsys)["engines"].values())


def test_gestures_are_listed_and_shown(capsys):
    assert cli.main(["gesture", "list", "--json"]) == 0
    names = last_json(capsys)["gestures"]
    assert {"rest", "wave", "nod", "point", "shrug", "bow", "open_palms"} <= set(names)
    assert cli.main(["gesture", "show", "wave", "--json"]) == 0
    assert last_json(capsys)["duration_s"] > 1.0


@pytest.mark.parametrize("words, hint", [("gesture show", "wave"), ("gesture show wavve", "wave"),
                                         ("gesture render wave", "--out")])
def test_gesture_says_what_is_missing(words, hint, capsys):
    assert cli.main(words.split()) == 2
    assert hint in capsys.readouterr().err


def test_evaluate_gives_figures(tmp_path, capsys):
    assert cli.main(["speak", "People like robots that move while they talk to them.", "--out", str(tmp_path)]) == 0
    capsys.readouterr()
    motion, audio = str(tmp_path / "motion.npz"), str(tmp_path / "speech.wav")
    assert cli.main(["evaluate", motion, "--audio", audio, "--reference", motion, "--json"]) == 0
    report = last_json(capsys)
    assert report["motion"] == report["reference"] and report["motion"]["wrist_speed_mean"] > 0.1
