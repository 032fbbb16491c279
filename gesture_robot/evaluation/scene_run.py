"""Runs the whole robot in a drawn scene, in simulated time, and keeps the record: for tests and benchmarks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gesture_robot.datatypes import RobotModel
from gesture_robot.pipeline import Pipeline
from gesture_robot.protocols import Camera, DecisionPolicy
from gesture_robot.recording.log import RunLog
from gesture_robot.runtime.build import Engines, build
from gesture_robot.runtime.clock import SimulatedClock
from gesture_robot.scene.camera import SceneCamera


@dataclass(slots=True, eq=False)
class SceneRun:
    """One finished run."""

    log: RunLog
    model: RobotModel
    camera: Any
    channels: tuple[str, ...]
    contacts: int
    wall_s: float
    timings: dict[str, dict[str, float]]
    notices: list[str] = field(default_factory=list)

    def count(self, act: str) -> int:
        """How many decisions of this act were taken."""
        return sum(d.act == act for _, d in self.log.decisions)


def run_scene(
    scene: str | Camera,
    seconds: float | None = None,
    *,
    mount: str = "head",
    engines: Engines = Engines(),
    policy: DecisionPolicy[Any] | None = None,
    each_tick: Callable[[Pipeline], None] | None = None,
) -> SceneRun:
    """Run a scene by name, or any camera.

    Args:
        scene: name of a drawn scene, or a camera.
        seconds: simulated length; None takes the scene's own.
        mount: "head" or "base", for a scene by name.
        engines: names of the engines.
        policy: a decision policy other than the rules.
        each_tick: called before every tick, to act as the operator.
    """
    camera = SceneCamera(scene, mount=mount, seed=engines.seed) if isinstance(scene, str) else scene
    notices: list[str] = []
    pipeline = build(engines, camera, SimulatedClock(), policy=policy, notice=notices.append)
    log = RunLog(pipeline.stages.model.joint_names)
    started = time.perf_counter()
    try:
        while pipeline.now_s < (seconds if seconds is not None else camera.duration_s):  # type: ignore[attr-defined]
            if each_tick is not None:
                each_tick(pipeline)
            tick = pipeline.tick()
            log.add(tick, pipeline.stages.robot.read().positions, pipeline.stages.faces)
    finally:
        pipeline.close()
    return SceneRun(
        log,
        pipeline.stages.model,
        camera,
        pipeline.stages.faces.channels,
        int(pipeline.stages.robot.contacts.count),
        time.perf_counter() - started,
        pipeline.timings.table(),
        notices,
    )
