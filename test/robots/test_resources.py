"""Data files are found in a checkout and in an installed package."""

import sys
from pathlib import Path

import pytest

from gesture_robot import resources
from gesture_robot.errors import InvalidInput


def test_checkout():
    root = Path(resources.__file__).resolve().parents[1]
    assert resources.resource_path("urdf/wren.urdf") == root / "urdf" / "wren.urdf"


@pytest.fixture()
def installed(tmp_path, monkeypatch):
    """A prefix like that of a virtual environment, and the package as if it lay in its site-packages."""
    package = tmp_path / "lib" / "python3.11" / "site-packages" / "gesture_robot"
    package.mkdir(parents=True)
    monkeypatch.setattr(resources, "__file__", str(package / "resources.py"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "elsewhere"))
    return tmp_path


def test_share_of_the_prefix_the_package_lies_in(installed):
    data = installed / "share" / "gesture_robot" / "urdf" / "wren.urdf"
    data.parent.mkdir(parents=True)
    data.write_text("<robot/>")
    assert resources.resource_path("urdf/wren.urdf") == data


def test_ros_prefix(installed, monkeypatch):
    data = installed / "ros" / "share" / "gesture_robot" / "config" / "a.yaml"
    data.parent.mkdir(parents=True)
    data.write_text("{}")
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(installed / "ros"))
    assert resources.resource_path("config/a.yaml") == data


def test_missing_names_what_and_where(installed, monkeypatch):
    monkeypatch.delenv("AMENT_PREFIX_PATH", raising=False)
    with pytest.raises(InvalidInput, match="'urdf/none.urdf' was not found") as error:
        resources.resource_path("urdf/none.urdf")
    assert str(Path(sys.prefix) / "share" / "gesture_robot") in str(error.value)
