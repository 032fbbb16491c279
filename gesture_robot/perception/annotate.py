"""Draws what perception knows onto a picture: for the page, the demo's video and `perceive --annotate`."""

from __future__ import annotations

from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import EngagementLevel, Person, SocialScene
from gesture_robot.perception.body_pose import SKELETON
from gesture_robot.perception.face_shape import RIGID, RIGID_M
from gesture_robot.perception.head_pose import fit_similarity
from gesture_robot.perception.interactions import ROBOT

LEVEL_COLOURS = {
    EngagementLevel.UNKNOWN: (150, 156, 168),
    EngagementLevel.DISENGAGED: (150, 156, 168),
    EngagementLevel.ENGAGING: (255, 178, 64),
    EngagementLevel.ENGAGED: (62, 207, 142),
    EngagementLevel.DISENGAGING: (240, 122, 92),
}
"""RGB."""
AXIS_COLOURS = ((235, 87, 87), (92, 201, 112), (86, 150, 242))
"""Forward, left, up of the head."""
LIMB, JOINT, INK, PAPER = (225, 232, 240), (94, 190, 255), (22, 26, 34), (246, 248, 250)
GAZE = (255, 221, 87)
AXIS_M, GAZE_M = 0.11, 0.30
SEEN = 0.5
FONT_SCALE = 0.42
CONTOURS = ((33, 160, 158, 133, 153, 144, 33), (362, 385, 387, 263, 373, 380, 362),
            (61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91, 61), (78, 82, 13, 312, 308, 317, 14, 87, 78),
            (70, 63, 105, 66, 107), (336, 296, 334, 293, 300), (168, 6, 195, 4),
            (10, 297, 284, 389, 454, 361, 397, 378, 152, 149, 172, 132, 234, 162, 54, 67, 10))
"""Eyes, lips, brows, nose and outline as chains of mesh landmarks."""


def annotate(rgb: Array, scene: SocialScene, labels: dict[str, str] | None = None) -> Array:
    """A copy of the picture (H, W, 3) uint8 with people, gaze, engagement and behaviours drawn on it.

    Args:
        rgb: the picture `scene` was made from.
        scene: output of the perception stage.
        labels: names to show in place of ids.
    """
    picture = np.array(rgb)
    levels = {e.person_id: e for e in scene.engagement}
    behaviours = _behaviours(scene)
    for person in sorted(scene.people, key=lambda p: -p.distance_m):
        engagement = levels.get(person.id)
        level = EngagementLevel.UNKNOWN if engagement is None else engagement.level
        colour = LEVEL_COLOURS[level]
        _skeleton(picture, person)
        _face(picture, person)
        _corners(picture, person.box_px, colour)
        title = f"{(labels or {}).get(person.id, person.id)}  {person.distance_m:.1f} m  {level.name.lower()}"
        score = 0.0 if engagement is None else engagement.score
        _card(picture, person, (title, *behaviours.get(person.id, ())[:3]), colour, score)
    return picture


def _behaviours(scene: SocialScene) -> dict[str, tuple[str, ...]]:
    """What to write beside each person, the surest first."""
    found: dict[str, tuple[str, ...]] = {}
    for item in scene.interactions:
        if item.score < 0.5:
            continue
        members = next((g.member_ids for g in scene.groups if g.id == item.group_id), ())
        others = [m for m in members if m not in (item.individual_id, ROBOT)]
        text = item.behaviour.replace("-", " ") + (f" with {', '.join(others)}" if others else "")
        if text not in found.get(item.individual_id, ()):
            found[item.individual_id] = (*found.get(item.individual_id, ()), text)
    return found


def _skeleton(picture: Array, person: Person) -> None:
    import cv2

    marks = person.body_keypoints_px
    if not len(marks):
        return
    points = [(int(round(x)), int(round(y))) for x, y in np.clip(marks[:, :2], -4000, 4000)]
    for a, b in SKELETON:
        if marks[a, 3] >= SEEN and marks[b, 3] >= SEEN:
            cv2.line(picture, points[a], points[b], INK, 4, cv2.LINE_AA)
            cv2.line(picture, points[a], points[b], LIMB, 2, cv2.LINE_AA)
    for index in {i for pair in SKELETON for i in pair}:
        if marks[index, 3] >= SEEN:
            cv2.circle(picture, points[index], 4, INK, -1, cv2.LINE_AA)
            cv2.circle(picture, points[index], 3, JOINT, -1, cv2.LINE_AA)


def _face(picture: Array, person: Person) -> None:
    """Contours, head axes and gaze; directions in the picture follow from the landmarks themselves."""
    import cv2

    marks = person.face_landmarks_px
    if not len(marks):
        return
    chains = [np.round(marks[list(chain), :2] * 4).astype(np.int32) for chain in CONTOURS]
    cv2.polylines(picture, chains, False, LIMB, 1, cv2.LINE_AA, shift=2)
    scale, rotation, origin = fit_similarity(RIGID_M, marks[RIGID])
    gaze_head = person.base_from_head[:3, :3].T @ person.gaze_base
    _arrow(picture, origin, rotation @ gaze_head * scale * GAZE_M, GAZE, 2)
    for axis, colour in zip(rotation.T, AXIS_COLOURS, strict=True):
        _arrow(picture, origin, axis * scale * AXIS_M, colour, 2)


def _arrow(picture: Array, origin_px: Array, along_px: Array, colour: tuple[int, int, int], width: int) -> None:
    import cv2

    start = tuple(int(round(v)) for v in origin_px[:2])
    end = tuple(int(round(v)) for v in (origin_px + along_px)[:2])
    cv2.arrowedLine(picture, start, end, INK, width + 2, cv2.LINE_AA, tipLength=0.18)
    cv2.arrowedLine(picture, start, end, colour, width, cv2.LINE_AA, tipLength=0.18)


def _corners(picture: Array, box_px: Array, colour: tuple[int, int, int]) -> None:
    """Only the corners of the box: less ink over the person."""
    import cv2

    x0, y0 = (int(round(v)) for v in box_px[:2])
    x1, y1 = (int(round(v)) for v in box_px[:2] + box_px[2:])
    x1, y1 = min(x1, picture.shape[1] - 2), min(y1, picture.shape[0] - 2)
    arm = int(np.clip(0.18 * min(x1 - x0, y1 - y0), 6, 28))
    for x, y, dx, dy in ((x0, y0, 1, 1), (x1, y0, -1, 1), (x0, y1, 1, -1), (x1, y1, -1, -1)):
        line = np.array([(x + dx * arm, y), (x, y), (x, y + dy * arm)], np.int32)
        cv2.polylines(picture, [line], False, INK, 4, cv2.LINE_AA)
        cv2.polylines(picture, [line], False, colour, 2, cv2.LINE_AA)


def _card(picture: Array, person: Person, lines: tuple[str, ...], colour: tuple[int, int, int], score: float) -> None:
    """Title, behaviours and engagement bar above the person, kept inside the picture."""
    import cv2

    width = max(cv2.getTextSize(line, cv2.FONT_HERSHEY_SIMPLEX, FONT_SCALE, 1)[0][0] for line in lines) + 16
    height = 9 + 15 * len(lines) + 6
    x = int(np.clip(person.box_px[0], 2, max(picture.shape[1] - width - 2, 2)))
    y = int(np.clip(person.box_px[1] - height - 4, 2, max(picture.shape[0] - height - 2, 2)))
    _shade(picture, x, y, width, height)
    cv2.rectangle(picture, (x, y), (x + 3, y + height - 1), colour, -1)
    for number, line in enumerate(lines):
        ink: Any = PAPER if number == 0 else colour
        place = (x + 9, y + 16 + 15 * number)
        cv2.putText(picture, line, place, cv2.FONT_HERSHEY_SIMPLEX, FONT_SCALE, ink, 1, cv2.LINE_AA)
    bar = int(round((width - 16) * float(np.clip(score, 0.0, 1.0))))
    cv2.line(picture, (x + 9, y + height - 6), (x + width - 7, y + height - 6), (84, 90, 102), 2)
    if bar > 0:
        cv2.line(picture, (x + 9, y + height - 6), (x + 9 + bar, y + height - 6), colour, 2)


def _shade(picture: Array, x: int, y: int, width: int, height: int) -> None:
    """Darken a rectangle in place."""
    patch = picture[y:y + height, x:x + width]
    ink = np.array(INK, np.uint16)
    patch[:] = ((patch.astype(np.uint16) * 70 + ink * 186) >> 8).astype(np.uint8)
