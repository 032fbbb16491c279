"""The seams: what an exchangeable engine must offer. Each has a fake, and one contract test runs over all engines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import (
    BodyMotion,
    CameraImage,
    Decision,
    Engagement,
    FaceMotion,
    JointTrajectory,
    Person,
    PersonDetection,
    RobotState,
    Speech,
)

Memory = TypeVar("Memory")


class Camera(Protocol):
    """A source of pictures: a device, a file, or a scene that is drawn."""

    fps: float

    def read(self, now_s: float, base_from_camera: Array) -> CameraImage | None:
        """The picture at `now_s`, None when there is no new one yet.

        Raises CameraUnavailable when the source is gone; reading again later may succeed.
        """

    def close(self) -> None:
        """Free the device."""


class PerceptionBackend(Protocol):
    """Finds people in one picture."""

    def detect(self, image: CameraImage) -> tuple[PersonDetection, ...]:
        """Everybody seen, largest face first."""

    def close(self) -> None:
        """Free models."""


class DecisionPolicy(Protocol[Memory]):
    """Chooses what to do. State is passed, not hidden."""

    def initial(self) -> Memory:
        """The memory before anything was seen."""

    def decide(
        self, memory: Memory, people: tuple[Person, ...], engagement: tuple[Engagement, ...], now_s: float
    ) -> tuple[Memory, Decision]:
        """One step; the decision carries its reason."""


class TtsEngine(Protocol):
    """Text to audio with word and phoneme times."""

    rate_hz: int

    def synthesize(self, text: str, *, language: str = "en", voice: str = "", emotion: str = "neutral") -> Speech:
        """The whole text at once. Raises InvalidInput when the text holds nothing to say."""

    def stream(self, text: str, *, language: str = "en", voice: str = "", emotion: str = "neutral") -> Iterator[Speech]:
        """The text piece by piece (sentences), each with times from its own first sample; memory stays flat."""


class GestureGenerator(Protocol):
    """Speech to body motion."""

    fps: float

    def generate(self, speech: Speech, *, style: str, seed_pose: Array | None, rng: np.random.Generator) -> BodyMotion:
        """Motion for one utterance from `seed_pose` (55, 3) on (rest when None), as long as the audio or longer."""

    def stream(self, chunks: Iterable[Speech], *, style: str, rng: np.random.Generator) -> Iterator[BodyMotion]:
        """One motion per chunk, each continuing the last pose of the one before."""


class FaceGenerator(Protocol):
    """Speech to face channels."""

    fps: float
    channels: tuple[str, ...]

    def generate(self, speech: Speech, *, rng: np.random.Generator) -> FaceMotion:
        """Face for one utterance (emotion is in the speech), exactly as long as the audio, rounded up to a frame."""

    def stream(self, chunks: Iterable[Speech], *, rng: np.random.Generator) -> Iterator[FaceMotion]:
        """One face motion per chunk."""


class Robot(Protocol):
    """A body that can be commanded: simulation, ros2_control, a vendor's SDK."""

    joint_names: tuple[str, ...]

    def read(self) -> RobotState:
        """Measured joints."""

    def follow(self, trajectory: JointTrajectory) -> None:
        """Replace the running trajectory. It ends at rest, so a silent commander stops the robot."""

    def hold(self) -> None:
        """Stay where it is now."""

    def close(self) -> None:
        """Free the device."""
