"""The parameters that a config dataclass stands for, in order. Without rclpy: config/params.yaml is made from them too.

A nested dataclass becomes a prefix (`control.tick_s`). A tuple of rules with names, such as the sources of control,
becomes a list of names and one prefix per rule (`control.sources.names`, `control.sources.teleop.priority`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import Field, dataclass, fields, is_dataclass
from typing import Any, get_args, get_type_hints

NAMES = "names"


@dataclass(frozen=True, slots=True)
class Entry:
    """One parameter."""

    name: str
    default: Any
    text: str
    unit: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]


def entries(config: Any, prefix: str = "") -> Iterator[Entry]:
    """Parameters of a config instance, whose values are the defaults."""
    rules = rules_of(config)
    for item in fields(config):
        value = getattr(config, item.name)
        name = prefix + item.name
        if is_dataclass(value):
            yield from entries(value, name + ".")
        elif item.name in rules:
            names = [rule.name for rule in value]
            text = f"which {item.name} there are; each has its own parameters below {name}.NAME"
            yield Entry(f"{name}.{NAMES}", names, text, "", None, None, ())
            for rule in value:
                yield from (e for e in entries(rule, f"{name}.{rule.name}.") if not e.name.endswith(".name"))
        else:
            yield _entry(name, value, item)


def _entry(name: str, value: Any, item: Field[Any]) -> Entry:
    meta = item.metadata
    value = list(value) if isinstance(value, tuple) else "" if value is None else value
    return Entry(name, value, meta.get("text", ""), meta.get("unit", ""), meta.get("low"), meta.get("high"),
                 meta.get("choices", ()))


def rules_of(config: Any) -> dict[str, Any]:
    """Fields that hold a tuple of rules with names, with the rule's class."""
    kinds = {name: get_args(hint) for name, hint in get_type_hints(type(config)).items()}
    return {name: args[0] for name, args in kinds.items()
            if len(args) == 2 and args[1] is Ellipsis and is_dataclass(args[0])}
