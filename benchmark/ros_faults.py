"""How soon a fault is named in the diagnostics, all stages as processes over DDS: the target is one second.

`.venv/bin/python -m benchmark.ros_faults`, about a minute.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.ros import BACK_S, Row, Running
from gesture_robot.datatypes import Speech
from gesture_robot.nodes import topics

STALL_S = 3.0
FORGOTTEN_S = 4.0
"""Diagnostics name what happened once for three seconds."""
NAMED_BY = {"perception": ("decision", topics.PEOPLE), "decision": ("gesture", topics.DECISION),
            "gesture": ("retarget", topics.GESTURE_BODY), "robot": ("control", topics.JOINT_STATES)}
"""Who misses a node that is gone, and what it calls it."""


def measure() -> list[Row]:
    """Rows (what, value, unit, target)."""
    with tempfile.TemporaryDirectory() as name, Running(Path(name), "still_20deg") as robot:
        robot.crew.spin(5.0)
        return [*_stall(robot), *_pieces(robot), *_peers(robot)]


def _named(robot: Running, node: str, text: str, cause: Callable[[], Any]) -> float:
    """Seconds from `cause` to a diagnostic of `node` with `text` in its message."""
    seen = robot.seen
    robot.until(lambda: text not in seen.diagnostics[node].message, BACK_S)
    began_s = seen.now_s()
    cause()
    robot.until(lambda: text in seen.diagnostics[node].message, BACK_S)
    return float(seen.now_s() - began_s)


def _row(what: str, took_s: float) -> Row:
    return f"{what}: named after", round(took_s, 2), "s", "<= 1"


def _stall(robot: Running) -> list[Row]:
    """The process with camera and joints stands still for three seconds."""
    pid = robot.crew.child("robot").pid
    rows = [_row("camera stalls", _named(robot, "perception", topics.IMAGE, lambda: os.kill(pid, signal.SIGSTOP)))]
    robot.crew.spin(STALL_S)
    os.kill(pid, signal.SIGCONT)
    robot.crew.spin(STALL_S)
    return rows


def _pieces(robot: Running) -> list[Row]:
    """Pieces of speech lost, doubled and late, from a speech node that does not mind its numbers."""
    from gesture_robot.msg import SpeechAudio

    from gesture_robot.nodes.convert.speech import speech_message

    node, rows = robot.crew.node, []
    publisher = node.create_publisher(SpeechAudio, topics.SPEECH_AUDIO, topics.EVERY)
    robot.until(lambda: publisher.get_subscription_count() >= 2, BACK_S)
    piece = Speech("fault", "hm", 16000, np.zeros(16000, np.float32))

    def send(name: str, chunk: int, in_s: float) -> None:
        stamp = (node.get_clock().now() + _duration(in_s)).to_msg()
        publisher.publish(speech_message(replace(piece, id=name), chunk, stamp))

    for what, text, chunks, in_s in (("lost", "lost", (0, 2), 0.3), ("doubled", "came twice", (0, 0), 0.3),
                                     ("late", "late", (0,), -0.5)):
        began_s = robot.seen.now_s()
        for chunk in chunks:
            send(what, chunk, in_s)
        for listener in ("gesture", "face"):
            robot.until(lambda n=listener, t=text: t in robot.seen.diagnostics[n].message, BACK_S)
        rows.append(_row(f"piece of speech {what}, by gesture and face", robot.seen.now_s() - began_s))
        robot.crew.spin(FORGOTTEN_S)
    node.destroy_publisher(publisher)
    return rows


def _duration(seconds: float) -> Any:
    from rclpy.duration import Duration

    return Duration(nanoseconds=round(seconds * 1e9))


def _peers(robot: Running) -> list[Row]:
    """Processes that are killed."""
    rows = []
    for name, (listener, text) in NAMED_BY.items():
        child = robot.crew.child(name)
        rows.append(_row(f"{name} killed, {listener}",
                         _named(robot, listener, text, lambda c=child: os.kill(c.pid, signal.SIGKILL))))
        robot.until(lambda c=child: c.died() is not None, BACK_S)
        robot.until(child.revive, BACK_S)
        robot.until(lambda n=name: robot.crew.active(n), BACK_S)
        robot.crew.spin(STALL_S)
    return rows


if __name__ == "__main__":
    for row in measure():
        print("{:66s} {!s:>14s} {:4s} {}".format(*row), flush=True)
