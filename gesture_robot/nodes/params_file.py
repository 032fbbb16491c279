"""Where in a parameter file a name stands, so that a typo is named with its line."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml


def files(arguments: list[str] | None = None) -> list[Path]:
    """The parameter files on the command line."""
    arguments = sys.argv if arguments is None else arguments
    return [Path(value) for option, value in zip(arguments, arguments[1:], strict=False) if option == "--params-file"]


def find(name: str, node: str, paths: list[Path]) -> str:
    """"FILE line N" of parameter `name` of the node with the full name `node`; empty when no file holds it."""
    for path in paths:
        for section, parameter, line in names(path):
            if parameter == name and matches(section, node):
                return f"{path} line {line}"
    return ""


def matches(section: str, node: str) -> bool:
    """Whether a section such as "/**", "/robot_2/control" or "control" is for the node "/robot_2/control"."""
    absolute = section if section.startswith("/") else "/" + section
    pattern = re.escape(absolute).replace(r"/\*\*", r"(/[^/]+)*").replace(r"\*", "[^/]+")  # ** stands for none, too
    return re.fullmatch(pattern, node) is not None


def names(path: Path) -> Iterator[tuple[str, str, int]]:
    """Section, parameter (nested with dots) and line of all that a file holds; nothing for an unreadable one."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return
    yield from _walk(root, "")


def _walk(node: yaml.Node | None, section: str) -> Iterator[tuple[str, str, int]]:
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        if key.value == "ros__parameters":
            for name, line in _leaves(value, ""):
                yield section, name, line
        else:
            yield from _walk(value, f"{section}/{key.value}" if section else key.value)


def _leaves(node: yaml.Node, prefix: str) -> Iterator[tuple[str, int]]:
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        name = prefix + key.value
        if isinstance(value, yaml.MappingNode):
            yield from _leaves(value, name + ".")
        else:
            yield name, key.start_mark.line + 1
