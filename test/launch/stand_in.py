"""Stands in for launch and launch_ros, which are not on PyPI: every class keeps what it was made with."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

CLASSES = {
    "launch": ("LaunchDescription",),
    "launch.actions": ("AppendEnvironmentVariable", "DeclareLaunchArgument", "ExecuteProcess",
                       "IncludeLaunchDescription", "LogInfo", "OpaqueFunction", "Shutdown"),
    "launch.launch_description_sources": ("PythonLaunchDescriptionSource",),
    "launch.substitutions": ("LaunchConfiguration",),
    "launch_ros": (),
    "launch_ros.actions": ("Node",),
    "launch_ros.parameter_descriptions": ("ParameterValue",),
}
"""Only what exists, under these names, from Humble to Kilted may stand here."""


class Kept:
    """An action or substitution."""

    def __init__(self, *args: Any, **keywords: Any):
        self.args, self.keywords = args, keywords

    def perform(self, context: SimpleNamespace) -> str:
        return context.launch_configurations[self.args[0]]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.keywords[name]
        except KeyError:
            raise AttributeError(name) from None


def modules() -> dict[str, ModuleType]:
    made = {}
    for name, classes in CLASSES.items():
        made[name] = ModuleType(name)
        for kind in classes:
            setattr(made[name], kind, type(kind, (Kept,), {}))
    return made


def load(path: Path) -> dict[str, Any]:
    """The names of a launch file, run under the stand-ins."""
    with pytest.MonkeyPatch.context() as patch:
        for name, module in modules().items():
            patch.setitem(sys.modules, name, module)
        found: dict[str, Any] = {"__file__": str(path), "__name__": path.stem}
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), found)
    return found


def run(path: Path, **given: str) -> tuple[dict[str, str], list[Kept]]:
    """Declared arguments with their values, and what the launch file starts for them."""
    (described,) = load(path)["generate_launch_description"]().args
    values, actions = {}, []
    for action in described:
        if type(action).__name__ == "DeclareLaunchArgument":
            values[action.args[0]] = given.get(action.args[0], action.default_value)
            assert action.description
        else:
            actions.append(action)
    assert set(given) <= set(values), "an argument that the launch file does not declare"
    context = SimpleNamespace(launch_configurations=values)
    started = [made for action in actions for made in action.function(context)]
    return values, started
