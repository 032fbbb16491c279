"""What the axes and buttons of a joystick do, read from a file that names its own typos. Without ROS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.nodes.teleop_intents import Intent


@dataclass(frozen=True, slots=True)
class AxisRule:
    """An axis moves a joint."""

    axis: int
    joint: str
    speed_rad_s: float
    """At full deflection; negative turns the direction round."""


@dataclass(frozen=True, slots=True)
class JoyMap:
    """All that a joystick does; -1: no such button."""

    dead_man: int = -1
    stop: int = -1
    release: int = -1
    deadzone: float = 0.1
    axes: tuple[AxisRule, ...] = ()
    gestures: tuple[tuple[int, str], ...] = ()
    """Button and gesture."""


def read_joy_map(path: Path, joints: Sequence[str], gestures: Sequence[str]) -> JoyMap:
    """Read a file such as config/joy.yaml; raises InvalidInput with file and line."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise InvalidInput(f"{path} cannot be read: {' '.join(str(error).split())}") from None
    reader = _Reader(path)
    values = reader.mapping(root, ("dead_man", "stop", "release", "deadzone", "axes", "gestures")) if root else {}
    made: dict[str, Any] = {name: reader.button(values[name]) for name in ("dead_man", "stop", "release")
                            if name in values}
    if "deadzone" in values:
        made["deadzone"] = reader.number(values["deadzone"], 0.0, 0.9)
    made["axes"] = tuple(reader.axis(node, joints) for node in reader.items(values.get("axes")))
    made["gestures"] = tuple(reader.gesture(node, gestures) for node in reader.items(values.get("gestures")))
    return JoyMap(**made)


class _Reader:
    """Values of a YAML file whose complaints name the line."""

    def __init__(self, path: Path):
        self._path = path

    def complain(self, node: yaml.Node, text: str) -> InvalidInput:
        return InvalidInput(f"{self._path} line {node.start_mark.line + 1}: {text}")

    def mapping(self, node: yaml.Node, known: Iterable[str]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self.complain(node, f"NAME: VALUE is expected here, with the names {', '.join(known)}.")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            self.known(key, "setting", known)
            if key.value in found:
                raise self.complain(key, f"'{key.value}' stands here twice.")
            found[key.value] = value
        return found

    def items(self, node: yaml.Node | None) -> list[yaml.Node]:
        if node is None or (isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")):
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self.complain(node, "a list is expected here, each entry on a line that begins with '- '.")
        return list(node.value)

    def known(self, node: yaml.Node, kind: str, known: Iterable[str]) -> str:
        if node.value not in tuple(known):
            raise self.complain(node, str(UnknownName(kind, str(node.value), known)))
        return str(node.value)

    def number(self, node: yaml.Node, low: float, high: float, convert: Callable[[str], float] = float) -> float:
        try:
            value = convert(node.value)
        except (TypeError, ValueError):
            value = float("nan")
        if not low <= value <= high:
            raise self.complain(node, f"a number from {low:g} to {high:g} is expected, got '{node.value}'.")
        return value

    def button(self, node: yaml.Node) -> int:
        return int(self.number(node, 0, 99, int))

    def needed(self, node: yaml.Node, names: tuple[str, ...], given: dict[str, yaml.Node]) -> None:
        for name in names:
            if name not in given:
                raise self.complain(node, f"'{name}' is missing.")

    def axis(self, node: yaml.Node, joints: Sequence[str]) -> AxisRule:
        names = ("axis", "joint", "speed_rad_s")
        values = self.mapping(node, names)
        self.needed(node, names, values)
        return AxisRule(self.button(values["axis"]), self.known(values["joint"], "joint", joints),
                        self.number(values["speed_rad_s"], -5.0, 5.0))

    def gesture(self, node: yaml.Node, gestures: Sequence[str]) -> tuple[int, str]:
        names = ("button", "gesture")
        values = self.mapping(node, names)
        self.needed(node, names, values)
        return self.button(values["button"]), self.known(values["gesture"], "gesture", gestures)


class Joystick:
    """What a joystick wishes now: speeds while the dead-man button is held, and one intent per press of a button."""

    def __init__(self, rules: JoyMap):
        self._rules = rules
        self._before: Sequence[int] | None = None
        self.wished: dict[str, float] = {}
        """Speed [rad/s] by joint."""

    def gone(self) -> None:
        """It fell silent: no motion; a button that is held when it comes back is no press."""
        self._before, self.wished = None, {}

    def read(self, axes: Sequence[float], buttons: Sequence[int]) -> list[Intent]:
        """One message; raises InvalidInput for numbers that cannot be, and then wishes nothing."""
        rules, self.wished = self._rules, {}
        if not np.isfinite(np.asarray(axes, float)).all():
            self.gone()
            raise InvalidInput("an axis is not a finite number.")
        found = [Intent("stop")] if self._pressed(rules.stop, buttons, at_first=True) else []
        missing = [rule.axis for rule in rules.axes if rule.axis >= len(axes)]
        held = rules.dead_man < 0 or _down(buttons, rules.dead_man)
        if held and not found:
            if self._pressed(rules.release, buttons):
                found.append(Intent("release"))
            found += [Intent("gesture", name=name) for button, name in rules.gestures if self._pressed(button, buttons)]
            self._wish(axes)
        self._before = list(buttons)
        if missing:
            raise InvalidInput(f"the joystick has {len(axes)} axes, the map names axis {max(missing)}.")
        return found

    def _wish(self, axes: Sequence[float]) -> None:
        zone = self._rules.deadzone
        for rule in self._rules.axes:
            value = float(np.clip(axes[rule.axis], -1.0, 1.0)) if rule.axis < len(axes) else 0.0
            if abs(value) > zone:
                share = np.sign(value) * (abs(value) - zone) / (1.0 - zone)
                self.wished[rule.joint] = self.wished.get(rule.joint, 0.0) + float(share) * rule.speed_rad_s

    def _pressed(self, button: int, buttons: Sequence[int], at_first: bool = False) -> bool:
        if not _down(buttons, button):
            return False
        return at_first if self._before is None else not _down(self._before, button)


def _down(buttons: Sequence[int], button: int) -> bool:
    return 0 <= button < len(buttons) and bool(buttons[button])
