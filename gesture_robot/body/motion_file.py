"""Motion files in the layout of BEAT2: one .npz with SMPL-X axis-angle poses.

Keys: poses (T, 165), expressions (T, 100), trans (T, 3), betas (300,), gender, model, mocap_frame_rate.
"""

from __future__ import annotations

import struct
import sys
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from gesture_robot.body.rotations import (
    continuous_quaternions,
    matrix_from_rotvec,
    rotvec_from_matrix,
    rotvec_from_quaternion,
    slerp,
)
from gesture_robot.body.skeleton import JOINT_NAMES
from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import InvalidInput, OutputUnwritable

_Y_UP_FROM_Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
_MAX_ANGLE_RAD = 2.0 * np.pi + 0.1
_FARTHEST_M = 1e6
DAMAGED_NPZ = (
    OSError, ValueError, EOFError, AttributeError, TypeError, KeyError, NotImplementedError, RuntimeError, MemoryError,
    OverflowError, SyntaxError, struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)
"""What numpy lets through when a file is empty, cut short, encrypted or not an .npz at all."""


def save_motion(path: str | Path, motion: BodyMotion) -> None:
    """Write `motion` with BEAT2's keys. Raises OutputUnwritable."""
    count = len(motion.rotations)
    try:
        with open(path, "wb") as file:
            np.savez_compressed(file, poses=motion.rotations.reshape(count, 165), expressions=np.zeros((count, 100)),
                                trans=motion.root_position, betas=np.zeros(300), gender="neutral", model="smplx2020",
                                mocap_frame_rate=motion.fps)
    except OSError as error:
        raise OutputUnwritable(f"cannot write {path}: {error.strerror}. Choose a writable place.") from None


def load_motion(path: str | Path) -> BodyMotion:
    """Read a motion file; z-up recordings (AMASS) are turned to y up with a note on stderr.

    Raises:
        InvalidInput: no such file, not a motion file, no frames, not numbers, NaN (the frame is named), or degrees.
    """
    data = _read(Path(path))
    if "poses" not in data:
        raise InvalidInput(f"{path} has no 'poses'; a motion file holds poses (T, 165), trans and mocap_frame_rate.")
    poses = _numbers(data["poses"], "f", f"{path}: poses must be floating-point numbers in radians")
    if poses.ndim < 2 or len(poses) == 0:
        raise InvalidInput(f"{path} holds zero frames; at least one pose (T, 165) is needed.")
    rotations = _as_55_joints(poses.reshape(len(poses), -1), str(path))
    root = _numbers(data.get("trans", np.zeros((len(poses), 3))), "fiu", f"{path}: trans must be numbers in metres")
    _refuse_bad_numbers(rotations, root, str(path))
    rate = next((data[key] for key in ("mocap_frame_rate", "mocap_framerate", "fps") if key in data), None)
    if rate is None:
        raise InvalidInput(f"{path} has no 'mocap_frame_rate' (frames per second).")
    fps = _numbers(rate, "fiu", f"{path}: the frame rate must be one number")
    if fps.size != 1:
        raise InvalidInput(f"{path}: the frame rate must be one number, got {fps.size} values.")
    if _is_z_up(rotations, root):
        print(f"note: {path} is z-up (as AMASS is); turned to y up.", file=sys.stderr)
        rotations, root = _turn_to_y_up(rotations, root)
    return BodyMotion(fps=float(fps.item()), rotations=rotations, root_position=root)


def resample(motion: BodyMotion, fps: float) -> BodyMotion:
    """The same motion at another frame rate, rotations interpolated spherically."""
    if abs(fps - motion.fps) < 1e-9:
        return motion
    count = max(1, int(round(len(motion.rotations) * fps / motion.fps)))
    at = np.minimum(np.arange(count) * motion.fps / fps, len(motion.rotations) - 1)
    low = np.minimum(at.astype(int), max(len(motion.rotations) - 2, 0))
    high, weight = np.minimum(low + 1, len(motion.rotations) - 1), at - low
    quaternions = continuous_quaternions(motion.rotations)
    rotations = rotvec_from_quaternion(slerp(quaternions[low], quaternions[high], weight[:, None]))
    root = motion.root_position[low] * (1 - weight[:, None]) + motion.root_position[high] * weight[:, None]
    return BodyMotion(fps=fps, rotations=rotations, root_position=root)


def _read(path: Path) -> dict[str, Array]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise InvalidInput(f"{path} is one array; a motion file is an .npz with poses and mocap_frame_rate.")
            return {key: archive[key] for key in archive.files if archive[key].dtype.kind != "O"}
    except FileNotFoundError:
        raise InvalidInput(f"no motion file at {path}.") from None
    except InvalidInput:
        raise
    except DAMAGED_NPZ as error:
        raise InvalidInput(
            f"{path} is not a motion file (.npz with poses and mocap_frame_rate), or it is damaged: {one_line(error)}."
        ) from None


def one_line(error: BaseException) -> str:
    """The message of an error of a library, without line breaks and final stop."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


def _numbers(values: Array, kinds: str, must: str) -> Array:
    """Values as floats when their numpy kind is one of `kinds`; text that looks like numbers is refused too."""
    if values.dtype.kind not in kinds:
        raise InvalidInput(f"{must}, got {values.dtype}.")
    return np.asarray(values, float)


def _as_55_joints(poses: Array, path: str) -> Array:
    """SMPL-X (165), SMPL-H (156: no jaw and eyes) and body-only SMPL-X (63/66) all become (T, 55, 3)."""
    width = poses.shape[1]
    rotations = np.zeros((len(poses), 55, 3))
    if width == 165:
        rotations[:] = poses.reshape(-1, 55, 3)
    elif width == 156:
        rotations[:, :22], rotations[:, 25:] = poses[:, :66].reshape(-1, 22, 3), poses[:, 66:].reshape(-1, 30, 3)
    elif width in (66, 72):
        rotations[:, :22] = poses[:, :66].reshape(-1, 22, 3)
    else:
        raise InvalidInput(f"{path}: poses are {width} wide; 165 (SMPL-X), 156 (SMPL-H) or 66 (body only) would work.")
    return rotations


def _refuse_bad_numbers(rotations: Array, root: Array, path: str) -> None:
    if root.shape != (len(rotations), 3):
        raise InvalidInput(f"{path}: trans must be ({len(rotations)}, 3), got {root.shape}.")
    bad = ~np.isfinite(rotations).all(axis=(1, 2)) | ~np.isfinite(root).all(axis=1)
    if bad.any():
        frame = int(np.argmax(bad))
        where = "trans"
        if not np.isfinite(rotations[frame]).all():
            where = JOINT_NAMES[int(np.argmin(np.isfinite(rotations[frame]).all(axis=1)))]
        raise InvalidInput(f"{path}: frame {frame} holds NaN or infinity ({where}); {int(bad.sum())} such frames.")
    if np.abs(root).max() > _FARTHEST_M:
        raise InvalidInput(f"{path}: trans reaches {np.abs(root).max():.3g}; positions in metres are needed.")
    largest = float(np.abs(rotations).max())  # first: squares of huge numbers overflow
    if largest <= _MAX_ANGLE_RAD:
        largest = float(np.linalg.norm(rotations, axis=-1).max())
    if largest > _MAX_ANGLE_RAD:
        raise InvalidInput(f"{path}: rotations up to {largest:.3g} look like degrees; axis-angle in radians is needed.")


def _is_z_up(rotations: Array, root: Array) -> bool:
    """A standing body whose own up axis lies along the file's z.

    The pelvis' y axis points to the head whatever way the person faces; the root height settles lying bodies.
    """
    up = matrix_from_rotvec(rotations[:, 0])[:, :, 1].mean(axis=0)
    return bool(up[2] > 0.7 and abs(up[1]) < 0.6)


def _turn_to_y_up(rotations: Array, root: Array) -> tuple[Array, Array]:
    turned = rotations.copy()
    turned[:, 0] = rotvec_from_matrix(_Y_UP_FROM_Z_UP @ matrix_from_rotvec(rotations[:, 0]))
    return turned, root @ _Y_UP_FROM_Z_UP.T
