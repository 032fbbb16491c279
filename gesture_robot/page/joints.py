"""A slider for each joint. They follow the robot until one is moved: from then on that joint follows its slider."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.page.panels import Send
from gesture_robot.page.state import PageState

FOLLOW_S = 0.25
SETTLE_S = 1.0
"""A slider that was just moved is left alone for this long: the robot's answer is still on its way."""
GROUPS = (("head", "Head"), ("neck", "Head"), ("torso", "Torso"), ("waist", "Torso"), ("left", "Left arm"),
          ("right", "Right arm"))
OTHERS = "Other joints"


class JointSliders:
    """The sliders, in folders by the part of the body; each move calls `send("joint", name, value)`."""

    def __init__(self, gui: Any, model: RobotModel, send: Send, clock: Callable[[], float]):
        self._model, self._send, self._clock = model, send, clock
        self._moved_s: dict[str, float] = {}
        self._sliders: dict[str, Any] = {}
        self._shown: tuple[tuple[str, ...], bool] | None = None
        self._due_s = -np.inf
        self.give_back = gui.add_button("Give back", icon="hand-off", disabled=True,
                                        hint="The robot moves these joints by itself again.")
        self.give_back.on_click(self._given_back)
        folders: dict[str, Any] = {}
        for row in range(len(model.joint_names)):
            part = part_of(model.joint_names[row])
            if part not in folders:
                folders[part] = gui.add_folder(part, expand_by_default=part in ("Head", "Torso"))
            with folders[part]:
                self._add(gui, row)

    def _add(self, gui: Any, row: int) -> None:
        name, (low, high, step) = self._model.joint_names[row], self._range(row)
        if high - low < step:
            return
        slider = gui.add_slider(name, low, high, step, float(np.clip(self._model.rest[row], low, high)))
        self._sliders[name] = slider

        async def moved(event: Any) -> None:
            if event.client_id is not None:  # not by `follow`
                self._moved_s[name] = self._clock()
                self._send("joint", name, float(np.clip(slider.value, low, high)))

        slider.on_update(moved)

    def _range(self, row: int) -> tuple[float, float, float]:
        """Lowest and highest value in whole thousandths within the limits, and the step."""
        low = math.ceil(float(self._model.lower[row]) * 1000.0 - 1e-6) / 1000.0
        high = math.floor(float(self._model.upper[row]) * 1000.0 + 1e-6) / 1000.0
        return low, high, 0.005 if high - low > 0.5 else 0.001

    async def _given_back(self, _: Any) -> None:
        self._moved_s.clear()
        self._send("give_back")

    def show(self, state: PageState) -> None:
        """Which joints are held; the others follow the robot, four times a second."""
        if (state.manual, state.stopped) != self._shown:
            self._shown = (state.manual, state.stopped)
            self.give_back.disabled = not state.manual
            self.give_back.color = "orange" if state.manual else "gray"
            count = len(state.manual)
            self.give_back.label = f"Give back {count} joint{'s' * (count != 1)}" if count else "Give back"
        now_s = self._clock()
        if state.joint_positions is not None and now_s >= self._due_s:
            self._due_s = now_s + FOLLOW_S
            moving = {name for name, at_s in list(self._moved_s.items()) if now_s - at_s < SETTLE_S}
            self._follow(state.joint_positions, set(state.manual) | moving)

    def _follow(self, positions: Array, held: set[str]) -> None:
        for row, name in enumerate(self._model.joint_names):
            slider = self._sliders.get(name)
            if slider is None or name in held:
                continue
            low, high, step = self._range(row)
            value = float(np.clip(round(float(positions[row]) / step) * step, low, high))
            if abs(value - slider.value) > 1.5 * step:
                slider.value = value


def part_of(joint: str) -> str:
    """The folder of a joint, by the usual words in its name."""
    return next((part for word, part in GROUPS if word in joint.lower()), OTHERS)
