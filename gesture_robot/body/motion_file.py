"""Motion files in the layout of BEAT2: one .npz with SMPL-X axis-angle poses.

Keys: poses (T, 165), expressions (T, 100), trans (T, 3), betas (300,), gender, model, mocap_frame_rate.
"""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from gesture_robot.body.motion_checks import Note, check_numbers, check_rate, to_stderr, turned_upright
from gesture_robot.body.rotations import continuous_quaternions, rotvec_from_quaternion, slerp
from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import InvalidInput, OutputUnwritable

_RATES = ("mocap_frame_rate", "mocap_framerate", "fps")
_KEYS = ("poses", "trans", "betas", "gender", *_RATES)
_UNSTATED = ("neutral", "b'neutral'", "")
FRAME_BYTES = 8000
"""What a frame takes in memory at most from reading it to the end of retargeting it; its numbers alone are 1,320."""
_LOOKS_LIKE = {55 * 4: "55 quaternions", 55 * 9: "55 rotation matrices", 55 * 6: "55 six-number rotations"}
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


def load_motion(path: str | Path, note: Note = to_stderr) -> BodyMotion:
    """Read a motion file. Only poses, trans, the rate and the body's shape are read, however much else it holds.

    Args:
        path: an .npz file.
        note: takes lines about what was changed (z-up files are turned to y up) or left unused (betas, gender).

    Raises:
        InvalidInput: no such file, not a motion file, no frames, not numbers, an absurd rate, NaN (the frame is named),
            or degrees.
    """
    data = _read(Path(path))
    if "poses" not in data:
        raise InvalidInput(f"{path} has no 'poses'; a motion file holds poses (T, 165), trans and mocap_frame_rate.")
    poses = _numbers(data["poses"], "f", f"{path}: poses must be floating-point numbers in radians")
    rotations = _as_55_joints(poses, str(path))
    trans = data.get("trans", np.zeros((len(poses), 3)))
    root = _numbers(trans, "fiu", f"{path}: trans must be numbers in metres")
    check_numbers(rotations, root, str(path))
    fps = _rate(data, str(path))
    if _has_shape(data):
        note(f"{path}: betas and gender are not used; directions come from limbs of average proportions.")
    rotations, root = turned_upright(rotations, root, str(path), note)
    return BodyMotion(fps=fps, rotations=rotations, root_position=root)


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
            _refuse_too_long(archive, path)
            return {key: archive[key] for key in _KEYS if key in archive.files and not _holds_objects(archive, key)}
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


def _holds_objects(archive: np.lib.npyio.NpzFile, key: str) -> bool:
    """Whether an array that motion can do without was pickled; one that is needed is an error when it is read."""
    try:
        return key not in ("poses", "trans", *_RATES) and archive[key].dtype.kind == "O"
    except ValueError:
        return True


def _refuse_too_long(archive: np.lib.npyio.NpzFile, path: Path) -> None:
    """Refuse a recording that would fill the memory before it is read; otherwise the system would end the process."""
    if "poses" not in archive.files:
        return
    with archive.zip.open("poses.npy") as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape = read(file)[0]
    frames, free = shape[0] if shape else 0, free_memory_bytes()
    if frames * FRAME_BYTES > free:
        raise InvalidInput(
            f"{path} holds {frames} frames, which need about {frames * FRAME_BYTES / 1e9:.3g} GB of memory, and "
            f"{free / 1e9:.3g} GB are free; cut it into parts of at most {int(0.5 * free / FRAME_BYTES)} frames."
        )


def free_memory_bytes() -> float:
    """What the system can still give; infinite where it does not tell."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            kilobytes = next(line.split()[1] for line in file if line.startswith("MemAvailable"))
        return 1024.0 * int(kilobytes)
    except (OSError, ValueError, StopIteration):
        return float("inf")


def _has_shape(data: dict[str, Array]) -> bool:
    """Whether the recording says what its person looks like."""
    betas = data.get("betas", np.zeros(1))
    return (betas.dtype.kind in "fiu" and bool(betas.any())) or str(data.get("gender", "")) not in _UNSTATED


def _rate(data: dict[str, Array], path: str) -> float:
    key = next((key for key in _RATES if key in data), None)
    if key is None:
        raise InvalidInput(f"{path} has no 'mocap_frame_rate' (frames per second); such as mocap_frame_rate=30.0.")
    value = _numbers(data[key], "fiu", f"{path}: the frame rate must be one number")
    if value.size != 1:
        raise InvalidInput(f"{path}: the frame rate must be one number, got {value.size} values.")
    return check_rate(float(value.item()), key, path)


def _as_55_joints(poses: Array, path: str) -> Array:
    """SMPL-X (165), SMPL-H (156: no jaw and eyes) and body-only SMPL-X (63/66) all become (T, 55, 3)."""
    if poses.ndim < 2 and poses.size:
        raise InvalidInput(f"{path}: poses are {poses.shape}; one frame is (1, 165): poses = poses.reshape(1, -1).")
    if poses.ndim < 2 or len(poses) == 0:
        raise InvalidInput(f"{path} holds zero frames; at least one pose (T, 165) is needed.")
    poses = poses.reshape(len(poses), -1)
    width = poses.shape[1]
    if width == 165:
        return poses.reshape(-1, 55, 3)
    rotations = np.zeros((len(poses), 55, 3))
    if width == 156:
        rotations[:, :22], rotations[:, 25:] = poses[:, :66].reshape(-1, 22, 3), poses[:, 66:].reshape(-1, 30, 3)
    elif width in (66, 72):
        rotations[:, :22] = poses[:, :66].reshape(-1, 22, 3)
    else:
        guess = _LOOKS_LIKE.get(width, "frames and values swapped; poses.T would help" if len(poses) == 165 else "")
        raise InvalidInput(
            f"{path}: poses are {width} wide{f' ({guess})' if guess else ''}; axis-angle of 165 (SMPL-X), 156 (SMPL-H) "
            "or 66 (body only) would work."
        )
    return rotations
