"""Biovision hierarchy files (.bvh) as body motion: any axes, any rest pose with the limbs outstretched.

A joint's orientation is carried over as a whole; where the file's bone at rest points elsewhere than that of SMPL-X,
the shortest rotation between the two is put in between, so limb directions come out exactly. Which way is up and
forward is seen from the rest pose: shoulders above the hips, the left ones on the left. Frames are read in blocks, so
a long recording needs little more memory than its poses.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
from scipy.spatial.transform import Rotation

from gesture_robot.body.motion_checks import Note, check_numbers, check_rate, to_stderr, turned_upright
from gesture_robot.body.skeleton import JOINT_NAMES, OFFSETS, PARENTS, joint_index
from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import InvalidInput
from gesture_robot.retarget.bvh_text import Node, count_and_step, hierarchy, words_of_head

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
_FINGERS = {f: (f,) for f in ("thumb", "index", "ring")} | {"middle": ("middle", "mid"), "pinky": ("pinky", "little")}
_BONES = {"spine3": "neck", "neck": "head"} | {
    f"{side}_{a}": f"{side}_{b}" for side in ("left", "right") for a, b in (("shoulder", "elbow"), ("elbow", "wrist"))
}
"""Joints whose direction matters, with the joint that the bone ends at."""
_NEEDED = ("pelvis", *(f"{side}_{part}" for side in ("left", "right") for part in ("shoulder", "elbow", "wrist")))
_CM_ABOVE_M = 15.0
"""All bones together; a person's are about 5 m."""
_FARTHEST = 1e6
_FIRST_FINGER = 25
_BLOCK = 2000


def load_bvh(path: str | Path, note: Note = to_stderr) -> BodyMotion:
    """Read a .bvh file whose joints have usual names (Hips, LeftArm, LeftForeArm, LeftHand, Head, ...).

    Args:
        path: the file; angles in degrees as the format says.
        note: takes lines about what was changed.

    Raises:
        InvalidInput: not such a file, not finite, an absurd rate, or joints are missing; the message names them.
    """
    try:
        with open(path, encoding="utf-8", errors="strict") as file:
            nodes = hierarchy(words_of_head(file))
            rows = _match([node.name for node in nodes], str(path))
            count, step_s = count_and_step(file)
            fps = check_rate(1.0 / step_s, f"the rate by 'Frame Time: {step_s:g}'", str(path))
            axes = _ours_from_file(rows, _places(nodes))
            rotations, root = _read_frames(file, nodes, rows, axes, count, str(path))
    except FileNotFoundError:
        raise InvalidInput(f"no motion file at {path}.") from None
    except InvalidInput:
        raise
    except (OSError, ValueError, IndexError, MemoryError) as error:
        raise InvalidInput(f"{path} is not a .bvh file (HIERARCHY, then MOTION with numbers): {error}.") from None
    if not np.array_equal(axes, np.eye(3)):
        note(f"{path}: turned from the axes of its rest pose to y up, z forward.")
    check_numbers(rotations, root, str(path))
    return BodyMotion(fps, *turned_upright(rotations, root, str(path), note))


def _read_frames(
    file: TextIO, nodes: list[Node], rows: dict[str, int], axes: Array, count: int, path: str
) -> tuple[Array, Array]:
    """Rotations (T, 55, 3) and root (T, 3) [m] in y-up axes, block by block."""
    width = sum(len(node.channels) for node in nodes)
    rotations, roots, done = [], [], 0
    places = _places(nodes)
    while done < count:
        lines = list(islice((line for line in file if line.strip()), min(_BLOCK, count - done)))
        if not lines:
            raise ValueError(f"it ends after {done} of {count} frames")
        block = np.array([line.split() for line in lines], float)
        if block.shape[1] != width:
            raise ValueError(f"frame {done} has {block.shape[1]} values instead of {width}")
        if not np.isfinite(block).all():
            bad = int(np.argmin(np.isfinite(block).all(axis=1)))
            raise InvalidInput(f"{path}: frame {done + bad} holds NaN or infinity.")
        orientations, root = _orientations(nodes, block)
        rotations.append(_as_smplx(rows, axes @ orientations @ axes.T, places @ axes.T))
        roots.append(root @ axes.T)
        done += len(lines)
    return np.concatenate(rotations), np.concatenate(roots)


def _places(nodes: list[Node]) -> Array:
    """(N, 3) where the joints are at rest, in the file's axes and unit."""
    places = np.zeros((len(nodes), 3))
    for row, node in enumerate(nodes):
        places[row] = node.offset + (places[node.parent] if node.parent >= 0 else 0.0)
        if not (np.abs(places[row]) < _FARTHEST).all():
            raise ValueError(f"the offset of joint '{node.name}' is {node.offset}")
    return places


def _ours_from_file(rows: dict[str, int], places: Array) -> Array:
    """(3, 3) rotation by quarter turns from the file's axes to x left, y up, z forward, seen from the rest pose."""
    left_m, right_m = places[rows["left_shoulder"]], places[rows["right_shoulder"]]
    up, left = 0.5 * (left_m + right_m) - places[rows["pelvis"]], left_m - right_m
    lengths = np.linalg.norm(up) * np.linalg.norm(left)
    if lengths < 1e-9 or abs(up @ left) > 0.5 * lengths:
        return np.eye(3)  # such a rest pose tells nothing
    axes = np.zeros((3, 3))
    for row, way in ((1, up), (0, left)):
        way = np.where(axes[1] != 0.0, 0.0, way)
        largest = int(np.argmax(np.abs(way)))
        axes[row, largest] = np.sign(way[largest])
    axes[2] = np.cross(axes[0], axes[1])
    return axes


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
        rows |= _fingers(side, marks, plain)
    missing = [joint for joint in _NEEDED if joint not in rows]
    if missing:
        raise InvalidInput(
            f"{path}: no joint found for {', '.join(missing)}; names like Hips, LeftArm, LeftForeArm, LeftHand "
            f"would work. Its joints: {', '.join(n for n in names if n)}."
        )
    return rows


def _fingers(side: str, marks: tuple[str, ...], plain: list[str]) -> dict[str, int]:
    """Finger joints such as LeftHandIndex1 or l_thumb_2, as far as there are any."""
    rows = {}
    for finger, names in _FINGERS.items():
        for segment in "123":
            known = [f"{m}{hand}{n}{segment}" for m in marks for hand in ("hand", "") for n in names]
            found = [name for name in known if name in plain]
            if found:
                rows[f"{side}_{finger}{segment}"] = plain.index(found[0])
    return rows


def _orientations(nodes: list[Node], frames: Array) -> tuple[Array, Array]:
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
    tall = sum(float(np.linalg.norm(n.offset)) for n in nodes) > _CM_ABOVE_M
    return result, root * (0.01 if tall else 1.0)


def _as_smplx(rows: dict[str, int], orientations: Array, places: Array) -> Array:
    """(T, 55, 3) parent-relative rotations; joints the file lacks stay straight."""
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
    if joint_index(name) >= _FIRST_FINGER:  # bent against the hand as in the file
        name = f"{name.split('_')[0]}_wrist"
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
