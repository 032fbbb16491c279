"""All nodes of a robot: ros2 launch gesture_robot gesture_robot.launch.py [ARGUMENT:=VALUE ...].

The robot itself (its drivers, ros2_control, its camera) is brought up by its own launch files. Nodes configure and
activate themselves, also after a crash; control comes up stopped, and stays so until an operator calls control/release.

An argument left empty leaves its parameter to `params_file`, or to the default in config/params.yaml.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, LogInfo, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

PACKAGE = "gesture_robot"
NODES = ("perception", "decision", "speech", "gesture", "face", "retarget", "control", "page")
TOGETHER = ("decision", "gesture", "face", "retarget")
"""Share a process with composition:=true: none of them is needed to stop the robot."""
KNOW_THE_ROBOT = ("perception", "gesture", "retarget", "control", "page")

ARGUMENTS = {  # name -> default, text
    "robot": ("wren", "name of a known robot, path of a URDF, or '' for what is on robot_description"),
    "namespace": ("", "prefix of all names, for a second robot in the same domain"),
    "params_file": ("", "YAML file with parameters, such as a copy of config/params.yaml"),
    "use_sim_time": ("false", "take the time from /clock"),
    "log_level": ("info", "debug, info, warn, error or fatal"),
    "composition": ("false", f"run {', '.join(TOGETHER)} in one process: less memory, they end together"),
    "state_publisher": ("true", "start robot_state_publisher, where robot is not ''"),
    "page": ("true", "start the page"),
    "image": ("image", "topic of the camera's pictures"),
    "camera_info": ("camera_info", "topic of the camera's calibration"),
    "joint_states": ("joint_states", "topic of the measured joints"),
}
PARAMETERS = {  # launch argument -> default, node, parameter
    "perception": ("", "perception", "engine"),
    "tts": ("", "speech", "tts"),
    "gesture": ("", "gesture", "engine"),
    "face": ("", "face", "engine"),
    "controller": ("", "control", "controller"),
    "stop_heartbeat_s": ("0.5", "control", "stop_heartbeat_s"),
    "bind": ("", "page", "bind"),
    "token_file": ("", "page", "token_file"),
}
NUMBERS = ("stop_heartbeat_s",)


def generate_launch_description():
    """Arguments, then the nodes."""
    declared = [DeclareLaunchArgument(name, default_value=default, description=text)
                for name, (default, text) in ARGUMENTS.items()]
    declared += [DeclareLaunchArgument(name, default_value=default, description=f"parameter {parameter} of {node}")
                 for name, (default, node, parameter) in PARAMETERS.items()]
    return LaunchDescription([*declared, OpaqueFunction(function=start)])


def start(context):
    """The nodes for these arguments."""
    values = {name: LaunchConfiguration(name).perform(context) for name in (*ARGUMENTS, *PARAMETERS)}
    wanted = [node for node in NODES if node != "page" or is_true(values["page"])]
    joined = [node for node in wanted if node in TOGETHER] if is_true(values["composition"]) else []
    made = [single(node, values) for node in wanted if node not in joined]
    if joined:
        made.append(container(joined, values))
    if is_true(values["state_publisher"]) and values["robot"]:
        made.append(state_publisher(values))
    if not float(values["stop_heartbeat_s"] or 0.0):
        made.append(LogInfo(msg="stop_heartbeat_s is 0: THE ROBOT GOES ON when the operator's connection is lost."))
    return made


def own_parameters(node, values):
    """What the launch arguments say about one node."""
    given = {"use_sim_time": is_true(values["use_sim_time"])}
    if node in KNOW_THE_ROBOT:
        given["robot"] = values["robot"]
    for name, (_, owner, parameter) in PARAMETERS.items():
        if owner == node and values[name] != "":
            given[parameter] = float(values[name]) if name in NUMBERS else values[name]
    return given


def common(values):
    """What all processes have in common. Processes that die are started again."""
    files = [values["params_file"]] if values["params_file"] else []
    remappings = [(name, values[name]) for name in ("image", "camera_info", "joint_states") if values[name] != name]
    return files, {"package": PACKAGE, "namespace": values["namespace"], "output": "screen", "remappings": remappings,
                   "respawn": True, "respawn_delay": 1.0, "ros_arguments": ["--log-level", values["log_level"]]}


def single(node, values):
    """One node in its own process."""
    files, shared = common(values)
    return Node(executable=node, name=node, parameters=[*files, own_parameters(node, values)], **shared)


def container(nodes, values):
    """Several nodes in one process; a parameter carries the name of its node."""
    files, shared = common(values)
    for node in nodes:
        for name, value in own_parameters(node, values).items():
            text = f"{value}".lower() if isinstance(value, bool) else f"'{value}'" if value == "" else f"{value}"
            shared["ros_arguments"] = [*shared["ros_arguments"], "-p", f"{node}:{name}:={text}"]
    return Node(executable="container", arguments=["--nodes", ",".join(nodes)], parameters=files, **shared)


def state_publisher(values):
    """TF of the links, and robot_description, from the robot's URDF."""
    from gesture_robot.robots.model import load_model

    shared = {"namespace": values["namespace"], "output": "screen", "respawn": True, "respawn_delay": 1.0}
    description = load_model(values["robot"]).urdf_xml.replace('filename="/', 'filename="file:///')  # as RViz wants it
    given = {"robot_description": ParameterValue(description, value_type=str),
             "use_sim_time": is_true(values["use_sim_time"])}
    return Node(package="robot_state_publisher", executable="robot_state_publisher", name="robot_state_publisher",
                parameters=[given], remappings=[("joint_states", values["joint_states"])], **shared)


def is_true(text):
    """Whether a launch argument says yes."""
    return text.lower() in ("true", "1", "yes", "on")
