"""Biovision hierarchy files (.bvh) as body motion: y up, z forward, any rest pose with the limbs outstretched.

A joint's orientation is carried over as a whole; where the file's bone at rest points elsewhere than that of SMPL-X,
the shortest rotation between the two is put in between, so limb directions come out exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from gesture_robot.body.skeleton import JOINT_NAMES, OFFSETS, PARENTS, joint_index
from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import InvalidInput

_NAMES: dict[str, tuple[str, ...]] = {
    "pelvis": ("hips", "pelvis", "root"),
    "spine1": ("spine", "spine1", "chest", "torso", "abdomen"),
    "spine3": ("spine3", "spine2", "chest2", "upperchest", "chest4"),
    "neck": ("neck", "neck1"),
    "head": ("head",),
}
_SIDED: dict[str, tuple[str, ...]] = {
    "collar": ("collar", "clavicle", "shoulder"),
    "shoulder": ("arm", "uparm", "upperarm", "shoulder"),
    "elbow": ("forearm", "lowarm", "lowerarm", "elbow"),
    "wrist": ("hand", "wrist"),
}
_BONES = {"spine3": "neck", "neck": "head"} | {
    f"{side}_{a}": f"{side}_{b}" for side in ("left", "right") for a, b in (("shoulder", "elbow"), ("elbow", "wrist"))
}
"""Joints whose direction matters, with the joint that the bone ends at."""
_NEEDED = ("pelvis", *(f"{side}_{part}" for side in ("left", "right") for part in ("shoulder", "elbow", "wrist")))
_CM_ABOVE_M = 3.0


@dataclass
class _Node:
    name: str
    parent: int
    offset: Array
    channels: list[str] = field(default_factory=list)


def load_bvh(path: str | Path) -> BodyMotion:
    """Read a .bvh file whose joints have usual names (Hips, LeftArm, LeftForeArm, LeftHand, Head, ...).

    Raises:
        InvalidInput: not such a file, not finite, or joints are missing; the message names them.
    """
    try:
        text = Path(path).read_text(encoding="utf-8", errors="strict")
        head, _, tail = text.partition("MOTION")
        nodes = _hierarchy(head.split())
        fps, frames = _frames(tail.split(), sum(len(n.channels) for n in nodes))
    except FileNotFoundError:
        raise InvalidInput(f"no motion file at {path}.") from None
    except (OSError, ValueError, IndexError) as error:
        raise InvalidInput(f"{path} is not a .bvh file (HIERARCHY, then MOTION with numbers): {error}.") from None
    if not np.isfinite(frames).all():
        raise InvalidInput(f"{path}: frame {int(np.argmin(np.isfinite(frames).all(axis=1)))} holds NaN or infinity.")
    rows = _match([node.name for node in nodes], str(path))
    orientations, root = _orientations(nodes, frames)
    return BodyMotion(fps, _as_smplx(nodes, rows, orientations), root)


def _hierarchy(words: list[str]) -> list[_Node]:
    if not words or words[0] != "HIERARCHY":
        raise ValueError("it does not begin with HIERARCHY")
    nodes: list[_Node] = []
    stack: list[int] = []
    at = 1
    while at < len(words):
        word = words[at]
        if word in ("ROOT", "JOINT", "End"):
            nodes.append(_Node(words[at + 1] if word != "End" else "", stack[-1] if stack else -1, np.zeros(3)))
            stack.append(len(nodes) - 1)
            at += 3  # the kind, the name and the brace
        elif word == "OFFSET":
            nodes[stack[-1]].offset = np.array([float(w) for w in words[at + 1 : at + 4]])
            at += 4
        elif word == "CHANNELS":
            count = int(words[at + 1])
            nodes[stack[-1]].channels = words[at + 2 : at + 2 + count]
            at += 2 + count
        elif word == "}":
            stack.pop()
            at += 1
        else:
            raise ValueError(f"unexpected word '{word}'")
    return nodes


def _frames(words: list[str], width: int) -> tuple[float, Array]:
    count, step_s = int(words[1]), float(words[4])  # Frames: N Frame Time: s
    if step_s <= 0.0 or count < 1:
        raise ValueError(f"{count} frames of {step_s} s")
    return 1.0 / step_s, np.array([float(w) for w in words[5 : 5 + count * width]]).reshape(count, width)


def _match(names: list[str], path: str) -> dict[str, int]:
    """SMPL-X joint name -> row of the file's joint."""
    plain = [n.split(":")[-1].lower().replace("_", "").replace(" ", "") for n in names]
    rows: dict[str, int] = {}
    for joint, known in _NAMES.items():
        present = [name for name in known if name in plain]
        if present:
            rows[joint] = plain.index(present[0])
    for side, marks in (("left", ("left", "l")), ("right", ("right", "r"))):
        taken: set[int] = set()
        for part in ("wrist", "elbow", "shoulder", "collar"):  # outwards names are the clearer ones
            found = [plain.index(m + n) for n in _SIDED[part] for m in marks if m + n in plain]
            found = [row for row in found if row not in taken]
            if found:
                rows[f"{side}_{part}"] = found[0]
                taken.add(found[0])
    missing = [joint for joint in _NEEDED if joint not in rows]
    if missing:
        raise InvalidInput(
            f"{path}: no joint found for {', '.join(missing)}; names like Hips, LeftArm, LeftForeArm, LeftHand "
            f"would work. Its joints: {', '.join(n for n in names if n)}."
        )
    return rows


def _orientations(nodes: list[_Node], frames: Array) -> tuple[Array, Array]:
    """Orientation of every joint (T, N, 3, 3) and the root's position (T, 3) [m]."""
    result = np.zeros((len(frames), len(nodes), 3, 3))
    root, column = np.zeros((len(frames), 3)), 0
    for row, node in enumerate(nodes):
        turns = [c[0] for c in node.channels if c.endswith("rotation")]
        for axis, name in enumerate(("Xposition", "Yposition", "Zposition")):
            if row == 0 and name in node.channels:
                root[:, axis] = frames[:, column + node.channels.index(name)]
        local = np.broadcast_to(np.eye(3), (len(frames), 3, 3))
        if turns:
            at = [column + k for k, c in enumerate(node.channels) if c.endswith("rotation")]
            local = Rotation.from_euler("".join(turns), frames[:, at].reshape(-1, len(at)), degrees=True).as_matrix()
        result[:, row] = local if node.parent < 0 else result[:, node.parent] @ local
        column += len(node.channels)
    tall = sum(float(np.linalg.norm(n.offset)) for n in nodes) > _CM_ABOVE_M * 5
    return result, root * (0.01 if tall else 1.0)


def _as_smplx(nodes: list[_Node], rows: dict[str, int], orientations: Array) -> Array:
    """(T, 55, 3) parent-relative rotations; joints the file lacks stay straight."""
    places = np.zeros((len(nodes), 3))
    for row, node in enumerate(nodes):
        places[row] = node.offset + (places[node.parent] if node.parent >= 0 else 0.0)
    world: list[Array] = []
    for joint, name in enumerate(JOINT_NAMES):
        if name in rows:
            turned = orientations[:, rows[name]] @ _correction(name, rows, places)
        else:
            turned = world[PARENTS[joint]] if joint else np.broadcast_to(np.eye(3), orientations[:, 0].shape)
        world.append(turned)
    relative = [world[0]] + [np.swapaxes(world[PARENTS[j]], 1, 2) @ world[j] for j in range(1, 55)]
    return np.stack([Rotation.from_matrix(r).as_rotvec() for r in relative], axis=1)


def _correction(name: str, rows: dict[str, int], places: Array) -> Array:
    """(3, 3) shortest rotation from the SMPL-X bone at its zero pose to the file's bone at rest."""
    end = _BONES.get(name, "")
    if name.endswith("wrist"):  # the hand goes on in line with the forearm, as it does in SMPL-X
        name, end = name.replace("wrist", "elbow"), name
    if end not in rows or name not in rows or "neck" in (name, end):
        return np.eye(3)
    ours = OFFSETS[joint_index(end)] / np.linalg.norm(OFFSETS[joint_index(end)])
    theirs = places[rows[end]] - places[rows[name]]
    theirs = theirs / max(float(np.linalg.norm(theirs)), 1e-9)
    axis = np.cross(ours, theirs)
    sine = float(np.linalg.norm(axis))
    turn = axis / max(sine, 1e-9) * np.arctan2(sine, float(ours @ theirs))
    return np.asarray(Rotation.from_rotvec(turn).as_matrix())
