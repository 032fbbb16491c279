"""Touches, compiled: a hand near a trunk, a head, the other arm or the other hand keeps its relation, not its angle.

For the palm and the fingertips of each hand: where the point is on each part (position along it, angle around it) and
how far from its surface, on the human; the same place and clearance on the robot. The nearer, the more it counts.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.compiled import Int, inner_kernel, kernel
from gesture_robot.retarget.kernel_human import Human
from gesture_robot.retarget.kernel_rotation import make_unit, multiply_transposed, set_cross, turn, turn_back
from gesture_robot.retarget.surfaces import ANGLES, CYLINDER, Surfaces

FROM_M, FULL_M = 0.06, 0.015
"""A contact begins to count at this clearance (human size), and counts fully below that one."""
SMOOTH_RAD_S = 16.0
"""A hand is led to a touch and let go by a critically damped filter of this frequency."""
INSIDE_M, DEEPEST_M = -0.02, -0.045
"""Further inside the human's surface it counts less and then not at all: that is no touch but a careless motion."""
AHEAD, ASIDE = 0.6, 0.95
"""Sines of the angles on a trunk where its front ends and its side begins."""
SIDEWAYS = 24
HUMAN_TRUNK, HUMAN_HEAD, HUMAN_UPPER, HUMAN_FORE, TRUNK, HEAD, UPPER, FORE = 0, 1, 2, 3, 4, 5, 6, 8
"""Rows of the surfaces; left and right of the robot's arms follow each other."""

ON_TRUNK, ON_HEAD, ON_UPPER, ON_FORE, ON_HAND, PARTS = 0, 1, 2, 3, 4, 5
"""What a hand touches: the last three of the other arm."""


class ContactPlan(NamedTuple):
    """Parts and probes of human and robot."""

    parts: Surfaces
    """HUMAN_TRUNK ... FORE + side."""
    human_probe: Array
    """(2, 2, 3) palm and fingertips of both hands: along the fingers, out of the palm, across [m], from the wrist."""
    probe: Array
    """(2, 2, 3) the same of the robot."""
    scale: Array
    """(2,) robot's arm length over the human's."""
    wide: float
    """Width of the robot's shoulders over the human's."""
    keep_m: float
    """Least clearance on the robot: links must not touch."""


class Body(NamedTuple):
    """A robot's upper body in its chest frame while a pose is solved."""

    head_turn: Array
    """(3, 3)"""
    head_at: Array
    """(3,) [m]"""
    upper: Array
    fore: Array
    hinge: Array
    fingers: Array
    palm: Array
    """(2, 3) unit vectors."""
    shoulder: Array
    elbow: Array
    wrist: Array
    """(2, 3) [m]."""
    place: Array
    """(2, 3) where each wrist should be for its contacts [m]."""
    weight: Array
    """(2,) how much that counts, 0 to 1."""
    flat: Array
    """(2,) how much each hand lies on something, 0 to 1: its fingers are stretched then."""
    part: Array
    """(2,) what each hand touches most: ON_TRUNK, ON_HEAD, ..."""
    strongest: Array
    """(2,) how much."""
    hand: Array
    """(2, 2, 3) fingers and palm of each hand as they were in the last pose."""
    off: Array
    """(2, 3) by how far each wrist is led away from where its directions alone would put it [m]."""
    off_speed: Array
    """(2, 3) [m/s]"""


def empty_body() -> Body:
    """Arrays to be filled."""
    upper, fore, hinge, fingers, palm, shoulder, elbow, wrist = np.zeros((8, 2, 3))
    place, off, off_speed = np.zeros((3, 2, 3))
    weight, flat, strongest = np.zeros((3, 2))
    return Body(np.eye(3), np.zeros(3), upper, fore, hinge, fingers, palm, shoulder, elbow, wrist, place, weight, flat,
                np.zeros(2, np.int64), strongest, np.zeros((2, 2, 3)), off, off_speed)


@kernel
def locate(surface: Surfaces, p: Int, point: Array, out: Array) -> None:
    """Where a point (3,) in the part's frame lies: out = position along, angle [rad], distance from the axis [m]."""
    x, y, z = point[0] - surface.origin[p, 0], point[1] - surface.origin[p, 1], point[2] - surface.origin[p, 2]
    out[1] = math.atan2(y, x)
    if surface.kind[p] == CYLINDER:
        out[0], out[2] = z / surface.length_m[p], math.sqrt(x * x + y * y)
    else:
        out[2] = math.sqrt(x * x + y * y + z * z)
        out[0] = math.asin(min(max(z / max(out[2], 1e-9), -1.0), 1.0))


@kernel
def radius_at(surface: Surfaces, p: Int, along: float, angle: float) -> float:
    """Radius [m] of the surface there, -1: none."""
    last = surface.rows[p] - 1
    row = (along - surface.start[p]) / surface.step[p]
    if row < -1e-9 or row > last + 1e-9:
        return -1.0
    i = min(max(int(math.floor(row)), 0), last - 1)
    column = (angle / (2.0 * math.pi)) % 1.0 * ANGLES
    j = int(math.floor(column)) % ANGLES
    u, w, k = row - i, column - math.floor(column), (j + 1) % ANGLES
    a, b = surface.radius[p, i, j], surface.radius[p, i, k]
    c, d = surface.radius[p, i + 1, j], surface.radius[p, i + 1, k]
    if a < 0.0 or b < 0.0 or c < 0.0 or d < 0.0:
        return -1.0
    return (1.0 - u) * ((1.0 - w) * a + w * b) + u * ((1.0 - w) * c + w * d)  # type: ignore[no-any-return]


@kernel
def point_at(surface: Surfaces, p: Int, along: float, angle: float, radius: float, out: Array) -> None:
    """The point (3,) in the part's frame at a place and a distance from the axis [m]."""
    flat, up = radius, along * surface.length_m[p]
    if surface.kind[p] != CYLINDER:
        flat, up = radius * math.cos(along), radius * math.sin(along)
    out[0] = surface.origin[p, 0] + flat * math.cos(angle)
    out[1] = surface.origin[p, 1] + flat * math.sin(angle)
    out[2] = surface.origin[p, 2] + up


@kernel
def closeness(clearance_m: float) -> float:
    """0 far from a touch, 1 at it, smooth in between."""
    share = min(max((FROM_M - clearance_m) / (FROM_M - FULL_M), 0.0), 1.0)
    if clearance_m < INSIDE_M:
        share = max((clearance_m - DEEPEST_M) / (INSIDE_M - DEEPEST_M), 0.0)
    return share * share * (3.0 - 2.0 * share)


@inner_kernel
def _across(plan: ContactPlan, seen: Array) -> float:
    """Angle [rad] on the robot's trunk of a place on the human's.

    In front and at the back it is as far to the side, in widths of the shoulders; at the sides it is the same angle.
    """
    angle = seen[1]
    side = math.sin(angle)
    wished = plan.wide * radius_at(plan.parts, np.int64(HUMAN_TRUNK), seen[0], angle) * side
    best, least = angle, 1e300
    for k in range(-SIDEWAYS, SIDEWAYS + 1):
        tried = k * 0.5 * math.pi / SIDEWAYS
        if math.cos(angle) < 0.0:
            tried = math.pi - tried
        radius = radius_at(plan.parts, np.int64(TRUNK), seen[0], tried)
        if radius >= 0.0 and abs(radius * math.sin(tried) - wished) < least:
            best, least = tried, abs(radius * math.sin(tried) - wished)
    share = min(max((abs(side) - AHEAD) / (ASIDE - AHEAD), 0.0), 1.0)
    share = share * share * (3.0 - 2.0 * share)
    away = (angle - best + math.pi) % (2.0 * math.pi) - math.pi
    return best + share * away


@inner_kernel
def _add_touch(plan: ContactPlan, of_human: Int, of_robot: Int, human_point: Array, human_at: Array,
               human_turn: Array, robot_at: Array, robot_turn: Array, side: int, offset: Array, body: Body) -> None:
    """One probe of one hand against one part; `*_at`, `*_turn` place the part in the chest frame."""
    local, place, seen = np.empty(3), np.empty(3), np.empty(3)
    for k in range(3):
        place[k] = human_point[k] - human_at[k]
    turn_back(human_turn, place, local)
    locate(plan.parts, of_human, local, seen)
    surface = radius_at(plan.parts, of_human, seen[0], seen[1])
    clearance = seen[2] - surface
    if surface < 0.0 or clearance > FROM_M or clearance < DEEPEST_M:
        return
    angle = _across(plan, seen) if of_robot == TRUNK else seen[1]
    radius = radius_at(plan.parts, of_robot, seen[0], angle)
    if radius < 0.0:
        return
    weight = closeness(clearance)
    point_at(plan.parts, of_robot, seen[0], angle, radius + max(clearance * plan.scale[side], plan.keep_m), local)
    turn(robot_turn, local, place)
    body.weight[side] += weight
    body.flat[side] = max(body.flat[side], weight)
    if weight > body.strongest[side]:
        body.strongest[side] = weight
        body.part[side] = ON_TRUNK if of_human == HUMAN_TRUNK else of_human - HUMAN_HEAD + ON_HEAD
    for k in range(3):
        body.place[side, k] += weight * (place[k] + robot_at[k] - offset[k])


@kernel
def set_bone_frame(bone: Array, hinge: Array, out: Array) -> None:
    """Axes (3, 3) of an arm's part: z along the bone, x from the hinge."""
    x, y = np.empty(3), np.empty(3)
    set_cross(bone, hinge, y)
    make_unit(y)
    set_cross(y, bone, x)
    for k in range(3):
        out[k, 0], out[k, 1], out[k, 2] = x[k], y[k], bone[k]


@inner_kernel
def _probe(origin: Array, fingers: Array, palm: Array, probe: Array, out: Array) -> None:
    """Probe (3,) in the hand's axes to the chest frame."""
    across = np.empty(3)
    set_cross(fingers, palm, across)
    for k in range(3):
        out[k] = origin[k] + probe[0] * fingers[k] + probe[1] * palm[k] + probe[2] * across[k]


@inner_kernel
def find_touches(plan: ContactPlan, human: Human, body: Body) -> bool:
    """Fill `body.place` and `body.weight` for both wrists; whether there is any touch.

    Args:
        plan: parts and probes.
        human: the pose.
        body: the robot as it stands now.
    """
    point, offset, nothing = np.empty(3), np.empty(3), np.zeros(3)
    frame, robot_frame = np.empty((3, 3)), np.empty((3, 3))
    straight, head = np.eye(3), np.empty((3, 3))
    multiply_transposed(human.chest, human.head, head)
    for side in range(2):
        body.weight[side] = body.flat[side] = body.strongest[side] = 0.0
        body.place[side] = 0.0
        other = 1 - side
        for probe in range(2):
            _probe(human.positions[9 + 4 * side], human.fingers[side], human.palm[side],
                   plan.human_probe[side, probe], point)
            _probe(nothing, body.hand[side, 0], body.hand[side, 1], plan.probe[side, probe], offset)
            _add_touch(plan, np.int64(HUMAN_TRUNK), np.int64(TRUNK), point, nothing, straight, nothing, straight, side,
                       offset, body)
            _add_touch(plan, np.int64(HUMAN_HEAD), np.int64(HEAD), point, human.positions[5], head, body.head_at,
                       body.head_turn, side, offset, body)
            set_bone_frame(human.upper[other], human.hinge[other], frame)
            set_bone_frame(body.upper[other], body.hinge[other], robot_frame)
            _add_touch(plan, np.int64(HUMAN_UPPER), UPPER + other, point, human.positions[7 + 4 * other], frame,
                       body.shoulder[other], robot_frame, side, offset, body)
            set_bone_frame(human.fore[other], human.hinge[other], frame)
            set_bone_frame(body.fore[other], body.hinge[other], robot_frame)
            _add_touch(plan, np.int64(HUMAN_FORE), FORE + other, point, human.positions[8 + 4 * other], frame,
                       body.elbow[other], robot_frame, side, offset, body)
    _add_hands(plan, human, body)
    for side in range(2):
        if body.weight[side] > 0.0:
            for k in range(3):
                body.place[side, k] /= body.weight[side]
            body.weight[side] = min(body.weight[side], 1.0)
    return body.weight[0] > 0.0 or body.weight[1] > 0.0


@inner_kernel
def _add_hands(plan: ContactPlan, human: Human, body: Body) -> None:
    """Palm to palm: the way between them is kept, and where they are in the middle."""
    points, robot, offsets = np.empty((2, 3)), np.empty((2, 3)), np.empty((2, 3))
    nothing = np.zeros(3)
    for side in range(2):
        _probe(human.positions[9 + 4 * side], human.fingers[side], human.palm[side], plan.human_probe[side, 0],
               points[side])
        _probe(nothing, body.hand[side, 0], body.hand[side, 1], plan.probe[side, 0], offsets[side])
        for k in range(3):
            robot[side, k] = body.wrist[side, k] + offsets[side, k]
    apart = 0.0
    for k in range(3):
        apart += (points[1, k] - points[0, k]) ** 2
    apart = math.sqrt(apart)
    weight = closeness(apart)
    if weight <= 0.0 or body.shoulder[0, 1] == body.shoulder[1, 1]:
        return
    scale, facing = 0.5 * (plan.scale[0] + plan.scale[1]), np.empty(3)
    for k in range(3):
        facing[k] = human.palm[0, k] - human.palm[1, k]
    if make_unit(facing) < 0.5:  # not palm to palm: keep them apart the way they are
        for k in range(3):
            facing[k] = (points[1, k] - points[0, k]) / max(apart, 1e-6)
    for k in range(3):
        middle = 0.5 * (robot[0, k] + robot[1, k])
        way = scale * (points[1, k] - points[0, k]) + plan.keep_m * facing[k]
        body.place[0, k] += weight * (middle - 0.5 * way - offsets[0, k])
        body.place[1, k] += weight * (middle + 0.5 * way - offsets[1, k])
    for side in range(2):
        body.weight[side] += weight
        if weight > body.strongest[side]:
            body.strongest[side] = weight
            body.part[side] = ON_HAND


@inner_kernel
def lead_hand(body: Body, side: int, dt_s: float) -> float:
    """Move `body.off` of one wrist towards what its touches ask for, smoothly; its length [m]. dt_s 0: at once."""
    decay, length = math.exp(-SMOOTH_RAD_S * dt_s), 0.0
    for k in range(3):
        wished = body.weight[side] * (body.place[side, k] - body.wrist[side, k])
        if dt_s <= 0.0:
            body.off[side, k], body.off_speed[side, k] = wished, 0.0
        else:
            away = body.off[side, k] - wished
            change = (body.off_speed[side, k] + SMOOTH_RAD_S * away) * dt_s
            body.off_speed[side, k] = (body.off_speed[side, k] - SMOOTH_RAD_S * change) * decay
            body.off[side, k] = wished + (away + change) * decay
        length += body.off[side, k] ** 2
    return math.sqrt(length)
