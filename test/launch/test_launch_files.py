"""What the launch files name exists: executables, parameters, topics, files, arguments; also under the real launch."""

from __future__ import annotations

import ast
import re
import runpy
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))

from stand_in import Kept, run  # noqa: E402

from gesture_robot.nodes.config.entries import entries  # noqa: E402
from gesture_robot.settings import check_settings  # noqa: E402

ROBOT, SIMULATION = ROOT / "launch" / "gesture_robot.launch.py", ROOT / "launch" / "simulation.launch.py"
OTHERS = {"robot_state_publisher": {"robot_state_publisher"}, "rviz2": {"rviz2"}, "ros_gz_sim": {"create"},
          "ros_gz_bridge": {"parameter_bridge"}}
GAZEBO = [{"simulator": "gazebo", "gz_version": version} for version in ("fortress", "harmonic", "ionic")]
STARTS: list[tuple[Path, dict[str, str]]] = [
    (ROBOT, {}),
    (ROBOT, {"composition": "true", "tts": "tone", "gesture": "rest", "face": "still", "perception": "scripted",
             "controller": "arms", "bind": "127.0.0.1:0", "token_file": "token.txt", "params_file": "mine.yaml",
             "image": "/camera/image_raw", "camera_info": "/camera/camera_info", "joint_states": "/joint_states"}),
    (ROBOT, {"robot": "", "page": "false"}),
    (SIMULATION, {}),
    (SIMULATION, {"release": "false", "video": "visitor.mp4", "scene": "", "rviz": "true", "namespace": "left"}),
    *((SIMULATION, given) for given in GAZEBO),
    (SIMULATION, {"simulator": "gazebo", "headless": "true", "rviz": "true"}),
]


@pytest.fixture(scope="module")
def known() -> dict[str, dict[str, Any]]:
    """Node -> parameter -> its entry."""
    configs = runpy.run_path(str(ROOT / "tools" / "write_params.py"))["node_configs"]()
    return {node: {entry.name: entry for entry in entries(kind())} for node, kind in configs}


@pytest.fixture(scope="module")
def executables() -> dict[str, str]:
    lines = (ROOT / "gesture_robot" / "nodes" / "executables.txt").read_text().splitlines()
    return dict(line.split() for line in lines if line[:1].isalpha())


@pytest.fixture(scope="module")
def topic_names() -> set[str]:
    """The names in nodes/topics.py, read without rclpy."""
    tree = ast.parse((ROOT / "gesture_robot" / "nodes" / "topics.py").read_text())
    return {node.value.value for node in tree.body if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)}


def nodes(started: list[Kept], package: str = "gesture_robot") -> list[Kept]:
    return [action for action in started if type(action).__name__ == "Node" and action.package == package]


def given_parameters(node: Kept) -> dict[str, dict[str, Any]]:
    """Node name -> what the launch file sets, also through a container's command line."""
    values: dict[str, dict[str, Any]] = {}
    for source in node.keywords.get("parameters", []):
        if isinstance(source, dict):
            values.setdefault(node.keywords["name"], {}).update(source)
    for option in node.keywords.get("ros_arguments", []):
        if found := re.fullmatch(r"(\w+):([\w.]+):=(.*)", option):
            values.setdefault(found[1], {})[found[2]] = yaml.safe_load(found[3])
    return values


@pytest.mark.parametrize(("path", "given"), STARTS)
def test_executables_and_packages_exist(path: Path, given: dict[str, str], executables: dict[str, str]) -> None:
    for action in run(path, **given)[1]:
        if type(action).__name__ != "Node":
            continue
        if action.package == "gesture_robot":
            assert action.executable in executables
            assert (ROOT / "gesture_robot" / "nodes" / f"{executables[action.executable]}.py").is_file()
        else:
            assert action.executable in OTHERS[action.package]


@pytest.mark.parametrize(("path", "given"), STARTS)
def test_parameters_exist_with_that_type_and_within_bounds(
    path: Path, given: dict[str, str], known: dict[str, dict[str, Any]]
) -> None:
    checked = 0
    for node in nodes(run(path, **given)[1]):
        for name, values in given_parameters(node).items():
            for parameter, value in values.items():
                if parameter == "use_sim_time":
                    assert isinstance(value, bool)
                    continue
                entry = known[name][parameter]
                assert type(value) is type(entry.default), (name, parameter)
                assert entry.low is None or value >= entry.low
                checked += 1
    assert checked or given.get("simulator") == "gazebo"


@pytest.mark.parametrize(("path", "given"), STARTS)
def test_remapped_topics_exist(path: Path, given: dict[str, str], topic_names: set[str]) -> None:
    for action in run(path, **given)[1]:
        for name, _ in action.keywords.get("remappings", []):
            assert name in topic_names


@pytest.mark.parametrize(("path", "given"), STARTS)
def test_files_exist(path: Path, given: dict[str, str]) -> None:
    named = set()
    for action in run(path, **given)[1]:
        text = f"{action.args} {action.keywords}"
        named |= {Path(found) for found in re.findall(rf"{re.escape(str(ROOT))}/[\w/.-]+", text)}
        named |= {Path(found.args[0]) for found in action.args if isinstance(found, Kept)}
    assert [str(file) for file in named if not file.exists()] == []
    assert named or path == ROBOT


def test_every_node_is_started_once(executables: dict[str, str]) -> None:
    alone = [node.executable for node in nodes(run(ROBOT)[1])]
    assert sorted(alone) == sorted(set(executables) - {"robot", "teleop", "container", "release_once"})
    joined = nodes(run(ROBOT, composition="true")[1])
    in_container = [node for node in joined if node.executable == "container"]
    assert len(in_container) == 1
    names = in_container[0].arguments[1].split(",")
    assert sorted([node.executable for node in joined if node.executable != "container"] + names) == sorted(alone)
    assert "control" not in names
    assert "name" not in in_container[0].keywords  # would give all its nodes one name


def test_what_dies_is_started_again_but_nothing_releases_twice() -> None:
    _, started = run(SIMULATION)
    (release,) = [node for node in nodes(started) if node.executable == "release_once"]
    assert not release.keywords.get("respawn")
    for node in nodes(run(ROBOT)[1]) + [n for n in nodes(started) if n is not release]:
        assert node.respawn is True
        assert "release_on_start" not in given_parameters(node).get("control", {})
    assert not [node for node in nodes(run(SIMULATION, release="false")[1]) if node.executable == "release_once"]
    assert not [node for node in nodes(run(ROBOT)[1]) if node.executable == "release_once"]


def test_a_robot_has_a_heartbeat_and_a_simulation_says_that_it_has_none() -> None:
    values, started = run(ROBOT)
    (control,) = [node for node in nodes(started) if node.executable == "control"]
    assert given_parameters(control)["control"]["stop_heartbeat_s"] == float(values["stop_heartbeat_s"]) == 0.5
    assert not [action for action in started if type(action).__name__ == "LogInfo"]
    assert run(SIMULATION)[0]["stop_heartbeat_s"] == "0.0"
    assert [action for action in run(ROBOT, stop_heartbeat_s="0.0")[1] if type(action).__name__ == "LogInfo"]


@pytest.mark.parametrize("given", [{}, *GAZEBO])
def test_the_simulation_passes_on_arguments_that_the_robot_launch_declares(given: dict[str, str]) -> None:
    _, started = run(SIMULATION, **given)
    (included,) = [action for action in started if type(action).__name__ == "IncludeLaunchDescription"]
    passed = dict(included.launch_arguments)
    run(ROBOT, **passed)
    assert passed["use_sim_time"] == ("true" if given else "false")


@pytest.mark.parametrize(("given", "command"), zip(GAZEBO, (["ign", "gazebo"], ["gz", "sim"], ["gz", "sim"]),
                                                   strict=True))
def test_each_gazebo_gets_its_command_and_its_bridge(given: dict[str, str], command: list[str]) -> None:
    _, started = run(SIMULATION, **given)
    (process,) = [action for action in started if type(action).__name__ == "ExecuteProcess"]
    assert process.cmd[:2] == command
    (bridge,) = nodes(started, "ros_gz_bridge")
    rows = yaml.safe_load(Path(bridge.parameters[0]["config_file"]).read_text())
    prefix = "ignition.msgs." if given["gz_version"] == "fortress" else "gz.msgs."
    assert all(row["gz_type_name"].startswith(prefix) for row in rows)


@pytest.mark.parametrize("given", [{"simulator": "webots"}, {"simulator": "gazebo", "gz_version": "classic"},
                                   {"simulator": "gazebo", "robot": "other"}])
def test_a_wrong_choice_names_the_right_ones(given: dict[str, str]) -> None:
    with pytest.raises(RuntimeError, match="mujoco|fortress"):
        run(SIMULATION, **given)


def test_rviz_shows_topics_that_exist(topic_names: set[str]) -> None:
    displays = yaml.safe_load((ROOT / "config" / "rviz" / "gesture_robot.rviz").read_text())
    shown = [d.get("Topic", d.get("Description Topic", {})).get("Value")
             for d in displays["Visualization Manager"]["Displays"]]
    assert {name for name in shown if name} == {"image", "robot_description", "people/markers"} <= topic_names


def test_descriptions_reach_rviz() -> None:
    (publisher,) = nodes(run(ROBOT)[1], "robot_state_publisher")
    description = publisher.parameters[0]["robot_description"].args[0]
    assert 'filename="file:///' in description
    assert 'filename="/' not in description


def test_defaults_of_the_launch_files_are_good_parameters(known: dict[str, dict[str, Any]]) -> None:
    for node, kind in runpy.run_path(str(ROOT / "tools" / "write_params.py"))["node_configs"]():
        check_settings(kind())
        assert known[node]["autostart"].default is True


def test_under_the_real_launch_the_same_is_started() -> None:
    """Where launch_ros is importable; elsewhere the stand-ins above are all there is."""
    if find_spec("launch_ros") is None:
        return
    from launch import LaunchContext
    from launch.actions import DeclareLaunchArgument, OpaqueFunction
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    for path, given in STARTS:
        context = LaunchContext()
        described = PythonLaunchDescriptionSource(str(path)).get_launch_description(context)
        context.launch_configurations.update(given)
        started: list[Any] = []
        for action in described.entities:
            if isinstance(action, DeclareLaunchArgument):
                action.execute(context)
            elif isinstance(action, OpaqueFunction):
                started += action.execute(context) or []
        assert [type(a).__name__ for a in started] == [type(a).__name__ for a in run(path, **given)[1]]
