"""The robot a node works for: by name, by file, or as the topic robot_description says."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from std_msgs.msg import String

from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import GestureRobotError
from gesture_robot.nodes import topics
from gesture_robot.robots.model import load_model

if TYPE_CHECKING:
    from gesture_robot.nodes.base import StageNode


class RobotDescription:
    """Listens to robot_description for a node whose parameter `robot` is empty."""

    def __init__(self, node: StageNode):
        self._node = node
        self._xml = ""
        node.listen(String, topics.ROBOT_DESCRIPTION, self._take, topics.LATCHED, always=True)

    def _take(self, message: String) -> None:
        self._xml = message.data

    def model(self) -> RobotModel:
        """The robot of the parameter `robot`, or of the newest description.

        Raises:
            GestureRobotError: neither is there, or it cannot be used.
        """
        name = self._node.config.robot
        if name:
            return load_model(name)
        if not self._xml:
            raise GestureRobotError("nothing came on robot_description yet. Start robot_state_publisher, or name the "
                                    "robot: -p robot:=NAME or -p robot:=/path/to/robot.urdf")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "robot_description.urdf")
            path.write_text(self._xml, encoding="utf-8")
            return load_model(str(path))
