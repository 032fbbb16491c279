"""The plain tree that a URDF is read into. Lengths in metres, angles in radians; `a_from_b` is the pose of b in a."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from gesture_robot.checks import Array

MOVING = ("revolute", "continuous", "prismatic")


@dataclass(frozen=True)
class Geometry:
    """One visual or collision shape.

    `size` is x, y, z of a box; radius, length of a cylinder or capsule; radius of a sphere; scale of a mesh.
    """

    kind: str
    size: tuple[float, ...]
    link_from_shape: Array
    mesh: str = ""
    rgba: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Inertial:
    """Mass [kg], centre of mass pose, inertia (3, 3) [kg m^2] about it."""

    mass: float
    link_from_com: Array
    inertia: Array


@dataclass(frozen=True)
class Link:
    """A rigid body."""

    name: str
    visuals: tuple[Geometry, ...] = ()
    collisions: tuple[Geometry, ...] = ()
    inertial: Inertial | None = None


@dataclass(frozen=True)
class Mimic:
    """position = multiplier * position of `joint` + offset."""

    joint: str
    multiplier: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class Joint:
    """`lower`, `upper`, `velocity`, `effort` are None where the file gives none."""

    name: str
    kind: str
    parent: str
    child: str
    parent_from_joint: Array
    axis: Array
    lower: float | None = None
    upper: float | None = None
    velocity: float | None = None
    effort: float | None = None
    mimic: Mimic | None = None


@dataclass(frozen=True)
class UrdfTree:
    """Links and joints by name; `order` holds the joints from the root outwards, as they stand in the file."""

    name: str
    root: str
    links: dict[str, Link]
    joints: dict[str, Joint]
    order: tuple[str, ...]
    parent_joint: dict[str, str] = field(default_factory=dict)
    """Child link -> the joint that carries it."""

    @property
    def actuated(self) -> tuple[str, ...]:
        """Moving joints that follow no other joint, in `order`."""
        return tuple(n for n in self.order if self.joints[n].kind in MOVING and self.joints[n].mimic is None)

    def carried_by(self, link: str) -> set[str]:
        """The link and all links behind it."""
        inside = {link}
        for name in self.order:  # outwards, so a parent is always seen before its children
            if self.joints[name].parent in inside:
                inside.add(self.joints[name].child)
        return inside

    def nearest_before(self, link: str, among: Container[str]) -> str:
        """The nearest link on the way to the root that is `among` these; "": none."""
        while link != self.root:
            link = self.joints[self.parent_joint[link]].parent
            if link in among:
                return link
        return ""
