"""The DDS graph of a test, or of a module's tests. Every test in this folder carries the mark `ros`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed: make ros")

from ros_graph import Graph  # noqa: E402

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.ros)


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Graph]:
    """A domain for one test."""
    made = Graph(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared_graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    """A domain for all tests of a module: processes start once."""
    made = Graph(tmp_path_factory.mktemp("graph"))
    yield made
    made.close()
