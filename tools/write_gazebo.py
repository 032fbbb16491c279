"""Writes what Gazebo and ros2_control need to know of wren, so that names, limits and topics stand in one place.

urdf/wren.gazebo.urdf (the robot with a controller, joint states and a camera), config/bridge*.yaml (topics between ROS
and Gazebo), config/controllers.yaml (ros2_control on a robot). A test compares the files. Run it with: make docs
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import yaml

from gesture_robot.datatypes import RobotModel
from gesture_robot.resources import resource_path
from gesture_robot.robots.model import load_model
from gesture_robot.robots.mujoco_model import SERVO_FREQUENCY_RAD_S, joint_inertia

ROOT = Path(__file__).resolve().parent.parent
NAME = "wren"
CONTROLLER = "joint_trajectory_controller"
CAMERA = {"update_rate": 15, "horizontal_fov": 1.05, "width": 640, "height": 480, "near": 0.05, "far": 30}
"""[Hz], [rad], [px], [m]"""
TOPICS = (  # ROS name (relative), Gazebo name, ROS type, Gazebo type, direction
    ("/clock", "/clock", "rosgraph_msgs/msg/Clock", "Clock", "GZ_TO_ROS"),
    ("joint_states", f"/{NAME}/joint_states", "sensor_msgs/msg/JointState", "Model", "GZ_TO_ROS"),
    ("image", f"/{NAME}/image", "sensor_msgs/msg/Image", "Image", "GZ_TO_ROS"),
    ("camera_info", f"/{NAME}/camera_info", "sensor_msgs/msg/CameraInfo", "CameraInfo", "GZ_TO_ROS"),
    (f"{CONTROLLER}/joint_trajectory", f"/{NAME}/joint_trajectory", "trajectory_msgs/msg/JointTrajectory",
     "JointTrajectory", "ROS_TO_GZ"),
)
NOTE = "Written by tools/write_gazebo.py (make docs); do not edit."


def files() -> dict[str, str]:
    """Path below the checkout -> what stands there."""
    model = load_model(NAME)
    return {"urdf/wren.gazebo.urdf": robot(model), "config/bridge.yaml": bridge("gz.msgs", "Harmonic and later"),
            "config/bridge_fortress.yaml": bridge("ignition.msgs", "Fortress"),
            "config/controllers.yaml": controllers(model)}


def robot(model: RobotModel) -> str:
    """The URDF with Gazebo's extensions; what drives no joint of its own is fixed."""
    root = ET.fromstring(resource_path(f"urdf/{NAME}.urdf").read_bytes())
    root.insert(0, ET.Comment(f" {NOTE} The names of plugins are Gazebo Sim's; Fortress knows them as its own. "))
    for joint in root.findall("joint"):
        mimic = joint.find("mimic")
        if mimic is not None:  # SDF 1.9 has no coupled joints: the fingers behind the driven one stay as they are
            joint.set("type", "fixed")
            for child in [c for c in joint if c.tag in ("mimic", "axis", "limit", "dynamics")]:
                joint.remove(child)
    ET.SubElement(root, "link", name="world")
    stand = ET.SubElement(root, "joint", name="stand", type="fixed")
    ET.SubElement(stand, "parent", link="world")
    ET.SubElement(stand, "child", link=model.limbs.base_link)
    root.extend([_plugins(model), _camera()])
    ET.indent(root)
    return '<?xml version="1.0"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _plugins(model: RobotModel) -> ET.Element:
    """Each joint follows with the stiffness it has in MuJoCo; forces are summed from position and velocity."""
    extension = ET.Element("gazebo")
    follow = _plugin(extension, "joint-trajectory-controller", "JointTrajectoryController")
    ET.SubElement(follow, "topic").text = gazebo_topic(f"{CONTROLLER}/joint_trajectory")
    inertia, friction = joint_inertia(model)
    for name, moment, damping in zip(model.joint_names, inertia, friction, strict=True):
        ET.SubElement(follow, "joint_name").text = name
        ET.SubElement(follow, "position_p_gain").text = f"{moment * SERVO_FREQUENCY_RAD_S**2:.3g}"
        ET.SubElement(follow, "velocity_p_gain").text = f"{max(2 * moment * SERVO_FREQUENCY_RAD_S - damping, 0):.3g}"
    states = _plugin(extension, "joint-state-publisher", "JointStatePublisher")
    ET.SubElement(states, "topic").text = gazebo_topic("joint_states")
    for name in model.joint_names:
        ET.SubElement(states, "joint_name").text = name
    return extension


def _plugin(parent: ET.Element, file: str, kind: str) -> ET.Element:
    return ET.SubElement(parent, "plugin", filename=f"gz-sim-{file}-system", name=f"gz::sim::systems::{kind}")


def _camera() -> ET.Element:
    """Gazebo's cameras look along x of their link, so it sits on camera_link; pictures carry the optical frame."""
    extension = ET.Element("gazebo", reference="camera_link")
    sensor = ET.SubElement(extension, "sensor", name="camera", type="camera")
    for tag, value in (("update_rate", CAMERA["update_rate"]), ("topic", gazebo_topic("image").lstrip("/")),
                       ("always_on", 1)):
        ET.SubElement(sensor, tag).text = f"{value}"
    camera = ET.SubElement(sensor, "camera", name="camera")
    ET.SubElement(camera, "horizontal_fov").text = f"{CAMERA['horizontal_fov']}"
    image, clip = ET.SubElement(camera, "image"), ET.SubElement(camera, "clip")
    for parent, tag in ((image, "width"), (image, "height"), (clip, "near"), (clip, "far")):
        ET.SubElement(parent, tag).text = f"{CAMERA[tag]}"
    ET.SubElement(camera, "optical_frame_id").text = "camera_optical_frame"
    return extension


def gazebo_topic(ros: str) -> str:
    """Gazebo's name of a ROS topic."""
    return next(gazebo for name, gazebo, *_ in TOPICS if name == ros)


def bridge(package: str, which: str) -> str:
    """What ros_gz_bridge carries; relative names are in the bridge's namespace."""
    keys = ("ros_topic_name", "gz_topic_name", "ros_type_name", "gz_type_name", "direction")
    rows = [dict(zip(keys, (ros, gazebo, kind, f"{package}.{other}", way), strict=True))
            for ros, gazebo, kind, other, way in TOPICS]
    return f"# Topics between ROS and Gazebo {which}. {NOTE}\n{yaml.safe_dump(rows, sort_keys=False)}"


def controllers(model: RobotModel) -> str:
    """Parameters of ros2_control for a robot with wren's joints."""
    joints = "".join(f"      - {name}\n" for name in model.joint_names)
    return f"""# ros2_control on a real robot: the controller that control commands. {NOTE}
# For another robot: its joints, all of them, in place of wren's.
controller_manager:
  ros__parameters:
    update_rate: 250                            # [Hz] at least the 100 Hz at which commands come
    joint_state_broadcaster:
      type: joint_state_broadcaster/JointStateBroadcaster
    {CONTROLLER}:
      type: joint_trajectory_controller/JointTrajectoryController

{CONTROLLER}:
  ros__parameters:
    joints:
{joints}    command_interfaces: [position]
    state_interfaces: [position, velocity]
    # Every command names every joint, gives position and velocity (so the controller's cubic is what was checked),
    # starts at the state commanded last and ends at rest: when control dies, the robot brakes and stands.
    allow_partial_joints_goal: false
    allow_nonzero_velocity_at_trajectory_end: false
    # Jazzy and later: a new command goes on from the last one, not from the measured joints, which lag behind.
    # Humble does not know it; its name there is open_loop_control: true.
    interpolate_from_desired_state: true
    cmd_timeout: 0.0                            # [s] 0: off. Every command ends at rest by itself.
    constraints:
      stopped_velocity_tolerance: 0.0           # [rad/s] 0: not checked; control watches the joints itself
      goal_time: 0.0                            # [s] 0: not checked
"""


if __name__ == "__main__":
    for name, content in files().items():
        (ROOT / name).write_text(content, encoding="utf-8")
        print(f"wrote {ROOT / name}")
