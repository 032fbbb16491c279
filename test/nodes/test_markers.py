"""People as markers for RViz."""

import numpy as np
from builtin_interfaces.msg import Time
from visualization_msgs.msg import Marker

from gesture_robot.datatypes import Engagement, EngagementLevel, Expression, Person, SocialScene
from gesture_robot.nodes.convert.markers import people_markers


def test_each_person_has_a_head_a_gaze_and_words():
    pose = np.eye(4)
    pose[:3, 3] = 2.0, 0.5, 1.4
    person = Person("p1", 3.0, [0, 0, 9, 9], [0, 0, 4, 4], pose, [-1.0, 0.0, 0.0], [0, 0, 0], Expression(), 0.9,
                    ("wave",))
    scene = SocialScene(3.0, (person,), (Engagement("p1", EngagementLevel.ENGAGED, 0.8, 2.06),))
    head, gaze, words = people_markers(scene, Time(sec=3), "base_link").markers
    assert head.type == Marker.SPHERE and head.header.frame_id == "base_link" and head.header.stamp.sec == 3
    assert (head.pose.position.x, head.pose.position.y, head.pose.position.z) == (2.0, 0.5, 1.4)
    assert gaze.points[1].x < gaze.points[0].x
    assert words.text == "p1 2.1 m engaged, wave" and words.pose.position.z > 1.4
    assert len({(m.ns, m.id) for m in (head, gaze, words)}) == 3
    assert people_markers(SocialScene(3.0), Time(), "base_link").markers == []
