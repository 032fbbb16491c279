"""Frames of body and face."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Vector3

from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion, FaceMotion
from gesture_robot.face.arkit import CHANNELS
from gesture_robot.msg import BodyMotion as BodyMessage
from gesture_robot.msg import FaceMotion as FaceMessage
from gesture_robot.nodes.convert.arrays import sequence, table

AHEAD = np.array([1.0, 0.0, 0.0])


def body_message(rotations: Array, fps: float, frame: int, stamp: Time, *, eyes: Array = AHEAD, utterance_id: str = "",
                 chunk: int = 0) -> BodyMessage:
    """Frames (T, 55, 3) of which the first is number `frame` and due at `stamp`; the root stays. `eyes` (3,) unit."""
    rotations = np.asarray(rotations).reshape(-1, 55, 3)
    message = BodyMessage(fps=float(fps), frame=frame, rotations=sequence(rotations.reshape(-1), "f"),
                          root_position=sequence(np.zeros(3 * len(rotations)), "f"), utterance_id=utterance_id,
                          chunk=chunk, eyes=Vector3(x=float(eyes[0]), y=float(eyes[1]), z=float(eyes[2])))
    message.header.stamp = stamp
    return message


def body_value(message: BodyMessage) -> BodyMotion:
    """Raises InvalidInput for wrong lengths, NaN or a rate that cannot be."""
    rotations = table(message.rotations, (55, 3), "rotations")
    return BodyMotion(message.fps, rotations, table(message.root_position, (3,), "root_position"))


def face_message(weights: Array, fps: float, stamp: Time) -> FaceMessage:
    """Frames (T, 52) in ARKit's order."""
    message = FaceMessage(fps=float(fps), weights=sequence(np.asarray(weights).reshape(-1), "f"))
    message.header.stamp = stamp
    return message


def face_value(message: FaceMessage) -> FaceMotion:
    """Raises InvalidInput for wrong lengths, NaN or weights outside [0, 1]."""
    channels = tuple(message.channels) or CHANNELS
    return FaceMotion(message.fps, channels, table(message.weights, (len(channels),), "weights"))
