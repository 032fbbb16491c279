"""A setting is declared once, as a dataclass field with text, unit and bounds.

Command-line help, the parameter table in the documentation and (in the ROS package) node parameters are read
from these fields, so a default or a bound stands in one place only.
"""

from __future__ import annotations

from dataclasses import MISSING, field, fields
from typing import Any

from gesture_robot.errors import InvalidInput


def setting(
    default: Any,
    text: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A dataclass field with its description; `check_settings` enforces bounds and choices."""
    return field(default=default, metadata={"text": text, "unit": unit, "low": low, "high": high, "choices": choices})


def check_settings(config: Any) -> None:
    """Raise InvalidInput if a field of `config` lies outside its declared bounds; call it in __post_init__."""
    for item in fields(config):
        value, meta = getattr(config, item.name), item.metadata
        name = f"{type(config).__name__}.{item.name}"
        if meta.get("choices") and value not in meta["choices"]:
            raise InvalidInput(f"{name} must be one of {', '.join(meta['choices'])}, got '{value}'.")
        if meta.get("low") is not None and not value >= meta["low"]:
            raise InvalidInput(f"{name} must be at least {meta['low']:g} {meta['unit']}, got {value}.")
        if meta.get("high") is not None and not value <= meta["high"]:
            raise InvalidInput(f"{name} must be at most {meta['high']:g} {meta['unit']}, got {value}.")


def describe_settings(config_type: type) -> list[tuple[str, str, str, str]]:
    """Rows (name, default, unit, text) of a config dataclass, for tables."""
    return [
        (f.name, "" if f.default is MISSING else str(f.default), f.metadata.get("unit", ""), f.metadata.get("text", ""))
        for f in fields(config_type)
    ]
