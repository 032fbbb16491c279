"""ROS4HRI (REP-155): the same adapter on stand-in messages, and on the real hri_msgs where it is installed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from geometry_msgs.msg import TransformStamped
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import Image
from std_msgs.msg import Bool, Header, String

from gesture_robot.datatypes import Engagement, EngagementLevel, Expression, Group, Interaction, Person, SocialScene
from gesture_robot.nodes import hri_parts
from gesture_robot.nodes.hri_output import HriOutput, load

SIZE_PX = (640, 480)
HERE = "hri_msgs" if find_spec("hri_msgs") else ""


def stand_in(name: str, **kinds: type) -> type:
    """A message class with a header and fields, as REP-155 describes it."""
    names = {"header": Header} | kinds
    return dataclass(type(name, (), {"__annotations__": names}
                          | {n: field(default_factory=kind) for n, kind in names.items()}))


KINDS = SimpleNamespace(
    IdsList=stand_in("IdsList", ids=list),
    NormalizedRegionOfInterest2D=stand_in("Region", xmin=float, ymin=float, xmax=float, ymax=float, c=float),
    NormalizedPointOfInterest2D=stand_in("Point", x=float, y=float, c=float),
    FacialLandmarks=stand_in("FacialLandmarks", landmarks=list, height=int, width=int),
    Skeleton2D=stand_in("Skeleton2D", skeleton=list),
    Expression=stand_in("Expression", expression=str, valence=float, arousal=float, confidence=float),
    EngagementLevel=stand_in("EngagementLevel", level=int),
    Group=stand_in("Group", group_id=str, members=list),
    Gaze=stand_in("Gaze", sender=str, receiver=str))
TRANSFORMS = SimpleNamespace(TFMessage=stand_in("TFMessage", transforms=list))


class Publisher:
    """What the graph would do with it."""

    def __init__(self, node, topic):
        self.node, self.topic = node, topic

    def publish(self, message: Any) -> None:
        self.node.sent.append((self.topic, message))

    def get_subscription_count(self) -> int:
        return 1


class Node:
    """Stands in for the perception node."""

    def __init__(self):
        self.sent: list[tuple[str, Any]] = []
        self.open: dict[str, Publisher] = {}

    def create_publisher(self, kind, topic, qos):
        assert topic not in self.open
        self.open[topic] = Publisher(self, topic)
        return self.open[topic]

    def destroy_publisher(self, publisher):
        del self.open[publisher.topic]

    def take(self):
        """Newest message of each topic since the last look."""
        taken, self.sent = dict(self.sent), []
        return taken


def person(name="p1", face=True, x=1.5, y=0.2, smile=0.9):
    head = np.eye(4)
    head[:3, :3] = Rotation.from_euler("z", 180, degrees=True).as_matrix()
    head[:3, 3] = (x, y, 1.5)
    rng = np.random.default_rng(1)
    keypoints = np.hstack([rng.uniform(0, 470, (33, 2)), np.zeros((33, 1)), np.full((33, 1), 0.8)])
    marks = np.hstack([rng.uniform(210, 300, (478, 2)), np.zeros((478, 1))]) if face else np.zeros((0, 3))
    return Person(name, 1.0, (100, 50, 200, 400), (200, 60, 80, 100) if face else (0, 0, 0, 0), head, (-1, 0, 0),
                  (0, 0, 0), Expression(smile), 0.9, face_landmarks_px=marks, body_keypoints_px=keypoints)


def scene(*people, groups=(), interactions=()):
    marks = tuple(Engagement(p.id, EngagementLevel.ENGAGED, 0.9, p.distance_m) for p in people)
    return SocialScene(1.0, people, marks, groups, interactions)


@pytest.fixture(params=["stand-in", *([HERE] if HERE else [])])
def output(request):
    node = Node()
    kinds, transforms = (KINDS, TRANSFORMS) if request.param == "stand-in" else (load("hri_msgs"), None)
    made = HriOutput(node, kinds, transforms)

    def publish(shown):
        image = Image(width=SIZE_PX[0], height=SIZE_PX[1])
        image.header.frame_id = "camera"
        made.publish(shown, image, "base", np.full((480, 640, 3), 90, np.uint8))
        return node.take()

    return SimpleNamespace(publish=publish, node=node, made=made)


def ids(taken, feature):
    return list(taken[f"/humans/{feature}/tracked"].ids)


def test_a_person_has_face_body_and_person_topics(output):
    taken = output.publish(scene(person()))
    face, body, name = ids(taken, "faces")[0], ids(taken, "bodies")[0], ids(taken, "persons")[0]
    assert name == "p1" and list(taken["/humans/persons/known"].ids) == ["p1"]
    roi = taken[f"/humans/faces/{face}/roi"]
    assert (roi.xmin, roi.ymin, roi.xmax, roi.ymax) == pytest.approx((200 / 640, 60 / 480, 280 / 640, 160 / 480))
    assert roi.header.frame_id == "camera"
    assert len(taken[f"/humans/faces/{face}/landmarks"].landmarks) == 70
    assert len(taken[f"/humans/bodies/{body}/skeleton2d"].skeleton) == 18
    assert taken[f"/humans/faces/{face}/expression"].expression == "happy"
    assert taken["/humans/persons/p1/anonymous"] == Bool(data=True)
    assert taken["/humans/persons/p1/face_id"].data == face and taken["/humans/persons/p1/body_id"].data == body
    assert taken["/humans/persons/p1/engagement_status"].level == 3
    assert taken["/humans/persons/p1/location_confidence"].data == pytest.approx(0.9)
    crop = taken[f"/humans/faces/{face}/cropped"]
    assert (crop.width, crop.height, len(crop.data)) == (128, 128, 128 * 128 * 3) and max(crop.data) == 90


def test_a_face_that_comes_back_has_a_new_id_and_topics_go_with_their_id(output):
    first = ids(output.publish(scene(person())), "faces")
    assert ids(output.publish(scene(person())), "faces") == first
    taken = output.publish(scene(person(face=False)))
    assert ids(taken, "faces") == [] and taken["/humans/persons/p1/face_id"] == String(data="")
    assert not [t for t in output.node.open if t.startswith("/humans/faces/p1")]
    again = ids(output.publish(scene(person())), "faces")
    assert len(again) == 1 and again != first
    taken = output.publish(scene())
    assert ids(taken, "persons") == ids(taken, "bodies") == []
    assert {t for t in output.node.open if t.count("/") > 3} == set()
    output.publish(scene(person()))
    output.made.clear(Header().stamp)
    assert ids(output.node.take(), "persons") == []


def test_values_that_stay_are_said_once(output):
    output.publish(scene(person()))
    taken = output.publish(scene(person()))
    assert "/humans/persons/p1/anonymous" not in taken and "/humans/persons/p1/engagement_status" in taken


def test_groups_and_gaze_leave_the_robot_unnamed(output):
    a, b = person("a"), person("b", y=-0.4)
    box = np.array([0, 0, 10, 10])
    groups = (Group("a+b", ("a", "b"), box), Group("a+robot", ("a", "robot"), box), Group("a", ("a",), box))
    taken = output.publish(scene(a, b, groups=groups, interactions=(Interaction("a", "a+robot", "mutual-gaze", 0.8),)))
    assert list(taken["/humans/interactions/groups"].members) == ["a", "b"]
    gaze = taken["/humans/interactions/gazing"]
    assert (gaze.sender, gaze.receiver) == ("a", "")


def test_frames_of_face_gaze_and_person():
    node = Node()
    HriOutput(node, KINDS, TRANSFORMS).publish(scene(person()), Image(width=640, height=480), "base",
                                               np.zeros((480, 640, 3), np.uint8))
    found = {t.child_frame_id: t for t in node.take()["/tf"].transforms}
    assert set(found) == {"person_p1", "face_p1f1", "gaze_p1f1"}
    assert all(isinstance(t, TransformStamped) and t.header.frame_id == "base" for t in found.values())
    gaze = found["gaze_p1f1"].transform
    q = gaze.rotation
    axes = Rotation.from_quat([q.x, q.y, q.z, q.w]).as_matrix()
    assert axes[:, 2] == pytest.approx([-1, 0, 0]) and axes[:, 1] == pytest.approx([0, 0, -1])  # forward, down
    assert (gaze.translation.x, gaze.translation.y, gaze.translation.z) == pytest.approx((1.5, 0.2, 1.5))


@settings(max_examples=100)
@given(st.lists(st.floats(-1000, 2000), min_size=4, max_size=4))
def test_whatever_the_box_a_region_is_normalised(box):
    roi = hri_parts.region(KINDS, Header(), np.array(box), 0.5, SIZE_PX)
    assert all(0.0 <= getattr(roi, f.name) <= 1.0 for f in fields(roi) if f.name != "header")


def test_points_outside_the_picture_are_on_its_edge_and_not_trusted():
    made = person()
    outside = made.body_keypoints_px.copy()
    outside[0, :2] = (-50.0, 200.0)
    moved = Person(made.id, 1.0, made.box_px, made.face_box_px, made.base_from_head, made.gaze_base, (0, 0, 0),
                   Expression(), 0.9, body_keypoints_px=outside)
    nose, neck = hri_parts.skeleton(KINDS, Header(), moved, SIZE_PX).skeleton[:2]
    assert (nose.x, nose.c) == (0.0, 0.0) and math.isclose(neck.c, 0.8, rel_tol=1e-6)


def test_without_hri_msgs_nothing_is_published_and_the_state_says_so(capsys):
    if HERE:
        assert HriOutput(Node()).state.startswith("on")
        return
    with capsys.disabled():
        print(" [hri_msgs is not installed: tested with stand-ins only]", end="")
    node = Node()
    made = HriOutput(node)
    made.publish(scene(person()), Image(width=640, height=480), "base", np.zeros((480, 640, 3), np.uint8))
    made.clear(Header().stamp)
    assert not node.sent and made.state == "off: hri_msgs is not installed"
