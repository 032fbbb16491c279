"""The page's controls and read-outs, built on viser's GUI."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.page.state import LONGEST_SAY, PageState, check_picture
from gesture_robot.page.words import STYLE, mode_html, nodes_html, notes_html, status_html, thoughts_html

JPEG_QUALITY = 80
EMPTY_PICTURE = np.full((3, 4, 3), 32, dtype=np.uint8)
STOP_REPEATS_HZ = 2.0
PRESS_S = 3.0
"""A click this soon after the button was pressed belongs to that press."""
SOFTWARE_STOP = "A software stop: not a certified emergency stop."
NEAREST = "the nearest"
PAUSE, RESUME = "Pause behaviours", "Resume behaviours"


class Send(Protocol):
    """Takes what was pressed, on the server's event loop."""

    def __call__(self, kind: str, value: str = "", number: float = 0.0) -> None:
        """See PageEvent."""


class Controls:
    """Stop, release, pause, say, greet and gestures; each press calls `send` on the server's event loop.

    Args:
        gui: viser's.
        gestures: names for the buttons.
        send: takes the presses.
        clock: monotonic seconds.
        shows: "pause" and "greet", where there is somebody who can do it.
    """

    def __init__(self, gui: Any, gestures: Sequence[str], send: Send, clock: Callable[[], float],
                 shows: Collection[str] = ()):
        self._gui, self._send, self._clock = gui, send, clock
        self._held_s: dict[int | None, float] = {}
        # STOP comes first and nothing above it may change its place.
        stop = gui.add_button("STOP", color="red", icon="hand-stop", hint="Brake now and hold. " + SOFTWARE_STOP)
        self.release = gui.add_button("Release", color="gray", icon="lock-open", disabled=True,
                                      hint="Let the robot move again, with new motion from where it is.")
        stop.on_hold(self._stop_held, callback_hz=STOP_REPEATS_HZ)
        stop.on_click(self._stop_clicked)
        self.release.on_click(self._released)
        self.pause = self._add_pause() if "pause" in shows else None
        self.state = gui.add_html(STYLE)
        self.notes = gui.add_html("")
        self._add_say()
        self.whom = self._add_greet() if "greet" in shows else None
        self._gestures = gui.add_folder("Gestures", visible=False)
        self._group: Any = None
        self._names: tuple[str, ...] = ()
        self.show_gestures(gestures)
        self.face = add_picture(gui, "Face")
        self._shown: dict[str, Any] = {}

    # Handlers are coroutines: they run on the event loop at once, where functions would wait for a thread.

    async def _stop_held(self, event: Any) -> None:
        """STOP counts from the moment it is pressed, and again while it is held."""
        self._held_s[event.client_id] = self._clock()
        self._send("stop")

    async def _stop_clicked(self, event: Any) -> None:
        """Letting go of a press that was counted already is not a second one; a keyboard only clicks."""
        if self._clock() - self._held_s.pop(event.client_id, -PRESS_S) >= PRESS_S:
            self._send("stop")

    async def _released(self, _: Any) -> None:
        self._held_s.clear()
        self._send("release")

    def _add_say(self) -> None:
        with self._gui.add_form("Say") as form:
            text = self._gui.add_text("Text", "", hint="What the robot should say")
            button = self._gui.add_button("Say", icon="message")

        async def submitted(_: Any) -> None:
            words = text.value.strip()[:LONGEST_SAY]
            if words:
                text.value = ""
                self._send("say", words)

        async def pressed(_: Any) -> None:
            form.submit()

        form.on_submit(submitted)
        button.on_click(pressed)

    def _add_pause(self) -> Any:
        button = self._gui.add_button(PAUSE, icon="player-pause", color="gray",
                                      hint="The robot goes on looking and obeys you, but greets nobody by itself.")

        async def pressed(_: Any) -> None:
            self._send("pause" if button.label == PAUSE else "resume")

        button.on_click(pressed)
        return button

    def _add_greet(self) -> Any:
        with self._gui.add_folder("Greet"):
            whom = self._gui.add_dropdown("Whom", (NEAREST,), hint="People in sight")
            button = self._gui.add_button("Greet", icon="user-heart")

        async def pressed(_: Any) -> None:
            self._send("greet", "" if whom.value == NEAREST else str(whom.value))

        button.on_click(pressed)
        return whom

    def show_gestures(self, names: Sequence[str]) -> None:
        """Buttons for these; what a browser says it pressed must be one of them."""
        if tuple(names) == self._names:
            return
        self._names = tuple(names)
        if self._group is not None:
            self._group.remove()
        self._gestures.visible = bool(names)
        if not names:
            self._group = None
            return
        with self._gestures:
            group = self._group = self._gui.add_button_group("Play", self._names)

        async def pressed(_: Any) -> None:
            if group.value in self._names:
                self._send("gesture", str(group.value))

        group.on_click(pressed)

    def show(self, state: PageState) -> None:
        """What control is doing, and what can be pressed."""
        if self._new("stopped", state.stopped):
            self.release.disabled = not state.stopped
            self.release.color = "green" if state.stopped else "gray"
        if self.pause is not None and self._new("paused", state.paused):
            self.pause.disabled = state.paused is None
            self.pause.label, self.pause.color = (RESUME, "orange") if state.paused else (PAUSE, "gray")
        if self.whom is not None and self._new("people", state.person_ids):
            self.whom.options = (NEAREST, *state.person_ids)
        if state.gestures is not None:
            self.show_gestures(state.gestures)
        for name, content in (("state", STYLE + mode_html(state)), ("notes", notes_html(state))):
            if self._new(name, content):
                getattr(self, name).content = content

    def _new(self, name: str, value: Any) -> bool:
        if name in self._shown and self._shown[name] == value:
            return False
        self._shown[name] = value
        return True


class Readouts:
    """Pictures and the lines of text about people, decision, speech and status; `face` stands among the controls."""

    def __init__(self, gui: Any, face: Any, show_on_robot: Callable[[Array], None]):
        self._shown: dict[str, Any] = {}
        self.face, self._show_on_robot = face, show_on_robot
        self.camera = add_picture(gui, "Camera")
        self.thoughts = gui.add_html("")
        self.status = gui.add_html("")
        self.nodes: Any = None

    def show_text(self, state: PageState) -> None:
        """Send the lines that changed."""
        for name, content in (("thoughts", thoughts_html(state)), ("status", status_html(state)),
                              ("nodes", nodes_html(state))):
            if self._shown.get(name) != content and getattr(self, name) is not None:
                self._shown[name] = content
                getattr(self, name).content = content

    def show_pictures(self, state: PageState) -> None:
        """Draw, encode and send the pictures that changed."""
        for name, given in (("camera", state.camera_rgb), ("face", state.face_rgb)):
            if given is not None and self._shown.get(name) is not given:
                self._shown[name] = given
                getattr(self, name).image = check_picture(given() if callable(given) else given, name)
                if name == "face":
                    self._show_on_robot(self.face.image)


def add_picture(gui: Any, label: str) -> Any:
    """An empty picture with a title."""
    return gui.add_image(EMPTY_PICTURE, label=label, format="jpeg", jpeg_quality=JPEG_QUALITY)
