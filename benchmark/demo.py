"""The whole job in the drawn scenes: reaction times, counts, limits, sync, speed, memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from gesture_robot.control.audit import audit
from gesture_robot.datatypes import Decision
from gesture_robot.decision.scripted import ScriptedPolicy
from gesture_robot.evaluation.lips import lag_s, mouth_opening_of_frames, opening_curve_from_phonemes
from gesture_robot.evaluation.scene_run import SceneRun, run_scene
from gesture_robot.recording.report import (
    FALLEN_RAD,
    face_turned_s,
    first_sound_s,
    gesture_sync,
    head_angle,
    lip_sync,
)
from gesture_robot.recording.video import FACE_BOX, FPS
from gesture_robot.speech.espeak import EspeakTts

PARAGRAPH = (
    "Let me show you around. This museum was built a hundred years ago, and every room tells a different story. "
    "On the left you see the old machines, on the right the new ones. Some of them are bigger than a house, "
    "others fit into the palm of your hand. I really love this place, because people come from all over the world. "
    "They ask me questions, they laugh, and sometimes they even dance. So please take your time and enjoy the visit."
)


def reaction_s(with_decision: SceneRun, without: SceneRun) -> tuple[float, float]:
    """Seconds from the turned face to (5 degrees nearer than without decision, first audible sample)."""
    turned = face_turned_s(with_decision.camera, with_decision.log.duration_s)
    times, mine = head_angle(with_decision.log, with_decision.model, with_decision.camera)
    _, other = head_angle(without.log, without.model, without.camera)
    n = min(len(mine), len(other))
    better = np.flatnonzero((times[:n] >= turned) & (other[:n] - mine[:n] >= FALLEN_RAD))
    sounds = [p.heard_s + first_sound_s(p.speech.samples, p.speech.rate_hz) for p in with_decision.log.pieces]
    return (
        float(times[better[0]]) - turned if len(better) else float("nan"),
        sounds[0] - turned if sounds else float("nan"),
    )


def speak_run() -> SceneRun:
    """One long utterance in an empty room: gesture against word."""
    script = ScriptedPolicy(((0.3, Decision("greet", "benchmark", text=PARAGRAPH)),))
    return run_scene("empty", 36.0, policy=script)


def lag_on_frames_ms(folder: Path) -> float:
    """Lag of the mouth in demo.mp4 behind the phonemes of report.json's utterances, spoken again."""
    import cv2

    report = json.loads((folder / "report.json").read_text())
    video, frames = cv2.VideoCapture(str(folder / "demo.mp4")), []
    while (read := video.read())[0]:
        frames.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
    lags = []
    for said in report["utterances"]:
        first = int(round(said["heard_s"] * FPS))
        speech = EspeakTts().synthesize(said["text"], emotion="happiness")
        curve = opening_curve_from_phonemes(speech, FPS)
        mouth = mouth_opening_of_frames(frames[first : first + len(curve)], FACE_BOX)
        if len(mouth) == len(curve):
            # Frames stand at multiples of 1/25 s, the sound begins between two of them.
            lags.append(1e3 * (lag_s(mouth, curve, FPS) + first / FPS - said["heard_s"]))
    return float(np.mean(lags))


def command_rows() -> list[tuple[str, object, str, str]]:
    """The command itself, with the video, in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        started = time.perf_counter()
        command = [sys.executable, "-m", "gesture_robot.cli", "demo", "--headless", "--out", name]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        wall_s = time.perf_counter() - started
        report = json.loads((Path(name) / "report.json").read_text())
        lag = lag_on_frames_ms(Path(name))
    return [
        ("demo command with 20 s video, wall time", round(wall_s, 1), "s", "<= 40"),
        ("demo command: peak memory", round(report["peak_memory_mb"]), "MB", "<= 900"),
        ("demo.mp4 frames: lip lag", round(lag, 1), "ms", "|x| <= 33"),
    ]


def measure() -> list[tuple[str, object, str, str]]:
    """Rows (what, value, unit, target)."""
    rows: list[tuple[str, object, str, str]] = []
    quiet = ScriptedPolicy()
    violations = contacts = 0
    for scene, greet, bye in (
        ("visitor", 1, 1),
        ("passer_by", 0, 0),
        ("passer_by_facing", 0, 0),
        ("two_people", 1, None),
    ):
        run = run_scene(scene, mount="base" if scene == "two_people" else "head")
        violations += audit([run.log.trajectory()], run.model).violations
        contacts += run.contacts
        rows.append(
            (
                f"{scene}: greetings, farewells",
                f"{run.count('greet')}, {run.count('farewell')}",
                "",
                f"{greet}, {'any' if bye is None else bye}",
            )
        )
        if scene == "visitor":
            head, sound = reaction_s(run, run_scene(scene, policy=quiet))
            rows += [
                ("visitor at 2.5 m: head 5 deg nearer after", round(head, 2), "s", "<= 0.7"),
                ("visitor at 2.5 m: first sound after", round(sound, 2), "s", "<= 1.2"),
                ("20 s scene without video, wall time", round(run.wall_s * 20.0 / run.log.duration_s, 1), "s", "<= 15"),
                ("visitor: lip lag", lip_sync(run.log, run.channels).get("lag_ms"), "ms", "|x| <= 33"),
            ]
    far, still = run_scene("far_visitor"), run_scene("far_visitor", policy=quiet)
    head, sound = reaction_s(far, still)
    rows += [("visitor at 3.6 m: head, first sound after", f"{head:.2f}, {sound:.2f}", "s", "report")]
    speech = speak_run()
    sync = gesture_sync(speech.log, speech.model)
    violations += audit([speech.log.trajectory()], speech.model).violations
    contacts += speech.contacts
    rows += [
        ("gesture against word: mean of apex - word onset", sync.get("mean_ms"), "ms", "-160..0"),
        ("gesture against word: within 200 ms", sync.get("within_200ms"), "", ">= 0.9"),
        ("gesture against word: strokes measured", sync.get("strokes"), "", ""),
        ("limit violations at 1 kHz over these scenes", violations, "", "0"),
        ("self-collision contacts over these scenes", contacts, "", "0"),
    ]
    return rows + command_rows()


if __name__ == "__main__":
    for row in measure():
        print("{:52s} {!s:>14s} {:4s} {}".format(*row))
