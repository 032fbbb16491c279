"""Writes docs/settings.md from the config dataclasses, so that a default stands in one place. A test compares the two.

Run it with: make docs
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path

import gesture_robot
from gesture_robot.settings import describe_settings

TARGET = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
HEAD = """# Settings

Written by `tools/write_settings.py` from the code; do not edit. Each table is a frozen dataclass: pass one with other
values to the stage that takes it. A value outside its bounds is refused with the bound in the message.
"""


def config_types() -> Iterator[type]:
    """Every dataclass of the package with described settings, in the order of their modules."""
    seen = set()
    for name in sorted(module_names()):
        for _, found in inspect.getmembers(import_module(name), is_dataclass):
            described = any(text for *_, text in describe_settings(found)) and found.__module__ == name
            if described and found not in seen:
                seen.add(found)
                yield found


def module_names() -> Iterator[str]:
    """Modules of the checkout. Of the nodes only their parameters: the rest needs ROS."""
    package = Path(gesture_robot.__file__).parent
    for module in _walk(package, "gesture_robot."):
        if not module.startswith("gesture_robot.nodes.") or module.startswith("gesture_robot.nodes.config"):
            yield module


def _walk(folder: Path, prefix: str) -> Iterator[str]:
    """Names of all modules below, none of them imported."""
    for module in pkgutil.iter_modules([str(folder)], prefix):
        yield module.name
        if module.ispkg:
            yield from _walk(folder / module.name.rpartition(".")[2], module.name + ".")


def text() -> str:
    """The whole page."""
    parts = [HEAD]
    for config in config_types():
        name = f"{config.__module__.removeprefix('gesture_robot.')}.{config.__name__}"
        parts.append(f"\n## {name}\n\n{(config.__doc__ or '').strip().splitlines()[0]}\n")
        parts.append("| setting | default | unit | meaning |\n| --- | --- | --- | --- |")
        for setting, default, unit, meaning in describe_settings(config):
            parts.append(f"| `{setting}` | {_plain(default)} | {unit} | {meaning} |")
    return "\n".join(parts) + "\n"


def _plain(default: str) -> str:
    return f"`{default}`".replace("|", "\\|") if default and len(default) < 60 else "see the code" if default else "-"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    print(f"wrote {TARGET}")
