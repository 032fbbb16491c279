"""What the page shows, out of the newest messages of all nodes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import Image, JointState

from gesture_robot.checks import Array
from gesture_robot.datatypes import Decision, RobotModel, SocialScene
from gesture_robot.errors import GestureRobotError, InvalidInput
from gesture_robot.msg import ControlStatus, FaceMotion, Interactions, People, SpeechAudio
from gesture_robot.nodes.convert.image import rgb_array
from gesture_robot.nodes.convert.joints import robot_state
from gesture_robot.nodes.convert.motion import face_value
from gesture_robot.nodes.convert.people import scene_value
from gesture_robot.page.state import NODE_FAILS, NODE_GONE, PageState, Picture
from gesture_robot.page.words import people_lines

DECISION = "decision"
GONE_S = 1.5
"""A node that did not report for longer than this is gone; it is forgotten after `FORGET_S`."""
FORGET_S = 600.0
PICTURES_KEPT = 8
"""A picture waits for its people, so that the overlays fit it."""
WORDS_BEFORE_S, WORDS_AHEAD_S, MOST_WORDS = 4.0, 2.0, 200
NO_PICTURE = np.full((3, 4, 3), 32, np.uint8)
WIDEST_PX = 960
"""Wider pictures are sent with every second or third pixel only."""
FACE_PX = (320, 240)
MOST_NODES = 60


class PageView:
    """Takes messages, makes states.

    Args:
        model: the robot.
        seconds: puts a stamp on the node's time.
        stale_s: people and pictures older than this are not shown.
        namespace: whose nodes are shown; empty: all that report.
    """

    def __init__(self, model: RobotModel, seconds: Callable[[Time], float], stale_s: float, namespace: str = ""):
        self._prefix = f"{namespace.strip('/')}/".lstrip("/")
        self._model, self._seconds, self._stale_s = model, seconds, stale_s
        self._images: deque[tuple[float, Image]] = deque(maxlen=PICTURES_KEPT)
        self._imaged_s = self._people_s = self._status_s = -np.inf
        self._interactions: deque[tuple[float, Interactions]] = deque(maxlen=PICTURES_KEPT)
        self._scene: SocialScene | None = None
        self._words: list[tuple[float, float, str]] = []
        self._nodes: dict[str, tuple[float, int, str]] = {}
        self._camera: Picture | None = None
        self._face: Picture | None = None
        self._decision = ("", "")
        self.picture_problem = ""
        """Why the newest picture cannot be shown."""
        self.decision_paused: bool | None = None
        """What the decision node reports."""
        self.status: ControlStatus | None = None
        self.positions: Array | None = None

    # --- input ------------------------------------------------------------------------------------------------

    def take_image(self, message: Image, now_s: float) -> None:
        """A picture; shown without overlays when perception is silent."""
        self._images.append((self._seconds(message.header.stamp), message))
        self._imaged_s = now_s
        if now_s - self._people_s > self._stale_s:
            self._camera = lambda: self._picture(message)

    def _picture(self, message: Image, scene: SocialScene | None = None) -> Array:
        """On the page's thread."""
        from gesture_robot.perception.annotate import annotate

        try:
            picture = rgb_array(message)
        except GestureRobotError as error:
            self.picture_problem = str(error)
            return NO_PICTURE
        self.picture_problem = ""
        if scene is not None:
            picture = annotate(picture, scene)
        step = -(-picture.shape[1] // WIDEST_PX)
        return picture[::step, ::step]

    def take_interactions(self, message: Interactions) -> None:
        """Behaviours of one picture."""
        self._interactions.append((self._seconds(message.header.stamp), message))

    def take_people(self, message: People, now_s: float) -> None:
        """People of one picture, drawn onto it."""
        stamp_s = self._seconds(message.header.stamp)
        interactions = next((m for s, m in self._interactions if abs(s - stamp_s) < 1e-3), None)
        scene = self._scene = scene_value(message, stamp_s, interactions)
        self._people_s = now_s
        image = next((m for s, m in self._images if abs(s - stamp_s) < 1e-3), None)
        if image is not None:
            self._camera = lambda: self._picture(image, scene)

    def take_decision(self, decision: Decision) -> None:
        """What the robot does about them."""
        self._decision = (decision.act, decision.reason)

    def take_status(self, message: ControlStatus, now_s: float) -> None:
        """What control does."""
        self.status, self._status_s = message, now_s

    def take_joints(self, message: JointState, now_s: float) -> None:
        """Where the robot is."""
        self.positions = robot_state(message, self._model.joint_names, now_s).positions

    def take_face(self, message: FaceMotion) -> None:
        """What the face shows; only the newest frame is drawn."""
        from gesture_robot.face.arkit import CHANNELS
        from gesture_robot.face.screen import draw_face

        motion = face_value(message)
        if motion.channels != CHANNELS or not len(motion.weights):
            return
        weights = motion.weights[-1]
        self._face = lambda: draw_face(weights, *FACE_PX)

    def take_speech(self, message: SpeechAudio) -> None:
        """Words with the times at which they are heard."""
        stamp_s = self._seconds(message.header.stamp)
        if message.kind == SpeechAudio.CANCEL:
            self._words = [word for word in self._words if word[0] < stamp_s]
        elif message.kind == SpeechAudio.AUDIO:
            self._words += [(stamp_s + w.start_s, stamp_s + w.end_s, w.text) for w in message.words]
            self._words = self._words[-MOST_WORDS:]

    def take_diagnostics(self, message: DiagnosticArray, now_s: float) -> None:
        """How a node is."""
        for status in message.status:
            name = status.name.removeprefix(self._prefix)
            if not status.name.startswith(self._prefix) or (name not in self._nodes and len(self._nodes) >= MOST_NODES):
                continue
            level = min(int.from_bytes(status.level, "little"), NODE_FAILS)
            self._nodes[name] = (now_s, level, status.message[:300])
            if name == DECISION:
                self.decision_paused = any(v.key == "enabled" and v.value == "false" for v in status.values)

    # --- output -----------------------------------------------------------------------------------------------

    def position(self, joint: str) -> float:
        """Where a joint is; raises GestureRobotError when nobody says, or for an unknown joint."""
        row = self._model.index(joint)
        if self.positions is None:
            raise InvalidInput("not moved: nobody says where the joints are, joint_states is silent.")
        return float(self.positions[row])

    def control_silent(self, now_s: float) -> bool:
        """Whether control says nothing."""
        return now_s - self._status_s > GONE_S

    def state(self, now_s: float, **more: Any) -> PageState:
        """Everything at this moment; `more` are further fields of PageState."""
        sees = now_s - self._people_s <= self._stale_s
        scene = self._scene if sees else None
        words, heard = self._heard(now_s)
        act, reason = self._decision
        return PageState(
            stamp_s=now_s, joint_positions=self.positions, camera_rgb=self._camera, face_rgb=self._face, act=act,
            reason=reason, spoken_words=words, spoken_word=heard, people=people_lines(scene) if scene else (),
            person_ids=tuple(sorted(p.id for p in scene.people)) if scene else (), nodes=self.nodes(now_s),
            status=self._status_lines(now_s, sees), **more)

    def nodes(self, now_s: float) -> tuple[tuple[str, int, str], ...]:
        """(name, level, message) of every node that was heard, in the order of their names."""
        self._nodes = {name: node for name, node in self._nodes.items() if now_s - node[0] < FORGET_S}
        return tuple((name, level, text) if now_s - heard_s <= GONE_S else
                     (name, NODE_GONE, f"silent for {now_s - heard_s:.0f} s")
                     for name, (heard_s, level, text) in sorted(self._nodes.items()))

    def _heard(self, now_s: float) -> tuple[tuple[str, ...], int]:
        words = [w for w in self._words if w[1] >= now_s - WORDS_BEFORE_S and w[0] <= now_s + WORDS_AHEAD_S]
        heard = next((k for k, w in enumerate(words) if w[0] <= now_s <= w[1]), -1)
        return tuple(w[2] for w in words), heard

    def _status_lines(self, now_s: float, sees: bool) -> tuple[tuple[str, str], ...]:
        status = self.status
        lines = [("camera", "live" if now_s - self._imaged_s <= self._stale_s else "no picture"),
                 ("perception", "live" if sees else "silent")]
        if status is None or self.control_silent(now_s):
            return (("control", "silent"), *lines)
        lines = [("drives", status.source or "nobody"),
                 ("hand speed limit", f"{status.hand_speed_limit_mps:.2f} m/s"), *lines]
        if status.slowed:
            lines.append(("slowed", ", ".join(status.slowed)))
        if status.blocked:
            lines.append(("blocked by its own body", ", ".join(status.blocked)))
        return tuple(lines)
