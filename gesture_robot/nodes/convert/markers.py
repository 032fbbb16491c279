"""People as markers for RViz: a head, where it looks, and what is known of the person in words."""

from __future__ import annotations

from builtin_interfaces.msg import Duration, Time
from geometry_msgs.msg import Point, Vector3
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from gesture_robot.checks import Array
from gesture_robot.datatypes import EngagementLevel, Person, SocialScene

HEAD_M, GAZE_M, TEXT_M = 0.22, 0.6, 0.12
LIFE = Duration(nanosec=500_000_000)
COLOURS = {EngagementLevel.ENGAGED: (0.2, 0.8, 0.3), EngagementLevel.ENGAGING: (0.9, 0.8, 0.2),
           EngagementLevel.DISENGAGING: (0.9, 0.5, 0.2)}
GREY = (0.6, 0.6, 0.6)


def people_markers(scene: SocialScene, stamp: Time, base_frame: str) -> MarkerArray:
    """Three markers for each person; they vanish by themselves when no newer ones come."""
    levels = {e.person_id: e.level for e in scene.engagement}
    markers = []
    for number, person in enumerate(scene.people):
        level = levels.get(person.id, EngagementLevel.UNKNOWN)
        for made in (_head(person), _gaze(person), _words(person, level)):
            made.header.stamp, made.header.frame_id, made.lifetime, made.id = stamp, base_frame, LIFE, number
            red, green, blue = COLOURS.get(level, GREY)
            made.color = ColorRGBA(r=red, g=green, b=blue, a=0.8)
            markers.append(made)
    return MarkerArray(markers=markers)


def _head(person: Person) -> Marker:
    made = Marker(ns="head", type=Marker.SPHERE, scale=Vector3(x=HEAD_M, y=HEAD_M, z=HEAD_M))
    made.pose.position = _point(person.position_base)
    return made


def _gaze(person: Person) -> Marker:
    made = Marker(ns="gaze", type=Marker.ARROW, scale=Vector3(x=0.02, y=0.05, z=0.08))
    eyes = person.position_base
    made.points = [_point(eyes), _point(eyes + GAZE_M * person.gaze_base)]
    return made


def _words(person: Person, level: EngagementLevel) -> Marker:
    doing = "".join(f", {name}" for name in person.gestures)
    made = Marker(ns="words", type=Marker.TEXT_VIEW_FACING, scale=Vector3(z=TEXT_M),
                  text=f"{person.id} {person.distance_m:.1f} m {level.name.lower()}{doing}")
    made.pose.position = _point(person.position_base)
    made.pose.position.z += HEAD_M
    return made


def _point(v: Array) -> Point:
    return Point(x=float(v[0]), y=float(v[1]), z=float(v[2]))
