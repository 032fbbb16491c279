"""Every value that crosses a stage.

Frozen, checked at birth, arrays read-only. Seconds, metres, radians, float64 unless said. `a_from_b` is the (4, 4)
pose of frame b in frame a. Axes follow REP-103 (x forward, y left, z up); camera optical frames z forward, x right,
y down. The one exception is `BodyMotion`, which uses SMPL-X axes (x left, y up, z forward), root included.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from gesture_robot.checks import Array, check_range, frozen_array
from gesture_robot.errors import InvalidInput, UnknownName

NO_BOX = (0.0, 0.0, 0.0, 0.0)
ACTS = ("none", "attend", "greet", "listen", "farewell")
EMOTIONS = ("neutral", "happiness", "sadness", "anger", "fear", "surprise", "disgust", "contempt")


def _set(obj: object, **values: object) -> None:
    for name, value in values.items():
        object.__setattr__(obj, name, value)


@dataclass(frozen=True, slots=True, eq=False)
class CameraImage:
    """One picture. `base_from_camera` (4, 4) is the optical frame's pose in the robot's base at `stamp_s`."""

    stamp_s: float
    frame_id: str
    rgb: Array
    """(H, W, 3) uint8."""
    camera_matrix: Array
    """(3, 3) [px], no lens distortion."""
    base_from_camera: Array

    def __post_init__(self) -> None:
        rgb = np.asarray(self.rgb)
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
            raise InvalidInput(f"CameraImage.rgb must be (H, W, 3) uint8, got {rgb.shape} {rgb.dtype}.")
        _set(
            self,
            rgb=rgb,
            camera_matrix=frozen_array(self.camera_matrix, (3, 3), "camera_matrix"),
            base_from_camera=frozen_array(self.base_from_camera, (4, 4), "base_from_camera"),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """Facial measurements in [0, 1]; smile and mouth opening are absolute, the others are hints."""

    smile: float = 0.0
    mouth_open: float = 0.0
    eyes_closed: float = 0.0

    def __post_init__(self) -> None:
        for name in ("smile", "mouth_open", "eyes_closed"):
            check_range(getattr(self, name), 0.0, 1.0, f"Expression.{name}")


@dataclass(frozen=True, slots=True, eq=False)
class PersonDetection:
    """One person in one picture, without identity or memory, in the camera's optical frame.

    The head frame has x out of the face, y to the person's left, z up; its origin lies between the eyes.
    """

    box_px: Array
    """(4,) x, y, width, height of all that is seen of the person."""
    face_box_px: Array
    """(4,) x, y, width, height; width 0 when no face was found."""
    camera_from_head: Array
    gaze_camera: Array
    """(3,) unit: where the eyes point; the face's normal when the irises are too small to tell."""
    expression: Expression
    confidence: float
    face_landmarks_px: Array = field(default_factory=lambda: np.zeros((0, 3)))
    """(478 or 0, 3) x, y [px] and relative depth [px]."""
    body_keypoints_px: Array = field(default_factory=lambda: np.zeros((0, 4)))
    """(33 or 0, 4) BlazePose x, y [px], relative depth [px], visibility [0, 1]."""

    def __post_init__(self) -> None:
        _set(
            self,
            box_px=frozen_array(self.box_px, (4,), "box_px"),
            face_box_px=frozen_array(self.face_box_px, (4,), "face_box_px"),
            camera_from_head=frozen_array(self.camera_from_head, (4, 4), "camera_from_head"),
            gaze_camera=_unit(self.gaze_camera, "gaze_camera"),
            face_landmarks_px=frozen_array(self.face_landmarks_px, (None, 3), "face_landmarks_px"),
            body_keypoints_px=frozen_array(self.body_keypoints_px, (None, 4), "body_keypoints_px"),
        )
        check_range(self.confidence, 0.0, 1.0, "PersonDetection.confidence")


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One tracked person in the robot's base frame, smoothed over time."""

    id: str
    stamp_s: float
    box_px: Array
    face_box_px: Array
    base_from_head: Array
    """(4, 4) head pose: x out of the face, y to the person's left, z up."""
    gaze_base: Array
    """(3,) unit."""
    velocity_base: Array
    """(3,) [m/s] of the head, smoothed over about 0.4 s."""
    expression: Expression
    confidence: float
    gestures: tuple[str, ...] = ()
    """Behaviours seen over the last moments, such as "wave"."""
    speaking: float = 0.0
    face_landmarks_px: Array = field(default_factory=lambda: np.zeros((0, 3)))
    body_keypoints_px: Array = field(default_factory=lambda: np.zeros((0, 4)))
    tracked_s: float = 0.0
    """Seconds since this id was first seen."""

    def __post_init__(self) -> None:
        _set(
            self,
            box_px=frozen_array(self.box_px, (4,), "box_px"),
            face_box_px=frozen_array(self.face_box_px, (4,), "face_box_px"),
            base_from_head=frozen_array(self.base_from_head, (4, 4), "base_from_head"),
            gaze_base=_unit(self.gaze_base, "gaze_base"),
            velocity_base=frozen_array(self.velocity_base, (3,), "velocity_base"),
            face_landmarks_px=frozen_array(self.face_landmarks_px, (None, 3), "face_landmarks_px"),
            body_keypoints_px=frozen_array(self.body_keypoints_px, (None, 4), "body_keypoints_px"),
        )
        check_range(self.confidence, 0.0, 1.0, "Person.confidence")

    @property
    def position_base(self) -> Array:
        """(3,) [m] of the head in the robot's base frame."""
        return self.base_from_head[:3, 3]  # type: ignore[no-any-return]

    @property
    def distance_m(self) -> float:
        """Horizontal distance of the head from the robot's base axis."""
        return float(np.hypot(*self.base_from_head[:2, 3]))


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """People who belong together; `box_px` is the union of their boxes. The robot itself is the id "robot"."""

    id: str
    member_ids: tuple[str, ...]
    box_px: Array

    def __post_init__(self) -> None:
        _set(self, box_px=frozen_array(self.box_px, (4,), "box_px"))


@dataclass(frozen=True, slots=True, eq=False)
class Interaction:
    """The triplet <individual, group, behaviour> of NVI-DET (Wei et al., ECCV 2024) with its score."""

    individual_id: str
    group_id: str
    behaviour: str
    score: float

    def __post_init__(self) -> None:
        check_range(self.score, 0.0, 1.0, "Interaction.score")


class EngagementLevel(IntEnum):
    """hri_msgs/EngagementLevel."""

    UNKNOWN = 0
    DISENGAGED = 1
    ENGAGING = 2
    ENGAGED = 3
    DISENGAGING = 4


@dataclass(frozen=True, slots=True, eq=False)
class Engagement:
    """How much one person is engaged with the robot."""

    person_id: str
    level: EngagementLevel
    score: float
    distance_m: float

    def __post_init__(self) -> None:
        check_range(self.score, 0.0, 1.0, "Engagement.score")


@dataclass(frozen=True, slots=True, eq=False)
class SocialScene:
    """What perception knows after one picture: the output of the perception stage."""

    stamp_s: float
    people: tuple[Person, ...] = ()
    engagement: tuple[Engagement, ...] = ()
    groups: tuple[Group, ...] = ()
    interactions: tuple[Interaction, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What to do now and why. `text` is spoken, `motion` names a gesture, `look_at_base` (3,) [m] or None."""

    act: str
    reason: str
    person_id: str = ""
    text: str = ""
    language: str = "en"
    expression: str = "neutral"
    motion: str = ""
    look_at_base: Array | None = None

    def __post_init__(self) -> None:
        if self.act not in ACTS:
            raise UnknownName("act", self.act, ACTS)
        if self.expression not in EMOTIONS:
            raise UnknownName("emotion", self.expression, EMOTIONS)
        if not self.reason:
            raise InvalidInput("a Decision must carry its reason.")
        if self.look_at_base is not None:
            _set(self, look_at_base=frozen_array(self.look_at_base, (3,), "look_at_base"))


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """One spoken word; times from the start of the audio."""

    text: str
    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.start_s <= self.end_s:
            raise InvalidInput(
                f"{type(self).__name__} '{self.text}' needs 0 <= start <= end, got {self.start_s}..{self.end_s}."
            )


@dataclass(frozen=True, slots=True, eq=False)
class Phoneme(Word):
    """One IPA phoneme, stress mark (U+02C8 primary, U+02CC secondary) included in `text`."""


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """Audio with word and phoneme times; t = 0 is the first sample. `words` may be empty (audio that came alone)."""

    id: str
    text: str
    rate_hz: int
    samples: Array
    """(N,) float32 in [-1, 1], mono."""
    words: tuple[Word, ...] = ()
    phonemes: tuple[Phoneme, ...] = ()
    emotion: str = "neutral"
    language: str = "en"

    def __post_init__(self) -> None:
        if self.rate_hz <= 0:
            raise InvalidInput(f"Speech.rate_hz must be positive, got {self.rate_hz}.")
        if self.emotion not in EMOTIONS:
            raise UnknownName("emotion", self.emotion, EMOTIONS)
        _set(self, samples=frozen_array(self.samples, (None,), "Speech.samples", np.float32))

    @property
    def duration_s(self) -> float:
        """Length of the audio."""
        return len(self.samples) / self.rate_hz


@dataclass(frozen=True, slots=True, eq=False)
class BodyMotion:
    """SMPL-X body and finger motion (SMPL-X axes: x left, y up, z forward). Frame 0 is the start of the speech."""

    fps: float
    rotations: Array
    """(T, 55, 3) axis-angle, parent-relative, SMPL-X joint order."""
    root_position: Array
    """(T, 3) [m]."""

    def __post_init__(self) -> None:
        check_range(self.fps, 1.0, 1000.0, "BodyMotion.fps")
        rotations = frozen_array(self.rotations, (None, 55, 3), "BodyMotion.rotations")
        _set(
            self,
            rotations=rotations,
            root_position=frozen_array(self.root_position, (len(rotations), 3), "root_position"),
        )

    @property
    def duration_s(self) -> float:
        """Frames divided by rate."""
        return len(self.rotations) / self.fps


@dataclass(frozen=True, slots=True, eq=False)
class FaceMotion:
    """Face channel weights over time; frame 0 is the start of the speech."""

    fps: float
    channels: tuple[str, ...]
    weights: Array
    """(T, C) in [0, 1]."""

    def __post_init__(self) -> None:
        check_range(self.fps, 1.0, 1000.0, "FaceMotion.fps")
        weights = frozen_array(self.weights, (None, len(self.channels)), "FaceMotion.weights")
        if len(weights) and (weights.min() < 0.0 or weights.max() > 1.0):
            raise InvalidInput(f"FaceMotion.weights must lie in [0, 1], got {weights.min():g}..{weights.max():g}.")
        _set(self, weights=weights)

    @property
    def duration_s(self) -> float:
        """Frames divided by rate."""
        return len(self.weights) / self.fps


FINGER_NAMES = ("thumb", "index", "middle", "ring", "pinky")


@dataclass(frozen=True, slots=True, eq=False)
class Finger:
    """Joints that open and close together, and the human fingers they show."""

    shows: tuple[str, ...]
    """Of FINGER_NAMES; the mean of their curls drives the joints."""
    joints: tuple[str, ...]
    open: tuple[float, ...]
    closed: tuple[float, ...]
    """Positions of `joints` [rad or m] with the finger straight and fully curled."""

    def __post_init__(self) -> None:
        for name in self.shows:
            if name not in FINGER_NAMES:
                raise UnknownName("finger", name, FINGER_NAMES)
        if not len(self.joints) == len(self.open) == len(self.closed) > 0 or not self.shows:
            raise InvalidInput(
                f"a finger needs names of human fingers, joints, and one open and one closed position per joint, got "
                f"shows {self.shows}, joints {self.joints}, open {self.open}, closed {self.closed}."
            )


@dataclass(frozen=True, slots=True, eq=False)
class FaceJoint:
    """A joint of the face or of an eye: position = rest + sum of gain x ARKit channel, inside its limits."""

    joint: str
    gains: dict[str, float]
    """ARKit channel -> radians (or metres) at weight 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """One arm of a robot: its joints from shoulder to wrist and the links whose origins are the human landmarks."""

    joints: tuple[str, ...]
    upper_arm_link: str
    """Its origin is the shoulder centre."""
    forearm_link: str
    """Its origin is the elbow."""
    hand_link: str
    """Its origin is the wrist; x forward of the palm side, z from the fingers to the wrist when the arm hangs."""
    hand_joints: tuple[str, ...] = ()
    """Joints of the hand. Without `fingers` all close together: 0 open, upper limit closed."""
    shoulder_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Centre of the shoulder in the upper arm link [m]."""
    elbow_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """The elbow in the forearm link [m], on the axis of the elbow joint: it stays where it is in the upper arm too."""
    wrist_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """The wrist in the hand link [m]."""
    finger_axis: tuple[float, float, float] = (0.0, 0.0, -1.0)
    """Unit vector from the wrist to the knuckles in the hand link."""
    palm_axis: tuple[float, float, float] | None = None
    """Unit vector out of the palm in the hand link; None: towards the body, (0, -1, 0) left and (0, 1, 0) right."""
    palm_m: tuple[float, float, float] | None = None
    """Centre of the palm's surface in the hand link [m]; None: guessed from where the fingers begin."""
    fingers: tuple[Finger, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class LimbMap:
    """Which joints and links play which human part; an empty tuple or None where the robot has no such part."""

    base_link: str
    torso: tuple[str, ...] = ()
    neck: tuple[str, ...] = ()
    chest_link: str = ""
    head_link: str = ""
    camera_link: str = ""
    """Camera optical frame."""
    screen_link: str = ""
    left_arm: Arm | None = None
    right_arm: Arm | None = None
    front_axis: tuple[float, float, float] = (1.0, 0.0, 0.0)
    """Unit vector out of the robot's front in the root link at rest (REP-103: x); z of the root link is up."""
    face: tuple[FaceJoint, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class RobotModel:
    """A robot as the stages see it: made from a URDF and config/robots/<name>.yaml by `robots.model.load_model`."""

    name: str
    urdf_xml: str = field(repr=False)
    """The description, with mesh paths made absolute."""
    joint_names: tuple[str, ...]
    """(J) actuated joints; mimic joints are not among them."""
    lower: Array
    upper: Array
    """(J,) [rad or m]."""
    max_velocity: Array
    """(J,) [rad/s or m/s]."""
    max_acceleration: Array
    """(J,) [rad/s^2 or m/s^2]."""
    rest: Array
    """(J,) arms hanging, head up."""
    limbs: LimbMap
    max_jerk: Array | None = None
    """(J,) [rad/s^3 or m/s^3]; infinite where none is given; None: nowhere."""
    may_touch: tuple[tuple[str, str], ...] = ()
    """Pairs of links whose contact is no self-collision, beside those that `robots.mujoco_model` leaves out."""

    def __post_init__(self) -> None:
        count = len(self.joint_names)
        for name in ("lower", "upper", "max_velocity", "max_acceleration", "rest"):
            _set(self, **{name: frozen_array(getattr(self, name), (count,), f"RobotModel.{name}")})
        jerk = np.full(count, np.inf) if self.max_jerk is None else np.array(self.max_jerk, float)
        if jerk.shape != (count,) or not (jerk > 0).all():
            raise InvalidInput(f"RobotModel.max_jerk must be {count} positive numbers, got {jerk}.")
        jerk.setflags(write=False)
        _set(self, max_jerk=jerk)
        if (self.lower > self.upper).any() or (self.max_velocity <= 0).any() or (self.max_acceleration <= 0).any():
            raise InvalidInput("RobotModel needs lower <= upper, and positive velocity and acceleration limits.")

    def index(self, joint: str) -> int:
        """Position of a joint in `joint_names`; raises UnknownName."""
        if joint not in self.joint_names:
            raise UnknownName("joint", joint, self.joint_names)
        return self.joint_names.index(joint)


@dataclass(frozen=True, slots=True, eq=False)
class RobotState:
    """Measured joints, in the order of `joint_names`."""

    stamp_s: float
    joint_names: tuple[str, ...]
    positions: Array
    velocities: Array

    def __post_init__(self) -> None:
        count = len(self.joint_names)
        _set(
            self,
            positions=frozen_array(self.positions, (count,), "RobotState.positions"),
            velocities=frozen_array(self.velocities, (count,), "RobotState.velocities"),
        )


@dataclass(frozen=True, slots=True, eq=False)
class JointTrajectory:
    """Joint positions and velocities at `start_s + times_s`; cubic between the points, as ros2_control does."""

    joint_names: tuple[str, ...]
    start_s: float
    times_s: Array
    """(T,) increasing."""
    positions: Array
    """(T, J)."""
    velocities: Array
    """(T, J)."""

    def __post_init__(self) -> None:
        count = len(self.joint_names)
        if len(set(self.joint_names)) != count:
            raise InvalidInput("JointTrajectory.joint_names has a name twice.")
        times = frozen_array(self.times_s, (None,), "JointTrajectory.times_s")
        if len(times) == 0 or (np.diff(times) <= 0.0).any():
            raise InvalidInput("JointTrajectory.times_s must hold at least one time and increase.")
        check_range(self.start_s, -1e12, 1e12, "JointTrajectory.start_s")
        _set(
            self,
            times_s=times,
            positions=frozen_array(self.positions, (len(times), count), "JointTrajectory.positions"),
            velocities=frozen_array(self.velocities, (len(times), count), "JointTrajectory.velocities"),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """What one source wants the robot to do; only `control` turns commands into motion."""

    source: str
    stamp_s: float
    trajectory: JointTrajectory


def _unit(value: object, name: str) -> Array:
    vector = frozen_array(value, (3,), name)
    length = float(np.linalg.norm(vector))
    if abs(length - 1.0) > 1e-6:
        raise InvalidInput(f"{name} must be a unit vector, its length is {length:g}.")
    return vector
