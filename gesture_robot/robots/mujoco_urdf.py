"""A URDF as MuJoCo takes it: meshes as bytes it reads, inertias that a body can have, its compiler's options."""

from __future__ import annotations

import logging
from xml.etree import ElementTree

import numpy as np

from gesture_robot.datatypes import RobotModel
from gesture_robot.robots.mesh_files import mujoco_assets

_log = logging.getLogger(__name__)
_COMPILER = {
    "discardvisual": "false",
    "fusestatic": "false",
    "strippath": "false",
    "autolimits": "true",
    "balanceinertia": "true",
    "boundmass": "1e-5",
    "boundinertia": "1e-8",
}
"""The last three let links without mass, or with an inertia no body can have, be simulated."""
_LEAST_INERTIA = 1e-8
_AXES = ("ixx", "iyy", "izz", "ixy", "ixz", "iyz")


def mujoco_urdf(model: RobotModel, visuals: bool) -> tuple[str, dict[str, bytes]]:
    """URDF text and the files it names.

    Shapes whose mesh is missing or cannot be read are left out and logged.
    """
    robot = ElementTree.fromstring(model.urdf_xml)
    for old in robot.findall("mujoco"):
        robot.remove(old)
    for link in robot.findall("link"):
        for visual in link.findall("visual") if not visuals else ():
            link.remove(visual)
        _mend_inertia(link)
    assets, failed = mujoco_assets(robot)
    for reason in failed.values():
        _log.warning("robot '%s' goes without a shape: %s", model.name, reason)
    ElementTree.SubElement(ElementTree.SubElement(robot, "mujoco"), "compiler", _COMPILER)
    return ElementTree.tostring(robot, encoding="unicode"), assets


def _mend_inertia(link: ElementTree.Element) -> None:
    """An inertia that is zero or negative about some axis becomes its mean about all."""
    inertia = link.find("inertial/inertia")
    if inertia is None:
        return
    xx, yy, zz, xy, xz, yz = (float(inertia.get(key, "0")) for key in _AXES)
    if np.linalg.eigvalsh([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])[0] > 0.0:
        return
    mean = max((xx + yy + zz) / 3.0, _LEAST_INERTIA)
    for key, value in zip(_AXES, (mean, mean, mean, 0.0, 0.0, 0.0), strict=True):
        inertia.set(key, repr(value))
