"""The starter behind `gesture_robot demo --ros`: all nodes as processes, for machines without `ros2 launch`.

It starts the nodes, waits until all are active, releases control once, begins the scene, and starts a node again that
died. A control node that died comes back stopped and is not released again: that is for a person to decide.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus

from gesture_robot.datatypes import Decision
from gesture_robot.errors import InvalidInput
from gesture_robot.nodes import topics
from gesture_robot.nodes.observer import SPOKEN
from gesture_robot.nodes.observer_report import report, save
from gesture_robot.nodes.starter_child import Child
from gesture_robot.nodes.starter_crew import Crew
from gesture_robot.nodes.starter_plan import drawn_scene, prepare_environment
from gesture_robot.plain_json import plain
from gesture_robot.recording.log import make_folder
from gesture_robot.robots.model import load_model

GIVE_UP_S = 12.0
"""A node that cannot be configured for this long at the start ends the demo with its reason."""
STARTS_AT_FIRST = 3
LASTS_S = 1.0
"""A problem that goes away sooner is not told."""
REST_S = 1.0
SCENE_S, FINISH_SPEAKING_S = 20.0, 4.0


class Starter:
    """One run of `gesture_robot demo --ros`."""

    def __init__(self, args: argparse.Namespace, nodes: dict[str, dict[str, Any]]):
        """Args: the command line; the nodes to start with their parameters. Raises InvalidInput."""
        self._args, self._plan = args, nodes
        self._model = load_model(args.robot)
        self._folder = make_folder(args.out) if args.out is not None else None
        self._interrupts = 0
        self._shown: dict[str, tuple[str, float]] = {}
        self._active: set[str] = set()
        self._began_s = time.monotonic()
        self.notices: list[str] = []

    def run(self) -> dict[str, Any]:
        """Everything up to the report."""
        prepare_environment()
        with tempfile.TemporaryDirectory(prefix="gesture_robot_") as spare:
            logs = (self._folder or Path(spare)) / "log"
            logs.mkdir(parents=True, exist_ok=True)
            before = {number: signal.signal(number, self._on_interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
            self._crew = Crew(self._plan, self._model, logs, record=self._folder is not None,
                              hurry=lambda: self._interrupts)
            self._seen = self._crew.seen
            self._seen.on_decision = self._on_decision
            try:
                return self._observe()
            finally:
                self._crew.close()
                for number, handler in before.items():
                    signal.signal(number, handler)

    def _on_interrupt(self, *_: object) -> None:
        self._interrupts += 1

    # --- the run ----------------------------------------------------------------------------------------------

    def _observe(self) -> dict[str, Any]:
        self._crew.start()
        while len(self._active) < len(self._crew.children) and not self._interrupts:
            self._crew.spin(0.1)
            self._watch(starting=True)
        released = self._crew.release()
        if released:
            self._say("released: the robot moves" + ("." if self._args.headless else
                      f". Open http://{self._args.bind} in a browser; Ctrl-C stops the robot and ends."))
        start_s = self._crew.begin_scene()
        self._began_s = time.monotonic()
        while not self._interrupts and not self._over():
            self._crew.spin(0.1)
            self._watch()
        if self._crew.call(topics.STOP) is not None:  # the robot brakes and rests before its nodes end
            self._crew.spin(REST_S if self._interrupts < 2 else 0.0)
        end_s = self._seen.now_s()
        made = self._report(start_s, end_s, released, self._crew.end())
        if self._interrupts > 1:
            raise KeyboardInterrupt
        return made

    def _watch(self, *, starting: bool = False) -> None:
        """Start again what died, and say what changed."""
        for child in self._crew.children:
            how = child.died()
            if how is not None:
                self._active.discard(child.name)
                self._say(f"{child.name} {how}: {child.last_line()}")
                if starting and (child.exit_code == 2 or child.starts >= STARTS_AT_FIRST):
                    raise InvalidInput(f"{child.name}: {child.last_line()}")
            if child.revive() and child.name == "control":
                self._say("control starts again and stays stopped: release it when the robot may move.")
            status = self._seen.diagnostics.get(child.name)
            if status is not None:
                self._show(child, status, starting)

    def _show(self, child: Child, status: DiagnosticStatus, starting: bool) -> None:
        if child.name not in self._active and self._crew.active(child.name):
            self._active.add(child.name)
            self._say(f"{child.name}: active")
        message = status.message if status.level != DiagnosticStatus.OK else ""
        key = re.sub(r"[\d.]+", "#", message)  # figures that change are no news
        if key != self._shown.get(child.name, ("", 0.0))[0]:
            self._shown[child.name] = key, time.monotonic()
        elif message and 0.0 < self._shown[child.name][1] < time.monotonic() - LASTS_S:
            self._say(f"{child.name}: {message}")
            self._shown[child.name] = key, 0.0
        failed = status.level == DiagnosticStatus.ERROR and message.startswith("not ")
        if starting and failed and time.monotonic() - self._began_s > GIVE_UP_S:
            raise InvalidInput(f"{child.name}: {message}")

    def _over(self) -> bool:
        """A scene that has run out does not cut the farewell short; a given --seconds does."""
        passed_s, args = time.monotonic() - self._began_s, self._args
        if args.seconds is not None or not args.headless:
            return args.seconds is not None and passed_s >= args.seconds
        if args.video is not None:
            return self._seen.value("robot", "video") == "ended"
        speaks = any(p.heard_s + p.speech.duration_s > self._seen.now_s() for p in self._seen.pieces[-1:])
        return passed_s >= SCENE_S + (FINISH_SPEAKING_S if speaks else 0.0)

    # --- what it says -----------------------------------------------------------------------------------------

    def _on_decision(self, decision: Decision) -> None:
        if decision.act in SPOKEN:
            self._say(f'{decision.act}: "{decision.text}"  ({decision.reason})')

    def _say(self, text: str) -> None:
        self.notices.append(text)
        print(f"{time.monotonic() - self._began_s:7.2f} s  {text}", file=sys.stderr, flush=True)

    def _report(self, start_s: float, end_s: float, released: bool, needed: dict[str, str]) -> dict[str, Any]:
        args = self._args
        made: dict[str, Any] = {
            "engines": {k: getattr(args, k) for k in ("robot", "tts", "gesture", "face", "seed")},
            "duration_s": round(end_s - start_s, 3), "released": released,
            "domain": os.environ.get("ROS_DOMAIN_ID", "0"),
            "greetings": self._seen.count("greet"), "farewells": self._seen.count("farewell"),
            "nodes": {c.name: {"restarts": max(c.starts - 1, 0), "ended_by": needed.get(c.name, "")}
                      for c in self._crew.children}}
        if self._folder is not None:
            made = report(self._seen, start_s, end_s, drawn_scene(args)) | made
            save(self._seen, start_s, end_s, self._folder)
        made["notices"] = self.notices
        if self._folder is not None:
            (self._folder / "report.json").write_text(json.dumps(made, indent=1, default=plain) + "\n")
        return made
