"""Gazebo's files: the real parser accepts them, and joints, limits and topics are the same everywhere."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from gesture_robot.datatypes import RobotModel
from gesture_robot.robots.model import load_model

ROOT = Path(__file__).resolve().parents[2]
WORLD, MODEL = ROOT / "worlds" / "room.sdf", ROOT / "urdf" / "wren.gazebo.urdf"
HARMLESS = "libignition-tools-backward.so not found"
TOOL = next((name for name in ("ign", "gz") if shutil.which(name)), None)


def sdf_tool(*arguments: str) -> str:
    """The output; complaints on stderr are failures, because the tool can say Valid and complain."""
    if TOOL is None:
        pytest.skip("no ign or gz: apt install ignition-tools libsdformat-dev")
    done = subprocess.run([TOOL, "sdf", *arguments], capture_output=True, text=True, timeout=60, check=False)
    complaints = [line for line in done.stderr.splitlines() if line.strip() and HARMLESS not in line]
    assert (done.returncode, complaints) == (0, []), done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def model() -> RobotModel:
    return load_model("wren")


@pytest.fixture(scope="module")
def converted() -> ET.Element:
    """The robot as Gazebo sees it."""
    found = ET.fromstring(sdf_tool("-p", str(MODEL))).find("model")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def world() -> ET.Element:
    found = ET.parse(WORLD).getroot().find("world")
    assert found is not None
    return found


def plugin(parent: ET.Element, kind: str) -> ET.Element:
    (found,) = [p for p in parent.findall("plugin") if p.get("name") == f"gz::sim::systems::{kind}"]
    return found


def texts(parent: ET.Element, tag: str) -> list[str]:
    return [(child.text or "").strip() for child in parent.findall(tag)]


@pytest.mark.parametrize("path", [WORLD, MODEL], ids=lambda path: path.name)
def test_the_real_parser_accepts_it(path: Path) -> None:
    assert "Valid" in sdf_tool("-k", str(path))


def test_the_world_is_sdf_1_9_which_every_release_reads() -> None:
    assert ET.parse(WORLD).getroot().get("version") == "1.9"


def test_check_urdf_accepts_the_robot() -> None:
    if shutil.which("check_urdf") is None:
        pytest.skip("check_urdf is not installed: apt install liburdfdom-tools")
    done = subprocess.run(["check_urdf", MODEL], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert not done.stderr.strip()


def test_files_are_what_the_scripts_write() -> None:
    for name, text in runpy.run_path(str(ROOT / "tools" / "write_gazebo.py"))["files"]().items():
        assert (ROOT / name).read_text() == text, f"{name}: run make docs"
    visitor = runpy.run_path(str(ROOT / "tools" / "write_visitor.py"))
    assert (ROOT / "worlds" / "visitor" / "visitor.obj").read_text() == visitor["mesh"](), "run make docs"
    assert (ROOT / "worlds" / "visitor" / "visitor.mtl").read_text() == visitor["MATERIAL"]


def test_joints_and_limits_are_the_same_in_gazebo_and_in_the_description(
    converted: ET.Element, model: RobotModel
) -> None:
    moving = {j.get("name"): j for j in converted.findall("joint") if j.get("type") != "fixed"}
    assert list(model.joint_names) == [name for name in model.joint_names if name in moving]
    assert set(moving) == set(model.joint_names)
    for row, name in enumerate(model.joint_names):
        limit = moving[name].find("axis/limit")
        assert limit is not None
        found = [float(limit.findtext(tag, "nan")) for tag in ("lower", "upper", "velocity")]
        expected = [model.lower[row], model.upper[row], model.max_velocity[row]]
        assert found == pytest.approx(expected, abs=1e-4), name


def test_every_controller_knows_the_same_joints(converted: ET.Element, model: RobotModel) -> None:
    names = list(model.joint_names)
    follow = plugin(converted, "JointTrajectoryController")
    assert texts(follow, "joint_name") == names
    assert texts(plugin(converted, "JointStatePublisher"), "joint_name") == names
    for tag in ("position_p_gain", "velocity_p_gain"):
        gains = [float(text) for text in texts(follow, tag)]
        assert len(gains) == len(names)
        assert min(gains) >= 0.0
    controllers = yaml.safe_load((ROOT / "config" / "controllers.yaml").read_text())
    rules = controllers["joint_trajectory_controller"]["ros__parameters"]
    assert rules["joints"] == names
    assert rules["command_interfaces"] == ["position"]
    assert rules["state_interfaces"] == ["position", "velocity"]
    assert rules["allow_nonzero_velocity_at_trajectory_end"] is False
    assert "joint_trajectory_controller" in controllers["controller_manager"]["ros__parameters"]


def gazebo_topics(converted: ET.Element) -> dict[str, str]:
    """Direction and topics of what the robot's plugins and sensor use."""
    image = converted.findtext(".//sensor/topic")
    assert image is not None
    return {
        f"/{image}": "GZ_TO_ROS",
        f"/{image.rpartition('/')[0]}/camera_info": "GZ_TO_ROS",  # gz-sensors puts it beside the pictures
        plugin(converted, "JointTrajectoryController").findtext("topic", ""): "ROS_TO_GZ",
        plugin(converted, "JointStatePublisher").findtext("topic", ""): "GZ_TO_ROS",
        "/clock": "GZ_TO_ROS",
    }


@pytest.mark.parametrize("name", ["bridge.yaml", "bridge_fortress.yaml"])
def test_the_bridge_carries_what_the_robot_uses_in_its_direction(name: str, converted: ET.Element) -> None:
    rows = yaml.safe_load((ROOT / "config" / name).read_text())
    assert {row["gz_topic_name"]: row["direction"] for row in rows} == gazebo_topics(converted)
    source = (ROOT / "gesture_robot" / "nodes" / "topics.py").read_text()
    known = set(re.findall(r'^[A-Z_]+ = "([^"]+)"$', source, re.MULTILINE)) | {"/clock"}
    assert {row["ros_topic_name"] for row in rows} <= known
    assert {row["ros_topic_name"] for row in rows if not row["ros_topic_name"].startswith("/")} >= {"image"}


def test_the_two_bridges_differ_in_the_name_of_the_types_only() -> None:
    new, old = ((ROOT / "config" / name).read_text() for name in ("bridge.yaml", "bridge_fortress.yaml"))
    assert yaml.safe_load(old.replace("ignition.msgs.", "gz.msgs.")) == yaml.safe_load(new)


def test_the_camera_sees_from_the_camera_link_and_names_the_optical_frame(
    converted: ET.Element, model: RobotModel
) -> None:
    assert converted.findtext(".//sensor/camera/optical_frame_id") == model.limbs.camera_link
    extension = ET.parse(MODEL).getroot().find("gazebo[@reference]")
    assert extension is not None
    assert extension.get("reference") == "camera_link"


def test_nothing_comes_from_elsewhere(world: ET.Element) -> None:
    uris = [(uri.text or "") for uri in world.iter("uri")]
    uris += [mesh.get("filename", "") for mesh in ET.parse(MODEL).getroot().iter("mesh")]
    for uri in uris:
        assert re.match(r"(model|package)://gesture_robot/", uri), uri
        assert (ROOT / uri.split("://gesture_robot/")[1]).is_file(), uri
    mtl = (ROOT / "worlds" / "visitor" / "visitor.mtl").read_text()
    (texture,) = re.findall(r"map_Kd (\S+)", mtl)
    assert (ROOT / "worlds" / "visitor" / texture).resolve().is_file()


def test_plugins_carry_names_that_every_release_knows(world: ET.Element) -> None:
    plugins: list[Any] = [*world.iter("plugin"), *ET.parse(MODEL).getroot().iter("plugin")]
    assert len(plugins) >= 6
    for found in plugins:  # Fortress turns gz-sim into ignition-gazebo itself; the old names are gone from Ionic
        assert re.fullmatch(r"gz-sim-[a-z-]+-system", found.get("filename"))
        assert re.fullmatch(r"gz::sim::systems::\w+", found.get("name"))


def test_the_visitor_comes_near_and_leaves_again(world: ET.Element) -> None:
    visitor = world.find("model[@name='visitor']")
    assert visitor is not None
    points = [tuple(map(float, text.split())) for text in texts(plugin(visitor, "TrajectoryFollower").find(
        "waypoints") or ET.Element("none"), "waypoint")]
    distances = [x for x, _ in points]
    assert 1.0 <= min(distances) <= 2.0
    assert max(distances) >= 4.0
