"""Between the loop and the page: operator's presses in, what is going on out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gesture_robot.datatypes import Command
from gesture_robot.errors import GestureRobotError
from gesture_robot.gesture.library import gesture_names
from gesture_robot.page.manual import PERIOD_S, ManualJoints
from gesture_robot.page.server import OperatorPage
from gesture_robot.page.state import PageEvent, PageState
from gesture_robot.page.words import people_lines
from gesture_robot.pipeline import TICK_S, Pipeline, Tick
from gesture_robot.recording.marks import Marks

SHOW_EVERY_TICKS = 4
MANUAL_EVERY_TICKS = round(PERIOD_S / TICK_S)
ANSWER_S = 0.6
"""A browser that did not answer for longer than this no longer moves joints."""
NOTE_S = 12.0


class PageLink:
    """Owns the page of one running robot."""

    def __init__(self, pipeline: Pipeline, bind: str, notice: Callable[[str], None], *, token: str = ""):
        self._pipeline, self._notice, self._ticks = pipeline, notice, 0
        self._manual = ManualJoints(pipeline.stages.model)
        self._note: tuple[float, str] = (-np.inf, "")
        self._page = OperatorPage(pipeline.stages.model, bind, gestures=[g for g in gesture_names() if g != "rest"],
                                  token=token, shows=("joints",))
        self.url, self.beyond_loopback = self._page.url, self._page.beyond_loopback

    def take_events(self) -> None:
        """Do what the operator asked for since the last tick; stop comes first, what was pressed before it is void."""
        events = self._page.poll()
        if self._page.stop_pressed.is_set():
            self._page.stop_pressed.clear()
            self._pipeline.stop("the page's stop button")
            # A stop that came after the poll is not among the events yet: all of them are older.
            last = max((k for k, event in enumerate(events) if event.kind == "stop"), default=len(events) - 1)
            events = events[last + 1 :]
        for event in events:
            try:
                self._do(event)
            except GestureRobotError as error:
                self._refuse(str(error))
        self._move_joints()

    def _refuse(self, why: str) -> None:
        self._notice(why)
        self._note = (self._pipeline.now_s, why)

    def _do(self, event: PageEvent) -> None:
        if event.kind == "release":
            self._pipeline.release()
        elif event.kind == "gesture":
            self._pipeline.gesture(event.value)
        elif event.kind == "say":
            self._pipeline.say(event.value)
        elif event.kind == "give_back":
            self._manual.release()
        elif event.kind == "joint":
            self._take_over(event.value, event.number)

    def _take_over(self, joint: str, target: float) -> None:
        if self._pipeline.stopped:
            self._refuse("not moved: the robot is stopped; release it first.")
            return
        stages = self._pipeline.stages
        position = float(stages.robot.read().positions[stages.model.index(joint)])
        self._manual.set(joint, target, position, self._pipeline.now_s)

    def _move_joints(self) -> None:
        """Send the joints that the operator holds, 20 times a second; a stop or a lost browser gives them back."""
        if not self._manual.names:
            return
        if self._pipeline.stopped or not self._page.answers(ANSWER_S):
            self._manual.release()
        elif self._ticks % MANUAL_EVERY_TICKS == 0:
            now_s = self._pipeline.now_s
            trajectory = self._manual.trajectory(now_s)
            if trajectory is not None:
                self._pipeline.stages.controller.submit(Command("teleop", now_s, trajectory), now_s)

    def show(self, tick: Tick, marks: Marks) -> None:
        """Send the newest state, 25 times a second and only while somebody looks."""
        self._ticks += 1
        if self._ticks % SHOW_EVERY_TICKS == 0 and self._page.has_visitor():
            self._page.update(self._state(tick, marks))

    def _state(self, tick: Tick, marks: Marks) -> PageState:
        from gesture_robot.face.screen import draw_face
        from gesture_robot.perception.annotate import annotate

        stages, decision = self._pipeline.stages, self._pipeline.decision
        status, senses = stages.controller.status(), stages.senses
        words = [m for m in marks.window(tick.now_s) if m.lane == "word" and m.start_s <= tick.now_s + 2.0]
        heard = next((k for k, m in enumerate(words) if m.start_s <= tick.now_s <= m.end_s), -1)
        image, scene, weights = senses.image, senses.scene, stages.faces.weights(tick.now_s)
        blind = senses.age_s(tick.now_s) > self._pipeline.config.stale_s
        return PageState(
            stamp_s=tick.now_s,
            joint_positions=np.array(stages.robot.read().positions),
            camera_rgb=None if image is None else lambda: annotate(image.rgb, scene),
            face_rgb=lambda: draw_face(weights, 320, 240),
            act=decision.act,
            reason=decision.reason,
            mode=status.mode,
            stopped=self._pipeline.stopped,
            spoken_words=tuple(m.text for m in words),
            spoken_word=heard,
            people=() if blind else people_lines(scene),
            manual=self._manual.names,
            notes=(self._note[1],) if 0.0 <= tick.now_s - self._note[0] < NOTE_S else (),
            status=(
                ("drives", status.source or "nobody"),
                ("hand speed limit", f"{status.hand_speed_limit_mps:.2f} m/s"),
                ("camera", "no picture" if blind else "live"),
            ),
        )

    def close(self) -> None:
        """Take the page down."""
        self._page.close()
