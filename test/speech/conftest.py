"""What the speech tests share: an espeak that must be there on CI, and short audio made in memory."""

from __future__ import annotations

import os

import pytest

from gesture_robot.errors import MissingDependency
from gesture_robot.speech.espeak import EspeakTts
from gesture_robot.speech.espeak_voices import voice_table


@pytest.fixture(scope="session")
def espeak() -> EspeakTts:
    try:
        voice_table()
    except MissingDependency as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"espeak-ng is not installed: {error}")
    return EspeakTts()
