"""The perception node over DDS, looking at drawn pictures with the real engine."""

from __future__ import annotations

from array import array
from pathlib import Path

import numpy as np
import pytest
from gesture_robot.msg import Interactions, People
from lifecycle_msgs.msg import Transition
from sensor_msgs.msg import CameraInfo, Image, JointState

from gesture_robot.datatypes import RobotState
from gesture_robot.nodes import topics
from gesture_robot.nodes.convert.joints import joint_state_message
from gesture_robot.nodes.perception_inputs import CameraPlace, Lens
from gesture_robot.nodes.robot_pictures import camera_info, image_message
from gesture_robot.robots.head_camera import camera_pose
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.robots.model import load_model
from gesture_robot.scene.camera import SceneCamera

ROOT = Path(__file__).resolve().parents[2]
RATE_HZ = 15.0
SLOW = "image: pictures come faster than they can be looked at"
"""What a slow machine may say at any time."""
COMER_S = 3.5
"""Time in the scene at which the visitor is there and looks elsewhere."""
VISITOR_S = 6.0
"""Time in the scene at which the visitor looks at the robot."""


class Bench:
    """A perception node with robot and camera played by the test."""

    def __init__(self, graph):
        self.graph, self.model = graph, load_model("wren")
        self.pose = camera_pose(Kinematics(self.model), self.model, self.model.rest)
        camera = SceneCamera("visitor", mount="head")
        self.empty, self.visitor = camera.read(0.0, self.pose), camera.read(VISITOR_S, self.pose)
        self.comer = camera.read(COMER_S, self.pose)
        self.people = graph.listen(People, topics.PEOPLE)
        self.interactions = graph.listen(Interactions, topics.INTERACTIONS)
        graph.start("perception", parameters={"idle_after_s": 1.0})
        self.images = graph.publisher(Image, topics.IMAGE, topics.STREAM)
        self.infos = graph.publisher(CameraInfo, topics.CAMERA_INFO, topics.STREAM)
        self.joints = graph.publisher(JointState, topics.JOINT_STATES, topics.STREAM)

    @property
    def frame(self):
        return self.model.limbs.camera_link

    def stamp(self):
        return self.graph.node.get_clock().now().to_msg()

    def show(self, picture, seconds, info=True):
        """A camera's pictures for a while; returns the people messages they gave."""
        first = len(self.people)
        for _ in range(round(seconds * RATE_HZ)):
            stamp = self.stamp()
            rest = RobotState(0.0, self.model.joint_names, self.model.rest, np.zeros(len(self.model.rest)))
            self.joints.publish(joint_state_message(rest, stamp))
            if info:
                self.infos.publish(camera_info(picture, self.frame, stamp))
            self.images.publish(image_message(picture, self.frame, stamp))
            self.graph.spin(1.0 / RATE_HZ)
        return self.people[first:]

    def show_until(self, condition, what, picture=None):
        """Go on showing the visitor until `condition` holds for the people messages that come from now on."""
        first = len(self.people)
        for _ in range(150):
            self.show(picture or self.visitor, 0.2)
            if condition(self.people[first:]):
                return self.people[first:]
        raise AssertionError(f"{what}: {self.graph.diagnostics['perception']}")

    def named(self, what):
        self.graph.wait(lambda: what in self.graph.message("perception"), f"'{what}' is named")


@pytest.fixture(scope="module")
def bench(shared_graph):
    return Bench(shared_graph)


def test_a_visitor_is_seen_in_the_robots_frame_with_the_pictures_stamp(bench):
    seen = [m for m in bench.show_until(lambda new: sum(bool(m.people) for m in new) > 5, "seen") if m.people]
    newest = seen[-1]
    (person,) = newest.people
    assert newest.header.frame_id == bench.model.limbs.base_link and newest.camera_frame == bench.frame
    assert (newest.image_width, newest.image_height) == (640, 480)
    assert 0.5 < person.head.position.x < 3.0 and 1.2 < person.head.position.z < 2.0 and person.engagement > 0
    assert any(i.header.stamp == newest.header.stamp for i in bench.interactions)
    assert len({m.header.stamp.nanosec for m in seen}) == len(seen)
    bench.show_until(lambda _: bench.graph.message("perception") in ("ok", SLOW), "all is well")
    assert bench.graph.value("perception", "engine") == "mediapipe"
    bench.graph.wait(lambda: "median" in bench.graph.value("perception", "people: latency"), "latency is told")


def test_with_nobody_in_sight_it_looks_less_often_and_at_once_again_when_somebody_comes(bench):
    def looks(how):
        return lambda _: bench.graph.value("perception", "looks") == how

    bench.show_until(looks("idle, nobody in sight"), "it looks less often", bench.empty)
    alone = bench.show(bench.empty, 2.0)
    assert 0 < len(alone) <= 14 and not any(m.people for m in alone)
    bench.show_until(looks("at every picture"), "it looks at every picture again", bench.comer)
    bench.show_until(lambda new: any(m.people for m in new), "the visitor is seen")
    bench.show_until(looks("calm, everybody is engaged"), "it looks a little less often at somebody who is engaged")


def spoilt(bench, what):
    """A picture with one fault."""
    message = image_message(bench.visitor, bench.frame, bench.stamp())
    if what == "encoding":
        message.encoding = "jpeg"
    elif what == "cut":
        message.data = array("B", bytes(99))
    elif what in ("old", "future"):
        message.header.stamp.sec += -5 if what == "old" else 5
    elif what == "zero":
        message.header.stamp.sec = message.header.stamp.nanosec = 0
    elif what == "frame":
        message.header.frame_id = "kitchen_camera"
    elif what == "again":
        message.header.stamp = bench.people[-1].header.stamp
    return message


@pytest.mark.parametrize("what, says", [
    ("encoding", "These work"), ("cut", "cut off"), ("old", "s old; dropped"),
    ("again", "came already"), ("zero", "carry no stamp"), ("future", "in the future"),
    ("frame", "kitchen_camera")])
def test_pictures_that_cannot_be_are_named_and_the_next_is_seen(bench, what, says):
    bench.show_until(lambda new: new, "a picture is seen")
    bench.graph.spin(0.3)
    message = spoilt(bench, what)
    for _ in range(100):  # pictures are sent best effort: one may be lost on a busy machine
        bench.images.publish(message)
        bench.graph.spin(0.3)
        if says in bench.graph.message("perception"):
            break
    bench.named(says)
    bench.show_until(lambda new: new, "the next picture is seen")
    stamps = [m.header.stamp for m in bench.people]
    if what == "again":
        assert stamps.count(message.header.stamp) == 1
    elif what != "frame":
        assert message.header.stamp not in stamps


def test_an_uncalibrated_or_foreign_camera_info_is_named_and_a_lens_assumed(bench):
    for info, says in ((CameraInfo(width=640, height=480), "a lens of 60 deg is assumed"),
                       (CameraInfo(width=320, height=240, k=np.diag([300.0, 300.0, 1.0]).reshape(-1)), "320 x 240")):
        bench.infos.publish(info)
        for _ in range(20):
            bench.show(bench.visitor, 0.3, info=False)
            if says in bench.graph.message("perception"):
                break
        bench.named(says)
    bench.show_until(lambda new: new, "pictures are seen")


def test_bad_joint_states_are_named(bench):
    bench.joints.publish(JointState(name=["nose"], position=[0.1]))
    bench.show(bench.visitor, 0.2)
    bench.named("joint_states lacks")
    bad = JointState(name=list(bench.model.joint_names), position=[float("nan")] * len(bench.model.joint_names))
    bad.header.stamp = bench.stamp()
    bench.joints.publish(bad)
    bench.show(bench.visitor, 0.2)
    bench.named("finite")


def test_a_camera_that_stalls_is_named_and_seen_again(bench):
    bench.show(bench.visitor, 0.3)
    bench.graph.wait(lambda: "image: nothing for" in bench.graph.message("perception"), "the stall is named")
    bench.show_until(lambda new: new, "pictures are seen again")


def test_it_can_be_cleaned_up_and_configured_again(bench):
    for transition in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP,
                       Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
        assert bench.graph.change("perception", transition)
    before = bench.people[-1].people
    seen = [m for m in bench.show_until(lambda new: any(m.people for m in new), "seen") if m.people]
    assert {p.id for p in seen[-1].people}.isdisjoint(p.id for p in before)


def test_without_its_library_it_stays_unconfigured_and_names_the_pip_line(bench, tmp_path):
    (tmp_path / "mediapipe.py").write_text("raise ImportError('not here')")
    bench.graph.start("perception", "-r", "__node:=bare", wait=False,
                      environment={"PYTHONPATH": f"{tmp_path}:{ROOT}"})
    bench.graph.wait(lambda: "pip install" in bench.graph.message("bare"), "the pip line is named")
    assert bench.graph.state("bare") == "unconfigured"


def test_the_place_of_the_camera_is_that_of_the_pictures_time():
    model = load_model("wren")
    place, kinematics = CameraPlace("robot", model), Kinematics(model)
    assert "rest pose" in place.at(0.0)[1]
    turned = model.rest.copy()
    turned[model.index(model.limbs.neck[0])] += 0.4
    for stamp_s, positions in ((1.0, model.rest), (1.1, turned)):
        place.take(RobotState(stamp_s, model.joint_names, positions, np.zeros(len(positions))))
    half = (model.rest + turned) / 2.0
    pose, why = place.at(1.05)
    assert not why and pose == pytest.approx(camera_pose(kinematics, model, half))
    assert place.at(0.9)[0] == pytest.approx(camera_pose(kinematics, model, model.rest))
    assert "away from the picture" in place.at(9.0)[1]


def test_a_fixed_camera_looks_where_its_numbers_say():
    pose, why = CameraPlace("0.1 0 1.2 0 0 1.5707963", load_model("wren")).at(0.0)
    assert not why and pose[:3, 3] == pytest.approx([0.1, 0.0, 1.2])
    assert pose[:3, 2] == pytest.approx([0, 1, 0], abs=1e-6)
    with pytest.raises(ValueError, match="six numbers"):
        CameraPlace("over there", load_model("wren"))


def test_a_lens_is_assumed_until_one_of_the_right_size_came():
    lens = Lens()
    matrix, why = lens.matrix(640, 480)
    assert "no camera_info" in why and 2 * np.degrees(np.arctan(320 / matrix[0, 0])) == pytest.approx(60.0)
    lens.take(CameraInfo(width=640, height=480, k=np.diag([500.0, 501.0, 1.0]).reshape(-1)))
    matrix, why = lens.matrix(640, 480)
    assert not why and matrix[0, 0] == 500.0
