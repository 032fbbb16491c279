"""`face.npz`: fps, channels (C,), weights (T, C). Loads with plain numpy, no pickled objects."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np

from gesture_robot.datatypes import FaceMotion
from gesture_robot.errors import InvalidInput, OutputUnwritable

KEYS = ("fps", "channels", "weights")


def save_face(path: str | os.PathLike[str], face: FaceMotion) -> Path:
    """Write `face` and return the path; raises OutputUnwritable."""
    target = Path(path)
    try:
        with open(target, "wb") as file:
            np.savez_compressed(file, fps=np.float64(face.fps), channels=np.array(face.channels, dtype=str),
                                weights=face.weights.astype(np.float32))
    except OSError as error:
        raise OutputUnwritable(f"cannot write '{target}': {error.strerror}. Name a file in a folder you may write "
                               "to.") from None
    return target


def load_face(path: str | os.PathLike[str]) -> FaceMotion:
    """Read a face file; raises InvalidInput when it is missing, not such a file, or holds bad values."""
    try:
        with np.load(Path(path), allow_pickle=False) as data:
            missing = [key for key in KEYS if key not in data.files]
            if missing:
                raise InvalidInput(f"'{path}' lacks {', '.join(missing)}; a face file holds {', '.join(KEYS)}.")
            fps, channels, weights = float(data["fps"]), tuple(str(c) for c in data["channels"]), data["weights"]
    except FileNotFoundError:
        raise InvalidInput(f"no such face file: '{path}'.") from None
    except (OSError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise InvalidInput(f"'{path}' is not a face file (.npz with {', '.join(KEYS)}): {error}") from None
    except ValueError as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"'{path}' is not a face file (.npz with {', '.join(KEYS)}): {error}") from None
    return FaceMotion(fps=fps, channels=channels, weights=np.clip(weights, 0.0, 1.0) if _close(weights) else weights)


def _close(weights: np.ndarray) -> bool:
    """Whether values leave [0, 1] by no more than rounding, which a file in single precision may do."""
    return weights.dtype.kind == "f" and bool(np.isfinite(weights).all()) and bool(
        weights.size == 0 or (weights.min() > -1e-6 and weights.max() < 1.0 + 1e-6))
