"""gesture_robot: makes a social robot see people, greet them, and move while it speaks."""

import sys
from pathlib import Path
from pkgutil import extend_path

# Generated ROS messages live under the same package name: in a colcon workspace beside these modules, after `make ros`
# in a folder of the virtual environment.
__path__ = extend_path(__path__, __name__)
_interfaces = Path(sys.prefix, "share", "gesture_robot", "interfaces", "gesture_robot")
if _interfaces.is_dir():
    __path__.append(str(_interfaces))

__version__ = "0.1.0"
