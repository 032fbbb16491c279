"""Who interacts with whom and how: triplets <individual, group, behaviour> with the names of NVI-DET.

NVI-DET: Wei, Zhou, Yang, Wang, "Nonverbal Interaction Detection", ECCV 2024. Expressions and gestures belong to one
person (the group is that person alone), gaze to a group. The robot is the member "robot"; a person and the robot are a
group of their own, so that the partner can be read from the triplet.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import Group, Interaction, Person
from gesture_robot.perception.engagement import facing_angle_deg

ROBOT = "robot"
TOGETHER_M = 1.5
"""People whose heads are nearer than this stand together (Hall's personal distance, far phase, with margin)."""
LOOK_FULL_DEG, LOOK_NONE_DEG = 12.0, 30.0
"""A look within the first angle hits its target, beyond the second it does not."""
AVERT_NONE_DEG, AVERT_FULL_DEG = 25.0, 45.0
AVERT_LIMIT_DEG = 110.0
"""Turned away further than this is absence, not aversion."""
ROBOT_FULL_DEG, ROBOT_NONE_DEG = 25.0, 45.0
SOCIAL_M = 3.6
MIN_SCORE, BUSY_SCORE = 0.3, 0.5
SMILE_LOW, SMILE_HIGH = 0.2, 0.7


def find_groups(people: tuple[Person, ...]) -> tuple[Group, ...]:
    """Each person alone, each person with the robot, and people who stand together (clusters of two and more)."""
    alone = [Group(p.id, (p.id,), p.box_px) for p in people]
    with_robot = [Group(f"{p.id}+{ROBOT}", (p.id, ROBOT), p.box_px) for p in people]
    together = [Group("+".join(p.id for p in c), tuple(p.id for p in c), _union([p.box_px for p in c]))
                for c in _clusters(people) if len(c) > 1]
    return (*alone, *with_robot, *together)


def find_interactions(people: tuple[Person, ...], groups: tuple[Group, ...],
                      base_from_camera: Array) -> tuple[Interaction, ...]:
    """Behaviours with a score of at least 0.3, highest first."""
    by_id = {p.id: p for p in people}
    found: list[Interaction] = []
    for group in groups:
        members = [by_id[m] for m in group.member_ids if m in by_id]
        if ROBOT in group.member_ids:
            found += [i for p in members for i in _with_robot(p, group, base_from_camera)]
        elif len(members) == 1:
            found += _alone(members[0], group)
        else:
            found += [i for a, b in combinations(members, 2) for i in _between(a, b, group)]
    return tuple(sorted((i for i in _weigh(found) if i.score >= MIN_SCORE), key=lambda i: -i.score))


def looks_at(person: Person, target_base: Array) -> float:
    """How surely [0, 1] the person's eyes are on a point (3,); 0 without a face."""
    if not _has_face(person):
        return 0.0
    return 1.0 - _ramp(gaze_angle_deg(person, target_base), LOOK_FULL_DEG, LOOK_NONE_DEG)


def gaze_angle_deg(person: Person, target_base: Array) -> float:
    """Angle [deg] between gaze and the line to a point; the smaller of eyes' and head's, as either may be misread."""
    line = target_base - person.position_base
    line = line / max(float(np.linalg.norm(line)), 1e-9)
    eyes = np.degrees(np.arccos(np.clip(person.gaze_base @ line, -1.0, 1.0)))
    return float(min(eyes, facing_angle_deg(person, target_base, 0.5)))


def _alone(person: Person, group: Group) -> list[Interaction]:
    found = [Interaction(person.id, group.id, gesture, person.confidence) for gesture in person.gestures]
    smile = _ramp(person.expression.smile, SMILE_LOW, SMILE_HIGH)
    return [*found, Interaction(person.id, group.id, "smile", smile)] if _has_face(person) else found


def _with_robot(person: Person, group: Group, base_from_camera: Array) -> list[Interaction]:
    line = person.position_base - base_from_camera[:3, 3]
    distance_m = max(float(np.linalg.norm(line)), 1e-9)
    off_deg = float(np.degrees(np.arccos(np.clip(line @ base_from_camera[:3, 2] / distance_m, -1.0, 1.0))))
    robot_looks = 1.0 - _ramp(off_deg, ROBOT_FULL_DEG, ROBOT_NONE_DEG)
    if distance_m > SOCIAL_M:
        return []
    return [Interaction(person.id, group.id, "mutual-gaze", robot_looks * looks_at(person, base_from_camera[:3, 3])),
            Interaction(person.id, group.id, "gaze-aversion", robot_looks * _averts(person, base_from_camera[:3, 3]))]


def _between(a: Person, b: Person, group: Group) -> list[Interaction]:
    a_looks, b_looks = looks_at(a, b.position_base), looks_at(b, a.position_base)
    mutual = min(a_looks, b_looks)
    return [Interaction(a.id, group.id, "mutual-gaze", mutual), Interaction(b.id, group.id, "mutual-gaze", mutual),
            Interaction(a.id, group.id, "gaze-aversion", b_looks * _averts(a, b.position_base)),
            Interaction(b.id, group.id, "gaze-aversion", a_looks * _averts(b, a.position_base))]


def _averts(person: Person, other_base: Array) -> float:
    """Looks past somebody who looks at them, without having turned away altogether."""
    if not _has_face(person):
        return 0.0
    angle = gaze_angle_deg(person, other_base)
    return _ramp(angle, AVERT_NONE_DEG, AVERT_FULL_DEG) if angle < AVERT_LIMIT_DEG else 0.0


def _has_face(person: Person) -> bool:
    return bool(person.face_box_px[2] > 0.0)


def _clusters(people: tuple[Person, ...]) -> list[list[Person]]:
    """Single linkage on the floor distance between heads."""
    clusters: list[list[Person]] = []
    for person in people:
        near = [c for c in clusters if any(_apart_m(person, other) < TOGETHER_M for other in c)]
        clusters = [c for c in clusters if not any(c is n for n in near)] + [[p for c in near for p in c] + [person]]
    return clusters


def _apart_m(a: Person, b: Person) -> float:
    return float(np.hypot(*(a.position_base - b.position_base)[:2]))


def _best(found: list[Interaction]) -> list[Interaction]:
    """One per (individual, group, behaviour): the surest."""
    best: dict[tuple[str, str, str], Interaction] = {}
    for item in found:
        key = (item.individual_id, item.group_id, item.behaviour)
        if key not in best or best[key].score < item.score:
            best[key] = item
    return list(best.values())


def _weigh(found: list[Interaction]) -> list[Interaction]:
    """Who is busy looking into somebody's eyes averts their gaze from nobody."""
    busy = {i.individual_id for i in found if i.behaviour == "mutual-gaze" and i.score >= BUSY_SCORE}
    return [i for i in _best(found) if i.behaviour != "gaze-aversion" or i.individual_id not in busy]


def _union(boxes: list[Array]) -> Array:
    low = np.min([b[:2] for b in boxes], axis=0)
    high = np.max([b[:2] + b[2:] for b in boxes], axis=0)
    return np.concatenate([low, high - low])


def _ramp(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))
