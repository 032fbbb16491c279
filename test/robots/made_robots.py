"""URDFs of made-up robots whose parts are known: any number of joints, any frames, any names.

A robot is laid out in the world at its zero pose (joint places and axes), then written down with link frames turned at
random, axes and limits flipped at random, and the whole turned about the vertical: what a maker may do.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

X, Y, Z = np.eye(3)
ARMS = {
    "7": ("pitch", "roll", "yaw", "elbow", "fore_yaw", "wrist_pitch", "wrist_roll"),
    "6": ("pitch", "roll", "yaw", "elbow", "fore_yaw", "wrist_pitch"),
    "5": ("pitch", "roll", "yaw", "elbow", "fore_yaw"),
    "5, no upper arm turn": ("pitch", "roll", "elbow", "fore_yaw", "wrist_pitch"),
    "4, no wrist": ("pitch", "roll", "yaw", "elbow"),
    "4, no upper arm turn": ("pitch", "roll", "elbow", "fore_yaw"),
}
_AXES = {"pitch": Y, "roll": X, "yaw": Z, "elbow": Y, "fore_yaw": Z, "wrist_pitch": Y, "wrist_roll": X}
SHOULDER_M, ELBOW_M, WRIST_M, KNUCKLES_M = (np.array([0.0, 0.2, z]) for z in (1.2, 0.9, 0.64, 0.55))
_LIMITS = {"elbow": (-2.2, 0.1)}


@dataclass
class MadeRobot:
    """Text, and what must be found; names as in the text, points in the root link at zero."""

    urdf: str
    arms: dict[str, tuple[str, ...]]
    elbows: dict[str, str]
    torso: tuple[str, ...]
    neck: tuple[str, ...]
    lift: str
    front: np.ndarray
    points: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]
    fingers: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class Choice:
    """What to make."""

    arm: str = "7"
    sides: tuple[str, ...] = ("left", "right")
    torso: int = 2
    neck: int = 2
    lift: bool = False
    fingers: str = ""
    """"", "mimic" (one joint drives three), "free" (each its own) or "gripper"."""
    legs: bool = False
    named: bool = True
    shapes: bool = True
    heading_rad: float = 0.0
    raised: bool = False
    """Zero pose with the arms forward instead of hanging."""
    bent: bool = False
    """Zero pose with every joint of the arms somewhere in its range."""


class _Writer:
    def __init__(self, choice: Choice, rng: np.random.Generator):
        self.choice, self.rng = choice, rng
        self.parts: list[str] = []
        self.frames = {"base": np.eye(4)}
        self.count = 0
        self.turn = _about(Z, choice.heading_rad)
        self.link("base", 0.1)

    def link(self, name: str, size_m: float, extra: str = "") -> None:
        box = f"<visual><geometry><box size='{size_m} {size_m} {size_m}'/></geometry></visual>"
        weight = (
            f"<inertial><mass value='{size_m}'/><inertia ixx='.01' iyy='.01' izz='.01' ixy='0' ixz='0' iyz='0'/>"
            "</inertial>"
        )
        self.parts.append(f"<link name='{name}'>{(box + weight) * self.choice.shapes}{extra}</link>")

    def joint(self, name, parent, place, axis, kind="revolute", limits=(-2.0, 2.0), mimic="", child="", size=0.06):
        """One joint at a place (3,) in the world with a frame of its own; returns the child link."""
        self.count += 1
        named = self.choice.named
        name = name if named else f"j{self.count}"
        child = child if child and (named or kind == "fixed") else f"{name}_link"
        frame = np.eye(4)
        frame[:3, :3] = _about(self.rng.normal(size=3), self.rng.uniform(0, 3))
        frame[:3, 3] = self.turn @ place
        flip = -1.0 if self.rng.random() < 0.5 else 1.0
        local = flip * frame[:3, :3].T @ self.turn @ axis
        low, high = sorted(flip * np.array(limits))
        origin = np.linalg.inv(self.frames[parent]) @ frame
        inner = f"<limit lower='{low}' upper='{high}' velocity='4' effort='9'/>" if kind != "fixed" else ""
        follows = f"<mimic joint='{mimic}'/>" if mimic else ""
        if mimic:
            self.flip_of_mimic = flip
        self.parts.append(
            f"<joint name='{name}' type='{kind}'><parent link='{parent}'/><child link='{child}'/>"
            f"<origin xyz='{_text(origin[:3, 3])}' rpy='{_text(_rpy(origin[:3, :3]))}'/>"
            f"<axis xyz='{_text(local)}'/>{inner}{follows}</joint>"
        )
        self.frames[child] = frame
        self.link(child, size)
        return name, child


def make_robot(choice: Choice, seed: int = 0) -> MadeRobot:
    """Write a robot down."""
    writer = _Writer(choice, np.random.default_rng(seed))
    chest, lift, torso = "base", "", []
    if choice.lift:
        lift, chest = writer.joint("torso_lift", chest, 0.4 * Z, Z, "prismatic", (0.0, 0.3))
    for k in range(choice.torso):
        axis = (Z, Y, X)[k]
        name, chest = writer.joint(("waist_yaw", "waist_pitch", "waist_roll")[k], chest, 0.9 * Z, axis, size=0.2)
        torso.append(name)
    head, neck = chest, []
    for k in range(choice.neck):
        name, head = writer.joint(("neck_yaw", "neck_pitch", "neck_roll")[k], head, (1.35 + 0.02 * k) * Z, (Z, Y, X)[k])
        neck.append(name)
    writer.joint("eye", head, 1.45 * Z + 0.1 * X, X, "fixed", child="head_camera" if choice.neck else "camera")
    made = MadeRobot("", {}, {}, tuple(torso), tuple(neck), lift, writer.turn @ X, {})
    for side in choice.sides:
        _arm(writer, made, chest, side)
    if choice.legs:
        for side in ("left", "right"):
            _leg(writer, side)
    made.urdf = f"<robot name='made'>{''.join(writer.parts)}</robot>"
    return made


def _arm(writer: _Writer, made: MadeRobot, chest: str, side: str) -> None:
    choice = writer.choice
    pose = _Layout(side, choice.raised)
    rng = np.random.default_rng(len(ARMS[choice.arm]))
    places = {"pitch": SHOULDER_M, "roll": SHOULDER_M, "yaw": SHOULDER_M - 0.1 * Z, "elbow": ELBOW_M}
    places |= {"fore_yaw": ELBOW_M - 0.2 * Z, "wrist_pitch": WRIST_M, "wrist_roll": WRIST_M}
    link, names, shoulder = chest, [], writer.turn @ pose.place(SHOULDER_M)
    for part in ARMS[choice.arm]:
        limits = np.array(_LIMITS.get(part, (-2.4, 2.4)))
        at = rng.uniform(*limits) * 0.7 if choice.bent else 0.0
        place, axis = pose.place(places[part]), pose.direction(_AXES[part])
        name, link = writer.joint(f"{side}_{_WORDS[part]}", link, place, axis, limits=limits - at)
        names.append(name)
        if part == "elbow":
            made.elbows[side] = name
            elbow = writer.turn @ pose.place(ELBOW_M)
        pose.bend(place, axis, at * (1.0 if side == "left" or part in ("pitch", "elbow", "wrist_pitch") else -1.0))
    made.arms[side] = tuple(names)
    made.points[side] = (shoulder, elbow, writer.turn @ pose.place(WRIST_M))
    _, palm = writer.joint(f"{side}_palm_fixed", link, pose.place(WRIST_M), X, "fixed", child=f"{side}_palm")
    _hand(writer, made, pose, palm, side)


_WORDS = {
    "pitch": "shoulder_pitch",
    "roll": "shoulder_roll",
    "yaw": "shoulder_yaw",
    "elbow": "elbow",
    "fore_yaw": "forearm_yaw",
    "wrist_pitch": "wrist_pitch",
    "wrist_roll": "wrist_roll",
}


def _hand(writer: _Writer, made: MadeRobot, pose: _Layout, palm: str, side: str) -> None:
    """Fingers curl towards the body: the palm looks inwards (-y of the left hand)."""
    kind = writer.choice.fingers
    if not kind:
        writer.joint(f"{side}_tool_fixed", palm, pose.place(KNUCKLES_M), X, "fixed", child=f"{side}_hand_tool")
        return
    found: list[str] = []
    leader, sign = "", 0.0
    for k, finger in enumerate(("index", "middle", "pinky")):
        at = KNUCKLES_M + (0.03 - 0.03 * k) * X
        if kind == "gripper":
            at, inward = KNUCKLES_M + (0.04 if k == 0 else -0.04) * Y, (X if k == 0 else -X)
            if k == 2:
                break
        else:
            inward = X
        follower = bool(leader) and kind in ("mimic", "gripper")
        state = writer.rng.bit_generator.state
        name, link = writer.joint(
            f"{side}_{finger}", palm, pose.place(at), pose.turn(inward), limits=(-1.4, 0.0), size=0.03,
            mimic=leader if follower else "",
        )  # fmt: skip
        if follower:  # a follower needs the sign of its leader, whatever its own frame is
            _same_sign(writer, state, sign)
        else:
            leader, sign = name, _flip_of(state)
            found.append(name)
        writer.joint(f"{side}_{finger}_end", link, pose.place(at - 0.06 * Z), X, "fixed", child=f"{link}_tip")
    made.fingers[side] = tuple(found)


def _flip_of(state: dict) -> float:
    rng = np.random.default_rng(0)
    rng.bit_generator.state = state
    rng.normal(size=3)
    rng.uniform(0, 3)
    return -1.0 if rng.random() < 0.5 else 1.0


def _same_sign(writer: _Writer, state: dict, sign: float) -> None:
    """The mimic joint was written last but one (its link came after)."""
    if _flip_of(state) != sign:
        writer.parts[-2] = writer.parts[-2].replace("<mimic joint", "<mimic multiplier='-1' joint")


def _leg(writer: _Writer, side: str) -> None:
    y = 0.1 if side == "left" else -0.1
    link = "base"
    steps = (("hip_yaw", 0.6, Z), ("hip_roll", 0.6, X), ("hip_pitch", 0.6, Y), ("knee", 0.3, Y), ("ankle", 0.05, Y))
    for name, height, axis in steps:
        _, link = writer.joint(f"{side}_{name}", link, np.array([0.0, y, height]), axis)
    writer.joint(f"{side}_foot_fixed", link, np.array([0.06, y, 0.0]), X, "fixed", child=f"{side}_foot")


class _Layout:
    """A side's places, and hanging or raised arms."""

    def __init__(self, side: str, raised: bool):
        self.mirror = np.diag([1.0, 1.0 if side == "left" else -1.0, 1.0])
        self.lift = _about(Y, -np.pi / 2) if raised else np.eye(3)
        self.bent = np.eye(4)

    def bend(self, place: np.ndarray, axis: np.ndarray, angle: float) -> None:
        """Everything further out is turned about an axis in the world."""
        turn = np.eye(4)
        turn[:3, :3] = _about(axis, angle)
        turn[:3, 3] = place - turn[:3, :3] @ place
        self.bent = turn @ self.bent

    def place(self, point: np.ndarray) -> np.ndarray:
        straight = self.mirror @ (SHOULDER_M + self.lift @ (point - SHOULDER_M))
        return self.bent[:3, :3] @ straight + self.bent[:3, 3]

    def direction(self, axis: np.ndarray) -> np.ndarray:
        """Of a joint whose positive turn is about `axis` (for roll and yaw: mirrored by the limits, which are even)."""
        return self.bent[:3, :3] @ self.lift @ axis

    def turn(self, axis: np.ndarray) -> np.ndarray:
        """An axis of turning whose sense is mirrored too."""
        return self.bent[:3, :3] @ self.mirror @ self.lift @ axis * np.linalg.det(self.mirror)


def _about(axis: np.ndarray, angle: float) -> np.ndarray:
    x, y, z = np.asarray(axis) / np.linalg.norm(axis)
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew


def _rpy(matrix: np.ndarray) -> np.ndarray:
    pitch = np.arcsin(np.clip(-matrix[2, 0], -1, 1))
    return np.array([np.arctan2(matrix[2, 1], matrix[2, 2]), pitch, np.arctan2(matrix[1, 0], matrix[0, 0])])


def _text(values: np.ndarray) -> str:
    return " ".join(f"{v:.12g}" for v in values)
