"""What a recording must be before anything moves by it: finite, in radians, at a sane rate, upright in y-up axes.

Shared by all readers of motion files. Every refusal says which frame, joint or key is wrong and what would work.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from gesture_robot.body.rotations import matrix_from_rotvec, rotvec_from_matrix
from gesture_robot.body.skeleton import JOINT_NAMES, joint_index
from gesture_robot.checks import Array
from gesture_robot.errors import InvalidInput

Note = Callable[[str], None]
"""Takes one line that the user should see although the file is good."""

SLOWEST_FPS, FASTEST_FPS = 1.0, 1000.0
_FULL_TURN_RAD = 2.0 * np.pi + 0.1
"""Axis-angle needs pi; recordings whose axes never flip go up to a full turn."""
_WILDEST_TURN_RAD = 1e3
"""A pelvis may be unwound over many turns of a dancer, but not over this many."""
_FARTHEST_M = 1e6
_STIFF = [joint_index(n) for n in ("spine1", "spine2", "spine3", "neck", "left_collar", "right_collar", "head")]
_STIFF_TURN_RAD = 2.0
"""No person turns a part of the spine, the neck or a shoulder blade as far."""
_LOOKED_AT = 512
_Y_UP_FROM_Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])


def to_stderr(note: str) -> None:
    """Print a note where it does not mix with results."""
    print(f"note: {note}", file=sys.stderr)


def check_rate(fps: float, key: str, path: str) -> float:
    """`fps` [frames/s] when a recording can have it.

    Raises:
        InvalidInput: not finite or absurd; the key is named, and the inverse is offered where that would be a rate.
    """
    if SLOWEST_FPS <= fps <= FASTEST_FPS:
        return fps
    hint = ""
    if np.isfinite(fps) and fps > 0.0 and SLOWEST_FPS <= 1.0 / fps <= FASTEST_FPS:
        hint = f" It looks like the seconds per frame; {1.0 / fps:.6g} would work."
    raise InvalidInput(
        f"{path}: {key} is {fps:g}; a rate of {SLOWEST_FPS:g} to {FASTEST_FPS:g} frames per second is needed.{hint}"
    )


def check_numbers(rotations: Array, root: Array, path: str) -> None:
    """Refuse what is not finite, too far away, or not in radians.

    Args:
        rotations: (T, 55, 3) axis-angle [rad].
        root: (T, 3) [m].
        path: named in the message.

    Raises:
        InvalidInput: the frame and the joint are named.
    """
    if root.shape != (len(rotations), 3):
        raise InvalidInput(f"{path}: trans must be ({len(rotations)}, 3), got {root.shape}.")
    flat = rotations.reshape(len(rotations), -1)  # rows after each other: several times faster than by joint
    largest = np.maximum(flat.max(axis=0), -flat.min(axis=0)).reshape(55, 3).max(axis=1)  # NaN where one is
    farthest = max(float(root.max()), -float(root.min()))
    if not (np.isfinite(largest).all() and np.isfinite(farthest)):
        _name_bad_frame(rotations, root, path)
    if farthest > _FARTHEST_M:
        raise InvalidInput(f"{path}: trans reaches {farthest:.3g}; positions in metres are needed.")
    _refuse_degrees(rotations, largest, path)


def turned_upright(rotations: Array, root: Array, path: str, note: Note) -> tuple[Array, Array]:
    """Rotations (T, 55, 3) and root (T, 3) in y-up axes; z-up recordings (AMASS) are turned, and `note` says so."""
    if not _is_z_up(rotations, root):
        return rotations, root
    note(f"{path} is z-up (as AMASS is); turned to y up.")
    turned = rotations.copy()
    turned[:, 0] = rotvec_from_matrix(_Y_UP_FROM_Z_UP @ matrix_from_rotvec(rotations[:, 0]))
    return turned, root @ _Y_UP_FROM_Z_UP.T


def _name_bad_frame(rotations: Array, root: Array, path: str) -> None:
    bad = ~np.isfinite(rotations).all(axis=(1, 2)) | ~np.isfinite(root).all(axis=1)
    frame = int(np.argmax(bad))
    joints = np.isfinite(rotations[frame]).all(axis=1)
    where = "trans" if joints.all() else JOINT_NAMES[int(np.argmin(joints))]
    raise InvalidInput(
        f"{path}: frame {frame} holds NaN or infinity ({where}); {int(bad.sum())} such frames. Cut them out, or fill "
        "them from their neighbours."
    )


def _refuse_degrees(rotations: Array, largest: Array, path: str) -> None:
    """Axis-angle beyond a full turn, or a spine that turns as no spine can in most frames."""
    allowed = np.full(55, _FULL_TURN_RAD)
    allowed[0] = _WILDEST_TURN_RAD
    for joint in np.argsort(-largest / allowed):
        if largest[joint] * np.sqrt(3.0) <= allowed[joint]:
            break  # not even with equal components
        # Components first: squares of huge numbers overflow.
        angles = np.abs(rotations[:, joint]).max(axis=1)
        if largest[joint] <= allowed[joint]:
            angles = np.linalg.norm(rotations[:, joint], axis=1)
        if angles.max() > allowed[joint]:
            frame = int(np.argmax(angles))
            raise InvalidInput(
                f"{path}: rotations reach {angles[frame]:.3g} ({JOINT_NAMES[joint]}, frame {frame}), more than a full "
                "turn: they look like degrees. Axis-angle in radians is needed: poses = numpy.radians(poses)."
            )
    some = rotations[:: max(1, len(rotations) // _LOOKED_AT), _STIFF]
    usual = np.median(np.linalg.norm(some, axis=2), axis=0)
    if (usual > _STIFF_TURN_RAD).sum() > len(_STIFF) // 2:
        raise InvalidInput(
            f"{path}: spine, neck and shoulder blades are turned by {np.median(usual):.2g} in most frames, which no "
            "body can in radians: they look like degrees. Axis-angle in radians is needed: poses = "
            "numpy.radians(poses)."
        )


def _is_z_up(rotations: Array, root: Array) -> bool:
    """A body whose own up axis lies along the file's z, unless it is lying on the ground of a y-up file.

    The pelvis' y axis points to the head whatever way the person faces. Who lies with the head forward looks the same;
    there the pelvis is near the ground along y, and not at a standing or sitting height along z.
    """
    up = matrix_from_rotvec(rotations[:, 0])[:, :, 1].mean(axis=0)
    if up[2] <= 0.7 or abs(up[1]) >= 0.6:
        return False
    height_y, height_z = np.median(root[:, 1]), np.median(root[:, 2])
    return not (0.05 <= height_y <= 0.4 and not 0.4 < height_z < 1.5)
