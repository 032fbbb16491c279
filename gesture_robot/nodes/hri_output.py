"""Topics and frames of ROS4HRI (REP-155), beside our own, where hri_msgs is installed.

Everything that depends on that package is behind this adapter. Ids of faces and bodies live as long as they are seen;
a person who turns away and back has a new face. Publishers of an id go when the id goes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import Image
from std_msgs.msg import Bool, Float32, Header, String

from gesture_robot.checks import Array
from gesture_robot.datatypes import EngagementLevel, Person, SocialScene
from gesture_robot.nodes import hri_parts, topics

if TYPE_CHECKING:
    from gesture_robot.nodes.base import StageNode

HUMANS = "/humans"
FACES, BODIES, PERSONS = "faces", "bodies", "persons"
GAZE = "mutual-gaze"


def load(module: str) -> Any:
    """The messages of a package, None where it is not installed."""
    try:
        return import_module(f"{module}.msg")
    except ImportError:
        return None


class Ids:
    """Gives a person's face or body an id that lives as long as it is seen."""

    def __init__(self, letter: str):
        self._letter, self._count = letter, 0
        self.of: dict[str, str] = {}
        """person id -> id."""

    def update(self, seen: list[str]) -> None:
        """Keep those of the people in `seen`, forget the others."""
        self.of = {person: self.of.get(person) or self._new(person) for person in seen}

    def _new(self, person: str) -> str:
        self._count += 1
        return f"{person}{self._letter}{self._count}"


class HriOutput:
    """Publishes scenes; does nothing where hri_msgs is absent."""

    def __init__(self, node: StageNode, kinds: Any = None, transforms: Any = None):
        """Use the installed hri_msgs and tf2_msgs, unless their classes are given."""
        self._node = node
        self._kinds = kinds or load("hri_msgs")
        self._transforms = transforms or load("tf2_msgs")
        self._faces, self._bodies = Ids("f"), Ids("b")
        self._publishers: dict[str, Any] = {}
        self._told: dict[str, str] = {}
        self._persons: list[str] = []
        self._tf: Any = None
        if self._kinds is not None and self._transforms is not None:
            self._tf = node.create_publisher(self._transforms.TFMessage, "/tf", topics.EVERY)

    @property
    def state(self) -> str:
        """For the diagnostics."""
        if self._kinds is None:
            return "off: hri_msgs is not installed"
        return "on" if self._tf is not None else "on, without frames: tf2_msgs is not installed"

    def publish(self, scene: SocialScene, image: Image, base_frame: str, rgb: Array) -> None:
        """Everything about one picture; `image` gives its header and size, `rgb` (H, W, 3) its pixels."""
        if self._kinds is None:
            return
        self._faces.update([p.id for p in scene.people if p.face_box_px[2] > 0.0])
        self._bodies.update([p.id for p in scene.people if len(p.body_keypoints_px)])
        stamp, size_px = image.header.stamp, (image.width, image.height)
        base = Header(stamp=stamp, frame_id=base_frame)
        levels = {e.person_id: e.level for e in scene.engagement}
        for person in scene.people:
            self._face(person, image.header, size_px, rgb)
            self._body(person, image.header, size_px, rgb)
            self._person(person, levels.get(person.id, EngagementLevel.UNKNOWN), base)
        self._social(scene, base)
        self._persons = [p.id for p in scene.people]
        self._lists(base)
        self._frames(scene.people, base)
        self._forget()

    def clear(self, stamp: Time) -> None:
        """Nobody is tracked any more."""
        if self._kinds is None:
            return
        self._faces.update([])
        self._bodies.update([])
        self._persons = []
        self._lists(Header(stamp=stamp))
        self._forget()

    # --- what a picture tells ---------------------------------------------------------------------------------

    def _face(self, person: Person, header: Header, size_px: tuple[int, int], rgb: Array) -> None:
        kinds, face = self._kinds, self._faces.of.get(person.id)
        if face is None:
            return
        place = f"{FACES}/{face}"
        self._region(place, header, person, person.face_box_px, size_px)
        self._send(f"{place}/expression", kinds.Expression, hri_parts.expression(kinds, header, person))
        if len(person.face_landmarks_px) > max(hri_parts.MESH_OF_LANDMARK):
            marks = hri_parts.landmarks(kinds, header, person, size_px)
            self._send(f"{place}/landmarks", kinds.FacialLandmarks, marks)
        self._crop(f"{place}/cropped", header, rgb, person.face_box_px, hri_parts.FACE_CROP_PX)

    def _body(self, person: Person, header: Header, size_px: tuple[int, int], rgb: Array) -> None:
        if person.id in self._bodies.of:
            place = f"{BODIES}/{self._bodies.of[person.id]}"
            self._region(place, header, person, person.box_px, size_px)
            found = hri_parts.skeleton(self._kinds, header, person, size_px)
            self._send(f"{place}/skeleton2d", self._kinds.Skeleton2D, found)
            self._crop(f"{place}/cropped", header, rgb, person.box_px, hri_parts.BODY_CROP_PX)

    def _region(self, place: str, header: Header, person: Person, box_px: Array, size_px: tuple[int, int]) -> None:
        roi = hri_parts.region(self._kinds, header, box_px, person.confidence, size_px)
        self._send(f"{place}/roi", self._kinds.NormalizedRegionOfInterest2D, roi)

    def _person(self, person: Person, level: EngagementLevel, base: Header) -> None:
        place = f"{PERSONS}/{person.id}"
        self._tell(f"{place}/anonymous", Bool, True)
        self._tell(f"{place}/face_id", String, self._faces.of.get(person.id, ""))
        self._tell(f"{place}/body_id", String, self._bodies.of.get(person.id, ""))
        engagement = hri_parts.make(self._kinds.EngagementLevel, base, level=int(level))
        self._send(f"{place}/engagement_status", self._kinds.EngagementLevel, engagement)
        self._send(f"{place}/location_confidence", Float32, Float32(data=float(person.confidence)))

    def _social(self, scene: SocialScene, base: Header) -> None:
        ids = {p.id for p in scene.people}
        for group in scene.groups:
            if len(group.member_ids) > 1 and ids.issuperset(group.member_ids):  # the robot is no person
                message = hri_parts.make(self._kinds.Group, base, group_id=group.id, members=list(group.member_ids))
                self._send("interactions/groups", self._kinds.Group, message)
        members = {g.id: g.member_ids for g in scene.groups}
        for found in scene.interactions:
            if found.behaviour == GAZE:
                for other in members.get(found.group_id, ()):
                    if other != found.individual_id:
                        receiver = other if other in ids else ""
                        message = hri_parts.make(self._kinds.Gaze, base, sender=found.individual_id, receiver=receiver)
                        self._send("interactions/gazing", self._kinds.Gaze, message)

    def _lists(self, base: Header) -> None:
        lists = {f"{FACES}/tracked": list(self._faces.of.values()), f"{BODIES}/tracked": list(self._bodies.of.values()),
                 f"{PERSONS}/tracked": self._persons, f"{PERSONS}/known": self._persons}
        for place, ids in lists.items():  # again with every picture: readers of this topic do not ask for the last one
            self._send(place, self._kinds.IdsList, hri_parts.make(self._kinds.IdsList, base, ids=ids), topics.LATCHED)

    def _frames(self, people: tuple[Person, ...], base: Header) -> None:
        if self._tf is None or not people:
            return
        found = []
        for person in people:
            found.append(hri_parts.transform(base, f"person_{person.id}", np.asarray(person.base_from_head)))
            face = self._faces.of.get(person.id)
            if face is not None:
                found.append(hri_parts.transform(base, f"face_{face}", np.asarray(person.base_from_head)))
                found.append(hri_parts.transform(base, f"gaze_{face}", hri_parts.gaze_frame(person)))
        self._tf.publish(self._transforms.TFMessage(transforms=found))

    # --- publishers -------------------------------------------------------------------------------------------

    def _publisher(self, place: str, kind: Any, qos: Any) -> Any:
        if place not in self._publishers:
            self._publishers[place] = self._node.create_publisher(kind, f"{HUMANS}/{place}", qos)
        return self._publishers[place]

    def _send(self, place: str, kind: Any, message: Any, qos: Any = topics.STREAM) -> None:
        self._publisher(place, kind, qos).publish(message)

    def _tell(self, place: str, kind: Any, value: Any) -> None:
        """A latched value: said when it changes."""
        if self._told.get(place) != str(value):
            self._told[place] = str(value)
            self._send(place, kind, kind(data=value), topics.LATCHED)

    def _crop(self, place: str, header: Header, rgb: Array, box_px: Array, size_px: tuple[int, int]) -> None:
        publisher = self._publisher(place, Image, topics.SENSOR)
        if publisher.get_subscription_count():
            publisher.publish(hri_parts.crop(header, rgb, box_px, size_px))

    def _forget(self) -> None:
        """Free the publishers of ids that are not tracked any more."""
        alive = {FACES: self._faces.of.values(), BODIES: self._bodies.of.values(), PERSONS: self._persons}
        for place in list(self._publishers):
            feature, name, *rest = place.split("/")
            if rest and name not in alive.get(feature, ()):
                self._node.destroy_publisher(self._publishers.pop(place))
                self._told.pop(place, None)
