"""Every name on the graph in one place, with its quality of service and the reason for it.

All names are relative, so that a namespace holds a second robot; absolute are only /tf, /clock, /diagnostics, /humans.

- `SENSOR` (best effort, newest only): pictures and joint states come again at once, waiting for a lost one costs time.
  It receives from reliable publishers too.
- `STREAM` (reliable, a few deep): motion frames and commands; loss is repaired within a frame, old ones are dropped.
- `EVERY` (reliable, deep): pieces of speech, of which none may be missing.
- `LATCHED` (reliable, last one kept for late joiners): state that changes seldom, such as a decision.
"""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy


def _profile(depth: int, reliability: ReliabilityPolicy, durability: DurabilityPolicy) -> QoSProfile:
    return QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=depth, reliability=reliability, durability=durability)


SENSOR = _profile(1, ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE)
STREAM = _profile(5, ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE)
EVERY = _profile(100, ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE)
LATCHED = _profile(1, ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL)

IMAGE = "image"
CAMERA_INFO = "camera_info"
JOINT_STATES = "joint_states"
ROBOT_DESCRIPTION = "robot_description"
PEOPLE = "people"
INTERACTIONS = "interactions"
PEOPLE_MARKERS = "people/markers"
DECISION = "decision/decision"
SPEECH_AUDIO = "speech/audio"
GESTURE_BODY = "gesture/body"
FACE_WEIGHTS = "face/weights"
GESTURE_TRAJECTORY = "gesture/joint_trajectory"
BEHAVIOUR_TRAJECTORY = "behaviour/joint_trajectory"
TELEOP_TRAJECTORY = "teleop/joint_trajectory"
CONTROLLER_TRAJECTORY = "joint_trajectory_controller/joint_trajectory"
CONTROL_SOURCE = "control/source"
STOP_LOCK = "stop"
HEARTBEAT = "control/heartbeat"
JOY = "joy"
DIAGNOSTICS = "/diagnostics"

STOP = "control/stop"
RELEASE = "control/release"
ENABLE_DECISIONS = "decision/enable"
GREET = "decision/greet"
LIST_GESTURES = "gesture/list_gestures"
SAY = "say"
PLAY_GESTURE = "play_gesture"
