"""People, groups, interactions, decisions."""

from __future__ import annotations

from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Pose, Vector3
from scipy.spatial.transform import Rotation

from gesture_robot.checks import Array
from gesture_robot.datatypes import (
    Decision,
    Engagement,
    EngagementLevel,
    Expression,
    Group,
    Interaction,
    Person,
    SocialScene,
)
from gesture_robot.errors import InvalidInput
from gesture_robot.msg import Decision as DecisionMessage
from gesture_robot.msg import Group as GroupMessage
from gesture_robot.msg import Interaction as InteractionMessage
from gesture_robot.msg import Interactions, People
from gesture_robot.msg import Person as PersonMessage
from gesture_robot.nodes.convert.arrays import sequence, table


def people_message(scene: SocialScene, stamp: Time, base_frame: str, camera_frame: str = "",
                   size_px: tuple[int, int] = (0, 0)) -> People:
    """Everybody in one picture of `size_px` (width, height)."""
    engagement = {e.person_id: e for e in scene.engagement}
    message = People(camera_frame=camera_frame, image_width=size_px[0], image_height=size_px[1],
                     people=[_person_message(p, engagement.get(p.id)) for p in scene.people])
    message.header.stamp, message.header.frame_id = stamp, base_frame
    return message


def interactions_message(scene: SocialScene, stamp: Time, base_frame: str) -> Interactions:
    """Groups and interactions of one picture."""
    message = Interactions(
        groups=[GroupMessage(id=g.id, member_ids=list(g.member_ids), box_px=_four(g.box_px)) for g in scene.groups],
        interactions=[InteractionMessage(individual_id=i.individual_id, group_id=i.group_id, behaviour=i.behaviour,
                                         score=i.score) for i in scene.interactions])
    message.header.stamp, message.header.frame_id = stamp, base_frame
    return message


def scene_value(people: People, stamp_s: float, interactions: Interactions | None = None) -> SocialScene:
    """The scene of one picture; raises InvalidInput for numbers that cannot be and for an id that comes twice."""
    ids = [p.id for p in people.people]
    if len(set(ids)) != len(ids):
        raise InvalidInput(f"people holds an id twice: {', '.join(ids)}.")
    groups = interactions.groups if interactions is not None else ()
    found = interactions.interactions if interactions is not None else ()
    return SocialScene(
        stamp_s, tuple(_person(p, stamp_s) for p in people.people), tuple(_engagement(p) for p in people.people),
        tuple(Group(g.id, tuple(g.member_ids), g.box_px) for g in groups),
        tuple(Interaction(i.individual_id, i.group_id, i.behaviour, i.score) for i in found))


def decision_message(decision: Decision, stamp: Time, base_frame: str) -> DecisionMessage:
    """A decision with its reason."""
    message = DecisionMessage(
        act=decision.act, reason=decision.reason, person_id=decision.person_id, text=decision.text,
        language=decision.language, expression=decision.expression, motion=decision.motion,
        has_look_at=decision.look_at_base is not None)
    if decision.look_at_base is not None:
        message.look_at = _point(decision.look_at_base)
    message.header.stamp, message.header.frame_id = stamp, base_frame
    return message


def decision_value(message: DecisionMessage) -> Decision:
    """Raises InvalidInput for an unknown act or emotion, an empty reason, NaN."""
    look_at = np.array([message.look_at.x, message.look_at.y, message.look_at.z]) if message.has_look_at else None
    return Decision(message.act, message.reason, message.person_id, message.text, message.language or "en",
                    message.expression or "neutral", message.motion, look_at)


def pose_message(matrix: Array) -> Pose:
    """A (4, 4) pose."""
    pose = Pose(position=_point(matrix[:3, 3]))
    x, y, z, w = Rotation.from_matrix(matrix[:3, :3]).as_quat()
    pose.orientation.x, pose.orientation.y, pose.orientation.z, pose.orientation.w = map(float, (x, y, z, w))
    return pose


def pose_value(pose: Pose) -> Array:
    """(4, 4); raises InvalidInput for NaN or a quaternion of length 0."""
    o, p = pose.orientation, pose.position
    quaternion, position = np.array([o.x, o.y, o.z, o.w]), np.array([p.x, p.y, p.z])
    if not np.isfinite([*quaternion, *position]).all() or np.linalg.norm(quaternion) < 1e-6:
        raise InvalidInput(f"a pose needs finite numbers and a quaternion other than 0, got {position} {quaternion}.")
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = Rotation.from_quat(quaternion).as_matrix(), position
    return matrix


def _person_message(p: Person, engagement: Engagement | None) -> PersonMessage:
    return PersonMessage(
        id=p.id, box_px=_four(p.box_px), face_box_px=_four(p.face_box_px), head=pose_message(p.base_from_head),
        gaze=_vector(p.gaze_base), velocity=_vector(p.velocity_base), smile=p.expression.smile,
        mouth_open=p.expression.mouth_open, eyes_closed=p.expression.eyes_closed, confidence=p.confidence,
        speaking=float(p.speaking), gestures=list(p.gestures), tracked_s=float(p.tracked_s),
        engagement=int(engagement.level) if engagement else 0,
        engagement_score=engagement.score if engagement else 0.0, distance_m=p.distance_m,
        face_landmarks_px=sequence(p.face_landmarks_px.reshape(-1), "f"),
        body_keypoints_px=sequence(p.body_keypoints_px.reshape(-1), "f"))


def _person(p: PersonMessage, stamp_s: float) -> Person:
    return Person(
        p.id, stamp_s, p.box_px, p.face_box_px, pose_value(p.head), _unit(p.gaze),
        np.array([p.velocity.x, p.velocity.y, p.velocity.z]), Expression(p.smile, p.mouth_open, p.eyes_closed),
        p.confidence, tuple(p.gestures), p.speaking, table(p.face_landmarks_px, (3,), "face_landmarks_px"),
        table(p.body_keypoints_px, (4,), "body_keypoints_px"), p.tracked_s)


def _engagement(p: PersonMessage) -> Engagement:
    if p.engagement not in set(EngagementLevel):
        raise InvalidInput(f"engagement of {p.id} must be 0 to 4, got {p.engagement}.")
    return Engagement(p.id, EngagementLevel(p.engagement), p.engagement_score, p.distance_m)


def _unit(vector: Vector3) -> Array:
    value = np.array([vector.x, vector.y, vector.z])
    length = float(np.linalg.norm(value))
    if not abs(length - 1.0) < 0.01:  # NaN fails too
        raise InvalidInput(f"gaze must be a unit vector, its length is {length:g}.")
    return value / length


def _four(values: Any) -> Array:
    return np.asarray(values, np.float32)


def _point(v: Array) -> Point:
    return Point(x=float(v[0]), y=float(v[1]), z=float(v[2]))


def _vector(v: Array) -> Vector3:
    return Vector3(x=float(v[0]), y=float(v[1]), z=float(v[2]))
