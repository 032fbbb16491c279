"""Settings of the rule policy: distances follow Hall's zones as used by ROS4HRI (personal 1.2 m, social 3.6 m)."""

from __future__ import annotations

from dataclasses import dataclass

from gesture_robot.settings import check_settings, setting


@dataclass(frozen=True, slots=True)
class DecisionConfig:
    """When to greet, when to say goodbye, and in which words."""

    social_zone_m: float = setting(3.6, "people farther away are not greeted", unit="m", low=0.5, high=10.0)
    passing_speed_mps: float = setting(
        0.7, "people who cross faster than this are passing by", unit="m/s", low=0.1, high=3.0
    )
    confirm_s: float = setting(
        0.1, "how long somebody must be engaged before the greeting", unit="s", low=0.0, high=5.0
    )
    leave_s: float = setting(
        1.5, "how long a greeted person must be out of sight before the farewell", unit="s", low=0.2, high=30.0
    )
    too_late_s: float = setting(
        10.0, "a greeted person missed for longer than this gets no farewell any more", unit="s", low=0.5, high=600.0
    )
    pause_s: float = setting(
        0.6, "after so long without a picture the time of absence is counted anew", unit="s", low=0.2, high=10.0
    )
    turn_away_s: float = setting(
        0.6,
        "how long a greeted person must walk away, looking elsewhere, before the farewell",
        unit="s",
        low=0.2,
        high=30.0,
    )
    walk_away_speed_mps: float = setting(0.25, "speed that counts as walking away", unit="m/s", low=0.05, high=2.0)
    forget_s: float = setting(
        300.0, "a person who was seen off and comes back after this is greeted again", unit="s", low=1.0, high=86400.0
    )
    same_place_m: float = setting(
        0.7,
        "a new face this near to where a greeted person was just lost is taken for the same person",
        unit="m",
        low=0.0,
        high=3.0,
    )
    gap_s: float = setting(
        2.5, "least time between two things the robot says of its own accord", unit="s", low=0.0, high=60.0
    )
    hold_gaze_s: float = setting(2.0, "how long to look where somebody was last seen", unit="s", low=0.0, high=30.0)
    dwell_s: float = setting(
        2.0, "how long to look at one person before the look may go to another", unit="s", low=0.0, high=30.0
    )
    language: str = setting("en", "BCP 47 tag of greeting and farewell")
    greetings: tuple[str, ...] = setting(
        (
            "Hello! Welcome, it is really good to see you.",
            "Hi there! How nice that you came by.",
            "Good day! I am happy that you are here.",
        ),
        "what to say to somebody who comes, in turn",
    )
    farewells: tuple[str, ...] = setting(
        ("Goodbye! It was nice to meet you.", "See you soon! Take care.", "Bye bye, have a great day!"),
        "what to say to somebody who leaves, in turn",
    )

    def __post_init__(self) -> None:
        check_settings(self)
