"""Settings of the speech stage."""

from __future__ import annotations

from dataclasses import dataclass

from gesture_robot.settings import check_settings, setting


@dataclass(frozen=True)
class SpeechConfig:
    """How text is spoken; every text-to-speech engine takes the same settings and uses what it can."""

    lead_s: float = setting(
        0.2, "silence before the first word, so that a gesture can prepare", unit="s", low=0.0, high=1.0
    )
    voice: str = setting("", "voice of the engine (espeak: 'f3', 'en-gb', 'en-us+m3'); empty: the language's own")
    rate_wpm: float = setting(165.0, "speaking rate", unit="words/min", low=80.0, high=300.0)
    pitch: float = setting(50.0, "voice pitch, 50 is the voice's own", low=0.0, high=100.0)
    pitch_range: float = setting(50.0, "liveliness of the intonation, 50 is the voice's own", low=0.0, high=100.0)
    volume: float = setting(80.0, "loudness", unit="%", low=10.0, high=100.0)
    pause_s: float = setting(
        0.3,
        "silence after a sentence; half of it where a long sentence was cut at a comma",
        unit="s",
        low=0.0,
        high=1.0,
    )
    max_chars: int = setting(240, "longest piece that is spoken at once", unit="characters", low=40, high=2000)

    def __post_init__(self) -> None:
        check_settings(self)
