"""Values as json takes them."""

from __future__ import annotations

from typing import Any


def plain(value: Any) -> Any:
    """Numpy scalars and arrays as numbers and lists, anything else, such as a path, as text; for json's `default`."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
