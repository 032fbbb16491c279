"""Writes config/params.yaml from the config dataclasses of the nodes. A test compares the two. No ROS needed.

Run it with: make docs
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

import gesture_robot.nodes.config
from gesture_robot.nodes.config.common import NodeConfig
from gesture_robot.nodes.config.entries import Entry, entries

TARGET = Path(__file__).resolve().parent.parent / "config" / "params.yaml"
HEAD = """# Every parameter of every node with its default. Written by tools/write_params.py from the code; do not edit:
# copy what you change into a file of your own and pass that, on the command line of a node (--ros-args --params-file
# MINE.yaml) or of a launch file (params_file:=MINE.yaml). A name that no node has is refused, with its line.
# "/**/control" is the node control in every namespace. Each node also has use_sim_time.
"""


def node_configs() -> Iterator[tuple[str, type[NodeConfig]]]:
    """Name of each node and the dataclass of its parameters; the module bears the node's name."""
    for module in sorted(pkgutil.iter_modules(gesture_robot.nodes.config.__path__), key=lambda m: m.name):
        found = import_module(f"gesture_robot.nodes.config.{module.name}")
        for _, kind in inspect.getmembers(found, inspect.isclass):
            if issubclass(kind, NodeConfig) and kind.__module__ == found.__name__ and module.name != "common":
                yield module.name, kind


def text() -> str:
    """The whole file."""
    parts = [HEAD]
    for node, kind in node_configs():
        parts.append(f"\n/**/{node}:\n  ros__parameters:\n")
        parts.extend(_lines(entry) for entry in entries(kind()))
    return "".join(parts)


def _lines(entry: Entry) -> str:
    empty = "# " if entry.default == [] else ""  # ROS gives an empty list no type, so that it cannot stand in a file
    return f"    # {_meaning(entry)}\n    {empty}{entry.name}: {_plain(entry.default)}\n"


def _meaning(entry: Entry) -> str:
    unit = f" [{entry.unit}]" if entry.unit else ""
    choices = f"; one of {', '.join(entry.choices)}" if entry.choices else ""
    return f"{entry.text or 'see docs/settings.md'}{unit}{choices}{_bounds(entry)}"


def _bounds(entry: Entry) -> str:
    if entry.low is not None and entry.high is not None:
        return f"; {entry.low:g} to {entry.high:g}"
    if entry.low is not None:
        return f"; at least {entry.low:g}"
    return f"; at most {entry.high:g}" if entry.high is not None else ""


def _plain(value: Any) -> str:
    """As YAML writes it on one line; a float keeps its point, because ROS tells 1 from 1.0."""
    line = yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True)
    return line.removesuffix("\n").removesuffix("\n...")


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    print(f"wrote {TARGET}")
