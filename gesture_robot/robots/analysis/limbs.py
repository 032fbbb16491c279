"""Which moving chains of a robot are its arms, which its legs: mirror-symmetric pairs of serial chains.

Geometry decides (number of joints, lengths between them, mirrored places, height), names break ties.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.robots.analysis.bodies import BodyTree
from gesture_robot.robots.analysis.lines import unit
from gesture_robot.robots.analysis.words import ARM, FINGER, HAND, HEAD, LEG, SENSOR, TORSO, has, side_of, words

LEAST_JOINTS = 3
"""An arm needs so many turning joints to point somewhere and to bend."""


@dataclass(frozen=True)
class Limb:
    """A serial chain of bodies from where it hangs to where fingers branch off or the robot ends."""

    parent: int
    bodies: tuple[int, ...]
    """Carried by turning joints that can be commanded."""
    joints: tuple[str, ...]
    held: tuple[str, ...] = ()
    """Sliding joints inside the chain, which are not moved."""

    @property
    def end(self) -> int:
        """The last body: the hand."""
        return self.bodies[-1]


def limb_from(tree: BodyTree, first: int) -> Limb | None:
    """The chain that begins with a body; None where its first joint is no part of a limb."""
    path: list[int] = [first]
    while (following := _next(tree, path)) is not None:
        path.append(following)
    turning = [b for b in path if tree.joint(b).kind != "prismatic" and tree.joint(b).mimic is None]
    held = tuple(tree.joint(b).name for b in path if tree.joint(b).kind == "prismatic")
    if not turning or _is_finger(tree, first, []):
        return None
    return Limb(tree.bodies[first].parent, tuple(turning), tuple(tree.joint(b).name for b in turning), held)


def _next(tree: BodyTree, path: list[int]) -> int | None:
    kids = [k for k in tree.bodies[path[-1]].children if not _is_sensor(tree, k)]
    if any(_is_finger(tree, kid, path) for kid in kids):
        return None
    sizes = sorted(((len(tree.actuated_below(k)), k) for k in kids), reverse=True)
    if not sizes or sizes[0][0] == 0 or (len(sizes) > 1 and sizes[0][0] < sizes[1][0] + 2):
        return None
    return sizes[0][1]


def _is_sensor(tree: BodyTree, body: int) -> bool:
    """A turning camera or laser scanner, alone on its joint."""
    joint = tree.joint(body)
    return len(tree.below(body)) == 1 and has([joint.name, joint.child], SENSOR) > 0


def _is_finger(tree: BodyTree, body: int, path: list[int]) -> bool:
    joint, spoken = tree.joint(body), set(words(tree.joint(body).name))
    last = len(tree.actuated_below(body)) <= 1
    if joint.kind == "prismatic" or joint.name in tree.leaders or joint.mimic is not None:
        return last
    if spoken & FINGER and not spoken & (ARM - HAND):
        return True
    return last and bool(spoken & HAND) and len(path) > 1 and not _turns_about_limb(tree, body, path)


def _turns_about_limb(tree: BodyTree, body: int, path: list[int]) -> bool:
    """Whether the joint turns a hand about the forearm: then it is a wrist, whatever it is called."""
    poses = tree.at_zero
    here, before = (poses[tree.joint(b).child][:3, 3] for b in (body, path[-2]))
    return bool(abs(unit(here - before) @ tree.line(tree.joint(body).name, poses).direction) > 0.8)


@dataclass(frozen=True)
class Pair:
    """Two limbs that mirror each other; `across` is the horizontal unit vector from the second to the first."""

    first: Limb
    second: Limb
    across: Array
    height_m: float


def mirrored_pairs(tree: BodyTree) -> list[Pair]:
    """All pairs of limbs of at least LEAST_JOINTS joints that hang on one body as mirror images."""
    found = []
    for body in tree.bodies:
        limbs = [limb for kid in body.children if (limb := limb_from(tree, kid)) and len(limb.joints) >= LEAST_JOINTS]
        for a, b in combinations(limbs, 2):
            pair = _as_pair(tree, a, b)
            if pair is not None:
                found.append(pair)
    return found


def _as_pair(tree: BodyTree, a: Limb, b: Limb) -> Pair | None:
    if len(a.joints) != len(b.joints):
        return None
    pa, pb = _places(tree, a), _places(tree, b)
    la, lb = (np.linalg.norm(np.diff(p, axis=0), axis=1) for p in (pa, pb))
    if np.abs(la - lb).max() > 0.02 + 0.1 * la.max() or la.sum() < 1e-3:
        return None
    apart = pa - pb
    row = next((k for k in range(len(apart)) if np.linalg.norm(apart[k]) > 1e-3), None)
    if row is None or abs(apart[row][2]) > 0.3 * np.linalg.norm(apart[row]):
        return None
    across = unit(apart[row] * [1.0, 1.0, 0.0])
    nearest = np.eye(3)[np.abs(across).argmax()] * np.sign(across[np.abs(across).argmax()])
    return Pair(a, b, nearest if across @ nearest > 1.0 - 1e-5 else across, float(pa[0][2] + pb[0][2]) / 2)


def _places(tree: BodyTree, limb: Limb) -> Array:
    return np.array([tree.at_zero[tree.joint(body).child][:3, 3] for body in limb.bodies])


def limb_names(tree: BodyTree, limb: Limb) -> list[str]:
    """Names of a limb's joints and of the links they carry, hand included."""
    return [*limb.joints, *(tree.joint(body).child for body in limb.bodies), *tree.links_below(limb.end)]


def arms_and_legs(tree: BodyTree) -> tuple[Pair | None, Limb | None, list[Limb], list[str]]:
    """The pair of arms, else the only arm; the legs; and notes."""
    notes: list[str] = []
    pairs = mirrored_pairs(tree)
    leg_pairs = [p for p in pairs if _leg_score(tree, p.first) > 0]
    rest = [p for p in pairs if p not in leg_pairs]
    arms = max(rest, key=lambda p: (-_leg_score(tree, p.first), p.height_m), default=None)
    legs = [limb for p in leg_pairs for limb in (p.first, p.second)]
    if arms is not None:
        taken = {*arms.first.bodies, *arms.second.bodies}
        others = [p for p in rest if p is not arms and not taken & {*p.first.bodies, *p.second.bodies}]
        legs += [limb for p in others for limb in (p.first, p.second)]
        if not _leg_score(tree, arms.first):
            names = f"{arms.first.joints[0]}, {arms.second.joints[0]}"
            notes.append(f"arms: no name tells; taken as the highest mirrored pair of chains ({names}).")
        return arms, None, _distinct(legs), notes
    return None, _only_arm(tree, legs), _distinct(legs), notes + _lying(tree)


def _lying(tree: BodyTree) -> list[str]:
    """A note where a left and a right chain lie above each other: then the model lies on its side."""
    for body in tree.bodies:
        limbs = [limb for kid in body.children if (limb := limb_from(tree, kid)) and len(limb.joints) >= LEAST_JOINTS]
        for a, b in combinations(limbs, 2):
            if len(a.joints) != len(b.joints) or {side_names(tree, a), side_names(tree, b)} != {"left", "right"}:
                continue
            apart = (_places(tree, a) - _places(tree, b))[1]
            if abs(apart[2]) > 0.7 * np.linalg.norm(apart) > 0.01:
                names = f"{a.joints[0]}, {b.joints[0]}"
                return [
                    f"{names}: a left and a right chain above each other; z of the root link does not point up. Put a "
                    "link with a fixed joint under it that turns the model upright."
                ]
    return []


def _distinct(limbs: list[Limb]) -> list[Limb]:
    return list({limb.bodies: limb for limb in limbs}.values())


def _leg_score(tree: BodyTree, limb: Limb) -> int:
    names = [*limb.joints, *(tree.joint(body).child for body in limb.bodies)]
    return has(names, LEG) - has(names, ARM)


def _only_arm(tree: BodyTree, legs: list[Limb]) -> Limb | None:
    """The one chain that may be an arm: long enough, no leg, no neck; it begins where the robot last branches."""
    taken = {body for limb in legs for body in limb.bodies}
    found = []
    for body in tree.bodies[1:]:
        siblings = [k for k in tree.bodies[body.parent].children if not _is_sensor(tree, k)]
        if body.index in taken or (body.parent > 0 and len(siblings) < 2):
            continue
        limb = limb_from(tree, body.index)
        if limb is None or _leg_score(tree, limb) > 0:
            continue
        limb = _without_torso(tree, limb)
        lengths = np.linalg.norm(np.diff(_places(tree, limb), axis=0), axis=1).sum() if limb.bodies else 0.0
        if len(limb.joints) >= LEAST_JOINTS and lengths > 0.05 and not has(limb.joints, HEAD):
            found.append((-_leg_score(tree, limb) > 0, len(tree.path(body.index)), len(limb.joints), limb))
    return max(found, key=lambda row: row[:3])[3] if found else None


def _without_torso(tree: BodyTree, limb: Limb) -> Limb:
    """A chain without the leading joints whose names speak of a torso."""
    skip = 0
    while skip < len(limb.joints) and set(words(limb.joints[skip])) & TORSO and not has([limb.joints[skip]], ARM):
        skip += 1
    parent = tree.bodies[limb.bodies[skip]].parent if 0 < skip < len(limb.bodies) else limb.parent
    return Limb(parent, limb.bodies[skip:], limb.joints[skip:], limb.held)


def side_names(tree: BodyTree, limb: Limb) -> str:
    """Side that a limb's names tell, "" where they tell none."""
    return side_of(limb_names(tree, limb))
