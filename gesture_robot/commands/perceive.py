"""`gesture_robot perceive`: people, gaze, expressions and interactions in pictures or video, written as JSON."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gesture_robot.errors import GestureRobotError, InvalidInput, OutputUnwritable

if TYPE_CHECKING:
    from gesture_robot.checks import Array
    from gesture_robot.datatypes import CameraImage, SocialScene
    from gesture_robot.perception.stage import PerceptionStage

APART_S = 100.0
"""Stamps of single pictures lie this far apart, so that nothing is remembered between them."""
STEPS = 4
"""A video is asked for pictures this many times per picture: those of uneven rate lose none."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of perceive."""
    parser.add_argument("input", metavar="IMAGE|VIDEO|DIR", help="a picture, a video, or a folder of them")
    parser.add_argument("--out", required=True, metavar="people.json", help="file to write")
    parser.add_argument("--annotate", metavar="DIR", help="also write the pictures with what was seen drawn on them")
    parser.add_argument("--field-of-view", type=float, default=60.0, metavar="DEG",
                        help="horizontal field of view of the camera, for distances (default: 60)")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Look at everything and write the file; returns counts and problems."""
    if not 10.0 <= args.field_of_view <= 170.0:
        raise InvalidInput(f"--field-of-view must be between 10 and 170 degrees, got {args.field_of_view:g}.")
    from gesture_robot.perception.picture_files import find_files

    files = find_files(Path(args.input))
    out = _writable_file(Path(args.out))
    folder = None if args.annotate is None else _writable_folder(Path(args.annotate))
    from gesture_robot.perception.config import PerceptionConfig
    from gesture_robot.perception.mediapipe_backend import MediaPipeBackend
    from gesture_robot.perception.stage import PerceptionStage

    stage = PerceptionStage(MediaPipeBackend(PerceptionConfig(tiles=6, max_people=20)))
    try:
        looker = _Looker(stage, args.field_of_view, folder)
        pictures, problems = looker.look_at_all(files, alone=len(files) == 1 and not Path(args.input).is_dir())
    finally:
        stage.close()
    from gesture_robot.perception.picture_report import FRAME

    report = {"frame": FRAME, "field_of_view_deg": args.field_of_view, "pictures": pictures, "problems": problems}
    out.write_text(json.dumps(report, indent=1), encoding="utf-8")
    people = [len(p["people"]) for p in pictures]
    print(f"{len(pictures)} pictures, at most {max(people, default=0)} people in one, written to {out}")
    for problem in problems:
        print(f"note: {problem}")
    return {"out": str(out), "pictures": len(pictures), "pictures_with_people": sum(n > 0 for n in people),
            "most_people": max(people, default=0), "problems": problems}


class _Looker:
    """Runs the perception stage over files."""

    def __init__(self, stage: PerceptionStage, field_of_view_deg: float, folder: Path | None):
        self._stage, self._field_of_view_deg, self._folder = stage, field_of_view_deg, folder
        self._stamp_s = 0.0
        self._used: set[str] = set()

    def look_at_all(self, files: list[Path], *, alone: bool) -> tuple[list[dict[str, Any]], list[str]]:
        """Records of all pictures, and what could not be read; a file that was named alone must be readable."""
        from tqdm import tqdm

        from gesture_robot.perception.picture_files import VIDEOS

        records: list[dict[str, Any]] = []
        problems: list[str] = []
        single = all(file.suffix.lower() not in VIDEOS for file in files)
        for file in tqdm(files, desc="pictures", unit="", disable=None, leave=False) if single else files:
            try:
                records += self._look_at(file, problems)
            except GestureRobotError as error:
                if alone:
                    raise
                problems.append(f"skipped: {error}")
        if not records:
            raise InvalidInput(f"none of the {len(files)} files can be read. First: {problems[0]}")
        return records, problems

    def _look_at(self, file: Path, problems: list[str]) -> list[dict[str, Any]]:
        from gesture_robot.perception.picture_files import is_picture

        return [self._picture(file, problems)] if is_picture(file) else list(self._video(file, problems))

    def _picture(self, file: Path, problems: list[str]) -> dict[str, Any]:
        from gesture_robot.perception.picture_files import cut_off, read_picture
        from gesture_robot.perception.picture_report import describe

        rgb = read_picture(file)
        if cut_off(file):
            problems.append(f"'{file}' is cut off; what could be read of it was used.")
        self._stamp_s += APART_S
        image = self._image(self._stamp_s, rgb)
        scene = self._stage.glance(image)
        self._draw(rgb, scene, file.stem)
        return {"file": str(file), "stamp_s": 0.0, **describe(image, scene)}

    def _video(self, file: Path, problems: list[str]) -> Iterator[dict[str, Any]]:
        from tqdm import tqdm

        from gesture_robot.perception.picture_files import video_length
        from gesture_robot.perception.picture_report import BASE_FROM_LENS, describe
        from gesture_robot.scene.devices import VideoFileCamera

        camera = VideoFileCamera(file)
        self._stage.reset()
        self._stamp_s += APART_S
        begin_s, index, count = self._stamp_s, 0, 0
        with tqdm(desc=file.name, unit=" pictures", total=video_length(file), disable=None, leave=False) as bar:
            while not camera.ended:
                now_s = begin_s + index / (STEPS * camera.fps)
                index += 1
                picture = camera.read(now_s, BASE_FROM_LENS)
                if picture is None:
                    continue
                image = self._image(picture.stamp_s, picture.rgb)
                self._stamp_s = picture.stamp_s
                scene = self._stage.process(image)
                self._draw(picture.rgb, scene, f"{file.stem}_{count:05d}")
                count += 1
                bar.update()
                yield {"file": str(file), "stamp_s": round(picture.stamp_s - begin_s, 4), **describe(image, scene)}
        if camera.truncated:
            problems.append(f"'{file}' is cut off; the {count} pictures that could be read were used.")

    def _image(self, stamp_s: float, rgb: Array) -> CameraImage:
        from gesture_robot.datatypes import CameraImage
        from gesture_robot.perception.picture_report import BASE_FROM_LENS
        from gesture_robot.scene.camera import camera_matrix_for

        matrix = camera_matrix_for(rgb.shape[1], rgb.shape[0], self._field_of_view_deg)
        return CameraImage(stamp_s, "camera", rgb, matrix, BASE_FROM_LENS)

    def _draw(self, rgb: Array, scene: SocialScene, name: str) -> None:
        if self._folder is None:
            return
        import cv2

        from gesture_robot.perception.annotate import annotate

        unique, number = name, 1
        while unique in self._used:
            number += 1
            unique = f"{name}_{number}"
        self._used.add(unique)
        target = self._folder / f"{unique}.png"
        if not cv2.imwrite(str(target), cv2.cvtColor(annotate(rgb, scene), cv2.COLOR_RGB2BGR)):
            raise OutputUnwritable(f"cannot write '{target}'; give a folder you may write to with --annotate DIR.")


def _writable_file(path: Path) -> Path:
    if path.is_dir():
        raise OutputUnwritable(f"--out '{path}' is a folder; name a file, such as '{path / 'people.json'}'.")
    _writable_folder(path.parent)
    if path.exists() and not os.access(path, os.W_OK):
        raise OutputUnwritable(f"cannot write '{path}'; give a file you may write to with --out.")
    return path


def _writable_folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputUnwritable(f"cannot make the folder '{path}': {error.strerror}; name another.") from None
    if not os.access(path, os.W_OK):
        raise OutputUnwritable(f"cannot write into the folder '{path}'; give one you may write to.")
    return path
