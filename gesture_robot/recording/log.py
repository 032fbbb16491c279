"""Everything a run leaves behind, kept in memory while it runs and written once at the end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import BodyMotion, Decision, FaceMotion, JointTrajectory, SocialScene
from gesture_robot.errors import OutputUnwritable
from gesture_robot.face.player import FacePlayer
from gesture_robot.pipeline import Tick
from gesture_robot.runtime.voice import Piece

FACE_FPS = 60.0
FILES = ("speech.wav", "motion.npz", "face.npz", "trajectory.npz", "report.json", "demo.mp4")
BODY_FPS = 30.0


@dataclass(slots=True, eq=False)
class RunLog:
    """The record of one run."""

    joint_names: tuple[str, ...]
    times_s: list[float] = field(default_factory=list)
    positions: list[Array] = field(default_factory=list)
    """Commanded joints per tick."""
    velocities: list[Array] = field(default_factory=list)
    measured: list[Array] = field(default_factory=list)
    """Measured joints at `times_s`."""
    decisions: list[tuple[float, Decision]] = field(default_factory=list)
    """Decisions whose act or person differs from the one before, and all that are spoken."""
    scenes: list[SocialScene] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    acts: list[tuple[float, str]] = field(default_factory=list)
    face_weights: list[Array] = field(default_factory=list)
    _last: JointTrajectory | None = None
    """What was sent last: the robot follows it to its end, at rest."""
    _measured_now: Array | None = None

    def add(self, tick: Tick, measured: Array, faces: FacePlayer) -> None:
        """Take one tick; `measured` (J,) after it. Rows are copied: a view would keep the whole braking path alive."""
        self.times_s.append(tick.sent.start_s + float(tick.sent.times_s[0]))
        self.positions.append(tick.sent.positions[0].copy())
        self.velocities.append(tick.sent.velocities[0].copy())
        self.measured.append(self.positions[0] if self._measured_now is None else self._measured_now)
        self._last, self._measured_now = tick.sent, measured
        if tick.silenced:
            self.pieces = [heard for p in self.pieces if (heard := until(p, tick.now_s)) is not None]
        if tick.scene is not None:
            self.scenes.append(without_landmarks(tick.scene))
        if tick.decision is not None and self._news(tick.decision):
            self.decisions.append((tick.now_s, tick.decision))
        if tick.piece is not None:
            self.pieces.append(tick.piece)
        if tick.act:
            self.acts.append((tick.now_s, tick.act))
        while len(self.face_weights) / FACE_FPS <= tick.now_s + 1e-9:
            self.face_weights.append(faces.weights(len(self.face_weights) / FACE_FPS))

    def _news(self, decision: Decision) -> bool:
        if not self.decisions or decision.act in ("greet", "farewell"):
            return True
        last = self.decisions[-1][1]
        return (last.act, last.person_id) != (decision.act, decision.person_id)

    @property
    def duration_s(self) -> float:
        """Length of the run."""
        return self.times_s[-1] - self.times_s[0] if self.times_s else 0.0

    def trajectory(self) -> JointTrajectory:
        """The one stream of joint commands, with the way to rest that was sent last."""
        assert self._last is not None, "nothing was sent"
        rest = self._last
        times = np.concatenate([self.times_s, rest.start_s + rest.times_s[1:]])
        positions = np.concatenate([np.stack(self.positions), rest.positions[1:]])
        velocities = np.concatenate([np.stack(self.velocities), rest.velocities[1:]])
        return JointTrajectory(self.joint_names, 0.0, times, positions, velocities)

    def audio(self) -> tuple[Array, int]:
        """All speech on one track: (samples (N,) float32, rate)."""
        rate = self.pieces[0].speech.rate_hz if self.pieces else 22050
        end_s = max([self.duration_s, *(p.heard_s + p.speech.duration_s for p in self.pieces)])
        track = np.zeros(int(np.ceil(end_s * rate)) + 1, np.float32)
        for piece in self.pieces:
            first = int(round(piece.heard_s * rate))
            samples = piece.speech.samples[: len(track) - first]
            track[first : first + len(samples)] += samples
        return np.clip(track, -1.0, 1.0), rate


def until(piece: Piece, end_s: float) -> Piece | None:
    """What of a piece was heard before all speech ended at `end_s`; None when nothing was."""
    speech, left_s = piece.speech, end_s - piece.heard_s
    if left_s >= speech.duration_s:
        return piece
    samples = speech.samples[: max(int(left_s * speech.rate_hz), 0)]
    if not len(samples):
        return None
    words = tuple(w for w in speech.words if w.end_s <= left_s)
    phonemes = tuple(p for p in speech.phonemes if p.end_s <= left_s)
    return replace(piece, speech=replace(speech, samples=samples, words=words, phonemes=phonemes))


def without_landmarks(scene: SocialScene) -> SocialScene:
    """The scene without the 500 points per person that nothing looks at afterwards: a long run stays small."""
    slim = tuple(
        replace(p, face_landmarks_px=np.zeros((0, 3)), body_keypoints_px=np.zeros((0, 4))) for p in scene.people
    )
    return replace(scene, people=slim)


def make_folder(path: str | Path) -> Path:
    """The output folder, created and known to be writable; raises OutputUnwritable."""
    folder = Path(path)
    taken = [name for name in FILES if (folder / name).is_dir()]
    if not str(path) or taken:
        what = f"'{folder / taken[0]}' is a folder" if taken else "its name is empty"
        raise OutputUnwritable(f"cannot write the results: {what}; give another folder with --out DIR.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputUnwritable(
            f"cannot write to '{folder}' ({error.strerror}); give a folder you may write to with --out DIR."
        ) from None
    return folder


def save_files(log: RunLog, poses: list[Array], channels: tuple[str, ...], folder: Path) -> None:
    """Write speech.wav, motion.npz, face.npz and trajectory.npz."""
    from gesture_robot.body.motion_file import save_motion
    from gesture_robot.face.face_file import save_face
    from gesture_robot.robots.trajectory_file import save_trajectory
    from gesture_robot.speech.wav import save_wav

    save_wav(folder / "speech.wav", *log.audio())
    body = np.stack(poses) if poses else np.zeros((1, 55, 3))
    save_motion(folder / "motion.npz", BodyMotion(BODY_FPS, body, np.zeros((len(body), 3))))
    save_face(folder / "face.npz", FaceMotion(FACE_FPS, channels, np.stack(log.face_weights)))
    save_trajectory(folder / "trajectory.npz", log.trajectory())
