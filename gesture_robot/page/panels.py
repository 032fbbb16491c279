"""The page's controls and read-outs, built on viser's GUI.

Everything that comes from outside (names, reasons, spoken text) is escaped before it becomes HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.page.state import PageState, check_picture

JPEG_QUALITY = 80
EMPTY_PICTURE = np.full((3, 4, 3), 32, dtype=np.uint8)
STOP_REPEATS_HZ = 2.0
PRESS_S = 3.0
"""A click this soon after the button was pressed belongs to that press."""
SOFTWARE_STOP = "A software stop: not a certified emergency stop."
STYLE = """<style>
button:has(.icon-tabler-hand-stop) { height: 4.6rem !important; font: 800 1.7rem system-ui; letter-spacing: .12em; }
.gr { font: 13px/1.45 system-ui, sans-serif; padding: 2px 10px 4px; overflow-wrap: anywhere; }
.gr h4 { margin: 0 0 3px; font-size: 11px; font-weight: 600; letter-spacing: .08em; text-transform: uppercase; }
.gr h4, .gr .dim { opacity: .6; } .gr b { color: #ffd43b; }
.gr table { width: 100%; border-collapse: collapse; } .gr td { padding: 1px 0; } .gr td + td { text-align: right; }
.gr .chip { display: inline-block; padding: 0 9px; border-radius: 9px; background: #1c7ed6; color: #fff; }
.gr .chip.stop { background: #e03131; }
</style>"""


class Controls:
    """Stop, release, gestures and the say box; each press calls `send(kind, value)` on the server's event loop."""

    def __init__(self, gui: Any, gestures: Sequence[str], send: Callable[[str, str], None], clock: Callable[[], float]):
        self._gui, self._send, self._clock = gui, send, clock
        self._held_s: dict[int | None, float] = {}
        self.state = gui.add_html(STYLE)
        stop = gui.add_button("STOP", color="red", icon="hand-stop", hint="Brake now and hold. " + SOFTWARE_STOP)
        self.release = gui.add_button("Release", color="gray", icon="lock-open", disabled=True,
                                      hint="Let the robot move again, with new motion from where it is.")
        stop.on_hold(self._stop_held, callback_hz=STOP_REPEATS_HZ)
        stop.on_click(self._stop_clicked)
        self.release.on_click(self._released)
        self.face = add_picture(gui, "Face")
        self._add_say()
        if gestures:
            self._add_gestures(gestures)
        self._shown: tuple[str, bool] = ("", False)

    # Handlers are coroutines: they run on the event loop at once, where functions would wait for a thread.

    async def _stop_held(self, event: Any) -> None:
        """STOP counts from the moment it is pressed, and again while it is held."""
        self._held_s[event.client_id] = self._clock()
        self._send("stop", "")

    async def _stop_clicked(self, event: Any) -> None:
        """Letting go of a press that was counted already is not a second one; a keyboard only clicks."""
        if self._clock() - self._held_s.pop(event.client_id, -PRESS_S) >= PRESS_S:
            self._send("stop", "")

    async def _released(self, _: Any) -> None:
        self._held_s.clear()
        self._send("release", "")

    def _add_say(self) -> None:
        with self._gui.add_form("Say") as form:
            text = self._gui.add_text("Text", "", hint="What the robot should say")
            button = self._gui.add_button("Say", icon="message")

        async def submitted(_: Any) -> None:
            words = text.value.strip()
            if words:
                text.value = ""
                self._send("say", words)

        async def pressed(_: Any) -> None:
            form.submit()

        form.on_submit(submitted)
        button.on_click(pressed)

    def _add_gestures(self, gestures: Sequence[str]) -> None:
        with self._gui.add_folder("Gestures"):
            group = self._gui.add_button_group("Play", tuple(gestures))

            async def pressed(_: Any) -> None:
                self._send("gesture", str(group.value))

            group.on_click(pressed)

    def show(self, state: PageState) -> None:
        """What control is doing, and whether Release can be pressed."""
        shown = (state.mode, state.stopped)
        if shown != self._shown:
            self._shown = shown
            self.release.disabled = not state.stopped
            self.release.color = "green" if state.stopped else "gray"
            self.state.content = STYLE + mode_html(state)


class Readouts:
    """Pictures and the lines of text about people, decision, speech and status; `face` stands among the controls."""

    def __init__(self, gui: Any, face: Any, show_on_robot: Callable[[Array], None]):
        self._shown: dict[str, Any] = {}
        self.face, self._show_on_robot = face, show_on_robot
        self.camera = add_picture(gui, "Camera")
        self.thoughts = gui.add_html("")
        self.status = gui.add_html("")

    def show_text(self, state: PageState) -> None:
        """Send the lines that changed."""
        for name, content in (("thoughts", thoughts_html(state)), ("status", status_html(state))):
            if self._shown.get(name) != content:
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


def mode_html(state: PageState) -> str:
    """What control is doing."""
    if state.stopped:
        chip, more = '<span class="chip stop">stopped</span>', "holds still until released"
    else:
        chip, more = f'<span class="chip">{escape(state.mode or "waiting")}</span>', ""
    return f'<div class="gr">{chip} <span class="dim">{more}</span></div>'


def thoughts_html(state: PageState) -> str:
    """The decision with its reason, what is being said, and who is there."""
    parts = []
    if state.act:
        chip = f"<span class='chip'>{escape(state.act)}</span>"
        parts.append(f"<h4>Decision</h4><div id='decision'>{chip} {escape(state.reason)}</div>")
    if state.spoken_words:
        words = [escape(word) for word in state.spoken_words]
        if 0 <= state.spoken_word < len(words):
            words[state.spoken_word] = f"<b>{words[state.spoken_word]}</b>"
        parts.append(f"<h4>Says</h4><div id='says'>{' '.join(words)}</div>")
    people = "<br>".join(escape(line) for line in state.people) or "<span class='dim'>nobody in view</span>"
    parts.append(f"<h4>People</h4><div id='people'>{people}</div>")
    return f"<div class='gr'>{'<div style=height:8px></div>'.join(parts)}</div>"


def status_html(state: PageState) -> str:
    """A table of label and value."""
    rows = "".join(f"<tr><td class='dim'>{escape(label)}</td><td>{escape(value)}</td></tr>"
                   for label, value in state.status)
    return f"<div class='gr'><table>{rows}</table></div>" if rows else ""

