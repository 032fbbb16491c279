"""All stages as processes over DDS: reaction, latencies, stop, memory, processor time, recovery after kill -9.

Takes about two and a half minutes of real time. Other work on the same machine changes every figure.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from gesture_robot.commands.demo import add_arguments
from gesture_robot.errors import GestureRobotError, InvalidInput
from gesture_robot.evaluation.scene_run import run_scene
from gesture_robot.recording.report import reaction
from gesture_robot.robots.model import load_model

Row = tuple[str, Any, str, str]
START_S, SCENE_S, IDLE_S = 60.0, 23.0, 20.0
STOPS = 20
BACK_S = 20.0
ON_ITS_WAY_S = 0.002
"""A command that arrives this soon after the stop was sent before it."""
HEAD, SOUND = "head_turned_5deg_after_s", "first_sound_after_s"
TEXT = "I will tell you about this house. It was built a long time ago, and a lot of people have lived here since then."


def measure() -> list[Row]:
    """Rows (what, value, unit, target)."""
    if find_spec("rclpy") is None:
        raise InvalidInput("ROS 2 is not installed: make ros")
    run = run_scene("visitor")
    alone = reaction(run.log, run.model, run.camera)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for part in (visitor_rows, stop_rows, idle_rows, recovery_rows):
            rows += part(Path(folder), alone)
    return rows


class Running:
    """A crew that runs, with a scene that waits."""

    def __init__(self, folder: Path, scene: str, *, record: bool = True, loop: bool = False, page: bool = False):
        import argparse

        from gesture_robot.nodes.starter_crew import Crew
        from gesture_robot.nodes.starter_plan import plan, prepare_environment

        prepare_environment()
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        nodes = plan(parser.parse_args(["--headless", "--scene", scene]))
        if page:
            nodes["page"] = {"bind": "127.0.0.1:0", "robot": "wren"}
        nodes["robot"]["loop"] = loop
        self.crew = Crew(nodes, load_model("wren"), folder, record=record)
        self.seen = self.crew.seen

    def __enter__(self) -> Running:
        self.crew.start()
        self.until(lambda: all(self.crew.active(c.name) for c in self.crew.children), START_S)
        self.crew.release()
        self.began_s = self.crew.begin_scene()
        return self

    def __exit__(self, *_: object) -> None:
        self.crew.close()

    def until(self, condition: Callable[[], Any], patience_s: float) -> float:
        """Seconds until `condition` holds; raises GestureRobotError when it does not in time."""
        began_s = time.monotonic()
        while not condition():
            if time.monotonic() - began_s > patience_s:
                raise GestureRobotError(f"not within {patience_s:g} s; {self.problems()}")
            self.crew.spin(0.005)
        return time.monotonic() - began_s

    def problems(self) -> str:
        """What the nodes complain about."""
        return "; ".join(f"{n}: {s.message}" for n, s in self.seen.diagnostics.items() if s.message != "ok")

    def braked_s(self, known: int) -> float:
        """When the first command of a stopped control came, that is stopped since the `known` statuses so far."""
        seen = self.seen
        self.until(lambda: any(s.stopped for _, s in seen.statuses[known:]), BACK_S)
        stopped_s = seen.seconds(next(s.header.stamp for _, s in seen.statuses[known:] if s.stopped)) + ON_ITS_WAY_S
        self.until(lambda: seen.stream.arrivals_s[-1] > stopped_s, BACK_S)
        return next(t for t in seen.stream.arrivals_s if t > stopped_s)

    def talk(self) -> None:
        """Say something long; returns when arms move with it."""
        from gesture_robot.action import Say
        from rclpy.action import ActionClient

        known, client = len(self.seen.pieces), ActionClient(self.crew.node, Say, "say")
        self.until(client.server_is_ready, BACK_S)
        accepted = False
        while not accepted:  # refused until speech has heard of the release
            asked = client.send_goal_async(Say.Goal(text=TEXT, language="en", emotion="neutral", interrupt=True))
            self.until(asked.done, BACK_S)
            accepted = asked.result().accepted
        self.until(lambda: [p for p in self.seen.pieces[known:] if p.on_its_way == "command"], BACK_S)
        client.destroy()


def visitor_rows(folder: Path, alone: dict[str, float]) -> list[Row]:
    """The scene `visitor`: the same greetings and reaction times as in one process."""
    from gesture_robot.nodes.observer_report import report
    from gesture_robot.scene.camera import SceneCamera

    with Running(folder, "visitor") as robot:
        robot.crew.spin(SCENE_S)
        made = report(robot.seen, robot.began_s, robot.seen.now_s(), SceneCamera("visitor", mount="head"))
    found, late = made["reaction"], made["latency_ms"]
    counts = f"{made['greetings']}, {made['farewells']}"
    rows: list[Row] = [("visitor over DDS: greetings, farewells", counts, "", "1, 1")]
    for name, key in (("head 5 deg nearer", HEAD), ("first sound", SOUND)):
        more = found.get(key, float("nan")) - alone[key]
        rows += [(f"visitor over DDS: {name} after", found.get(key), "s", f"in one process {alone[key]:g} s"),
                 (f"visitor over DDS: {name} later than in one process", round(more, 3), "s", "<= 0.15")]
    return rows + [
        ("picture to people, p95", late["picture to people"].get("p95"), "ms", "<= 120"),
        ("speech to joint command, p95", late["speech to joint command"].get("p95"), "ms", "<= 80"),
        ("limit violations at 1 kHz over DDS", made["limits"]["violations"] + len(made["limits"]["steps"]), "", "0"),
        ("self-collision contacts over DDS", made["self_collision_contacts"], "", "0"),
        ("visitor over DDS: lip lag", made["sync"]["lips"].get("lag_ms"), "ms", "|x| <= 33"),
    ]


def stop_rows(folder: Path, _: dict[str, float]) -> list[Row]:
    """From calling the service to the first command that brakes."""
    from gesture_robot.nodes import topics

    rng, took = np.random.default_rng(0), []
    with Running(folder, "still_20deg") as robot:
        for _try in range(STOPS):
            robot.talk()
            robot.crew.spin(float(rng.uniform(0.0, 1.5)))
            asked_s, known = robot.seen.now_s(), len(robot.seen.statuses)
            robot.crew.call(topics.STOP)
            took.append(robot.braked_s(known) - asked_s)
            robot.crew.release()
        violations = robot.seen.stream.violations()
    return [("stop called to braking, p95 of 20", round(float(np.percentile(took, 95)) * 1e3, 1), "ms", "<= 150"),
            ("stop called to braking, slowest", round(max(took) * 1e3, 1), "ms", "<= 300"),
            ("limit violations over 20 stops", violations, "", "0")]


def idle_rows(folder: Path, _: dict[str, float]) -> list[Row]:
    """Memory and processor time with nobody there."""
    with Running(folder, "empty", record=False) as robot:
        robot.crew.spin(4.0)
        before, began_s = cpu_s(robot), time.monotonic()
        robot.crew.spin(IDLE_S)
        wall_s, after = time.monotonic() - began_s, cpu_s(robot)
        memory = {c.name: pss_mb(c.pid) for c in robot.crew.children}
    share = {name: 100.0 * (after[name] - before[name]) / wall_s for name in after}
    stages = sum(v for name, v in share.items() if name != "robot")
    return [("all nodes: memory, sum of PSS", round(sum(memory.values())), "MB", "<= 1600"),
            ("all nodes but the simulated robot: idle processor time", round(stages, 1), "% of a core", "<= 60"),
            ("with the simulated robot: idle processor time", round(sum(share.values()), 1), "% of a core", ""),
            *((f"{name}: idle processor time, PSS", f"{share[name]:.1f} %, {memory[name]:.0f} MB", "", "")
              for name in share)]


def recovery_rows(folder: Path, _: dict[str, float]) -> list[Row]:
    """Each node killed while the robot talks: from its new start until its function is back."""
    rows: list[Row] = []
    with Running(folder, "still_20deg") as robot:
        for child in robot.crew.children:
            robot.talk()
            os.kill(child.pid, 9)
            robot.until(lambda child=child: child.died() is not None, BACK_S)
            robot.until(child.revive, BACK_S)
            started_s = robot.seen.now_s()
            robot.until(lambda name=child.name: robot.crew.active(name), BACK_S)
            if child.name == "control" or robot.seen.statuses[-1][1].stopped:
                robot.crew.release()
            robot.talk()
            if child.name in ("perception", "robot"):
                robot.until(lambda at_s=started_s: robot.seen.people[-1][1] > at_s, BACK_S)
            took_s = robot.seen.now_s() - started_s
            rows.append((f"{child.name} killed: it talks, moves and sees again after", round(took_s, 2), "s", "<= 5"))
    return rows


def cpu_s(robot: Running) -> dict[str, float]:
    """Processor seconds of every node so far."""
    ticks = os.sysconf("SC_CLK_TCK")
    made = {}
    for child in robot.crew.children:
        words = Path(f"/proc/{child.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        made[child.name] = (int(words[11]) + int(words[12])) / ticks
    return made


def pss_mb(pid: int) -> float:
    """Memory of a process, shared pages divided among those that share them."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024.0


if __name__ == "__main__":
    parts = {"visitor": visitor_rows, "stop": stop_rows, "idle": idle_rows, "recovery": recovery_rows}
    with tempfile.TemporaryDirectory() as name:
        for chosen in sys.argv[1:] or parts:
            for row in parts[chosen](Path(name), {HEAD: 0.4, SOUND: 0.713}):
                print("{:66s} {!s:>14s} {:4s} {}".format(*row), flush=True)
