"""What a hand means: where its fingers and palm point, which joints curl which finger, and which way is closed.

A finger is closed at the end of a joint's range that brings its tip nearest to the palm; the jaws of a gripper where
they are nearest to the line through its middle. The palm faces where fingertips go when they begin to close.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import FINGER_NAMES, Finger
from gesture_robot.robots.analysis.arm import ArmShape
from gesture_robot.robots.analysis.bodies import BodyTree, nearest_to_zero
from gesture_robot.robots.analysis.hand import Branch, branch_tip, is_thumb
from gesture_robot.robots.analysis.lines import Line, unit, without
from gesture_robot.robots.analysis.words import has

_LEAST_CURL = 0.12
"""A joint that brings the tip nearer to the palm by less than this share of its lever does not curl the finger."""
_SNAP_FINGERS, _SNAP_TIP = 0.985, 0.9
_NAMES = {
    "thumb": frozenset({"thumb"}),
    "index": frozenset({"index", "fore", "pointer", "ff"}),
    "middle": frozenset({"middle", "mf"}),
    "ring": frozenset({"ring", "rf"}),
    "pinky": frozenset({"pinky", "little", "small", "lf"}),
}


@dataclass(frozen=True)
class HandMeaning:
    """Directions and points (3,) in the root link with all joints nearest to zero."""

    fingers: tuple[Finger, ...]
    finger_axis: Array
    palm_axis: Array | None
    palm: Array
    """Middle of the palm inside the hand; of a gripper, between its tips."""
    two_sided: bool
    """A gripper: its palm may as well face the other way."""
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Curl:
    open: float
    closed: float


def hand_meaning(tree: BodyTree, arm: ArmShape, side: str) -> HandMeaning:
    """Read the hand of an arm."""
    hand, notes = arm.hand, []
    axis = _finger_axis(tree, arm)
    middle = Line(arm.wrist, axis)
    drivers = list(dict.fromkeys(d for b in hand.branches for d in b.drivers))
    jaws = _are_jaws(tree, arm, drivers, middle)
    base = hand.base if hand.base is not None else hand.tip
    centre = arm.wrist + 0.5 * max(float((base - arm.wrist) @ axis), 0.03) * axis
    curls = {d: c for d in drivers if (c := _curl(tree, arm, d, middle if jaws else centre)) is not None}
    palm = _palm_axis({b: _movement(tree, arm, b, curls) for b in hand.branches}, axis, jaws)
    if palm is not None and not jaws:
        curls = {d: c for d, c in curls.items() if not _spreads(tree, d, palm)}
    held = [d for d in drivers if d not in curls]
    if held:
        notes.append(f"{side} hand: {', '.join(held)} neither open nor close it and are held at rest.")
    palm = _palm_axis({b: _movement(tree, arm, b, curls) for b in hand.branches}, axis, jaws)
    if hand.branches and palm is None:
        notes.append(f"{side} hand: the movement of its fingers does not tell where the palm faces.")
    at = hand.tip if jaws else centre if hand.branches else middle.foot(hand.tip)
    return HandMeaning(_groups(hand.branches, curls, arm, axis, tree), axis, palm, at, jaws, tuple(notes))


def _finger_axis(tree: BodyTree, arm: ArmShape) -> Array:
    """(3,) unit: along the last joint where the hand lies along it, else from the wrist to knuckles or tip."""
    reach = arm.hand.tip - arm.wrist
    several = len([b for b in arm.hand.branches if not is_thumb(b)]) > 1
    if several and arm.hand.base is not None and np.linalg.norm(arm.hand.base - arm.wrist) > 0.03:
        reach = arm.hand.base - arm.wrist
    if np.linalg.norm(reach) < 0.01:
        reach = arm.wrist - arm.elbow
    last = tree.line(arm.limb.joints[-1], tree.at_zero).direction
    along = float(unit(reach) @ last)
    if arm.elbow_row < len(arm.limb.joints) - 1 and abs(along) > 0.9:
        return np.asarray(last * np.sign(along))
    near = _SNAP_FINGERS if arm.hand.branches else _SNAP_TIP
    return _snapped(unit(reach), tree.at_zero[arm.hand_link][:3, :3], near)


def _snapped(direction: Array, frame: Array, near: float) -> Array:
    """(3,) the nearest axis of a frame (3, 3), where the cosine to it is at least `near`."""
    local = frame.T @ direction
    row = int(np.abs(local).argmax())
    return np.asarray(frame[:, row] * np.sign(local[row])) if abs(local[row]) > near else direction


def _tips(tree: BodyTree, arm: ArmShape, branches: list[Branch], positions: dict[str, float]) -> Array:
    poses = {**tree.at_zero, **tree.poses_below(arm.hand.end, positions)}
    return np.array([branch_tip(tree, branch, poses) for branch in branches])


def _curl(tree: BodyTree, arm: ArmShape, driver: str, towards: Line | Array) -> _Curl | None:
    """Open and closed position of one joint; None for joints that do neither."""
    joint = tree.tree.joints[driver]
    branches = [b for b in arm.hand.branches if driver in b.drivers]
    if joint.lower is None or joint.upper is None or joint.upper - joint.lower < 1e-3:
        return None

    def far(position: float) -> float:
        tips = _tips(tree, arm, branches, {driver: position})
        if isinstance(towards, Line):
            return float(np.mean([towards.distance(tip) for tip in tips]))
        return float(np.linalg.norm(tips - towards, axis=1).mean())

    places = [nearest_to_zero(joint), joint.lower, joint.upper]
    reach = [far(p) for p in places]
    widest, nearest = int(np.argmax(np.array(reach) - [0.0, 1e-6, 1e-6])), 1 + int(np.argmin(reach[1:]))
    lever = float(np.linalg.norm(_tips(tree, arm, branches, {}) - _origin(tree, driver), axis=1).max())
    if joint.kind == "prismatic":
        lever = joint.upper - joint.lower
    if reach[widest] - reach[nearest] < _LEAST_CURL * lever:
        return None
    return _Curl(places[widest], places[nearest])


def _spreads(tree: BodyTree, joint: str, palm: Array) -> bool:
    """Whether a joint moves a finger beside the others, not towards the palm; thumbs may do both."""
    turns = tree.tree.joints[joint].kind != "prismatic" and not has([joint], _NAMES["thumb"])
    return turns and abs(float(tree.line(joint, tree.at_zero).direction @ palm)) > 0.7


def _origin(tree: BodyTree, joint: str) -> Array:
    return np.asarray(tree.at_zero[tree.tree.joints[joint].child][:3, 3])


def _are_jaws(tree: BodyTree, arm: ArmShape, drivers: list[str], middle: Line) -> bool:
    """Whether what closes moves from both sides to the middle, as a gripper does and fingers do not."""
    if not drivers or any(is_thumb(b) for b in arm.hand.branches):
        return False
    if all(tree.tree.joints[d].kind == "prismatic" for d in drivers):
        return True
    curls = {d: c for d in drivers if (c := _curl(tree, arm, d, middle)) is not None}
    moves = [without(_movement(tree, arm, b, curls), middle.direction) for b in arm.hand.branches]
    lengths = sum(float(np.linalg.norm(m)) for m in moves)
    return len(moves) > 1 and lengths > 1e-3 and float(np.linalg.norm(np.sum(moves, axis=0))) < 0.4 * lengths


def _movement(tree: BodyTree, arm: ArmShape, branch: Branch, curls: dict[str, _Curl]) -> Array:
    """(3,) [m] how far a finger's tip moves in the first quarter of closing."""
    opened = {d: c.open for d, c in curls.items()}
    begun = {d: c.open + 0.25 * (c.closed - c.open) for d, c in curls.items()}
    return np.asarray((_tips(tree, arm, [branch], begun) - _tips(tree, arm, [branch], opened))[0])


def _palm_axis(moves: dict[Branch, Array], axis: Array, jaws: bool) -> Array | None:
    across = [without(move, axis) for branch, move in moves.items() if jaws or not is_thumb(branch)]
    if jaws:
        total = max(across, key=lambda m: float(np.linalg.norm(m)), default=np.zeros(3))
    else:
        total = np.sum(across, axis=0) if across else np.zeros(3)
    return unit(total) if np.linalg.norm(total) > 1e-3 else None


def _groups(
    branches: tuple[Branch, ...], curls: dict[str, _Curl], arm: ArmShape, axis: Array, tree: BodyTree
) -> tuple[Finger, ...]:
    """Fingers that share a joint close together; each group shows the human fingers nearest to it."""
    groups: list[tuple[list[Branch], list[str]]] = []
    for branch in branches:
        drivers = [d for d in branch.drivers if d in curls]
        shared = next((g for g in groups if set(g[1]) & set(drivers)), None)
        if shared is not None:
            shared[0].append(branch)
            shared[1].extend(d for d in drivers if d not in shared[1])
        elif drivers:
            groups.append(([branch], drivers))
    shown = _shown([[n for b in g[0] for n in b.names] for g in groups], _sideways(tree, arm, [g[0] for g in groups]))
    return tuple(
        Finger(show, tuple(drivers), tuple(curls[d].open for d in drivers), tuple(curls[d].closed for d in drivers))
        for show, (_, drivers) in zip(shown, groups, strict=True)
        if show
    )


def _sideways(tree: BodyTree, arm: ArmShape, groups: list[list[Branch]]) -> list[Array]:
    return [np.mean([_origin(tree, tree.joint(b.bodies[0]).name) for b in g], axis=0) for g in groups]


def _shown(names: list[list[str]], places: list[Array]) -> list[tuple[str, ...]]:
    """The human fingers of each group; together all five where there is one group, else each finger once."""
    if len(names) <= 1:
        return [FINGER_NAMES] * len(names)
    named = [next((f for f in FINGER_NAMES if has(own, _NAMES[f])), "") for own in names]
    if not any(named):
        named = _by_place(places)
    shown: list[list[str]] = [[name] if name else [] for name in named]
    for finger in FINGER_NAMES[1:]:
        if finger in named:
            continue
        order = FINGER_NAMES.index(finger)
        rows = [(FINGER_NAMES.index(name), row) for row, name in enumerate(named) if name]
        before = [(place, row) for place, row in rows if 0 < place < order]
        nearest = max(before or [(-place, row) for place, row in rows if place > order], default=None)
        if nearest is not None:
            shown[nearest[1]].append(finger)
    return [tuple(sorted(own, key=FINGER_NAMES.index)) for own in shown]


def _by_place(places: list[Array]) -> list[str]:
    """Names by position: the thumb is the one furthest from the others, then index to pinky away from it."""
    spread = [float(sum(np.linalg.norm(p - q) for q in places)) for p in places]
    thumb = int(np.argmax(spread))
    order = sorted(range(len(places)), key=lambda k: float(np.linalg.norm(places[k] - places[thumb])))
    named = [""] * len(places)
    for name, row in zip(FINGER_NAMES, order, strict=False):
        named[row] = name
    return named
