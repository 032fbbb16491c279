"""The robot node's camera: pictures are made beside the executor, and only while somebody wants them."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, Image

from gesture_robot.checks import Array
from gesture_robot.datatypes import CameraImage
from gesture_robot.nodes import topics
from gesture_robot.nodes.config.robot import BASE_CAMERA_FRAME, RobotHostConfig
from gesture_robot.protocols import Camera
from gesture_robot.scene.source import open_camera

if TYPE_CHECKING:
    from gesture_robot.nodes.base import StageNode

RETRY_S = 0.5
BEGINNING_S = 0.3
"""Nobody has moved before that in any scene: a scene that waits stays within."""


def open_source(config: RobotHostConfig) -> Camera | None:
    """The camera that the parameters ask for; raises what `open_camera` raises."""
    if config.camera < 0 and not config.video and not config.scene:
        return None
    return open_camera(camera=config.camera if config.camera >= 0 else None, video=config.video or None,
                       scene=config.scene, mount=config.camera_mount, width=config.camera_width,
                       height=config.camera_height, fps=config.camera_fps, seed=config.seed, loop=config.loop)


class Pictures:
    """Publishes image and camera_info of one camera.

    Threading: `tick` runs in the executor's thread; drawing, reading a device and publishing happen in the node's
    background thread, one picture at a time. A picture that is due while another is being made is left out.
    """

    def __init__(self, node: StageNode, publishers: tuple[Any, Any], camera: Camera, frame_id: str, *, drawn: bool,
                 waits: bool, now_s: float):
        """Args: node, (image, camera_info) publishers, camera, its frame; whether it is a drawn scene, which waits."""
        self._node, self._camera, self._frame_id, self._drawn = node, camera, frame_id, drawn
        self._images, self._infos = publishers
        self._start_s: float | None = None if waits and drawn else now_s
        self._last = -1
        self._busy = False
        self._next_s = 0.0

    @property
    def started_s(self) -> float | None:
        """When the scene began, None while it waits."""
        return self._start_s

    def restart(self, now_s: float) -> None:
        """The scene begins now."""
        self._start_s, self._last = now_s, -1

    def tick(self, now_s: float, base_from_camera: Callable[[], Array]) -> None:
        """Begin the picture that is due, if one is wanted."""
        index = int(np.floor(now_s * self._camera.fps))
        if index == self._last or self._busy or now_s < self._next_s:
            return
        self._last = index
        if not self._images.get_subscription_count():
            return
        scene_s = BEGINNING_S - abs(now_s % (2 * BEGINNING_S) - BEGINNING_S)  # to and fro, so that pictures differ
        if self._start_s is not None:
            scene_s = now_s - self._start_s
        pose, stamp_s, asked_s, self._busy = base_from_camera(), now_s, time.monotonic(), True

        def work() -> float | None:
            image = self._camera.read(scene_s, pose)
            if image is None:
                return None
            # A device holds until its next picture is there; a scene is drawn for the moment it was asked for.
            at_s = stamp_s if self._drawn else stamp_s + time.monotonic() - asked_s
            self._publish(image, self._node.stamp(at_s))
            return at_s

        self._node.background(work, self._done, "camera")

    def _done(self, at_s: float | None) -> None:
        self._busy = False
        now_s = self._node.now_s()
        if at_s is not None:
            self._node.health.tick(topics.IMAGE, now_s, now_s - at_s)
            self._next_s = 0.0
        elif not self._drawn:
            self._next_s = now_s + RETRY_S if not getattr(self._camera, "ended", False) else 0.0

    def _publish(self, image: CameraImage, stamp: Time) -> None:
        self._infos.publish(camera_info(image, self._frame_id, stamp))
        self._images.publish(image_message(image, self._frame_id, stamp))

    def close(self) -> None:
        """Free the device, after the picture that is being made."""
        self._camera.close()


def image_message(image: CameraImage, frame_id: str, stamp: Time) -> Image:
    """rgb8, copied once."""
    height, width = image.rgb.shape[:2]
    pixels = array("B")
    pixels.frombytes(np.ascontiguousarray(image.rgb).data.cast("B"))
    message = Image(height=height, width=width, encoding="rgb8", is_bigendian=0, step=3 * width, data=pixels)
    message.header.stamp, message.header.frame_id = stamp, frame_id
    return message


def camera_info(image: CameraImage, frame_id: str, stamp: Time) -> CameraInfo:
    """A pinhole camera without distortion."""
    height, width = image.rgb.shape[:2]
    k = image.camera_matrix
    projection = np.hstack([k, np.zeros((3, 1))])
    message = CameraInfo(height=height, width=width, distortion_model="plumb_bob", d=[0.0] * 5,
                         k=k.reshape(-1), r=np.eye(3).reshape(-1), p=projection.reshape(-1))
    message.header.stamp, message.header.frame_id = stamp, frame_id
    return message


__all__ = ["BASE_CAMERA_FRAME", "Pictures", "camera_info", "image_message", "open_source"]
