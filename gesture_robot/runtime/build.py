"""Puts one robot together from names: the only place where engines are chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gesture_robot import registry
from gesture_robot.control.controller import Controller
from gesture_robot.decision.rules import RulePolicy
from gesture_robot.face.player import FacePlayer
from gesture_robot.gesture.gaze import GazeLayer
from gesture_robot.gesture.player import MotionPlayer
from gesture_robot.perception.stage import PerceptionStage
from gesture_robot.pipeline import Pipeline, PipelineConfig, Stages
from gesture_robot.protocols import Camera, DecisionPolicy, PerceptionBackend
from gesture_robot.retarget.retargeter import Retargeter
from gesture_robot.robots.model import load_model
from gesture_robot.runtime.clock import SimulatedClock, WallClock
from gesture_robot.runtime.jobs import Worker
from gesture_robot.runtime.motion import MotionStream
from gesture_robot.runtime.senses import Senses
from gesture_robot.runtime.timing import Timings
from gesture_robot.runtime.voice import Voice

PERCEPTION_LATENCY_S = 0.05
"""Simulated age of a picture when its people are known: what the stage takes on two slow cores."""
PLANNING_LATENCY_S = 0.05


@dataclass(frozen=True, slots=True)
class Engines:
    """Names of the engines of one robot, as `registry` knows them."""

    robot: str = "wren"
    body: str = "mujoco"
    tts: str = "espeak"
    gesture: str = "beat"
    face: str = "viseme"
    perception: str = "mediapipe"
    device: str = "auto"
    seed: int = 0


def build(engines: Engines, camera: Camera, clock: SimulatedClock | WallClock, *, notice: Callable[[str], None] = print,
          policy: DecisionPolicy[Any] | None = None, backend: PerceptionBackend | None = None, sound: bool = False,
          config: PipelineConfig = PipelineConfig()) -> Pipeline:
    """Make the pipeline; the caller closes it.

    Args:
        engines: names.
        camera: where pictures come from.
        clock: simulated or wall.
        notice: takes one-line messages for the user.
        policy: a decision policy other than the rules.
        backend: a perception backend other than the named one.
        sound: play through the sound device when there is one.
        config: how the stages work together.
    """
    model = load_model(engines.robot)
    robot = registry.load("robot", engines.body)(model)
    motions, gaze, faces = MotionPlayer(), GazeLayer(), FacePlayer(seed=engines.seed)
    rng, tts = np.random.default_rng(engines.seed), registry.create("tts", engines.tts)
    timings = Timings()
    stages = Stages(
        model=model, robot=robot, motions=motions, gaze=gaze, faces=faces,
        senses=Senses(camera, PerceptionStage(backend or registry.create("perception", engines.perception)),
                      Worker("perception", live=clock.live, latency_s=PERCEPTION_LATENCY_S, timings=timings), notice),
        policy=policy or RulePolicy(),
        voice=Voice(tts, registry.create("gesture", engines.gesture, engines.device),
                    registry.create("face", engines.face, engines.device), _player(clock, sound, tts.rate_hz),
                    motions, faces,
                    Worker("speech, gesture, face", live=clock.live, latency_s=PLANNING_LATENCY_S, timings=timings),
                    rng, notice),
        stream=MotionStream(motions, gaze, Retargeter(model), model.joint_names, faces=faces),
        controller=Controller(model, robot.read()))
    return Pipeline(stages, config, notice=notice, rng=np.random.default_rng(engines.seed + 1), timings=timings)


def _player(clock: SimulatedClock | WallClock, sound: bool, rate_hz: int) -> Any:
    from gesture_robot.speech.playback import SimulatedPlayer, open_player

    if sound and isinstance(clock, WallClock):
        return open_player(clock.now_s, rate_hz)
    return SimulatedPlayer()
