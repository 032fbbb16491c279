"""The text of a .bvh file: HIERARCHY with the bones, MOTION with the number and length of frames, then numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TextIO

import numpy as np

from gesture_robot.checks import Array


@dataclass
class Node:
    """One joint or end of a bone."""

    name: str
    parent: int
    offset: Array
    """(3,) from the parent at rest."""
    channels: list[str] = field(default_factory=list)


def words_of_head(file: TextIO) -> list[str]:
    """Everything before the line MOTION. Raises ValueError."""
    words: list[str] = []
    for line in file:
        if line.strip().upper() == "MOTION":
            return words
        words += line.split()
        if words and words[0] != "HIERARCHY":
            break
    if not words or words[0] != "HIERARCHY":
        raise ValueError("it does not begin with HIERARCHY")
    raise ValueError("it has no MOTION")


def hierarchy(words: list[str]) -> list[Node]:
    """The joints, parents first; ends of bones have no name. Raises ValueError or IndexError."""
    nodes: list[Node] = []
    stack: list[int] = []
    at = 1
    while at < len(words):
        word = words[at]
        if word in ("ROOT", "JOINT", "End"):
            nodes.append(Node(words[at + 1] if word != "End" else "", stack[-1] if stack else -1, np.zeros(3)))
            stack.append(len(nodes) - 1)
            at += 3  # the kind, the name and the brace
        elif word == "OFFSET":
            nodes[stack[-1]].offset = np.array([float(w) for w in words[at + 1 : at + 4]])
            at += 4
        elif word == "CHANNELS":
            count = int(words[at + 1])
            nodes[stack[-1]].channels = words[at + 2 : at + 2 + count]
            at += 2 + count
        elif word == "}":
            stack.pop()
            at += 1
        else:
            raise ValueError(f"unexpected word '{word}'")
    return nodes


def count_and_step(file: TextIO) -> tuple[int, float]:
    """Number of frames and the time between them [s]. Raises ValueError."""
    words: list[str] = []
    while len(words) < 5:
        line = file.readline()
        if not line:
            raise ValueError("it ends before 'Frames:' and 'Frame Time:'")
        words += line.split()
    count, step_s = int(words[1]), float(words[4])
    if step_s <= 0.0 or count < 1:
        raise ValueError(f"{count} frames of {step_s} s")
    return count, step_s
