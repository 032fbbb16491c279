"""gesture_robot: makes a social robot see people, greet them, and move while it speaks."""

from pkgutil import extend_path

# Generated ROS messages are installed beside these modules under the same package name.
__path__ = extend_path(__path__, __name__)

__version__ = "0.1.0"
