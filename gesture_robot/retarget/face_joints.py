"""Face channels to the joints of eyes, lids and jaw, as the robot's file says."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import FaceMotion, RobotModel


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
