"""A whole motion retargeted: what the robot is sent, and where guards held it back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion, FaceMotion, JointTrajectory, RobotModel
from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.retarget.retargeter import Retargeter

DEVICES = ("cpu", "cuda")


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The result for T human frames."""

    sent: JointTrajectory
    """All joints, inside all limits, at rest at the end."""
    wanted: Array
    """(T, J) joints that show the human best, before the guards."""
    shown: Array
    """(T, J) joints of `sent` at the human's frames."""
    guards: dict[str, Array]
    """Name of a guard -> (T, J) bool, the joints that it held back."""
    losses_rad: dict[str, Array]
    """Limb -> (T,) angle between the human and the nearest that the ranges of the joints allow."""

    def guarded(self, joints: list[int]) -> dict[str, Array]:
        """Name of a guard -> (T,) bool, frames in which it held any of these joints back."""
        return {name: held[:, joints].any(axis=1) for name, held in self.guards.items()}


def limb_joints(model: RobotModel) -> dict[str, list[int]]:
    """Indices of the joints of every limb that the robot has."""
    limbs = model.limbs
    names = {"torso": limbs.torso, "neck": limbs.neck, "face": tuple(joint.joint for joint in limbs.face)}
    for side, arm in (("left", limbs.left_arm), ("right", limbs.right_arm)):
        if arm is not None:
            fingers = tuple(joint for finger in arm.fingers for joint in finger.joints)
            names |= {f"{side}_arm": arm.joints, f"{side}_hand": tuple(dict.fromkeys((*arm.hand_joints, *fingers)))}
    return {limb: [model.index(name) for name in joints] for limb, joints in names.items() if joints}


def carrying_joints(model: RobotModel) -> list[int]:
    """Joints of torso and arms: those that move the directions of upper arms and forearms."""
    limbs = limb_joints(model)
    return [joint for limb in ("torso", "left_arm", "right_arm") for joint in limbs.get(limb, [])]


def open_retargeter(model: RobotModel, device: str = "cpu") -> Retargeter:
    """The solver that runs on a device.

    Raises:
        UnknownName: a device that is neither cpu nor cuda.
        InvalidInput: no solver for it.
    """
    if device not in DEVICES:
        raise UnknownName("device", device, DEVICES)
    if device != "cpu":
        raise InvalidInput(f"retargeting does not run on {device} here; --device cpu --jobs N uses all cores.")
    return Retargeter(model)


def retarget(retargeter: Retargeter, body: BodyMotion, face: FaceMotion | None = None) -> Outcome:
    """Retarget a motion from its first frame; the same motion always gives the same numbers."""
    sent, lost = retargeter.motion_with_report(body, face, rest_at_ends=True)
    frames = len(body.rotations)
    guards = {"velocity": lost.velocity_guard, "collision": lost.collision_guard}
    return Outcome(sent, lost.answers, np.asarray(sent.positions[:frames]), guards, lost.losses_rad)

