"""All stages in one process, without ROS: camera -> people -> decision -> speech, gesture, face -> joints -> robot.

One tick is 10 ms. Everything is asked of the stages in the order of the data; `control` alone commands the robot.
Time is counted in ticks, so a run with a simulated clock repeats exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.control.controller import Controller
from gesture_robot.datatypes import Decision, JointTrajectory, RobotModel, SocialScene
from gesture_robot.face.player import FacePlayer
from gesture_robot.gesture.gaze import GazeLayer
from gesture_robot.gesture.library import gesture_mask, make_gesture
from gesture_robot.gesture.player import MotionPlayer
from gesture_robot.protocols import DecisionPolicy
from gesture_robot.robots.head_camera import camera_pose
from gesture_robot.robots.kinematics import Kinematics
from gesture_robot.runtime.motion import MotionStream
from gesture_robot.runtime.senses import Senses
from gesture_robot.runtime.timing import Timings
from gesture_robot.runtime.voice import Piece, Utterance, Voice
from gesture_robot.settings import check_settings, setting

TICK_S = 0.01
SPOKEN_ACTS = ("greet", "farewell")
FORGET_TICKS = 100
"""The face player drops what it has shown when it is asked; without page and video nobody else does."""


@dataclass(frozen=True, slots=True)
class PipelineConfig:
    """How the stages work together."""

    stale_s: float = setting(0.7, "without a picture for this long nothing new is said and the robot comes to rest",
                             unit="s", low=0.1, high=10.0)
    smile_s: float = setting(4.0, "how long the face keeps the expression of a decision", unit="s", low=0.0, high=60.0)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """The parts of one robot."""

    model: RobotModel
    robot: Any
    senses: Senses
    policy: DecisionPolicy[Any]
    voice: Voice
    motions: MotionPlayer
    gaze: GazeLayer
    faces: FacePlayer
    stream: MotionStream
    controller: Controller


@dataclass(frozen=True, slots=True, eq=False)
class Tick:
    """What happened in one tick, for recording and for the page."""

    now_s: float
    sent: JointTrajectory
    scene: SocialScene | None
    decision: Decision | None
    piece: Piece | None
    act: str = ""
    """Something the operator or the robot itself began in this tick."""
    silenced: bool = False
    """All speech ended at `now_s`, before anything else in this tick."""


class Pipeline:
    """Runs the loop tick by tick."""

    def __init__(self, stages: Stages, config: PipelineConfig = PipelineConfig(), *,
                 notice: Callable[[str], None] = print, rng: np.random.Generator | None = None,
                 timings: Timings | None = None):
        self.stages, self.config, self._notice = stages, config, notice
        self._rng = rng if rng is not None else np.random.default_rng(0)
        self._kinematics = Kinematics(stages.model)
        self._memory = stages.policy.initial()
        self._ticks = 0
        self._calm_s: float | None = None
        self._acts: list[str] = []
        self._silenced = False
        self._sent: JointTrajectory | None = None
        self._closed = False
        self.timings = timings if timings is not None else Timings()
        self.decision = Decision("none", "nothing seen yet")
        self.stopped = False

    @property
    def now_s(self) -> float:
        """Time of the next tick."""
        return self._ticks * TICK_S

    # --- operator ---------------------------------------------------------------------------------------------

    def stop(self, reason: str = "operator") -> None:
        """Brake now, hold, be silent; latched until `release`."""
        self.stages.controller.stop(self.now_s, reason)
        if self.stopped:
            return
        self.stopped = self._silenced = True
        self._acts.append(f"stop: {reason}")
        self.stages.voice.cancel(self.now_s)

    def release(self) -> None:
        """Allow motion again; it begins anew from where the robot is measured to be."""
        if not self.stopped:
            return
        s = self.stages
        s.controller.release(self.now_s, s.robot.read())
        s.motions.clear()
        s.gaze.target(None, self.now_s)
        self.stopped = False
        self._acts.append("release")

    def say(self, text: str, emotion: str = "neutral") -> None:
        """Say something, unless stopped."""
        if self.stopped:
            self._notice("not said: the robot is stopped; release it first.")
        elif text.strip():
            self.stages.voice.say(Utterance(text, emotion))

    def gesture(self, name: str) -> None:
        """Play a named gesture now; raises UnknownName."""
        motion = make_gesture(name, rng=self._rng)
        if self.stopped:
            self._notice("not moved: the robot is stopped; release it first.")
            return
        self.stages.motions.play(motion, self.now_s + 0.1, mask=gesture_mask(name))
        self._acts.append(f"gesture: {name}")

    # --- the loop ---------------------------------------------------------------------------------------------

    def tick(self) -> Tick:
        """Advance everything by 10 ms."""
        now_s, s = self.now_s, self.stages
        scene = s.senses.update(now_s, self._base_from_camera)
        age_s = s.senses.age_s(now_s)
        decided = self._decide(scene, now_s) if scene is not None else None
        if age_s > self.config.stale_s:
            self._go_blind()
        piece = s.voice.update(now_s)
        self._calm_face(now_s)
        with self.timings.measure("motion and retarget"):
            self._move(now_s, age_s)
        nearest_m = min((p.distance_m for p in s.senses.scene.people), default=None)
        with self.timings.measure("control"):
            sent = s.controller.step(now_s, nearest_person_m=nearest_m, perception_age_s=age_s)
        with self.timings.measure("robot"):
            s.robot.follow(sent)
            self._sent = sent
            s.robot.advance(TICK_S)
        self._ticks += 1
        if self._ticks % FORGET_TICKS == 0:
            s.faces.weights(now_s)
        act, self._acts = "; ".join(self._acts), []
        silenced, self._silenced = self._silenced, False
        return Tick(now_s, sent, scene, decided, piece, act, silenced)

    def _base_from_camera(self) -> Array:
        state = self.stages.robot.read()
        return camera_pose(self._kinematics, self.stages.model, state.positions)

    def _decide(self, scene: SocialScene, now_s: float) -> Decision:
        memory, decision = self.stages.policy.decide(self._memory, scene.people, scene.engagement, scene.stamp_s)
        if self.stopped and decision.act in SPOKEN_ACTS:
            # Not said, so it must not be remembered as said.
            self.decision = Decision("none", f"stopped; otherwise: {decision.act}, {decision.reason}")
            return self.decision
        self._memory, self.decision = memory, decision
        if self.stopped:
            return decision
        self._look(decision, now_s)
        if decision.act in SPOKEN_ACTS:
            self.stages.voice.say(Utterance(decision.text, decision.expression, decision.language, decision.motion))
            self.stages.faces.express(decision.expression, 0.7, now_s)
            self._calm_s = now_s + self.config.smile_s
        return decision

    def _look(self, decision: Decision, now_s: float) -> None:
        direction = None
        if decision.look_at_base is not None:
            line = decision.look_at_base - self._base_from_camera()[:3, 3]
            direction = line / max(float(np.linalg.norm(line)), 1e-6)
        self.stages.gaze.target(direction, now_s)
        self.stages.faces.look(self.stages.gaze.eye_direction_head(now_s), now_s)

    def _go_blind(self) -> None:
        if self.decision.act != "none" or self.decision.look_at_base is not None:
            self.decision = Decision("none", "no picture from the camera")
            self.stages.gaze.target(None, self.now_s)
            self.stages.faces.look(self.stages.gaze.eye_direction_head(self.now_s), self.now_s)

    def _calm_face(self, now_s: float) -> None:
        if self._calm_s is not None and now_s >= self._calm_s:
            self.stages.faces.express("neutral", 0.0, now_s)
            self._calm_s = None

    def _move(self, now_s: float, age_s: float) -> None:
        s = self.stages
        playing = s.voice.busy(now_s) or now_s < s.motions.active_until_s
        if self.stopped or (age_s > self.config.stale_s and not playing):
            s.stream.skip(now_s)
            return
        for command in s.stream.update(now_s):
            s.controller.submit(command, now_s)

    def close(self) -> None:
        """Bring the robot to rest, then free camera, audio and robot, whatever fails on the way.

        What was sent last ends at rest, so the robot brakes within its limits also when the loop broke off.
        """
        s = self.stages
        if self._closed:
            return
        self._closed = True
        with ExitStack() as closing:
            for close in (s.robot.close, s.senses.close, s.voice.close, s.robot.hold):
                closing.callback(close)
            if self._sent is not None:
                s.robot.advance(float(self._sent.times_s[-1]))
