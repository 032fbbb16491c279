from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gesture_robot.checks import Array
from gesture_robot.commands import perceive
from gesture_robot.errors import CameraUnavailable, InvalidInput, OutputUnwritable
from gesture_robot.perception import mediapipe_backend as engine
from gesture_robot.perception.scripted import ScriptedBackend, scripted_person

cv2 = pytest.importorskip("cv2")


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading and writing are tested with a backend that costs nothing."""
    monkeypatch.setattr(engine, "MediaPipeBackend", lambda config: ScriptedBackend(((scripted_person(0.0, 2.0),),)))


def write_picture(path: Path, rgb: Array) -> Path:
    assert cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return path


def write_video(path: Path, pictures: int, code: str = "MJPG") -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*code), 15, (64, 48))
    for i in range(pictures):
        writer.write(np.random.default_rng(i).integers(0, 255, (48, 64, 3), dtype=np.uint8))
    writer.release()
    return path


def look(*words: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run the command; its report and the file it wrote."""
    parser = argparse.ArgumentParser()
    perceive.add_arguments(parser)
    report = perceive.run(parser.parse_args([str(w) for w in words]))
    return report, json.loads(Path(report["out"]).read_text(encoding="utf-8"))


def test_real_portrait_noise_and_video_in_one_folder(
    tmp_path: Path, portrait: Array, mediapipe_backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MediaPipeBackend", lambda config: mediapipe_backend)
    monkeypatch.setattr(mediapipe_backend, "close", lambda: None)
    folder = tmp_path / "in"
    folder.mkdir()
    write_picture(folder / "a.png", portrait)
    write_picture(folder / "b.png", np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8))
    (folder / "c.jpg").write_text("not a picture")
    report, file = look(folder, "--out", tmp_path / "out" / "people.json", "--annotate", tmp_path / "drawn")
    assert (report["pictures"], report["pictures_with_people"], report["most_people"]) == (2, 1, 1)
    assert len(report["problems"]) == 1 and "c.jpg" in report["problems"][0]
    someone = file["pictures"][0]["people"][0]
    assert someone["smile"] > 0.7 and abs(someone["head_yaw_deg"]) < 8.0 and someone["engagement"] == "engaged"
    assert {i["behaviour"] for i in file["pictures"][0]["interactions"]} >= {"smile", "mutual-gaze"}
    assert file["pictures"][1]["people"] == []
    assert sorted(f.name for f in (tmp_path / "drawn").iterdir()) == ["a.png", "b.png"]


def test_single_picture_needs_no_persistence(tmp_path: Path, portrait: Array, scripted: None) -> None:
    _, file = look(write_picture(tmp_path / "a.png", portrait), "--out", tmp_path / "people.json")
    assert [p["id"] for p in file["pictures"][0]["people"]] == ["p1"]


def test_video_gives_every_picture_with_lasting_ids(tmp_path: Path, scripted: None) -> None:
    report, file = look(
        write_video(tmp_path / "v.avi", 12), "--out", tmp_path / "people.json", "--annotate", tmp_path / "d"
    )
    assert report["pictures"] == 12 and report["problems"] == []
    assert [len(p["people"]) for p in file["pictures"]] == [0, 0] + [1] * 10
    assert {q["id"] for p in file["pictures"] for q in p["people"]} == {"p1"}
    assert np.allclose(np.diff([p["stamp_s"] for p in file["pictures"]]), 1 / 15, atol=2e-3)
    assert len(list((tmp_path / "d").iterdir())) == 12


def test_truncated_video_gives_what_could_be_read_and_says_so(tmp_path: Path, scripted: None) -> None:
    whole = write_video(tmp_path / "v.avi", 30)
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    report, file = look(cut, "--out", tmp_path / "people.json")
    assert 5 < report["pictures"] < 30
    assert "cut off" in report["problems"][0] and str(report["pictures"]) in report["problems"][0]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.png", None, "no file or folder"),
        ("empty.png", b"", "empty"),
        ("text.jpg", b"hello", "not a picture"),
        ("cut.jpg", b"\xff\xd8\xff\xe0 and no more", "cut off"),
        ("text.mp4", b"hello", "not a video"),
        ("odd.xyz", b"hello", "not a video"),
    ],
)
def test_unreadable_input_is_one_clear_error(
    tmp_path: Path, scripted: None, name: str, content: bytes | None, says: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises((InvalidInput, CameraUnavailable), match=says) as caught:
        look(tmp_path / name, "--out", tmp_path / "people.json")
    assert caught.value.exit_code == 2
    assert not (tmp_path / "people.json").exists()


def test_folder_without_pictures_and_folder_of_broken_ones(tmp_path: Path, scripted: None) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with pytest.raises(InvalidInput, match="no picture and no video"):
        look(folder, "--out", tmp_path / "people.json")
    (folder / "a.jpg").write_text("x")
    with pytest.raises(InvalidInput, match="none of the 1 files"):
        look(folder, "--out", tmp_path / "people.json")


def test_output_that_cannot_be_written_is_said_before_any_work(tmp_path: Path, portrait: Array) -> None:
    image = write_picture(tmp_path / "a.png", portrait)
    with pytest.raises(OutputUnwritable, match="is a folder"):
        look(image, "--out", tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputUnwritable, match="cannot make the folder"):
        look(image, "--out", tmp_path / "file" / "people.json")


def test_field_of_view_scales_distance_and_is_checked(tmp_path: Path, portrait: Array, scripted: None) -> None:
    with pytest.raises(InvalidInput, match="field-of-view"):
        look(write_picture(tmp_path / "a.png", portrait), "--out", tmp_path / "p.json", "--field-of-view", 200)


def test_tiny_and_grey_pictures(tmp_path: Path, scripted: None) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.zeros((64, 64), np.uint8))
    assert look(tmp_path / "grey.png", "--out", tmp_path / "p.json")[0]["pictures"] == 1
    cv2.imwrite(str(tmp_path / "dot.png"), np.zeros((4, 4), np.uint8))
    with pytest.raises(InvalidInput, match="only 4 x 4"):
        look(tmp_path / "dot.png", "--out", tmp_path / "p.json")
