"""MediaPipe's own models, each in a small graph that takes the region to look at as an input.

The stock solutions search the whole picture for one person and keep hidden state. These graphs reuse the parts the
solutions are made of, but the caller says where to look, so one instance serves any number of people.
A graph is used by one thread at a time (`Graph` holds a lock); work in it runs outside Python's interpreter lock.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.errors import MissingDependency
from gesture_robot.perception.regions import Region

FACES = """
input_stream: "image" output_stream: "out" num_threads: 1
node { calculator: "FaceDetectionFullRangeCpu" input_stream: "IMAGE:image" output_stream: "DETECTIONS:out" }
"""
BODIES = """
input_stream: "image" output_stream: "out" num_threads: 1
node { calculator: "PoseDetectionCpu" input_stream: "IMAGE:image" output_stream: "DETECTIONS:out" }
"""
MESH = """
input_stream: "image" input_stream: "roi" input_side_packet: "attention" output_stream: "out" num_threads: 1
node { calculator: "FaceLandmarkCpu" input_stream: "IMAGE:image" input_stream: "ROI:roi"
       input_side_packet: "WITH_ATTENTION:attention" output_stream: "LANDMARKS:out" }
"""
POSE = """
input_stream: "image" input_stream: "roi" input_side_packet: "complexity" input_side_packet: "segment"
output_stream: "out" output_stream: "auxiliary" output_stream: "world" num_threads: 1
node { calculator: "PoseLandmarkByRoiCpu" input_stream: "IMAGE:image" input_stream: "ROI:roi"
       input_side_packet: "MODEL_COMPLEXITY:complexity" input_side_packet: "ENABLE_SEGMENTATION:segment"
       output_stream: "LANDMARKS:out" output_stream: "AUXILIARY_LANDMARKS:auxiliary"
       output_stream: "WORLD_LANDMARKS:world" }
"""


Found = tuple[float, Array, Array]
"""Score, box (4,) and keypoints (K, 2) of a detection [px]."""


class Graph:
    """One running graph. `run` returns the output messages by stream name; a stream without a result is absent."""

    def __init__(self, text: str, outputs: tuple[str, ...], side: dict[str, Any] | None = None):
        from google.protobuf import text_format
        from mediapipe.framework import calculator_pb2
        from mediapipe.python._framework_bindings import calculator_graph

        config = text_format.Parse(text, calculator_pb2.CalculatorGraphConfig())
        self._graph = calculator_graph.CalculatorGraph(graph_config=config)
        self._found: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._ticks = 0
        for name in outputs:
            self._graph.observe_output_stream(name, self._keep, False)
        self._graph.start_run(side or {})

    def _keep(self, name: str, packet: Any) -> None:
        self._found[name] = packet

    def run(self, **inputs: Any) -> dict[str, Any]:
        """Push one packet per input stream and wait for the packets that come out."""
        with self._lock:
            self._found = {}
            self._ticks += 1
            for name, packet in inputs.items():
                self._graph.add_packet_to_input_stream(stream=name, packet=packet.at(self._ticks))
            self._graph.wait_until_idle()
            return self._found

    def close(self) -> None:
        """Free the models."""
        with self._lock:
            self._graph.close()


class Models:
    """The four models, with numpy in and out, in pixels of the picture."""

    def __init__(self, bodies: int):
        self._packets, self._getters = _load_mediapipe()
        flags = self._packets.create_bool
        with silent_stderr():
            self._faces = Graph(FACES, ("out",))
            self._search = Graph(BODIES, ("out",))
            self._mesh = Graph(MESH, ("out",), {"attention": flags(True)})
            pose = {"complexity": self._packets.create_int(1), "segment": flags(False)}
            self._poses = [Graph(POSE, ("out", "auxiliary", "world"), pose) for _ in range(bodies)]
            self._warm_up()
        self._free = list(self._poses)
        self._gate = threading.Condition()

    def _warm_up(self) -> None:
        """Run everything once: models load on first use and print what cannot be switched off."""
        blank = np.zeros((64, 64, 3), np.uint8)
        packet, region = self.packet(blank), Region(32.0, 32.0, 60.0, 0.0)
        self._faces.run(image=packet)
        self._search.run(image=packet)
        for graph in (self._mesh, *self._poses):
            graph.run(image=packet, roi=self._roi(region, (64, 64)))

    def packet(self, rgb: Array) -> Any:
        """A picture (H, W, 3) uint8 ready for all graphs."""
        from mediapipe import ImageFormat

        return self._packets.create_image_frame(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(rgb))

    def _roi(self, region: Region, size_px: tuple[int, int]) -> Any:
        from mediapipe.framework.formats import rect_pb2

        width, height = size_px
        return self._packets.create_proto(rect_pb2.NormalizedRect(
            x_center=region.x / width, y_center=region.y / height, width=region.side / width,
            height=region.side / height, rotation=region.angle))

    def find_faces(self, packet: Any, size_px: tuple[int, int]) -> list[Found]:
        """Score, box (4,) and six keypoints (6, 2) of every face."""
        return self._detections(self._faces.run(image=packet), size_px)

    def find_bodies(self, packet: Any, size_px: tuple[int, int]) -> list[Found]:
        """Score, face box (4,) and four keypoints (4, 2) (hips, full circle, shoulders, upper circle) of every body."""
        return self._detections(self._search.run(image=packet), size_px)

    def mesh(self, packet: Any, region: Region, size_px: tuple[int, int]) -> Array | None:
        """(478, 3) landmarks x, y, depth [px], None when there is no face in the region."""
        found = self._mesh.run(image=packet, roi=self._roi(region, size_px)).get("out")
        return None if found is None else self._points(found, size_px)[:, :3]

    def pose(self, packet: Any, region: Region, size_px: tuple[int, int]) -> tuple[Array, Array, Array] | None:
        """Keypoints (33, 4) x, y, depth [px], visibility; auxiliary points (2, 2) [px]; world (33, 3) [m].

        None when there is nobody in the region. Several threads may call this; each takes a free instance.
        """
        with self._gate:
            self._gate.wait_for(lambda: bool(self._free))
            graph = self._free.pop()
        try:
            found = graph.run(image=packet, roi=self._roi(region, size_px))
        finally:
            with self._gate:
                self._free.append(graph)
                self._gate.notify()
        if "out" not in found or "auxiliary" not in found or "world" not in found:
            return None
        world = self._getters.get_proto(found["world"]).landmark
        return (self._points(found["out"], size_px), self._points(found["auxiliary"], size_px)[:2, :2],
                np.array([(p.x, p.y, p.z) for p in world]))

    def _points(self, packet: Any, size_px: tuple[int, int]) -> Array:
        marks = self._getters.get_proto(packet).landmark
        width, height = size_px
        return np.array([(p.x * width, p.y * height, p.z * width, p.visibility) for p in marks])

    def _detections(self, found: dict[str, Any], size_px: tuple[int, int]) -> list[Found]:
        if "out" not in found:
            return []
        scale = np.array(size_px, float)
        out = []
        for item in self._getters.get_proto_list(found["out"]):
            box, marks = item.location_data.relative_bounding_box, item.location_data.relative_keypoints
            box_px = np.array([box.xmin, box.ymin, box.width, box.height]) * np.tile(scale, 2)
            out.append((float(item.score[0]), box_px, np.array([(p.x, p.y) for p in marks]) * scale))
        return out

    def close(self) -> None:
        """Free all models."""
        for graph in (self._faces, self._search, self._mesh, *self._poses):
            graph.close()


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """Keep native libraries from writing to standard error while they start."""
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def _load_mediapipe() -> tuple[Any, Any]:
    for name, value in (("GLOG_minloglevel", "3"), ("TF_CPP_MIN_LOG_LEVEL", "3")):
        os.environ.setdefault(name, value)
    try:
        import mediapipe
        from mediapipe.python import packet_creator, packet_getter
        from mediapipe.python._framework_bindings import resource_util
    except ImportError as error:
        raise MissingDependency("mediapipe", "perception", str(error)) from None
    root = Path(mediapipe.__file__).parent
    if not (root / "modules/face_landmark/face_landmark_with_attention.tflite").exists():
        raise MissingDependency("mediapipe with its models (0.10.18 to 0.10.21)", "perception",
                                f"version {getattr(mediapipe, '__version__', 'unknown')} has none")
    resource_util.set_resource_dir(str(root.parent))
    return packet_creator, packet_getter
