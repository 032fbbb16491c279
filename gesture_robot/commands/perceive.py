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

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
VIDEOS = (".mp4", ".avi", ".mkv", ".webm", ".mov", ".m4v", ".gif")
APART_S = 100.0
"""Stamps of single pictures lie this far apart, so that nothing is remembered between them."""
SMALLEST_PX = 16
FRAME = "camera: x forward, y left, z up, origin in the lens [m]"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of perceive."""
    parser.add_argument("input", metavar="IMAGE|VIDEO|DIR", help="a picture, a video, or a folder of pictures and videos")
    parser.add_argument("--out", required=True, metavar="people.json", help="file to write")
    parser.add_argument("--annotate", metavar="DIR", help="also write the pictures with what was seen drawn on them")
    parser.add_argument("--field-of-view", type=float, default=60.0, metavar="DEG",
                        help="horizontal field of view of the camera, for distances (default: 60)")


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Look at everything and write the file; returns counts and problems."""
    if not 10.0 <= args.field_of_view <= 170.0:
        raise InvalidInput(f"--field-of-view must be between 10 and 170 degrees, got {args.field_of_view:g}.")
    files = _files(Path(args.input))
    out, folder = _writable_file(Path(args.out)), None if args.annotate is None else _writable_folder(Path(args.annotate))
    from gesture_robot.perception.mediapipe_backend import MediaPipeBackend
    from gesture_robot.perception.stage import PerceptionStage

    stage = PerceptionStage(MediaPipeBackend())
    try:
        looker = _Looker(stage, args.field_of_view, folder)
        pictures, problems = looker.look_at_all(files, alone=len(files) == 1 and not Path(args.input).is_dir())
    finally:
        stage.close()
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
        if file.suffix.lower() in PICTURES or (file.suffix.lower() not in VIDEOS and _is_picture(file)):
            return [self._picture(file, problems)]
        return list(self._video(file, problems))

    def _picture(self, file: Path, problems: list[str]) -> dict[str, Any]:
        rgb = read_picture(file)
        if _cut_off(file):
            problems.append(f"'{file}' is cut off; what could be read of it was used.")
        self._stamp_s += APART_S
        image = self._image(self._stamp_s, rgb)
        scene = self._stage.glance(image)
        self._draw(rgb, scene, file.stem)
        return {"file": str(file), "stamp_s": 0.0, **describe(image, scene)}

    def _video(self, file: Path, problems: list[str]) -> Iterator[dict[str, Any]]:
        from tqdm import tqdm

        from gesture_robot.scene.devices import VideoFileCamera

        camera = VideoFileCamera(file)
        self._stage.reset()
        self._stamp_s += APART_S
        begin_s, index, count = self._stamp_s, 0, 0
        with tqdm(desc=file.name, unit=" pictures", total=_length(file), disable=None, leave=False) as bar:
            while not camera.ended:
                now_s = begin_s + index / camera.fps
                index += 1
                picture = camera.read(now_s, _LENS)
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
        from gesture_robot.scene.camera import camera_matrix_for

        matrix = camera_matrix_for(rgb.shape[1], rgb.shape[0], self._field_of_view_deg)
        return CameraImage(stamp_s, "camera", rgb, matrix, _LENS)

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


_LENS = ((0.0, 0.0, 1.0, 0.0), (-1.0, 0.0, 0.0, 0.0), (0.0, -1.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
"""base_from_camera of a base in the lens: optical axes to x forward, y left, z up."""


def describe(image: CameraImage, scene: SocialScene) -> dict[str, Any]:
    """One picture's people, groups and interactions as plain numbers and text."""
    from gesture_robot.perception.engagement import facing_angle_deg

    levels = {e.person_id: e for e in scene.engagement}
    people = []
    for p in scene.people:
        forward, left, up = p.base_from_head[:3, 0], p.base_from_head[:3, 1], p.base_from_head[:3, 2]
        yaw, pitch, roll = _angles_deg(forward, left, up)
        e = levels[p.id]
        people.append({
            "id": p.id, "box_px": _plain(p.box_px, 1), "face_box_px": _plain(p.face_box_px, 1),
            "position_m": _plain(p.position_base, 3), "distance_m": round(p.distance_m, 3),
            "head_yaw_deg": yaw, "head_pitch_deg": pitch, "head_roll_deg": roll,
            "facing_angle_deg": round(facing_angle_deg(p, image.base_from_camera[:3, 3]), 1), "gaze": _plain(p.gaze_base, 3),
            "smile": round(p.expression.smile, 3), "mouth_open": round(p.expression.mouth_open, 3),
            "eyes_closed": round(p.expression.eyes_closed, 3), "gestures": list(p.gestures),
            "confidence": round(p.confidence, 3), "engagement": e.level.name.lower(), "engagement_score": round(e.score, 3)})
    return {"width": image.rgb.shape[1], "height": image.rgb.shape[0], "people": people,
            "groups": [{"id": g.id, "members": list(g.member_ids), "box_px": _plain(g.box_px, 1)} for g in scene.groups],
            "interactions": [{"individual": i.individual_id, "group": i.group_id, "behaviour": i.behaviour,
                              "score": round(i.score, 3)} for i in scene.interactions]}


def _angles_deg(forward: Array, left: Array, up: Array) -> tuple[float, float, float]:
    """Yaw (0 = towards the camera, positive = to the person's left), pitch (down positive), roll (towards their right)."""
    import numpy as np

    yaw = np.degrees(np.arctan2(-forward[1], -forward[0]))
    pitch = np.degrees(np.arcsin(np.clip(-forward[2], -1.0, 1.0)))
    roll = np.degrees(np.arctan2(left[2], up[2]))
    return round(float(yaw), 1), round(float(pitch), 1), round(float(roll), 1)


def read_picture(file: Path) -> Array:
    """(H, W, 3) uint8 RGB; raises InvalidInput with the reason."""
    import cv2
    import numpy as np

    try:
        data = np.fromfile(file, np.uint8)
    except OSError as error:
        raise InvalidInput(f"cannot read '{file}': {error.strerror}. Check that you may read it.") from None
    if not len(data):
        raise InvalidInput(f"'{file}' is empty (0 bytes). Give a JPEG, PNG, BMP, WebP or TIFF picture.")
    from gesture_robot.perception.mediapipe_graphs import silent_stderr

    try:
        with silent_stderr():
            bgr = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error:
        bgr = None
    if bgr is None:
        why = "is cut off" if _cut_off(file) else "is not a picture that can be read"
        raise InvalidInput(f"'{file}' {why}. Whole JPEG, PNG, BMP, WebP and TIFF files work.")
    if min(bgr.shape[:2]) < SMALLEST_PX:
        raise InvalidInput(f"'{file}' is only {bgr.shape[1]} x {bgr.shape[0]} pixels; at least {SMALLEST_PX} x {SMALLEST_PX} are needed.")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))


def _is_picture(file: Path) -> bool:
    """A file with an unknown ending is a picture when OpenCV has a reader for it."""
    import cv2

    return bool(cv2.haveImageReader(str(file)))


def _cut_off(file: Path) -> bool:
    """A JPEG without its end marker, a PNG without its end chunk."""
    data = file.read_bytes()
    if data[:2] == b"\xff\xd8":
        return b"\xff\xd9" not in data[-64:]
    return data[:4] == b"\x89PNG" and b"IEND" not in data[-64:]


def _length(file: Path) -> int | None:
    import cv2

    capture = cv2.VideoCapture(str(file))
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    capture.release()
    return count if count > 0 else None


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(f for f in path.iterdir() if f.suffix.lower() in PICTURES + VIDEOS and f.is_file())
        if not files:
            raise InvalidInput(f"the folder '{path}' holds no picture and no video. Known endings: {' '.join(PICTURES + VIDEOS)}.")
        return files
    if not path.exists():
        raise InvalidInput(f"there is no file or folder '{path}'. Give a picture, a video, or a folder of them.")
    if path.stat().st_size == 0:
        raise InvalidInput(f"'{path}' is empty (0 bytes). Give a picture, a video, or a folder of them.")
    return [path]


def _writable_file(path: Path) -> Path:
    if path.is_dir():
        raise OutputUnwritable(f"--out '{path}' is a folder; give the name of a file, such as '{path / 'people.json'}'.")
    _writable_folder(path.parent)
    if path.exists() and not os.access(path, os.W_OK):
        raise OutputUnwritable(f"cannot write '{path}'; give a file you may write to with --out.")
    return path


def _writable_folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputUnwritable(f"cannot make the folder '{path}': {error.strerror}; give one you may write to.") from None
    if not os.access(path, os.W_OK):
        raise OutputUnwritable(f"cannot write into the folder '{path}'; give one you may write to.")
    return path


def _plain(values: Array, digits: int) -> list[float]:
    return [round(float(v), digits) for v in values]


