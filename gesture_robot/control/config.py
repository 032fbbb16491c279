"""Settings of the control stage: limits of speed and distance, and the table of who may drive."""

from __future__ import annotations

from dataclasses import dataclass, field

from gesture_robot.errors import InvalidInput
from gesture_robot.settings import check_settings, setting

TOP_PRIORITY = 255


@dataclass(frozen=True, slots=True)
class SourceRule:
    """One source of commands; as in twist_mux, the highest priority that still speaks drives."""

    name: str
    priority: int = setting(0, "the highest active source drives", low=0, high=TOP_PRIORITY)
    timeout_s: float = setting(
        0.5, "silent for longer than this, the source is given up; 0 = never", unit="s", low=0.0, high=3600.0
    )

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True, slots=True)
class LockRule:
    """A switch that keeps sources of the same or a lower priority from driving; it engages when its publisher dies."""

    name: str
    priority: int = setting(TOP_PRIORITY, "sources up to this priority are kept out", low=0, high=TOP_PRIORITY)
    timeout_s: float = setting(
        0.5, "unheard for longer than this, the lock engages; 0 = never", unit="s", low=0.0, high=3600.0
    )

    def __post_init__(self) -> None:
        check_settings(self)


DEFAULT_SOURCES = (
    SourceRule("teleop", 100),
    SourceRule("behaviour", 50),
    SourceRule("gesture", 10),
    SourceRule("idle", 0),
)


@dataclass(frozen=True, slots=True)
class ControlConfig:
    """How the last gate before the robot behaves."""

    tick_s: float = setting(0.01, "time between two points sent to the robot", unit="s", low=0.001, high=0.1)
    bandwidth_rad_s: float = setting(
        18.0, "how hard joints follow; errors die out with this rate", unit="rad/s", low=2.0, high=40.0
    )
    braking_share: float = setting(0.6, "share of the acceleration limit used to arrive at a target", low=0.1, high=0.9)
    jerk_time_s: float = setting(
        0.02, "an acceleration grows from nothing to its limit in no less than this", unit="s", low=0.0, high=0.5
    )
    max_hand_speed_mps: float = setting(1.5, "fastest motion of the palms", unit="m/s", low=0.05, high=5.0)
    near_hand_speed_mps: float = setting(
        0.25, "the same when a person is near or perception is stale", unit="m/s", low=0.05, high=5.0
    )
    near_person_m: float = setting(0.8, "nearer than this a person slows the hands", unit="m", low=0.0, high=10.0)
    stale_s: float = setting(
        0.7, "without a picture for longer than this the hands are slowed", unit="s", low=0.05, high=60.0
    )
    speed_fall_mps2: float = setting(4.0, "how fast the palm speed limit falls", unit="m/s^2", low=0.1, high=50.0)
    speed_rise_mps2: float = setting(1.0, "how fast it rises again", unit="m/s^2", low=0.05, high=50.0)
    start_speed: float = setting(0.2, "share of the joint speed limits for the first motion", low=0.01, high=1.0)
    reached_rad: float = setting(
        0.05, "a first motion is over within this distance of its reference", unit="rad", low=0.001, high=0.5
    )
    margin_m: float = setting(0.015, "distance kept between links of the robot", unit="m", low=0.0, high=0.1)
    outside_rad: float = setting(
        0.1, "a measured joint further outside its limits than this is refused", unit="rad", low=0.0, high=1.0
    )
    ahead_s: float = setting(
        10.0, "trajectories that start later than this are refused", unit="s", low=0.1, high=3600.0
    )
    sources: tuple[SourceRule, ...] = field(
        default=DEFAULT_SOURCES, metadata={"text": "who may drive, with priorities", "unit": ""}
    )
    locks: tuple[LockRule, ...] = field(
        default=(), metadata={"text": "heartbeats that must not stop, such as a stop button's", "unit": ""}
    )

    def __post_init__(self) -> None:
        check_settings(self)
        names = [rule.name for rule in self.sources] + [rule.name for rule in self.locks]
        if len(set(names)) != len(names):
            raise InvalidInput(f"ControlConfig has a source or lock twice: {', '.join(names)}.")
        if not self.sources:
            raise InvalidInput("ControlConfig.sources must name at least one source.")
