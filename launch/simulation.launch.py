"""The same nodes with a simulated robot: ros2 launch gesture_robot simulation.launch.py simulator:=mujoco|gazebo.

mujoco: the node `robot` simulates body and camera, in real time. gazebo: Gazebo simulates room, visitor, robot and
camera, ros_gz_bridge carries the topics, all nodes take the time from /clock. Control is released once when the robot
is there; a control node that dies comes back stopped. Arguments of gesture_robot.launch.py not named here, such
as composition, are passed on.
"""

import os
from pathlib import Path

from launch import LaunchDescription
from launch.actions import (
    AppendEnvironmentVariable,
    DeclareLaunchArgument,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
    Shutdown,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

HERE = Path(__file__).resolve().parent
SHARE = HERE.parent
PACKAGE = "gesture_robot"
ROBOT_LAUNCH = "launch/gesture_robot.launch.py"
MODEL = "urdf/wren.gazebo.urdf"
RVIZ = "config/rviz/gesture_robot.rviz"
GAZEBO = {  # gz_version -> command, bridge
    "fortress": (["ign", "gazebo"], "config/bridge_fortress.yaml"),
    "harmonic": (["gz", "sim"], "config/bridge.yaml"),
    "ionic": (["gz", "sim"], "config/bridge.yaml"),
}
RESOURCES = ("GZ_SIM_RESOURCE_PATH", "IGN_GAZEBO_RESOURCE_PATH")
"""Where package:// and model:// names are looked up: with the folder that holds gesture_robot/."""

ARGUMENTS = {  # name -> default, text
    "simulator": ("mujoco", "mujoco or gazebo"),
    "gz_version": ("harmonic", "fortress (Humble), harmonic (Jazzy) or ionic (Kilted)"),
    "world": ("worlds/room.sdf", "world of Gazebo; relative to the package's share folder, or absolute"),
    "headless": ("false", "no windows"),
    "rviz": ("false", "start RViz"),
    "release": ("true", "allow motion once all is up; false: an operator does it"),
    "scene": ("visitor", "mujoco: the scene the camera sees; '' for no camera"),
    "camera": ("-1", "mujoco: number of a camera device in place of the scene"),
    "video": ("", "mujoco: video file in place of the scene"),
    "robot": ("wren", "name of a known robot or path of a URDF; gazebo knows wren"),
    "namespace": ("", "prefix of all names"),
    "stop_heartbeat_s": ("0.0", "0: a simulation goes on without an operator"),
    "log_level": ("info", "debug, info, warn, error or fatal"),
}


def generate_launch_description():
    """Arguments, then the simulator and the nodes."""
    declared = [DeclareLaunchArgument(name, default_value=default, description=text)
                for name, (default, text) in ARGUMENTS.items()]
    return LaunchDescription([*declared, OpaqueFunction(function=start)])


def start(context):
    """The processes for these arguments."""
    values = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    in_gazebo = choice(values, "simulator", ("mujoco", "gazebo")) == "gazebo"
    made = gazebo(values) if in_gazebo else [mujoco(values)]
    passed_on = {name: values[name] for name in ("robot", "namespace", "stop_heartbeat_s", "log_level")}
    passed_on["use_sim_time"] = "true" if in_gazebo else "false"
    source = PythonLaunchDescriptionSource(str(SHARE / ROBOT_LAUNCH))
    made.append(IncludeLaunchDescription(source, launch_arguments=passed_on.items()))
    shared = {"namespace": values["namespace"], "output": "screen"}
    timed = {"use_sim_time": in_gazebo}
    if is_true(values["release"]):
        made.append(Node(package=PACKAGE, executable="release_once", name="release_once", **shared))
    if is_true(values["rviz"]) and not is_true(values["headless"]):
        made.append(Node(package="rviz2", executable="rviz2", name="rviz", arguments=["-d", str(SHARE / RVIZ)],
                         parameters=[timed], **shared))
    return made


def mujoco(values):
    """The robot node in place of a robot."""
    given = {"robot": values["robot"], "scene": values["scene"], "camera": int(values["camera"]),
             "video": values["video"], "loop": True}
    return Node(package=PACKAGE, executable="robot", name="robot", namespace=values["namespace"], output="screen",
                parameters=[given], respawn=True, respawn_delay=1.0)


def gazebo(values):
    """Gazebo, the robot in it, and the bridge to ROS."""
    command, bridge = GAZEBO[choice(values, "gz_version", GAZEBO)]
    if values["robot"] != "wren":
        raise RuntimeError(f"simulator:=gazebo knows wren, got robot:={values['robot']}. Use simulator:=mujoco.")
    options = ["-r", "-s", "--headless-rendering"] if is_true(values["headless"]) else ["-r"]
    made = [AppendEnvironmentVariable(name, os.pathsep.join([str(SHARE.parent), str(SHARE / "worlds")]))
            for name in RESOURCES]
    made.append(ExecuteProcess(cmd=[*command, *options, str(SHARE / values["world"])], output="screen",
                               on_exit=Shutdown(reason="Gazebo ended")))
    made.append(Node(package="ros_gz_sim", executable="create", output="screen",
                     arguments=["-file", str(SHARE / MODEL), "-name", "wren"]))
    made.append(Node(package="ros_gz_bridge", executable="parameter_bridge", name="bridge", output="screen",
                     namespace=values["namespace"], respawn=True, respawn_delay=1.0,
                     parameters=[{"config_file": str(SHARE / bridge), "use_sim_time": True}]))
    return made


def choice(values, name, known):
    """The value of an argument that must be one of `known`."""
    if values[name] not in known:
        raise RuntimeError(f"{name}:={values[name]} is not known. Choose from: {', '.join(known)}.")
    return values[name]


def is_true(text):
    """Whether a launch argument says yes."""
    return text.lower() in ("true", "1", "yes", "on")
