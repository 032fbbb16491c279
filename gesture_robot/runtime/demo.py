"""The demo around the pipeline: clock, page, Ctrl-C, recording.

Threading: the loop runs in the main thread; perception, planning, drawing of the video and the page's server have their
own. Ctrl-C is taken between ticks: the first one stops the robot, the loop goes on until it rests, then all is saved.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from gesture_robot.page.access import read_token
from gesture_robot.page.address import check_free, parse_bind
from gesture_robot.pipeline import TICK_S, Pipeline, Tick
from gesture_robot.plain_json import plain
from gesture_robot.recording.log import RunLog, make_folder, save_files
from gesture_robot.recording.marks import Marks
from gesture_robot.recording.report import build_report
from gesture_robot.recording.video import FPS, Snapshot, VideoRecorder
from gesture_robot.runtime.build import Engines, build
from gesture_robot.runtime.clock import SimulatedClock, WallClock
from gesture_robot.runtime.page_link import PageLink
from gesture_robot.runtime.timing import peak_memory_mb
from gesture_robot.scene.source import open_camera

REST_AFTER_STOP_S = 2.0
FINISH_SPEAKING_S = 4.0
HEADLESS_S = 20.0


class Demo:
    """One run of `gesture_robot demo`."""

    def __init__(self, args: argparse.Namespace):
        self._args = args
        self._interrupts = 0
        self._ends_s = float("inf")
        self._ended = False
        self.notices: list[str] = []

    def run(self) -> dict[str, Any]:
        """Everything from the command line to the report."""
        args = self._args
        token = "" if args.headless else read_token(args.token_file or "")
        if not args.headless:
            check_free(*parse_bind(args.bind, beyond_loopback=bool(token)))
        source = {"camera": args.camera, "video": args.video, "scene": args.scene}
        camera = open_camera(**source, mount=_mount(args), seed=args.seed, loop=not args.headless)
        clock: SimulatedClock | WallClock = (
            SimulatedClock() if args.headless and args.camera is None else WallClock()
        )
        names = {key: getattr(args, key) for key in ("robot", "tts", "gesture", "face", "device", "seed")}
        engines = Engines(**names)
        started = time.perf_counter()
        pipeline = build(engines, camera, clock, notice=self._notice, sound=not args.headless)
        try:
            folder = make_folder(args.out) if args.out is not None else None
            link = None if args.headless else PageLink(pipeline, args.bind, self._notice, token=token)
            if link is not None:
                print(f"Open {link.url} in a browser. Ctrl-C stops the robot and ends.", file=sys.stderr)
                if link.beyond_loopback:
                    _say("The token travels unencrypted: use a network you trust, an ssh tunnel or TLS.")
            return self._record(pipeline, camera, clock, link, folder, started)
        finally:
            pipeline.close()

    def _record(
        self, pipeline: Pipeline, camera: Any, clock: Any, link: PageLink | None, folder: Path | None, started: float
    ) -> dict[str, Any]:
        model = pipeline.stages.model
        log, marks = RunLog(model.joint_names) if folder is not None else None, Marks(model)
        pipeline.stages.stream.record = folder is not None
        video = VideoRecorder(folder / "demo.mp4", model) if folder is not None and not self._args.no_mp4 else None
        before = signal.signal(signal.SIGINT, self._on_interrupt)
        clock.restart()
        loop_started = time.perf_counter()
        report: dict[str, Any] = {}
        try:
            self._loop(pipeline, camera, clock, link, log, marks, video)
        except BaseException as error:
            report["error"] = f"{type(error).__name__}: {error}"
            raise
        finally:  # also when the loop broke off: the robot rests, and nothing recorded is lost
            signal.signal(signal.SIGINT, before)
            wall_s = time.perf_counter() - loop_started
            with ExitStack() as ending:
                if folder is not None:
                    ending.callback(self._save, folder, pipeline, camera, log, video, report, wall_s, started)
                if link is not None:
                    ending.callback(link.close)
                pipeline.close()
        return report or self._report(pipeline, camera, None, wall_s)

    def _save(self, folder: Path, pipeline: Pipeline, camera: Any, log: RunLog | None, video: VideoRecorder | None,
              report: dict[str, Any], wall_s: float, started: float) -> None:
        """Write all files; `report` is filled. What can fail comes last."""
        log = log if log is not None and log.times_s else None
        try:
            if log is not None:
                save_files(log, pipeline.stages.stream.poses, pipeline.stages.faces.channels, folder)
            report.update(self._report(pipeline, camera, log, wall_s))
        finally:
            try:
                if video is not None:
                    video.close(folder / "speech.wav" if log is not None else None)
                    self.notices += [video.note] if video.note else []
            finally:
                report |= {"notices": self.notices, "total_wall_s": round(time.perf_counter() - started, 2)}
                (folder / "report.json").write_text(json.dumps(report, indent=1, default=plain) + "\n")

    def _seconds(self, camera: Any) -> float:
        if self._args.seconds is not None:
            return float(self._args.seconds)
        if not self._args.headless or self._args.video is not None:
            return float("inf")
        return float(getattr(camera, "duration_s", HEADLESS_S))

    def _loop(
        self,
        pipeline: Pipeline,
        camera: Any,
        clock: Any,
        link: PageLink | None,
        log: RunLog | None,
        marks: Marks,
        video: VideoRecorder | None,
    ) -> None:
        seconds = self._seconds(camera)
        self._ends_s, next_frame_s = seconds, 0.0
        with _progress(seconds) as bar:
            while pipeline.now_s < self._ends_s - 1e-9 or self._speaks_on(pipeline):
                clock.wait_until(pipeline.now_s)
                self._take_interrupt(pipeline)
                self._take_end(camera, pipeline)
                if link is not None:
                    link.take_events()
                tick = pipeline.tick()
                bar.update(max(min(TICK_S, seconds - bar.n), 0.0))
                if log is not None:
                    log.add(tick, pipeline.stages.robot.read().positions, pipeline.stages.faces)
                if log is not None or link is not None:
                    marks.add(tick, pipeline)
                if video is not None and tick.now_s >= next_frame_s - 1e-9:
                    next_frame_s += 1.0 / FPS
                    video.add(snapshot(pipeline, marks, tick))
                if link is not None:
                    link.show(tick, marks)
                self._print(tick)

    def _speaks_on(self, pipeline: Pipeline) -> bool:
        """A scene that has run out does not cut the farewell short; a given --seconds does."""
        speaking = pipeline.stages.voice.busy(pipeline.now_s)
        return (
            self._args.seconds is None
            and not self._interrupts
            and speaking
            and pipeline.now_s < self._ends_s + FINISH_SPEAKING_S
        )

    def _take_end(self, camera: Any, pipeline: Pipeline) -> None:
        """A video that has ended ends the run, unless a length was asked for."""
        if not getattr(camera, "ended", False) or self._ended:
            return
        self._ended = True
        cut = " before its time: the file is cut off" if camera.truncated else ""
        self._notice(f"the video ended after {pipeline.now_s:.1f} s{cut}.")
        if self._args.seconds is None:
            self._ends_s = pipeline.now_s + REST_AFTER_STOP_S

    def _take_interrupt(self, pipeline: Pipeline) -> None:
        if self._interrupts and not pipeline.stopped:
            pipeline.stop("Ctrl-C")
        if self._interrupts and self._ends_s > pipeline.now_s + REST_AFTER_STOP_S:
            self._ends_s = pipeline.now_s + REST_AFTER_STOP_S
        if self._interrupts > 1:
            raise KeyboardInterrupt

    def _on_interrupt(self, *_: object) -> None:
        self._interrupts += 1

    def _print(self, tick: Tick) -> None:
        if tick.decision is not None and tick.decision.act in ("greet", "farewell"):
            _say(f'{tick.now_s:7.2f} s  {tick.decision.act}: "{tick.decision.text}"  ({tick.decision.reason})')
        if tick.act:
            _say(f"{tick.now_s:7.2f} s  {tick.act}")

    def _notice(self, text: str) -> None:
        self.notices.append(text)
        _say(text)

    def _report(self, pipeline: Pipeline, camera: Any, log: RunLog | None, wall_s: float) -> dict[str, Any]:
        stages = pipeline.stages
        report: dict[str, Any] = {
            "engines": {k: getattr(self._args, k) for k in ("robot", "tts", "gesture", "face", "seed")},
            "duration_s": round(pipeline.now_s, 3),
            "wall_s": round(wall_s, 2),
            "real_time_factor": round(wall_s / max(pipeline.now_s, TICK_S), 3),
            "self_collision_contacts": stages.robot.contacts.count,
            "self_collision_pairs": stages.robot.contacts.pairs,
            "timings": pipeline.timings.table(),
            "peak_memory_mb": peak_memory_mb(),
        }
        if log is not None:
            report = build_report(log, stages.model, camera, stages.faces.channels) | report
        return report


def snapshot(pipeline: Pipeline, marks: Marks, tick: Tick) -> Snapshot:
    """What the picture shows at this tick."""
    senses = pipeline.stages.senses
    return Snapshot(
        tick.now_s,
        None if senses.image is None else senses.image.rgb,
        senses.scene,
        np.array(pipeline.stages.robot.read().positions),
        pipeline.stages.faces.weights(tick.now_s),
        marks.window(tick.now_s),
        marks.wrist_speed(),
        pipeline.decision.reason,
    )


def _mount(args: argparse.Namespace) -> str:
    """A scene is seen by the simulated robot; a webcam on the table does not turn with its head."""
    default = "head" if args.camera is None and args.video is None else "base"
    return args.camera_mount or default


def _progress(seconds: float) -> Any:
    from tqdm import tqdm

    total = seconds if np.isfinite(seconds) else None
    return tqdm(
        total=total,
        unit="s",
        desc="demo",
        bar_format="{l_bar}{bar}| {n:.1f}/{total:.1f} s [{elapsed}<{remaining}]",
        disable=total is None,
        mininterval=0.5,
        file=sys.stderr,
    )


def _say(text: str) -> None:
    from tqdm import tqdm

    tqdm.write(text, file=sys.stderr)
