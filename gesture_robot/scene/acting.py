"""From key frames to the pose of a figure at any time: minimum-jerk ways, walking legs, natural sway."""

from __future__ import annotations

import numpy as np

from gesture_robot.scene.figure import FigurePose
from gesture_robot.scene.layout import CAMERA_M, EYE_HEIGHT_M, EYES_FROM_NECK_M
from gesture_robot.scene.scripts import Actor, KeyFrame

STRIDE_M = 1.25
LOOK_PITCH_DEG = 3.0
"""How much a face that looks at the camera is pitched down against the line of sight (MediaPipe's canonical face)."""


def pose_at(actor: Actor, now_s: float, seed: int = 0) -> FigurePose:
    """The actor's pose at `now_s`; `seed` sets the phases of the sway."""
    x, y, face, body, walked, wave = _interpolate(actor.frames, now_s)
    ahead = _interpolate(actor.frames, now_s + 0.05)
    behind = _interpolate(actor.frames, now_s - 0.05)
    velocity = (np.array(ahead[:2]) - behind[:2]) / 0.1
    speed = float(np.hypot(*velocity))
    sway = _sway(actor, now_s, seed) * (1.0 if speed < 0.2 else 0.6)
    to_robot = _bearing(x, y)
    turned = to_robot + face
    turned = face + _bearing(x + EYES_FROM_NECK_M[0] * np.cos(turned), y + EYES_FROM_NECK_M[0] * np.sin(turned))
    drop = np.arctan2(EYE_HEIGHT_M - CAMERA_M[2], np.hypot(x - CAMERA_M[0], y - CAMERA_M[1]))
    looking = np.cos(face) ** 2
    body_yaw = to_robot + body + 0.2 * sway[2]
    return FigurePose(
        x_m=x + sway[0], y_m=y + sway[1], body_yaw=body_yaw, head_yaw=turned + sway[2],
        head_pitch=np.radians(LOOK_PITCH_DEG) + drop * looking + sway[3], head_roll=sway[4],
        legs_yaw=body_yaw + _legs_turn(velocity, speed, body_yaw),
        step_phase=2.0 * np.pi * walked / STRIDE_M, step_size=min(0.34, 0.3 * speed) if speed > 0.02 else 0.0,
        lean_m=0.6 * sway[1], wave=wave, wave_phase=2.0 * np.pi * 1.6 * now_s)


def _bearing(x_m: float, y_m: float) -> float:
    """Direction from there to the camera [rad]."""
    return float(np.arctan2(CAMERA_M[1] - y_m, CAMERA_M[0] - x_m))


def _interpolate(frames: tuple[KeyFrame, ...], now_s: float) -> tuple[float, float, float, float, float, float]:
    """x, y [m], face and body turn [rad], way walked [m], wave."""
    walked = 0.0
    for start, end in zip(frames, frames[1:], strict=False):
        way = float(np.hypot(end.x_m - start.x_m, end.y_m - start.y_m))
        if now_s < end.at_s:
            share = max(0.0, (now_s - start.at_s) / (end.at_s - start.at_s))
            if not end.steady:
                share = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
            mixed = [a + share * (b - a) for a, b in zip(_numbers(start), _numbers(end), strict=True)]
            return mixed[0], mixed[1], mixed[2], mixed[3], walked + share * way, mixed[4]
        walked += way
    x, y, face, body, wave = _numbers(frames[-1])
    return x, y, face, body, walked, wave


def _numbers(frame: KeyFrame) -> tuple[float, float, float, float, float]:
    return frame.x_m, frame.y_m, float(np.radians(frame.face_deg)), float(np.radians(frame.body_deg)), frame.wave


def _legs_turn(velocity: np.ndarray, speed: float, body_yaw: float) -> float:
    """Legs point where the person walks, as far as hips turn [rad]."""
    if speed < 0.02:
        return 0.0
    heading = np.arctan2(velocity[1], velocity[0]) - body_yaw
    heading = (heading + np.pi) % (2.0 * np.pi) - np.pi
    return float(np.clip(heading, -0.7, 0.7) * min(1.0, speed / 0.5))


def _sway(actor: Actor, now_s: float, seed: int) -> np.ndarray:
    """(5,) x, y [m], yaw, pitch, roll [rad]: slow sums of sines, different for every person."""
    rng = np.random.default_rng([seed, *actor.id.encode()])
    phases = rng.uniform(0.0, 2.0 * np.pi, (5, 2))
    rates_hz = np.array([0.17, 0.41]) * rng.uniform(0.85, 1.15, (5, 2))
    waves = np.sin(2.0 * np.pi * rates_hz * now_s + phases) @ [0.7, 0.3]
    sizes = np.array([0.010, 0.012, np.radians(2.2), np.radians(1.2), np.radians(1.6)])
    return np.asarray(actor.sway * sizes * waves)
