"""Write wren.urdf: dimensions, limits and masses of the robot in tables, both arms from one description.

Run `python urdf/make_wren.py` after a change; shells come from make_meshes.py. Metres, degrees, kilograms. With all
joints at zero every link frame is parallel to the base (x forward, y left, z up), the arms hang and the palms face
inward. Positive turns follow the axes of REP-103: an arm swings forward with negative shoulder_pitch, an elbow bends
with negative angle, the left arm lifts sideways with positive and the right arm with negative shoulder_roll.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

HERE = Path(__file__).resolve().parent
COLORS = {
    "shell": (0.95, 0.94, 0.91),
    "slate": (0.21, 0.235, 0.275),
    "accent": (0.96, 0.49, 0.36),
    "glass": (0.035, 0.045, 0.06),
    "soft": (0.82, 0.83, 0.84),
}
X, Y, Z = (1, 0, 0), (0, 1, 0), (0, 0, 1)


@dataclass(frozen=True)
class Shape:
    """A collision or visual shape; size as in URDF: box x y z, cylinder radius length, sphere radius."""

    kind: str
    size: tuple[float, ...]
    xyz: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rpy: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Body:
    """One link. `solid` is the shape whose mass distribution stands for the link's; visuals are (mesh, colour).

    `screen` is the lit rectangle of the face: renderers read its size.
    """

    name: str
    mass: float = 0.0
    solid: Shape | None = None
    visuals: tuple[tuple[str, str], ...] = ()
    collisions: tuple[Shape, ...] = ()
    screen: Shape | None = None


@dataclass(frozen=True)
class Hinge:
    """One joint; `limits` are lower, upper [deg], velocity [rad/s], effort [Nm]; None makes it fixed."""

    name: str
    parent: str
    child: str
    xyz: tuple[float, float, float]
    axis: tuple[float, float, float] = Z
    limits: tuple[float, float, float, float] | None = None
    mimic: tuple[str, float] | None = None
    rpy: tuple[float, float, float] = (0.0, 0.0, 0.0)


def box(x: float, y: float, z: float, at: tuple[float, float, float] = (0, 0, 0), rpy=(0.0, 0.0, 0.0)) -> Shape:
    """Box of these edge lengths."""
    return Shape("box", (x, y, z), at, rpy)


def post(radius: float, low: float, high: float, y: float = 0.0) -> Shape:
    """Upright cylinder between two heights."""
    return Shape("cylinder", (radius, round(high - low, 6)), (0, y, round((low + high) / 2, 6)))


def ball(radius: float, at: tuple[float, float, float] = (0, 0, 0)) -> Shape:
    """Sphere."""
    return Shape("sphere", (radius,), at)


def body_parts() -> tuple[list[Body], list[Hinge]]:
    """Pedestal, torso, neck, head, screen and camera."""
    bodies = [
        Body("base_link"),
        Body(
            "pedestal",
            14.0,
            post(0.12, 0, 0.4),
            (("pedestal", "shell"), ("pedestal_foot", "slate"), ("pedestal_ring", "accent")),
            (post(0.19, 0, 0.05), post(0.12, 0.05, 0.12), post(0.082, 0.12, 0.56)),
        ),
        Body("waist", 1.5, post(0.075, -0.03, 0.06), (("waist", "slate"),), (post(0.07, -0.03, 0.06),)),
        Body(
            "torso",
            6.5,
            box(0.16, 0.23, 0.38, (0, 0, 0.21)),
            (
                ("torso", "shell"),
                ("torso_panel", "slate"),
                ("torso_seam", "slate"),
                ("torso_light", "accent"),
                ("torso_lens", "shell"),
            ),
            (
                *(post(0.083, 0.18, 0.385, y) for y in (-0.034, 0.0, 0.034)),
                post(0.086, 0.008, 0.18),
                *(post(0.052, 0.385, 0.413, y) for y in (-0.03, 0.03)),
                Shape("cylinder", (0.041, 0.252), (0.004, 0, 0.35), (math.pi / 2, 0, 0)),
            ),
        ),
        Body("neck_base", 0.3, ball(0.035), (("neck_base", "slate"),), ()),
        Body("neck", 0.2, ball(0.03), (("neck", "slate"),), ()),
        Body(
            "head",
            1.5,
            box(0.17, 0.21, 0.2, (0.005, 0, 0.11)),
            (("head", "shell"), ("head_face", "glass"), ("head_ears", "accent"), ("head_lens", "slate")),
            (box(0.175, 0.212, 0.2, (0.006, 0, 0.109)),),
        ),
        Body("screen_link", screen=box(0.002, 0.16, 0.12)),
        Body("camera_link"),
        Body("camera_optical_frame"),
    ]
    quarter = math.pi / 2
    joints = [
        Hinge("pedestal_fixed", "base_link", "pedestal", (0, 0, 0)),
        Hinge("torso_yaw", "pedestal", "waist", (0, 0, 0.60), Z, (-60, 60, 1.5, 60)),
        Hinge("torso_pitch", "waist", "torso", (0, 0, 0.05), Y, (-12, 28, 1.5, 90)),
        Hinge("neck_yaw", "torso", "neck_base", (0, 0, 0.425), Z, (-80, 80, 3.0, 8)),
        Hinge("neck_pitch", "neck_base", "neck", (0, 0, 0.035), Y, (-35, 35, 3.0, 8)),
        Hinge("neck_roll", "neck", "head", (0, 0, 0), X, (-25, 25, 3.0, 8)),
        Hinge("screen_fixed", "head", "screen_link", (0.1025, 0, 0.102)),
        Hinge("camera_fixed", "head", "camera_link", (0.104, 0, 0.1785)),
        Hinge("camera_optical_fixed", "camera_link", "camera_optical_frame", (0, 0, 0), rpy=(-quarter, 0, -quarter)),
    ]
    return bodies, joints


def arm_parts(side: str) -> tuple[list[Body], list[Hinge]]:
    """One arm; `s` is +1 on the left. Lateral limits are mirrored: equal poses have mirrored signs in roll and yaw."""
    s = 1 if side == "left" else -1

    def name(part: str) -> str:
        return f"{side}_{part}"

    def lateral(inward: float, outward: float) -> tuple[float, float]:
        return (-inward, outward) if s > 0 else (-outward, inward)

    thumb_tilt = math.radians(30)
    bodies = [
        Body(name("shoulder"), 0.6, ball(0.045), (("shoulder", "shell"),), (ball(0.05),)),
        Body(name("shoulder_cuff"), 0.25, ball(0.035), (("shoulder_cuff", "slate"),)),
        Body(
            name("upper_arm"),
            0.75,
            post(0.037, -0.24, -0.03),
            (("upper_arm", "shell"), ("elbow", "slate")),
            (post(0.036, -0.21, -0.04), ball(0.034, (0, 0, -0.25))),
        ),
        Body(name("forearm"), 0.4, post(0.034, -0.12, 0), (("forearm", "shell"),), (post(0.033, -0.12, -0.03),)),
        Body(
            name("wrist_cuff"),
            0.3,
            post(0.03, -0.1, 0),
            (("wrist_cuff", "shell"), ("wrist_ring", "accent")),
            (post(0.03, -0.095, 0),),
        ),
        Body(name("wrist"), 0.06, ball(0.022), (("wrist", "slate"),)),
        Body(
            name("palm"),
            0.18,
            box(0.07, 0.03, 0.08, (0, 0, -0.05)),
            (("palm", "shell"),),
            (box(0.07, 0.03, 0.083, (0, 0, -0.0565)),),
        ),
        Body(
            name("fingers"),
            0.04,
            box(0.064, 0.018, 0.036, (0, 0, -0.017)),
            (("fingers", "slate"),),
            (box(0.064, 0.019, 0.048, (0, 0, -0.018)),),
        ),
        Body(
            name("fingertips"),
            0.03,
            box(0.06, 0.016, 0.032, (0, 0, -0.015)),
            (("fingertips", "slate"),),
            (box(0.062, 0.018, 0.044, (0, 0, -0.0145)),),
        ),
        Body(
            name("thumb"),
            0.03,
            box(0.02, 0.02, 0.05, (0.0125, 0, -0.0217), (0, -thumb_tilt, 0)),
            (("thumb", "slate"),),
            (Shape("cylinder", (0.0105, 0.068), (0.013, 0, -0.0205), (0, -thumb_tilt, 0)),),
        ),
    ]
    curl = (-s, 0, 0)
    sweep = (-s * math.cos(thumb_tilt), 0, -s * math.sin(thumb_tilt))
    joints = [
        Hinge(name("shoulder_pitch"), "torso", name("shoulder"), (0, s * 0.18, 0.35), Y, (-180, 60, 4.0, 35)),
        Hinge(
            name("shoulder_roll"), name("shoulder"), name("shoulder_cuff"), (0, 0, 0), X, (*lateral(25, 130), 4.0, 35)
        ),
        Hinge(name("shoulder_yaw"), name("shoulder_cuff"), name("upper_arm"), (0, 0, 0), Z, (-110, 110, 4.5, 20)),
        Hinge(name("elbow"), name("upper_arm"), name("forearm"), (0, 0, -0.25), Y, (-145, 0, 4.5, 20)),
        Hinge(name("forearm_yaw"), name("forearm"), name("wrist_cuff"), (0, 0, -0.125), Z, (-120, 120, 5.0, 8)),
        Hinge(name("wrist_pitch"), name("wrist_cuff"), name("wrist"), (0, 0, -0.105), Y, (-60, 60, 5.0, 6)),
        Hinge(name("wrist_roll"), name("wrist"), name("palm"), (0, 0, 0), X, (-75, 75, 5.0, 6)),
        Hinge(name("hand"), name("palm"), name("fingers"), (0, 0, -0.088), curl, (0, 80, 5.0, 3)),
        Hinge(
            name("fingertips_curl"),
            name("fingers"),
            name("fingertips"),
            (0, 0, -0.034),
            curl,
            (0, 80, 5.0, 3),
            (name("hand"), 1.0),
        ),
        Hinge(
            name("thumb_curl"),
            name("palm"),
            name("thumb"),
            (0.03, -s * 0.006, -0.035),
            sweep,
            (0, 56, 5.0, 3),
            (name("hand"), 0.7),
        ),
    ]
    return bodies, joints


def solid_inertia(solid: Shape, mass: float) -> tuple[float, float, float]:
    """Principal moments [kg m^2] of a homogeneous solid."""
    if solid.kind == "box":
        x, y, z = (v * v for v in solid.size)
        return mass * (y + z) / 12, mass * (x + z) / 12, mass * (x + y) / 12
    if solid.kind == "cylinder":
        r, h = solid.size
        side = mass * (3 * r * r + h * h) / 12
        return side, side, mass * r * r / 2
    return (0.4 * mass * solid.size[0] ** 2,) * 3


def text(values: tuple[float, ...], digits: int = 6) -> str:
    """Numbers as URDF writes them."""
    return " ".join(f"{v:.{digits}g}" for v in values)


def add_shape(parent: ET.Element, tag: str, shape: Shape) -> ET.Element:
    """Append a <visual> or <collision>."""
    element = ET.SubElement(parent, tag)
    ET.SubElement(element, "origin", xyz=text(shape.xyz), rpy=text(shape.rpy, 12))
    keys = {
        "box": {"size": text(shape.size)},
        "sphere": {"radius": text(shape.size)},
        "cylinder": dict(zip(("radius", "length"), map("{:.6g}".format, shape.size), strict=False)),
    }
    ET.SubElement(ET.SubElement(element, "geometry"), shape.kind, keys[shape.kind])
    return element


def add_link(robot: ET.Element, body: Body) -> None:
    """Append a <link>."""
    link = ET.SubElement(robot, "link", name=body.name)
    if body.solid is not None:
        inertial = ET.SubElement(link, "inertial")
        ET.SubElement(inertial, "origin", xyz=text(body.solid.xyz), rpy=text(body.solid.rpy, 12))
        ET.SubElement(inertial, "mass", value=f"{body.mass:g}")
        moments = solid_inertia(body.solid, body.mass)
        entries = dict(
            zip(("ixx", "iyy", "izz"), (f"{m:.4e}" for m in moments), strict=True), ixy="0", ixz="0", iyz="0"
        )
        ET.SubElement(inertial, "inertia", entries)
    for mesh, color in body.visuals:
        visual = ET.SubElement(link, "visual")
        ET.SubElement(
            ET.SubElement(visual, "geometry"), "mesh", filename=f"package://gesture_robot/urdf/meshes/{mesh}.stl"
        )
        ET.SubElement(visual, "material", name=color)
    if body.screen is not None:
        ET.SubElement(add_shape(link, "visual", body.screen), "material", name="glass")
    for shape in body.collisions:
        add_shape(link, "collision", shape)


def add_joint(robot: ET.Element, hinge: Hinge) -> None:
    """Append a <joint>."""
    joint = ET.SubElement(robot, "joint", name=hinge.name, type="revolute" if hinge.limits else "fixed")
    ET.SubElement(joint, "parent", link=hinge.parent)
    ET.SubElement(joint, "child", link=hinge.child)
    ET.SubElement(joint, "origin", xyz=text(hinge.xyz), rpy=text(hinge.rpy, 12))
    if hinge.limits:
        lower, upper, velocity, effort = hinge.limits
        ET.SubElement(joint, "axis", xyz=text(hinge.axis))
        ET.SubElement(
            joint,
            "limit",
            lower=f"{math.radians(lower):.5f}",
            upper=f"{math.radians(upper):.5f}",
            velocity=f"{velocity:g}",
            effort=f"{effort:g}",
        )
        ET.SubElement(joint, "dynamics", damping="0.05", friction="0.0")
    if hinge.mimic:
        ET.SubElement(joint, "mimic", joint=hinge.mimic[0], multiplier=f"{hinge.mimic[1]:g}", offset="0")


def make_urdf() -> str:
    """The whole robot as URDF text."""
    robot = ET.Element("robot", name="wren")
    robot.append(ET.Comment(" Written by make_wren.py; change it there. "))
    for name, rgb in COLORS.items():
        ET.SubElement(ET.SubElement(robot, "material", name=name), "color", rgba=text((*rgb, 1)))
    parts = [body_parts(), arm_parts("left"), arm_parts("right")]
    for bodies, _ in parts:
        for body in bodies:
            add_link(robot, body)
    for _, joints in parts:
        for hinge in joints:
            add_joint(robot, hinge)
    ET.indent(robot)
    return '<?xml version="1.0"?>\n' + ET.tostring(robot, encoding="unicode") + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "wren.urdf"
    target.write_text(make_urdf())
    print(f"wrote {target}")
