"""config/params.yaml holds every parameter with its default, and ROS reads it."""

from __future__ import annotations

import runpy
from pathlib import Path

import yaml
from ros_graph import Graph

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "config" / "params.yaml"


def test_it_is_what_the_script_writes() -> None:
    assert FILE.read_text(encoding="utf-8") == runpy.run_path(str(ROOT / "tools" / "write_params.py"))["text"](), (
        "run make docs"
    )


def test_it_has_every_node_and_no_value_that_ros_cannot_read() -> None:
    nodes = {name.removeprefix("/**/") for name in yaml.safe_load(FILE.read_text(encoding="utf-8"))}
    lines = (ROOT / "gesture_robot" / "nodes" / "executables.txt").read_text().splitlines()
    assert nodes == {line.split()[0] for line in lines if line.rstrip().endswith("_node")}
    for node in yaml.safe_load(FILE.read_text(encoding="utf-8")).values():
        assert [name for name, value in node["ros__parameters"].items() if value in ([], None)] == []


def test_control_takes_the_whole_file(graph: Graph) -> None:
    control = graph.start("control", "--params-file", str(FILE))
    graph.wait(lambda: graph.state("control") == "active", "control is active with every parameter given")
    assert "parameter" not in control.output.lower()
    assert control.end() == 0
