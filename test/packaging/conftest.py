"""The checkout, and what setup.py declares."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
import setuptools

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def declared() -> dict[str, Any]:
    """The keyword arguments of setup()."""
    caught: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, "setup", lambda **values: caught.update(values))
        runpy.run_path(str(ROOT / "setup.py"), run_name="__main__")
    return caught
