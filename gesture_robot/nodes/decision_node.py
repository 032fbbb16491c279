"""The decision node: people in, one decision for each picture out; greetings and farewells become goals of `say`.

Time is the pictures' own: a policy counts on the stamps of the people messages, so the same recorded messages give the
same decisions, at whatever rate they are played. What cannot be said (stopped, paused, speech refuses) is not
remembered as said.
"""

from __future__ import annotations

import sys
from inspect import signature
from typing import Any

from builtin_interfaces.msg import Time
from std_srvs.srv import SetBool

from gesture_robot import registry
from gesture_robot.datatypes import Decision, SocialScene
from gesture_robot.errors import InvalidInput
from gesture_robot.msg import ControlStatus, Interactions, People
from gesture_robot.msg import Decision as DecisionMessage
from gesture_robot.nodes import topics
from gesture_robot.nodes.base import StageNode
from gesture_robot.nodes.config.decision import DecisionNodeConfig
from gesture_robot.nodes.convert.people import decision_message, scene_value
from gesture_robot.nodes.decision_voice import Voice
from gesture_robot.nodes.one_sender import OneSender
from gesture_robot.nodes.runner import run
from gesture_robot.srv import Greet

SPOKEN_ACTS = ("greet", "farewell")
OLD_S, FUTURE_S = 1.0, 0.5
PAUSED = "paused by the operator"


class DecisionNode(StageNode):
    """Asks the policy about every picture."""

    stage = "decision"
    config_type = DecisionNodeConfig

    def connect(self) -> None:
        """See StageNode."""
        self._policy: Any = None
        self._memory: Any = None
        self._before: Any = None
        self._enabled, self._stopped = True, False
        self._scene = SocialScene(float("-inf"))
        self._frame, self._stamp = "", Time()
        self._interactions: Interactions | None = None
        self._sender = OneSender(self.config.stale_s)
        self._decision = Decision("none", "nothing seen yet")
        self._decisions = self.create_publisher(DecisionMessage, topics.DECISION, topics.LATCHED)
        self._voice = Voice(self, self._unsaid)
        self.create_service(SetBool, topics.ENABLE_DECISIONS, self._on_enable)
        self.create_service(Greet, topics.GREET, self._on_greet)
        # Neither decides when something happens, so neither wakes the node.
        self.listen(ControlStatus, topics.CONTROL_SOURCE, self._on_status, topics.LATCHED, always=True, single=True,
                    polled=True)
        self.listen(Interactions, topics.INTERACTIONS, self._on_interactions, topics.STREAM, single=True, polled=True)
        self.listen(People, topics.PEOPLE, self._on_people, topics.STREAM, single=True)
        # Set back by every people message: it only fires when they stay away.
        self._loss = self.every(self.config.stale_s, self._go_blind)

    def setup(self) -> None:
        """See StageNode."""
        config = self.config
        engine = registry.load("decision", config.engine)
        self._policy = engine(config.decision) if "config" in signature(engine).parameters else engine()
        self._memory = self._policy.initial()
        self._sender = OneSender(config.stale_s)
        self._loss.timer_period_ns = round(config.stale_s * 1e9)
        self.health.facts |= {"engine": config.engine, "provider": "cpu"}

    def start(self) -> None:
        """See StageNode."""
        now_s = self.now_s()
        self.health.expect(topics.PEOPLE, self.config.stale_s, now_s)
        self._scene = SocialScene(float("-inf"))
        self._loss.reset()
        self._publish(Decision("none", "nothing seen yet"), self.stamp(now_s))

    def halt(self) -> None:
        """See StageNode."""
        self.health.expect(topics.PEOPLE, None, self.now_s())
        if self.context.ok():  # not at the end, when nothing can be sent any more
            self._publish(Decision("none", "the decision node was deactivated"), self.stamp(self.now_s()))

    # --- messages ---------------------------------------------------------------------------------------------

    def _on_status(self, message: ControlStatus) -> None:
        self._stopped = message.stopped

    def _on_interactions(self, message: Interactions) -> None:
        self._interactions = message

    def _on_people(self, message: People) -> None:
        now_s = self.now_s()
        self._sender.admit(self.sender, now_s)
        self.poll()
        scene = scene_value(message, self._stamp_s(message, now_s), self._of_same_picture(message))
        self._scene, self._frame = scene, message.header.frame_id
        self._loss.reset()
        self._voice.update(now_s)
        self._stamp = message.header.stamp  # as it came: seconds as a float lose the last digits
        self._publish(self._decide(scene, now_s), self._stamp)
        self.health.tick("decisions", now_s, now_s - scene.stamp_s)

    def _stamp_s(self, message: People, now_s: float) -> float:
        stamp_s = self.seconds(message.header.stamp)
        if now_s - stamp_s > OLD_S:
            raise InvalidInput(f"people are from {now_s - stamp_s:.1f} s ago, which is too old. A recording is played "
                               "with --clock, to nodes with use_sim_time:=true.")
        if stamp_s - now_s > FUTURE_S:
            raise InvalidInput(f"people are stamped {stamp_s - now_s:.1f} s in the future; set the clocks of the "
                               "computers alike.")
        if stamp_s <= self._scene.stamp_s:
            raise InvalidInput("people of a picture that was seen already, or out of order.")
        return stamp_s

    def _of_same_picture(self, message: People) -> Interactions | None:
        found = self._interactions
        return found if found is not None and found.header.stamp == message.header.stamp else None

    # --- deciding ---------------------------------------------------------------------------------------------

    def _decide(self, scene: SocialScene, now_s: float) -> Decision:
        memory, decision = self._policy.decide(self._memory, scene.people, scene.engagement, scene.stamp_s)
        spoken = decision.act in SPOKEN_ACTS
        hindrance = self._hindrance(now_s) if spoken else ""
        if hindrance:  # not said, so it must not be remembered as said
            decision = Decision("none", f"{hindrance}; otherwise: {decision.act}, {decision.reason}")
        else:
            if spoken:
                self._speak(decision, now_s)
            self._memory = memory
        return decision if self._enabled else Decision("none", PAUSED)

    def _hindrance(self, now_s: float) -> str:
        if not self._enabled:
            return PAUSED
        if self._stopped:
            return "stopped"
        hindrance = self._speech_hindrance(now_s)
        if hindrance:
            self.refuse(topics.SAY, hindrance)
        return hindrance

    def _speech_hindrance(self, now_s: float) -> str:
        return self._voice.hindrance(now_s) if self.config.speak else ""

    def _speak(self, decision: Decision, now_s: float) -> None:
        self._before = self._memory
        if self.config.speak:
            self._voice.say(decision, now_s)

    def _unsaid(self) -> None:
        """Speech did not take it: as if it had not been decided."""
        self._memory = self._before

    def _go_blind(self) -> None:
        now_s = self.now_s()
        self.poll()
        self._voice.update(now_s)
        if self._decision.act != "none" or self._decision.look_at_base is not None:
            self._publish(Decision("none", "no picture from the camera"), self.stamp(now_s))

    def _publish(self, decision: Decision, stamp: Time) -> None:
        self._decision = decision
        self._decisions.publish(decision_message(decision, stamp, self._frame))
        self.health.facts["decision"] = f"{decision.act}: {decision.reason}"

    # --- operator ---------------------------------------------------------------------------------------------

    def _on_enable(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._enabled = bool(request.data)
        self.health.facts["enabled"] = str(self._enabled).lower()
        if self.active and not self._enabled:
            self._publish(Decision("none", PAUSED), self.stamp(self.now_s()))
        response.success, response.message = True, "decides" if self._enabled else PAUSED
        return response

    def _on_greet(self, request: Greet.Request, response: Greet.Response) -> Greet.Response:
        try:
            decision = self._greet(request.person_id)
        except InvalidInput as error:
            response.message = str(error)
            return response
        response.accepted, response.message = True, decision.reason
        return response

    def _greet(self, person_id: str) -> Decision:
        now_s = self.now_s()
        self.poll()
        if not self.active:
            raise InvalidInput(f"the decision node is {self.state}; activate it first.")
        if self._stopped:
            raise InvalidInput("the robot is stopped; release it first.")
        if not hasattr(self._policy, "greet"):
            raise InvalidInput(f"the engine '{self.config.engine}' cannot greet at will; rules can.")
        if now_s - self._scene.stamp_s > self.config.stale_s:
            raise InvalidInput("nobody is in sight: no people messages come.")
        hindrance = self._speech_hindrance(now_s)
        if hindrance:
            raise InvalidInput(f"{hindrance}.")
        memory, decision = self._policy.greet(self._memory, self._scene.people, person_id, self._scene.stamp_s)
        self._speak(decision, now_s)
        self._memory = memory
        self._publish(decision, self._stamp)
        return decision

    def close(self) -> None:
        """See StageNode."""
        self._voice.destroy()
        super().close()


def main() -> int:
    """Run the node."""
    return run([DecisionNode])


if __name__ == "__main__":
    sys.exit(main())
