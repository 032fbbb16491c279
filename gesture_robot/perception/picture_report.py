"""One picture's social scene as plain numbers and text, for `perceive`."""

from __future__ import annotations

from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import CameraImage, SocialScene
from gesture_robot.perception.engagement import facing_angle_deg

BASE_FROM_LENS = np.array(((0.0, 0.0, 1.0, 0.0), (-1.0, 0.0, 0.0, 0.0), (0.0, -1.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)))
"""base_from_camera of a base in the lens: optical axes to x forward, y left, z up."""
FRAME = "camera: x forward, y left, z up, origin in the lens [m]"


def describe(image: CameraImage, scene: SocialScene) -> dict[str, Any]:
    """One picture's people, groups and interactions as plain numbers and text."""
    levels = {e.person_id: e for e in scene.engagement}
    people = []
    for p in scene.people:
        yaw, pitch, roll = _angles_deg(p.base_from_head[:3, :3])
        e = levels[p.id]
        people.append({
            "id": p.id, "box_px": _plain(p.box_px, 1), "face_box_px": _plain(p.face_box_px, 1),
            "position_m": _plain(p.position_base, 3), "distance_m": round(p.distance_m, 3),
            "head_yaw_deg": yaw, "head_pitch_deg": pitch, "head_roll_deg": roll,
            "facing_angle_deg": round(facing_angle_deg(p, image.base_from_camera[:3, 3]), 1),
            "gaze": _plain(p.gaze_base, 3),
            "smile": round(p.expression.smile, 3), "mouth_open": round(p.expression.mouth_open, 3),
            "eyes_closed": round(p.expression.eyes_closed, 3), "gestures": list(p.gestures),
            "confidence": round(p.confidence, 3), "engagement": e.level.name.lower(),
            "engagement_score": round(e.score, 3)})
    return {"width": image.rgb.shape[1], "height": image.rgb.shape[0], "people": people,
            "groups": [{"id": g.id, "members": list(g.member_ids), "box_px": _plain(g.box_px, 1)}
                       for g in scene.groups],
            "interactions": [{"individual": i.individual_id, "group": i.group_id, "behaviour": i.behaviour,
                              "score": round(i.score, 3)} for i in scene.interactions]}


def _angles_deg(base_from_head: Array) -> tuple[float, float, float]:
    """Yaw (0 = against the camera's view, positive = to the person's left), pitch (down), roll (to their right)."""
    forward, left, up = base_from_head.T
    yaw = np.degrees(np.arctan2(-forward[1], -forward[0]))
    pitch = np.degrees(np.arcsin(np.clip(-forward[2], -1.0, 1.0)))
    roll = np.degrees(np.arctan2(left[2], up[2]))
    return round(float(yaw), 1), round(float(pitch), 1), round(float(roll), 1)


def _plain(values: Array, digits: int) -> list[float]:
    return [round(float(v), digits) for v in values]


