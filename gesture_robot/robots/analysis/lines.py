"""Points and lines in space: where the axes of joints meet."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gesture_robot.checks import Array


class Line(NamedTuple):
    """A joint's axis: a point (3,) [m] and a unit direction (3,)."""

    point: Array
    direction: Array

    def foot(self, point: Array) -> Array:
        """(3,) the point of the line nearest to a point."""
        return np.asarray(self.point + ((point - self.point) @ self.direction) * self.direction)

    def distance(self, point: Array) -> float:
        """[m] from a point."""
        return float(np.linalg.norm(point - self.foot(point)))

    def nearest_to(self, other: Line, towards: Array) -> Array:
        """(3,) the point of this line nearest to another line; to the point `towards` where they are parallel."""
        across: Array = self.direction - (self.direction @ other.direction) * other.direction
        if across @ across < 1e-4:
            return self.foot(towards)
        return np.asarray(self.point + ((other.point - self.point) @ across) / (across @ across) * self.direction)


def meeting_point(lines: list[Line], near: Array, pull: float = 1e-3) -> Array:
    """(3,) point with the least squared distance to the lines, drawn to `near` where they leave it open."""
    normal, right = pull * np.eye(3), pull * near
    for line in lines:
        across = np.eye(3) - np.outer(line.direction, line.direction)
        normal = normal + across
        right = right + across @ line.point
    return np.asarray(np.linalg.solve(normal, right))


def unit(vector: Array) -> Array:
    """(3,) of length one; zero stays zero."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12))


def without(vector: Array, direction: Array) -> Array:
    """(3,) the part of a vector across a unit direction."""
    return np.asarray(vector - (vector @ direction) * direction)
