"""Engines by name ("tts:espeak"), imported on first use; third parties add theirs by entry point.

An installed package may declare an entry point in the group `gesture_robot.engines` named like "tts:mine".
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from inspect import signature
from typing import Any

from gesture_robot.errors import InvalidInput, UnknownName

BUILT_IN: dict[str, str] = {
    "perception:mediapipe": "gesture_robot.perception.mediapipe_backend:MediaPipeBackend",
    "perception:scripted": "gesture_robot.perception.scripted:ScriptedBackend",
    "decision:rules": "gesture_robot.decision.rules:RulePolicy",
    "decision:scripted": "gesture_robot.decision.scripted:ScriptedPolicy",
    "tts:espeak": "gesture_robot.speech.espeak:EspeakTts",
    "tts:tone": "gesture_robot.speech.tone:ToneTts",
    "gesture:beat": "gesture_robot.gesture.beat:BeatGestures",
    "gesture:rest": "gesture_robot.gesture.rest:RestGestures",
    "gesture:onnx": "gesture_robot.gesture.onnx_engine:OnnxGestures",
    "face:viseme": "gesture_robot.face.viseme:VisemeFace",
    "face:still": "gesture_robot.face.still:StillFace",
    "face:onnx": "gesture_robot.face.onnx_engine:OnnxFace",
    "robot:mujoco": "gesture_robot.robots.mujoco_robot:MujocoRobot",
    "robot:echo": "gesture_robot.robots.echo:EchoRobot",
}


def names(kind: str) -> list[str]:
    """Known engine names of a kind ("tts" -> ["espeak", "tone", ...])."""
    return sorted(key.split(":", 1)[1] for key in _table() if key.startswith(kind + ":"))


def load(kind: str, name: str) -> type[Any]:
    """Return the engine class; raises UnknownName that lists the known ones."""
    table = _table()
    target = table.get(f"{kind}:{name}")
    if target is None:
        raise UnknownName(f"{kind} engine", name, names(kind))
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)  # type: ignore[no-any-return]


def create(kind: str, spec: str, device: str = "auto") -> Any:
    """An engine from "name" or, for one that runs a model file, "name:PATH".

    Raises:
        UnknownName: no such engine.
        InvalidInput: a model file is missing from the name, or given to an engine that takes none.
    """
    name, _, path = spec.partition(":")
    engine = load(kind, name)
    wants = signature(engine).parameters
    if "model_path" in wants:
        if not path:
            raise InvalidInput(f"the {kind} engine '{name}' runs a model file: write {name}:MODEL with its path.")
        return engine(path, **({"device": device} if "device" in wants else {}))
    if path:
        raise InvalidInput(f"the {kind} engine '{name}' takes no file: write {name} alone.")
    return engine()


def _table() -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group="gesture_robot.engines")} | BUILT_IN
