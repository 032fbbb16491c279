"""Settings of the perception stage, one dataclass per part."""

from __future__ import annotations

from dataclasses import dataclass

from gesture_robot.settings import check_settings, setting


@dataclass(frozen=True, slots=True)
class PerceptionConfig:
    """How pictures are searched for people."""

    threads: int = setting(2, "pictures are worked on by this many threads", low=1, high=16)
    max_people: int = setting(6, "at most this many bodies are fitted, largest faces first", low=1, high=20)
    detect_s: float = setting(0.12, "while all faces are followed well, new ones are looked for this often", unit="s",
                              low=0.0, high=1.0)
    search_s: float = setting(0.4, "the whole picture is searched for bodies without a face this often",
                              unit="s", low=0.0, high=10.0)
    tiles: int = setting(1, "as often, this many of six overlapping parts of the picture are searched for small faces",
                         low=0, high=6)
    memory_s: float = setting(0.35, "regions of the last picture are tried again if it is not older than this",
                              unit="s", low=0.0, high=2.0)
    min_face_px: float = setting(14.0, "narrower faces are ignored", unit="px", low=8.0, high=200.0)
    gaze_face_px: float = setting(60.0, "irises are read in faces at least this wide", unit="px", low=20.0, high=500.0)
    min_body_visibility: float = setting(0.5, "a keypoint counts as seen from this visibility on", low=0.0, high=1.0)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True, slots=True)
class TrackerConfig:
    """How detections become people with a lasting id."""

    confirm_updates: int = setting(3, "pictures in which somebody must be seen before being published", low=1, high=30)
    min_confidence: float = setting(0.5, "mean confidence needed to be published", low=0.0, high=1.0)
    doubtful_s: float = setting(1.0, "less confident detections are published after this long, once they moved",
                                unit="s", low=0.0, high=60.0)
    lost_s: float = setting(0.6, "a person not seen for this long is gone", unit="s", low=0.0, high=10.0)
    velocity_window_s: float = setting(0.4, "time over which velocity is fitted", unit="s", low=0.1, high=3.0)
    cutoff_hz: float = setting(2.2, "smoothing of a head at rest", unit="Hz", low=0.1, high=30.0)
    position_beta: float = setting(2.0, "how fast smoothing opens with speed", unit="s/m", low=0.0, high=50.0)
    rotation_beta: float = setting(1.5, "how fast smoothing opens with turning rate", unit="s/rad", low=0.0, high=50.0)
    max_lateral_m: float = setting(0.5, "a match may lie this far from the prediction across the line of sight",
                                   unit="m", low=0.05, high=5.0)
    max_depth_fraction: float = setting(0.35, "and this fraction of the distance along it", low=0.05, high=1.0)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True, slots=True)
class EngagementConfig:
    """When a person counts as engaged with the robot."""

    facing_deg: float = setting(15.0, "a head turned this far from the line to the robot still faces it fully",
                                unit="deg", low=1.0, high=60.0)
    averted_deg: float = setting(28.0, "a head turned this far does not face the robot at all",
                                 unit="deg", low=5.0, high=90.0)
    pitch_weight: float = setting(0.5, "weight of up and down against left and right", low=0.0, high=1.0)
    social_m: float = setting(3.6, "full attention up to this distance", unit="m", low=0.5, high=20.0)
    public_m: float = setting(4.4, "none beyond this distance", unit="m", low=0.5, high=30.0)
    still_mps: float = setting(0.5, "crossing more slowly than this counts as staying", unit="m/s", low=0.0, high=5.0)
    passing_mps: float = setting(0.9, "crossing faster than this counts as passing by", unit="m/s", low=0.05, high=10.0)
    observe_s: float = setting(0.2, "a person is watched for this long before any attention counts",
                               unit="s", low=0.0, high=5.0)
    rise_s: float = setting(0.30, "time constant with which attention grows", unit="s", low=0.01, high=10.0)
    fall_s: float = setting(0.8, "time constant with which it fades", unit="s", low=0.01, high=30.0)
    robot_share: float = setting(0.2, "how much the robot's own looking away lowers the score", low=0.0, high=1.0)
    engaging: float = setting(0.25, "score from which a person is engaging", low=0.0, high=1.0)
    engaged: float = setting(0.6, "score from which a person is engaged", low=0.0, high=1.0)
    disengaging: float = setting(0.4, "score under which an engaged person is disengaging", low=0.0, high=1.0)
    disengaged: float = setting(0.15, "score under which a person is disengaged", low=0.0, high=1.0)

    def __post_init__(self) -> None:
        check_settings(self)
