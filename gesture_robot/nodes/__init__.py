"""The ROS 2 shell: nodes that convert messages and call the core. The only place that imports rclpy or messages.

Two settings of libraries are made here, before they are loaded; what the user has set stays:
- One thread for linear algebra: matrices are small here, and OpenBLAS's waiting threads would take a whole core.
- Shared memory that holds a picture (config/fastdds.xml): with Fast DDS's default most pictures are lost.
"""

import os

from gesture_robot.resources import resource_path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
_PROFILES = {"humble": "FASTRTPS_DEFAULT_PROFILES_FILE", "jazzy": "FASTRTPS_DEFAULT_PROFILES_FILE"}
_profiles = _PROFILES.get(os.environ.get("ROS_DISTRO", ""), "FASTDDS_DEFAULT_PROFILES_FILE")
if "FASTDDS_BUILTIN_TRANSPORTS" not in os.environ and "FASTRTPS_DEFAULT_PROFILES_FILE" not in os.environ:
    os.environ.setdefault(_profiles, str(resource_path("config/fastdds.xml")))
