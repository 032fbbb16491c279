"""What names tell: the words of a joint's or link's name, its side, and which part of a body they speak of."""

from __future__ import annotations

import re
from collections.abc import Iterable

LEG = frozenset("leg hip knee ankle foot toe thigh shank shin calf sole haa hfe kfe wheel caster".split())
ARM = frozenset("arm shoulder elbow wrist forearm hand gripper finger upperarm lowerarm clavicle".split())
HEAD = frozenset("head neck face skull".split())
TORSO = frozenset("torso waist spine trunk chest abdomen body".split())
FINGER = frozenset(
    "finger fingers thumb index middle ring pinky little jaw claw knuckle fore pointer mrl flex tip fingertip".split()
)
HAND = FINGER | {"gripper", "hand", "grip"}
SENSOR = frozenset(
    "camera laser lidar velodyne hokuyo sick kinect d435 d435i realsense zed rgbd imu sensor tof sonar mic".split()
)
FACE = frozenset("eye eyes eyelid eyelids lid lids eyebrow brow brows jaw mouth lip lips chin ear ears antenna".split())
_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}


def words(name: str) -> list[str]:
    """Lower-case words of a name: LShoulderPitch, l_shoulder_pitch -> l, shoulder, pitch; arm1 -> arm; d435 stays."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    found = (word for word in re.split(r"[^a-z0-9]+", split.lower()) if word)
    return [re.sub(r"(?<=[a-z][a-z])[0-9]+$", "", word) for word in found]


def has(names: Iterable[str], vocabulary: frozenset[str]) -> int:
    """How many of the names hold a word of the vocabulary."""
    return sum(bool(vocabulary & set(words(name))) for name in names)


def side_of(names: Iterable[str]) -> str:
    """Side "left", "right" or "" by the majority of the names."""
    votes = [_SIDES[word] for name in names for word in words(name) if word in _SIDES]
    left, right = votes.count("left"), votes.count("right")
    return "" if left == right else "left" if left > right else "right"
