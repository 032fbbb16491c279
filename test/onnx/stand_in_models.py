"""Small ONNX models with the contracts of the learned engines, and ones that break them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FACE_CHANNELS, JOINTS = 52, 55


def save_model(path: Path, nodes: list, inputs: dict, outputs: dict, constants: dict) -> Path:
    """Write a graph of float inputs and outputs (name -> shape)."""
    graph = helper.make_graph(
        nodes, "stand_in",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def frame_count_nodes(fps: int, extra: int = 0) -> tuple[list, dict]:
    """Nodes that compute `frames` (1,) = ceil(N * fps / 16000) + extra from `audio` (1, N)."""
    nodes = [helper.make_node("Shape", ["audio"], ["shape"]),
             helper.make_node("Gather", ["shape", "second"], ["length"]),
             helper.make_node("Mul", ["length", "fps"], ["scaled"]),
             helper.make_node("Add", ["scaled", "round_up"], ["raised"]),
             helper.make_node("Div", ["raised", "rate"], ["whole"]),
             helper.make_node("Add", ["whole", "extra"], ["frames"])]
    values = {"second": 1, "fps": fps, "rate": 16000, "round_up": 15999, "extra": extra}
    return nodes, {name: np.array([value], np.int64) for name, value in values.items()}


def face_model(path: Path, *, value: float = 0.0, extra: int = 0, channels: int = FACE_CHANNELS, emotion: bool = False,
               audio_name: str = "audio", length: object = "n") -> Path:
    """`weights` = `value` + mean |audio| everywhere (+ the mean of `emotion` * 8 when it is an input)."""
    nodes, constants = frame_count_nodes(60, extra)
    constants |= {"one": np.array([1], np.int64), "channels": np.array([channels], np.int64),
                  "value": np.array(value, np.float32), "eight": np.array(8.0, np.float32)}
    nodes += [helper.make_node("Concat", ["one", "frames", "channels"], ["size"], axis=0),
              helper.make_node("ConstantOfShape", ["size"], ["zeros"]),
              helper.make_node("Abs", ["audio"], ["loud"]),
              helper.make_node("ReduceMean", ["loud"], ["level"], keepdims=0),
              helper.make_node("Add", ["zeros", "level"], ["moving"]),
              helper.make_node("Add", ["moving", "value"], ["plain" if emotion else "weights"])]
    inputs: dict = {"audio": [1, length]}
    if emotion:
        nodes += [helper.make_node("ReduceMean", ["emotion"], ["mood"], keepdims=0),
                  helper.make_node("Mul", ["mood", "eight"], ["feeling"]),
                  helper.make_node("Add", ["plain", "feeling"], ["weights"])]
        inputs["emotion"] = [1, 8]
    if audio_name != "audio":
        nodes = [helper.make_node("Identity", [audio_name], ["audio"]), *nodes]
        inputs = {audio_name: inputs.pop("audio"), **inputs}
    return save_model(path, nodes, inputs, {"weights": [1, "t", channels]}, constants)


def gesture_model(path: Path, *, value: float = 0.1, extra: int = 0, root: bool = False) -> Path:
    """`rotations` = seed_pose + `value` in every frame, so it jumps away from the seed pose at once."""
    nodes, constants = frame_count_nodes(30, extra)
    constants |= {"one": np.array([1], np.int64), "joints": np.array([JOINTS], np.int64),
                  "three": np.array([3], np.int64), "axis": np.array([1], np.int64),
                  "value": np.array(value, np.float32)}
    nodes += [helper.make_node("Concat", ["one", "frames", "joints", "three"], ["size"], axis=0),
              helper.make_node("ConstantOfShape", ["size"], ["zeros"]),
              helper.make_node("Unsqueeze", ["seed_pose", "axis"], ["seed"]),
              helper.make_node("Add", ["seed", "value"], ["moved"]),
              helper.make_node("Add", ["zeros", "moved"], ["rotations"])]
    outputs: dict = {"rotations": [1, "t", JOINTS, 3]}
    if root:
        nodes += [helper.make_node("Concat", ["one", "frames", "three"], ["root_size"], axis=0),
                  helper.make_node("ConstantOfShape", ["root_size"], ["root_zeros"]),
                  helper.make_node("Add", ["root_zeros", "value"], ["root_position"])]
        outputs["root_position"] = [1, "t", 3]
    return save_model(path, nodes, {"audio": [1, "n"], "seed_pose": [1, JOINTS, 3]}, outputs, constants)
