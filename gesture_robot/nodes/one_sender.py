"""Follow one publisher: where two speak on a topic, the first one is heard and the other is refused."""

from __future__ import annotations

from gesture_robot.errors import InvalidInput


class OneSender:
    """Remembers who is followed; somebody else may take over after `silent_s` of silence, as after a restart."""

    def __init__(self, silent_s: float):
        self._silent_s = silent_s
        self._followed, self._heard_s = b"", float("-inf")

    def admit(self, sender: bytes, now_s: float) -> None:
        """Raises InvalidInput for a message of another publisher while the followed one speaks."""
        if sender and self._followed not in (b"", sender) and now_s - self._heard_s <= self._silent_s:
            raise InvalidInput("a second publisher speaks; only the first one is followed.")
        self._followed, self._heard_s = sender, now_s
