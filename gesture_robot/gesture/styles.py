"""How large, fast and frequent co-speech movement is, by style and by emotion."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gesture_robot.errors import UnknownName


@dataclass(frozen=True)
class Style:
    """Factors of 1 are a lively presenter; see planner.py for what they scale."""

    size: float = 1.0
    """Travel and peak speed of strokes."""
    spacing_s: float = 0.41
    """Least time between two strokes."""
    threshold: float = 0.0
    """Emphases weaker than this get no stroke."""
    height: float = 0.0
    """Raises the gesture space [arm lengths]."""
    two_handed: float = 0.9
    """Share of phrases with both hands."""
    head: float = 1.0
    torso: float = 1.0
    lean: float = 0.0
    """Torso pitch forward while talking [rad]."""
    head_down: float = 0.0
    """Head pitch while talking [rad]."""


STYLES: dict[str, Style] = {
    "neutral": Style(),
    "lively": Style(size=1.18, spacing_s=0.38, height=0.04, two_handed=0.92, head=1.2, torso=1.2),
    "calm": Style(size=0.66, spacing_s=0.80, threshold=0.25, height=-0.05, two_handed=0.5, head=0.7, torso=0.7),
    "formal": Style(size=0.80, spacing_s=0.60, threshold=0.15, two_handed=0.6, head=0.8, torso=0.6),
}
EMOTIONS: dict[str, Style] = {
    "neutral": Style(),
    "happiness": Style(size=1.12, height=0.05, head=1.2, torso=1.2, head_down=-0.03),
    "sadness": Style(size=0.60, spacing_s=0.80, threshold=0.2, height=-0.08, head=0.6, torso=0.6, lean=0.06,
                     head_down=0.14),
    "anger": Style(size=1.15, height=0.02, head=1.1, lean=0.05, head_down=0.03),
    "fear": Style(size=0.75, height=0.03, head=0.9, lean=-0.05, head_down=0.03),
    "surprise": Style(size=1.10, height=0.08, head=1.1, lean=-0.03, head_down=-0.05),
    "disgust": Style(size=0.85, height=0.0, lean=-0.05),
    "contempt": Style(size=0.80, head=0.8, lean=-0.03, head_down=-0.04),
}


def style_for(style: str, emotion: str) -> Style:
    """The style coloured by the emotion. Raises UnknownName."""
    if style not in STYLES:
        raise UnknownName("gesture style", style, STYLES)
    if emotion not in EMOTIONS:
        raise UnknownName("emotion", emotion, EMOTIONS)
    base, mood = STYLES[style], EMOTIONS[emotion]
    return replace(base, size=min(base.size * mood.size, 1.25), spacing_s=max(base.spacing_s, mood.spacing_s),
                   threshold=max(base.threshold, mood.threshold), height=base.height + mood.height,
                   head=base.head * mood.head, torso=base.torso * mood.torso, lean=base.lean + mood.lean,
                   head_down=base.head_down + mood.head_down)
