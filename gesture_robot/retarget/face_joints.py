"""Face channels to the joints of eyes, lids and jaw, as the robot's file says."""

from __future__ import annotations

from collections import deque

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import FaceMotion, RobotModel
from gesture_robot.errors import InvalidInput
from gesture_robot.face.arkit import CHANNELS


def face_joints(model: RobotModel, face: FaceMotion, times_s: Array) -> tuple[Array, Array]:
    """Where a face motion wants the face's joints, inside their position limits.

    A joint is at rest + sum of gain x channel. Channels that the motion lacks count as 0; a joint of whose channels the
    motion has none is left out.

    Args:
        model: the robot.
        face: channels at their own rate; frame 0 is time 0, the last one holds.
        times_s: (T,) when the joints are wanted.

    Returns:
        Indices (n,) of the joints in the model's order, and positions (T, n) [rad or m].
    """
    at = np.arange(len(face.weights)) / face.fps
    rows, columns = [], []
    for joint in model.limbs.face:
        known = [name for name in joint.gains if name in face.channels]
        if not known or not len(at):
            continue
        row = model.index(joint.joint)
        moved = sum(
            joint.gains[name] * np.interp(times_s, at, face.weights[:, face.channels.index(name)]) for name in known
        )
        rows.append(row)
        columns.append(np.clip(model.rest[row] + moved, model.lower[row], model.upper[row]))
    return np.array(rows, int), np.stack(columns, axis=1) if columns else np.zeros((len(times_s), 0))


class LiveFace:
    """Joints of the face frame by frame, from the 52 ARKit channels in Apple's order."""

    def __init__(self, model: RobotModel):
        face = [joint for joint in model.limbs.face if set(joint.gains) & set(CHANNELS)]
        self.rows = np.array([model.index(joint.joint) for joint in face], int)
        """(n,) indices of the joints."""
        self._gains = np.array([[joint.gains.get(name, 0.0) for name in CHANNELS] for joint in face])
        self._rest, self._lower, self._upper = (
            np.asarray(limit)[self.rows] for limit in (model.rest, model.lower, model.upper))

    def joints(self, weights: Array) -> Array:
        """(n,) where weights (52,) put them, inside their position limits; raises InvalidInput for a wrong shape."""
        weights = np.asarray(weights, float)
        if weights.shape != (len(CHANNELS),) or not np.isfinite(weights).all():
            raise InvalidInput(f"a face needs {len(CHANNELS)} finite ARKit weights, got an array of {weights.shape}.")
        return np.asarray(np.clip(self._rest + self._gains @ weights, self._lower, self._upper))


class FaceTrack:
    """Face frames as they come, looked up by time: the last one holds, what is older than `keep_s` is forgotten."""

    def __init__(self, keep_s: float = 1.0):
        self._keep_s = keep_s
        self._frames: deque[tuple[float, Array]] = deque(maxlen=600)

    def add(self, face: FaceMotion, start_s: float) -> None:
        """Frames from `start_s` on; frames known for later times are replaced.

        Raises:
            InvalidInput: channels other than the 52 of ARKit in Apple's order.
        """
        if face.channels != CHANNELS:
            raise InvalidInput("face joints need the 52 ARKit channels in Apple's order (face.arkit.CHANNELS).")
        while self._frames and self._frames[-1][0] > start_s - 1e-6:
            self._frames.pop()
        for index, weights in enumerate(face.weights):
            self._frames.append((start_s + index / face.fps, weights))

    def at(self, time_s: float) -> Array | None:
        """(52,) between the frames around a time; None: none came yet."""
        while len(self._frames) > 1 and self._frames[1][0] < time_s - self._keep_s:
            self._frames.popleft()
        if not self._frames:
            return None
        times = [time for time, _ in self._frames]
        after = int(np.searchsorted(times, time_s))
        if after == 0 or after == len(times):
            return self._frames[min(after, len(times) - 1)][1]
        (t0, first), (t1, second) = self._frames[after - 1], self._frames[after]
        return np.asarray(first + (second - first) * (time_s - t0) / (t1 - t0))
