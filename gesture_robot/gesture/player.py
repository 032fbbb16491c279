"""Everything that plays, on one timeline: idle at the bottom, co-speech motion, named gestures, nods on top.

Not thread-safe: one thread plays and asks for poses. Times are those of the caller's clock [s]; the pose is continuous
in position and velocity whatever is played, ended or interrupted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gesture_robot.body.rotations import multiply, quaternion_from_rotvec, rotvec_from_quaternion, slerp
from gesture_robot.checks import Array, check_range, frozen_array
from gesture_robot.datatypes import BodyMotion
from gesture_robot.gesture.compose import HEAD, NECK, rest_pose
from gesture_robot.gesture.idle import IdleConfig, IdleMotion
from gesture_robot.gesture.layers import Layer, apply_rotvec, farthest_rad, mask_weights
from gesture_robot.settings import check_settings, setting

HeadLayer = BodyMotion | Callable[[float], Array]
_NECK_SHARE = 0.45


@dataclass(frozen=True)
class PlayerConfig:
    """Settings of MotionPlayer."""

    blend_s: float = setting(0.25, "shortest blend from one motion to another", unit="s", low=0.05, high=2.0)
    blend_speed: float = setting(1.5, "mean joint speed of longer blends", unit="rad/s", low=0.2, high=6.0)
    release_speed: float = setting(0.55, "speed at which hands sink when a motion ends away from rest", unit="rad/s",
                                   low=0.1, high=3.0)
    interrupt_s: float = setting(0.45, "shortest time to settle when interrupted", unit="s", low=0.1, high=2.0)
    interrupt_speed: float = setting(2.2, "mean joint speed of longer settling", unit="rad/s", low=0.5,
                                     high=6.0)
    idle: IdleConfig = IdleConfig()

    def __post_init__(self) -> None:
        check_settings(self)


class MotionPlayer:
    """Layers motions and answers with the body pose at any time."""

    def __init__(self, config: PlayerConfig | None = None):
        self.config = config or PlayerConfig()
        self._idle = IdleMotion(self.config.idle)
        self._rest = quaternion_from_rotvec(rest_pose())
        self._layers: list[Layer] = []
        self._head: list[tuple[HeadLayer, Layer | None]] = []
        self._latest_s = -np.inf

    def play(self, motion: BodyMotion, start_s: float, *, mask: str = "all", level: int | None = None) -> None:
        """Put a motion on the timeline; it covers what was played before it on the joints of `mask`.

        A named gesture keeps its joints although the next sentence begins under it: motions of a higher level stay
        on top of later ones of a lower level.

        Args:
            motion: frame 0 is shown at `start_s`; a start in the past joins in the middle, blended.
            start_s: on the caller's clock [s].
            mask: body parts joined with "+": all, arms, left_arm, right_arm, torso, head; see `gesture_mask`.
            level: 0 for co-speech motion, 1 for named gestures; when None, 0 for the mask "all" and 1 otherwise.

        Raises:
            UnknownName: unknown body part.
        """
        check_range(start_s, -1e12, 1e12, "start_s")
        if len(motion.rotations) == 0:
            return
        level = int(mask != "all") if level is None else level
        place = sum(layer.level <= level for layer in self._layers)
        layer = self._layer(motion, start_s, mask_weights(mask), self._layers[:place])
        layer.level = level
        self._layers.insert(place, layer)

    def interrupt(self, now_s: float, motion: BodyMotion | None = None) -> None:
        """Settle into the listening pose, and forget what has not begun.

        Motions brake within a quarter of a second and give way within `interrupt_s`, a little more for raised hands.

        Args:
            now_s: from now on; no earlier than the newest pose that was asked for, or that pose would be left at once.
            motion: interrupt this one only, what else plays goes on; None: everything.
        """
        def meant(layer: Layer) -> bool:
            return motion is None or layer.motion is motion

        def stays(layer: Layer | None) -> bool:
            return layer is None or layer.begin_s < now_s or not meant(layer)

        self._layers = [layer for layer in self._layers if stays(layer)]
        self._head = [(h, layer) for h, layer in self._head if stays(layer)]
        for layer in self._layers + [layer for _, layer in self._head if layer is not None]:
            if layer.cut_at_s > now_s and meant(layer):
                way = farthest_rad(self._rest, layer.quaternions(now_s), layer.mask) if layer in self._layers else 0.0
                layer.cut_s = float(np.clip(way / self.config.interrupt_speed, self.config.interrupt_s, 1.0))
                layer.cut_at_s = now_s

    def add_head_layer(self, layer: HeadLayer, start_s: float = 0.0) -> None:
        """Add nods and tilts on top of everything.

        Args:
            start_s: when a motion begins [s]; functions are asked with the player's own time.
            layer: a motion whose neck and head are added from `start_s` on, or a function of time [s] to a rotation
                vector (3,) [rad] of the head: x nods down, y turns left, z tilts right. A function must be smooth.
        """
        if isinstance(layer, BodyMotion):
            self._head.append((layer, self._layer(layer, start_s, mask_weights("head"), [], short=True)))
        else:
            self._head.append((layer, None))

    def pose(self, t_s: float) -> Array:
        """(55, 3) parent-relative axis-angle [rad] at `t_s`."""
        self._latest_s = max(self._latest_s, t_s)
        self._layers = [layer for layer in self._layers if layer.gone_s > self._latest_s - 0.5]
        self._head = [(h, layer) for h, layer in self._head if layer is None or layer.gone_s > self._latest_s - 0.5]
        quaternions = self._stack(t_s, self._layers)
        quaternions = multiply(quaternions, quaternion_from_rotvec(self._idle.rotations(t_s)))
        for source, layer in self._head:
            self._add_head(quaternions, source, layer, t_s)
        return rotvec_from_quaternion(quaternions)

    def seed_pose(self, t_s: float) -> Array:
        """(55, 3) that a new utterance should start from at `t_s`: the motions alone, without idle, nods and gaze."""
        return rotvec_from_quaternion(self._stack(t_s, self._layers))

    @property
    def active_until_s(self) -> float:
        """When the last motion on the timeline has ended; -inf when nothing plays."""
        ends = [min(layer.start_s + layer.motion.duration_s, layer.gone_s) for layer in self._layers]
        return max(ends, default=-np.inf)

    def clear(self) -> None:
        """Forget everything at once: for a fresh start, not for a running robot (that is `interrupt`)."""
        self._layers, self._head, self._latest_s = [], [], -np.inf

    def _stack(self, t_s: float, layers: list[Layer]) -> Array:
        pose = self._rest.copy()
        for layer in layers:
            weight = layer.weight(t_s)
            if weight > 0.0:
                pose = slerp(pose, layer.quaternions(t_s), weight * layer.mask)
        return pose

    def _layer(self, motion: BodyMotion, start_s: float, mask: Array, under: list[Layer], *,
               short: bool = False) -> Layer:
        begin, end = max(start_s, self._latest_s), start_s + motion.duration_s
        layer = Layer(motion, start_s, mask, begin, self.config.blend_s, self.config.blend_s, end)
        if short:
            layer.fade_out_at_s = max(begin, end - self.config.blend_s)
            return layer
        first, last = layer.quaternions(begin), layer.quaternions(end)
        fade_in = farthest_rad(self._stack(begin, under), first, mask) / self.config.blend_speed
        layer.fade_in_s = float(np.clip(fade_in, self.config.blend_s, max(self.config.blend_s, 0.8)))
        below = farthest_rad(self._stack(end, under), last, mask)
        if farthest_rad(self._rest, last, mask) < 0.2:  # it comes down to rest: hand over on the way
            layer.fade_out_s = float(np.clip(below / self.config.blend_speed, self.config.blend_s, 1.2))
            layer.fade_out_at_s = max(begin, end - 0.7 * layer.fade_out_s)
        else:
            layer.fade_out_s = float(np.clip(below / self.config.release_speed, self.config.blend_s, 3.0))
        return layer

    def _add_head(self, quaternions: Array, source: HeadLayer, layer: Layer | None, t_s: float) -> None:
        if layer is None:
            assert callable(source)
            turn = frozen_array(source(t_s), (3,), "head layer")
            apply_rotvec(quaternions, NECK, _NECK_SHARE * turn)
            apply_rotvec(quaternions, HEAD, (1.0 - _NECK_SHARE) * turn)
            return
        weight = layer.weight(t_s)
        if weight > 0.0:
            added = rotvec_from_quaternion(layer.quaternions(t_s)[[NECK, HEAD]])
            apply_rotvec(quaternions, NECK, weight * added[0])
            apply_rotvec(quaternions, HEAD, weight * added[1])
