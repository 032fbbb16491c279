"""TRAJ.npz: joint_names (J,), times_s (T,), positions (T, J), velocities (T, J)."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from gesture_robot.datatypes import JointTrajectory
from gesture_robot.errors import InvalidInput, OutputUnwritable

KEYS = ("joint_names", "times_s", "positions", "velocities")


def save_trajectory(path: str | Path, trajectory: JointTrajectory) -> None:
    """Write a trajectory; times are absolute (`start_s` added). Raises OutputUnwritable."""
    try:
        with open(path, "wb") as file:
            np.savez_compressed(
                file,
                joint_names=np.array(trajectory.joint_names),
                times_s=trajectory.times_s + trajectory.start_s,
                positions=trajectory.positions,
                velocities=trajectory.velocities,
            )
    except OSError as error:
        raise OutputUnwritable(f"cannot write {path}: {error.strerror}. Choose a writable place.") from None


def npz_keys(path: str | Path) -> tuple[str, ...]:
    """Names of the arrays in an .npz file; raises InvalidInput when it is not one."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return tuple(archive.files)
    except FileNotFoundError:
        raise InvalidInput(f"no file at {path}. Give a motion.npz or a trajectory.npz.") from None
    except (OSError, ValueError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise InvalidInput(f"{path} is not an .npz file ({error}). Give a motion.npz or a trajectory.npz.") from None


def load_trajectory(path: str | Path) -> JointTrajectory:
    """Read a trajectory file.

    Raises:
        InvalidInput: no such file, arrays missing, of wrong shape or with NaN.
    """
    missing = [key for key in KEYS if key not in npz_keys(path)]
    if missing:
        raise InvalidInput(f"{path} lacks {', '.join(missing)}; a trajectory file holds {', '.join(KEYS)}.")
    try:
        with np.load(path, allow_pickle=False) as archive:
            data = {key: archive[key] for key in KEYS}
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise InvalidInput(
            f"{path}: damaged trajectory file ({error}). Write it again with: gesture_robot retarget"
        ) from None
    return JointTrajectory(
        tuple(str(name) for name in data["joint_names"]), 0.0, data["times_s"], data["positions"], data["velocities"]
    )
