"""Parameters of a node come from its dataclass: text, unit, bounds, refusal."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import rclpy
from rclpy.parameter import Parameter

from gesture_robot.control.config import ControlConfig, SourceRule
from gesture_robot.errors import InvalidInput
from gesture_robot.nodes.base import StageNode
from gesture_robot.nodes.config.common import NodeConfig
from gesture_robot.settings import setting


@dataclass(frozen=True, slots=True)
class Config(NodeConfig):
    robot: str = setting("wren", "whom")
    words: tuple[str, ...] = setting((), "some words")
    count: int = setting(3, "how many", low=1, high=9)
    mode: str = setting("a", "which", choices=("a", "b"))
    control: ControlConfig = field(default_factory=ControlConfig)


class Node(StageNode):
    stage, config_type = "tiny", Config


@pytest.fixture
def make():
    context = rclpy.Context()
    rclpy.init(context=context)
    made = []

    def build(*values):
        given = [Parameter("autostart", value=False), *(Parameter(name, value=value) for name, value in values)]
        made.append(Node(context=context, parameter_overrides=given))
        return made[-1]

    yield build
    for node in made:
        node.close()
    rclpy.shutdown(context=context)


def test_defaults_texts_units_and_bounds_are_the_dataclass(make):
    node = make()
    assert node.config == Config(autostart=False)
    described = node.describe_parameter("control.tick_s")
    assert "[s]" in described.description
    assert described.floating_point_range[0].from_value == 0.001
    assert node.describe_parameter("count").integer_range[0].to_value == 9
    assert "one of: a, b" in node.describe_parameter("mode").additional_constraints


def test_values_lists_whole_numbers_and_new_rules_are_taken(make):
    node = make(("words", ["x", "y"]), ("control.ahead_s", 5), ("control.sources.names", ["teleop", "music"]),
                ("control.sources.music.priority", 30))
    assert node.config.words == ("x", "y")
    assert node.config.control.ahead_s == 5.0
    assert node.config.control.sources == (SourceRule("teleop", 100), SourceRule("music", 30))


@pytest.mark.parametrize("name, value, says", [
    ("control.tick_s", 5.0, "between 0.001 and 0.1 s"), ("control.tick_s", "fast", "a number"),
    ("count", 0, "between 1 and 9"), ("mode", "c", "one of a, b"), ("autostart", 3, "true or false")])
def test_a_bad_value_is_refused_at_start_with_what_would_work(make, name, value, says):
    with pytest.raises(InvalidInput, match=says):
        make((name, value))


def test_a_name_that_is_unknown_keeps_the_node_unconfigured_and_is_named(make):
    node = make(("control.tick_z", 0.01))
    node.trigger_configure()
    assert node.state == "unconfigured"
    assert "control.tick_z" in node.health.report(0.0).message and "control.tick_s" in node.health.report(0.0).message


def test_a_change_while_configured_is_refused_and_before_it_counts(make):
    node = make()
    assert node.set_parameters([Parameter("count", value=5)])[0].successful
    node.trigger_configure()
    assert node.config.count == 5
    refused = node.set_parameters([Parameter("count", value=6)])[0]
    assert not refused.successful and "clean up" in refused.reason
    node.trigger_cleanup()
    assert node.set_parameters([Parameter("count", value=6)])[0].successful
